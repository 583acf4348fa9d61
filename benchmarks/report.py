"""Which kind of shift does ``DomainReport`` find, on data that were made to show one.

Prints, for each way to make the data, with and without target labels, how many of 20 draws got each kind. Run:
``python benchmarks/report.py`` (about six minutes; ``--draws 5`` is quicker).

301 source rows and 219 target rows, 4 columns (20 in "none, wide", 6 in "subspace"). ``shift_kinds.py`` has harder
worlds::

    made                without target labels                          with target labels
    none                none 20                                        none 20
    none, wide          none 17, label or covariate 2, covariate 1     none 18, covariate 2
    covariate           covariate 20                                   covariate 20
    label               label or covariate 12, label 8                 label 20
    scale               scale or covariate 20                          scale 20
    subspace            scale or covariate 20                          covariate 13, concept 5, scale 1, open 1
    concept             covariate 20                                   concept 20
    numbers, none       none 20                                        none 20
    numbers, covariate  covariate 20                                   covariate 20
    numbers, label      label or covariate 19, covariate 1             label 20
    numbers, concept    none 20                                        concept 20

A turned subspace with target labels was "scale" in 19 draws by the rules before, and is now mostly "covariate": worse.
Without target labels a shift of p(y|x) alone can't be seen ("concept" has a column that moved, too), nor that the
numbers to predict differ. The three tests of the rows share the level 0.05: of 200 further draws of each, "none" was
taken for a shift in 4.5 %, "none, wide" in 6 %. With a permutation test of one width, no test by a classifier and none
of what weights leave, "subspace" was found in 8 and 7 of 20, "numbers, label" never.
"""

import argparse
from collections import Counter

import numpy as np
from shift_kinds import verdict, verdict_rows

from sktl.datasets import make_covariate_shift

N_SOURCE, N = 301, 520
TARGET = np.arange(N) >= N_SOURCE


def none(rng, d=4):
    """One distribution."""
    X = rng.normal(size=(N, d))
    return X, (X[:, 1] + 0.5 * rng.normal(size=N) > 0).astype(float)


def none_wide(rng):
    """One distribution, 20 columns that correlate."""
    X, _ = none(rng, 20)
    return X @ rng.normal(size=(20, 20)), (X[:, 1] + 0.5 * rng.normal(size=N) > 0).astype(float)


def covariate(rng):
    """A density ratio that is known; the label follows from the row in one way."""
    seed = int(rng.integers(2**31))
    data = make_covariate_shift(N_SOURCE, N - N_SOURCE, n_features=4, random_state=seed)
    return data.X, data.y_true.astype(float)


def label(rng):
    """Half and half, then 15 % and 85 %; the rows within classes are alike."""
    y = (rng.random(N) < np.where(TARGET, 0.15, 0.5)).astype(float)
    return rng.normal(size=(N, 4)) + 2 * y[:, None] * [1, -0.5, 0, 0], y


def scale(rng):
    """Other units and offsets."""
    X, y = none(rng)
    X[TARGET] = X[TARGET] * [2, 0.4, 3, 1.7] + [1, 2, -1, 0]
    return X, y


def subspace(rng):
    """Two directions of large variance among six columns, turned; the label follows from the coordinates in them."""
    Z = rng.normal(size=(N, 2)) * [3, 2]
    planes = [np.linalg.qr(rng.normal(size=(6, 2)))[0] for _ in range(2)]
    X = np.where(TARGET[:, None], Z @ planes[1].T, Z @ planes[0].T) + 0.3 * rng.normal(size=(N, 6))
    return X, (Z[:, 0] + 0.5 * rng.normal(size=N) > 0).astype(float)


def concept(rng):
    """The label follows from another column; a third one has moved a little."""
    X = rng.normal(size=(N, 4))
    y = np.where(TARGET, X[:, 1], X[:, 0]) + 0.5 * rng.normal(size=N) > 0
    X[TARGET, 2] += 0.5
    return X, y.astype(float)


def numbers_none(rng):
    """A regression, one distribution."""
    X = rng.normal(size=(N, 4))
    return X, X[:, 0] + 0.7 * rng.normal(size=N)


def numbers_covariate(rng):
    """A regression, two columns moved."""
    X = rng.normal(size=(N, 4))
    X[TARGET, :2] += 0.8
    return X, X[:, 0] + 0.7 * rng.normal(size=N)


def numbers_label(rng):
    """A regression, larger numbers; the rows that belong to each are alike."""
    y = rng.normal(size=N) + TARGET
    return y[:, None] * [1, -0.5, 0, 0] + rng.normal(size=(N, 4)), y


def numbers_concept(rng):
    """A regression that turns round."""
    X = rng.normal(size=(N, 4))
    return X, np.where(TARGET, -1, 1) * X[:, 0] + 0.7 * rng.normal(size=N)


MADE = (
    none,
    none_wide,
    covariate,
    label,
    scale,
    subspace,
    concept,
    numbers_none,
    numbers_covariate,
    numbers_label,
    numbers_concept,
)


def verdicts(made, with_labels, n_draws):
    """How often each kind was found."""
    found = Counter()
    for seed in range(n_draws):
        X, y = made(np.random.default_rng(seed))
        y = y if with_labels else np.where(TARGET, np.nan, y)
        found[verdict(verdict_rows(X, TARGET), y)] += 1
    return ", ".join(f"{kind} {n}" for kind, n in found.most_common())


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--only", default="", help="part of the name of a way to make the data")
    options = parser.parse_args()
    print(f"{'made':<18}  {'without target labels':<36}  with target labels")
    for made in MADE:
        if options.only in made.__name__:
            found = [verdicts(made, with_labels, options.draws) for with_labels in (False, True)]
            print(f"{made.__name__.replace('_', ', '):<18}  {found[0]:<36}  {found[1]}", flush=True)


if __name__ == "__main__":
    main()
