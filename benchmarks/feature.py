"""Transfer components, aligners, transport: how fast, how large, and beside whom.

Six questions, one table each, every case in a process of its own:

- *exact*: kernel TCA with all rows, beside skada's (optional) and scipy's dense ``eigh(KHK, KMK + mu I)``. The ratio is
  their time over ours; the angle is the largest one between the subspaces of the coefficients, ours and scipy's (or
  skada's and scipy's: it takes ``eigh`` of a matrix that is not symmetric).
- *linear*: TCA and JDA on 100,000 + 100,000 rows, 100 columns, 10 classes; the ratio is the time over that of one plain
  ``X.T @ X``.
- *aligners*: ``fit_transform`` of CORAL, SubspaceAlignment and LinearOT on 100,000 + 100,000 rows of 100 columns,
  beside skada (optional) and POT's LinearTransport (optional). The ratio is their time over ours; the difference is
  the largest one between the mapped rows, theirs and ours, in units of their root mean square.
- *transport*: OTMapping on 1,000 + 1,000 rows of 20 columns beside POT's mappings (optional) with the same penalties:
  time, the objective reached, and by how much the sums of the plan are off in total.
- *sizes*: aligners, TCA and plans against 200 .. 20,000 rows a domain, at equal settings, beside skada (optional) and
  POT (optional): least time of several calls.
- *landmarks*: JDA with an rbf kernel on 50,000 + 50,000 rows, 20 columns, 1,000 landmarks; the ratio likewise, to the
  product of the kernel values of the landmarks with themselves, F.T @ F in blocks.

JDA takes all 10 iterations here (``max_iter``), unless pseudo-labels stop changing before. Memory is what the fits take
beyond the peak of making the rows.

Run: ``python benchmarks/feature.py`` (some minutes), or with ``--quick`` (a tenth of the rows, some seconds). Set
OMP_NUM_THREADS=1: times are processor seconds, of all threads together.

Measured with one thread (extra memory up to 44 MB; transport once more, when the machine was quiet):

    case                                             ratio  iter.   angle
    exact TCA, 2000 + 2000 rows                        1.0        2.5e-13
      scipy, dense                                    10.7              0
      skada 0.6.0                                     27.3        2.3e-01
    linear TCA, 100000 + 100000                          2      1
    linear JDA, NearestCentroid, 100000 + 100000        25     10
    linear JDA, LogisticRegression, 100000 + 100000     66     10
    rbf JDA, NearestCentroid, 50000 + 50000            4.5     10
    rbf JDA, LogisticRegression, 50000 + 50000         5.1     10

                                                     ratio  difference
    CORAL, 100000 + 100000 rows                        1.0
      skada                                            4.0     8.1e-14
    SubspaceAlignment(20), 100000 + 100000 rows        1.0
      skada                                            1.2     6.9e-12
    LinearOT, 100000 + 100000 rows                     1.0
      POT 0.9.7                                        1.5     2.1e-13
      skada                                            1.6     2.1e-13

                                                     ratio   objective  sums off
    OTMapping, exact, 1000 + 1000 rows                 1.0    0.497458         0
      POT                                              0.8    0.497458         0
    OTMapping, entropic, 1000 + 1000 rows              1.0    0.253611     1e-15
      POT                                              9.5    0.253611     2e-06
    OTMapping, group lasso, 1000 + 1000 rows           1.0    0.533572     7e-16
      POT                                              5.1    0.533659     3e-08

Their time over ours from small to large, rows a domain (20 columns; plans and TCA up to the sizes that end soon). POT's
LinearTransport checks neither rows nor domains, which is most of our 1 to 3 ms; at 100,000 rows it is slower (above):

                                                   200     500   1,000   2,000
    CORAL, skada                                   1.5     1.5     1.4     1.3
    SubspaceAlignment, skada                       1.7     1.9     1.5     1.3
    TCA with rbf, skada                            2.2     3.2      14       -
    LinearOT, POT                                   .4      .3      .3      .3
    OTMapping, exact, POT                           .9 to 1.1 at each of them
    OTMapping, entropic, POT                       2.8     6.2     7.6     7.8
    OTMapping, group lasso, POT                    5.6     5.0     7.4       -

New source rows (200,000) transform in one matrix product and the shift of the means: CORAL and LinearOT take 1.5 and
1.6, SubspaceAlignment(20) 2.0, TCA(20) 1.3, JDA(20) 1.1 times the product alone, DomainScaler 0.6 of one of 100 x 100.

On one core of that machine the linear cases took up to 5 s, those with landmarks up to 15 s. POT's group lasso stops
where its objective changes little (here by 1e-6), ours where it is certified to be within 1e-3 of the least: both then
reach like objectives. With 1e-3 for both POT took 0.7 of our time and stopped at 0.568.
"""

