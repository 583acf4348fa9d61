"""Many sources: a model of each source, joined by votes or densities, against one model of all their rows.

Run ``python benchmarks/many_sources.py`` beside ``../shared/data``, or with SKTL_DATA set (some minutes). Logistic
regression or ridge regression on standardised columns throughout; 20 target rows, drawn at random, have labels, which
"pooled" and the votes without "labels" do not see. *heart*: each of four hospitals from the others; *adult*: each
marital status from the others, 300 rows of each; *digits*: each of two origins from three sources of the other that
hold other digits each; *made*: of five sources so many have the target's coefficients, the others the opposite;
*ranges*: each of three sources covers another range of a curve, and the target is a mixture of them; *bike*: each
season from the others. Accuracy in %, or the error over that of "pooled".

Measured, 3 draws of each task; then the difference from "pooled", for numbers in % of the error:

    heart, 12 tasks and draws
      pooled                      76.3     +0.0 +-0.0
      pooled, target labels       79.8     +3.5 +-1.5
      vote, uniform               76.1     -0.2 +-0.7
      vote, distance              76.6     +0.3 +-0.6
      vote, agreement             79.3     +3.0 +-1.2
      vote, labels                80.7     +4.4 +-1.7
      density-weighted            77.8     +1.5 +-1.3
      nearest sources             76.1     -0.1 +-0.1

    adult, 18 tasks and draws
      pooled                      88.2     +0.0 +-0.0
      pooled, target labels       89.3     +1.1 +-0.7
      vote, uniform               87.4     -0.7 +-0.3
      vote, distance              87.5     -0.6 +-0.3
      vote, agreement             87.4     -0.8 +-0.2
      vote, labels                88.0     -0.2 +-0.6
      density-weighted            87.5     -0.7 +-0.2
      nearest sources             87.1     -1.1 +-0.2

    digits, 6 tasks and draws
      pooled                      38.4     +0.0 +-0.0
      pooled, target labels       60.7    +22.3 +-3.7
      vote, uniform               22.4    -16.1 +-1.8
      vote, distance              25.2    -13.2 +-0.8
      vote, agreement             24.9    -13.6 +-0.8
      vote, labels                20.6    -17.8 +-2.9
      density-weighted            32.1     -6.3 +-1.8
      nearest sources             38.4     +0.0 +-0.0

    made, 5 of 5 good, 12 tasks and draws
      pooled                      74.7     +0.0 +-0.0
      pooled, target labels       74.7     -0.0 +-0.1
      vote, uniform               74.4     -0.3 +-0.0
      vote, distance              74.3     -0.4 +-0.0
      vote, agreement             74.6     -0.1 +-0.1
      vote, labels                73.5     -1.2 +-0.2
      density-weighted            73.2     -1.5 +-0.3
      nearest sources             74.7     +0.0 +-0.0

    made, 3 of 5 good, 12 tasks and draws
      pooled                      61.0     +0.0 +-0.0
      pooled, target labels       62.1     +1.1 +-0.1
      vote, uniform               65.8     +4.8 +-1.0
      vote, distance              63.0     +2.0 +-3.2
      vote, agreement             71.9    +10.9 +-0.8
      vote, labels                72.9    +11.9 +-0.8
      density-weighted            52.0     -9.0 +-5.3
      nearest sources             61.0     +0.0 +-0.0

    made, 1 of 5 good, 12 tasks and draws
      pooled                      27.9     +0.0 +-0.0
      pooled, target labels       28.0     +0.1 +-0.1
      vote, uniform               26.7     -1.2 +-0.3
      vote, distance              26.5     -1.4 +-0.3
      vote, agreement             26.1     -1.8 +-0.3
      vote, labels                68.8    +40.9 +-2.6
      density-weighted            27.8     -0.1 +-0.5
      nearest sources             27.9     +0.0 +-0.0

    bike, 12 tasks and draws
      pooled                     1.000     +0.0 +-0.0
      pooled, target labels      0.990     -1.0 +-0.6
      vote, uniform              1.062     +6.0 +-2.5
      vote, distance             1.023     +2.2 +-1.6
      vote, agreement            1.071     +6.9 +-2.7
      vote, labels               0.990     -1.0 +-1.3
      density-weighted           1.018     +1.8 +-2.3
      nearest sources            1.156    +14.5 +-4.1
      AnchorRegression           1.000     -0.0 +-0.3

    ranges, 12 tasks and draws
      pooled                     1.000     +0.0 +-0.0
      pooled, target labels      0.994     -0.6 +-0.1
      vote, uniform              2.095    +73.9 +-0.5
      vote, distance             1.716    +54.0 +-1.0
      vote, agreement            1.875    +62.9 +-0.3
      vote, labels               1.671    +51.4 +-1.5
      density-weighted           0.471    -75.2 +-0.8
      nearest sources            1.758    +56.4 +-0.5
      AnchorRegression           1.117    +11.0 +-1.4

    made numbers, 3 of 5 good, 12 tasks and draws
      pooled                     1.000     +0.0 +-0.0
      pooled, target labels      0.990     -1.0 +-0.1
      vote, uniform              0.977     -2.3 +-0.9
      vote, distance             1.003     +0.3 +-2.7
      vote, agreement            0.763    -27.1 +-2.7
      vote, labels               0.609    -49.6 +-6.5
      density-weighted           1.172    +15.8 +-5.6
      nearest sources            1.000     +0.0 +-0.0
      AnchorRegression           0.966     -3.5 +-1.2

What it shows: *one model of all rows*, with the target's labels where there are some, is best or level on heart, adult,
digits, bike and where all sources are good. *Votes by labels* win where some sources follow another rule, *agreement*
where fewer than half of them do, *densities* where each source covers a range of its own; each loses elsewhere. Nearest
sources are kept or left out by their rows, which say nothing of their rules.
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
