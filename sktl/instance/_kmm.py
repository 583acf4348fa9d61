"""Kernel mean matching: weights under which the source has the target's mean in a kernel's feature space."""

from dataclasses import replace
from numbers import Integral

import numpy as np
from scipy.linalg import solve_triangular

from sktl._checks import KERNEL, Interval
from sktl._core.kernels import blocks, canonical_order, make_kernel, stack_samples
from sktl._core.linalg import pivoted_cholesky
from sktl._core.optimize import solve_box_slab_cvxpy, solve_box_slab_qp
from sktl.base import BaseRatioWeighter
from sktl.domains import warn_unconverged

FALLBACK_ROWS = 2000  # up to here cvxpy takes over under solver="auto" if the low-rank solver does not converge


def low_rank_programme(kernel, X_source, X_target, max_rank):
    """Pivoted Cholesky factor L of the source's kernel matrix, K ~ LL', and the coordinates of kappa in it.

    The mean of the target in feature space matters only through its part in the span of the source rows, and here of
    the pivots among them: kappa_i = (n_s / n_t) sum_j k(x_i, x_j), eq. (11) of [2], is exact where K = LL' is.
    """
    low_rank = pivoted_cholesky(kernel, X_source, max_rank)
    sums = kernel.row_sums(X_source[low_rank.pivots], X_target)
    return low_rank, low_rank.extend(sums * (X_source.shape[0] / X_target.shape[0]))


