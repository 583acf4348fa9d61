"""What does the instance-based family cost: beside its peers, against the number of rows, and over its base fits.

Prints, in order: seconds of skada 0.6 and densratio 0.4 in units of ours, at equal settings and on the same programme,
with the objectives reached by both (rows of a peer that is not installed say so); the same from 200 to 20,000 rows
(``sizes``); seconds (in units of those at 10,000 rows) and peak memory of the whole process against rows; seconds of a
booster's ``fit`` in units of the sum of its base fits. Run: ``python benchmarks/instance.py`` (about five minutes;
``--quick`` for one; ``--million`` adds 10^6 + 10^6 rows, about five minutes). Ratios of one run, each in the best of
three.

Measured on two cores (CPU seconds; others' work on them): at 10,000 + 10,000 rows densratio's ULSIF takes 11 times ours
at equal settings, its coefficients equal to 4e-14; with width and ridge chosen 352 times (of 81 pairs; ours of 20), 89
times of as many pairs. skada's KMM takes 35 times ours at 10,000 + 10,000 rows (7 times at 3,000), and its objective
stays above ours at each: -3.7068e7 against -3.70702e7. densratio's KLIEP takes 4.5 times ours at J .021 (ours .038);
skada's is about even (0.7 to 1.0 of ours from run to run) at J .011, since it stops far from the maximum.

From small to large, at equal settings (a dash: not run): the peer's seconds over ours; ours also measure ``overlap_``,
which no peer does and which takes more than half of the time at 200 rows. KLIEP of skada is faster at every size
because it stops far from the maximum, the others are not but for some 20 % of KMM's default at 200 rows:

    n + n rows                  200   500  1,000  2,000  5,000  20,000
    KMM, skada                  1.0   1.6    1.5    3.0     18       -
    defaults of KMM, skada      0.8   1.5    3.4    8.3     48       -
    ULSIF, densratio            1.2   1.1    1.3    2.3    4.6     8.8
    ULSIF, chosen, densratio    1.1   2.2    3.1    4.2      -       -
    KLIEP, skada                0.2   0.3    0.1    0.2    0.2     0.4

Seconds of ``fit`` in units of those at 10,000 + 10,000 rows, and peak memory of the process:

    rows a domain                  100,000             1,000,000
    ULSIF                     3.4 (0.3 GB)         31 (1.6 GB)
    DiscriminatorWeighter     4.9 (0.3 GB)         55 (1.8 GB)
    NearestNeighborWeighter    16 (0.3 GB)        477 (1.3 GB)
    KLIEP                     2.5 (0.4 GB)         20 (2.5 GB)
    KMM                        11 (1.0 GB)

A booster over its base fits, 10,000 source rows: trees 1.02 (TrAdaBoost.R2) and 1.08 (two-stage); logistic regressions
of some 5 ms each 1.25 to 1.33, half of it one prediction of all rows a round; at 20,000 rows 1.06 to
1.08.
"""

import argparse
import resource
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec

import numpy as np
from _peers import median_square, skada_weights
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.tree import DecisionTreeRegressor

from sktl._core.kernels import Kernel
from sktl._core.ratio import LeastSquares, gaussian_moments
from sktl.datasets import make_covariate_shift
from sktl.instance import (
    KLIEP,
    KMM,
    ULSIF,
    DiscriminatorWeighter,
    MultiSourceTrAdaBoostClassifier,
    NearestNeighborWeighter,
    TaskTrAdaBoostClassifier,
    TrAdaBoostClassifier,
    TrAdaBoostRegressor,
    TwoStageTrAdaBoostRegressor,
)

COLUMNS = 20
WIDTH, REG, CENTERS = 0.3, 0.1, 100  # gamma in units of 1 / squared median distance
CURVES = {
    "ULSIF": (ULSIF(), 1_000_000),
    "DiscriminatorWeighter": (DiscriminatorWeighter(), 1_000_000),
    "NearestNeighborWeighter": (NearestNeighborWeighter(), 1_000_000),
    "KLIEP": (KLIEP(), 1_000_000),
    "KMM": (KMM(), 100_000),
}


def seconds(function, repeats=3):
    """Least CPU time of several calls, and what the last one returns."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def show(name, ours, theirs, note):
    """Print one row: the peer's time in units of ours."""
    print(f"{name:<44}{theirs / ours:8.2f}   {note}", flush=True)


