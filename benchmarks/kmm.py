"""How good are kernel mean matching's weights, and at what cost.

Prints, in order: the error of the weights under known truth for several widths and ridges (why ``gamma`` and ``reg``
default to what they do), the toy regression of the paper, and cost against rows. Run: ``python benchmarks/kmm.py``
(about five minutes; ``--quick`` for one).
"""

import argparse
import resource
import time

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression

from sktl._core.kernels import median_distance
from sktl.datasets import make_covariate_shift
from sktl.instance import KMM, ImportanceWeighted


def normals(n_source, n_target, d, shift, scale, seed):
    """Stacked rows, y (0 / NaN) and the true ratio on source rows, for N(0, I) -> N(shift e_1, scale^2 I)."""
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), scale * rng.normal(size=(n_target, d))
    Xt[:, 0] += shift
    centred = Xs.copy()
    centred[:, 0] -= shift
    ratio = np.exp(0.5 * (Xs**2).sum(1) - 0.5 * (centred**2).sum(1) / scale**2) / scale**d
    return np.concatenate([Xs, Xt]), np.r_[np.zeros(n_source), np.full(n_target, np.nan)], ratio


def weight_errors(parameters, n_source, n_target, d, shift=1.0, scale=1.0, runs=30):
    """Mean over runs of 1e6 mean((w/sum w - true/sum true)^2), and of the rank correlation."""
    errors, ranks = [], []
    for seed in range(runs):
        X, y, truth = normals(n_source, n_target, d, shift, scale, seed)
        gamma = parameters["width"] / median_distance(X, "euclidean") ** 2
        weights = KMM(gamma=gamma, reg=parameters["reg"], tol=1e-5).fit(X, y).weights_[:n_source]
        errors.append(1e6 * np.mean((weights / weights.sum() - truth / truth.sum()) ** 2))
        ranks.append(spearmanr(weights, truth)[0])
    return np.mean(errors), np.mean(ranks)


def table_of_errors(runs):
    """Error of the weights (rank correlation) against width and ridge."""
    settings = [(100, 1000, 1.0, 1.0), (1000, 1000, 1.0, 1.0), (1000, 1000, 2.0, 0.5), (1000, 1000, 0.5, 0.7)]
    for n_source, n_target, shift, scale in settings:
        runs_here = runs if n_source == 100 else max(runs // 10, 1)
        print(f"\nN(0, I) -> N({shift:g} e_1, {scale:g}^2 I), {n_source} / {n_target} rows, {runs_here} runs")
        dims = (1, 5, 10, 20)
        print(f"{'gamma * m':>10} {'reg':>5}" + "".join(f"{'d=' + str(d):>16}" for d in dims))
        ones = [
            np.mean(
                [
                    1e6 * np.mean((1 / n_source - t / t.sum()) ** 2)
                    for t in (normals(n_source, 2, d, shift, scale, s)[2] for s in range(runs_here))
                ]
            )
            for d in dims
        ]
        print(f"{'ones':>16}" + "".join(f"{value:>16.3g}" for value in ones))
        for width in (0.1, 0.3, 0.5, 1.0):
            for reg in (0.0, 0.1, 0.3, 1.0, 3.0):
                cells = [
                    weight_errors({"width": width, "reg": reg}, n_source, n_target, d, shift, scale, runs_here)
                    for d in dims
                ]
                print(f"{width:>10} {reg:>5}" + "".join(f"{e:>9.3g} ({r:+.2f})" for e, r in cells), flush=True)


def table_of_toy(runs):
    """The toy regression of Huang et al. 2006: test error of a line fitted under the weights."""
    print("\nx ~ N(.5, .5^2) -> N(0, .3^2), y = -x + x^3 + noise, a line, 500 / 500 rows: mean squared error")
    rows = {
        "source only": None,
        "true ratio": "true",
        "KMM, defaults": KMM(),
        "KMM, paper (reg=0, median width)": KMM(reg=0, gamma="median"),
    }
    for name, weighter in rows.items():
        errors = []
        for seed in range(runs):
            rng = np.random.default_rng(seed)
            X = np.concatenate([rng.normal(0.5, 0.5, (500, 1)), rng.normal(0, 0.3, (500, 1))])
            truth = -X[:, 0] + X[:, 0] ** 3
            y = np.where(np.arange(1000) < 500, truth + rng.normal(0, 0.1, 1000), np.nan)
            if weighter is None or weighter == "true":
                ratio = np.exp(0.5 * ((X[:500, 0] - 0.5) / 0.5) ** 2 - 0.5 * (X[:500, 0] / 0.3) ** 2)
                model = LinearRegression().fit(X[:500], y[:500], ratio if weighter == "true" else None)
            else:
                model = ImportanceWeighted(LinearRegression(), weighter).fit(X, y)
            errors.append(np.mean((model.predict(X[500:]) - truth[500:]) ** 2))
        print(f"{name:<34}{np.mean(errors):8.4f}")


def table_of_shift(runs):
    """Defaults on make_covariate_shift: normalised error (1 = constant weights) and rank correlation."""
    print("\nmake_covariate_shift, defaults: squared error of the weights (ones = 1), rank correlation, effective rows")
    for d in (1, 2, 5, 20):
        cells = []
        for seed in range(runs):
            data = make_covariate_shift(n_features=d, random_state=seed)
            source = data.sample_domain != "target"
            fitted, truth = KMM().fit(data.X, data.y), data.weights[source] / data.weights[source].mean()
            weights = fitted.weights_[source]
            cells.append(
                (
                    np.mean((weights - truth) ** 2) / np.mean((1 - truth) ** 2),
                    spearmanr(weights, truth)[0],
                    fitted.effective_sample_size_,
                )
            )
        print("d = {:<4}{:8.2f}{:8.2f}{:8.0f}".format(d, *np.mean(cells, axis=0)))


def table_of_cost(sizes):
    """Seconds of wall and CPU time, and the process's peak memory so far, against rows."""
    print(
        "\nn + n rows, d = 20, defaults: rank, iterations, relative gap, wall s, CPU s, peak MB (whole process so far)"
    )
    for n in sizes:
        X, y, _ = normals(n, n, 20, 1.0, 1.0, 0)
        wall, cpu = time.perf_counter(), time.process_time()
        fitted = KMM().fit(X, y)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{n:>8}{fitted.rank_:>6}{fitted.n_iter_:>5}{fitted.solution_.relative_gap:>10.1e}{wall:8.1f}{cpu:8.1f}{peak:8.0f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller sizes")
    quick = parser.parse_args().quick
    table_of_cost((1000, 10_000) if quick else (1000, 10_000, 100_000))
    table_of_toy(5 if quick else 20)
    table_of_shift(2 if quick else 10)
    table_of_errors(3 if quick else 30)
