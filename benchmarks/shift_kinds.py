"""Which kind of shift does ``DomainReport`` name in worlds whose truth is known? Level of "none", and the rest.

Run ``python benchmarks/shift_kinds.py LOG --draws 6``: verdicts are added to LOG, a line each, and tables of all that
stand there are printed (``--draws 0`` prints alone; ``--kinds none --n 500 --dists normal`` and so on choose cells;
some 1 s a draw of the rows at n = 500, 3 s at 2,000, for twelve verdicts). ``--real``: random halves of real tables.
``--peer linear`` or ``boosted`` asks detectshift instead, if it is installed (with catboost, and ``--no-deps``, for it
asks for a package that no longer is).

Worlds: half of n rows are the target's; d columns, normal, of t(2) (heavy tails), of four values, or with 15 % gaps; a
linear response or a wavy one, sin(2 x0) + x1 x2, that simple models underfit; two classes or numbers; all labels of the
target known, 100, or none.

* none: one distribution
* intercept: the same rows get more positive labels (p(y|x) differs)
* flip: the response turns round (p(y|x) differs)
* covariate: the column that drives the label has moved, p(y|x) is one
* stretch: all columns are 1.8 times as wide, p(y|x) is one (by ``--kinds``: "wider" 3 times, "narrow" .4 times, "moved"
  by 1.5, "both" 1.8 times and by 1.5)
* units: each column of the target in other units, after the label was drawn
* label: classes in other shares (of numbers: larger ones more often), rows within them alike
* year: one distribution, and a column of whole numbers that do not meet

"right": the kind; "open": two kinds that the data can't tell apart, the true one among them; else "wrong".

None, where the rules were not set (seeds 10,000 and up; the rows of a draw serve all ways to label them)::

    n      labels  a shift was named       worst of the cells
    500    all     137 of 3,200  (4.3 %)   11 of 100
           100     134 of 3,200  (4.2 %)
           none    120 of 3,200  (3.8 %)
    2,000  all      26 of   596  (4.4 %)   some 18 draws a cell
           100      26 of   596  (4.4 %)
           none     31 of   595  (5.2 %)
    real   all      16 of   308  (5.2 %)   halves of 22 tables, both sides, 7 draws
           100      14 of   308  (4.5 %)
           none      8 of   308  (2.6 %)

No cell lies above 5 % at a hundredth shared by the 96. Kinds, one draw (seed 12,000) in each of 32 cells (eight kinds
of rows, four ways to label them), at n = 500 and 2,000::

                              n = 500                               n = 2,000
    kind       labels  right  open  none  wrong               right  open  none  wrong
    intercept  all        17    12     2      1                  29     3     0      0
               100        15    13     3      1                  24     6     2      0
    flip       all        28     0     4      0                  30     0     2      0
               100        26     0     6      0                  30     0     2      0
    covariate  all        27     5     0      0                  26     4     0      2   (label or concept)
               100        28     4     0      0                  24     7     0      1   (label)
               none       18    14     0      0                  29     3     0      0
    stretch    all        19    13     0      0                  21     7     0      4   (3 concept, scale)
               100        16    16     0      0                  17    13     0      2   (scale, label or concept)
               none        4    28     0      0                   4    28     0      0
    units      all        12    16     0      4   (covariate)    19     7     0      6   (4 covariate, 2 concept)
               100        12    14     0      6   (covariate)    21     7     0      4   (covariate)
               none        0    28     0      4   (covariate)     0    28     0      4   (covariate)
    label      all        21     9     0      2   (concept)      30     2     0      0
               100        22     9     0      1   (concept)      24     8     0      0
               none        7    12    10      3                  14     8     2      8   (covariate)
    year       all        31     -     -      1   (concept)      32     -     -      0
               100        31     -     -      1   (concept)      31     -     -      1   (concept)
               none       32     -     -      0                  32     -     -      0

"units" is open where no row of the source lies where the target's do: whether p(y|x) is one can't be tested there. It
is called "scale" if aligned rows of the source predict the target's labels with half of the squared error at most, and
nothing is left then to show that p(y|x) differs. This raised the right ones from 25 to 89 of 192 (seeds 12,000 at both
sizes, 21,000 at 500); of 575 draws in which all columns moved or were stretched under one p(y|x) ("covariate",
"stretch", "moved", "wider", "narrow", "both"; seeds 12,000, 21,000 and at 2,000 22,000) 9 were called "scale" in place
of 3, six of these in columns of four values, where a stretch looks like other units.

detectshift 1.0.1 with all labels of 5 normal columns, n = 500: its linear
form said "none" in 12 of 14 draws of none and named the kind in 9 of 12 intercepts, 9 of 12 covariate and 4 of 12 label
shifts; boosted, "none" in 2 of 4 and the intercept in 3 of 4.
"""

