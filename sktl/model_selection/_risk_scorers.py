"""Scores by known labels: of the source, which often mislead, and of the target, which are only known in research."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import check_scoring

from sktl.model_selection._by_domain import SCORING
from sktl.model_selection._losses import LOSSES, choose_loss
from sktl.model_selection._scorer import DomainScorer


class RiskScorer(DomainScorer):
    """What the scorers by a loss share: its name in their tables."""

    _constraints = {"loss": ("auto", *LOSSES, callable)}


@dataclass(frozen=True)
class SourceScorer(RiskScorer):
    """Mean score on the labelled source rows, through the source's own map: easy to compute, and often misleading.

    It asks how well the *source* is predicted, and so prefers whatever adapts least.

    Parameters
    ----------
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row; a callable of (y_true, y_pred) returns one loss per row. "auto": "zero_one" for classifiers,
        "squared_error" for regressors. The score is the accuracy for "zero_one" and minus the mean loss for the others.

    See Also
    --------
    ImportanceWeightedScorer : The same rows, weighted to look like the target.

    Notes
    -----
    Without ``sample_domain`` a target row with a label counts as a source row. A search passes ``sample_domain`` to a
    scorer only if metadata routing is on: turn it on if some target rows have labels.

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


@dataclass(frozen=True, eq=False)
class TargetScorer(DomainScorer):
    """The oracle, for research only: the score on labelled target rows, which are not known in practice.

    It shows the best that a choice without target labels could reach. A model chosen by it is not chosen without
    supervision.

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
    _constraints = {"scoring": SCORING}
    _needs = ()
    _asks_model = False

    def _score(self, rows):
        return check_scoring(rows.estimator, self.scoring)(rows.estimator, self.X_target, self.y_target)
