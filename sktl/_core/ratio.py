"""Density ratios p_target / p_source: their estimates from two samples, and what is done with weights."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import nnls
from sklearn.metrics.pairwise import euclidean_distances

from sktl._core.kernels import blocks, canonical_order, median_distance, stack_samples, subsample

ROWS = 1024  # rows of a block of kernel features: 0.8 MB with 100 centres, which stays in the cache
CURVATURE_ROWS = 10  # rows a feature that the curvature of a likelihood looks at, until more are needed
STEP_BACK = 0.99  # how far of the way to the boundary a step may go
SMALLEST = 1e-200  # sums of features below this are added up in logarithms
WIDTHS = (0.1, 0.3, 1.0, 3.0, 10.0)  # gamma="auto" of least squares: in units of 1 / squared median distance
RIDGES = (0.01, 0.1, 1.0, 10.0)  # reg="auto"
LEFT_OUT = 2000  # rows of each domain that are left out in turn, at the most
LARGEST_LOG = 300.0  # ratios are cut at exp of this, so that their squares stay finite


# --- weights, whatever they were estimated by ---


def clip_weights(weights, clip):
    """Weights cut at an upper bound, and the share of them that lay above it.

    The bound is the quantile ``clip`` of the weights for 0 < clip < 1, ``clip`` times their mean for clip >= 1; None
    cuts nothing.
    """
    if clip is None:
        return weights, 0.0
    bound = np.quantile(weights, clip) if clip < 1 else clip * np.mean(weights)
    return np.minimum(weights, bound), float(np.mean(weights > bound))


def effective_sample_size(weights) -> float:
    """Kish's (sum w)^2 / sum w^2: how many equally weighted rows the weights are worth."""
    return float(weights.sum() ** 2 / (weights @ weights))


def odds_to_ratio(p_target, n_source, n_target):
    """Density ratio p_target(x) / p_source(x) from P(target | x), by Bayes' rule."""
    return p_target / (1 - p_target) * (n_source / n_target)


# --- rows that are equal, and folds that keep them together ---


def equal_rows(X) -> np.ndarray:
    """A number for each row of ``X``, shared by equal rows, and the same in whatever order the rows come."""
    order = canonical_order(X)
    rows = X[order]
    if sparse.issparse(rows):
        differ = abs(rows[1:] - rows[:-1]).max(axis=1).toarray().ravel() > 0
    else:
        differ = (rows[1:] != rows[:-1]).any(axis=1)
    numbers = np.empty(len(order), dtype=int)
    numbers[order] = np.concatenate([[0], np.cumsum(differ)])
    return numbers


def fold_numbers(X, stratum, n_folds, rng) -> np.ndarray:
    """Fold of each row: equal rows in one fold, each ``stratum`` spread over all, whatever the order of the rows.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, d)
        Rows.
    stratum : ndarray of shape (n,), dtype bool
        Such as which rows are target rows. Equal rows of both kinds count as True.
    n_folds : int
        How many.
    rng : RandomState
        Shuffles.
    """
    numbers = equal_rows(X)
    of_group = np.zeros(numbers.max() + 1, dtype=bool)
    of_group[numbers[stratum]] = True
    shuffled = rng.permutation(len(of_group))
    shuffled = shuffled[np.argsort(of_group[shuffled], kind="stable")]
    folds = np.empty(len(of_group), dtype=int)
    folds[shuffled] = np.arange(len(of_group)) % n_folds
    return folds[numbers]


# --- Gaussian features exp(-gamma |x - c|^2) of centres c ---


def squared_distances(X, centers) -> np.ndarray:
    """Squared Euclidean distances, shape (n, n_centers), in double precision."""
    if sparse.issparse(X):
        return euclidean_distances(X.astype(np.float64), centers.astype(np.float64), squared=True)
    middle = centers.mean(axis=0, dtype=np.float64)  # rows far from 0 would lose their digits
    X, centers = X - middle, centers - middle
    left = np.column_stack([X, np.einsum("ij,ij->i", X, X), np.ones(len(X))])  # |x|^2 - 2 x'c + |c|^2 as one product
    right = np.column_stack([-2 * centers, np.ones(len(centers)), np.einsum("ij,ij->i", centers, centers)])
    distances = left @ right.T
    return np.maximum(distances, 0, out=distances)


