"""The tests behind a report: each asks one question of two samples and answers with a distance and a p-value."""

import warnings

import numpy as np
from scipy.stats import norm, t
from sklearn.model_selection import KFold, StratifiedKFold

from sktl._core.kernels import Kernel
from sktl._core.two_sample import holm
from sktl.metrics import feature_shift_test, mmd_test

TEST_ROWS = 1000  # of each domain, for the kernel tests, whose cost grows with the square
N_PERMUTATIONS = 499  # smallest p-value: 0.002
MIN_ROWS = 10  # rows of each domain (and class) that a test needs
EXPLAINED = 0.2  # share of the distance that may be left where a test of many rows still finds some
HALVED = 0.5  # and where it finds none: with few rows it may only lack the power
CALIPER = 0.1  # standard deviations by which the labels of two rows may differ that are compared
N_FOLDS = 3  # of the concept test
MAX_MOMENTS = 0.1  # columns a row, up to which means and covariances of a domain are worth estimating


def n_relabellings(level):
    """Permutations of a test whose p-value is compared with a tenth of ``level``."""
    return max(N_PERMUTATIONS, int(np.ceil(20 / level)))


def sample_rows(rows, most, rng):
    """At most ``most`` of the row numbers, in their order."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def kernel_test(source, target, *, gamma="aggregate", n_permutations=N_PERMUTATIONS, seed=0, n_jobs=None):
    """Result of :func:`~sktl.metrics.mmd_test` on at most ``TEST_ROWS`` random rows a sample."""
    rng = np.random.default_rng(seed)
    parts = [Z[sample_rows(np.arange(len(Z)), TEST_ROWS, rng)] for Z in (source, target)]
    return mmd_test(*parts, gamma=gamma, n_permutations=n_permutations, n_jobs=n_jobs, random_state=seed)


def label_test(source, target, are_classes):
    """Statistic (Kolmogorov-Smirnov, or chi-squared) and p-value of the labels of both domains."""
    table = feature_shift_test(source[:, None], target[:, None], categorical_features=[0] if are_classes else None)
    return float(table.statistic[0]), float(table.pvalue[0])


def is_explained(residual, pvalue, whole, level):
    """Whether little of a distance ``whole`` is left: nothing that a test finds, or a fifth."""
    return residual <= (HALVED if pvalue > level else EXPLAINED) * whole


# --- could other class shares alone explain it? ---


def mixture_test(X_source, y_source, X_target, target_prior, *, gamma="median", seed=0):
    """MMD^2 that is left if source rows are drawn by the class shares of the target, and p-value; None of too few rows.

    Without replacement, so that the test keeps its level. ``y_source`` are codes 0, 1, ...
    """
    rng = np.random.default_rng(seed)
    classes = [rng.permutation(np.flatnonzero(y_source == code)) for code in range(len(target_prior))]
    used = target_prior > 0
    n_rows = min(len(rows) / share for rows, share in zip(classes, target_prior, strict=True) if share > 0)
    n_rows = min(n_rows, TEST_ROWS)
    counts = np.where(used, np.floor(n_rows * target_prior + 1e-9), 0).astype(int)
    drawn = np.concatenate([rows[:count] for rows, count in zip(classes, counts, strict=True)])
    if len(drawn) < 2 * MIN_ROWS:
        return None
    found = kernel_test(X_source[drawn], X_target, gamma=gamma, seed=seed)
    return found.statistic, found.pvalue


def within_classes_test(X_source, y_source, X_target, y_target, *, gamma="median", seed=0):
    """Mean MMD^2 within classes (by their target shares), and the smallest adjusted p-value; or None."""
    found, shares = [], []
    for code in np.unique(y_target):
        parts = X_source[y_source == code], X_target[y_target == code]
        if min(map(len, parts)) >= MIN_ROWS:
            result = kernel_test(*parts, gamma=gamma, seed=seed)
            found.append((result.statistic, result.pvalue))
            shares.append(len(parts[1]))
    if not found:
        return None
    distances, pvalues = np.transpose(found)
    return float(np.average(distances, weights=shares)), float(holm(pvalues).min())


def matched_test(X_source, y_source, X_target, y_target, *, gamma="median", seed=0):
    """MMD^2 between pairs of rows whose labels (numbers) agree, p-value, and the share of target rows in such pairs.

    Each row is in one pair at most. Pairs resemble each other more than random rows do, which can only make
    the p-value too large. None where there are too few pairs.
    """
    from scipy.optimize import linear_sum_assignment  # here, to keep `import sktl` quick

    rng = np.random.default_rng(seed)
    source, target = (sample_rows(np.arange(len(y)), TEST_ROWS, rng) for y in (y_source, y_target))
    reach = CALIPER * y_source.std()
    gaps = np.minimum(np.abs(y_source[source][:, None] - y_target[target]), reach)
    rows, columns = linear_sum_assignment(gaps)
    paired = gaps[rows, columns] < reach
    if paired.sum() < 2 * MIN_ROWS:
        return None
    pairs = X_source[source[rows[paired]]], X_target[target[columns[paired]]]
    found = kernel_test(*pairs, gamma=gamma, seed=seed)
    return found.statistic, found.pvalue, float(paired.sum() / len(target))


# --- could the rows explain the labels? ---


def expected_mean_test(X_source, y_source, weights, X_target, y_target):
    """Mean label of the target minus that which its rows let expect of the source's labels, and a p-value.

    What they let expect: a regression on the columns and their squares, plus the mean of its errors under density-ratio
    weights; right if p(y|x) is one and the regression or the weights are right (doubly robust).
    """
    from sklearn.linear_model import Ridge  # here, to keep `import sktl` quick

    def terms(X):
        return np.concatenate([X, X**2], axis=1)

    model, weights = Ridge().fit(terms(X_source), y_source), weights / weights.sum()
    errors, others = (y - model.predict(terms(X)) for X, y in ((X_source, y_source), (X_target, y_target)))
    left = others.mean() - weights @ errors
    deviation = np.sqrt(np.sum((weights * (errors - weights @ errors)) ** 2) + others.var() / len(others))
    return float(left), float(2 * norm.sf(abs(left) / deviation)) if deviation > 0 else 1.0


# --- could weights explain it? ---


def weighted_distance(source, weights, target, gamma):
    """MMD^2 (unbiased) between weighted source rows and target rows; no test has its level here."""
    kernel = Kernel("rbf", {"gamma": gamma})
    weights = weights / weights.sum()
    within = weights @ kernel(source, source) @ weights
    spread = np.sum(weights**2)
    n = len(target)
    other = (kernel(target, target).sum() - n) / (n * (n - 1))
    return float((within - spread) / (1 - spread) + other - 2 * weights @ kernel(source, target).mean(axis=1))


# --- could other scales and offsets alone explain it? ---


def align(source, target, is_number, *, axes=True):
    """Source rows with the target's means and covariances of the numbers.

    Deviations in place of covariances where rows are few, or ``axes`` False.
    """
    aligned, (A, B) = source.copy(), (Z[:, is_number] for Z in (source, target))
    if not is_number.any():
        return aligned
    if axes and is_number.sum() <= MAX_MOMENTS * min(len(A), len(B)):
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
