"""Scorers that look at a model's answers for target rows, and use no labels."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import logsumexp, softmax, xlogy
from sklearn.pipeline import Pipeline

from sktl._checks import check_number, check_option
from sktl._core.kernels import blocks, canonical_order
from sktl.domains import draw_rows, one_column
from sktl.metrics import mmd
from sktl.model_selection._scorer import REPRESENTATIONS, DomainScorer


def entropy(shares):
    """-sum p log p of each row."""
    return -xlogy(shares, shares).sum(axis=-1)


@dataclass(frozen=True)
class PredictionEntropyScorer(DomainScorer):
    """Minus the mean entropy of the class probabilities of target rows: how sure the model is.

    0 is complete certainty, -log(n_classes) none. *When it hurts*: a model that is sure and wrong scores best; so does
    one that puts every target row into one class. On 30 real pairs its choice lost a point to the source alone on 80 %.

    See Also
    --------
    InformationMaximizationScorer : Also wants all classes used.

    References
    ----------
    .. [1] P. Morerio, J. Cavazza, V. Murino, "Minimal-entropy correlation alignment for unsupervised deep domain
       adaptation", ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import PredictionEntropyScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [2.0]]), np.array([0, 0, 1, 1, np.nan])
    >>> round(PredictionEntropyScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y), 3)  # -log(2): a coin
    -0.693
    """

    _needs = ("target",)
    _of_classes = True

    def _score(self, rows):
        return -entropy(rows.probabilities(rows.domains.target)).mean()


@dataclass(frozen=True)
class InformationMaximizationScorer(DomainScorer):
    """Entropy of the mean prediction minus mean entropy of the predictions: sure of each row, and all classes used.

    The mutual information between row and predicted class: 0 to log(n_classes). *When it hurts*: the target's classes
    really are of unequal size. On 30 real pairs its choice lost a point to the source alone on 83 %.

    See Also
    --------
    PredictionEntropyScorer : The second term alone.

    References
    ----------
    .. [1] Y. Shi, F. Sha, "Information-theoretical learning of discriminative clusters for unsupervised domain
       adaptation", ICML 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import InformationMaximizationScorer
    >>> X, y = np.array([[0.0], [1.0], [30.0], [40.0], [-90.0], [99.0]]), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> round(InformationMaximizationScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y), 3)  # log(2)
    0.693
    """

    _needs = ("target",)
    _of_classes = True

    def _score(self, rows):
        shares = rows.probabilities(rows.domains.target)
        return entropy(shares.mean(axis=0)) - entropy(shares).mean()


@dataclass(frozen=True)
class SoftNeighborhoodDensityScorer(DomainScorer):
    r"""Soft neighbourhood density: whether target rows answered alike come in dense groups.

    With f_i the answers for the target rows (class probabilities), scaled to unit norm, and

    .. math:: P_{ij} = \exp(f_i^\top f_j / \tau) / \sum_{k \ne i} \exp(f_i^\top f_k / \tau), \quad j \ne i,

    the score is the mean over i of the entropy of P_i: large where each row has many near ones. 0 to log(n - 1).
    *When it hurts*: rows all answered alike score best, right or wrong; in SKADA-Bench, and on our 30 real pairs (rank
    correlation -0.3), it goes against the accuracy.

    Parameters
    ----------
    temperature : float > 0, default=0.05
        The paper's tau.

    Notes
    -----
    Cost: O(n^2 c) time for n target rows and c classes, O(n) memory (in blocks).

    References
    ----------
    .. [1] K. Saito, D. Kim, P. Teterwak, S. Sclaroff, T. Darrell, K. Saenko, "Tune it the right way: unsupervised
       validation of domain adaptation via soft neighborhood density", ICCV 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import SoftNeighborhoodDensityScorer
    >>> X, y = np.array([[0.0], [9.0], [9.0], [9.0], [9.0]]), np.array([0, 1, np.nan, np.nan, np.nan])
    >>> round(SoftNeighborhoodDensityScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y), 3)  # log(2): all alike
    0.693
    """

    temperature: float = 0.05
    _needs = ("target",)
    _of_classes = True

    def _check_params(self):
        check_number("temperature", self.temperature, low=0, closed="neither")

    def _score(self, rows):
        if rows.domains.target.sum() < 2:
            raise ValueError("SoftNeighborhoodDensityScorer needs two target rows at least; got 1.")
        answers = rows.probabilities(rows.domains.target)
        return neighborhood_entropy(answers / np.linalg.norm(answers, axis=1, keepdims=True), self.temperature).mean()


def neighborhood_entropy(unit, temperature):
    """Entropy of each row's softmax over its similarities to the other rows, in blocks."""
    entropies = np.empty(len(unit))
    for rows in blocks(len(unit)):
        scores = unit[rows] @ unit.T / temperature
        scores[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = -np.inf
        total, shares = logsumexp(scores, axis=1), softmax(scores, axis=1)
        scores[shares == 0] = 0.0  # the row itself among them
        entropies[rows] = total - (shares * scores).sum(axis=1)
    return entropies


@dataclass(frozen=True)
class MixValScorer(DomainScorer):
    """Mixed samples as probes: whether a mixture of two target rows is still predicted as the nearer one.

    Each target row i is mixed with another one, x = mix x_i + (1 - mix) x_j, and should keep i's predicted class. The
    score is the mean of two shares that do: of mixtures within a predicted class (which probe how dense the classes
    are) and between classes (which probe the boundary). 0 to 1. *When it hurts*: rows whose mixtures mean nothing
    (one-hot columns); a model that predicts one class gets a half, since there are no mixtures between. On 30 real
    pairs its choice lost a point to the source alone on 63 %.

    Parameters
    ----------
    mix : float in (0.5, 1), default=0.55
        Share of the nearer row.
    representation : {"auto", "input", "transformed"}, default="auto"
        What is mixed: the rows as they came ("input"), or as the pipeline's steps before the last one map them
        ("transformed"). "auto": "input" where all rows to score are finite numbers, else "transformed".
    random_state : int, default=0
        Seed of the partners, which do not depend on the order of the rows.

    Notes
    -----
    The paper averages the ranks of the two shares over the models compared; a score of one model knows no ranks, and
    averages the shares. Without mixtures between classes the score is half of the first share.

    References
    ----------
    .. [1] D. Hu, J. Liang, J. H. Liew, C. Xue, S. Bai, X. Wang, "Mixed samples as probes for unsupervised model
       selection in domain adaptation", NeurIPS 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import MixValScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [-2.0], [6.0]]), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> MixValScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y)
    1.0
    """

    mix: float = 0.55
    representation: str = "auto"
    random_state: int = 0
    _needs = ("target",)
    _of_classes = True

    def _check_params(self):
        check_number("mix", self.mix, low=0.5, high=1, closed="neither")
        check_option("representation", self.representation, REPRESENTATIONS)

    def _score(self, rows):
        target = np.flatnonzero(rows.domains.target)
        representation = rows.representation(self.representation)
        frame = draw_rows(rows.represent(representation), target)
        X = frame if sparse.issparse(frame) else np.asarray(frame)
        if X.dtype.kind not in "iuf":
            raise TypeError(
                f"Rows that are mixed must be numbers; got dtype {X.dtype}. Take representation='auto', and put what "
                "encodes them in front, as in make_pipeline(preprocessing, ...)."
            )
        predict = final_predict(rows.estimator, representation)
        guess = np.asarray(rows.answer(rows.domains.target))
        order, rng = canonical_order(X), np.random.default_rng(self.random_state)
        shares = []
        for within in (True, False):
            pairs = partners(guess[order], within, rng)
            first, second = order[pairs]
            mixed = self.mix * X[first] + (1 - self.mix) * X[second]
            shares.append(np.mean(one_column(predict(framed(mixed, frame))) == guess[first]) if len(first) else 0.0)
        return np.mean(shares)


def framed(values, frame):
    """``values`` in the kind of container that ``frame`` is, with its column names."""
    if not hasattr(frame, "columns"):
        return values
    names = "columns" if hasattr(frame, "iloc") else "schema"  # pandas, polars
    return type(frame)(values, **{names: list(frame.columns)})


def final_predict(estimator, representation):
    """``predict`` for rows as they came, or of the last step alone."""
    model = getattr(estimator, "best_estimator_", estimator)
    if representation == "transformed" and isinstance(model, Pipeline):
        return model[-1].predict
    return model.predict


def partners(guess, within, rng):
    """Pairs (2, n_pairs) of each row with one drawn from the same class (another row), or from the other classes."""
    pairs = []
    for label in np.unique(guess):
        rows = np.flatnonzero(guess == label)
        pool = rng.permutation(rows if within else np.flatnonzero(guess != label))
        if len(pool) == 0:
            continue
        if within:  # a cycle through the class: nobody meets itself, unless it is alone
            pairs.append([pool, np.roll(pool, 1)])
        else:
            pairs.append([rows, rng.choice(pool, size=len(rows))])
    return np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), dtype=int)


