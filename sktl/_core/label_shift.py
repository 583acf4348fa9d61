"""Shift of the class shares: confusion matrices, class weights, calibration, and a prior by maximum likelihood."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import brentq, nnls
from scipy.special import log_softmax, softmax

SMALLEST = 1e-12  # a probability below it counts as it, so that its logarithm is finite


# --- from predictions to the moments that a label shift keeps ---


def joint_confusion(responses: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """C[i, j] = share of rows with prediction i and class j: the mean over rows of response_i [code = j]."""
    confusion = np.zeros((responses.shape[1], n_classes))
    for j in range(n_classes):
        confusion[:, j] = responses[codes == j].sum(axis=0)
    return confusion / len(codes)


def separation(responses: np.ndarray, codes: np.ndarray, n_classes: int) -> tuple[float, float]:
    """Smallest singular value of P(prediction | class), and the sampling error that it stands against.

    The error is that of the worst known column: the root of the variance of its class's responses over their number.
    """
    confusion = joint_confusion(responses, codes, n_classes)
    shares = confusion.sum(axis=0)
    columns = confusion / shares
    squares = np.bincount(codes, weights=np.sum(responses**2, axis=1), minlength=n_classes) / (shares * len(codes))
    variance = np.maximum(squares - np.sum(columns**2, axis=0), 0)
    return float(np.linalg.svd(columns, compute_uv=False)[-1]), float(np.sqrt(np.max(variance / (shares * len(codes)))))


# --- class weights from moments: w with C w = mean target response ---


def solve_bbse(confusion: np.ndarray, target_mean: np.ndarray) -> np.ndarray:
    """The solution of C w = mu (Lipton et al., 2018); what is negative is set to 0."""
    return np.maximum(np.linalg.solve(confusion, target_mean), 0)


def rlls_bound(n_classes: int, n_source: int, delta: float = 0.05) -> float:
    """Bound on the norm of the error of C, at confidence 1 - delta (Azizzadenesheli et al., 2019)."""
    log_term = np.log(2 * n_classes / delta)
    return float(3 * (2 * log_term / (3 * n_source) + np.sqrt(2 * log_term / n_source)))


def solve_rlls(confusion: np.ndarray, target_mean: np.ndarray, reg: float) -> np.ndarray:
    """Minimise ||C theta - b|| + reg ||theta|| over theta >= -1, with b = mu - C 1 (Azizzadenesheli et al., 2019).

    The norms are not squared. The minimisers of ||C theta - b||^2 + s ||theta||^2 over s trace the same frontier of the
    two norms, whose slope -s ||theta|| / ||C theta - b|| is monotone along it: the s where it is -reg gives theta.
    """
    offset = target_mean - confusion.sum(axis=1)
    size, scale = np.linalg.norm(offset), np.linalg.norm(confusion, 2)
    # a distance of rounding's size beside the mean is none
    if size <= 1e-14 * np.linalg.norm(target_mean) or np.linalg.norm(confusion.T @ offset) <= reg * size:
        return np.zeros(confusion.shape[1])

    def ridge(log_s):  # in w = theta + 1 >= 0, a non-negative least-squares problem
        root = np.exp(log_s / 2) * scale
        stacked = np.vstack([confusion, root * np.eye(confusion.shape[1])])
        w, _ = nnls(stacked, np.r_[target_mean, np.full(confusion.shape[1], root)])
        return w - 1

    def excess(log_s):  # log of the slope, minus that of reg
        theta = ridge(log_s)
        residual = np.linalg.norm(confusion @ theta - offset)
        sizes = np.maximum([np.linalg.norm(theta), residual], np.finfo(float).tiny)
        return log_s + 2 * np.log(scale) + np.log(sizes[0]) - np.log(sizes[1]) - np.log(reg)

    low, high = np.log(1e-14), np.log(1e7)  # beyond these, rounding hides the residual, or theta in 1 + theta
    if reg == 0 or excess(low) >= 0:  # even the unpenalised fit is not worth leaving
        return ridge(low)
    return np.zeros(confusion.shape[1]) if excess(high) <= 0 else ridge(brentq(excess, low, high, xtol=1e-10))


# --- whether the target can be a mixture of the source's classes ---


def moments_by_class(X, codes, n_classes: int):
    """Means and variances (n_classes, d) of the columns within classes, and numbers of rows; dense or CSR rows."""
    counts = np.bincount(codes, minlength=n_classes)
    members = sparse.csr_array((1 / counts[codes], (codes, np.arange(len(codes)))), shape=(n_classes, len(codes)))
    squares = X.multiply(X) if sparse.issparse(X) else np.square(X, dtype=np.float64)
    means, squares = (_dense(members @ Z) for Z in (X, squares))
    return means, np.maximum(squares - means**2, 0), counts


def _dense(X):
    return X.toarray() if sparse.issparse(X) else np.asarray(X)


def mixture_misfit(means, variances, counts, prior, X_target):
    """How far the mean of each column of the target lies from that of the mixture of classes with shares ``prior``.

    In standard deviations of the mixture, and in standard errors; both (d,).
    """
    own, spread, n_target = (part[0] for part in moments_by_class(X_target, np.zeros(X_target.shape[0], dtype=int), 1))
    expected = prior @ means
    deviation = np.sqrt(prior @ (variances + (means - expected) ** 2))
    error = np.sqrt(spread / n_target + (prior**2 / counts) @ variances)
    gap = np.abs(own - expected)
    tiny = np.finfo(float).tiny
    return gap / np.maximum(deviation, tiny), gap / np.maximum(error, tiny)


# --- calibration of held-out probabilities ---


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling with a bias a class: p = softmax(scale log p + bias).

    Attributes
    ----------
    scale : float
        1 / temperature.
    bias : ndarray of shape (n_classes,)
        Added to the scaled logarithms; 0 without bias correction.
    loss : float
        Mean negative log-likelihood of the rows it was fitted on, with the penalty.
    n_iter : int
        Newton steps.
    converged : bool
        Whether the gradient fell below the tolerance.
    """

    scale: float
    bias: np.ndarray
    loss: float
    n_iter: int
    converged: bool

    def __call__(self, proba: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, shape as given."""
        return softmax(self.scale * log_proba(proba) + self.bias, axis=1)


def log_proba(proba: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, finite and centred in each row (what a softmax can't see)."""
    logs = np.log(np.maximum(np.asarray(proba, dtype=np.float64), SMALLEST))
    return logs - logs.mean(axis=1, keepdims=True)


def calibration_loss(parameters, logs, codes, ridge):
    """Loss, gradient and Hessian in (scale, bias) of the mean negative log-likelihood with a ridge around (1, 0)."""
    scale, bias = parameters[0], parameters[1:]
    n = len(codes)
    log_p = log_softmax(scale * logs + bias, axis=1)
    p = np.exp(log_p)
    away = parameters - np.r_[1.0, np.zeros(len(bias))]
    loss = -log_p[np.arange(n), codes].mean() + 0.5 * ridge * away @ away
    residual = p.copy()
    residual[np.arange(n), codes] -= 1
    gradient = np.r_[np.sum(residual * logs) / n, residual.mean(axis=0)] + ridge * away
    mean_log = np.sum(p * logs, axis=1, keepdims=True)
    hessian = ridge * np.eye(len(parameters))
    hessian[0, 0] += np.sum(p * (logs - mean_log) ** 2) / n
    hessian[0, 1:] += np.mean(p * (logs - mean_log), axis=0)
    hessian[1:, 0] = hessian[0, 1:]
    hessian[1:, 1:] += np.diag(p.mean(axis=0)) - p.T @ p / n
    return loss, gradient, hessian


def fit_calibration(proba, codes, *, bias=True, tol=1e-10, max_iter=100) -> Calibration:
    """Maximum likelihood for scale and (with ``bias``) biases, by Newton's method with step halving.

    A ridge of 0.01 / n keeps the parameters finite where the held-out probabilities separate the classes.
    """
    logs, ridge = log_proba(proba), 0.01 / len(codes)
    parameters = np.r_[1.0, np.zeros(logs.shape[1])]
    free = np.r_[True, np.full(logs.shape[1], bias)]
    loss, gradient, hessian = calibration_loss(parameters, logs, codes, ridge)
    for n_iter in range(max_iter + 1):
        if np.abs(gradient[free]).max() <= tol or n_iter == max_iter:
            break
        step = np.zeros(len(parameters))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], -gradient[free])
        # Armijo's rule: a ten-thousandth of what the slope promises will do
        length, wanted = 1.0, 1e-4 * gradient @ step
        while True:
            new = calibration_loss(parameters + length * step, logs, codes, ridge)
            # rounding of the loss must not look like a step uphill; a step of 1e-8 moves no printed digit
            if new[0] <= loss + length * wanted + 1e-15 * abs(loss) or length < 1e-8:
                break
            length /= 2
        parameters, (loss, gradient, hessian) = parameters + length * step, new
    converged = bool(np.abs(gradient[free]).max() <= max(tol, 1e-8))
    return Calibration(float(parameters[0]), parameters[1:], float(loss), n_iter, converged)


