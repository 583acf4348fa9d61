"""Which scorer without target labels chooses well: a pool of 33 to 35 pipelines on 30 real pairs of domains.

Run ``python benchmarks/model_selection.py`` beside ``../shared/data``, or with SKTL_DATA set (some half an hour of one
processor; ``--quick`` for 300 rows of a domain). Runs are kept in a file (``--store``), and a later call goes on with
it. Office-Caltech and Amazon (12 pairs each), heart disease (4 sites, each the target of the others), digits (both
ways); 400 rows of a domain to learn from. Each pipeline of ``_pool.py`` is fitted once on three quarters of the rows of
both domains and scored on the others; its accuracy is that on all target rows. The baseline, "source only", is logistic
regression on z-scores (by domain on Office and Amazon) and unit-norm rows. Scorers that need probabilities choose among
the pipelines that have them (not EasyTL, ARTL, MEDA, CMMS).

Accuracy of the choice in %, its mean over the four data sets; "kept": gain over the source alone in % of the oracle's;
"lose", "gain": share of pairs that do so by more than a point; mean rank correlation of scores and accuracies. "vote":
share of held-out target rows on which a pipeline agrees with the majority of the pool. "if clear": the source alone,
unless circular validation scores the other 10 points higher.

                                        heart   digits   office   amazon    mean  kept  lose  gain  rank
    oracle                               83.1     64.2     52.3     77.9    69.4   100     0   100  1.00
    source only                          77.3     36.2     43.6     72.6    57.4     0     0     0
    a pipeline at random                 68.9     42.9     44.1     71.6    56.8   -11    50    17
    source accuracy                      67.3     47.3     45.5     75.0    58.8    14    37    47  0.36
    importance-weighted                  67.5     42.1     44.7     74.9    57.3     5    27    53  0.27
    importance-weighted, log loss        76.3     45.1     45.5     76.6    60.9    34    17    63  0.53
    deep embedded validation             67.1     45.5     42.5     74.5    57.4    -5    37    37  0.12
    circular validation                  64.8     57.3     46.4     75.6    61.0    25    23    73  0.49
    entropy                              64.6     35.4     42.5     66.3    52.2   -57    80    20  0.13
    information maximisation             63.0     44.9     41.7     66.0    53.9   -57    83    17  0.17
    soft neighbourhood density           79.9     46.9     44.5     56.2    56.9   -62    67    27 -0.32
    MixVal                               80.8     46.1     43.5     60.2    57.6   -47    63    27  0.21
    MMD                                  63.9     60.9     46.2     73.7    61.2    16    30    43  0.01
    A-distance                           61.0     48.7     46.2     74.8    57.7     7    30    60  0.20
    agreement with the vote              71.0     43.6     47.4     74.2    59.0    22     7    50  0.51
    ranks: circular, log loss            72.6     58.2     47.6     75.4    63.5    44    17    67  0.62
    ranks: vote, circular                70.6     43.8     47.8     75.2    59.4    29    10    63  0.59
    circular, if clear                   71.4     57.3     46.4     75.2    62.6    34    13    70
    vote, circular, if clear             72.6     47.8     47.9     75.1    60.8    35     3    67

What to use. *No scorer is safe alone*. Of the scorers of one model, importance weighting of the **log loss** (not of
the 0/1 loss) and **circular validation** are worth using, best by the mean of their ranks: 44 % of the oracle's gain,
17 % of the pairs lost. *Where a pool is at hand, the ranks of the vote and of circular validation, taken only where
circular validation is clearly better than the source alone*, lose on one pair of 30, and keep 35 %. The 10 points were
chosen on these pairs (with 5: 30 % and 7 %). (Measured before weights said where the source does not cover the target,
as for digits here: importance weighting and deep embedded validation now judge no pipeline on these two pairs.)
Entropy, information maximisation, soft neighbourhood density and MixVal are worse than the source alone, and lose on
most pairs; distances and deep embedded validation say next to nothing. All fail on heart for one reason: the sites
differ in how many are ill, which per-domain scaling and components take for a shift; and the vote errs with them. On
digits the vote is of pipelines that scale by the source, and is poor.

    gain over the source alone          heart   digits   office   amazon  lose > 1 point, %
    source only                          +0.0     +0.0     +0.0     +0.0           0
    C / 10                               +0.2     -0.1     -4.3    -15.9          70
    linear SVM                           +0.0     -2.1     +1.4     +1.2          23
    forest                               -4.4     -5.0    -14.7    -10.2          97
    1-NN                                 -9.6     -5.3     -4.3     -6.9          93
    5-NN                                 -3.7     +0.3     -2.5     -3.1          73
    scaled together                      -0.1    +12.2     +0.6     -0.0          30
    scaled by domain                    -11.6    +20.9                            67
    self-training                        +4.9     -2.7     -2.5     -8.6          77
    KMM                                  -1.7     -1.1     +0.3     -0.1          10
    discriminator                        -1.2     -5.8     -1.9    -15.9          77
    PCA m                                +3.3     -0.1     +3.8     +3.5          10
    TCA s                               -15.4     +6.8     +2.3     +3.7          20
    TCA m                               -13.2     +6.5     +3.9     +3.7          17
    TCA l                               -14.2     +8.4     +1.8     +2.2          20
    TCA m + 1-NN                        -13.2     +0.3     +0.2     -6.1          77
    JDA m                               -15.5     +7.8     +4.9     +4.1          17
    JDA m + 1-NN                        -15.2     +2.7     +1.1     -6.1          73
    BDA m                               -13.5     +7.8     +4.4     +4.1          17
    TJM m                               -16.2     +8.8     +2.6     +3.0          20
    GFK m                                -5.2     -3.2     +1.8     +0.3          33
    SA m                                -15.7     +1.9     -3.4     +0.8          57
    SA l                                -12.3     +9.2     -0.3     +1.8          30
    CORAL                               -12.1    +21.5     +0.8     +1.8          20
    CORAL, kernel form                  -12.2    +22.7     +2.7     +1.7          17
    LinearOT                            -12.4    +21.7     +1.6     +1.4          20
    OTMapping                           -12.8    +15.1     +1.3     -4.5          63
    EasyTL                               -9.3    +15.7     +0.5     -0.3          40
    EasyTL + CORAL                       -9.4    +22.8     +3.8     +0.2          30
    ARTL                                -12.0    +12.1     -0.3     +1.1          37
    MEDA                                 -9.5     +9.8     +4.3     +2.1          30
    SPL                                 -10.6     +8.1     +1.0     +0.9          37
    CMMS                                -10.2     +2.1     +5.1     -1.8          50
    boosted trees                        -1.6                                     75
    scaled by source                                       +0.1     -1.0          29
    tf-idf                                                          +0.4          33
    tf-idf, MSDA                                                    +5.0           0

(m, s, l: 20, 10, 80 components; digits 20, 10, 40; heart 5, 2, 10.) No pipeline gains everywhere. PCA and KMM lose
least often; what gains 20 points on digits costs 12 on heart. Time of the scorers in units of the fits: circular
validation 0.49, deep embedded validation 1.14, A-distance 0.33, the others below 0.1 (importance weighting with one fit
of the weights for all pipelines). 300 training rows favour few components: with 2,000 rows of Amazon the source alone
reaches 78.1.
"""