import argparse
import json
import sys
import time
import warnings
from collections import Counter, defaultdict
from importlib.util import find_spec
from itertools import chain, product
from pathlib import Path

import numpy as np
from _few_labels import CLASS_TABLES, TABLES, load_table
from scipy.stats import beta, binom

from sktl._tables.columns import read_columns
from sktl.inspection.report._evidence import gather
from sktl.inspection.report._features import compare_columns
from sktl.inspection.report._labels import read_labels
from sktl.inspection.report._remarks import find_suspects
from sktl.inspection.report._report import make_rows, make_sample
from sktl.inspection.report._verdict import decide

KINDS = ("none", "intercept", "flip", "covariate", "stretch", "units", "label", "year")
DISTS = ("normal", "t2", "discrete", "gaps")
MAPS = {"stretch": (1.8, 0), "wider": (3.0, 0), "narrow": (0.4, 0), "moved": (1, 1.5), "both": (1.8, 1.5)}
RIGHT = dict.fromkeys(MAPS, "covariate") | {"intercept": "concept", "flip": "concept", "units": "scale", "year": "none"}
UNSEEN = ("intercept", "flip")  # without target labels they are "none", draw by draw
ALL = 10**6  # labels of the target


# --- worlds ---


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


def seen(X, kind, target, dist, rng):
    """The rows as the report gets them: in other units, with a year, with gaps."""
    if kind == "units":
        factors, offsets = (np.resize(values, X.shape[1]) for values in ([2, 0.4, 3, 1.7, 0.5], [1, 2, -1, 0, 3]))
        X = np.where(target[:, None], X * factors + offsets, X)
    if kind == "year":
        n = len(X)
        X = np.column_stack([X, np.where(target, rng.integers(2022, 2024, n), rng.integers(2018, 2022, n))])
    return np.where(rng.random(X.shape) < 0.15, np.nan, X) if dist == "gaps" else X


def worlds(kind, n, d, dist, seed):
    """Rows, and (numbers, linear, labels) that follow from them in each way; which rows are the target's.

    A label shift has rows of its own for each way; all other kinds have the same rows for all.
    """
    target, ways = np.arange(n) >= n // 2, list(product((False, True), (True, False)))
    if kind == "label":
        for numbers, linear in ways:
            rng = np.random.default_rng(seed)
            X, y = label_shift(rng, n, d, linear, dist, numbers)
            yield seen(X, kind, target, dist, rng), [(numbers, linear, y)], target
        return
    rng = np.random.default_rng(seed)
    X, labels = rows(rng, n, d, dist), []
    X[target, 0] += kind == "covariate"
    factor, offset = MAPS.get(kind, (1, 0))
    X[target] = X[target] * factor + offset
    for numbers, linear in ways:
        f = response(X, linear)
        if kind == "intercept":
            f = f + target * (1.0 if numbers else 0.6)
        if kind == "flip":
            f = np.where(target, -f, f)
        labels.append((numbers, linear, drawn_labels(rng, f, numbers)))
    yield seen(X, kind, target, dist, rng), labels, target