@dataclass(frozen=True)
class DiscrepancyScorer(DomainScorer):
    """Minus a distance between the domains as the pipeline maps them: how well they were brought together.

    Unbiased estimates, as that of the squared MMD, fall below 0 where domains are alike: the score is above 0 then.
    *When it hurts*: always, if used alone: a constant map has distance 0 and predicts nothing.

    Parameters
    ----------
    metric : callable, default=None
        Function of (X_source, X_target) that returns a float, such as those of :mod:`sktl.metrics`; None:
        :func:`sktl.metrics.mmd`.
    representation : {"auto", "input", "transformed"}, default="transformed"
        The rows compared: as they came ("input"), or as the pipeline's steps before what predicts map them, each by its
        own domain's map ("transformed"; all steps, where the last one is a transformer too). Steps within ``OnLabeled``
        are no steps of the pipeline: ``OnLabeled(make_pipeline(scaler, model))`` is scored on what comes to it. "auto":
        "input" where all rows are finite numbers, else "transformed".

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.metrics import mmd
    >>> from sktl.model_selection import DiscrepancyScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [2.0], [5.0]]), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> model = OnLabeled(LogisticRegression()).fit(X, y)
    >>> DiscrepancyScorer()(model, X, y) == -mmd(X[:4], X[4:])
    True
    """

    metric: object = None
    representation: str = "transformed"
    _needs = ("source", "target")
    _asks_model = False

    def _check_params(self):
        if self.metric is not None and not callable(self.metric):
            raise TypeError(f"metric must be None or a function of two samples, such as mmd; got {self.metric!r}.")
        check_option("representation", self.representation, REPRESENTATIONS)

    def _score(self, rows):
        X, domains = rows.represent(self.representation), rows.domains
        samples = (draw_rows(X, np.flatnonzero(mask)) for mask in (domains.source, domains.target))
        return -float((mmd if self.metric is None else self.metric)(*samples))