def gaussian_features(distances, gamma) -> np.ndarray:
    """``exp(-gamma * distances)`` with one pass over memory less."""
    features = distances * -gamma
    return np.exp(features, out=features)


def gaussian_moments(X, centers, gammas, second=True):
    """Means over the rows of the features (n_gammas, b), and of their products (n_gammas, b, b), in one pass."""
    b = centers.shape[0]
    first, products = np.zeros((len(gammas), b)), np.zeros((len(gammas), b, b) if second else 0)
    for rows in blocks(X.shape[0], ROWS):
        distances = squared_distances(X[rows], centers)
        for k, gamma in enumerate(gammas):
            features = gaussian_features(distances, gamma)
            first[k] += features.sum(axis=0)
            if second:
                products[k] += features.T @ features
    return first / X.shape[0], products / X.shape[0]


def gaussian_expansion(X, centers, gamma, coef) -> np.ndarray:
    """``sum_l coef_l exp(-gamma |x - c_l|^2)`` at each row, in blocks."""
    parts = [gaussian_features(squared_distances(X[rows], centers), gamma) @ coef for rows in blocks(X.shape[0], ROWS)]
    return np.concatenate(parts)


# --- least squares: LSIF, uLSIF, RuLSIF ---


def least_squares_loss(ratio_source, ratio_target, alpha) -> float:
    """J = (1 - alpha)/2 mean_s r^2 + alpha/2 mean_t r^2 - mean_t r, eq. (4) of Yamada et al. without its constant.

    The Pearson divergence of the target from the mixture of share alpha is -J - 1/2.
    """
    mixture = (1 - alpha) * np.mean(ratio_source**2) + alpha * np.mean(ratio_target**2)
    return float(0.5 * mixture - np.mean(ratio_target))


@dataclass(frozen=True)
class LeastSquares:
    """Moments of the features of a least-squares density ratio.

    Attributes
    ----------
    source, target : ndarray of shape (b, b)
        Mean products of features over each sample, H_s and H_t.
    mean : ndarray of shape (b,)
        Mean features over the target, h.
    n_source, n_target : int
        Rows of each sample.
    alpha : float
        Share of the target in the denominator; 0 is the plain ratio.
    """

    source: np.ndarray
    target: np.ndarray
    mean: np.ndarray
    n_source: int
    n_target: int
    alpha: float

    @property
    def matrix(self):
        """H = alpha H_t + (1 - alpha) H_s, eq. (6) of Yamada et al."""
        return self.alpha * self.target + (1 - self.alpha) * self.source

    def solve(self, reg, nonnegative="ratio"):
        """Coefficients under the ridge ``reg``.

        "ratio": (H + reg I)^-1 h, whose ratio is cut at 0 afterwards; "coef": the same with negative coefficients set
        to 0; "exact": the minimiser over theta >= 0.
        """
        system = self.matrix + reg * np.eye(len(self.mean))
        if nonnegative == "exact":  # theta'A theta / 2 - h'theta = |L'theta - L^-1 h|^2 / 2 + constant
            lower = np.linalg.cholesky(system)
            return nnls(lower.T, solve_triangular(lower, self.mean, lower=True))[0]
        coef = cho_solve(cho_factor(system), self.mean)
        return coef if nonnegative == "ratio" else np.maximum(coef, 0)

    def leave_one_out(self, features_source, features_target, reg, nonnegative="ratio"):
        """Loss of rows under the solution without them, in closed form: J of :func:`least_squares_loss`.

        "exact" is judged as "coef", which has a closed form.
        """
        ratios = []
        for features, from_target in ((features_source, False), (features_target, True)):
            coef = self.leave_one_out_solutions(features, reg, from_target)
            coef = coef if nonnegative == "ratio" else np.maximum(coef, 0)
            ratios.append(np.maximum(np.einsum("ij,ij->i", features, coef), 0))
        return least_squares_loss(*ratios, self.alpha)

    def leave_one_out_solutions(self, features, reg, from_target):
        """Solve without each of the rows of one sample, (n, b): one factorisation and a rank-one update a row.

        Without row i the mean products of its sample are (n H - phi_i phi_i') / (n - 1), and the mean features of the
        target (n h - phi_i) / (n - 1): the matrix A = H' + reg I, with n / (n - 1) in place of 1 in that sample's part,
        is the same for all rows, and A - c phi_i phi_i' is inverted by Sherman and Morrison's formula.
        """
        n, share = (self.n_target, self.alpha) if from_target else (self.n_source, 1 - self.alpha)
        if n == 1:  # nothing would be left
            return np.broadcast_to(self.solve(reg), features.shape)
        own, other = (self.target, self.source) if from_target else (self.source, self.target)
        matrix = share * n / (n - 1) * own + (1 - share) * other + reg * np.eye(len(self.mean))
        factored = cho_factor(matrix)
        solved_mean = cho_solve(factored, self.mean)
        solved = cho_solve(factored, features.T).T
        plain = (n * solved_mean - solved) / (n - 1) if from_target else solved_mean
        c = share / (n - 1)
        lift = np.einsum("ij,ij->i", features, np.broadcast_to(plain, features.shape))
        leverage = np.einsum("ij,ij->i", features, solved)
        return plain + (c * lift / (1 - c * leverage))[:, None] * solved


