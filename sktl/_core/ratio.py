"""Least-squares density ratios p_target / p_source of Gaussian features: LSIF, uLSIF, RuLSIF."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import nnls

from sktl._core.distances import squared_distances
from sktl._core.kernels import blocks, median_distance, stack_samples, subsample

ROWS = 1024  # rows of a block of kernel features: 0.8 MB with 100 centres, which stays in the cache
WIDTHS = (0.1, 0.3, 1.0, 3.0, 10.0)  # gamma="auto" of least squares: in units of 1 / squared median distance
RIDGES = (0.01, 0.1, 1.0, 10.0)  # reg="auto"
LEFT_OUT = 2000  # rows of each domain that are left out in turn, at the most


# --- Gaussian features exp(-gamma |x - c|^2) of centres c ---


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
