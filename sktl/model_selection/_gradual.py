"""Stepping stones: self-training along intermediate domains, where source and target are too far apart for one step."""

from numbers import Integral

import numpy as np
from scipy.sparse.csgraph import dijkstra
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sktl._checks import check_number, import_extra
from sktl.base import BaseTransferClassifier
from sktl.domains import TARGET
from sktl.model_selection._sources import make_metric

ROUTES = ("auto", "given")
MAX_TRANSPORT = 2000  # rows of a domain between which a transport plan is made: 32 MB


def shortest_route(distances):
    """Nodes from the first to the last one, along which the sum of the distances is smallest."""
    lengths = np.maximum(distances, 1e-6 * max(np.max(distances), 1))  # scipy takes 0 for "no edge"
    _, before = dijkstra(lengths, indices=0, return_predecessors=True)
    route = [len(distances) - 1]
    while route[0] != 0:
        route.insert(0, int(before[route[0]]))
    return route


def confidence(model, X):
    """How sure a classifier is of each row: its largest probability, or how far the best decision value is ahead."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X).max(axis=1)
    values = model.decision_function(X)
    if values.ndim == 1:
        return np.abs(values)
    top = np.partition(values, -2, axis=1)
    return top[:, -1] - top[:, -2]


def most_confident(confidences, drop):
    """Mask without the share ``drop`` of the least confident rows."""
    kept = np.ones(len(confidences), dtype=bool)
    kept[np.argsort(confidences, kind="stable")[: int(drop * len(confidences))]] = False
    return kept


def _base_has(name):
    """Check for ``available_if``: whether the classifier that is fitted has a method."""

    def check(self):
        getattr(self._base(), name)
        return True

    return check


class GradualSelfTraining(BaseTransferClassifier):
    r"""Self-training from domain to domain, along intermediate ones without labels, to the target.

    The source's model labels the rows of the next domain; a new model is fitted on these alone (the least confident
    share left out), and so on to the target:

    .. math:: f_0 = A(S), \qquad f_t = A(\{(x, f_{t-1}(x)) : x \in D_t\}), \qquad t = 1 \dots T.

    *When it helps*: the domains move gradually, so that each model errs little on the next domain, though the first one
    would fail on the last: sensors that age, portraits over decades, angles of view. Two moons turned by 90 degrees:
    98.8 %, against 22 from the source alone, and 60 with CORAL at best; digits turned by 60 degrees, with an SVM: 74.6,
    15 and 26 with TCA (``benchmarks/gradual.py``). *When it hurts*: rows are few at each step, or a step is so
    large that the labels go wrong, since every later model learns that; or nothing was wrong with the source model. And
    "auto" sees rows, not labels: domains that look alike with their classes exchanged are near each other to it.

    Parameters
    ----------
    estimator : classifier, default=None
        Fitted anew for each domain; it has ``predict_proba`` or ``decision_function``. Regularise it, or it learns its
        own labels by heart and does not move. None: ``LogisticRegression``.
    path : "auto", "given" or list, default="auto"
        The domains without labels to go through. "auto": those on the shortest path from source to target in the graph
        of domain distances; "given": all, in the order in which they first appear in the table; or their names in
        order.
    drop : float in [0, 1), default=0.1
        Share of a domain's rows, the least confident ones, that are left out.
    metric : callable, default=None
        Distance of two samples for "auto"; None: the squared MMD of rows in common units, which adds up to less over
        small steps than over one large one.
    n_interpolated : int >= 0, default=0
        Domains to make where the path has none: rows on their way from source to target along an optimal transport plan
        (needs the ``ot`` extra; at most 2,000 rows of each).
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of rows for the transport plan.

    Attributes
    ----------
    path_ : list
        Names of the domains gone through: "source" for all that have labels, then the intermediate ones, then "target".
        Interpolated ones are fractions between 0 and 1.
    estimators_ : list
        The model after each of them.
    n_kept_ : ndarray of shape (n_steps,)
        Rows that each was fitted on.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    sklearn.semi_supervised.SelfTrainingClassifier : Within one domain.
    rank_sources : Distances from the target.

    Notes
    -----
    Cost: one fit a domain; "auto" also one distance for each pair of them. Known target labels are used in the last
    fit, in place of predicted ones.

    References
    ----------
    .. [1] A. Kumar, T. Ma, P. Liang, "Understanding self-training for gradual domain adaptation", ICML 2020.
    .. [2] Y. He, H. Wang, B. Li, H. Zhao, "Gradual domain adaptation: theory and algorithms", JMLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection import GradualSelfTraining
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 700)
    >>> angle = np.repeat(np.linspace(0, np.pi, 7), 100)  # class 1 moves round class 0
    >>> X = rng.normal(size=(700, 2)) / 3 + 3 * y[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    >>> domain = np.array(["first", "a", "b", "c", "d", "e", "target"])[np.repeat(np.arange(7), 100)]
    >>> shown = np.where(domain == "first", y, np.nan)
    >>> model = GradualSelfTraining().fit(X, shown, sample_domain=domain)
    >>> model.path_, model.score(X[600:], y[600:]) > 0.95
    (['source', 'a', 'b', 'c', 'd', 'e', 'target'], True)
    """

    def __init__(self, estimator=None, *, path="auto", drop=0.1, metric=None, n_interpolated=0, random_state=0):
        self.estimator = estimator
        self.path = path
        self.drop = drop
        self.metric = metric
        self.n_interpolated = n_interpolated
        self.random_state = random_state

    def fit(self, X, y, sample_domain=None):
        """Train along the path.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on all but the source rows (and perhaps a few target rows).
        sample_domain : array-like of shape (n_samples,), default=None
            Names of the domains; those without any label are intermediate ones. Without it there are source and target.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a label or a domain is not as described.
        MissingExtraError
            If domains are to be interpolated and POT is not installed.

        Warns
        -----
        SingleDomainWarning
            If there is one domain.
        """
        self._check_params()
        X, domains = self._check_rows(X, y, sample_domain)
        labels, _ = self._encode(y, domains.labeled)
        known = np.empty(X.shape[0], dtype=labels.dtype)
        known[domains.labeled] = labels
        start = domains.source & domains.labeled
        if not start.any():
            raise ValueError("GradualSelfTraining starts from labelled source rows; there are none.")
        route = [] if domains.single else self._route(X, domains, start)
        models = [self._base().fit(X[start], known[start])]
        self.path_, self.n_kept_ = ["source", *(name for name, _ in route)], [int(start.sum())]
        for name, rows in route:
            step = self._interpolated(name, X, start, domains) if rows is None else X[rows]
            is_known = np.zeros(step.shape[0], dtype=bool) if rows is None else domains.labeled[rows]
            guess = models[-1].predict(step)
            guess[is_known] = known[rows][is_known] if is_known.any() else guess[is_known]
            kept = is_known | most_confident(confidence(models[-1], step), self.drop)
            if len(np.unique(guess[kept])) > 1:
                models.append(self._base().fit(step[kept], guess[kept]))
            else:  # all rows in one class: nothing to learn a boundary from
                models.append(models[-1])
            self.n_kept_.append(int(kept.sum()))
        self.estimators_, self.n_kept_ = models, np.array(self.n_kept_)
        return self

    def _check_params(self):
        check_number("drop", self.drop, low=0, high=1, closed="left")
        check_number("n_interpolated", self.n_interpolated, Integral, low=0)
        if isinstance(self.path, str) and self.path not in ROUTES:
            raise ValueError(f"path must be 'auto', 'given' or a list of names of domains; got {self.path!r}.")
        base = self._base()
        if not hasattr(base, "predict_proba") and not hasattr(base, "decision_function"):
            raise TypeError(
                "The estimator must have predict_proba or decision_function, to tell which rows it is sure of; "
                f"{base!r} has neither."
            )

    def _base(self):
        """A fresh classifier."""
        if self.estimator is not None:
            return clone(self.estimator)
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return LogisticRegression(max_iter=1000)

    def _route(self, X, domains, start):
        """The domains to go through after the source: (name, mask of rows), or (fraction, None) for those to make."""
        between = {name: domains.names == name for name in dict.fromkeys(domains.names[domains.source].tolist())}
        between = {name: rows for name, rows in between.items() if not (rows & domains.labeled).any()}
        if not isinstance(self.path, str):
            unknown = [name for name in self.path if name not in between]
            if unknown:
                raise ValueError(
                    f"path names {unknown}; the domains without labels between source and target are {list(between)}."
                )
            between = {name: between[name] for name in self.path}
        elif self.path == "auto" and between:
            samples = [X[start], *(X[rows] for rows in between.values()), X[domains.target]]
            compare = make_metric(self.metric, X)
            distances = np.zeros((len(samples), len(samples)))
            for i in range(len(samples)):
                for j in range(i):
                    distances[i, j] = distances[j, i] = compare(samples[i], samples[j])
            names = list(between)
            between = {names[node - 1]: between[names[node - 1]] for node in shortest_route(distances)[1:-1]}
        steps = list(between.items())
        if not steps:
            steps = [(k / (self.n_interpolated + 1), None) for k in range(1, self.n_interpolated + 1)]
        return [*steps, (TARGET, domains.target)]

    def _interpolated(self, fraction, X, start, domains):
        """Source rows that have gone a fraction of their way to the target, along an optimal transport plan."""
        ot = import_extra("ot", "ot", "GradualSelfTraining with n_interpolated > 0")
        rng = check_random_state(self.random_state if not hasattr(self.random_state, "randint") else 0)
        parts = []
        for rows in (np.flatnonzero(start), np.flatnonzero(domains.target)):
            rows = rows if len(rows) <= MAX_TRANSPORT else rng.choice(rows, MAX_TRANSPORT, replace=False)
            parts.append(X[rows].toarray() if hasattr(X, "toarray") else np.asarray(X[rows], dtype=np.float64))
        plan = ot.emd([], [], ot.dist(*parts))
        image = plan @ parts[1] / plan.sum(axis=1, keepdims=True)
        return ((1 - fraction) * parts[0] + fraction * image).astype(X.dtype)

    def predict(self, X):
        """Predict the class of target rows, by the last model.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._last(X, "predict")

    @available_if(_base_has("predict_proba"))
    def predict_proba(self, X):
        """Class probabilities of target rows, by the last model.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; 0 for a class that went missing on the way.
        """
        shares = self._last(X, "predict_proba")
        full = np.zeros((len(shares), len(self.classes_)))
        full[:, np.searchsorted(self.classes_, self.estimators_[-1].classes_)] = shares
        return full

    def _last(self, X, method):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        return getattr(self.estimators_[-1], method)(X)
