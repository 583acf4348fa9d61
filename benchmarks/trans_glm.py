"""Whether TransGLM finds the sources that help, and comes nearer to the truth than the target's own lasso.

The design is that of Tian and Feng (2023), logistic: 500 columns with correlations .5^|i - j|, ten coefficients of .5;
100 target rows; five sources of 100 rows. Good sources have coefficients moved by +-.02 on 50 columns, bad ones other
columns and the other sign. Errors are l2 distances from the target's coefficients, means over the seeds. In the second
design no source is good. Where insurance-transfer is installed, it fits the Poisson design of 20 columns beside
TransGLM: it has no path, so that its defaults are shown.

    python benchmarks/trans_glm.py [--seeds 50] [--family binomial] [--good 3]

Measured (l2 error, and over the lasso's):

    design                     seeds  lasso   all sources    good ones known  TransGLM       right sources  peer
    binomial, 3 good of 5      50     1.326   1.234  (.93)   .853  (.64)       .902  (.68)   92 %           -
    binomial, no good source   50     1.347   1.397 (1.04)   -                1.349 (1.001)  98 %           -
    poisson, 3 good of 5       15      .394    .344  (.87)   .225  (.57)       .291  (.74)   67 %           .484
    poisson, no good source    15      .375    .534 (1.42)   -                 .375 (1.000)  100 %          .532

The peer takes .3 s a fit; TransGLM, which finds penalties and sources, several seconds.
"""

import argparse
import time
import warnings
from importlib.util import find_spec
from itertools import product

import numpy as np
from sklearn.linear_model import PoissonRegressor

from sktl.parameter import TransGLM

SIZE = {"binomial": (100, 500, 10), "poisson": (60, 20, 5)}  # rows of a domain, columns, coefficients that are not 0
N_SOURCES = 5


def correlated_rows(rng, n, p):
    """Normal rows whose columns i and j have the correlation .5^|i - j|."""
    X = rng.normal(size=(n, p))
    for j in range(1, p):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    return X


def make_labels(rng, family, X, coef):
    """Labels of rows."""
    if family == "binomial":
        return (rng.random(len(X)) < 1 / (1 + np.exp(-X @ coef))).astype(float)
    return rng.poisson(np.exp(0.5 * X @ coef)).astype(float)


def make_domains(seed, n_good, family):
    """Target's coefficients, rows, labels and domains; the target's rows first."""
    n, p, s = SIZE[family]
    rng, true = np.random.default_rng(seed), np.zeros(p)
    true[:s] = 0.5
    tables = {"target": (correlated_rows(rng, n, p), true)}
    for k in range(N_SOURCES):
        coef, name = true.copy(), f"good {k}" if k < n_good else f"bad {k}"
        if k < n_good:
            coef[rng.choice(p, p // 10, replace=False)] += 0.02 * rng.choice([-1, 1], p // 10)
        else:
            coef = np.zeros(p)
            coef[rng.choice(np.arange(s, p), s, replace=False)] = -0.5
        tables[name] = correlated_rows(rng, n, p), coef
    y = np.concatenate([make_labels(rng, family, X, coef) for X, coef in tables.values()])
    X = np.vstack([X for X, _ in tables.values()])
    unit = 1.0 if family == "binomial" else 0.5
    return unit * true, X, y, np.repeat(list(tables), n)


def sktl_errors(seed, n_good, family):
    """Errors of the lasso, of TransGLM and of its two steps with the good sources, the sources found, and seconds."""
    true, X, y, domain = make_domains(seed, n_good, family)
    good = [f"good {k}" for k in range(n_good)]
    choices = {"lasso": [], "all sources": "all", "good sources": good, "TransGLM": "auto"}
    errors, found = {}, None
    for name, sources in choices.items():
        start = time.perf_counter()
        model = TransGLM(family, sources=sources, random_state=seed).fit(X, y, sample_domain=domain)
        seconds = time.perf_counter() - start
        errors[name] = np.linalg.norm(np.ravel(model.coef_) - true)
        found = model.detected_sources_
    return errors, found == good, seconds


def peer_errors(seed, n_good):
    """Errors of insurance-transfer's two steps on the Poisson design, and of scikit-learn's Poisson regression."""
    from insurance_transfer import GLMTransfer

    true, X, y, domain = make_domains(seed, n_good, "poisson")
    target = domain == "target"
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GLMTransfer(family="poisson", scale_features=False)  # the columns have unit variance
        names = sorted(set(domain[~target]))
        model.fit(
            X[target], y[target], X_source=[X[domain == n] for n in names], y_source=[y[domain == n] for n in names]
        )
    seconds = time.perf_counter() - start
    twin = PoissonRegressor(alpha=1e-2, max_iter=1000).fit(X[target], y[target])
    coef = np.ravel(getattr(model, "coef_", getattr(model, "beta_", np.nan)))[-len(true) :]
    return {
        "insurance-transfer": np.linalg.norm(coef - true),
        "PoissonRegressor": np.linalg.norm(twin.coef_ - true),
    }, seconds


def report(title, runs):
    """Print means, and how often the right sources were found."""
    errors, right, seconds = zip(*runs, strict=True)
    means = {name: np.mean([e[name] for e in errors]) for name in errors[0]}
    print(f"\n{title} ({len(runs)} seeds)\n| fit | l2 error | over the lasso |\n|---|---|---|")
    for name, mean in means.items():
        print(f"| {name} | {mean:.3f} | {mean / means['lasso']:.3f} |")
    print(f"right sources in {100 * np.mean(right):.0f} % of the seeds; {np.median(seconds):.1f} s a fit")


def main():
    """Run the designs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--family", choices=SIZE, nargs="*", default=list(SIZE))
    parser.add_argument("--good", type=int, nargs="*", default=[3, 0])
    options = parser.parse_args()
    for family, n_good in product(options.family, options.good):
        runs = [sktl_errors(seed, n_good, family) for seed in range(options.seeds)]
        report(f"{family}, {n_good} good sources of {N_SOURCES}", runs)
        if family == "poisson" and find_spec("insurance_transfer"):
            peers = [peer_errors(seed, n_good) for seed in range(options.seeds)]
            seconds = np.median([s for _, s in peers])
            for name in peers[0][0]:
                print(f"| {name} | {np.mean([e[name] for e, _ in peers]):.3f} | {seconds:.2f} s |")


if __name__ == "__main__":
    main()