class KMM(BaseRatioWeighter):
    r"""Kernel mean matching: weight source rows so that their mean in feature space is close to the target's.

    With :math:`K_{ij} = k(x_i, x_j)` over the :math:`n_s` source rows and :math:`\kappa_i = \frac{n_s}{n_t}
    \sum_{j=1}^{n_t} k(x_i, x^t_j)` over the :math:`n_t` target rows, the weights solve

    .. math:: \min_w \tfrac12 w^\top (K + \lambda I) w - \kappa^\top w
              \quad\text{subject to}\quad 0 \le w_i \le B,\ |\tfrac1{n_s}\textstyle\sum_i w_i - 1| \le \varepsilon,

    which for :math:`\lambda` = ``reg`` = 0 brings the weighted mean of the source in the kernel's feature space as
    close to the target's as the bounds allow. No density is estimated, and no label is used.

    *When it helps*: the target's rows lie within the range of the source's but are distributed differently, p(y | x) is
    the same, and the model is too simple to fit p(y | x) everywhere. *When it hurts*: p(y | x) itself changes, the
    target lies outside the source (no weights can help then: ``overlap_`` is near 0), or the model is flexible enough
    without weights, which then only add variance. Columns must be on one scale: standardise first.

    It is not a transformer: pass it to :class:`ImportanceWeighted`, or use ``weights_`` yourself.

    Parameters
    ----------
    kernel : str or callable, default="rbf"
        A positive semi-definite pairwise kernel of scikit-learn ("rbf", "laplacian", "linear", "poly", "cosine", ...),
        or a callable that takes two samples and returns the matrix of kernel values. "rbf" and "laplacian" do not
        depend on the origin of the columns; the others do.
    gamma : float > 0, "auto", "median" or "scale", default="auto"
        Parameter of the "rbf", "laplacian", "poly" and "sigmoid" kernels, in 1 / squared (for "laplacian": absolute)
        units of X. With m the median squared distance between rows of both domains, "median" is 1 / (2 m), the usual
        heuristic, "auto" is 0.3 / m (see Notes), and "scale" is 1 / (n_features * X.var()).
    degree : float, default=3
        Degree of the "poly" kernel.
    coef0 : float, default=1
        Constant of the "poly" and "sigmoid" kernels.
    B : float > 0, default=1000.0
        Upper bound of a weight. Smaller ones keep single rows from dominating. From 1 on it bounds ``weights_`` too,
        which have mean 1.
    eps : float >= 0 or "auto", default="auto"
        How far the mean weight may be from 1. "auto" is the paper's (sqrt(n_s) - 1) / sqrt(n_s).
    reg : float >= 0, default=1.0
        Ridge, in units of the mean of k(x, x) over the source. 0 is the paper's programme; larger values draw the
        weights together.
    solver : {"auto", "low_rank", "cvxpy"}, default="auto"
        "low_rank": an active set method, and where that comes to no end an interior point method, on a pivoted
        Cholesky factor of K; no approximation as long as the rank of K is at most ``max_rank``. "cvxpy": the dense
        programme, O(n_s^3) time, O(n_s^2) memory. "auto": "low_rank", and cvxpy if that does not converge on up to
        2,000 source rows.
    max_rank : int >= 1, default=300
        Largest rank of the factor.
    max_samples : int >= 1, default=100_000
        Largest number of source rows in the programme, if ``reg`` > 0. The other source rows get the weights that its
        solution gives to new rows (see Notes), which are nearly those of the programme with all rows.
    tol : float > 0, default=1e-6
        Duality gap to stop at, relative to the objective. At 1e-6 single weights are right to about 1e-2.
    max_iter : int >= 1, default=100
        Largest number of iterations of the low-rank solver.
    clip : float or None, default=None
        1 or more: the largest weight allowed; the others are raised in proportion, so that the mean stays 1. Below 1: a
        quantile of the weights; larger ones are cut to it, then all are scaled to mean 1.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights in the order of the rows: mean 1 over source rows, 1 on target rows.
    overlap_ : float in [0, 1]
        Share of the target that the source covers: the mean of a held-out density ratio over source rows. Where it is
        far below 1, no weights are right.
    effective_sample_size_ : float
        How many equally weighted rows the source rows are worth: 1 / (1 / m + u^2), with m = (sum w)^2 / sum w^2 and u
        the share of the target that the source lacks for certain (1 - ``overlap_`` - two standard errors, at least 0).
    clipped_share_ : float
        Share of the source rows whose weight ``clip`` bounds.
    solution_ : record or None
        What the solver returned, before the weights are scaled to mean 1: ``x`` (n_source,), in the order of the source
        rows, ``objective``, ``gap`` (duality gap), ``relative_gap``, ``n_iter``, ``converged``. None if there is one
        domain.
    centers_ : ndarray or CSR matrix of shape (n_centers, n_features), or None
        Rows that carry the extension to new rows (see Notes): source rows, or for "cvxpy" all rows.
    dual_coef_ : ndarray of shape (n_centers,)
        Their coefficients: f(x) is the sum of dual_coef_ k(x, centers_).
    solver_ : str
        The solver used: "low_rank", "cvxpy", or "none" if there is one domain.
    rank_, residual_ : int, float
        Rank of the factor and the share of K's trace that it leaves out (0 for "cvxpy").
    gamma_, eps_ : float
        The values used.
    n_iter_ : int
        Iterations of the solver.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    ImportanceWeighted : Fits an estimator with these weights.

    Notes
    -----
    *Cost*: O(n_s r^2) an iteration (some 5 with a ridge, else 10 to 20), O(r (n_s + n_t) d) for the kernels and
    O(n_s r) memory, with the rank r <= ``max_rank``: linear in the rows. Beyond ``max_samples`` source rows each
    further row costs r kernel values.

    *Departure from the papers*: the ridge. As an estimator of the density ratio the programme without it is poor for
    every width of the kernel: its solution puts large weights on few rows. Mean squared error of the weights, scaled to
    sum 1, in 1e-6, for N(0, I) > N(e_1, I), 100 source and 1,000 target rows, 30 runs (``benchmarks/kmm.py``):

    =====================  =====  =====  ======  ======
    gamma * m, reg         d = 1  d = 5  d = 10  d = 20
    =====================  =====  =====  ======  ======
    constant weights         143    156     167     149
    0.1, 0                   790    440     285     225
    0.5 ("median"), 0       1360    387     247     178
    1.0, 0                  1190    312     211     151
    0.1, 1                    30     68      97     102
    **0.3 ("auto"), 1**       30     60      82      85
    0.5 ("median"), 1         33     62      82      83
    1.0, 1                    37     73      90      88
    =====================  =====  =====  ======  ======

    The weights minimise an error in feature space, not that of the ratio: they can serve their purpose (see the toy
    regression in the benchmark) even if they are far from the ratio. Rows that are equal get equal weights if ``reg`` >
    0.

    *New rows*: where a weight is within its bounds, the optimality conditions say :math:`\lambda w_i = f(x_i) - \nu`
    with :math:`f(x) = \frac{n_s}{n_t} \sum_j k(x, x^t_j) - \sum_i w_i k(x, x_i)` and the multiplier :math:`\nu` of the
    mean. ``predict_weights`` takes this for any x, cut to [0, B]: at the source rows it is the solution itself, before
    the scaling to mean 1. After "low_rank" f is projected on the span of ``centers_`` (equal at the source rows, and
    a few hundred kernel values per row). Without a ridge nothing ties the weights to x, and ``predict_weights`` raises.

    References
    ----------
    .. [1] J. Huang, A. Smola, A. Gretton, K. Borgwardt, B. Schoelkopf, "Correcting sample selection bias by unlabeled
       data", NIPS 2006.
    .. [2] A. Gretton, A. Smola, J. Huang, M. Schmittfull, K. Borgwardt, B. Schoelkopf, "Covariate shift by kernel mean
       matching", Dataset Shift in Machine Learning, MIT Press 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.instance import KMM
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (300, 1)), rng.normal(1, 1, (200, 1))])
    >>> y = np.concatenate([X[:300, 0] > 0.5, np.full(200, np.nan)])  # NaN: target rows
    >>> weights = KMM().fit(X, y).weights_[:300]
    >>> bool(weights[X[:300, 0] > 0].mean() > 2 * weights[X[:300, 0] < 0].mean())
    True
    """

    _constraints = KERNEL | {
        "B": (Interval(low=0, closed="neither"),),
        "eps": ("auto", Interval(low=0, high=1, closed="left")),
        "reg": (Interval(low=0),),
        "solver": ("auto", "low_rank", "cvxpy"),
        "max_rank": (Interval(Integral, 1),),
        "max_samples": (Interval(Integral, 1),),
        "tol": (Interval(low=0, closed="neither"),),
        "max_iter": (Interval(Integral, 1),),
    }

    def __init__(
        self,
        kernel="rbf",
        *,
        gamma="auto",
        degree=3,
        coef0=1,
        B=1000.0,
        eps="auto",
        reg=1.0,
        solver="auto",
        max_rank=300,
        max_samples=100_000,
        tol=1e-6,
        max_iter=100,
        clip=None,
    ):
        self.kernel = kernel
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.B = B
        self.eps = eps
        self.reg = reg
        self.solver = solver
        self.max_rank = max_rank
        self.max_samples = max_samples
        self.tol = tol
        self.max_iter = max_iter
        self.clip = clip

    @property
    def _most(self):
        return self.B if self.B >= 1 else np.inf  # below 1 no weights of mean 1 keep it

    def _weigh(self, X_source, X_target):
        order = canonical_order(X_source)  # so that the order in which the rows came can't matter
        X_source = X_source[order]
        kernel = make_kernel(
            self.kernel, self.gamma, stack_samples(X_source, X_target), degree=self.degree, coef0=self.coef0
        )
        self.gamma_ = kernel.params.get("gamma", np.nan)
        solution = self._solve(kernel, self._programme_rows(X_source), X_target)
        found = solution.x if len(solution.x) == len(order) else self._ratio(X_source)
        weights = np.empty(len(order))
        weights[order] = found
        self.solution_, self.n_iter_ = replace(solution, x=weights), solution.n_iter
        return weights

    def _programme_rows(self, X_source):
        """Rows whose weights the programme finds: all, or ``max_samples`` at even steps of the canonical order."""
        n = X_source.shape[0]
        if n <= self.max_samples or self.reg == 0:
            return X_source
        return X_source[np.linspace(0, n - 1, self.max_samples).astype(int)]

    def _weigh_nothing(self, X):
        self.solution_, self.solver_, self.rank_, self.residual_ = None, "none", 0, 0.0
        self.gamma_, self.eps_, self.n_iter_ = np.nan, np.nan, 0
        self.centers_, self.dual_coef_ = None, np.empty(0)

    def _ratio(self, X):
        if self._ridge == 0:
            raise ValueError(
                "KMM has weights for new rows only with a ridge: with reg=0 it finds the weights of the rows in "
                "fit, and no others. Set reg > 0 (default 1.0), or use a weighter that estimates the ratio, such "
                "as RULSIF."
            )
        parts = [self._kernel(X[rows], self.centers_) @ self.dual_coef_ for rows in blocks(X.shape[0])]
        return np.clip((np.concatenate(parts) - self._offset) / self._ridge, 0.0, self.B)

    def _solve(self, kernel, X_source, X_target):
        """The solver's record for the rows in this order."""
        n = X_source.shape[0]
        self.eps_ = (np.sqrt(n) - 1) / np.sqrt(n) if self.eps == "auto" else float(self.eps)
        if self.B + self.eps_ < 1:
            raise ValueError(
                f"B={self.B:g} keeps the mean weight below 1 - eps = {1 - self.eps_:.3g}: no weights are "
                "feasible. Raise B (above 1) or eps."
            )
        slab = (n * (1 - self.eps_), n * (1 + self.eps_))
        # in units of the kernel: one twice as large gives the same weights
        ridge = self.reg * float(kernel.diagonal(X_source).mean())
        if self.solver != "cvxpy":
            low_rank, kappa = self._low_rank(kernel, X_source, X_target)
            factor, pivots = low_rank.factor, low_rank.pivots
            self.solver_, self.rank_, self.residual_ = "low_rank", factor.shape[1], low_rank.residual
            solution = solve_box_slab_qp(factor, -factor @ kappa, self.B, slab, ridge, self.tol, self.max_iter)
            # f at the pivots is K_pp coef, with K_pp = L_p L_p': one triangular system
            coef = solve_triangular(factor[pivots], kappa - factor.T @ solution.x, lower=True, trans="T")
            self.centers_, self.dual_coef_ = X_source[pivots], coef
        if self.solver == "cvxpy" or (self.solver == "auto" and not solution.converged and n <= FALLBACK_ROWS):
            kappa = kernel.row_sums(X_source, X_target) * (n / X_target.shape[0])
            self.solver_, self.rank_, self.residual_ = "cvxpy", n, 0.0
            solution = solve_box_slab_cvxpy(kernel(X_source, X_source), -kappa, self.B, slab, ridge, self.tol)
            self.centers_ = stack_samples(X_source, X_target)
            self.dual_coef_ = np.concatenate([-solution.x, np.full(X_target.shape[0], n / X_target.shape[0])])
        self._kernel, self._ridge, self._offset = kernel, ridge, solution.multiplier
        if not solution.converged:
            warn_unconverged(
                f"KMM stopped after {solution.n_iter} iterations at a relative duality gap {solution.relative_gap:.1e}"
                f" (tol={self.tol:g}). Raise max_iter or reg, or scale X.",
            )
        return solution

    def _low_rank(self, kernel, X_source, X_target):
        try:
            return low_rank_programme(kernel, X_source, X_target, self.max_rank)
        except np.linalg.LinAlgError as error:
            raise ValueError(f"KMM needs a positive semi-definite kernel; kernel={self.kernel!r}: {error}") from error
