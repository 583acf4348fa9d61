"""Structural correspondence learning: what predicts the pivot features, in both domains, is a shared feature."""

from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from scipy.linalg import solve
from sklearn.utils.extmath import row_norms

from sktl._checks import N_JOBS, Interval, check_parameters
from sktl._core.linalg import conjugate_gradients
from sktl._core.pivots import best_features, common_features, counts_by_group, mutual_information, occurrences
from sktl._threads import threads_by_size
from sktl.domains import class_codes, warn_unconverged
from sktl.feature._pivots import (
    PIVOTS,
    domain_codes,
    left_vectors,
    on_all_columns,
    take_pivots,
    take_size,
)
from sktl.feature._stacked import StackedTransformer

MOST_PIVOTS, MOST_COMPONENTS = 100, 25  # benchmarks/text_features.py has the evidence
DENSE_FEATURES = 3000  # columns up to which the ridge predictors come from one Cholesky factor


def spread(X):
    """Mean of the rows, and their mean squared distance from it (0 where that is rounding)."""
    mean = np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
    energy = float((X.multiply(X) if sparse.issparse(X) else X * X).sum() / X.shape[0])
    # CSR rows are not centred: the difference of two moments, which rounding leaves above 0
    variance = energy - mean @ mean if sparse.issparse(X) else float(np.sum((X - mean) ** 2) / X.shape[0])
    return mean, variance if variance > 1e-12 * energy else 0.0


def norm_ratio(X, components):
    """Mean norm of the rows over that of the rows mapped onto the components; 1 where the latter is 0."""
    mapped = row_norms(np.asarray(X @ components.T)).mean(dtype=np.float64)
    return float(row_norms(X).mean(dtype=np.float64) / mapped) if mapped > 0 else 1.0


def ridge_predictors(X, occurs, ridge, mean, tol, max_iter):
    """Weights (d, m) of the least-squares predictors, with intercepts, of +1 (the pivot occurs) and -1.

    Returns also the number of iterations (1 for a direct solution) and whether they converged.
    """
    n, d = X.shape
    product = X.T @ occurs
    product = product.toarray() if sparse.issparse(product) else product
    # targets are 2 occurs - 1, and the intercept takes the constant
    right = 2 * (product / n - np.outer(mean, np.asarray(occurs.mean(axis=0)).ravel()))
    if d <= DENSE_FEATURES:
        gram = X.T @ X
        gram = gram.toarray() if sparse.issparse(gram) else gram
        # centred by the means alone, so that CSR rows stay CSR
        return solve(gram / n - np.outer(mean, mean) + ridge * np.eye(d), right, assume_a="pos"), 1, True

    def multiply(V):
        return X.T @ (X @ V) / n - np.outer(mean, mean @ V) + ridge * V

    return conjugate_gradients(multiply, right, tol, max_iter)


def huber_predictor(X, sign, ridge, tol, max_iter):
    """Weights (d,) of the predictor, with intercept, of ``sign`` under the modified Huber loss; and how it ended."""
    from scipy.optimize import minimize

    n, d = X.shape
    unit = 1 / np.sqrt(ridge)  # weights in this unit have a penalty of curvature 2

    def objective(v):
        margin = sign * (X @ (unit * v[:d]) + v[d])
        short = np.maximum(1 - margin, 0)
        linear = margin < -1
        slope = np.where(linear, -4.0, -2 * short) * sign / n
        value = np.where(linear, -4 * margin, short**2).mean() + v[:d] @ v[:d]
        return value, np.append(unit * (X.T @ slope) + 2 * v[:d], slope.sum())

    options = {"maxiter": max_iter, "gtol": tol, "ftol": 0.0, "maxfun": 10 * max_iter}  # only gtol and max_iter end it
    found = minimize(objective, np.zeros(d + 1), jac=True, method="L-BFGS-B", options=options)
    return unit * found.x[:d], found.nit, np.abs(found.jac).max() <= tol


