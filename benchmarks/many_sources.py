"""Many sources: a model of each source, joined by votes or densities, against one model of all their rows.

Run ``python benchmarks/many_sources.py`` beside ``../shared/data``, or with SKTL_DATA set (some minutes). Logistic
regression or ridge regression on standardised columns throughout; 20 target rows, drawn at random, have labels, which
"pooled" and the votes without "labels" do not see. *heart*: each of four hospitals from the others; *adult*: each
marital status from the others, 300 rows of each; *digits*: each of two origins from three sources of the other that
hold other digits each; *made*: of five sources so many have the target's coefficients, the others the opposite;
*ranges*: each of three sources covers another range of a curve, and the target is a mixture of them; *bike*: each
season from the others. Accuracy in %, or the error over that of "pooled".
"""

import argparse

import numpy as np
from several_sources import bike_seasons, digit_parts, heart_sites, made
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tabular import load_adult, prepared

from sktl import OnLabeled
from sktl.model_selection import SourceSelector
from sktl.parameter import AnchorRegression, DistributionWeightedCombination, MultiSourceVote

N_LABELED = 20
WEIGHTS = ("uniform", "distance", "agreement", "labels")


def adult_statuses(n_rows=300):
    """Each marital status from the others."""
    X, y = load_adult()
    rng, status = np.random.default_rng(0), X["marital_status"].to_numpy()
    names, counts = np.unique(status.astype(str), return_counts=True)
    drawn = {n: rng.permutation(np.flatnonzero(status == n))[:n_rows] for n in names[counts >= n_rows]}
    every = np.concatenate(list(drawn.values()))
    columns = X.drop(columns="marital_status")
    encoder = prepared(columns.iloc[every]).fit(columns.iloc[every])
    parts = {n: (np.asarray(encoder.transform(columns.iloc[rows])), y[rows]) for n, rows in drawn.items()}
    return [([part for m, part in parts.items() if m != n], *parts[n]) for n in parts]


def ranges(n_tasks=4):
    """Numbers on a bent curve, each source in a range of its own; the target mixes them unevenly."""
    tasks = []
    for seed in range(n_tasks):
        rng = np.random.default_rng(seed)

        def rows(centres, rng=rng):
            X = rng.normal(size=(len(centres), 3))
            X[:, 0] = 0.7 * X[:, 0] + centres
            return X, np.abs(X[:, 0]) + 0.5 * np.sin(3 * X[:, 0]) + X[:, 1] + 0.3 * rng.normal(size=len(centres))

        parts = [rows(np.full(200, centre)) for centre in (-2.0, 0.0, 2.0)]
        tasks.append((parts, *rows(rng.choice([-2.0, 0.0, 2.0], 1000, p=[0.6, 0.1, 0.3]))))
    return tasks


GROUPS = {  # whether of classes, tasks
    "heart": (True, heart_sites),
    "adult": (True, adult_statuses),
    "digits": (True, digit_parts),
    "made, 5 of 5 good": (True, lambda: made(5, True)),
    "made, 3 of 5 good": (True, lambda: made(3, True)),
    "made, 1 of 5 good": (True, lambda: made(1, True)),
    "bike": (False, bike_seasons),
    "ranges": (False, ranges),
    "made numbers, 3 of 5 good": (False, lambda: made(3, False)),
}


def model(is_class):
    """The model of each source, of all, and of the target."""
    inner = LogisticRegression(max_iter=2000) if is_class else RidgeCV(np.logspace(-3, 3, 13))
    return make_pipeline(StandardScaler(), inner)


def methods(is_class):
    """What competes, by name; whether it sees the target's labels."""
    found = {"pooled": (OnLabeled(model(is_class)), False), "pooled, target labels": (OnLabeled(model(is_class)), True)}
    found |= {f"vote, {w}": (MultiSourceVote(model(is_class), weights=w), w == "labels") for w in WEIGHTS}
    found["density-weighted"] = (DistributionWeightedCombination(model(is_class)), False)
    found["nearest sources"] = (SourceSelector(model(is_class)), False)
    if not is_class:
        found["AnchorRegression"] = (make_pipeline(StandardScaler(), AnchorRegression(reg=1.0)), False)
    return found


def fit(estimator, X, y, domain):
    """Fitted, the domains told to whatever takes them."""
    if isinstance(estimator, OnLabeled):
        return estimator.fit(X, y)
    if hasattr(estimator, "steps"):
        return estimator.fit(X, y, **{f"{estimator.steps[-1][0]}__sample_domain": domain})
    return estimator.fit(X, y, sample_domain=domain)


def scores(task, is_class, seed):
    """Score of each method on the target rows without a label."""
    parts, X_target, y_target = task
    known = np.random.default_rng(seed).permutation(len(y_target))[:N_LABELED]
    rest = np.setdiff1d(np.arange(len(y_target)), known)
    X = np.vstack([*(rows for rows, _ in parts), X_target])
    sizes = [len(labels) for _, labels in parts]
    names = [f"source {k}" for k in range(len(parts))]
    domain = np.repeat(np.array([*names, "target"], dtype=object), [*sizes, len(y_target)])
    few = np.full(len(y_target), np.nan)
    few[known] = y_target[known]
    told = np.concatenate([*(labels for _, labels in parts), few])
    hidden = np.where(domain == "target", np.nan, told)
    found = {}
    for name, (estimator, sees) in methods(is_class).items():
        said = fit(estimator, X, told if sees else hidden, domain).predict(X_target[rest])
        truth = y_target[rest]
        found[name] = 100 * np.mean(said == truth) if is_class else np.sqrt(np.mean((said - truth) ** 2))
    return found


def main():
    """Print one table a group."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--draws", type=int, default=3, help="draws of the labelled target rows")
    options = parser.parse_args()
    for group in options.groups:
        is_class, tasks = GROUPS[group]
        draws = [scores(task, is_class, seed) for task in tasks() for seed in range(options.draws)]
        base = np.array([found["pooled"] for found in draws])
        print(f"\n{group}, {len(draws)} tasks and draws")
        for name in draws[0]:
            own = np.array([found[name] for found in draws])
            gain = own - base if is_class else np.log(own / base)
            shown = f"{own.mean():8.1f}" if is_class else f"{np.exp(gain.mean()):8.3f}"
            error = gain.std(ddof=1) / np.sqrt(len(gain)) * (1 if is_class else 100)
            mean = gain.mean() if is_class else 100 * gain.mean()
            print(f"  {name:<24}{shown}   {mean:+6.1f} +-{error:.1f}", flush=True)


if __name__ == "__main__":
    main()
