"""Which scorer without target labels chooses well: a pool of pipelines on 30 real pairs of domains.
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

    def __init__(self, weights):
        self.weights = weights

    def _check_params(self):
        pass

    def _weigh(self, X_source, X_target):
        return self.weights


def scorers(weights):
    """The scorers, by name."""
    return {
        "source accuracy": SourceScorer(),
        "importance-weighted": ImportanceWeightedScorer(Known(weights)),
        "importance-weighted, log loss": ImportanceWeightedScorer(Known(weights), loss="log"),
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
        found = scorers(DiscriminatorWeighter().fit(X[test], y[test]).weights_[~np.isnan(y[test])])
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
                    record["scores"][scorer] = function(model, X[test], y[test])
                except (TypeError, AttributeError, ValueError):  # no probabilities, or a class of too few rows to learn back from
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
    print("time in units of the fits: " + ", ".join(f"{name} {value / total['fit']:.2f}" for name, value in total.items()))


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
