"""A vote of models, one of each source."""

import numpy as np

from sktl._core.source_votes import disagreements, least_squares_shares, mixture_shares, nearness_shares
from sktl.domains import draw_rows, known_labels, n_rows
from sktl.metrics import energy_distance
from sktl.parameter._source_members import SourceMembers, votes_on_classes

MAX_ROWS = 2000  # rows of a domain whose distances are computed


class MultiSourceVote(SourceMembers):
    r"""Fit a model on each source and let them vote, the sources nearer to the target, or more often right, with more.

    With :math:`h_k` the model of source k (its class probabilities, or its prediction), the vote is

    .. math:: h(x) = \sum_k w_k h_k(x), \qquad w_k \ge 0, \quad \sum_k w_k = 1.

    The shares w are, by ``weights``: "labels": those with the largest likelihood of the labelled target rows (for
    numbers: with the smallest squared error), drawn towards equal ones by the worth of one row; "distance":
    :math:`w_k \propto \exp(-d_k / \bar d)`, :math:`d_k` the energy distance of the source's rows from the target's and
    :math:`\bar d` its mean; "agreement": the same with :math:`d_k` the mean squared distance of the answers to target
    rows from the mean of the other sources' answers.

    *When it helps*: some sources follow another rule than the target, and 20 target labels, or that most sources agree,
    tell which. With three good ones of five made sources "labels" has 72.9 % and "agreement" 71.9, one model of all
    sources' rows 61.0, with the target's labels 62.1; with one good one "labels" 68.8 against 28; of numbers the error
    falls by half. *When it hurts*: nearly everywhere else, since each model sees one source's rows alone. On heart
    disease at four hospitals "labels" is level with one model of all labelled rows (80.7, 79.8), on adult it has 88.0
    against 89.3, on digits, where each source lacks classes, 20.6 against 60.7, on numbers of bikes it is even; without
    labels the votes lose .7 points on adult, 13 to 16 on digits, 2 to 7 % on bikes, and "agreement" alone gains 3 on
    heart (``benchmarks/many_sources.py``). **One model of all rows is the first thing to try.**

    Parameters
    ----------
    estimator : classifier or regressor
        The model of each source, or a pipeline. It is cloned. One that takes ``sample_domain`` adapts each source to
        the target.
    weights : {"auto", "labels", "distance", "agreement", "uniform"}, default="auto"
        What decides the shares. "auto": "labels" if a target row has one, else "uniform".

    Attributes
    ----------
    estimators_ : list
        The fitted model of each source.
    source_names_ : list
        Names of the sources with labelled rows, sorted.
    source_weights_ : ndarray of shape (n_sources,)
        Shares w.
    weighting_ : str
        What decided them.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    DistributionWeightedCombination : Shares that differ from row to row.
    sktl.model_selection.SourceSelector : One model of the nearest sources' rows.
    sktl.base.OnLabeled : One model of all rows: the baseline to beat.

    Notes
    -----
    A source whose rows are of one class says that class of all rows; a class that a source lacks has the probability
    .001 there. Labelled target rows decide shares and teach no model: where there are many, a model of their own, or
    :class:`HypothesisTransferClassifier` with several sources, is better. *Cost*: a fit for each source; "distance" on
    at most 2,000 rows of a domain, the first ones in a fixed order.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.parameter import MultiSourceVote
    >>> rng = np.random.default_rng(0)
    >>> X, domain = rng.normal(size=(600, 2)), np.repeat(["like", "unlike", "target"], 200)
    >>> y = (X[:, 0] * np.where(domain == "unlike", -1, 1) + X[:, 1] > 0).astype(float)
    >>> truth, y[410:] = y[410:].copy(), np.nan  # the target has labels in 10 rows
    >>> model = MultiSourceVote(LogisticRegression()).fit(X, y, sample_domain=domain)
    >>> dict(zip(model.source_names_, model.source_weights_.round(1).tolist()))
    {'like': 0.9, 'unlike': 0.1}
    >>> print(f"{model.score(X[410:], truth):.2f}")
    0.96
    """

    _constraints = {"weights": ("auto", "labels", "distance", "agreement", "uniform")}

    def __init__(self, estimator, *, weights="auto"):
        self.estimator = estimator
        self.weights = weights

    def _weigh(self, X, y, domains):
        """The shares of the sources."""
        labeled = domains.target & domains.labeled
        self.weighting_ = self.weights
        if self.weights == "auto":
            self.weighting_ = "labels" if labeled.any() else "uniform"
        if len(self.source_names_) == 1 or not domains.target.any():
            self.source_weights_ = np.full(len(self.source_names_), 1 / len(self.source_names_))
        elif self.weighting_ == "labels":
            self.source_weights_ = self._by_labels(X, y, labeled)
        elif self.weighting_ == "distance":
            self.source_weights_ = nearness_shares(self._distances(X, domains))
        elif self.weighting_ == "agreement":
            answers = self._answers(draw_rows(X, np.flatnonzero(domains.target)))
            self.source_weights_ = nearness_shares(disagreements(answers))
        else:
            self.source_weights_ = np.full(len(self.source_names_), 1 / len(self.source_names_))

    def _by_labels(self, X, y, labeled):
        """Shares that fit the labelled target rows."""
        if not labeled.any():
            raise ValueError(
                "weights='labels' needs labelled target rows; there are none. Label some, or pass 'uniform', "
                "'distance' or 'agreement'."
            )
        answers = self._answers(draw_rows(X, np.flatnonzero(labeled)))
        if not votes_on_classes(self):
            return least_squares_shares(answers[:, :, 0].T, known_labels(y, labeled, discrete=False).astype(float))
        codes = np.searchsorted(self.classes_, known_labels(y, labeled))
        return mixture_shares(answers[:, np.arange(len(codes)), codes].T)

    def _distances(self, X, domains):
        """Energy distance of each source's rows from the target's."""
        Z = self._numbers(X, fit=True)

        def rows(mask):
            places = np.flatnonzero(mask)
            return draw_rows(Z, places[np.linspace(0, len(places) - 1, min(len(places), MAX_ROWS)).astype(int)])

        target = rows(domains.target)
        own = [rows(domains.names == name) for name in self.source_names_]
        return np.array([energy_distance(part, target, biased=True) for part in own])

    def _row_shares(self, X):
        """The same shares for every row."""
        return np.broadcast_to(self.source_weights_, (n_rows(X), len(self.source_weights_)))