import argparse
import resource
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec

import numpy as np
from scipy.linalg import eigh, subspace_angles
from scipy.special import xlogy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl._core.transport import ground_cost
from sktl.feature import CORAL, JDA, TCA, DomainScaler, LinearOT, OTMapping, SubspaceAlignment

CASES = ("exact", "linear", "landmarks", "aligners", "transport", "sizes")
ROWS, COLUMNS = (200, 500, 1000, 2000, 5000, 20_000), 20  # of the table of sizes
ESTIMATORS = {
    "NearestCentroid": NearestCentroid(),
    "LogisticRegression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
}


def shifted_classes(n, d, n_classes=10):
    """Rows of two domains, n each, labels that are NaN in the second; classes of their own shifts."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, n_classes, 2 * n)
    target = np.arange(2 * n) >= n
    X = rng.normal(size=(2 * n, d)) + 2 / np.sqrt(d) * rng.normal(size=(n_classes, d))[codes]
    X[target] += rng.normal(size=d) + 2 / np.sqrt(d) * rng.normal(size=(n_classes, d))[codes[target]]
    return X, np.where(target, np.nan, codes), target


def timed(function):
    """Result and processor seconds of a call: what a core of its own would take, however busy the machine is."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def peak_mb():
    """Largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exact(share, k=10):
    """Kernel TCA with all rows, ours and theirs."""
    n = int(2000 * share)
    X, _, target = shifted_classes(n, 20)
    gamma, mu = 1 / 20, 1.0
    tca, ours = timed(lambda: TCA(k, kernel="rbf", gamma=gamma, mu=mu).fit(X, sample_domain=target))

    def dense():
        K = rbf_kernel(X, gamma=gamma)
        e = np.where(target, -1 / n, 1 / n)
        b = K @ (e / np.linalg.norm(e))
        centred = K - K.mean(axis=0)
        B = np.outer(b, b) + mu * np.eye(2 * n)
        return eigh(centred.T @ centred, B, subset_by_index=[2 * n - k, 2 * n - 1])[1]

    reference, seconds = timed(dense)
    print(f"{'case':<34}{'s':>9}{'ratio':>9}{'angle':>11}")
    angle = subspace_angles(tca.components_.T, reference).max()
    print(f"{f'exact TCA, {n} + {n} rows':<34}{ours:>9.2f}{1.0:>9.1f}{angle:>11.1e}")
    print(f"{'  scipy, dense':<34}{seconds:>9.2f}{seconds / ours:>9.1f}{0.0:>11.1e}", flush=True)
    try:
        from skada import TransferComponentAnalysisAdapter
    except ImportError:
        print("  skada: not installed")
        return
    # their penalty: I + mu K L K with L = M (1 / n + 1 / n); their gamma is 1 / n_features
    theirs = TransferComponentAnalysisAdapter(kernel="rbf", n_components=k, mu=n / 2 / mu)
    domain = np.where(target, -2, 1)
    theirs, seconds = timed(lambda: theirs.fit(X, np.zeros(2 * n), sample_domain=domain))
    angle = subspace_angles(theirs.eigvects_, reference).max()
    print(f"{'  skada':<34}{seconds:>9.2f}{seconds / ours:>9.1f}{angle:>11.1e}")


def linear(share):
    """TCA and JDA in the primal, against one product X'X."""
    n = int(100_000 * share)
    X, y, _ = shifted_classes(n, 100)
    base = peak_mb()
    _, unit = timed(lambda: X.T @ X)
    print(f"{'case':<46}{'s':>9}{'ratio':>9}{'iter.':>7}{'extra MB':>10}")
    for name, model in {
        "TCA": TCA(20),
        **{f"JDA, {name}": JDA(20, estimator=estimator) for name, estimator in ESTIMATORS.items()},
    }.items():
        model, seconds = timed(lambda model=model: model.fit(X, y))
        line = f"{f'linear {name}, {n} + {n}':<46}{seconds:>9.2f}{seconds / unit:>9.0f}"
        print(f"{line}{getattr(model, 'n_iter_', 1):>7}{peak_mb() - base:>10.0f}", flush=True)


