"""Are planned labels worth more than random ones? For the score of a model, and for the model itself.

Run ``python benchmarks/label_plan.py WHAT`` with WHAT ``score`` or ``model`` (some minutes of one processor each;
``--draws``). Tasks of ``_few_shot_tasks.py``: at most 1,000 source and 400 target rows; the model is logistic
regression of standardised columns. *score*: mean squared error of ``LabelPlanner.estimate`` over that of as many random
rows (their exact variance), which is the share of random's labels that a plan needs for the same error; ``uniform`` 0.5
(default), 0 and 1. *model*: accuracy of the model fitted on the source's rows and the labelled ones (these with half of
the weight), planned less random rows, on the target rows that neither has.
"""

import argparse
import warnings

import numpy as np
from _few_shot_tasks import CLASSES
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from sktl.model_selection import LabelPlanner

GROUPS = ("heart", "adult", "digits", "amazon", "class tables")  # newsgroups' wide rows take too long


def stacked(task):
    """Rows of both domains, and labels that are missing on the target."""
    stack = (lambda parts: sparse.vstack(parts, format="csr")) if sparse.issparse(task.X_source) else np.vstack
    return stack([task.X_source, task.X_target]), np.r_[
        task.y_source.astype(float), np.full(len(task.y_target), np.nan)
    ]


def learner():
    """The model."""
    return make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=200))


def score_line(task, n, draws, uniform):
    """Error of the plan over random's, in mean squares, and the bias of the plan in its standard errors."""
    X, y = stacked(task)
    errors = []
    for seed in range(draws):
        plan = LabelPlanner(learner(), n=n, uniform=uniform, random_state=seed).fit(X, y)
        labels = task.y_target[plan.indices_ - len(task.y_source)]
        accuracy = np.mean(plan.estimator_.predict(task.X_target) == task.y_target)
        errors.append(plan.estimate(labels).score - accuracy)
    size = len(task.y_target)
    random = accuracy * (1 - accuracy) / n * (size - n) / (size - 1)
    return np.mean(np.square(errors)) / random, np.mean(errors) / np.std(errors, ddof=1) * np.sqrt(draws)


def model_line(task, n, draws):
    """Gain of planned over random rows, in points."""
    X, y = stacked(task)
    n_source, size, gains = len(task.y_source), len(task.y_target), []
    for seed in range(draws):
        plan = LabelPlanner(learner(), purpose="model", n=n, random_state=seed).fit(X, y)
        planned = plan.indices_ - n_source
        random = np.random.default_rng(seed).permutation(size)[:n]
        rest = np.setdiff1d(np.arange(size), np.union1d(planned, random))
        hits = []
        for rows in (planned, random):
            taken = np.r_[np.arange(n_source), n_source + rows]
            weights = np.r_[np.ones(n_source), np.full(n, n_source / n)]
            labels = np.r_[task.y_source, task.y_target[rows]]
            model = learner().fit(X[taken], labels, logisticregression__sample_weight=weights)
            hits.append(np.mean(model.predict(task.X_target[rest]) == task.y_target[rest]))
        gains.append(100 * (hits[0] - hits[1]))
    return np.mean(gains), np.std(gains, ddof=1) / np.sqrt(draws)


def main():
    """Print one of the tables, a line for each task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("score", "model"))
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--groups", nargs="*", default=GROUPS, choices=GROUPS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for group in options.groups:
        for task in CLASSES[group]():
            if options.what == "score":
                cells = [score_line(task, 40, options.draws, uniform) for uniform in (0.5, 0.0, 1.0)]
                text = "".join(f"{ratio:>8.2f}{bias:>7.1f}" for ratio, bias in cells)
            else:
                cells = [model_line(task, n, options.draws) for n in (10, 20, 50)]
                text = "".join(f"{gain:>8.1f}+-{error:.1f}" for gain, error in cells)
            print(f"{group:<14}{str(task.name)[:26]:<28}{text}", flush=True)


if __name__ == "__main__":
    main()
