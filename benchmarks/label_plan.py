"""Are planned labels worth more than random ones? For the score of a model, and for the model itself.

Run ``python benchmarks/label_plan.py WHAT`` with WHAT ``score`` or ``model`` (some minutes of one processor each;
``--draws``). Tasks of ``_few_shot_tasks.py``: at most 1,000 source and 400 target rows; the model is logistic
regression of standardised columns. *score*: mean squared error of ``LabelPlanner.estimate`` over that of as many random
rows (their exact variance), which is the share of random's labels that a plan needs for the same error; ``uniform`` 0.5
(default), 0 and 1. *model*: accuracy of the model fitted on the source's rows and the labelled ones (these with half of
the weight), planned less random rows, on the target rows that neither has.

*Score*, 40 labels, 40 draws: error over random's and bias in standard errors; a ratio is known to some .2. On the mean
of the four kinds the default needs .8 of random's labels, as does ``uniform=1`` (sorted rows, equal chances); 0
needs 1.0. On reviews, where confidence says little of errors, it needs 1.2 times as many:

                            uniform=.5      uniform=0      uniform=1
    heart cleveland             0.96    2.3    1.13   -0.3    0.70    0.5
    heart hungarian             0.47    0.4    0.77    0.3    0.82   -0.8
    heart switzerland           0.50   -0.4    1.39   -0.9    0.43   -1.0
    heart va_long_beach         0.82    0.4    1.10    0.5    1.56   -0.4
    adult native_country        0.80    0.3    1.56   -0.2    0.87    0.7
    adult education_num         0.42    1.1    0.36   -0.7    0.98    0.8
    adult marital_status        0.52    0.7    0.49    1.1    1.11    0.4
    digits mnist                0.70   -1.1    0.56    0.3    0.84   -0.6
    digits digits               0.94    1.5    0.75   -1.3    0.71    0.2
    amazon 0                    1.34    0.3    1.30    0.9    0.56   -0.1
    amazon 1                    1.17   -0.3    2.08   -0.7    0.70    0.6
    amazon 2                    0.96   -0.3    0.41    0.3    0.60   -1.2
    amazon 3                    1.20    0.3    2.05    4.0    0.56   -0.7
    class tables attrition_research_sales    0.41    0.1    1.03   -1.0    0.20   -0.1

*Model*, 8 draws: points gained over random rows with 10, 20 and 50 labels, and their standard error. **There is no
gain on average**: only where the source errs most (digits to mnist, 10 labels) is it clear:

    heart cleveland             -3.2+-3.0    -1.6+-2.2     1.1+-0.8
    heart hungarian              0.9+-1.9     0.9+-1.6     0.4+-1.2
    heart switzerland            0.2+-1.6     1.8+-2.1     1.4+-0.9
    heart va_long_beach         -1.8+-2.6    -2.7+-2.0    -0.0+-1.4
    adult native_country        -2.3+-1.2    -1.6+-1.1    -0.4+-0.9
    adult education_num         -1.2+-1.2    -0.8+-0.7     0.5+-1.2
    adult marital_status        -0.7+-0.5    -0.4+-0.5    -0.1+-0.2
    digits mnist                 8.0+-3.6     3.2+-2.1     0.1+-1.2
    digits digits               -1.6+-4.7    -1.9+-1.2     1.4+-1.8
    amazon 0                    -0.2+-1.8    -0.6+-1.1     0.1+-1.0
    amazon 1                     1.4+-1.4     0.6+-1.9    -1.1+-1.2
    amazon 2                     0.5+-0.7    -0.0+-0.7     1.7+-1.1
    amazon 3                    -2.1+-0.9    -2.5+-1.1    -4.3+-0.5
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
