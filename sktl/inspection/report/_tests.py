"""The tests behind a report: each asks one question of two samples and answers with a distance and a p-value."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp, kstwobign, norm, rankdata

from sktl._core.kernels import Kernel, choose_gamma, make_kernel
from sktl._core.source_weights import simplex_weights
from sktl._core.two_sample import holm
from sktl.metrics import feature_shift_test, mmd_test
from sktl.model_selection.evidence import label_folds

TEST_ROWS = 1000  # of each domain, for the kernel tests, whose cost grows with the square
N_PERMUTATIONS = 499  # smallest p-value: 0.002
FIRST_DRAWS = 99  # of them, after which a p-value above UNCLEAR is no evidence, whatever the others say
UNCLEAR = 0.2
MIN_ROWS = 10  # rows of each domain (and class) that a test needs
EXPLAINED = 0.2  # share of the distance that may be left where a test of many rows still finds some
HALVED = 0.5  # and where it finds none: with few rows it may only lack the power
CALIPER = 0.1  # standard deviations by which the labels of two rows may differ that are compared
N_FOLDS = 3  # of the models behind the tests with labels
MIN_SCORED = 5  # rows of a class in each domain whose scores are compared
REACH = 3.0  # deviations at which values are cut before a line is fitted
N_CENTRES = 100  # rows whose nearness a regression may use
N_KNOTS = 5  # of the bends of a column
MAX_PRODUCTS = 10  # columns up to which it may use their products: beyond, there are more than rows
PENALTIES = np.logspace(-1, 5, 13)  # of regressions on columns of deviation 1
RARE = 0.01  # smallest chance of a domain that is drawn anew: of a smaller one the rows say nothing sure
DRAWN_IN = 0.1, 0.9  # quantiles to which values are drawn in before a scale is estimated
SLACK = 3.0  # standard errors of a mean by which aligned values may lie apart
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
    # a share far below a row of the test bounds nothing, and its inverse may overflow
    shares = zip(classes, target_prior, strict=True)
    n_rows = min(TEST_ROWS, *(len(rows) / share for rows, share in shares if share * TEST_ROWS > 1e-9))
    # a share like .3 of 10 rows is 2.999...96 in floats, and means 3
    counts = np.where(used, np.floor(n_rows * target_prior + 1e-9), 0).astype(int)
    drawn = np.concatenate([rows[:count] for rows, count in zip(classes, counts, strict=True)])
    if len(drawn) < 2 * MIN_ROWS:
        return None
    found = kernel_test(X_source[drawn], X_target, gamma=gamma, seed=seed)
    return found.statistic, found.pvalue


def nearest_mixture(X_source, y_source, X_target, *, gamma="median", seed=0):
    """Class shares whose mixture of the source's classes is nearest to the target in MMD; codes are 0, 1, ..."""
    rng = np.random.default_rng(seed)
    rows, others = (sample_rows(np.arange(len(Z)), TEST_ROWS, rng) for Z in (X_source, X_target))
    X, codes = X_source[rows], y_source[rows]
    kernel = make_kernel("rbf", gamma, np.concatenate([X, X_target[others]]))
    members = (codes[:, None] == np.arange(y_source.max() + 1)).astype(float)
    counts = np.maximum(members.sum(axis=0), 2)
    # pairs of a row with itself, 1 of n, would make a rare class seem far from itself
    within = members.T @ kernel(X, X) @ members - np.diag(counts)
    within /= np.outer(counts, counts) - np.diag(counts)
    return simplex_weights(within, members.T @ kernel(X, X_target[others]).mean(axis=1) / counts)


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