@dataclass(frozen=True)
class LeastSquaresRatio:
    """A fitted least-squares density ratio.

    Attributes
    ----------
    centers : ndarray or CSR matrix of shape (b, d)
        Centres of the features.
    coef : ndarray of shape (b,)
        Their coefficients.
    gamma, reg : float
        The values used.
    loo_loss : float
        Leave-one-out loss; NaN if nothing was chosen by it.
    """

    centers: np.ndarray
    coef: np.ndarray
    gamma: float
    reg: float
    loo_loss: float

    def __call__(self, X) -> np.ndarray:
        """The ratio at the rows of ``X``, not below 0."""
        return np.maximum(gaussian_expansion(X, self.centers, self.gamma, self.coef), 0)


def fit_least_squares(
    X_source, X_target, rng, *, alpha=0.0, gamma="auto", reg="auto", n_centers=100, nonnegative="ratio"
):
    """Least-squares ratio of the target to the mixture of share ``alpha``; "auto" is chosen by leave-one-out."""
    centers = X_target[subsample(X_target, n_centers, rng)]
    gammas, regs = [gamma], [reg]
    if isinstance(gamma, str):
        gammas = np.array(WIDTHS) / median_distance(stack_samples(X_source, X_target), "euclidean") ** 2
    if isinstance(reg, str):
        regs = RIDGES
    _, source = gaussian_moments(X_source, centers, gammas)
    mean, target = gaussian_moments(X_target, centers, gammas)
    sizes = X_source.shape[0], X_target.shape[0]
    problems = [LeastSquares(*parts, *sizes, alpha) for parts in zip(source, target, mean, strict=True)]
    losses = np.full((len(gammas), len(regs)), np.nan)
    if losses.size > 1:
        left_out = [squared_distances(X[subsample(X, LEFT_OUT, rng)], centers) for X in (X_source, X_target)]
        for k, (width, problem) in enumerate(zip(gammas, problems, strict=True)):
            features = [np.exp(-width * distances) for distances in left_out]
            losses[k] = [problem.leave_one_out(*features, ridge, nonnegative) for ridge in regs]
    best = np.unravel_index(np.argmin(losses), losses.shape)
    ridge = float(regs[best[1]])
    coef = problems[best[0]].solve(ridge, nonnegative)
    return LeastSquaresRatio(centers, coef, float(gammas[best[0]]), ridge, float(losses[best]))


# --- maximum likelihood: KLIEP ---


@dataclass(frozen=True)
class MixtureSolution:
    """What :func:`solve_mixture` returns.

    Attributes
    ----------
    x : ndarray of shape (b,)
        The maximiser: not negative, of sum 1.
    objective : float
        Mean logarithm at ``x``.
    gap : float
        The maximum lies at most this far above ``objective``.
    n_iter : int
        Iterations done.
    converged : bool
        Whether ``gap <= tol``.
    """

    x: np.ndarray
    objective: float
    gap: float
    n_iter: int
    converged: bool