import argparse
import json
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from _pool import BASELINE, GROUPS, pipelines, problems
from scipy.stats import rankdata, spearmanr

from sktl.base import BaseWeighter
from sktl.instance import DiscriminatorWeighter
from sktl.metrics import mmd, proxy_a_distance
from sktl.model_selection import (
    CircularValidationScorer,
    DeepEmbeddedValidationScorer,
    DiscrepancyScorer,
    ImportanceWeightedScorer,
    InformationMaximizationScorer,
    MixValScorer,
    PredictionEntropyScorer,
    SoftNeighborhoodDensityScorer,
    SourceScorer,
    SourceTargetShuffleSplit,
)

CLEAR = 0.1  # gain in circular validation over the source alone that counts as clear


class Known(BaseWeighter):
    """Weights found before: one fit of the ratio of the rows as they came serves all pipelines."""

    def __init__(self, weights, worth):
        self.weights = weights
        self.worth = worth

    def _weigh_rows(self, X, y, domains):
        return self.weights

    def _measure(self, X, domains):
        self.effective_sample_size_ = self.worth


def scorers(X, y):
    """The scorers, by name."""
    weighter = DiscriminatorWeighter().fit(X, y)
    known = Known(weighter.weights_[~np.isnan(y)], weighter.effective_sample_size_)
    return {
        "source accuracy": SourceScorer(),
        "importance-weighted": ImportanceWeightedScorer(known),
        "importance-weighted, log loss": ImportanceWeightedScorer(known, loss="log_loss"),
        "deep embedded validation": DeepEmbeddedValidationScorer(),
        "circular validation": CircularValidationScorer(),
        "entropy": PredictionEntropyScorer(),
        "information maximisation": InformationMaximizationScorer(),
        "soft neighbourhood density": SoftNeighborhoodDensityScorer(),
        "MixVal": MixValScorer(),
        "MMD": DiscrepancyScorer(mmd),
        "A-distance": DiscrepancyScorer(proxy_a_distance),
    }


