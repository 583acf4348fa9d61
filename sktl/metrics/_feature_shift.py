"""Which columns differ between two tables: a test of the values, and one of the missing values, for each column."""

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from sktl._checks import N_JOBS, InstanceOf, Interval, checked
from sktl._core.two_sample import benjamini_hochberg, holm, stability_index
from sktl.domains import known_labels, missing_values, n_rows, plain_rows
from sktl.metrics._result import FeatureShiftResult

EXACT_PAIRS = 250_000  # n_source * n_target up to which the Kolmogorov-Smirnov p-value is exact
MIN_EXPECTED = 5  # expected count below which levels are pooled for the chi-squared test
CORRECTIONS = {"holm": holm, "fdr": benjamini_hochberg}


@checked(
    categorical_features=(None, InstanceOf(list, tuple, set, np.ndarray, noun="a list of columns")),
    correction=tuple(CORRECTIONS),
    alpha=(Interval(low=0, high=1, closed="neither"),),
    n_jobs=N_JOBS,
)
def feature_shift_test(X_source, X_target, *, categorical_features=None, correction="holm", alpha=0.05, n_jobs=None):
    r"""Test each column for a shift of its values and of its share of missing values.

    Numbers are compared by the Kolmogorov-Smirnov test, categories by the chi-squared test (Fisher's exact test where
    two levels are left), shares of missing values by Fisher's exact test. With many rows, p-values are small even for
    unimportant shifts, so two sizes of the shift are given as well: the population stability index

    .. math:: \mathrm{PSI} = \sum_b (q_b - p_b) \ln (q_b / p_b)

    over ten bins of equal source counts (or the categories), with p_b and q_b the shares of source and target rows,
    half a row added to each; and the Wasserstein distance in standard deviations of the source. A rule of thumb calls a
    PSI above 0.1 a moderate, above 0.25 a large shift; two samples of n rows with one distribution have about 18 / n.

    *What it misses*: joint shifts that leave every column as it is; :func:`mmd_test` and
    :func:`classifier_two_sample_test` see those.

    Parameters
    ----------
    X_source : array-like or pandas or polars frame of shape (n_source, n_features)
        Rows of the source. Values may be missing.
    X_target : array-like or pandas or polars frame of shape (n_target, n_features)
        Rows of the target. Columns of frames are matched by name.
    categorical_features : list of column names (positions for arrays), default=None
        Columns of numbers to treat as categories. Columns that hold anything but numbers or times, that have a
        categorical dtype (also with numeric levels), or that have at most two values are treated so anyway.
    correction : {"holm", "fdr"}, default="holm"
        How p-values are adjusted for the number of tests: "holm" bounds the probability of any false alarm, however the
        columns depend on each other; "fdr" (Benjamini and Hochberg) bounds the expected share of false alarms among the
        alarms, for independent or positively dependent columns. Tests of values and of missing shares are adjusted
        together.
    alpha : float in (0, 1), default=0.05
        Level of the tests: columns with an adjusted p-value of at most this are ``shifted``.
    n_jobs : int, default=None
        Columns tested at once.

    Returns
    -------
    FeatureShiftResult
        Table with one row per column, as arrays: ``feature``, ``kind``, ``statistic``, ``pvalue``, ``adjusted_pvalue``,
        ``psi``, ``wasserstein``, ``missing_source``, ``missing_target``, ``missing_pvalue``,
        ``missing_adjusted_pvalue``, ``unseen`` (share of the target's values whose category the source never has),
        ``shifted``; ``unseen_categories`` names them. It prints, and ``to_frame()`` makes it a pandas frame. A column
        without values in one sample has NaN where values would be compared.

    Raises
    ------
    ValueError
        If a sample is empty or has infinite values, columns differ, or a parameter is unknown.
    TypeError
        If a sample is sparse.

    See Also
    --------
    mmd_test : One test of all columns together.

    Notes
    -----
    Cost O(n log n) a column. The Kolmogorov-Smirnov p-value is exact up to n_source n_target = 250,000 and asymptotic
    beyond; it is conservative for values with many ties, and in small samples, since D takes few values: with 50 rows
    per sample the nominal level 0.05 is really 0.039 for one column and 0.028 for ten, with 200 rows 0.040 and 0.042.
    Before the chi-squared test, levels expected fewer than five times in either sample are pooled, so that a category
    that is rare and new shows in ``unseen`` rather than in the p-value.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
       1979.
    .. [2] Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics import feature_shift_test
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(300, 3)), rng.normal(size=(200, 3)) + [0, 0, 1]
    >>> result = feature_shift_test(X, Y)
    >>> result.feature[result.shifted]
    array([2])
    """
    source, target = _columns(X_source, "X_source"), _columns(X_target, "X_target")
    _check_alike(source, target)
    as_categories = set() if categorical_features is None else set(categorical_features)
    if as_categories - set(source):
        raise ValueError(
            "categorical_features names columns that are not in the samples: "
            f"{sorted(as_categories - set(source), key=str)}."
        )
    rows = Parallel(n_jobs=n_jobs)(
        delayed(_compare)(name, source[name], target[name], name in as_categories) for name in source
    )
    table = {key: np.array([row[key] for row in rows]) for key in rows[0] if key not in ("feature", "unseen_levels")}
    made = np.isfinite(table["pvalue"]), table["missing_source"] + table["missing_target"] > 0
    adjusted, missing_adjusted = _adjust(table["pvalue"], table["missing_pvalue"], made, CORRECTIONS[correction])
    names = np.array(list(source)) if all(isinstance(name, (int, str)) for name in source) else _objects(source)
    return FeatureShiftResult(
        feature=names,
        adjusted_pvalue=adjusted,
        missing_adjusted_pvalue=missing_adjusted,
        shifted=np.fmin(adjusted, missing_adjusted) <= alpha,
        unseen_categories={row["feature"]: row["unseen_levels"] for row in rows if row["unseen_levels"]},
        alpha=alpha,
        correction=correction,
        **table,
    )


