"""The choice of ``sktl compare`` among its methods where TARGET has no labels.

Run ``python benchmarks/compare_choice.py`` beside ``../shared/data``, or with SKTL_DATA set (some minutes). Reverse
(circular) validation of five methods of the command (source-only, kmm, tca, scaled, coral) on 30 pairs:
Office-Caltech 12, Amazon 12, heart 4, digits 2; 200 rows of a domain. "kept": gain over source-only in % of that of the
best method; "lose", "gain": share of the pairs that do so by more than a point of accuracy, the former also by data
set.

                                              kept  lose  gain   lose:   office  amazon   heart  digits
    the best score                              13    37    57               42      25      75       0
    most agreement                              30    20    50               25      17      25       0
    the surest of those that pass               36    17    47               33       8       0       0
    most agreement of those that pass           38    17    43               33       8       0       0
    the same, with a gain above 0.1             26     3    13                8       0       0       0

A method passes if its gain does by the guard's paired test over source rows (5 %, Bonferroni over the methods);
agreement is with the vote of all methods on the target rows. The last rule is the command's: what passes the test *and*
gains 10 points, and of these the one that agrees most. The 10 points are those of ``model_selection.py``, found on the
same pairs with other pipelines ("vote, circular, if clear" loses on 3 % there and keeps 35 %: the best of its rules by
losses). Heart, where scaling each site by itself costs 3 to 20 points, is refused on all sites. The figures hang on the
folds of the source rows and on the rules of the day: with two earlier deals the last rule kept 39 and 41 % and lost on
13 and 7 %, before the domains' overlap was asked. On every other pair of Office-Caltech and of Amazon, on which the
rule without the 10 points was chosen at first, it kept 58 % and lost on 6 %: it was lucky.
"""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from _pool import GROUPS, problems

from sktl.comparison import METHODS, Comparison
from sktl.comparison._compare import choose, give_verdict, run_methods
from sktl.comparison._protocols import CircularValidation

NAMES = ("source-only", "kmm", "tca", "scaled", "coral")
MARGIN = CircularValidation.margin


def tables(problem):
    """Source and target as frames."""
    columns = [f"x{k}" for k in range(problem.X.shape[1])]
    target = np.isnan(problem.y)
    source = pd.DataFrame(problem.X[~target], columns=columns)
    return source.assign(label=problem.y[~target].astype(int).astype(str)), pd.DataFrame(
        problem.X[target], columns=columns
    )


def choices(problem):
    """Gain over source-only of each rule's choice, and of the best method."""
    comparison = Comparison.from_tables(*tables(problem), "label", task="classification")
    rows, protocol = comparison.problem, comparison.protocol
    plain = type("Plain", (), {"margin": 0.0, "evidence": protocol.evidence})
    outcomes = run_methods([METHODS[name] for name in NAMES], protocol)
    answers = {o.name: protocol.predict_target(METHODS[o.name]).astype(int) for o in outcomes if o.scored}
    vote = np.array([np.bincount(column).argmax() for column in np.array(list(answers.values())).T])
    classes, truth = np.array(rows.labels.classes).astype(int), problem.y_target[problem.drawn][rows.row[rows.target]]
    accuracy = {name: np.mean(classes[answer] == truth) for name, answer in answers.items()}
    agreeing = [replace(o, agreement=np.mean(answers[o.name] == vote)) if o.scored else o for o in outcomes]
    chosen = {
        "the best score": max((o for o in outcomes if o.scored), key=lambda o: o.score),
        "most agreement": max((o for o in agreeing if o.scored), key=lambda o: o.agreement),
        "the surest of those that pass": choose(outcomes, give_verdict(outcomes, plain)),
        "most agreement of those that pass": choose(agreeing, give_verdict(outcomes, plain)),
        f"the same, with a gain above {MARGIN}": choose(agreeing, give_verdict(outcomes, protocol)),
    }
    base = accuracy["source-only"]
    return {rule: (accuracy[o.name] - base, max(accuracy.values()) - base) for rule, o in chosen.items()}


def shares(pairs):
    """Gain kept, and shares of the pairs that lose and gain more than a point, in %."""
    gain, most = np.array(pairs).T
    return 100 * np.array([gain.sum() / most.sum(), np.mean(gain < -0.01), np.mean(gain > 0.01)])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = [(group, choices(problem)) for group in GROUPS for problem in problems([group], 200)]
    print(f"{'':<38}    kept  lose  gain   lose: " + "".join(f"{group:>8}" for group in GROUPS))
    for rule in found[0][1]:
        line = "".join(f"{share:>6.0f}" for share in shares([pairs[rule] for _, pairs in found]))
        by_group = [shares([pairs[rule] for name, pairs in found if name == group])[1] for group in GROUPS]
        print(f"{rule:<38}  {line}         " + "".join(f"{share:>8.0f}" for share in by_group), flush=True)
