"""Joint distribution optimal transport: a plan and a predictor of target rows, each found from the other in turn."""

import warnings
from abc import abstractmethod
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from sktl._checks import Interval, check_parameters, import_extra
from sktl._core.transport import TRANSPORT, check_pairs, exact_plan, fixed_order, ground_cost, sinkhorn_plan, uniform
from sktl.base import validate_rows
from sktl.domains import user_level, warn_unconverged
from sktl.exceptions import EarlyStopWarning

SINKHORN_ITER = 10_000


@dataclass
class Rows:
    """Labelled source rows and all target rows, in a fixed order, with the labels as the child codes them.

    Attributes
    ----------
    X_source, X_target : ndarray or CSR matrix
        Rows.
    y_source, y_target : ndarray
        Their labels; those of ``y_target`` mean something where ``known``.
    known : ndarray of shape (n_target,), dtype bool
        Target rows whose label is known.
    cost : ndarray of shape (n_source, n_target)
        alpha times the distances.
    """

    X_source: np.ndarray
    y_source: np.ndarray
    X_target: np.ndarray
    y_target: np.ndarray
    known: np.ndarray
    cost: np.ndarray = field(repr=False)


class JointTransport:
    """What both joint transport estimators share: parameters, rows, and the alternation.

    A child implements ``_default_base``, ``_check_base``, ``_fit_base``, ``_losses`` and ``_refit``.
    """

    _constraints = TRANSPORT | {"alpha": (Interval(low=0, closed="neither"),)}

    def __init__(
        self,
        estimator=None,
        *,
        alpha=1.0,
        reg=0.0,
        metric="sqeuclidean",
        norm="median",
        max_iter=20,
        tol=1e-4,
    ):
        self.estimator = estimator
        self.alpha = alpha
        self.reg = reg
        self.metric = metric
        self.norm = norm
        self.max_iter = max_iter
        self.tol = tol

    @abstractmethod
    def _default_base(self):
        """Return the estimator that None stands for."""

    @abstractmethod
    def _check_base(self, base):
        """Raise if the estimator can't serve."""

    @abstractmethod
    def _losses(self, model, rows):
        """Loss of each source row's label against the prediction of each target row, (n_source, n_target)."""

    @abstractmethod
    def _refit(self, plan, rows):
        """Fit a clone of the estimator on the target rows, with the labels that the plan brings."""

    @abstractmethod
    def _fit_base(self, X, labels):
        """Fit a clone of the estimator on rows with coded labels."""

    def _base(self):
        return clone(self._default_base() if self.estimator is None else self.estimator)

    def _check_together(self, y):
        """Refuse, before any work, what can't be fitted with."""
        check_parameters(self)
        name = type(self).__name__
        if y is None:
            raise ValueError(f"{name} requires y to be passed, but the target y is None.")
        self._check_base(self._base())
        if self.reg == 0:
            import_extra("ot", "ot", f"{name}(reg=0), whose plans are exact,")

    def _fit(self, X, labels, domains):
        """Fit on all labelled rows where there is one domain, else on target rows in turn with the plan.

        ``labels`` has one code or number a row of ``X``, of which those of unlabelled rows mean nothing.
        """
        if domains.single:
            order = fixed_order(X, labels)
            self.estimator_ = self._fit_base(X[order], labels[order])
            self.plan_, self.n_iter_, self.objective_path_ = None, 1, np.zeros(0)
            return
        source = np.flatnonzero(domains.source & domains.labeled)
        target = np.flatnonzero(domains.target)
        self._check_rows_suffice(len(source), len(target))
        by_row = fixed_order(X[source], labels[source])
        by_column = fixed_order(X[target], np.where(domains.labeled, labels, -1)[target])
        source, target = source[by_row], target[by_column]
        cost = self.alpha * ground_cost(X[source], X[target], self.metric, self.norm)
        rows = Rows(X[source], labels[source], X[target], labels[target], domains.labeled[target], cost)
        plan = self._alternate(rows)
        self.plan_ = np.empty_like(plan)
        self.plan_[np.ix_(by_row, by_column)] = plan

    def _check_rows_suffice(self, n_source, n_target):
        name = type(self).__name__
        if n_source == 0:
            raise ValueError(
                f"{name} needs labelled source rows; there are none. Label some, or fit the estimator on the labelled "
                "target rows alone."
            )
        way_out = "Fit on a sample of the rows, a few thousand of each domain: new rows can still be predicted."
        check_pairs(n_source, n_target, way_out)

    def _alternate(self, rows):
        """Refit and transport in turn until the objective stops falling; store the model, return the plan."""
        model = self._fit_base(rows.X_source, rows.y_source)
        losses = self._losses(model, rows)
        found = self._transport(losses, rows)
        path, rise, settled = [found.objective], 0.0, False
        while not settled and len(path) <= self.max_iter:
            refitted = self._refit(found.plan, rows)
            after = self._losses(refitted, rows)
            rise = float(np.vdot(found.plan, after - losses))
            # a refit minimises its own loss and may raise the objective: then no plan is worth its time
            moved = self._transport(after, rows, found.potentials) if rise <= 0 else found
            settled = found.objective - moved.objective <= self._slack(path[0])
            if rise > 0 or moved.objective > found.objective:
                break
            model, losses, found = refitted, after, moved
            path.append(found.objective)
        self._warn(path, rise, settled)
        self.estimator_, self.objective_path_, self.n_iter_ = model, np.array(path), max(len(path) - 1, 1)
        return found.plan

    def _slack(self, objective):
        """Change of the objective that counts as none."""
        return self.tol * max(1.0, abs(objective))

    def _transport(self, losses, rows, start=None):
        """The plan that is optimal for given predictions."""
        n_source, n_target = losses.shape
        weights = uniform(n_source), uniform(n_target)
        if self.reg == 0:
            return exact_plan(rows.cost + losses, *weights)
        # inner plans a hundred times closer than the outer tolerance, so that its errors do not add up
        return sinkhorn_plan(rows.cost + losses, *weights, self.reg, 1e-2 * self.tol, SINKHORN_ITER, start)

    def _warn(self, path, rise, settled):
        """Say where the alternation brought nothing, or was cut short."""
        if len(path) == 1 and rise > self._slack(path[0]):
            warnings.warn(
                "Refitted on the target rows with the labels that the plan brings, the estimator raises the objective "
                f"({path[0]:.4g}) by {rise:.2g}: the one fitted on the source rows is kept. Regularise the estimator "
                "less, or choose one that fits the target rows better.",
                EarlyStopWarning,
                stacklevel=user_level(),
            )
        elif rise <= 0 and not settled:
            warn_unconverged(
                f"The objective still fell by {path[-2] - path[-1]:.2g} in iteration {len(path) - 1}, to "
                f"{path[-1]:.4g}. Raise max_iter or tol.",
            )

    def _check_new(self, X):
        """Rows to predict, checked against those of ``fit``."""
        check_is_fitted(self)
        return validate_rows(self, X, reset=False, accept_sparse="csr", dtype=np.float64)