def landmarks(share):
    """JDA with an rbf kernel on landmarks, against one pass of their scatter."""
    n, m = int(50_000 * share), 1000
    X, y, _ = shifted_classes(n, 20)
    base = peak_mb()
    centres = X[:: 2 * n // m][:m]

    def one_pass():
        total = 0.0
        for start in range(0, 2 * n, 1024):
            F = rbf_kernel(X[start : start + 1024], centres)
            total = total + F.T @ F

    _, unit = timed(one_pass)
    print(f"{'case':<46}{'s':>9}{'ratio':>9}{'iter.':>7}{'extra MB':>10}")
    for name, estimator in ESTIMATORS.items():
        model = JDA(20, kernel="rbf", n_landmarks=m, estimator=estimator)
        model, seconds = timed(lambda model=model: model.fit(X, y))
        line = f"{f'rbf JDA, {name}, {n} + {n}':<46}{seconds:>9.2f}{seconds / unit:>9.1f}"
        print(f"{line}{model.n_iter_:>7}{peak_mb() - base:>10.0f}", flush=True)


def aligners(share):
    """Aligners of moments beside skada and POT, and what new rows cost beside one matrix product."""
    n = int(100_000 * share)
    X, y, target = shifted_classes(n, 100)
    X[target] = X[target] @ (np.eye(100) + 0.05 * np.random.default_rng(1).normal(size=(100, 100)))
    others = linear_peers(X, target)
    models = {
        "CORAL": CORAL(reg=0),
        "SubspaceAlignment(20)": SubspaceAlignment(20),
        "LinearOT": LinearOT(reg=1e-8, shrinkage=None),
    }
    print(f"{'case':<46}{'s':>9}{'ratio':>9}{'difference':>12}")
    for name, model in models.items():
        ours, seconds = timed(lambda model=model: model.fit_transform(X, sample_domain=target))
        print(f"{f'{name}, {n} + {n} rows':<46}{seconds:>9.2f}{1.0:>9.1f}", flush=True)
        for title, peer in others[name].items():
            theirs, spent = timed(peer)
            difference = apart(theirs, ours, target)
            print(f"{f'  {title}':<46}{spent:>9.2f}{spent / seconds:>9.1f}{difference:>12.1e}", flush=True)
    models |= {"DomainScaler": DomainScaler(), "TCA(20)": TCA(20), "JDA(20)": JDA(20, estimator=NearestCentroid())}
    print(f"{'new source rows':<46}{'s':>9}{'ratio':>9}")
    for name, model in models.items():
        model.fit(X, y)
        matrix = X[:20].T.copy() if "20" in name else X[:100].T.copy()
        unit = min(timed(lambda matrix=matrix: X @ matrix)[1] for _ in range(3))
        keys = {} if "A(20)" in name else {"sample_domain": np.full(2 * n, "source")}
        seconds = min(timed(lambda model=model, keys=keys: model.transform(X, **keys))[1] for _ in range(3))
        print(f"{f'{name}, {2 * n} rows':<46}{seconds:>9.2f}{seconds / unit:>9.1f}", flush=True)


def apart(theirs, ours, target):
    """Largest difference of mapped rows, but for the target's mean and signs of axes, over their root mean square."""
    theirs, ours = (rows - rows[target].mean(axis=0) for rows in (theirs, ours))
    signs = np.sign((theirs[target] * ours[target]).sum(axis=0))
    return np.abs(theirs * signs - ours).max() / np.sqrt((ours**2).mean())


def linear_peers(X, target):
    """Functions that map all rows by aligners of skada and POT, as far as installed, by our name and theirs."""
    found = {"CORAL": {}, "SubspaceAlignment(20)": {}, "LinearOT": {}}
    if find_spec("ot"):
        import ot

        def monge():
            mapped = X.copy()
            mapped[~target] = ot.da.LinearTransport().fit_transform(Xs=X[~target], Xt=X[target])
            return mapped

        found["LinearOT"]["POT"] = monge
    if find_spec("skada"):
        import skada

        domain, y = np.where(target, -2, 1), np.where(target, -1, 0)
        for name, adapter in {
            "CORAL": skada.CORALAdapter(reg=None),
            "SubspaceAlignment(20)": skada.SubspaceAlignmentAdapter(n_components=20, random_state=0),
            "LinearOT": skada.LinearOTMappingAdapter(),
        }.items():
            found[name]["skada"] = lambda adapter=adapter: adapter.fit_transform(X, y, sample_domain=domain)
    return found


def transport(share):
    """Plans and barycentric mapping beside POT's."""
    if find_spec("ot") is None:
        print("POT: not installed")
        return
    import ot

    n = int(1000 * np.sqrt(share))
    X, y, target = shifted_classes(n, 20)
    cost = ground_cost(X[~target], X[target], "sqeuclidean", "median")
    same = {"norm": "median", "metric": "sqeuclidean"}
    cases = {
        "exact": (OTMapping(reg=0, class_reg=None), ot.da.EMDTransport(**same)),
        "entropic": (
            OTMapping(0.03, class_reg=None, tol=1e-6, max_iter=10_000),
            ot.da.SinkhornTransport(0.03, tol=1e-6, max_iter=10_000, **same),
        ),
        "group lasso": (
            OTMapping(0.03, eta=1.0),
            ot.da.SinkhornL1l2Transport(0.03, 1.0, max_iter=100, tol=1e-6, **same),
        ),
    }
    print(f"{'case':<46}{'s':>9}{'ratio':>9}{'objective':>12}{'sums off':>10}")
    for name, (ours, theirs) in cases.items():
        _, unit = timed(lambda ours=ours: ours.fit_transform(X, y, sample_domain=target))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # POT's, of plans that did not converge: the last column shows it
            _, spent = timed(lambda theirs=theirs: theirs.fit_transform(Xs=X[~target], ys=y[~target], Xt=X[target]))
        weights = (0.03 * (name != "exact"), 1.0 * (name == "group lasso"))
        for title, plan, seconds in (
            (f"OTMapping, {name}, {n} + {n} rows", ours.plans_["source"], unit),
            ("  POT", theirs.coupling_, spent),
        ):
            value, off = objective(plan, cost, y[~target], *weights), np.abs(plan.sum(axis=1) - 1 / n).sum()
            off += np.abs(plan.sum(axis=0) - 1 / n).sum()
            print(f"{title:<46}{seconds:>9.2f}{seconds / unit:>9.1f}{value:>12.6f}{off:>10.0e}", flush=True)


def objective(plan, cost, y, reg, eta):
    """What the plan costs, with its entropy and the group penalty."""
    groups = np.sqrt([(plan[y == label] ** 2).sum(axis=0) for label in np.unique(y)])
    return (plan * cost).sum() + reg * xlogy(plan, plan).sum() + eta * groups.sum()


def sizes(share):
    """Aligners, components and plans against rows: their time over ours at each size, least of several calls."""
    counts = [n for n in ROWS if n <= 20_000 * share]
    print(f"{f'rows a domain, {COLUMNS} columns':<34}" + "".join(f"{n:>16,}" for n in counts))
    cells = {}
    for n in counts:
        X, y, target = shifted_classes(n, COLUMNS)
        for name, (ours, others, most) in contests(X, y, target).items():
            if n > most:
                continue
            unit = least(ours)
            for title, peer in others.items():
                cells.setdefault(f"{name}, {title}", []).append(f"{least(peer) / unit:.1f} ({1000 * unit:.3g})")
                print(f"  {n} {name}, {title}: {cells[f'{name}, {title}'][-1]}", file=sys.stderr, flush=True)
    for title, line in cells.items():
        print(f"{title:<34}" + "".join(f"{cell:>16}" for cell in line), flush=True)


def least(function, budget=1.0, repeats=9):
    """Processor seconds of a call: the least of up to ``repeats``, fewer where they take more than ``budget``."""
    times = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while len(times) < repeats and sum(times) < budget:
            times.append(timed(function)[1])
    return min(times)


def contests(X, y, target, k=10):
    """Ours, the peers that are installed (at equal settings), and the most rows a domain, by name."""
    source, known, other = X[~target], y[~target], X[target]
    domain, labels = np.where(target, -2, 1), np.where(target, -1, y)
    found = {}

    def contest(name, ours, most=20_000, **others):
        found[name] = (lambda: ours.fit_transform(X, y, sample_domain=target)), others, most

    def skada(adapter):
        return lambda: adapter.fit_transform(X, labels, sample_domain=domain)

    def pot(plan):
        return lambda: plan.fit_transform(Xs=source, ys=known, Xt=other)

    if find_spec("skada"):
        from skada import CORALAdapter, SubspaceAlignmentAdapter, TransferComponentAnalysisAdapter

        same = {"kernel": "rbf", "n_components": k, "mu": 1.0}
        contest("CORAL", CORAL(reg=0), skada=skada(CORALAdapter(reg=None)))
        alignment = SubspaceAlignmentAdapter(n_components=k, random_state=0)
        contest("SubspaceAlignment", SubspaceAlignment(k), skada=skada(alignment))
        contest(
            "TCA, rbf",
            TCA(k, kernel="rbf", gamma=1 / COLUMNS),
            1000,
            skada=skada(TransferComponentAnalysisAdapter(**same)),
        )
    if find_spec("ot"):
        from ot.da import EMDTransport, LinearTransport, SinkhornL1l2Transport, SinkhornTransport

        same = {"norm": "median", "metric": "sqeuclidean"}
        contest("LinearOT", LinearOT(reg=1e-8, shrinkage=None), POT=pot(LinearTransport()))
        contest("OTMapping, exact", OTMapping(reg=0, class_reg=None), 5000, POT=pot(EMDTransport(**same)))
        # to POT's default accuracy, which it looks at each tenth iteration as we do
        entropic = OTMapping(0.03, class_reg=None, tol=1e-6, max_iter=1000)
        peer = SinkhornTransport(0.03, tol=1e-6, max_iter=1000, **same)
        contest("OTMapping, entropic", entropic, 2000, POT=pot(peer))
        peer = SinkhornL1l2Transport(0.03, 1.0, max_iter=100, tol=1e-6, **same)
        contest("OTMapping, group lasso", OTMapping(0.03, eta=1.0), 500, POT=pot(peer))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Transfer components: speed and memory.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--case", choices=CASES, help="one table alone")
    arguments = parser.parse_args()
    if arguments.case:
        globals()[arguments.case](0.1 if arguments.quick else 1.0)
    else:
        for case in CASES:
            flags = ["--quick"] if arguments.quick else []
            subprocess.run([sys.executable, __file__, "--case", case, *flags], check=True)
            print(flush=True)
