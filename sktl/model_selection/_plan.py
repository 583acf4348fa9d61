"""Which target rows to label next: to know a model's score there, or to make it better."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from sktl._checks import FOLDS, SEED, Interval, check_parameters, check_value
from sktl._core.kernels import canonical_order
from sktl._core.sampling import (
    difference_estimate,
    inclusion_probabilities,
    interval_of,
    one_a_stratum,
    spread_out,
)
from sktl._core.weights import column_scale
from sktl._threads import threads_by_size
from sktl.base import BaseOnLabeled, fit_on_domains, is_numeric, numeric_steps, on_missing_labels, respond
from sktl.domains import as_column, draw_rows, missing_values, one_column, plain_rows, read_domains
from sktl.model_selection._by_domain import LEARNER, check_numbers
from sktl.model_selection._losses import LOSSES, check_outputs, choose_loss
from sktl.model_selection._plan_losses import foresee

N_NEAREST = 10  # neighbours whose distance tells how dense the target is at a row
CONFIDENCE = (Interval(low=0, high=1, closed="neither"),)


@dataclass(frozen=True)
class PlannedScore:
    """A mean loss over the target's unlabelled rows, estimated from those that were labelled by a plan.

    Attributes
    ----------
    score : float
        Accuracy for the loss "zero_one", minus the mean loss for others.
    interval : (float, float)
    standard_error : float
    n : int
        Labels.
    """

    score: float
    interval: tuple
    standard_error: float
    n: int


class LabelPlanner(BaseOnLabeled):
    r"""Choose the target rows that are worth a label: to estimate a model's score, or to improve the model.

    ``purpose="score"``: with m(x) the loss expected of a row and s(x) its spread (by the model's own probabilities, or
    for regressors by a second model of the size of the errors), both fitted to the held-out losses of the source by a
    line whose slope is shrunk towards 0 by as much as chance explains it, rows are drawn with chances

    .. math:: \pi_i \propto (1 - u)\, s(x_i) / \bar s + u,

    u = ``uniform``, one from each stretch of the rows sorted by m that holds a chance of 1 in all (the pivotal method
    [2]_, which stratifies). Once they have labels, :meth:`estimate` is unbiased over draws, whatever m and s are worth:

    .. math:: \hat R = \frac1N \Big(\sum_{i=1}^N m(x_i) + \sum_{i\ \text{drawn}} \frac{\ell_i - m(x_i)}{\pi_i}\Big)

    (the Horvitz-Thompson estimate [1]_ of what was not expected; the weighted mean of the drawn losses alone, Hajek's,
    is not unbiased). ``purpose="model"``: one row after the other, with a chance in proportion to the model's
    uncertainty x the density of the target's rows x the squared distance to the nearest row that has a label or is
    chosen already.

    *When it helps*: for a score, where the model's confidence tells where it errs: with 20 or 40 labels it needed .76
    to .92 of the labels of random rows for the same error on the mean of each of six kinds of data (incomes .76, Office
    .88, reviews, hospitals, tables and digits .90), of .64 to .94 on three kinds that no choice was made on (bikes,
    mushrooms, newsgroups), and on single pairs up to 1.31 times. *When it hurts*: ``uniform`` below .5 where
    confidence says nothing of errors, or after a concept shift (0, the plain Neyman allocation: 1.5 to 1.8 times as
    many labels on reviews). For a model there was no gain over random rows on average (-3 to +8 points with 10 labels,
    within 3 from 20 on; ``benchmarks/label_plan.py``), and random rows, or those of ``purpose="score"``, give an
    unbiased score besides.

    Parameters
    ----------
    estimator : estimator object
        The model: classifier, regressor or pipeline; it is cloned.
    purpose : {"score", "model"}, default="score"
        What the labels are for.
    n : int >= 1, default=20
        Labels to ask for; of fewer unlabelled target rows all are chosen.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"}, default="auto"
        Loss whose mean is estimated. "auto": "zero_one" for classifiers, "squared_error" for regressors.
    uniform : float in [0, 1], default=0.75
        Share of the chances that is the same for all rows: 1 is a plain stratified sample; 0 believes in the spread.
    cv : int >= 2, default=5
        Folds of the source that tell what expected losses are worth.
    random_state : int, default=0
        Seed of the folds and of the draw.

    Attributes
    ----------
    indices_ : ndarray of int of shape (n_chosen,)
        Rows of ``X`` to label, all of the target and without a label, in the order in which they were drawn.
    inclusion_probabilities_ : ndarray of shape (n_chosen,) or None
        The chance that each of them had to be drawn; None for ``purpose="model"``.
    expected_loss_ : ndarray of shape (n_candidates,)
        m of all unlabelled target rows.
    slope_ : float
        How much of the loss that the model expects was believed: 0 none, 1 all of it.
    estimator_ : estimator object
        The fitted model.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    transfer_learning_curve : What labels are worth, once there are some.

    Notes
    -----
    ``cv`` + 1 fits, and for ``purpose="model"`` a search for neighbours. Predictions are those of the fitted model.

    References
    ----------
    .. [1] D. Horvitz, D. Thompson, "A generalization of sampling without replacement from a finite universe", 1952.
    .. [2] J.-C. Deville, Y. Tille, "Unequal probability sampling without replacement through a splitting method", 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.model_selection import LabelPlanner
    >>> rng = np.random.default_rng(0)
    >>> X, target = rng.normal(size=(600, 2)), np.arange(600) >= 300
    >>> truth = (X[:, 0] + 0.5 * rng.normal(size=600) > 0) * 1.0
    >>> y = np.where(target, np.nan, truth)
    >>> plan = LabelPlanner(LogisticRegression(), n=40).fit(X, y)
    >>> found = plan.estimate(truth[plan.indices_])  # the labels that were asked for
    >>> found.interval[0] < plan.score(X[target], truth[target]) < found.interval[1]
    True
    """

    _constraints = {
        "estimator": LEARNER,
        "purpose": ("score", "model"),
        "n": (Interval(Integral, 1),),
        "loss": ("auto", *LOSSES),
        "uniform": (Interval(low=0, high=1),),
        "cv": FOLDS,
        "random_state": SEED,
    }
    __metadata_request__fit = {"sample_domain": True}

    def __init__(self, estimator, purpose="score", n=20, *, loss="auto", uniform=0.75, cv=5, random_state=0):
        self.estimator = estimator
        self.purpose = purpose
        self.n = n
        self.loss = loss
        self.uniform = uniform
        self.cv = cv
        self.random_state = random_state

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Fit the model, and choose rows.

        Parameters
        ----------
        X : array-like, frame or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, as elsewhere.

        Returns
        -------
        self

        Warns
        -----
        SingleDomainWarning
            If there is one domain, all labelled: there is nothing to label then.
        """
        check_parameters(self)
        X, domains = plain_rows(X), read_domains(X, y, sample_domain)
        model = on_missing_labels(self.estimator)
        if domains.single or y is None:
            self.estimator_ = fit_on_domains(model, X, y, None)
            return self._store(np.arange(0), None, np.zeros(0), 0.0)
        y = one_column(y)
        check_outputs(type(self).__name__, self.estimator, y)
        self.estimator_ = fit_on_domains(model, X, y, domains.names)
        rows, loss = self._rows(X, domains), choose_loss(self.loss, self.estimator)
        name = "squared_error" if self.loss == "auto" else self.loss
        found = foresee(model, self.estimator_, name, loss, X, y, domains, rows, self.cv, self.random_state)
        rng = np.random.default_rng(self.random_state)
        if self.purpose == "model":
            chosen = self._spread_out(X, domains, rows, found.spread, rng)
            return self._store(rows[chosen], None, found.expected, found.slope)
        even = found.spread / found.spread.mean() if len(rows) else found.spread
        chances = inclusion_probabilities((1 - self.uniform) * even + self.uniform, self.n)
        chosen = one_a_stratum(chances, np.argsort(found.expected, kind="stable"), rng)
        part = rows[chosen]
        answers = respond(self.estimator_, draw_rows(X, part), domains.names[part], loss.method) if len(part) else None
        self._drawn = chosen, chances, found.spread, answers
        return self._store(part, chances[chosen], found.expected, found.slope)

    def estimate(self, y, alpha=0.05):
        """Score of the model on the target's unlabelled rows, from the labels of ``indices_``.

        Parameters
        ----------
        y : array-like of shape (n_chosen,)
            Labels of the rows ``indices_``, in this order.
        alpha : float in (0, 1), default=0.05
            1 minus the level of the interval.

        Returns
        -------
        PlannedScore
            ``score``, ``interval``, ``standard_error``.

        Raises
        ------
        ValueError
            If the plan was for a model, or there is not one label for each row.
        """
        check_is_fitted(self, "indices_")
        check_value("alpha", alpha, CONFIDENCE)
        if self.inclusion_probabilities_ is None:
            raise ValueError(
                "These rows were not drawn to estimate a score, so they would give a wrong one. Plan with "
                'purpose="score".'
            )
        y = as_column(y)
        if len(y) != len(self.indices_) or missing_values(y).any():
            raise ValueError(
                f"estimate needs the labels of the {len(self.indices_)} rows of indices_, in their order and none "
                f"missing; got {len(y)}, {int(missing_values(y).sum())} of them missing."
            )
        loss, (chosen, chances, spread, answers) = choose_loss(self.loss, self.estimator), self._drawn
        values = loss.of_rows(y, answers, getattr(self.estimator_, "classes_", None))
        mean, error = difference_estimate(values, self.expected_loss_, chances, chosen, spread)
        low, high = interval_of(mean, error, len(y), alpha)
        ends = sorted(float(loss.score(end)) for end in (low, high))
        return PlannedScore(float(loss.score(mean)), tuple(ends), error, len(y))

    def _store(self, indices, chances, expected, slope):
        """Keep what was chosen."""
        self.indices_, self.inclusion_probabilities_ = indices, chances
        self.expected_loss_, self.slope_ = expected, slope
        return self

    def _rows(self, X, domains):
        """The target's rows without a label; numbers in an order that does not depend on that of the table."""
        rows = np.flatnonzero(domains.target & ~domains.labeled)
        return rows[canonical_order(as_matrix(X, rows))] if len(rows) and is_numeric(X) else rows

    def _spread_out(self, X, domains, rows, uncertainty, rng):
        """Positions among ``rows``: uncertain ones in dense places, far from each other and from labelled rows."""
        for step in numeric_steps(self.estimator, X):
            X = step.transform(X)
        check_numbers(X, "A plan for a model", "which encodes them, as the estimator")
        known = np.flatnonzero(domains.target & domains.labeled)
        Z, near = as_matrix(X, rows), as_matrix(X, known)
        scale = column_scale(Z)
        Z, near = Z / scale, near / scale
        n_nearest = min(N_NEAREST, len(Z) - 1)
        if not n_nearest:
            return np.arange(len(Z))
        distances = NearestNeighbors(n_neighbors=n_nearest).fit(Z).kneighbors()[0].mean(axis=1)
        # a density's log falls with d log(distance); the plain inverse keeps single rows far out from being chosen
        dense = 1 / (distances + np.median(distances) + 1e-300)
        return spread_out(Z, uncertainty * dense, self.n, near, rng)

    def _router(self):
        return super()._router().add_self_request(self)


def as_matrix(X, rows):
    """Some rows of numbers as a dense array."""
    part = draw_rows(X, rows)
    return np.asarray(part.toarray() if sparse.issparse(part) else part, dtype=float)
