"""Which kind of shift does ``DomainReport`` name in worlds whose truth is known? Level of "none", and the rest.

Run ``python benchmarks/shift_kinds.py --draws 6`` (hours for all cells; ``--kinds none --n 500 --dists normal`` and so
on choose some; ``--peer`` adds detectshift, if it is installed: it needs catboost, and ``--no-deps``, for it asks for a
package that no longer is).

Worlds: half of n rows are the target's; d columns, normal, of t(2) (heavy tails), of four values, or with 15 % gaps; a
linear response or a wavy one, sin(2 x0) + x1 x2, that simple models underfit; two classes or numbers; all labels of the
target known, 100, or none.

* none: one distribution
* intercept: the same rows get more positive labels (p(y|x) differs)
* flip: the response turns round (p(y|x) differs)
* covariate: the column that drives the label has moved, p(y|x) is one
* stretch: all columns are 1.8 times as wide, p(y|x) is one
* units: each column of the target in other units, after the label was drawn
* label: classes in other shares (of numbers: larger ones more often), rows within them alike
* year: one distribution, and a column of whole numbers that do not meet

Measured at n = 500, few draws a cell (a loaded machine; run more before resting on a cell)::

    kind       cells                                             named rightly    else
    none       classes, linear d = 5 and 20, wavy d = 5; four    203 of 210       label 2, covariate 4, concept 1
               distributions; all labels, 100, none (35 x 6)
    intercept  normal, d = 5; all labels and 100 (4 draws)       31 of 32         none 1 (no labels: none 12 of 12)
    flip       normal, d = 5; all labels and 100 (3)             24 of 24         (no labels: none 12 of 12)
    units      normal, d = 5; all labels and none (2)            14 of 16         covariate 1, concept 1
    label      normal, d = 5; all labels (2)                     6 of 8           concept 2
               classes without target labels                     4 of 4
               numbers without target labels                     0 of 4           covariate 2, scale 2: nothing shows it
    stretch    normal, d = 5; all labels (2)                     8 of 8
               no labels                                         0 of 8           scale 8: nothing tells units from rows
    year       normal, d = 5; all labels and none (2)            15 of 16         label 1

So "none" is taken for a shift in 3.3 % of 210 draws; a concept test by boosted trees that are told the domain said
"concept" in 15 of 40 draws of the wavy response where nothing differs. detectshift 1.0.1 (n = 2,000, all labels; 27 s a
draw, of which there were four) said "none" in "none, wavy" four times.
"""

import argparse
import warnings
from collections import Counter
from importlib.util import find_spec

import numpy as np

from sktl.inspection import DomainReport

KINDS = ("none", "intercept", "flip", "covariate", "stretch", "units", "label", "year")
RIGHT = {"intercept": "concept", "flip": "concept", "stretch": "covariate", "units": "scale", "year": "none"}


def rows(rng, n, d, dist):
    """Rows of one distribution."""
    if dist == "t2":
        return rng.standard_t(2, size=(n, d))
    return rng.integers(0, 4, size=(n, d)) - 1.5 if dist == "discrete" else rng.normal(size=(n, d))


def response(X, linear):
    """What the label follows from."""
    Z = np.clip(X, -8, 8)
    return Z[:, 0] + 0.5 * Z[:, 1] if linear else np.sin(2 * Z[:, 0]) + Z[:, 1] * Z[:, 2]


def drawn_labels(rng, f, numbers):
    """Labels of a response."""
    return f + 0.7 * rng.normal(size=len(f)) if numbers else (rng.random(len(f)) < 1 / (1 + np.exp(-2.5 * f))) * 1.0


