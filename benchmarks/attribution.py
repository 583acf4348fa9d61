"""Does ``shift_attribution`` name the right part and the right column? Made worlds with known truth, and real pairs.

Run ``python benchmarks/attribution.py WHAT`` with WHAT ``made`` (some minutes of one processor for ``--draws 200``) or
``real`` (a minute). Made: 1,000 rows a domain, five correlated columns, logistic regression; *none*: nothing differs;
*relation*: the slope of one column is lower by ``TURN`` on the target; *rows*: one column moves by ``MOVE`` deviations
towards where labels are mostly noise: some 10 points each. The column is drawn anew each time. "part": the right one is
named, its interval leaving out zero; "other": the other one is named falsely; "column": of the draws in which columns
are named for the right part, the one that changed stands first. Real: each site of heart from the others, adult's
tasks.

*Made*, 200 draws, in %:

                  labels    drop    rows  relation    part   other  columns   right
    none            1000    -0.2     0.0      -0.2       4       2        0     nan
    none             200    -0.2    -0.0      -0.2       2       2        0     nan
    none              50    -0.2    -0.1      -0.1       5       4        0     nan
    relation        1000    10.3    -0.0      10.3     100       2      100     100
    relation         200    10.5    -0.1      10.6      88       2       88     100
    relation          50    11.1    -0.1      11.2      30       6       28      95
    rows            1000     9.6     9.6      -0.0     100       3      100     100
    rows             200     9.8     9.6       0.2     100       2      100     100
    rows              50    10.3     9.7       0.5      71       4       58      99

*Real*, points lost (6 draws of the labels, +- their spread; named: rows, relation, in % of the draws). On heart's sites
some 6 points are lost and no part is sure, with 50 labels or all:

                      labels    drop          rows      relation         named
    cleveland             50     7.7    0.4 +- 2.7    7.3 +- 3.5      0      0
    cleveland            200     6.0    4.1 +- 0.9    1.9 +- 2.3      0      0
    cleveland            303     5.8    4.0 +- 0.0    1.8 +- 0.0      0      0
    hungarian             50    -0.2   -1.7 +- 3.6    1.4 +- 5.5      0      0
    hungarian            200    -1.1   -2.3 +- 1.3    1.2 +- 0.6      0      0
    hungarian            294    -0.7   -2.2 +- 0.0    1.6 +- 0.0      0      0
    switzerland           50     6.7    3.5 +- 8.7    3.1 +- 8.9      0      0
    switzerland          123     6.9    2.2 +- 0.0    4.7 +- 0.0      0      0
    va_long_beach         50     5.2    2.6 +- 7.6    2.6 +- 8.8      0      0
    va_long_beach        200     7.0    2.9 +- 0.0    4.0 +- 0.0      0      0
    native_country        50     0.2    0.1 +- 3.8    0.2 +- 3.1      0      0
    native_country       200    -0.5   -0.5 +- 1.1   -0.0 +- 1.9      0      0
    native_country       400    -1.0   -0.6 +- 0.0   -0.4 +- 0.0      0      0
    education_num         50    -0.1   -4.5 +- 4.3    4.4 +- 5.8     33      0
    education_num        200    -0.7   -3.4 +- 1.5    2.8 +- 1.9     50      0
    education_num        400    -1.7   -3.0 +- 0.0    1.3 +- 0.0      0      0
    marital_status        50   -15.2  -16.2 +- 3.2    1.0 +- 3.2    100      0
    marital_status       200   -14.6  -18.0 +- 2.1    3.4 +- 3.1    100     17
    marital_status       400   -14.7  -17.2 +- 0.0    2.5 +- 0.0    100      0
"""

import argparse
import warnings

import numpy as np
from _few_shot_tasks import adult, heart
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl.inspection import shift_attribution

ROWS, COLUMNS = 1000, 5
SLOPES = np.array([1.5, -1.0, 0.8, 0.5, 0.6])
LABELS = (1000, 200, 50)
TURN, MOVE = 1.2, 0.9
PARTS = ("rows", "relation")