# --- beside the peers ---


def rows(n):
    """Source and target of N(0, I) -> N(e_1, I), the stacked table, and its y."""
    data = make_covariate_shift(n, n, COLUMNS, random_state=0)
    return data.X[:n], data.X[n:], data.X, data.y


def table_of_peers(n, sizes_of_kmm):
    """Times of the peers in units of ours, and the objectives."""
    print(f"\n{n} + {n} rows, d = {COLUMNS}: seconds of the peer / ours")
    if find_spec("densratio"):
        least_squares(n)
    else:
        print("densratio is not installed: no rows")
    if find_spec("skada"):
        for size in sizes_of_kmm:
            kernel_mean_matching(size)
    else:
        print("skada is not installed: no rows")
    likelihood(n)


def likelihood(n):
    """KLIEP at one width: J is the mean log-ratio over the target, where the mean ratio over the source is 1."""
    source, target, X, y = rows(n)
    gamma = WIDTH / median_square(source, target)

    def J(ratio_source, ratio_target):
        return np.mean(np.log(ratio_target)) - np.log(np.mean(ratio_source))

    ours, fitted = seconds(lambda: KLIEP(gamma=gamma, n_centers=CENTERS).fit(X, y))
    best = J(fitted.predict_weights(source), fitted.predict_weights(target))
    if find_spec("densratio"):
        import densratio

        sigma = (2 * gamma) ** -0.5

        def peer():
            np.random.seed(0)
            result = densratio.KLIEP(target, source, sigma=sigma, kernel_num=CENTERS, verbose=False)
            return result, result.compute_density_ratio(source)

        theirs, (result, on_source) = seconds(peer)
        show(
            "KLIEP, densratio", ours, theirs, f"J {best:.4f}, {J(on_source, result.compute_density_ratio(target)):.4f}"
        )
    if find_spec("skada"):
        import skada

        adapter = skada.KLIEPReweightAdapter(gamma=gamma, n_centers=CENTERS, random_state=0)
        theirs, on_source = seconds(lambda: skada_weights(adapter, source, target))
        on_target = rbf_kernel(target, adapter.centers_, gamma=gamma) @ adapter.alpha_
        show("KLIEP, skada", ours, theirs, f"J {best:.4f}, {J(on_source, on_target):.4f}")
        fitted_only, _ = seconds(lambda: fit_skada(adapter, X, n))
        show("KLIEP, skada without the weights", ours, fitted_only, "ours with them")


def fit_skada(adapter, X, n):
    """Fit alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return adapter.fit(X, sample_domain=np.repeat([1, -2], n))


def least_squares(n):
    """ULSIF at one width and ridge, and with both chosen."""
    import densratio

    source, target, X, y = rows(n)
    gamma = WIDTH / median_square(source, target)
    sigma = (2 * gamma) ** -0.5

    def peer(**parameters):
        np.random.seed(0)
        result = densratio.uLSIF(target, source, kernel_num=CENTERS, verbose=False, **parameters)
        return result, result.compute_density_ratio(source)

    ours, _ = seconds(lambda: ULSIF(gamma=gamma, reg=REG, n_centers=CENTERS, nonnegative="coef").fit(X, y))
    theirs, (result, _) = seconds(lambda: peer(sigma=sigma, lambda_=REG))
    centers = result.kernel_info.centers
    _, H_source = gaussian_moments(source, centers, [gamma])
    mean, H_target = gaussian_moments(target, centers, [gamma])
    coef = LeastSquares(H_source[0], H_target[0], mean[0], n, n, 0.0).solve(REG, "coef")
    difference = np.max(np.abs(coef - result.theta)) / np.max(coef)
    show("ULSIF, densratio", ours, theirs, f"same centres: coefficients differ by {difference:.0e} of the largest")

    ours, _ = seconds(lambda: ULSIF(n_centers=CENTERS).fit(X, y))
    theirs, _ = seconds(peer, 1)
    show("ULSIF, width and ridge chosen, densratio", ours, theirs, "of 20 pairs, 81 pairs")
    widths, ridges = sigma * np.array([0.3, 0.5, 1.0, 2.0, 3.0]), np.array([0.01, 0.1, 1.0, 10.0])
    theirs, _ = seconds(lambda: peer(sigma=widths, lambda_=ridges), 1)
    show("ULSIF, width and ridge chosen, densratio", ours, theirs, "of 20 pairs, 20 pairs")


def kernel_mean_matching(n):
    """KMM on the paper's programme (no ridge), at one width; both objectives with all digits of the kernel."""
    import skada

    source, target, X, y = rows(n)
    gamma = WIDTH / median_square(source, target)
    kernel = Kernel("rbf", {"gamma": gamma})

    def objective(weights):
        quadratic = sum(
            weights[k : k + 1000] @ (kernel(source[k : k + 1000], source) @ weights) for k in range(0, n, 1000)
        )
        return 0.5 * quadratic - kernel.row_sums(source, target) @ weights

    ours, fitted = seconds(lambda: KMM(gamma=gamma, reg=0.0).fit(X, y), 1)
    theirs, weights = seconds(lambda: skada_weights(skada.KMMReweightAdapter(gamma=gamma), source, target), 1)
    at_ours, at_theirs = objective(fitted.solution_.x), objective(weights)
    note = f"objective {at_ours:.6g}, {at_theirs:.6g} (rank {fitted.rank_}, residual {fitted.residual_:.0e})"
    show(f"KMM, skada, {n} + {n} rows", ours, theirs, note)


