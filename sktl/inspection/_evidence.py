"""The tests behind a report: each asks one question of two samples and answers with a distance and a p-value."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp, t
from sklearn.model_selection import KFold, StratifiedKFold

from sktl._core.kernels import Kernel, canonical_order, choose_gamma
from sktl.metrics import mmd

TEST_ROWS = 1000  # of each domain, for the permutation tests, whose cost grows with the square
N_PERMUTATIONS = 199  # smallest p-value: 0.005
MIN_ROWS = 10  # rows of each domain (and class) that a test needs
EXPLAINED = 0.1  # share of the distance that may be left where a test of many rows still finds some
HALVED = 0.5  # and where it finds none: with few rows it may only lack the power
N_FOLDS = 3  # of the concept test
MAX_MOMENTS = 0.1  # columns a row, up to which means and covariances of a domain are worth estimating


@dataclass(frozen=True)
class Evidence:
    """Answer to one question.

    Attributes
    ----------
    question : str
    statistic : float
    pvalue : float
    """

    question: str
    statistic: float
    pvalue: float


def sample_rows(rows, most, rng):
    """At most ``most`` of the row numbers, in their order."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def two_sample_test(source, target, seed=0):
    """MMD^2 (unbiased, median width) and its p-value by random relabellings."""
    rng = np.random.default_rng(seed)
    source, target = (Z[sample_rows(np.arange(len(Z)), TEST_ROWS, rng)] for Z in (source, target))
    X, n = np.concatenate([source, target]), len(source)
    order = canonical_order(X)
    is_target = (np.arange(len(X)) >= n)[order]
    kernel = Kernel("rbf", {"gamma": choose_gamma("rbf", "median", X)})
    matrix = kernel(X[order], X[order])
    labels = np.column_stack([is_target, *(rng.permutation(is_target) for _ in range(N_PERMUTATIONS))])
    signs = np.where(labels, 1 / len(target), -1 / n)
    statistics = np.einsum("ij,ij->j", signs, matrix @ signs)
    pvalue = np.mean(statistics >= statistics[0] * (1 - 1e-9))
    return mmd(source, target), float(pvalue)


def column_pvalue(column, target):
    """P-value that a column has one distribution: Kolmogorov-Smirnov for numbers, chi-squared for texts."""
    parts = [
        column.values[rows & ~column.missing] if column.is_number else column.values[rows] for rows in (~target, target)
    ]
    if column.is_number:
        return float(ks_2samp(*parts, method="asymp").pvalue)
    return counts_pvalue(*parts)


def counts_pvalue(source, target):
    """P-value of the chi-squared test that values occur equally often; the rare ones are taken together."""
    levels, codes = np.unique(np.concatenate([source, target]).astype(str), return_inverse=True)
    counts = np.stack([np.bincount(part, minlength=len(levels)) for part in np.split(codes, [len(source)])])
    rare = counts.sum(axis=0) * min(len(source), len(target)) < 5 * len(codes)
    counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
    counts = counts[:, counts.sum(axis=0) > 0]
    return float(chi2_contingency(counts, correction=False)[1]) if counts.shape[1] > 1 else 1.0


def holm(pvalues):
    """P-values adjusted so that the chance of one false alarm among them is bounded (Holm 1979)."""
    pvalues = np.asarray(pvalues, dtype=float)
    order = np.argsort(pvalues)
    steps = np.maximum.accumulate(pvalues[order] * np.arange(len(pvalues), 0, -1))
    adjusted = np.empty(len(pvalues))
    adjusted[order] = np.minimum(steps, 1)
    return adjusted


def is_explained(residual, pvalue, whole, level):
    """Whether little of a distance ``whole`` is left: nothing that a test finds, or a tenth."""
    return residual <= (HALVED if pvalue > level else EXPLAINED) * whole


# --- could other class shares alone explain it? ---


def mixture_test(X_source, y_source, X_target, target_prior, seed=0):
    """Distance that is left if source rows are drawn by the class shares of the target; None if too few are.

    Without replacement, so that the test keeps its level. ``y_source`` are codes 0, 1, ...
    """
    rng = np.random.default_rng(seed)
    classes = [rng.permutation(np.flatnonzero(y_source == code)) for code in range(len(target_prior))]
    used = target_prior > 0
    n_rows = min(len(rows) / share for rows, share in zip(classes, target_prior, strict=True) if share > 0)
    n_rows = min(n_rows, TEST_ROWS)
    counts = np.where(used, np.floor(n_rows * target_prior + 1e-9), 0).astype(int)
    drawn = np.concatenate([rows[:count] for rows, count in zip(classes, counts, strict=True)])
    return two_sample_test(X_source[drawn], X_target, seed) if len(drawn) >= 2 * MIN_ROWS else None