# --- runs ---


def run(problem, done, write):
    """Fit each pipeline on one part of the rows, and score it by the other one."""
    X, y = problem.X, problem.y
    train, test = next(SourceTargetShuffleSplit(1, test_size=0.25).split(X, y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = scorers(X[test], y[test])
        for name, model in pipelines(problem).items():
            if (problem.group, problem.name, name) in done:
                continue
            start = time.process_time()
            model.fit(X[train], y[train])
            record = {"group": problem.group, "problem": problem.name, "pipeline": name}
            record["seconds"] = {"fit": time.process_time() - start}
            record["accuracy"] = float(np.mean(model.predict(problem.X_target) == problem.y_target))
            record["answers"] = model.predict(X[test][np.isnan(y[test])]).astype(int).tolist()
            record["scores"] = {}
            for scorer, function in found.items():
                start = time.process_time()
                try:
                    score = function(model, X[test], y[test])
                    record["scores"][scorer] = None if np.isnan(score) else score  # NaN: weights can't judge it
                except (
                    TypeError,
                    AttributeError,
                    ValueError,
                ):  # no probabilities, or a class of too few rows to learn back from
                    record["scores"][scorer] = None
                record["seconds"][scorer] = time.process_time() - start
            write(record)


def run_all(groups, n_rows, path):
    """Add to the file what it does not have, and return its records."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(record["group"], record["problem"], record["pipeline"]) for record in records}
    with path.open("a") as file:

        def write(record):
            records.append(record)
            print(json.dumps(record), file=file, flush=True)

        for problem in problems(groups, n_rows):
            run(problem, done, write)
    return records


# --- tables ---


def by_problem(records):
    """Records of each problem by pipeline, in the order of the data sets."""
    found = defaultdict(dict)
    for record in records:
        found[record["group"], record["problem"]][record["pipeline"]] = record
    return found


def agreement(pool):
    """Share of the held-out target rows on which each pipeline agrees with the vote of all: a score of the pool."""
    answers = np.array([record["answers"] for record in pool.values()])
    votes = (answers[:, :, None] == np.unique(answers)).sum(axis=0)
    majority = np.unique(answers)[votes.argmax(axis=1)]
    return dict(zip(pool, np.mean(answers == majority, axis=1), strict=True))


def ranks_mean(scores):
    """Mean of the ranks by several scores, of the pipelines that have all of them."""
    names = [name for name in scores[0] if all(score[name] is not None for score in scores)]
    ranks = np.mean([rankdata([score[name] for name in names]) for score in scores], axis=0)
    return dict.fromkeys(scores[0]) | dict(zip(names, ranks, strict=True))


def scores_of(pool):
    """Scores by scorer and pipeline; None where a scorer can't judge it."""
    some = next(iter(pool.values()))["scores"]
    found = {scorer: {name: record["scores"][scorer] for name, record in pool.items()} for scorer in some}
    found["agreement with the vote"] = agreement(pool)
    vote, circular = found["agreement with the vote"], found["circular validation"]
    found["ranks: circular, log loss"] = ranks_mean([circular, found["importance-weighted, log loss"]])
    found["ranks: vote, circular"] = both = ranks_mean([vote, circular])
    found["circular, if clear"] = if_clear(circular, circular)
    found["vote, circular, if clear"] = if_clear(both, circular)
    return found


def if_clear(scores, evidence):
    """The scores of the baseline, and of those whose ``evidence`` is 10 points above the baseline's."""
    least = (evidence[BASELINE] or 0) + CLEAR
    return {
        name: score if name == BASELINE or (evidence[name] is not None and evidence[name] >= least) else None
        for name, score in scores.items()
    }


def choice(scores, accuracy):
    """Accuracy of the best score (the mean over ties), and the rank correlation of scores and accuracies."""
    names = [name for name, score in scores.items() if score is not None]
    if not names:  # nothing can be judged: one keeps the source alone
        return accuracy[BASELINE], np.nan
    values, truth = (np.array([part[name] for name in names]) for part in (scores, accuracy))
    best = truth[values >= values.max() - 1e-12].mean()
    return best, spearmanr(values, truth).statistic if np.ptp(values) > 0 else np.nan


def scorer_table(problems):
    """Print what each scorer's choice is worth."""
    rows = defaultdict(lambda: defaultdict(list))
    for (group, _), pool in problems.items():
        accuracy = {name: 100 * record["accuracy"] for name, record in pool.items()}
        base, oracle = accuracy[BASELINE], max(accuracy.values())
        rows["oracle"][group].append((oracle, 1.0, base, oracle))
        rows[BASELINE][group].append((base, np.nan, base, oracle))
        rows["a pipeline at random"][group].append((np.mean(list(accuracy.values())), np.nan, base, oracle))
        for scorer, scores in scores_of(pool).items():
            rows[scorer][group].append((*choice(scores, accuracy), base, oracle))
    groups = list(rows["oracle"])
    print(f"{'':<32}" + "".join(f"{group:>9}" for group in groups) + "    mean  kept  lose  gain  rank")
    for scorer, by_group in rows.items():
        every = np.array([entry for group in groups for entry in by_group[group]])
        gain, most = every[:, 0] - every[:, 2], every[:, 3] - every[:, 2]
        cells = "".join(f"{np.mean(by_group[group], axis=0)[0]:>9.1f}" for group in groups)
        mean = np.mean([np.mean(by_group[group], axis=0)[0] for group in groups])
        ranks = every[~np.isnan(every[:, 1]), 1]
        rank = f"{ranks.mean():>6.2f}" if len(ranks) and "clear" not in scorer else ""
        shares = f"{100 * gain.sum() / most.sum():>6.0f}{100 * np.mean(gain < -1):>6.0f}{100 * np.mean(gain > 1):>6.0f}"
        print(f"{scorer:<32}{cells}{mean:>8.1f}{shares}{rank}")


def pipeline_table(problems):
    """Print what each pipeline is worth against the source alone."""
    gains = defaultdict(lambda: defaultdict(list))
    for (group, _), pool in problems.items():
        for name, record in pool.items():
            gains[name][group].append(100 * (record["accuracy"] - pool[BASELINE]["accuracy"]))
    groups = list(gains[BASELINE])
    print(f"{'gain over the source alone':<32}" + "".join(f"{group:>9}" for group in groups) + "  lose > 1 point, %")
    for name, by_group in gains.items():
        every = np.concatenate([by_group[group] for group in by_group])
        cells = "".join(f"{np.mean(by_group[group]):>+9.1f}" if group in by_group else f"{'':>9}" for group in groups)
        print(f"{name:<32}{cells}{100 * np.mean(every < -1):>12.0f}")


def time_table(records):
    """Print CPU time of the scorers in units of a pipeline's fit."""
    total = defaultdict(float)
    for record in records:
        for name, value in record["seconds"].items():
            total[name] += value
    print(
        "time in units of the fits: " + ", ".join(f"{name} {value / total['fit']:.2f}" for name, value in total.items())
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="300 rows of a domain")
    parser.add_argument("--groups", default=",".join(GROUPS), help="data sets (default all)")
    parser.add_argument("--store", type=Path, help="file of the runs, which a later call goes on with")
    options = parser.parse_args()
    n_rows = 300 if options.quick else 400
    path = options.store or Path(tempfile.gettempdir()) / f"sktl_model_selection_{n_rows}.jsonl"
    records = run_all(options.groups.split(","), n_rows, path)
    found = by_problem(records)
    scorer_table(found)
    pipeline_table(found)
    time_table(records)