# --- beside the peers, from small to large ---


def table_of_sizes(counts):
    """The peers' seconds over ours at equal settings, least of several calls (milliseconds of ours)."""
    print(f"\nn + n rows, d = {COLUMNS}: seconds of the peer / ours (ms of ours)")
    print(f"{'':<28}" + "".join(f"{n:>16,}" for n in counts))
    cells = {}
    for n in counts:
        for name, (ours, theirs, largest) in contests(n).items():
            if n <= largest:
                spent = [seconds(function, 7 if n <= 2000 else 2)[0] for function in (ours, theirs)]
                cells.setdefault(name, []).append(f"{spent[1] / spent[0]:.1f} ({1000 * spent[0]:.3g})")
                print(f"  {n} {name}: {cells[name][-1]}", file=sys.stderr, flush=True)
    for name, line in cells.items():
        print(f"{name:<28}" + "".join(f"{cell:>16}" for cell in line), flush=True)


def contests(n):
    """Ours, the peer's, and the most rows a domain, by name; peers that are installed."""
    source, target, X, y = rows(n)
    gamma = WIDTH / median_square(source, target)
    found = {}
    if find_spec("skada"):
        import skada

        def peer(adapter):
            return lambda: skada_weights(adapter, source, target)

        found["KMM, skada"] = (
            lambda: KMM(gamma=gamma, reg=0.0).fit(X, y),
            peer(skada.KMMReweightAdapter(gamma=gamma)),
            5000,
        )
        found["KMM(), skada's default"] = lambda: KMM().fit(X, y), peer(skada.KMMReweightAdapter()), 5000
        kliep = skada.KLIEPReweightAdapter(gamma=gamma, n_centers=CENTERS, random_state=0)
        found["KLIEP, skada"] = lambda: KLIEP(gamma=gamma, n_centers=CENTERS).fit(X, y), peer(kliep), 20_000
    if find_spec("densratio"):
        import densratio

        def ratio(**parameters):
            np.random.seed(0)
            result = densratio.uLSIF(target, source, kernel_num=CENTERS, verbose=False, **parameters)
            return result.compute_density_ratio(source)

        sigma = (2 * gamma) ** -0.5
        fixed = ULSIF(gamma=gamma, reg=REG, n_centers=CENTERS, nonnegative="coef")
        found["ULSIF, densratio"] = lambda: fixed.fit(X, y), lambda: ratio(sigma=sigma, lambda_=REG), 20_000
        widths, ridges = sigma * np.array([0.3, 0.5, 1.0, 2.0, 3.0]), np.array([0.01, 0.1, 1.0, 10.0])
        chosen = ULSIF(n_centers=CENTERS)
        found["ULSIF, chosen, densratio"] = lambda: chosen.fit(X, y), lambda: ratio(sigma=widths, lambda_=ridges), 2000
    return found


