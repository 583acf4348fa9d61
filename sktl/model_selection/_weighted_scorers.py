"""Scorers that weight source rows to look like the target: importance weighting, and a control variate."""

import warnings
from dataclasses import dataclass

import numpy as np

from sktl._checks import InstanceOf
from sktl.base import BaseRatioWeighter, BaseWeighter
from sktl.domains import draw_rows, user_level
from sktl.exceptions import NoOverlapWarning
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._losses import choose_loss
from sktl.model_selection._risk_scorers import RiskScorer
from sktl.model_selection._scorer import REPRESENTATIONS
from sktl.model_selection._weighting import chosen_weighter, why_not_score

ROUNDING = 1e-10  # of the largest weight: weights that differ by less are constant, and their slope is noise
MOST_ERRORS = 3  # standard errors that the mean of the weights may be from 1 by chance


@dataclass(frozen=True)
class ImportanceWeightedScorer(RiskScorer):
    r"""Importance-weighted validation: the losses of source rows, weighted to look like the target.

    With the density ratio :math:`w(x) = p_t(x) / p_s(x)` and the same p(y|x) in both domains,

    .. math:: E_t[\ell(f(x), y)] = E_s[w(x)\, \ell(f(x), y)],

    so that, with the true ratio, the weighted mean over held-out source rows converges to the target risk. It is
    consistent but not unbiased, since the weights are scaled to mean 1 over the rows. *When it hurts*: p(y|x) differs,
    or the target lies where the source has few rows (the weighter then warns); its variance grows with that of the
    weights. With ``loss="log_loss"`` it was among the best scorers on 30 real pairs and 34 pipelines: 34 % of the
    oracle's gain kept, more than a point lost on 17 % of the pairs; with the 0/1 loss 5 % and 27 %
    (``benchmarks/model_selection.py``).

    Parameters
    ----------
    weighter : weighter or "auto", default=None
        Estimator of the ratio, fitted on the rows that are scored. None: ``DiscriminatorWeighter()``. "auto":
        ``AutoWeighter()``, the best of several by their error on held-out rows, at the cost of about 15 more fits.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one loss per row. The score is the accuracy for "zero_one"
        and minus the mean loss for the others.
    representation : {"auto", "input", "transformed"}, default="auto"
        The rows that the ratio is estimated on: the rows of X ("input"; numbers only, for most weighters), or what the
        pipeline's steps before the last one make of them ("transformed"; steps inside ``OnLabeled`` do not count).
        "auto": "input" if all rows to score are finite numbers, else "transformed".

    See Also
    --------
    DeepEmbeddedValidationScorer : The same with a control variate.

    Notes
    -----
    Where the source has almost no rows where the target lies (its weighted rows are worth fewer than 5),
    no weights can judge a model: the score is NaN, with a :class:`~sktl.exceptions.NoOverlapWarning`. A search ranks
    NaN last, and if all candidates have NaN, scikit-learn takes the first one: look for NaN in ``cv_results_``, or turn
    the warning into an error.

    Without ``sample_domain`` a target row with a label counts as a source row. A search passes ``sample_domain`` to a
    scorer only if metadata routing is on: turn it on if some target rows have labels.

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
    _constraints = {
        "weighter": (None, "auto", InstanceOf(BaseWeighter, noun="a weighter, such as KMM()")),
        "representation": REPRESENTATIONS,
    }

    def _score(self, rows):
        loss = choose_loss(self.loss, rows.estimator)
        weighter = fitted_weighter(self, rows)
        if not can_judge(self, weighter, rows):
            return np.nan
        return loss.score(np.average(rows.losses(loss), weights=weighter.weights_[rows.labeled_source]))


@dataclass(frozen=True)
class DeepEmbeddedValidationScorer(RiskScorer):
    r"""Deep embedded validation: importance-weighted validation on a model's features, with a control variate.

    With weights :math:`w_i` (not scaled to mean 1) and weighted losses :math:`w_i \ell_i`,

    .. math:: \hat R = \tfrac1n \sum_i w_i \ell_i + \eta \left( \tfrac1n \sum_i w_i - 1 \right),
              \qquad \eta = - \operatorname{Cov}(w \ell, w) / \operatorname{Var}(w):

    the true mean of the weights is 1, so that the error of their sample mean is used to reduce the variance of the
    estimate. A sample mean more than three standard errors from 1 shows a wrong ratio, and the correction is limited to
    three. *When it hurts*: as importance weighting does. On 30 real pairs its choice was no better than the source
    alone: more than a point lost on 37 % of the pairs.

    Parameters
    ----------
    weighter : ratio weighter or "auto", default=None
        Estimator of the ratio with ``predict_weights``. None: ``DiscriminatorWeighter()``. "auto": ``AutoWeighter()``,
        the best of several by their error on held-out rows, at the cost of about 15 more fits.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one loss per row. The score is the (estimated) accuracy
        for "zero_one" and minus the mean loss for the others.
    representation : {"auto", "input", "transformed"}, default="transformed"
        The rows that the ratio is estimated on: the rows of X ("input"), or what the pipeline's steps before the last
        one make of them ("transformed"; steps inside ``OnLabeled`` do not count). "auto": "input" if all rows are
        finite numbers, else "transformed".

    See Also
    --------
    ImportanceWeightedScorer : Without the control variate.

    Notes
    -----
    Where the source has almost no rows where the target lies (its weighted rows are worth fewer than 5),
    no weights can judge a model: the score is NaN, with a :class:`~sktl.exceptions.NoOverlapWarning`. A search ranks
    NaN last, and if all candidates have NaN, scikit-learn takes the first one: look for NaN in ``cv_results_``, or turn
    the warning into an error.

    Without ``sample_domain`` a target row with a label counts as a source row. A search passes ``sample_domain`` to a
    scorer only if metadata routing is on: turn it on if some target rows have labels.

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
    _constraints = {
        "weighter": (
            None,
            "auto",
            InstanceOf(BaseRatioWeighter, noun="a weighter, such as ULSIF(), which has predict_weights"),
        ),
        "representation": REPRESENTATIONS,
    }

    def _score(self, rows):
        loss = choose_loss(self.loss, rows.estimator)
        weighter, index = fitted_weighter(self, rows), np.flatnonzero(rows.labeled_source)
        if not can_judge(self, weighter, rows):
            return np.nan
        weights = weighter.predict_weights(draw_rows(rows.represent(self.representation), index))
        return loss.score(control_variate_mean(weights * rows.losses(loss), weights))