# --- maximum likelihood ---


@dataclass(frozen=True)
class PriorSolution:
    """What :func:`em_prior` returns.

    Attributes
    ----------
    prior : ndarray of shape (n_classes,)
        Class shares, summing to 1.
    gap : float
        The mean log-likelihood lies at most this far below its maximum.
    n_iter : int
        Steps done.
    converged : bool
        Whether ``gap <= tol``.
    """

    prior: np.ndarray
    gap: float
    n_iter: int
    converged: bool


def em_prior(proba, source_prior, *, tol=1e-8, max_iter=10_000) -> PriorSolution:
    """Maximise mean log sum_j q_j p_j(x) / pi_j over the simplex, by the EM of Saerens et al. (2002) from q = pi.

    With D_j the mean of (p_j / pi_j) / sum_l q_l p_l / pi_l, a step is q_j D_j. The likelihood is concave and D its
    gradient, so that max_j D_j - 1 bounds what is left to gain.
    """
    ratios = proba / source_prior
    prior = source_prior / source_prior.sum()
    for n_iter in range(max_iter + 1):
        gradient = (1 / (ratios @ prior)) @ ratios / len(ratios)
        gap = float(max(gradient.max() - 1, 0))
        if gap <= tol or n_iter == max_iter:
            break
        prior = prior * gradient
        prior /= prior.sum()
    return PriorSolution(prior, gap, n_iter, gap <= tol)


def correct_prior(proba: np.ndarray, class_weights: np.ndarray) -> np.ndarray:
    """Posterior under other class shares: p_j(x) w_j, scaled so that rows sum to 1 (Saerens et al., 2002).

    A row whose whole probability lies on classes of weight 0 keeps the shares that it had.
    """
    corrected = proba * class_weights
    total = corrected.sum(axis=1, keepdims=True)
    return np.where(total > 0, corrected / np.where(total > 0, total, 1), proba)