def label_shift(rng, n, d, linear, dist, numbers):
    """Target rows drawn from many by their label alone."""
    X = rows(rng, 40 * n, d, dist)
    y = drawn_labels(rng, response(X, linear), numbers)
    share = 1 / (1 + np.exp(-2 * y)) if numbers else np.where(y > 0.5, 0.85, 0.15)
    chosen = [rng.choice(len(X), n // 2, replace=False), rng.choice(len(X), n - n // 2, False, share / share.sum())]
    return X[np.concatenate(chosen)], y[np.concatenate(chosen)]


def world(kind, n, d, linear, dist, numbers, seed):
    """Rows, labels, and which rows are the target's."""
    rng, target = np.random.default_rng(seed), np.arange(n) >= n // 2
    if kind == "label":
        X, y = label_shift(rng, n, d, linear, dist, numbers)
    else:
        X = rows(rng, n, d, dist)
        if kind == "covariate":
            X[target, 0] += 1
        if kind == "stretch":
            X[target] *= 1.8
        f = response(X, linear)
        if kind == "intercept":
            f = f + target * (1.0 if numbers else 0.6)
        if kind == "flip":
            f = np.where(target, -f, f)
        y = drawn_labels(rng, f, numbers)
    if kind == "units":
        X[target] = X[target] * np.resize([2, 0.4, 3, 1.7, 0.5], d) + np.resize([1, 2, -1, 0, 3], d)
    if kind == "year":
        X = np.column_stack([X, np.where(target, rng.integers(2022, 2024, n), rng.integers(2018, 2022, n))])
    if dist == "gaps":
        X[rng.random(X.shape) < 0.15] = np.nan
    return X, y, target


def hidden(y, target, known, seed):
    """Labels of which the target keeps ``known``."""
    places = np.random.default_rng(seed).permutation(np.flatnonzero(target))
    y = y.copy()
    y[places[known:]] = np.nan
    return y


def peer_kind(X, y, target, numbers, alpha=0.05):
    """What detectshift's tests say: concept if p(y|x), label if p(y), covariate if p(x) is rejected, in this order."""
    import pandas as pd
    from detectshift import tests, tools
    from detectshift.cdist import cde_class, cde_reg

    tests.float = lambda value: np.ravel(value)[0]  # it converts arrays of one element, which numpy refuses by now
    task = "reg" if numbers else "class"
    parts = [pd.DataFrame(X[part]) for part in (~target, target)]
    labels = [pd.DataFrame({"y": y[part]}) for part in (~target, target)]
    split = tools.prep_data(parts[0], labels[0], parts[1], labels[1], test=0.3, task=task)
    source, other = split[: len(split) // 2], split[len(split) // 2 :]
    total, rows_model, labels_model = (tools.KL(boost=True) for _ in range(3))
    total.fit(source[4], other[4])
    rows_model.fit(source[0], other[0])
    if numbers:
        labels_model.fit(source[2], other[2])
    density = (cde_reg if numbers else cde_class)(boost=True)
    density.fit(pd.concat([source[0], other[0]]), pd.concat([source[2], other[2]]))
    found = tests.ShiftDiagnostics(
        source[1],
        source[3],
        other[1],
        other[3],
        totshift_model=total,
        covshift_model=rows_model,
        labshift_model=labels_model if numbers else None,
        cd_model=density,
        task=task,
        B=200,
        verbose=False,
    )
    pvalues = {name: found[key]["pval"] for name, key in (("concept", "conc2"), ("label", "lab"), ("covariate", "cov"))}
    return next((name for name, pvalue in pvalues.items() if pvalue <= alpha / 3), "none")


def main():
    """Print how often each kind was named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--kinds", nargs="+", default=KINDS)
    parser.add_argument("--n", nargs="+", type=int, default=(500, 2000))
    parser.add_argument("--d", nargs="+", type=int, default=(5, 20))
    parser.add_argument("--dists", nargs="+", default=("normal", "t2", "discrete", "gaps"))
    parser.add_argument("--labels", nargs="+", type=int, default=(10**6, 100, 0))
    parser.add_argument("--peer", action="store_true")
    chosen = parser.parse_args()
    cells = [
        (kind, numbers, linear, n, d, dist)
        for kind in chosen.kinds
        for numbers in (False, True)
        for linear in (True, False)
        for n in chosen.n
        for d in chosen.d
        for dist in chosen.dists
    ]
    for kind, numbers, linear, n, d, dist in cells:
        for known in chosen.labels:
            found, peers = Counter(), Counter()
            for seed in range(chosen.draws):
                X, y, target = world(kind, n, d, linear, dist, numbers, seed)
                found[DomainReport.from_data(X, hidden(y, target, known, seed), target).kind] += 1
                if chosen.peer and known >= n and dist != "gaps" and find_spec("detectshift"):
                    peers[peer_kind(X, y, target, numbers)] += 1
            right = RIGHT.get(kind, kind)
            task, form = "numbers" if numbers else "classes", "linear" if linear else "wavy"
            name = f"{kind:<10}{task:<8} {form:<6} {n:>5} {d:>3} {dist:<9}"
            labels = "all" if known >= n else known
            words = ", ".join(f"{k} {times}" for k, times in found.most_common())
            beside = ", ".join(f"{k} {times}" for k, times in peers.most_common())
            print(f"{name}{labels:>4}  {found[right]:>2} of {chosen.draws}: {words:<32}  {beside}".rstrip(), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