# --- tables as columns ---


def _objects(values):
    """An object array of ``values``."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def _columns(X, name):
    """A dict of the columns of a frame, by name, or of an array, by position."""
    X = plain_rows(X, name)
    if sparse.issparse(X):
        raise TypeError(f"{name} is sparse; this test needs dense columns: pass {name}.toarray().")
    if hasattr(X, "columns"):
        names = list(X.columns)
        if len(set(names)) < len(names):
            raise ValueError(f"{name} has several columns of the same name: {names[:10]}. Rename them.")
        columns = {column: X[column] for column in names}
    else:
        array = np.asarray(X) if hasattr(X, "shape") else np.array(X, dtype=object)  # numbers beside strings stay so
        if array.ndim != 2:
            raise ValueError(f"{name} must have two dimensions; got the shape {array.shape}.")
        columns = {j: array[:, j] for j in range(array.shape[1])}
    if not columns or n_rows(X) == 0:
        raise ValueError(f"{name} has {n_rows(X)} row(s) and {len(columns)} column(s); at least one of each is needed.")
    return columns


def _check_alike(source, target):
    """Raise unless both tables have the same columns."""
    if set(source) == set(target):
        return
    only = [sorted(set(a) - set(b), key=str)[:5] for a, b in ((source, target), (target, source))]
    raise ValueError(
        f"Both samples need the same columns: only X_source has {only[0]}, only X_target {only[1]} "
        f"(of {len(source)} and {len(target)} columns)."
    )


def _values(column):
    """The values that are not missing, and the number of rows; times as numbers of microseconds."""
    missing = missing_values(column)
    values = known_labels(column, ~missing, discrete=False)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype(np.int64)  # not nanoseconds, which end in the year 2262
    elif values.dtype.kind == "m":
        values = values.astype("timedelta64[us]").astype(np.int64)
    return values, len(missing)


def _holds_categories(column):
    """Whether a column of a frame says itself that its values are levels (pandas' or polars' categories)."""
    return str(getattr(column, "dtype", "")).lower().startswith(("categor", "enum"))


# --- one column ---


def _compare(name, source, target, categorical):
    """One row of the table."""
    (a, n_a), (b, n_b) = _values(source), _values(target)
    numeric = all(values.dtype.kind in "iuf" for values in (a, b) if len(values))
    categorical = categorical or any(_holds_categories(column) for column in (source, target))
    if numeric and not all(np.isfinite(values.astype(float)).all() for values in (a, b)):
        raise ValueError(f"Column {name!r} has infinite values. Replace them, by NaN for instance.")
    if numeric and len(a) and len(b):
        # of two values the exact test of categories: Kolmogorov and Smirnov's is conservative with such ties
        numeric = len(np.unique(np.concatenate([a.astype(float), b.astype(float)]))) > 2
    numeric = numeric and not categorical
    found = _compare_numbers(a, b) if numeric else _compare_categories(a, b)
    gone = np.array([[n_a - len(a), len(a)], [n_b - len(b), len(b)]])
    return {
        "feature": name,
        "kind": "number" if numeric else "category",
        **found,
        "missing_source": gone[0, 0] / n_a,
        "missing_target": gone[1, 0] / n_b,
        "missing_pvalue": _fisher(gone) if gone[:, 0].any() else 1.0,
    }


def _compare_numbers(a, b):
    """Kolmogorov-Smirnov, PSI over deciles of the source, and the Wasserstein distance."""
    if not len(a) or not len(b):
        return dict.fromkeys(("statistic", "pvalue", "psi", "wasserstein"), np.nan) | _unseen([], 0.0)
    from scipy.stats import ks_2samp, wasserstein_distance

    a, b = a.astype(np.float64), b.astype(np.float64)
    test = ks_2samp(a, b, method="exact" if len(a) * len(b) <= EXACT_PAIRS else "asymp")
    # inner edges: the outer bins are open; a frequent value is one edge
    edges = np.unique(np.quantile(a, np.linspace(0, 1, 11)[1:-1]))
    counts = [np.bincount(np.searchsorted(edges, v, side="right"), minlength=len(edges) + 1) for v in (a, b)]
    # of a constant source the deviation of all rows; centred, so that large offsets keep their digits
    centre, unit = a.mean(), a.std() or np.concatenate([a, b]).std() or 1.0
    return {
        "statistic": float(test.statistic),
        "pvalue": float(test.pvalue),
        "psi": stability_index(*counts),
        "wasserstein": float(wasserstein_distance((a - centre) / unit, (b - centre) / unit)),
        **_unseen([], 0.0),
    }


def _compare_categories(a, b):
    """Chi-squared or Fisher, PSI over the categories, and the categories that the source never has."""
    numbers = all(values.dtype.kind in "biuf" for values in (a, b) if len(values))
    both = [values.astype(float if numbers else str) for values in (a, b)]  # 1, 1.0 and True are one level
    levels, codes = np.unique(np.concatenate(both), return_inverse=True)
    counts = np.stack([np.bincount(part, minlength=len(levels)) for part in np.split(codes, [len(a)])])
    new = (counts[0] == 0) & (counts[1] > 0)
    if not len(a) or not len(b):
        nan = dict.fromkeys(("statistic", "pvalue", "psi", "wasserstein"), np.nan)
        return nan | _unseen(levels[new].tolist(), float(len(b) > 0))
    statistic, pvalue = _independence(_pool_rare(counts))
    return {
        "statistic": statistic,
        "pvalue": pvalue,
        "psi": stability_index(*counts),
        "wasserstein": np.nan,
        **_unseen(levels[new].tolist(), counts[1, new].sum() / len(b)),
    }


def _unseen(levels, share):
    return {"unseen": share, "unseen_levels": tuple(levels)}


def _pool_rare(counts):
    """Counts with the rarest levels joined until each is expected ``MIN_EXPECTED`` times in both samples."""
    counts = counts[:, np.argsort(counts.sum(axis=0), kind="stable")]
    expected = counts.sum(axis=0) * counts.sum(axis=1).min() / counts.sum()  # in the smaller sample, where it is least
    n_rare = int((expected < MIN_EXPECTED).sum())
    if n_rare and expected[:n_rare].sum() < MIN_EXPECTED:
        n_rare += 1  # the rest is rare too: the next level joins it
    if n_rare < 2:
        return counts
    return np.column_stack([counts[:, :n_rare].sum(axis=1), counts[:, n_rare:]])


def _independence(counts):
    """Chi-squared statistic and p-value of a table of two rows."""
    if counts.shape[1] < 2:
        return 0.0, 1.0
    from scipy.stats import chi2_contingency

    # two levels take Fisher's p-value, so that no continuity correction is needed
    statistic, pvalue, *_ = chi2_contingency(counts, correction=False)
    return float(statistic), _fisher(counts) if counts.shape[1] == 2 else float(pvalue)


def _fisher(table):
    """P-value of Fisher's exact test; 1 where a margin is empty."""
    from scipy.stats import fisher_exact

    return float(fisher_exact(table)[1]) if table.sum(axis=0).all() and table.sum(axis=1).all() else 1.0


def _adjust(values, missing, made, correction):
    """Both kinds of p-values, adjusted for the number of tests that were ``made``."""
    pvalues, made = np.concatenate([values, missing]), np.concatenate(made)
    # where nothing is missing no test is made, and none is paid for
    adjusted = np.where(np.isfinite(pvalues), 1.0, np.nan)
    adjusted[made] = correction(pvalues[made])
    return adjusted[: len(values)], adjusted[len(values) :]