# --- against the rows ---


def one_point(name, n):
    """Fit one weighter in this process; print seconds and the peak memory in GB."""
    _, _, X, y = rows(n)
    weighter = CURVES[name][0]
    if n > 10_000:  # what is loaded or compiled at first use is not counted
        weighter.fit(X[n - 500 : n + 500], y[n - 500 : n + 500])
        spent, _ = seconds(lambda: weighter.fit(X, y), 1)
    else:
        spent, _ = seconds(lambda: weighter.fit(X, y))
    print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def table_of_curves(sizes):
    """Seconds in units of those at the first size, and peak memory; a process a point."""
    print(f"\nn + n rows, d = {COLUMNS}, defaults: seconds / those at {sizes[0]} (peak GB of the whole process)")
    print(f"{'':<28}" + "".join(f"{n:>20}" for n in sizes))
    for name, (_, largest) in CURVES.items():
        line, first = f"{name:<28}", None
        for n in sizes:
            if n > largest:
                continue
            command = [sys.executable, __file__, "--one", name, str(n)]
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            spent, peak = map(float, printed.split()[-2:])
            first = first or spent
            line += f"{spent / first:12.1f} ({peak:4.2f})".rjust(20)
        print(line, flush=True)


# --- over the base fits ---

SPENT = []  # seconds of each base fit


class TimedTree(DecisionTreeRegressor):
    """A tree that counts its seconds of fit."""

    def fit(self, X, y, sample_weight=None):
        """Fit, and count."""
        start = time.process_time()
        fitted = super().fit(X, y, sample_weight=sample_weight)
        SPENT.append(time.process_time() - start)
        return fitted


class TimedLogistic(LogisticRegression):
    """A logistic regression that counts its seconds of fit."""

    def fit(self, X, y, sample_weight=None):
        """Fit, and count."""
        start = time.process_time()
        fitted = super().fit(X, y, sample_weight=sample_weight)
        SPENT.append(time.process_time() - start)
        return fitted


def table_of_boosting(n):
    """Seconds of fit in units of the sum of the base fits, least of three."""
    tree, linear = TimedTree(max_depth=6, random_state=0), TimedLogistic(C=10, max_iter=1000)
    boosters = {
        "TrAdaBoostClassifier": TrAdaBoostClassifier(linear),
        "MultiSourceTrAdaBoostClassifier": MultiSourceTrAdaBoostClassifier(linear),
        "TaskTrAdaBoostClassifier": TaskTrAdaBoostClassifier(linear),
        "TrAdaBoostRegressor": TrAdaBoostRegressor(tree),
        "TwoStageTrAdaBoostRegressor": TwoStageTrAdaBoostRegressor(tree),
    }
    print(f"\nboosting, {n} source rows, {n // 10} labelled target rows, d = {COLUMNS}: seconds of fit / its base fits")
    for name, booster in boosters.items():
        task = "regression" if name.endswith("Regressor") else "classification"
        size = n // 5 if name.startswith("TwoStage") else n  # some 1,000 base fits
        data = make_covariate_shift(size, size // 10, COLUMNS, task=task, random_state=0)
        shares = []
        for _ in range(1 if name.startswith("TwoStage") else 3):
            SPENT.clear()
            start = time.process_time()
            booster.fit(data.X, data.y_true, sample_domain=data.sample_domain == "target")
            shares.append((time.process_time() - start) / np.sum(SPENT))
        print(f"{name:<34}{min(shares):6.3f}   ({len(SPENT)} base fits)", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", default=["peers", "sizes", "boosting", "curves"])
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--million", action="store_true", help="curves up to a million rows a domain")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.one:
        one_point(options.one[0], int(options.one[1]))
        sys.exit()
    if "peers" in options.questions:
        table_of_peers(2000 if options.quick else 10_000, (1000,) if options.quick else (1000, 3000, 10_000))
    if "sizes" in options.questions:
        table_of_sizes((200, 500, 1000) if options.quick else (200, 500, 1000, 2000, 5000, 20_000))
    if "boosting" in options.questions:
        table_of_boosting(2000 if options.quick else 10_000)
    if "curves" in options.questions:
        table_of_curves([10_000] + ([] if options.quick else [100_000]) + ([1_000_000] if options.million else []))