def matched_pairs(y_source, y_target, seed=0):
    """Rows of the source and of the target whose labels (numbers) agree, and the share of target rows in such pairs.

    Each row is in one pair at most. None where there are too few pairs.
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
    return source[rows[paired]], target[columns[paired]], float(paired.sum() / len(target))


def matched_test(X_source, X_target, pairs, *, gamma="median", seed=0):
    """MMD^2 between the rows of :func:`matched_pairs`, and p-value.

    Pairs resemble each other more than random rows do, which can only make the p-value too large.
    """
    found = kernel_test(X_source[pairs[0]], X_target[pairs[1]], gamma=gamma, seed=seed)
    return found.statistic, found.pvalue


# --- could the rows explain the labels? ---


def expected_mean_test(X_source, y_source, weights, X_target, y_target):
    """Mean label of the target minus what its features predict by the source's labels, and a p-value.

    What they predict: a regression on the columns and their squares, plus the mean of its errors under density-ratio
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


def rescale(source, target, is_number, missing=None):
    """Source rows with the target's places and scales, of each column of numbers by itself.

    Means and deviations of the values drawn in to 80 % of them: tails without a variance do not decide. Filled gaps
    (``missing``, of both) count nowhere and stay where they are.
    """
    aligned = source.copy()
    gone = [np.zeros(Z.shape, dtype=bool) for Z in (source, target)] if missing is None else missing
    for j in np.flatnonzero(is_number):
        known = [Z[~holes[:, j], j] for Z, holes in zip((source, target), gone, strict=True)]
        drawn_in = [np.clip(values, *np.quantile(values, DRAWN_IN)) for values in known]
        deviation = max(drawn_in[0].std(), np.finfo(float).tiny)
        moved = (known[0] - drawn_in[0].mean()) / deviation * drawn_in[1].std() + drawn_in[1].mean()
        aligned[~gone[0][:, j], j] = moved if drawn_in[0].std() > 0 else known[0]
    return aligned


def lie_apart(source, target, shift, stretch):
    """Which columns have moved by ``shift`` deviations of the source, or been stretched by a factor of ``stretch``."""
    deviations = [np.maximum(part.std(axis=0), np.finfo(float).tiny) for part in (source, target)]
    moved = np.abs(target.mean(axis=0) - source.mean(axis=0)) >= shift * deviations[0]
    return moved | (np.abs(np.log(deviations[1] / deviations[0])) >= np.log(stretch))


def shapes_test(source, target):
    """Largest KS statistic between columns on one scale, and the adjusted p-value (Holm) of the clearest; NaN: missing.

    Values may lie apart by what the estimated scales are wrong (as Levy's distance has it): else columns of few values,
    each of which carries a share of the rows, would never be alike.
    """
    found = []
    for one, other in zip(source.T, target.T, strict=True):
        one, other = one[~np.isnan(one)], other[~np.isnan(other)]
        spread = other.std()
        slack = SLACK * np.sqrt(1 / len(one) + 1 / len(other)) * spread
        apart = max(
            ks_2samp(one + sign * slack, other, alternative=side, method="asymp").statistic
            for sign, side in ((1, "greater"), (-1, "less"))
        )
        effective = len(one) * len(other) / (len(one) + len(other))
        found.append((apart, kstwobign.sf(np.sqrt(effective) * apart)))
    statistics, pvalues = np.transpose(found)
    return float(statistics.max()), float(holm(pvalues).min())


def _root(covariance, power):
    """A power of a covariance matrix; directions without variance get 0."""
    values, vectors = np.linalg.eigh(covariance)
    # directions of rounding's size are noise
    kept = values > 1e-10 * max(values.max(), 0)
    scaled = np.zeros_like(values)
    scaled[kept] = values[kept] ** power
    return (vectors * scaled) @ vectors.T


# --- does the label follow from the row in the same way? ---


