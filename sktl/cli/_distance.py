"""How far apart the two tables are: one number by a kernel, one by a classifier, and the columns that differ most."""

from sktl.inspection._columns import column_difference, encode, read_columns
from sktl.inspection._distance import MAX_ROWS, measure_distance
from sktl.inspection._text import pvalue


def distance_lines(problem, seed, n_jobs=None):
    """Say in words how far apart the rows of ``problem`` are, the noise floor (between source halves), and p-values."""
    encoded, _ = encode(read_columns(problem.X, problem.target)[0])
    distance = measure_distance(encoded, problem.target, seed, n_jobs)
    many = max(problem.target.sum(), (~problem.target).sum()) > MAX_ROWS
    sampled = f" (of {MAX_ROWS} random rows a table at most)" if many else ""
    return [
        f"distance{sampled}: MMD^2 {distance.mmd:.4f}, against {distance.floor:.4f} between two random halves of "
        f"SOURCE (either may fall below 0), p-value {pvalue(distance.kernel_test.pvalue)};",
        f"          proxy A-distance {distance.proxy_a:.2f} (0 = alike, 2 = a classifier tells every row's table), "
        f"p-value {pvalue(distance.classifier_test.pvalue)}",
    ]


def column_differences(problem):
    """For each column, the one that differs most first: name, measure, difference (0 to 1), missing shares."""
    rows = []
    for column in read_columns(problem.X, problem.target)[0]:
        missing = (column.missing[part].mean() for part in (~problem.target, problem.target))
        rows.append((column.name, *column_difference(column, problem.target), *missing))
    return sorted(rows, key=lambda row: -row[2])