def world(kind, seed):
    """Rows of both domains, labels, whether target, and the column that changes."""
    rng = np.random.default_rng(seed)
    mix = np.tril(np.full((COLUMNS, COLUMNS), 0.3))
    np.fill_diagonal(mix, 1)
    X = rng.normal(size=(2 * ROWS, COLUMNS)) @ mix.T / np.sqrt((mix**2).sum(axis=1))
    target, column, slopes = np.arange(2 * ROWS) >= ROWS, rng.integers(COLUMNS), rng.permutation(SLOPES)
    log_odds = X @ slopes
    if kind == "relation":
        turned = slopes.copy()
        turned[column] -= TURN
        log_odds = np.where(target, X @ turned, log_odds)
    if kind == "rows":
        X[target, column] += MOVE
        log_odds = 1.5 * (X @ slopes) / (1 + np.exp(2 * (X[:, column] - 0.5)))  # noise where the column is large
    return X, (rng.random(2 * ROWS) < 1 / (1 + np.exp(-2 * log_odds))).astype(float), target, f"x{column}"


def named(found, part):
    """Whether a part's interval leaves out zero."""
    low, high = found.intervals[part]
    return low > 0 or high < 0


def first(found, part):
    """Name of the column that is named first for a part, or None."""
    columns = [c for c in found.columns if (c.by_rows if part == "rows" else c.by_relation)]
    return max(columns, key=lambda c: getattr(c, part)).column if columns else None


def made(draws):
    """A line for each world and number of target labels."""
    print(
        f"{'':<12}{'labels':>8}{'drop':>8}{'rows':>8}{'relation':>10}{'part':>8}{'other':>8}{'columns':>9}{'right':>8}"
    )
    for kind in ("none", "relation", "rows"):
        for n_labels in LABELS:
            seen = []
            for seed in range(draws):
                X, y, target, column = world(kind, seed)
                hidden = np.flatnonzero(target)[n_labels:]
                y[hidden] = np.nan
                found = shift_attribution(LogisticRegression(), X, y, target)
                part = kind if kind != "none" else "relation"
                other = PARTS[part == "rows"]
                top = first(found, part)
                seen.append(
                    [found.drop, found.rows, found.relation, named(found, part), named(found, other)]
                    + [top is not None, np.nan if top is None else top == column]
                )
            drop, rows, relation, *shares = np.nanmean(np.array(seen, dtype=float), axis=0) * 100
            line = f"{kind:<12}{n_labels:>8}{drop:>8.1f}{rows:>8.1f}{relation:>10.1f}"
            print(line + "".join(f"{share:>{width}.0f}" for share, width in zip(shares, (8, 8, 9, 8), strict=True)))


def real(draws):
    """A line for each pair and number of target labels: mean terms, their spread over draws, how often named."""
    print(f"{'':<28}{'labels':>8}{'drop':>8}{'rows':>14}{'relation':>14}{'named':>14}")
    for task in (*heart(), *adult()):
        X = np.vstack([task.X_source, task.X_target])
        target = np.arange(len(X)) >= len(task.y_source)
        for n_labels in (50, 200, len(task.y_target)):
            seen = []
            for seed in range(draws if n_labels < len(task.y_target) else 1):
                y = np.concatenate([task.y_source, task.y_target]).astype(float)
                known = np.random.default_rng(seed).permutation(np.flatnonzero(target))[:n_labels]
                y[np.setdiff1d(np.flatnonzero(target), known)] = np.nan
                model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
                found = shift_attribution(model, X, y, target)
                seen.append([found.drop, found.rows, found.relation, *(named(found, part) for part in PARTS)])
            mean, spread = 100 * np.mean(seen, axis=0), 100 * np.std(seen, axis=0)
            terms = "".join(f"{m:>7.1f} +-{s:>4.1f}" for m, s in zip(mean[1:3], spread[1:3], strict=True))
            print(f"{task.name:<28}{n_labels:>8}{mean[0]:>8.1f}{terms}{mean[3]:>7.0f}{mean[4]:>7.0f}", flush=True)


def main():
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("made", "real"))
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    made(options.draws) if options.what == "made" else real(options.draws)


if __name__ == "__main__":
    main()