def within_classes_test(X_source, y_source, X_target, y_target, seed=0):
    """Mean distance within classes (by their target shares), and the smallest p-value times their number; or None."""
    found, shares = [], []
    for code in np.unique(y_target):
        parts = X_source[y_source == code], X_target[y_target == code]
        if min(map(len, parts)) >= MIN_ROWS:
            found.append(two_sample_test(*parts, seed))
            shares.append(len(parts[1]))
    if not found:
        return None
    distances, pvalues = np.transpose(found)
    return float(np.average(distances, weights=shares)), float(min(1, pvalues.min() * len(pvalues)))


# --- could other scales and offsets alone explain it? ---


def align(source, target, is_number):
    """Source rows with the target's means and covariances of the numbers (its deviations, where rows are few)."""
    aligned, (A, B) = source.copy(), (Z[:, is_number] for Z in (source, target))
    if not is_number.any():
        return aligned
    if is_number.sum() <= MAX_MOMENTS * min(len(A), len(B)):
        power = [_root(np.atleast_2d(np.cov(Z.T, bias=True)), sign) for Z, sign in ((A, -0.5), (B, 0.5))]
        mapped = (A - A.mean(axis=0)) @ power[0] @ power[1]
    else:
        deviation = A.std(axis=0)
        mapped = (A - A.mean(axis=0)) / np.where(deviation > 0, deviation, 1) * B.std(axis=0)
    aligned[:, is_number] = mapped + B.mean(axis=0)
    return aligned


def _root(covariance, power):
    """A power of a covariance matrix; directions without variance get 0."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-10 * max(values.max(), 0)
    scaled = np.zeros_like(values)
    scaled[kept] = values[kept] ** power
    return (vectors * scaled) @ vectors.T


# --- does the label follow from the row in the same way? ---


def concept_test(X, y, target, classes, seed=0):
    """How much better labels of the target are predicted by a model that is told the domain, and a p-value.

    Boosted trees on the pooled labelled rows, cross-fitted, once of the columns alone and once also of the domain and
    its products with the columns; a one-sided paired t-test of their losses on target rows. Where p(y|x) is one, being
    told can only add noise.

    Parameters
    ----------
    X : ndarray of shape (n_labeled, n_columns)
    y : ndarray of shape (n_labeled,)
        Codes of the classes, or numbers.
    target : ndarray of bool
    classes : ndarray or None
        None: numbers.
    seed : int

    Returns
    -------
    (float, float)
        Mean gain (log-loss, or squared error in variances of y), p-value.
    """
    folds = StratifiedKFold if classes is not None else KFold
    stratum = 2 * y + target if classes is not None else y
    n_folds = N_FOLDS if classes is None else int(np.clip(np.unique(stratum, return_counts=True)[1].min(), 2, N_FOLDS))
    told = np.column_stack([X, target, X * target[:, None]])
    weight = np.where(target, (~target).sum() / target.sum(), 1.0)
    gains = np.zeros(len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds
        splits = list(folds(n_folds, shuffle=True, random_state=seed).split(X, stratum))
    for train, test in splits:
        test = test[target[test]]
        if len(test):
            losses = [_losses(Z, y, train, test, weight, classes, seed) for Z in (X, told)]
            gains[test] = losses[0] - losses[1]
    gains = gains[target]
    spread = gains.std(ddof=1) / np.sqrt(len(gains))
    return float(gains.mean()), float(t.sf(gains.mean() / spread, len(gains) - 1)) if spread > 0 else 1.0


def _losses(X, y, train, test, weight, classes, seed):
    """Loss of boosted trees on each row of ``test``."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # slow to import

    options = {
        "max_iter": 20,
        "learning_rate": 0.2,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 10,
        "early_stopping": False,
        "max_bins": 31,  # weighted quantiles are slow to find
    }
    if classes is None:
        model = HistGradientBoostingRegressor(**options, random_state=seed).fit(X[train], y[train], weight[train])
        return (y[test] - model.predict(X[test])) ** 2 / max(y[train].var(), np.finfo(float).tiny)
    model = HistGradientBoostingClassifier(**options, random_state=seed).fit(X[train], y[train], weight[train])
    probability = np.full((len(test), len(classes)), 0.0)
    probability[:, model.classes_.astype(int)] = model.predict_proba(X[test])
    return -np.log(np.clip(probability[np.arange(len(test)), y[test].astype(int)], 1e-3, 1))