def concept_test(X, y, target, are_classes, seed=0, n_draws=N_PERMUTATIONS):
    """Whether labels depend on the domain beyond what the rows say: the largest of several statistics, and a p-value.

    Errors of two cross-fitted regressions on the rows, one of the labels, one of the domain, are multiplied: where
    p(y|x) is one the products have the mean zero (generalised covariance measure, Shah & Peters 2020), wherever one
    looks. One looks at all rows, along what a model of the source predicts, along each column, and near each row (a
    kernel); for the null, domains are drawn anew by what the rows predict of them (conditional randomisation, Candes et
    al. 2018), the errors of the labels staying. So a poor model of the labels costs power, not the level: that needs
    only one of the two regressions to be good, and where the rows do not differ, that of the domain is.

    Parameters
    ----------
    X : ndarray of shape (n_labeled, n_columns)
    y : ndarray of shape (n_labeled,)
        Codes of the classes, or numbers.
    target : ndarray of bool
    are_classes : bool
    seed, n_draws : int

    Returns
    -------
    (float, float)
        Correlation of the errors, the largest over the labels' responses; p-value.
    """
    gamma = choose_gamma("rbf", "median", np.clip(X, -REACH, REACH))
    F, both = basis(X, seed, gamma), np.column_stack([responses(y, are_classes), target])
    folds = label_folds(2 * y + target if are_classes else y, N_FOLDS, np.random.RandomState(seed), are_classes)
    expected, scores = np.empty_like(both), np.empty((len(y), both.shape[1] - 1))
    for fold in range(N_FOLDS):
        train, test = folds != fold, folds == fold
        expected[test] = expectation(F[train], both[train])(F[test])
        scores[test] = expectation(F[train & ~target], both[train & ~target, :-1])(F[test])
    errors, chance = both[:, :-1] - expected[:, :-1], np.clip(expected[:, -1], RARE, 1 - RARE)
    drawn = np.random.default_rng(seed).random((len(y), n_draws)) < chance[:, None]
    surprise = np.column_stack([target, drawn]) - chance[:, None]  # of the domains as they are, and as they might be
    correlations = [np.corrcoef(column, surprise[:, 0])[0, 1] for column in errors.T if column.std() > 0]
    # most questions have a clear no, for which a fifth of the draws will do
    first = _rank_of_largest(list(_dependence(errors, surprise[:, : FIRST_DRAWS + 1], scores, X, gamma)))
    if first <= UNCLEAR and n_draws > FIRST_DRAWS:
        first = _rank_of_largest(list(_dependence(errors, surprise, scores, X, gamma)))
    return float(np.abs(correlations).max(initial=0.0)), first


def _rank_of_largest(found):
    """P-value of the first of several statistics, each with its draws: of its least rank among the draws' least."""
    smallest = np.min([rankdata(-row, method="max") for row in found], axis=0)  # 1: none is as large
    return float(np.mean(smallest <= smallest[0]))


def _dependence(errors, surprise, scores, X, gamma="median"):
    """Yield squared sums of the products of errors and surprises, (1 + n_draws,) each, for each way to look."""
    near = np.clip(X, -REACH, REACH)
    near = near - near.mean(axis=0)
    kernel = make_kernel("rbf", gamma, near)(near, near)
    np.fill_diagonal(kernel, 0)  # a row's own product is no evidence
    products = [column[:, None] * surprise for column in errors.T]
    centred = scores - scores.mean(axis=0)
    yield sum(product.sum(axis=0) ** 2 for product in products)
    yield sum((score @ product) ** 2 for score, product in zip(centred.T, products, strict=True))
    yield sum(np.sum((near.T @ product) ** 2, axis=0) for product in products)
    yield sum(np.sum(product * (kernel @ product), axis=0) for product in products)


def responses(y, are_classes):
    """What stands for labels: an indicator of each class but the first, or normal scores, which no tail pulls at."""
    if are_classes:
        return (y[:, None] == np.unique(y)[1:]).astype(float)
    return norm.ppf((rankdata(y) - 0.5) / len(y))[:, None]


