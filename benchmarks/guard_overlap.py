"""TransferGuard without target labels where the source does not cover the target, and its level.

Run ``python benchmarks/guard_overlap.py`` (some ten minutes of one processor; ``--quick`` for a minute). One p(y|x),
y = [f(x) > 0] with f(x) = x (1.6 - |x|) within |x| < 2.6 and x beyond; source N(0, 1), target N(s, 1), two more
columns of noise, 300 rows each. A cubic curve fits the source better than a line everywhere, and goes wrong beyond 2.6:
transfer (the curve) helps where the target is near and hurts where it is far. Per line 20 draws: mean accuracy of both
on the target, % of the draws that hurt (more than a point), that the guard refuses to judge, that it accepts, and that
it accepts of those that hurt.

   s   curve    line   hurts  refused  accepted  of harm
   2    0.55    0.61      70       40        20        0    (ten draws)
   3    0.27    0.74     100      100         0        0
   4    0.09    0.93     100      100         0        0
   8    0.00    1.00     100      100         0        0

Before the guard asked whether the source covers the target it refused nothing, and accepted 65, 60, 45 and 30 % at
s = 0.5, 1, 1.5 and 2, of the draws that hurt 0, 0, 0 and 14 %; and 40, 50 and 80 % at s = 3, 4 and 8, where all hurt.
On the helpful and harmful covariate shifts of ``guard.py``, 50 of each, it accepts 86 and 0 %, and refuses to judge 8
and 0 % (93 and 0 % accepted before).
"""

import argparse
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sktl.model_selection import TransferGuard

SHIFTS = (0.5, 1, 1.5, 2, 3, 4, 8)


def wave(x):
    """What decides the class: a curve that turns back where the source has next to no rows."""
    return np.where(np.abs(x) < 2.6, x * (1.6 - np.abs(x)), x)


def draw(shift, seed, n=300, n_fresh=4000):
    """(X, y, target rows) with the target's labels missing, and fresh target rows with theirs."""
    rng = np.random.default_rng(seed)
    X, fresh, target = rng.normal(size=(2 * n, 3)), rng.normal(size=(n_fresh, 3)), np.arange(2 * n) >= n
    X[target, 0] += shift
    fresh[:, 0] += shift
    return X, np.where(target, np.nan, wave(X[:, 0]) > 0), target, fresh, wave(fresh[:, 0]) > 0


def record(shift, seed):
    """Accuracy of the curve and of the line on the target, whether the guard accepts, and whether it refuses."""
    X, y, target, fresh, truth = draw(shift, seed)
    curve = make_pipeline(PolynomialFeatures(3), StandardScaler(), LogisticRegression(max_iter=1000))
    guard = TransferGuard(curve).fit(X, y)
    line = make_pipeline(StandardScaler(), LogisticRegression())
    scores = [model.fit(X[~target], y[~target]).score(fresh, truth) for model in (curve, line)]
    return *scores, guard.decision_ == "transfer", guard.criterion_ == "no overlap"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="five draws a line")
    n_draws = 5 if parser.parse_args().quick else 20
    warnings.simplefilter("ignore")
    print(f"{'s':>4}{'curve':>8}{'line':>8}{'hurts':>8}{'refused':>9}{'accepted':>10}{'of harm':>9}")
    for shift in SHIFTS:
        found = np.array([record(shift, seed) for seed in range(n_draws)], dtype=float)
        harm = found[:, 0] < found[:, 1] - 0.01
        shares = [harm.mean(), found[:, 3].mean(), found[:, 2].mean(), found[harm, 2].sum() / max(harm.sum(), 1)]
        cells = "".join(f"{100 * share:>{width}.0f}" for share, width in zip(shares, (8, 9, 10, 9), strict=True))
        print(f"{shift:>4}{found[:, 0].mean():>8.2f}{found[:, 1].mean():>8.2f}{cells}", flush=True)
