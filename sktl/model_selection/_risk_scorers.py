"""Scorers that estimate the target risk from labelled source rows, and the oracle that knows it."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring

from sktl._checks import check_option
from sktl.base import BaseRatioWeighter, BaseWeighter, fit_on_domains
from sktl.domains import draw_rows
from sktl.instance import DiscriminatorWeighter
from sktl.model_selection._circular import learn_back
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._losses import LOSSES, choose_loss
from sktl.model_selection._scorer import REPRESENTATIONS, DomainScorer


class RiskScorer(DomainScorer):
    """What the scorers by a loss share: the check of its name."""

    def _check_params(self):
        if not callable(self.loss):
            check_option("loss", self.loss, ("auto", *LOSSES))


@dataclass(frozen=True)
class SourceScorer(RiskScorer):
    """Mean score on the labelled source rows, through the source's own map: what is plain to count, and often misleads.

    It asks how well the *source* is predicted, and so prefers whatever adapts least.

    Parameters
    ----------
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one a row. "auto": "zero_one" for classifiers,
        "squared_error" for regressors. The score is the accuracy for "zero_one" and minus the mean loss for the others.

    See Also
    --------
    ImportanceWeightedScorer : The same rows, weighted to look like the target.

    Notes
    -----
    Without ``sample_domain`` a target row with a label counts as a source row. In a search a scorer is passed it with
    metadata routing on alone: turn that on where some target rows have labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import SourceScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [9.0]]), np.array([0, 0, 1, 1, np.nan])
    >>> SourceScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y)
    1.0
    """

    loss: object = "auto"
    _needs = ("labelled source",)

    def _score(self, rows):
        loss = choose_loss(self.loss, rows.estimator)
        return loss.score(np.mean(rows.losses(loss)))


@dataclass(frozen=True)
class ImportanceWeightedScorer(RiskScorer):
    r"""Importance-weighted validation: the losses of source rows, weighted to look like the target.

    With the density ratio :math:`w(x) = p_t(x) / p_s(x)` and p(y|x) alike in both domains,

    .. math:: E_t[\ell(f(x), y)] = E_s[w(x)\, \ell(f(x), y)],

    so that the weighted mean over source rows that no fit saw is an unbiased estimate of the target risk (with the true
    ratio). *When it hurts*: p(y|x) differs, or the target lies where the source has few rows (the weighter then warns);
    its variance grows with that of the weights. With ``loss="log_loss"`` it was among the best scorers on 30 real pairs
    and some 34 pipelines: 34 % of the oracle's gain kept, a point lost on 17 % of the pairs; with the 0/1 loss 5 % and
    27 % (``benchmarks/model_selection.py``).

    Parameters
    ----------
    weighter : weighter, default=None
        Estimator of the ratio, fitted on the rows that are scored; None: ``DiscriminatorWeighter()``.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one a row. The score is the accuracy for "zero_one" and
        minus the mean loss for the others.
    representation : {"auto", "input", "transformed"}, default="auto"
        The rows that the ratio is estimated on: as they came ("input"; numbers only, for most weighters), or as the
        pipeline's steps before the last one map them ("transformed"; steps within ``OnLabeled`` are none of these).
        "auto": "input" where all rows to score are finite numbers, else "transformed".

    See Also
    --------
    DeepEmbeddedValidationScorer : The same with a control variate.

    Notes
    -----
    Without ``sample_domain`` a target row with a label counts as a source row. In a search a scorer is passed it with
    metadata routing on alone: turn that on where some target rows have labels.

    References
    ----------
    .. [1] M. Sugiyama, M. Krauledat, K.-R. Mueller, "Covariate shift adaptation by importance weighted cross
       validation", JMLR 8, 2007.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.model_selection import ImportanceWeightedScorer, SourceTargetKFold
    >>> data = make_covariate_shift(random_state=0)
    >>> search = GridSearchCV(OnLabeled(Ridge()), {"estimator__alpha": [0.1, 1000.0]}, cv=SourceTargetKFold(),
    ...                       scoring=ImportanceWeightedScorer())
    >>> search.fit(data.X, data.y).best_params_
    {'estimator__alpha': 0.1}
    """

    weighter: object = None
    loss: object = "auto"
    representation: str = "auto"

    def _check_params(self):
        super()._check_params()
        check_weighter(self.weighter, BaseWeighter, "KMM()")
        check_option("representation", self.representation, REPRESENTATIONS)

    def _score(self, rows):
        loss = choose_loss(self.loss, rows.estimator)
        weighter = fitted_weighter(self, rows)
        return loss.score(np.average(rows.losses(loss), weights=weighter.weights_[rows.labeled_source]))


@dataclass(frozen=True)
class DeepEmbeddedValidationScorer(RiskScorer):
    r"""Deep embedded validation: importance-weighted validation on the features a model made, with a control variate.

    With weights :math:`w_i` (not scaled to mean 1) and weighted losses :math:`w_i \ell_i`,

    .. math:: \hat R = \tfrac1n \sum_i w_i \ell_i + \eta \left( \tfrac1n \sum_i w_i - 1 \right),
              \qquad \eta = - \operatorname{Cov}(w \ell, w) / \operatorname{Var}(w):

    the mean of the weights is known to be 1, so that its error tells about that of the estimate, and less variance is
    left. *When it hurts*: as importance weighting does. On 30 real pairs its choice was no better than the source
    alone: a point lost on 37 % of the pairs.

    Parameters
    ----------
    weighter : ratio weighter, default=None
        Estimator of the ratio with ``predict_weights``; None: ``DiscriminatorWeighter()``.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one a row. The score is the (estimated) accuracy for
        "zero_one" and minus the mean loss for the others.
    representation : {"auto", "input", "transformed"}, default="transformed"
        The rows that the ratio is estimated on: as they came ("input"), or as the pipeline's steps before the last one
        map them ("transformed"; steps within ``OnLabeled`` are none of these). "auto": "input" where all rows are
        finite numbers, else "transformed".

    See Also
    --------
    ImportanceWeightedScorer : Without the control variate.

    Notes
    -----
    Without ``sample_domain`` a target row with a label counts as a source row. In a search a scorer is passed it with
    metadata routing on alone: turn that on where some target rows have labels.

    References
    ----------
    .. [1] K. You, X. Wang, M. Long, M. I. Jordan, "Towards accurate model selection in deep unsupervised domain
       adaptation", ICML 2019.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.model_selection import DeepEmbeddedValidationScorer
    >>> data = make_covariate_shift(random_state=0)
    >>> bool(DeepEmbeddedValidationScorer()(OnLabeled(Ridge()).fit(data.X, data.y), data.X, data.y) < 0)
    True
    """

    weighter: object = None
    loss: object = "auto"
    representation: str = "transformed"

    def _check_params(self):
        super()._check_params()
        check_weighter(self.weighter, BaseRatioWeighter, "ULSIF(), which has predict_weights")
        check_option("representation", self.representation, REPRESENTATIONS)

    def _score(self, rows):
        loss = choose_loss(self.loss, rows.estimator)
        index = np.flatnonzero(rows.labeled_source)
        weights = fitted_weighter(self, rows).predict_weights(draw_rows(rows.represent(self.representation), index))
        return loss.score(control_variate_mean(weights * rows.losses(loss), weights))


@dataclass(frozen=True)
class CircularValidationScorer(RiskScorer):
    """Circular (reverse) validation: learn back from the predicted target labels, and score on the source.

    The rows scored are labelled by the model where they are the target's; a clone of the model learns from these, with
    the roles exchanged, and predicts the source rows, whose labels are known. A model that predicts the target well
    lets the source be learned back. *When it hurts*: a wrong but consistent labelling (two classes swapped) comes back
    right. On 30 real pairs its choice kept 25 % of the oracle's gain and lost a point on 23 % of the pairs; taken only
    where it scored 10 points above the source alone, 34 % and 13 %.

    Parameters
    ----------
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one a row. The score is the accuracy for "zero_one" and
        minus the mean loss for the others.

    See Also
    --------
    ImportanceWeightedScorer : Without a second fit.

    Notes
    -----
    Cost: one more fit, on the rows that are scored. If all target rows are predicted alike no classifier can be fitted
    back, and every source row counts as that class.

    Without ``sample_domain`` a target row with a label counts as a source row. In a search a scorer is passed it with
    metadata routing on alone: turn that on where some target rows have labels.

    References
    ----------
    .. [1] L. Bruzzone, M. Marconcini, "Domain adaptation problems: a DASVM classification technique and a circular
       validation strategy", IEEE TPAMI 32, 2010.
    .. [2] E. Zhong, W. Fan, Q. Yang, O. Verscheure, J. Ren, "Cross validation framework to choose amongst models and
       datasets for transfer learning", ECML-PKDD 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import CircularValidationScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [0.5], [3.5]]), np.array([0, 0, 1, 1, np.nan, np.nan])
    >>> CircularValidationScorer()(OnLabeled(LogisticRegression()).fit(X, y), X, y)
    1.0
    """

    loss: object = "auto"

    def _score(self, rows):
        loss, domains = choose_loss(self.loss, rows.estimator), rows.domains
        if loss.method == "predict_proba":
            rows.check_probabilities()
        scored, model = rows.labeled_source, getattr(rows.estimator, "best_estimator_", rows.estimator)
        back = learn_back(
            partial(fit_on_domains, model),
            rows.X,
            rows.answer(domains.target),
            domains.target,
            is_classifier(rows.estimator),
        )
        answer = getattr(back, loss.method)(draw_rows(rows.X, np.flatnonzero(scored)))
        return loss.score(np.mean(loss.of_rows(rows.labels(scored), answer, getattr(back, "classes_", None))))


@dataclass(frozen=True, eq=False)
class TargetScorer(DomainScorer):
    """The oracle, for research alone: the score on labelled target rows that nobody has in earnest.

    It bounds what any choice without target labels can reach. A choice made by it is no unsupervised choice.

    Parameters
    ----------
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    y_target : array-like of shape (n_target,)
        Their labels.
    scoring : str, callable or None, default=None
        As in scikit-learn; None: the estimator's ``score``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection import TargetScorer
    >>> X, y = np.array([[0.0], [1.0], [3.0], [4.0], [9.0]]), np.array([0, 0, 1, 1, np.nan])
    >>> TargetScorer([[9.0]], [1])(OnLabeled(LogisticRegression()).fit(X, y), X, y)
    1.0
    """

    X_target: object
    y_target: object
    scoring: object = None
    _needs = ()
    _asks_model = False

    def _score(self, rows):
        return check_scoring(rows.estimator, self.scoring)(rows.estimator, self.X_target, self.y_target)


def check_weighter(weighter, kind, such_as):
    """Raise unless ``weighter`` is None or a weighter of the kind."""
    if weighter is not None and not isinstance(weighter, kind):
        raise TypeError(f"weighter must be None or a weighter, such as {such_as}; got {weighter!r}.")


def fitted_weighter(scorer, rows):
    """The scorer's weighter, fitted on the rows; it sees no label of a target row."""
    weighter = DiscriminatorWeighter() if scorer.weighter is None else clone(scorer.weighter)
    target = rows.domains.target
    X, y = rows.represent(scorer.representation), hide_labels(rows.y, target)
    try:
        return weighter.fit(X, y, sample_domain=target)
    except ValueError as error:
        if X is not rows.X:
            raise
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(
            f"{weighter!r} can't weigh the rows as they came to the model: {reason}. With representation='transformed' "
            f"{type(scorer).__name__} shows it the rows that the pipeline's last step sees: put what imputes and "
            "encodes them in front, as in make_pipeline(preprocessing, ...)."
        ) from error


def control_variate_mean(values, weights):
    """Mean of ``values`` (weighted losses), corrected by what the mean of the weights lacks of 1."""
    variance = np.var(weights)
    if variance == 0:
        return np.mean(values)
    eta = -np.mean((values - values.mean()) * (weights - weights.mean())) / variance
    return np.mean(values) + eta * (np.mean(weights) - 1)