def can_judge(scorer, weighter, rows):
    """Whether weighted source rows can judge a model, with a warning if they can't."""
    reason = why_not_score(weighter, int(rows.domains.source.sum()))
    if reason:
        warnings.warn(
            f"{type(scorer).__name__} can't judge the model, so its score is NaN: {reason}. A search ranks such "
            "candidates last; if all are NaN, its choice means nothing. Find a source nearer the target, "
            "label target rows, or score by CircularValidationScorer().",
            NoOverlapWarning,
            stacklevel=user_level(),
        )
    return not reason


def fitted_weighter(scorer, rows):
    """The scorer's weighter, fitted on the rows; it sees no label of a target row."""
    weighter = chosen_weighter(scorer.weighter)
    target = rows.domains.target
    X, y = rows.represent(scorer.representation), hide_labels(rows.y, target)
    try:
        return weighter.fit(X, y, sample_domain=target)
    except ValueError as error:
        if X is not rows.X:
            raise
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(
            f"{weighter!r} can't weight the rows of X: {reason}. With representation='transformed' "
            f"{type(scorer).__name__} gives it the input of the pipeline's last step: impute and encode "
            "them in a first step, as in make_pipeline(preprocessing, ...)."
        ) from error


def control_variate_mean(values, weights):
    """Mean of ``values`` (weighted losses), corrected by what the mean of the weights lacks of 1, by chance."""
    centred = weights - weights.mean()
    spread = np.sqrt(np.mean(centred**2))
    if spread <= ROUNDING * np.abs(weights).max():
        return np.mean(values)
    slope = np.mean((values - values.mean()) * centred) / spread**2
    # a mean further from 1 than chance takes it is no sampling error but a wrong ratio, and tells nothing of the loss
    chance = MOST_ERRORS * spread / np.sqrt(len(weights))
    return np.mean(values) - slope * np.clip(weights.mean() - 1, -chance, chance)
