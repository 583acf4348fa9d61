"""How near are the class weights of BBSE, RLLS and MLLS, and what do corrected probabilities gain.

scikit-learn's digits with a tweaked prior: in the source all classes have the same share, in the target one of them,
drawn at random, has a half. Prints, in order: the error of the weights against the number of rows a domain, under exact
label shift (a classifier is fitted on a third of the images and frozen; both domains are drawn with replacement from
the other two thirds), for logistic regression and for naive Bayes, which is over-confident; then, on disjoint images
drawn without replacement and with cross-fitting, as a user would have them, accuracy and log-loss on the target with
and without correction. Run: ``python benchmarks/label_shift.py`` (about three minutes; ``--quick`` for ten seconds).
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.exceptions import WeakClassifierWarning
from sktl.instance import BBSE, MLLS, RLLS, LabelShiftClassifier

WEIGHTERS = {
    "BBSE hard": BBSE(confusion="hard"),
    "BBSE": BBSE(),
    "RLLS": RLLS(),
    "MLLS none": MLLS(calibration="none"),
    "MLLS ts": MLLS(calibration="ts"),
    "MLLS (bcts)": MLLS(),
}
CLASSIFIERS = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "naive Bayes": make_pipeline(StandardScaler(), GaussianNB(var_smoothing=0.1)),
}
SOURCE_PRIOR = np.full(10, 0.1)


def tweaked_prior(rng, share=0.5):
    """One class, drawn at random, has ``share``; the others share the rest."""
    prior = np.full(10, (1 - share) / 9)
    prior[rng.integers(10)] = share
    return prior


def draw(rng, y, prior, n, replace=True):
    """Positions of ``n`` rows with class shares ``prior`` (classes drawn, then rows within them)."""
    counts = rng.multinomial(n, prior)
    return np.concatenate([rng.choice(np.flatnonzero(y == j), m, replace=replace) for j, m in enumerate(counts)])


def stacked(X, y, source, target):
    """One table of the rows of both domains, the target's without labels."""
    return np.concatenate([X[source], X[target]]), np.r_[y[source].astype(float), np.full(len(target), np.nan)]


def errors_of_weights(classifier, sizes, seeds):
    """Root mean squared errors of the class weights, (2, n_weighters + 1, n_sizes).

    First against the weights of the population, then against those of the rows drawn (a weighter's own error). The last
    row of the first is the error of the counted shares themselves: what remains if all target labels are known.
    """
    X, y = load_digits(return_X_y=True)
    squares = np.zeros((2, len(WEIGHTERS) + 1, len(sizes)))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(y))
        train, pool = order[:599], order[599:]
        frozen = FrozenEstimator(clone(classifier).fit(X[train], y[train]))
        prior = tweaked_prior(rng)
        for i, n in enumerate(sizes):
            source, target = (pool[draw(rng, y[pool], p, n)] for p in (SOURCE_PRIOR, prior))
            counted = np.bincount(y[target], minlength=10) / np.bincount(y[source], minlength=10)
            table = stacked(X, y, source, target)
            found = [clone(w).set_params(estimator=frozen).fit(*table).class_weights_ for w in WEIGHTERS.values()]
            for j, weights in enumerate([*found, counted]):
                squares[0, j, i] += np.mean((weights - prior / SOURCE_PRIOR) ** 2) / seeds
                squares[1, j, i] += np.mean((weights - counted) ** 2) / seeds
    return np.sqrt(squares)


def table_of_errors(sizes, seeds):
    """Errors against rows, their slope in log n, and the weighters' own errors in units of BBSE's."""
    for name, classifier in CLASSIFIERS.items():
        total, own = errors_of_weights(classifier, sizes, seeds)
        slopes = np.polyfit(np.log(sizes), np.log(total).T, 1)[0]
        print(f"\n{name}: root mean squared error of the class weights, {seeds} runs (1 / sqrt(n) has the slope -0.5);")
        print("on the right the part that is not the chance of the draw, in units of BBSE's")
        print(f"{'rows a domain':<16}" + "".join(f"{n:>8}" for n in sizes) + f"{'slope':>8}   ", end="")
        print("".join(f"{n:>7}" for n in sizes))
        for j, weighter in enumerate([*WEIGHTERS, "labels known"]):
            cells = "".join(f"{e:>8.4f}" for e in total[j])
            ratios = "".join(f"{e / b:>7.2f}" for e, b in zip(own[j], own[1], strict=True))
            print(f"{weighter:<16}{cells}{slopes[j]:>8.2f}   {ratios}")


def table_of_gains(seeds):
    """Accuracy and log-loss on the target, for corrected and uncorrected classifiers."""
    X, y = load_digits(return_X_y=True)
    for name, classifier in CLASSIFIERS.items():
        rows = {"no correction": None, "true weights": None, **WEIGHTERS, "MLLS, p as is": MLLS()}
        scores = {row: [] for row in rows}
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            order = rng.permutation(len(y))
            source, rest = order[:899], order[899:]
            prior = tweaked_prior(rng)
            target = rest[draw(rng, y[rest], prior, 120, replace=False)]
            table = stacked(X, y, source, target)
            plain = clone(classifier).fit(X[source], y[source]).predict_proba(X[target])
            truth = prior / (np.bincount(y[source]) / len(source))
            for row, weighter in rows.items():
                if weighter is None:
                    proba, weights = (plain, np.ones(10)) if row == "no correction" else (plain * truth, truth)
                    proba = proba / proba.sum(axis=1, keepdims=True)
                else:
                    model = LabelShiftClassifier(classifier, weighter, calibrate="as is" not in row).fit(*table)
                    proba, weights = model.predict_proba(X[target]), model.class_weights_
                proba = np.clip(proba, 1e-6, None) / np.clip(proba, 1e-6, None).sum(axis=1, keepdims=True)
                loss = log_loss(y[target], proba, labels=np.arange(10))
                error = np.mean((weights - truth) ** 2)
                scores[row].append([accuracy_score(y[target], proba.argmax(axis=1)), loss, error])
        print(f"\n{name}, 899 source rows, 120 target rows, cross-fitted, {seeds} runs")
        print(f"{'':<14}{'accuracy':>10}{'log-loss':>10}{'error of w':>12}")
        for row, found in scores.items():
            accuracy, loss, error = np.mean(found, axis=0)
            print(f"{row:<14}{accuracy:>10.4f}{loss:>10.4f}{np.sqrt(error):>12.4f}")


def main():
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore", WeakClassifierWarning)  # 125 rows of ten classes
    started = time.perf_counter()
    table_of_errors((125, 500, 2000, 8000), 5 if quick else 100)
    table_of_gains(3 if quick else 40)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
