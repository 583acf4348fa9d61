"""How much of the target the source covers: the mean of a held-out density ratio over the source rows.

Where the source has rows wherever the target has some, the ratio p_target / p_source has mean 1 over the source. What
is missing from 1 is the share of the target that lies where the source has no rows, and no weight can bring it back.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit

from sktl._core.folds import fold_numbers
from sktl._core.held_out import domain_log_loss
from sktl._core.kernels import stack_samples, subsample
from sktl._core.weights import ratio_of_logs, within_scale

MOST_ROWS = 1000  # rows of each domain that are looked at: the error is then some 0.03 where the overlap is whole
WIDE = 100  # columns beyond which squares are left out, and an iteration takes the place of Newton's steps
WIDE_ROWS = 400  # rows of each domain that are looked at in wide tables
RIDGES = (100.0, 10.0, 1.0)  # in units of a standardised column: from nearly no difference to the likeliest one
N_FOLDS = 5
NEWTON_STEPS = 30
LONGEST_STEP = 5.0  # of the log-odds of any row: where the domains can be told apart, whole steps overshoot
TOL = 1e-3  # change of a row's log-odds below which a fit is over: a thousandth of the ratio decides nothing


@dataclass(frozen=True)
class Overlap:
    """What :func:`domain_overlap` found.

    Attributes
    ----------
    share : float
        Mean of the held-out ratio over source rows, at most 1.
    error : float
        Its standard error.
    """

    share: float
    error: float

    @property
    def missing(self) -> float:
        """Share of the target that the source lacks for certain: two standard errors are granted."""
        return max(1 - self.share - 2 * self.error, 0.0)


def domain_overlap(X_source, X_target) -> Overlap:
    """Overlap of two samples, dense or CSR, by logistic regressions that tell their rows apart.

    Of linear and quadratic ones under several ridges, that with the least held-out log-loss is believed: a ratio that
    is calibrated has the right mean, whatever it leaves out. Which rows are held out does not depend on their order.
    """
    rng, n_columns = np.random.RandomState(0), X_source.shape[1]
    most = WIDE_ROWS if n_columns > WIDE else MOST_ROWS
    samples = [X[subsample(X, most, rng)] for X in (X_source, X_target)]
    X, n = stack_samples(*samples), samples[0].shape[0]
    target = np.arange(X.shape[0]) >= n
    folds = fold_numbers(X, target, N_FOLDS, rng)
    outs = [folds == fold for fold in np.unique(folds)]
    if any(target[~out].all() or not target[~out].any() for out in outs):
        return Overlap(1.0, 0.0)  # of a row or two nothing can be said
    prior = np.log(target.sum() / n)
    found = [log_odds - prior for log_odds in _held_out_log_odds(X, target, outs, n_columns)]
    best = min(found, key=lambda log_ratio: domain_log_loss(log_ratio[~target], log_ratio[target]))
    ratio = ratio_of_logs(best[~target])
    return Overlap(float(min(ratio.mean(), 1.0)), float(ratio.std() / np.sqrt(n)))


def _held_out_log_odds(X, target, outs, n_columns):
    """Yield held-out log-odds of the rows, (n,), for each ridge, of linear and then of quadratic log-odds."""
    fit_all = _path_by_newton if n_columns <= WIDE else _path_by_iteration
    linear = standardised(X, target)
    yield from fit_all(linear, target, outs)
    if n_columns <= WIDE:
        linear = linear.toarray() if sparse.issparse(linear) else linear
        yield from fit_all(np.hstack([linear, standardised(linear**2, target)]), target, outs)


def standardised(X, target):
    """Columns in units of their deviation within the domains; dense ones are centred.

    That of all rows would grow with the gap, so that domains far apart would look near.
    """
    scale = within_scale(X[~target], X[target])
    if sparse.issparse(X):
        return sparse.csr_matrix(X.multiply(1 / scale), dtype=np.float64)
    return (X - X.mean(axis=0, dtype=np.float64)) / scale


def _path_by_newton(X, target, outs):
    """Held-out log-odds for each ridge; a fit starts where the last ridge's ended."""
    X = X.toarray() if sparse.issparse(X) else X
    rows = np.column_stack([X, np.ones(len(X))])
    log_odds = np.empty((len(RIDGES), len(X)))
    for out in outs:
        kept, y = rows[~out], target[~out].astype(float)
        coef = np.zeros(rows.shape[1])
        for k, ridge in enumerate(RIDGES):
            coef = newton_logistic(kept, y, ridge, coef)
            log_odds[k, out] = rows[out] @ coef
    return log_odds


def newton_logistic(rows, y, ridge, coef):
    """Coefficients of a logistic regression, from ``coef``; the last column, of ones, has no ridge."""
    penalty = np.full(len(coef), ridge)
    penalty[-1] = 1e-8  # keeps the system regular
    values = rows @ coef
    for _ in range(NEWTON_STEPS):
        p = expit(values)
        scaled = rows * np.sqrt(p * (1 - p))[:, None]
        hessian = scaled.T @ scaled  # one factor twice: BLAS then computes half of it
        hessian.flat[:: len(penalty) + 1] += penalty
        step = np.linalg.solve(hessian, rows.T @ (y - p) - penalty * coef)
        moved = rows @ step
        longest = np.abs(moved).max()
        length = min(1.0, LONGEST_STEP / max(longest, LONGEST_STEP))
        coef, values = coef + length * step, values + length * moved
        if longest**2 < TOL:  # what is left after a step of Newton's is at most about its square
            break
    return coef


def _path_by_iteration(X, target, outs):
    """The same for wide tables, by scikit-learn's limited-memory iteration."""
    from sklearn.linear_model import LogisticRegression  # slow to import, and not needed otherwise

    log_odds = np.empty((len(RIDGES), X.shape[0]))
    for out in outs:
        model = LogisticRegression(tol=1e-3, max_iter=1000, warm_start=True)
        for k, ridge in enumerate(RIDGES):
            model.set_params(C=1 / ridge).fit(X[~out], target[~out])
            log_odds[k, out] = model.decision_function(X[out])
    return log_odds


def covered_sample_size(weights, overlap: Overlap) -> float:
    """Kish's effective sample size of the weights, lowered by what the source lacks.

    m rows bring a standard error of 1 / sqrt(m), a missing share u of the target an error of up to u, that of 1 / u^2
    rows: 1 / size = 1 / Kish's + u^2.
    """
    return float(1 / (weights @ weights / weights.sum() ** 2 + overlap.missing**2))
