"""The main job."""

import argparse
import warnings

import numpy as np
from _main_job_store import fill, read

from sktl.comparison import METRICS
from sktl.model_selection.evidence import judge

FIRST = "corrected"  # what the command uses with target labels until another method is proven better
LEVEL, MIN_CHANGED = 0.05, 5  # of its tests
WORST = -1.0  # a lower R2 counts as this: one pair would be the whole mean
POINT = 0.01


class Judged:
    """One cell with the scores of its candidates: on the labels that judge, and on the target's other rows."""

    def __init__(self, cell, record, arrays):
        self.cell, self.record = cell, record
        metric, known = METRICS[record["metric"]], arrays["rest"] >= 0
        if record["task"] == "regression":
            known = np.ones(len(known), dtype=bool)
        self.truth = arrays["rest"][known]
        names = [key.removesuffix("|rest") for key in arrays if key.endswith("|rest")]
        answers = {name: arrays[f"{name}|rest"][known] for name in names}
        labels = arrays["truth"] if cell.n_labels else arrays["source labels"]
        answers["constant"] = np.full(len(self.truth), constant(labels, record["task"]))
        self.rows = {name: metric.rows(self.truth, said) for name, said in answers.items()}
        self.score = {name: max(rows.mean(), WORST) for name, rows in self.rows.items()}
        self.evidence = {
            name: metric.rows(arrays["truth"], arrays[f"{name}|judged"])
            for name in [record["baseline"], *names]
            if f"{name}|judged" in arrays
        }

    @property
    def source(self):
        """The better model of the source."""
        return self.record["baseline"]

    @property
    def simple(self):
        """The better of the source's model and the constant, with hindsight."""
        return max((self.source, "constant"), key=self.score.get)

    def below(self, name, other):
        """Whether one scores a point less than another, and a standard error."""
        lost = self.rows[other] - self.rows[name]
        spread = lost.std(ddof=1) / np.sqrt(len(lost))
        return self.score[other] - self.score[name] > POINT and lost.mean() > spread


def constant(labels, task):
    """What is best where nothing is known of a row."""
    return labels.mean() if task == "regression" else float(np.bincount(labels.astype(int)).argmax())


# --- rules: a function of a cell that names a candidate ---


def command(found):
    """What ``sktl compare`` chooses; the constant where it says that no model is usable."""
    if not found.cell.n_labels:
        return found.source if found.record.get("usable", True) else "constant"
    losses = {name: -rows for name, rows in found.evidence.items()}
    others = [name for name in losses if name != FIRST]
    return judge(losses, FIRST, [], others, LEVEL, min_changed=MIN_CHANGED).chosen


def best_score(found):
    """The highest score on the labels that judge, or by reverse validation."""
    return max(found.evidence, key=lambda name: found.evidence[name].mean())


RULES = {
    "the command": command,
    "always the source's model": lambda found: found.source,
    "highest score": best_score,
    "pooled trees": lambda found: "pooled-trees" if found.cell.n_labels else found.source,
}


# --- figures ---


def with_error(values, groups):
    """Mean in %, and its standard error: rows of one data set go together."""
    values, groups = np.asarray(values, dtype=float), np.asarray(groups)
    sums = [(values[groups == group] - values.mean()).sum() for group in np.unique(groups)]
    return 100 * values.mean(), 100 * np.sqrt(np.square(sums).sum()) / len(values)


def line(rule, cells):
    """Figures of a rule: mean regret, harmful choices; where it helps and harms against the source's model."""
    groups, chosen = [found.record["group"] for found in cells], [rule(found) for found in cells]
    pairs = list(zip(cells, chosen, strict=True))
    regret = [max(found.score.values()) - found.score[name] for found, name in pairs]
    harm = [found.below(name, found.simple) for found, name in pairs]
    figures = [with_error(values, groups) for values in (regret, harm)]
    helps = 100 * np.mean([found.below(found.source, name) for found, name in pairs])
    harms = 100 * np.mean([found.below(name, found.source) for found, name in pairs])
    return "".join(f"{mean:>8.1f} +-{error:>4.1f}" for mean, error in figures) + f"{helps:>8.0f}{harms:>6.0f}"


def halves(cells):
    """The cells of every other data set, and those of the rest: rules are set on the first and judged on the second."""
    groups = sorted({found.record["group"] for found in cells})
    even = set(groups[::2])
    return {
        "set": [found for found in cells if found.record["group"] in even],
        "judged": [found for found in cells if found.record["group"] not in even],
    }


def print_table(cells):
    """The table of the docstring."""
    for half, part in halves(cells).items():
        for n_labels in sorted({found.cell.n_labels for found in part}):
            here = [found for found in part if found.cell.n_labels == n_labels]
            sets = len({found.record["group"] for found in here})
            print(f"\n{half}: {n_labels} labels, {len(here)} cells of {sets} sets")
            for name, rule in RULES.items():
                print(f"    {name:<28}{line(rule, here)}")


def print_usable(cells):
    """How often "no usable model" is right: no candidate is better than the constant by a point."""
    said = [found for found in cells if found.record.get("usable") is False]
    right = [not found.below("constant", found.source) for found in said]
    share = f"{np.sum(right)} of {len(said)} right" if said else "never said"
    missed = [
        found.record["usable"] and found.below(command(found), "constant")
        for found in cells
        if "usable" in found.record
    ]
    print(f'\n"no usable model": {share}; not said, but the constant is better: {np.sum(missed)} of {len(missed)}')


def print_expected(cells):
    """How well the source's model was expected to score without a label."""
    pairs = [
        (found.score[found.source], *found.record["expected"][found.source][:3])
        for found in cells
        if found.record.get("expected") and not found.record["expected"][found.source][3]
    ]
    if pairs:
        truth, value, low, high = np.array(pairs, dtype=float).T
        inside = np.mean((low <= truth) & (truth <= high))
        error = np.mean(np.abs(np.maximum(value, WORST) - truth))
        n = sum(bool(found.record.get("expected")) for found in cells)
        print(
            f"\nexpected scores: judged {len(pairs)} of {n}, mean error {error:.3f}, 90 % intervals hold {inside:.2f}"
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", default="main_job_store", help="folder of what was found so far")
    parser.add_argument("--draws", type=int, default=2, help="draws of rows (default 2)")
    parser.add_argument("--seconds", type=float, default=3000, help="stop after so many (default 3000)")
    options = parser.parse_args()
    fill(options.store, options.draws, options.seconds)
    found = list(read(options.store))
    cells = [Judged(*one) for one in found if "group" in one[1]]
    refused = [cell.file for cell, record, _ in found if "refused" in record]
    print(f"{len(cells)} cells; refused: {len(refused)} {refused[:5]}")
    print_table(cells)
    print_usable(cells)
    print_expected(cells)