def solve_mixture(log_features, tol=1e-6, max_iter=100) -> MixtureSolution:
    """Maximise mean_j log sum_l x_l exp(log_features[j, l]) over x >= 0, sum x = 1.

    The same as to minimise -mean_j log(..) + sum x over x >= 0 alone (the optimum has sum 1), by Newton's method on
    the primal-dual barrier equations. With the gradient g of the mean logarithm at x, concavity bounds the distance to
    the maximum by max g - 1. The gradient is that of all rows; the second derivatives are those of 10 b rows, and of
    twice as many whenever the bound does not fall by half although the barrier has: O(m b + b^3) an iteration.
    """
    m, b = log_features.shape
    top, features = np.empty(m), np.empty_like(log_features)
    for rows in blocks(m, ROWS):  # each row in units of its largest entry: x does not change
        top[rows] = log_features[rows].max(axis=1)
        np.exp(log_features[rows] - top[rows, None], out=features[rows])
    spread = np.argsort(top, kind="stable")  # an order of the rows that does not depend on how they came
    stride = max(m // (CURVATURE_ROWS * b), 1)
    some = features if stride == 1 else features[spread[::stride]]
    x, z = np.full(b, 1.0 / b), np.ones(b)
    best, last = MixtureSolution(x, -np.inf, np.inf, 0, False), np.inf
    for n_iter in range(max_iter + 1):
        values = features @ x
        gradient = (1 / values) @ features / m
        gap = float(gradient.max() * x.sum() - 1)
        if gap < best.gap:
            objective = float(np.mean(np.log(values) + top) - np.log(x.sum()))
            best = MixtureSolution(x / x.sum(), objective, max(gap, 0.0), n_iter, gap <= tol)
        if best.converged or n_iter == max_iter:
            break
        if stride > 1 and gap > max(0.5 * last, 10 * (x @ z)):
            stride = max(stride // 2, 1)
            some = features if stride == 1 else features[spread[::stride]]
        last = gap
        scaled = some / (some @ x)[:, None]
        factored = cho_factor(scaled.T @ scaled / len(some) + np.diag(z / x))
        step = cho_solve(factored, gradient - 1)  # predictor: towards x z = 0
        dual = -z - z / x * step
        ahead = (x + _longest(x, step) * step) @ (z + _longest(z, dual) * dual)
        centre = (ahead / (x @ z)) ** 3 * (x @ z) / b
        target = centre - step * dual  # corrector
        step = cho_solve(factored, gradient - 1 + target / x)
        dual = target / x - z - z / x * step
        x, z = x + _longest(x, step) * step, z + _longest(z, dual) * dual
    return MixtureSolution(best.x, best.objective, best.gap, n_iter, best.converged)


def _longest(values, directions) -> float:
    """Largest step, at most 1, that keeps ``values`` positive."""
    shrinking = directions < 0
    if not shrinking.any():
        return 1.0
    return min(1.0, STEP_BACK * float(np.min(-values[shrinking] / directions[shrinking])))


def log_mean_features(X, centers, gammas) -> np.ndarray:
    """Log of the mean over the rows of exp(-gamma |x - c|^2), shape (n_gammas, b); no underflow."""
    total = np.full((len(gammas), centers.shape[0]), -np.inf)
    for rows in blocks(X.shape[0], ROWS):
        distances = squared_distances(X[rows], centers)
        nearest = distances.min(axis=0)
        for k, gamma in enumerate(gammas):
            part = np.log(gaussian_features(distances - nearest, gamma).sum(axis=0)) - gamma * nearest
            total[k] = np.logaddexp(total[k], part)
    return total - np.log(X.shape[0])


def log_features(X, centers, gamma, log_means) -> np.ndarray:
    """Log of exp(-gamma |x - c|^2) in units of exp(log_means), shape (n, b)."""
    logs = np.empty((X.shape[0], centers.shape[0]))
    for rows in blocks(X.shape[0], ROWS):
        np.subtract(squared_distances(X[rows], centers) * -gamma, log_means, out=logs[rows])
    return logs


def log_sum_expansion(X, centers, gamma, log_coef) -> np.ndarray:
    """Log of ``sum_l exp(log_coef_l - gamma |x - c_l|^2)`` at each row, in blocks; no underflow."""
    largest = log_coef.max()
    coef, parts = np.exp(log_coef - largest), []
    for rows in blocks(X.shape[0], ROWS):
        distances = squared_distances(X[rows], centers)
        total = gaussian_features(distances, gamma) @ coef
        far = total < SMALLEST  # digits are lost: once more, in logarithms
        if far.any():
            exponents = log_coef - largest - gamma * distances[far]
            top = exponents.max(axis=1)
            total = np.log(np.where(far, 1.0, total))
            total[far] = top + np.log(np.exp(exponents - top[:, None]).sum(axis=1))
        else:
            np.log(total, out=total)
        parts.append(total + largest)
    return np.concatenate(parts)


# --- log-ratios ---


def ratio_of_logs(log_ratio) -> np.ndarray:
    """exp, without overflow."""
    return np.exp(np.minimum(log_ratio, LARGEST_LOG))


def domain_log_loss(log_ratio_source, log_ratio_target):
    """Log-loss of telling the domains apart by their ratio, each domain counting half; log 2 for a ratio of 1.

    Rows stand along the last axis.
    """
    source, target = domain_log_losses(log_ratio_source, log_ratio_target)
    return source.mean(axis=-1) + target.mean(axis=-1)


def domain_log_losses(log_ratio_source, log_ratio_target):
    """Terms of :func:`domain_log_loss`, one a row."""
    return 0.5 * np.logaddexp(0, log_ratio_source), 0.5 * np.logaddexp(0, -log_ratio_target)


def held_out_log_ratios(log_ratio_at, X_source, X_target, options, n_folds, rng):
    """Log-ratios of held-out source rows and target rows, (n_options, n) each; None if rows are too few to hold out.

    ``log_ratio_at(X_source, X_target, option, X)`` fits both samples and returns the log-ratio at ``X``.
    """
    X = stack_samples(X_source, X_target)
    target = np.repeat([False, True], [X_source.shape[0], X_target.shape[0]])
    folds = fold_numbers(X, target, n_folds, rng)
    log_ratios = np.full((len(options), len(target)), np.nan)
    for fold in np.unique(folds):
        out = folds == fold
        kept_source, kept_target = X[~out & ~target], X[~out & target]
        if min(kept_source.shape[0], kept_target.shape[0]) >= 2:
            for k, option in enumerate(options):
                log_ratios[k, out] = log_ratio_at(kept_source, kept_target, option, X[out])
    judged = np.isfinite(log_ratios).all(axis=0)
    if not (judged & target).any() or not (judged & ~target).any():
        return None
    return log_ratios[:, judged & ~target], log_ratios[:, judged & target]


def held_out_losses(log_ratio_at, X_source, X_target, options, n_folds, rng) -> np.ndarray:
    """Log-loss of held-out rows (:func:`domain_log_loss`) for each option; infinite if rows are too few to hold out."""
    log_ratios = held_out_log_ratios(log_ratio_at, X_source, X_target, options, n_folds, rng)
    return np.full(len(options), np.inf) if log_ratios is None else domain_log_loss(*log_ratios)


def first_as_good(loss_source, loss_target) -> int:
    """First option whose loss is at most one standard error, of their difference, above the least one.

    The loss of an option is the mean of its row (n_options, n_source) plus that of its row (n_options, n_target).
    """
    best = np.argmin(loss_source.mean(axis=1) + loss_target.mean(axis=1))
    behind = [loss - loss[best] for loss in (loss_source, loss_target)]
    variance = sum(loss.var(axis=1) / loss.shape[1] for loss in behind)
    return int(np.flatnonzero(sum(loss.mean(axis=1) for loss in behind) <= np.sqrt(variance))[0])


def column_scale(*samples) -> np.ndarray:
    """Standard deviation of each column over the rows of all samples; 1 for a constant one."""
    X = np.concatenate(samples)
    scale = X.std(axis=0, dtype=np.float64)
    return np.where(scale > 1e-12 * np.abs(X).max(axis=0), scale, 1.0)
