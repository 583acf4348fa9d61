"""How far apart the two tables are: one number by a kernel, one by a classifier, and the columns that differ most."""

from sktl.inspection._columns import column_difference, encode, read_columns
from sktl.inspection._distance import MAX_ROWS, measure_distance
from sktl.inspection._text import pvalue


def distance_lines(problem, seed, n_jobs=None):
    """Say in words how far apart the rows of ``problem`` are, with noise floors and p-values."""
    encoded, _ = encode(read_columns(problem.X, problem.target)[0])
    return distance_words(measure_distance(encoded, problem.target, seed, n_jobs), problem)


def distance_words(distance, problem):
    """The same of a distance that is known."""
    many = max(problem.target.sum(), (~problem.target).sum()) > MAX_ROWS
    sampled = f" (of {MAX_ROWS} random rows a table at most)" if many else ""
    return [
        f"distance{sampled}: MMD^2 {distance.mmd:.4f} (may fall below 0; noise floor {distance.floor:.4f}), "
        f"p-value {pvalue(distance.kernel_test.pvalue)};",
        f"          proxy A-distance {distance.proxy_a:.2f} (0 = alike, 2 = a classifier tells every row's table; "
        f"noise floor {distance.proxy_a_floor:.2f}), p-value {pvalue(distance.classifier_test.pvalue)}",
        "          noise floor: 95 % of pairs of random halves of SOURCE lie less far apart",
    ]


def column_differences(problem):
    """For each column, the one that differs most first: name, measure, difference (0 to 1), missing shares."""
    rows = []
    for column in read_columns(problem.X, problem.target)[0]:
        missing = (column.missing[part].mean() for part in (~problem.target, problem.target))
        rows.append((column.name, *column_difference(column, problem.target), *missing))
    return sorted(rows, key=lambda row: -row[2])