def hidden(y, target, known, seed):
    """Labels of which the target keeps ``known``."""
    places = np.random.default_rng(seed).permutation(np.flatnonzero(target))
    y = y.copy()
    y[places[known:]] = np.nan
    return y


def halves(side, X, y, seed, most=1000):
    """Random halves of (most of) a real table: nothing differs."""
    rng = np.random.default_rng(seed + side)
    drawn = rng.permutation(len(y))[:most]
    return X.iloc[drawn].reset_index(drop=True), y[drawn], np.arange(len(drawn)) >= len(drawn) // 2


# --- verdicts ---


def verdict_rows(X, target):
    """What the report's verdict looks at without labels, as ``DomainReport.from_data`` makes it."""
    columns, _ = read_columns(X, target)
    suspects = find_suspects(columns, [], target).rowwise
    judged = [column for column in columns if column.name not in suspects] or columns
    return make_rows(judged, compare_columns(X, columns, target)[0], target)


def verdict(found, y):
    """The kind of shift that the report names: its own code, without its distances and pictures."""
    return decide(gather(make_sample(found, read_labels(y, found.target)))).kind


def peer_kind(X, y, target, numbers, boost, alpha=0.05):
    """What detectshift's tests say: concept if p(y|x), label if p(y), covariate if p(x) is rejected, in this order."""
    import pandas as pd  # here, since few have detectshift and its boosting
    from detectshift import tests, tools
    from detectshift.cdist import cde_class, cde_reg

    tests.float = lambda value: np.ravel(value)[0]  # it converts arrays of one element, which numpy refuses by now
    task = "reg" if numbers else "class"
    parts = [pd.DataFrame(X[part]) for part in (~target, target)]
    labels = [pd.DataFrame({"y": y[part]}) for part in (~target, target)]
    split = tools.prep_data(parts[0], labels[0], parts[1], labels[1], test=0.3, task=task)
    source, other = split[: len(split) // 2], split[len(split) // 2 :]
    total, rows_model, labels_model = (tools.KL(boost=boost) for _ in range(3))
    total.fit(source[4], other[4])
    rows_model.fit(source[0], other[0])
    if numbers:
        labels_model.fit(source[2], other[2])
    density = (cde_reg if numbers else cde_class)(boost=boost)
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


def draws(kind, n, d, dist, seed, labels, peer):
    """A record of each verdict on one draw of the rows."""
    for X, ways, target in worlds(kind, n, d, dist, seed):
        found = verdict_rows(X, target)
        for (numbers, linear, y), known in product(ways, labels):
            if known == 0 and kind in UNSEEN:
                continue
            cell = {"kind": kind, "numbers": numbers, "linear": linear, "n": n, "d": d, "dist": dist, "known": known}
            start = time.process_time()
            if peer is None:
                named = verdict(found, hidden(y, target, known, seed))
            elif known >= n and dist != "gaps":
                named = peer_kind(X, y, target, numbers, peer)
            else:
                continue
            who = "report" if peer is None else f"detectshift, {'boosted' if peer else 'linear'}"
            yield cell | {"who": who, "seed": seed, "named": named, "seconds": time.process_time() - start}


def real_draws(seed, labels):
    """A record of each verdict on halves of real tables: of each side of each."""
    for name, label in (TABLES | CLASS_TABLES).items():
        X_source, y_source, X_target, y_target = load_table(name, label)
        for side, (X, y) in enumerate([(X_source, y_source), (X_target, y_target)]):
            y = np.unique(y.astype(str), return_inverse=True)[1] if name in CLASS_TABLES else y
            X, y, target = halves(side, X, y.astype(float), seed)
            found = verdict_rows(X, target)
            for known in labels:
                named = verdict(found, hidden(y, target, known, seed))
                cell = {
                    "who": "report",
                    "kind": "none",
                    "numbers": name in TABLES,
                    "linear": None,
                    "n": "real",
                    "d": side,
                }
                yield cell | {"dist": name, "known": known, "seed": seed, "named": named}


# --- tables ---


def judged(kind, named):
    """right: the kind; open: several, the right one among them; else wrong."""
    right = RIGHT.get(kind, kind)
    return "right" if named == right else "open" if right in named.split(" or ") else "wrong"


def interval(hits, n):
    """95 % of Clopper and Pearson."""
    low = beta.ppf(0.025, hits, n - hits + 1) if hits else 0.0
    return low, beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1.0


def table(records, by):
    """A line for each group of records: how many were named rightly, left open, and what else was said."""
    groups = defaultdict(list)
    for record in records:
        groups[tuple(record[name] for name in by)].append(record)
    for key, group in sorted(groups.items(), key=str):
        counts = Counter(judged(r["kind"], r["named"]) for r in group)
        wrong = Counter(r["named"] for r in group if judged(r["kind"], r["named"]) == "wrong")
        words = ", ".join(f"{name} {times}" for name, times in wrong.most_common())
        names = " ".join(f"{('all' if value == ALL else str(value)):<9}" for value in key)
        low, high = interval(counts["wrong"], len(group))
        shares = f"{counts['right']:>5} right {counts['open']:>4} open {counts['wrong']:>4} wrong of {len(group):>5}"
        yield f"{names}{shares} ({100 * low:.1f} - {100 * high:.1f} % wrong)  {words}".rstrip()


def level(records):
    """Cells of "none" in which a shift was named more often than 5 % allow, at a hundredth shared by the cells."""
    groups = defaultdict(list)
    for r in records:
        if r["kind"] in ("none", "year") and r["who"] == "report":
            groups[r["kind"], r["numbers"], r["linear"], r["n"], r["d"], r["dist"], r["known"]].append(r["named"])
    for cell, named in groups.items():
        wrong = sum(name != "none" for name in named)
        if binom.sf(wrong - 1, len(named), 0.05) < 0.01 / len(groups):
            yield f"above the level: {cell}: {wrong} of {len(named)}"
    worst = max(groups.items(), key=lambda item: np.mean([name != "none" for name in item[1]]), default=None)
    if worst:
        yield f"{len(groups)} cells; worst {worst[0]}: {sum(n != 'none' for n in worst[1])} of {len(worst[1])}"


def main():
    """Draw worlds and log the verdicts, or print tables of a log."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, help="file of one line a verdict; what is drawn is added to it")
    parser.add_argument("--draws", type=int, default=0)
    parser.add_argument("--first-seed", type=int, default=10_000)
    parser.add_argument("--kinds", nargs="+", default=KINDS)
    parser.add_argument("--n", nargs="+", type=int, default=(500, 2000))
    parser.add_argument("--d", nargs="+", type=int, default=(5, 20))
    parser.add_argument("--dists", nargs="+", default=DISTS)
    parser.add_argument("--labels", nargs="+", type=int, default=(ALL, 100, 0))
    parser.add_argument("--peer", choices=("boosted", "linear"), help="ask detectshift in place of the report")
    parser.add_argument("--real", action="store_true", help="random halves of the real tables, in place of worlds")
    parser.add_argument("--by", nargs="+", default=("who", "kind", "n", "known"))
    chosen = parser.parse_args()
    if chosen.peer and not find_spec("detectshift"):
        sys.exit("detectshift is not installed")
    with chosen.log.open("a") as log:
        seeds = range(chosen.first_seed, chosen.first_seed + chosen.draws)  # the outer loop, to stop at any time
        peer = None if chosen.peer is None else chosen.peer == "boosted"
        if chosen.real:
            found = (real_draws(seed, chosen.labels) for seed in seeds)
        else:
            cells = product(seeds, chosen.n, chosen.d, chosen.dists, chosen.kinds)
            found = (draws(kind, n, d, dist, seed, chosen.labels, peer) for seed, n, d, dist, kind in cells)
        for record in chain.from_iterable(found):
            log.write(json.dumps(record) + "\n")
            log.flush()
    records = [json.loads(line) for line in chosen.log.read_text().splitlines()]
    for line in [*table(records, chosen.by), *level(records)]:
        print(line)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