def basis(X, seed=0, gamma="median"):
    """Columns of what a regression may be made of: values, bends, squares, products, and nearness to some rows.

    The bends (hinges) of a column of few values stand at these, so that any function of it is within reach.
    """
    near = np.clip(X, -REACH, REACH)  # no tail decides a slope
    centres = near[np.sort(np.random.default_rng(seed).choice(len(near), min(N_CENTRES, len(near)), replace=False))]
    parts = [near, near**2, *map(_hinges, near.T), make_kernel("rbf", gamma, near)(near, centres)]
    if X.shape[1] <= MAX_PRODUCTS:
        one, other = np.triu_indices(X.shape[1], 1)
        parts.append(near[:, one] * near[:, other])
    columns = np.concatenate(parts, axis=1)
    columns = columns - columns.mean(axis=0)
    spread = columns.std(axis=0)
    kept = spread > 1e-10 * max(spread.max(initial=0), 1)  # a constant's rounding is no column
    return columns[:, kept] / spread[kept] if kept.any() else np.zeros((len(X), 1))


def _hinges(column):
    """max(0, x - knot) at inner values of a column, or at quantiles of one that has many."""
    values = np.unique(column)
    knots = values[1:-1] if len(values) <= N_KNOTS + 2 else np.quantile(column, np.linspace(0, 1, N_KNOTS + 2)[1:-1])
    return np.maximum(column[:, None] - np.unique(knots), 0)


def expectation(F, Y):
    """A function that predicts the columns of ``Y`` from a :func:`basis`: ridge, its penalties by leave-one-out.

    scikit-learn's RidgeCV by one decomposition for all penalties and columns: a fifth of the time.
    """
    centre, means = F.mean(axis=0), Y.mean(axis=0)
    values, vectors = np.linalg.eigh((F - centre).T @ (F - centre))
    kept = values > 1e-10 * values.max(initial=0)  # rounding; the least penalty is far above it
    values, vectors = values[kept], vectors[:, kept]
    U = (F - centre) @ (vectors / np.sqrt(values))
    along, squares = U.T @ (Y - means), U**2
    best, coef = np.full(Y.shape[1], np.inf), np.zeros((len(values), Y.shape[1]))
    for penalty in PENALTIES:
        shrunk = values / (values + penalty)
        left = Y - means - U @ (shrunk[:, None] * along)
        error = np.mean((left / (1 - 1 / len(F) - squares @ shrunk)[:, None]) ** 2, axis=0)
        better = error < best
        best[better] = error[better]
        coef[:, better] = (np.sqrt(values) / (values + penalty))[:, None] * along[:, better]
    return lambda G: means + (G - centre) @ (vectors @ coef)


# --- does the row follow from the label in the same way? ---


def source_scores(X, codes, target, n_classes=None, seed=0):
    """What a model of the source's labels says of every row, one column a class; cross-fitted on the source.

    Of numbers (``n_classes`` None) one column: their normal score.
    """
    rows, F = np.flatnonzero(~target & ~np.isnan(codes)), basis(X, seed)
    y = codes[rows]
    Y = responses(y, False) if n_classes is None else (y[:, None] == np.arange(n_classes)).astype(float)
    rng = np.random.RandomState(seed)
    folds = rng.randint(N_FOLDS, size=len(X))  # a row is scored by one model, whichever its domain: a mean differs
    folds[rows] = label_folds(y, N_FOLDS, rng, n_classes is not None)
    scores = np.zeros((len(X), Y.shape[1]))
    for fold in range(N_FOLDS):
        model = expectation(F[rows[folds[rows] != fold]], Y[folds[rows] != fold])
        scores[folds == fold] = model(F[folds == fold])
    return scores


@dataclass(frozen=True)
class Left:
    """What is left of a difference of mean scores where labels agree.

    Attributes
    ----------
    left, pvalue : float
        The difference where labels agree; label shift leaves none.
    whole, whole_pvalue : float
        The difference before; other labels of the same rows make none.
    """

    left: float
    pvalue: float
    whole: float
    whole_pvalue: float


