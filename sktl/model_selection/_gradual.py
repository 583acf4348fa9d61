"""Self-training along intermediate domains, if source and target are too far apart for one step."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sktl._checks import RANDOM_STATE, InstanceOf, Interval, check_parameters, import_extra
from sktl._core.kernels import subsample
from sktl._threads import threads_by_size
from sktl.base import BaseTransferClassifier, validate_rows
from sktl.domains import TARGET
from sktl.model_selection._by_domain import LEARNER, check_two_rows
from sktl.model_selection._source_metric import make_metric
from sktl.model_selection._steps import confidence, gentlest_route, interpolate, most_confident, scaler_within

ROUTES = ("auto", "given")
MAX_TRANSPORT = 2000  # rows of a domain between which a transport plan is made: 32 MB


def _base_has(name):
    """Check for ``available_if``: whether the classifier that is fitted has a method."""

    def check(self):
        getattr(self._base(), name)
        return True

    return check


class GradualSelfTraining(BaseTransferClassifier):
    r"""Self-training from the source to the target through intermediate domains without labels.

    The source's model labels the rows of the next domain; a new model is fitted on these rows alone (without the least
    confident ones, if ``drop`` is set), and so on up to the target:

    .. math:: f_0 = A(S), \qquad f_t = A(\{(x, f_{t-1}(x)) : x \in D_t\}), \qquad t = 1 \dots T.

    *When it helps*: the domains change gradually, so that each model makes few errors on the next domain, though the
    first one would fail on the last: ageing sensors, portraits over decades, angles of view. Two moons turned about
    their centre by 90 degrees in 18 steps, with ``SVC()``: 99.8 %, against 21 from the source alone, and 60 with CORAL
    at best (with the default linear model 85, of 87 within the source); digits turned by 60 degrees in 20 steps, with
    ``SVC(C=10)``: 98.2, 14 and 26 with TCA (``benchmarks/gradual.py``). *When it hurts*: rows are few at each step (100
    digits per angle: 47 %), or a step is so large that the labels go wrong, since every later model learns that; or
    nothing was wrong with the source model. And "auto" compares rows, not labels: domains whose classes are exchanged
    look close to it, and with few rows in many noisy columns it can't see which domains are close (200 rows in 60
    columns: on one of five draws the path led straight to the target; 500 in 100: 96.5 %, 99.6 with the path given).
    If you know the path, give it.

    Parameters
    ----------
    estimator : classifier, default=None
        Fitted anew for each domain; it needs ``predict_proba`` or ``decision_function``. Regularise it: a model that
        memorises its own labels never changes. None: ``LogisticRegression`` on columns in units of their standard
        deviation within the domains.
    path : "auto", "given" or list, default="auto"
        The unlabelled domains to pass through, up to the one named "target". "auto": those on the path from source to
        target, in the graph of domain distances, whose largest step is smallest (errors grow with the largest step
        [1]_); "given": all, in the order in which they first appear in the table; or their names in order.
    drop : float in [0, 1), default=0.0
        Share of each domain's rows, the least confident ones, that is left out. This helps if steps are long and hurts
        if they are short, since these rows are the ones that move the boundary (digits: 98.2 % with 0, 71.5 with 0.1).
    metric : callable, default=None
        Distance of two samples for "auto"; only the order of the distances matters. None: the squared MMD of
        standardised rows, with the Gaussian kernel whose width best tells the source from the target.
    n_interpolated : int >= 0, default=0
        Number of domains to create between neighbours on the path: rows part of the way from one to the next along an
        optimal transport plan [2]_ (needs the ``ot`` extra; at most 2,000 rows of each). Try 1 if steps are long: more
        add steps but no new rows. Moons turned by 90 degrees in three steps of 30 (``SVC(C=1)``, 200 rows each, path
        given): 52 % without, 93 with one, 65 with three, 68 with eight.
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of rows for the transport plan.

    Attributes
    ----------
    path_ : list
        Names of the domains passed through: "source" for all that have labels, then the intermediate ones, then
        "target". Interpolated ones are named by numbers, the fraction of the way between their neighbours.
    estimators_ : list
        The model fitted on each of these domains.
    n_kept_ : ndarray of shape (n_steps,)
        Number of rows that each was fitted on.
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
    Cost: one fit per domain; "auto" also one distance per pair of domains; ``n_interpolated`` one transport plan per
    step, in at most O(n^3) time and O(n^2) memory. The largest step is made smallest, then the next largest, and so on:
    the path in the minimum spanning tree. The paper drops the 10 % least confident rows of each domain. Known target
    labels are used in the last fit, in place of predicted ones.

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
    >>> angle = np.repeat(np.linspace(0, 2 * np.pi / 3, 7), 100)  # class 1 moves round class 0
    >>> X = rng.normal(size=(700, 2)) / 3 + 3 * y[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    >>> domain = np.array(["first", "a", "b", "c", "d", "e", "target"])[np.repeat(np.arange(7), 100)]
    >>> shown = np.where(domain == "first", y, np.nan)
    >>> model = GradualSelfTraining().fit(X, shown, sample_domain=domain)
    >>> model.path_, model.score(X[600:], y[600:]) > 0.95
    (['source', 'a', 'b', 'c', 'd', 'e', 'target'], True)
    """

    _constraints = {
        "estimator": (None, *LEARNER),
        "path": (*ROUTES, InstanceOf(list, tuple, noun="a list of names of domains")),
        "drop": (Interval(low=0, high=1, closed="left"),),
        "metric": (None, callable),
        "n_interpolated": (Interval(Integral, 0),),
        "random_state": RANDOM_STATE,
    }

    def __init__(self, estimator=None, *, path="auto", drop=0.0, metric=None, n_interpolated=0, random_state=0):
        self.estimator = estimator
        self.path = path
        self.drop = drop
        self.metric = metric
        self.n_interpolated = n_interpolated
        self.random_state = random_state

    @threads_by_size
    def fit(self, X, y, sample_domain=None):
        """Train along the path.

        Parameters
        ----------
        X : array-like, or CSR matrix where the estimator takes it, of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing on all but the source rows (and perhaps a few target rows).
        sample_domain : array-like of shape (n_samples,), default=None
            Names of the domains. Those without any label are intermediate, except "target" (True, or a negative
            integer), which must be named if there are several. Without ``sample_domain`` there are only source and
            target.

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
        check_parameters(self)
        self._check_path()
        if y is None:
            raise ValueError(
                "GradualSelfTraining requires y to be passed, but the target y is None: pass source labels."
            )
        X, domains = self._check_rows(X, y, sample_domain)
        self._scaler = scaler_within(X, domains.names)
        start = domains.source & domains.labeled
        if not start.any():
            raise ValueError("GradualSelfTraining starts from labelled source rows; there are none.")
        self._check_end(domains)
        labels, _ = self._encode(y, domains.labeled)
        known = np.empty(X.shape[0], dtype=labels.dtype)
        known[domains.labeled] = labels
        route = [] if domains.single else self._route(X, domains, start)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self.path_, self.estimators_ = ["source"], [self._base().fit(X[start], known[start])]
        self.n_kept_, rows = [int(start.sum())], start
        for name, following in route:
            for k, between in enumerate(self._between(X, rows, following, seed), start=1):
                self._learn(k / (self.n_interpolated + 1), between, None, np.zeros(len(between), dtype=bool))
            rows = following
            self._learn(name, X[rows], known[rows], domains.labeled[rows])
        self.n_kept_ = np.array(self.n_kept_)
        return self

    def _learn(self, name, X, labels, is_known):
        """One step: the last model labels the rows where ``labels`` are not known, a new one learns from the surest."""
        last = self.estimators_[-1]
        guess = last.predict(X)
        if is_known.any():
            guess[is_known] = labels[is_known]  # a known label outranks a predicted one
        kept = is_known | most_confident(confidence(last, X), self.drop)
        one_class = len(np.unique(guess[kept])) == 1  # nothing to learn a boundary from
        self.estimators_.append(last if one_class else self._base().fit(X[kept], guess[kept]))
        self.path_.append(name)
        self.n_kept_.append(int(kept.sum()))

    def _check_path(self):
        """Raise unless what the path and the steps need is there."""
        if self.n_interpolated > 0:
            import_extra("ot", "ot", "GradualSelfTraining with n_interpolated > 0")
        if not isinstance(self.path, str) and len(set(self.path)) < len(list(self.path)):
            raise ValueError(f"path must name each domain once; got {self.path!r}.")
        base = self._base()
        if not hasattr(base, "predict_proba") and not hasattr(base, "decision_function"):
            raise TypeError(
                "The estimator must have predict_proba or decision_function, to say which rows it is sure of; "
                f"{base!r} has neither."
            )

    def _check_end(self, domains):
        """Raise if the target is all of several domains without labels, of which none was said to be it."""
        merged = [name for name in domains.aliases if isinstance(name, str) or name >= 0]
        if len(merged) > 1:
            raise ValueError(
                f"sample_domain names several domains without labels, {sorted(merged, key=repr)}, and does not "
                "say which is the target, where the path ends. Name that one 'target' (or a negative integer)."
            )

    def _base(self):
        """A fresh classifier."""
        if self.estimator is not None:
            return clone(self.estimator)
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        model = LogisticRegression(max_iter=1000, tol=1e-8)  # so tight that CSR and arrays give the same
        # in common units of all domains: each domain's own would change the penalty from step to step
        return make_pipeline(FrozenEstimator(self._scaler), model) if hasattr(self, "_scaler") else model

    def _route(self, X, domains, start):
        """The domains to go through after the source: (name, mask of rows)."""
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
            if self.metric is None:
                ends = {"source": start, **between, TARGET: domains.target}
                check_two_rows(ends, "pass path, or a metric that takes single rows")
            samples = [X[start], *(X[rows] for rows in between.values()), X[domains.target]]
            compare = make_metric(self.metric, X, ends=(start, domains.target))
            distances = np.zeros((len(samples), len(samples)))
            for i in range(len(samples)):
                for j in range(i):
                    distances[i, j] = distances[j, i] = compare(samples[i], samples[j])
            names = list(between)
            between = {names[node - 1]: between[names[node - 1]] for node in gentlest_route(distances)[1:-1]}
        return [*between.items(), (TARGET, domains.target)]

    def _between(self, X, rows, following, seed):
        """The domains to make between two neighbours on the path."""
        if self.n_interpolated == 0:
            return []
        ends = []
        for mask in (rows, following):
            part = X[mask].toarray() if hasattr(X, "toarray") else X[mask]
            part = part[subsample(part, MAX_TRANSPORT, np.random.default_rng(seed))]
            ends.append(part.astype(np.float64))
        return [between.astype(X.dtype) for between in interpolate(*ends, self.n_interpolated)]

    def predict(self, X):
        """Predict the class of target rows, by the last model.

        Parameters
        ----------
        X : array-like, or CSR matrix where the estimator takes it, of shape (n_samples, n_features)
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
        X : array-like, or CSR matrix where the estimator takes it, of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; 0 for a class that no row was given on the way.
        """
        shares = self._last(X, "predict_proba")
        full = np.zeros((len(shares), len(self.classes_)))
        full[:, np.searchsorted(self.classes_, self.estimators_[-1].classes_)] = shares
        return full

    @available_if(_base_has("decision_function"))
    def decision_function(self, X):
        """Decision values of target rows, by the last model.

        Parameters
        ----------
        X : array-like, or CSR matrix where the estimator takes it, of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Those of the estimator; if some class was given to no row on the way, columns in the order of ``classes_``,
            with -inf for it.
        """
        values, classes = self._last(X, "decision_function"), self.estimators_[-1].classes_
        if len(classes) == len(self.classes_):
            return values
        full = np.full((len(values), len(self.classes_)), -np.inf)
        # of two classes the decision function has one column, the second one's
        columns = values if values.ndim == 2 else np.column_stack([-values, values])
        full[:, np.searchsorted(self.classes_, classes)] = columns
        return full

    def _last(self, X, method):
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse="csr" if get_tags(self).input_tags.sparse else False, reset=False)
        return getattr(self.estimators_[-1], method)(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self._base()).input_tags.sparse
        return tags