class SCL(StackedTransformer):
    r"""Structural correspondence learning: new features that predict frequent features shared by the domains (pivots).

    m *pivots* are features that occur often in every domain. For each pivot l, a linear model learns from all rows,
    labelled or not, to tell from the other features whether the pivot occurs (t = 1) or not (t = -1):

    .. math:: w_l = \arg\min_w \frac{1}{n} \sum_i L(w^\top x_i + b, \; t_{il}) + \lambda \lVert w \rVert^2,

    with x_i the other features. The leading left singular vectors theta' of W = [w_1, ..., w_m] are directions that
    predict pivots, whichever domain their features belong to; a row becomes [x, c * theta x]. A feature *occurs* where
    it is positive: counts, tf-idf, indicators, or columns standardised to mean 0.

    *When it helps*: text, where different words of the domains predict the same pivots. *When it hurts*: few features;
    pivots that mean different things in the domains; and the new features are linear in x, so that a linear model gains
    only through its penalty. Logistic regression on tf-idf: Amazon reviews 79.3 % against 78.7 without (mean of 12
    pairs, the worst loses 2.4); 20 Newsgroups 86.1, 76.8 and 76.6 against 83.7, 70.7 and 76.7, but 76.5, 60.9 and 70.3
    with pivots by mutual information: words that separate the source's classes belong to its own topics
    (``benchmarks/text_features.py``; the defaults do well there).

    Parameters
    ----------
    n_components : int >= 1 or "auto", default="auto"
        Number of new features; "auto" is 25 or as many as there can be.
    n_pivots : int >= 1 or "auto", default="auto"
        Number m of pivots; "auto" is 100, at most half of the features.
    pivots : {"frequency", "mutual_information"}, default="frequency"
        Which of the features that occur in ``min_rows`` rows of every domain are pivots: the most frequent ones ([1]),
        or those whose occurrence has the most mutual information with the known labels (SCL-MI of [2], for classes).
    min_rows : int >= 1, default=5
        Number of rows of every domain in which a pivot must occur (half of the domain's rows, if that is fewer).
    loss : {"squared_error", "modified_huber"}, default="squared_error"
        L. "squared_error" is solved in closed form for all pivots at once; "modified_huber" (max(0, 1 - tz)^2 for
        tz >= -1, else -4 tz), the paper's, by L-BFGS for each.
    reg : float > 0, default=0.01
        Penalty lambda, in units of the mean squared distance of the rows from their mean.
    feature_scale : float >= 0, default=1.0
        Mean norm of the new features of a row, in units of the mean norm of the rows.
    stack : bool, default=True
        Whether the result is [x, new features]; otherwise only the new features.
    max_iter : int >= 1, default=1000
        Maximum number of iterations, for the solvers that iterate.
    tol : float > 0, default=1e-6
        Stop when the gradient is this small (relative to the start, for the squared loss).
    n_jobs : int or None, default=None
        Processes for the pivots, with the modified Huber loss (joblib).

    Attributes
    ----------
    pivots_ : ndarray of shape (n_pivots,)
        Columns that are pivots, best first.
    components_ : ndarray of shape (n_components, n_features)
        theta, zero on the pivots; rows of norm 1. Zero where nothing is left to explain.
    singular_values_ : ndarray of shape (n_components,)
        Singular values of W, in falling order.
    scale_ : float
        The factor c of the new features, scale_ * X @ components_.T.
    n_iter_ : int
        Largest number of iterations over the pivots; 1 for a direct solution.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    SFA : Counts joint occurrences instead of predicting them.
    MSDA : Predicts all features from all others, and is nonlinear.

    Notes
    -----
    *Cost*: squared loss, d <= 3,000: O(n d^2 + d^3) time and O(d^2) memory; beyond, conjugate gradients, two products
    of X with m vectors per iteration and O(d m) memory. Modified Huber: two products of X with a vector per pivot and
    iteration. The singular value decomposition costs O(d m^2). With ``stack``, CSR rows give a CSR result whose last
    columns are full.

    *Departures from the papers*: no pivot is used to predict another (in [1] a pivot is hidden from its own predictor
    only); the predictors have an intercept, without which the first direction is the mean row; the squared loss is the
    default; the scale of the new features is set by ``feature_scale`` for the whole block. Multiplying all rows by one
    number multiplies the result by it and changes nothing else. Several sources count as domains of their own.

    References
    ----------
    .. [1] J. Blitzer, R. McDonald, F. Pereira, "Domain adaptation with structural correspondence learning", EMNLP 2006.
    .. [2] J. Blitzer, M. Dredze, F. Pereira, "Biographies, Bollywood, boom-boxes and blenders: domain adaptation for
       sentiment classification", ACL 2007.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import SCL
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(SCL(n_components=1), OnLabeled(LogisticRegression()))
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

    _constraints = PIVOTS | {
        "pivots": ("frequency", "mutual_information"),
        "loss": ("squared_error", "modified_huber"),
        "reg": (Interval(low=0, closed="neither"),),
        "max_iter": (Interval(Integral, 1),),
        "tol": (Interval(low=0, closed="neither"),),
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        n_components="auto",
        *,
        n_pivots="auto",
        pivots="frequency",
        min_rows=5,
        loss="squared_error",
        reg=0.01,
        feature_scale=1.0,
        stack=True,
        max_iter=1000,
        tol=1e-6,
        n_jobs=None,
    ):
        self.n_components = n_components
        self.n_pivots = n_pivots
        self.pivots = pivots
        self.min_rows = min_rows
        self.loss = loss
        self.reg = reg
        self.feature_scale = feature_scale
        self.stack = stack
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Choose the pivots and learn the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels, missing on target rows. The known ones choose the pivots with ``pivots="mutual_information"``.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or a domain is not as described, there are fewer pivots or components than asked for, or
            there are no labels to choose pivots by.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain.
        ConvergenceWarning
            If ``max_iter`` ends the search for the predictors.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32])
        occurs = occurrences(X)
        ranked = self._rank(occurs, y, domains)
        self.pivots_, others = take_pivots(ranked, self.n_pivots, MOST_PIVOTS, X.shape[1], self.min_rows)
        size = take_size(self.n_components, MOST_COMPONENTS, len(self.pivots_), others.sum())
        W = self._predictors(X[:, others].astype(np.float64), occurs[:, self.pivots_])
        theta, self.singular_values_ = left_vectors(W, size)
        self.components_ = on_all_columns(theta, others, X.dtype)
        self.scale_ = self.feature_scale * norm_ratio(X, self.components_)
        self._n_features_out = size
        return self

    def _rank(self, occurs, y, domains):
        """Candidates, best first."""
        counts, sizes = counts_by_group(occurs, domain_codes(domains))
        candidates = common_features(counts, sizes, self.min_rows)
        frequency = (counts / sizes[:, None]).min(axis=0)
        if self.pivots == "frequency":
            return best_features(candidates, frequency)
        codes = class_codes(y, domains.labeled)
        if codes is None or codes.max() == 0:
            raise ValueError(
                "pivots='mutual_information' needs labels of at least two classes. Pass y, or pivots='frequency'."
            )
        counts, sizes = counts_by_group(occurs[np.flatnonzero(domains.labeled)], codes[domains.labeled])
        return best_features(candidates, mutual_information(counts, sizes), frequency)

    def _predictors(self, X, occurs):
        """W, one column a pivot."""
        W, self.n_iter_ = np.zeros((X.shape[1], occurs.shape[1])), 1
        mean, variance = spread(X)
        share = np.asarray(occurs.mean(axis=0)).ravel()
        varies = np.flatnonzero((share > 0) & (share < 1))  # the others need no predictor
        if variance == 0 or len(varies) == 0:
            return W
        ridge, occurs = self.reg * variance, occurs[:, varies]
        if self.loss == "squared_error":
            W[:, varies], self.n_iter_, converged = ridge_predictors(X, occurs, ridge, mean, self.tol, self.max_iter)
        else:
            signs = 2 * (occurs.toarray() if sparse.issparse(occurs) else occurs) - 1
            found = Parallel(n_jobs=self.n_jobs)(
                delayed(huber_predictor)(X, sign, ridge, self.tol, self.max_iter) for sign in signs.T
            )
            columns, iterations, ended = zip(*found, strict=True)
            W[:, varies], self.n_iter_, converged = np.column_stack(columns), max(iterations), all(ended)
        if not converged:
            warn_unconverged(
                f"The predictors of the pivots did not converge in max_iter={self.max_iter} iterations. Raise it, or "
                "raise tol or reg.",
            )
        return W

    def _new_features(self, X):
        return np.asarray(X @ self.components_.T.astype(X.dtype, copy=False)) * X.dtype.type(self.scale_)