def scores_within_classes_test(scores, codes, target):
    """Whether rows of one class are scored alike in both domains: :class:`Left`; or None.

    Under label shift the mean score of the target is that of the source's classes at the target's shares; where the
    same rows get other labels it stays that of the source. Of the score whose difference from the former is clearest
    (p-value with classes as strata, Holm over the scores).
    """
    known = codes[~np.isnan(codes)].astype(int)
    counts = np.array([np.bincount(known[rows], minlength=scores.shape[1]) for rows in (~target, target)])
    used = np.flatnonzero(counts.min(axis=0) >= MIN_SCORED)
    if not len(used):
        return None
    share = counts[1, used] / counts[1, used].sum()
    parts = [[scores[(codes == code) & rows] for rows in (~target, target)] for code in used]
    left = share @ [other.mean(axis=0) - source.mean(axis=0) for source, other in parts]
    variance = share**2 @ [sum(part.var(axis=0, ddof=1) / len(part) for part in pair) for pair in parts]
    both = [np.concatenate([pair[i] for pair in parts]) for i in (0, 1)]
    whole = both[1].mean(axis=0) - both[0].mean(axis=0)
    pvalues, others = normal_pvalues(left, variance), normal_pvalues(whole, sum(z.var(axis=0) / len(z) for z in both))
    worst = int(np.argmin(pvalues))
    return Left(float(abs(left[worst])), float(holm(pvalues).min()), float(abs(whole[worst])), float(others[worst]))


def scores_of_pairs_test(score_source, score_target, pairs):
    """The same of numbers: whether rows whose labels agree (:func:`matched_pairs`) are scored alike."""
    gaps, both = score_target[pairs[1]] - score_source[pairs[0]], (score_source, score_target)
    whole = both[1].mean() - both[0].mean()
    pvalues = normal_pvalues(
        np.array([gaps.mean(), whole]), np.array([gaps.var(ddof=1) / len(gaps), sum(z.var() / len(z) for z in both)])
    )
    return Left(float(abs(gaps.mean())), float(pvalues[0]), float(abs(whole)), float(pvalues[1]))


def normal_pvalues(differences, variances):
    """Two-sided p-values of estimates by their sampling variances."""
    return 2 * norm.sf(np.abs(differences) / np.sqrt(np.maximum(variances, np.finfo(float).tiny)))


def scores_of_a_mixture_test(scores, codes, target, prior):
    """How far the target's scores are from source rows drawn by the class shares ``prior``, and before: KS, p, KS.

    The KS statistic between the target's scores and the source's weighted by class, the worst of all classes' scores;
    its p-value counts as many source rows as the weights are worth; and the unweighted statistic.
    """
    known = ~target & ~np.isnan(codes)
    of_class = codes[known].astype(int)
    share = np.bincount(of_class, minlength=len(prior)) / len(of_class)
    weights = (prior / np.where(share > 0, share, 1))[of_class]
    n = weights.sum() ** 2 / np.sum(weights**2)
    effective = n * target.sum() / (n + target.sum())
    columns = list(zip(scores[known].T, scores[target].T, strict=True))
    left = [_weighted_ks(source, weights, other) for source, other in columns]
    whole = [_weighted_ks(source, np.ones(len(source)), other) for source, other in columns]
    pvalues = [kstwobign.sf(np.sqrt(effective) * statistic) for statistic in left]
    worst = int(np.argmin(pvalues))
    return float(left[worst]), float(holm(np.array(pvalues)).min()), float(whole[worst])


def _weighted_ks(source, weights, other):
    """Largest distance between the distribution functions of weighted values and of others."""
    order, places = np.argsort(source, kind="stable"), np.sort(np.concatenate([source, other]))
    mass = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    below = mass[np.searchsorted(source[order], places, side="right")]
    return np.abs(below - np.searchsorted(np.sort(other), places, side="right") / len(other)).max()


# --- which rows predict better: as they are, or aligned? ---


def transfer_losses(X_source, y_source, X_target, y_target, are_classes, seed=0):
    """Squared errors on the target's labels, one a row, of a model of the source's rows."""
    Y = responses(np.concatenate([y_source, y_target]), are_classes)
    F, n = basis(np.concatenate([X_source, X_target]), seed), len(y_source)
    expected = np.clip(expectation(F[:n], Y[:n])(F[n:]), Y[:n].min(axis=0), Y[:n].max(axis=0))  # no extrapolation
    return np.mean((Y[n:] - expected) ** 2, axis=1)
