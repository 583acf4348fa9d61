"""Scores over the number of target labels, as lines."""

import numpy as np
from sklearn.base import is_regressor

from sktl._checks import ESTIMATOR, checked
from sktl.inspection._style import CYCLE, axes
from sktl.model_selection import transfer_learning_curve

MARKERS = {"transfer": "o-", "source-only": "s--", "target-only": "^:", "pooled": "D-."}


class TransferCurveDisplay:
    """Scores over the number of target labels, with transfer and for plain models without.

    Make it by :meth:`from_estimator`, or from what :func:`~sktl.model_selection.transfer_learning_curve` returns.

    Parameters
    ----------
    n_labeled : ndarray of shape (n_sizes,)
        Labelled target rows.
    scores : dict of str -> ndarray of shape (n_sizes, n_repeats)
        Scores of each model; sizes whose scores are NaN (no labels, for a model that needs some) are not drawn.
    score_name : str, default="score"
        Name for the axis.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    lines_ : list of Line2D
        Means, in the order of ``scores``.
    fill_between_ : list of PolyCollection
        One standard error to either side.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.inspection import TransferCurveDisplay
    >>> from sktl.instance import TrAdaBoostClassifier
    >>> rng = np.random.default_rng(0)
    >>> y, target = rng.integers(0, 2, 300), np.arange(300) >= 150
    >>> X = rng.normal(size=(300, 2)) + 2 * y[:, None] * np.where(target[:, None], [1, 0], [0, 1])
    >>> sizes = {"n_labeled": (10, 50), "n_repeats": 2}
    >>> display = TransferCurveDisplay.from_estimator(TrAdaBoostClassifier(n_estimators=3), X, y, target, **sizes)
    >>> display.scores["transfer"].shape
    (2, 2)
    >>> figure = display.plot().figure_
    """

    def __init__(self, n_labeled, scores, score_name="score"):
        self.n_labeled = n_labeled
        self.scores = scores
        self.score_name = score_name

    @classmethod
    @checked(estimator=ESTIMATOR)
    def from_estimator(cls, estimator, X, y, sample_domain, **options):
        """Compute the curve.

        Parameters
        ----------
        estimator : estimator object
            The transfer model.
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_domain : array-like of shape (n_samples,)
            Domains, as ``fit`` takes them.
        **options : dict
            Keywords of :func:`~sktl.model_selection.transfer_learning_curve`.

        Returns
        -------
        TransferCurveDisplay
        """
        curve = transfer_learning_curve(estimator, X, y, sample_domain, **options)
        scoring = options.get("scoring")
        plain = "R²" if is_regressor(estimator) else "accuracy"
        name = scoring if isinstance(scoring, str) else plain if scoring is None else "score"
        return cls(curve.n_labeled, curve.scores, name)

    def plot(self, ax=None):
        """Draw the lines.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        TransferCurveDisplay
            Itself, with the drawn parts.
        """
        self.figure_, (self.ax_,) = axes(ax, name="TransferCurveDisplay")
        self.lines_, self.fill_between_ = [], []
        for k, (name, table) in enumerate(self.scores.items()):
            mean, colour = table.mean(axis=1), CYCLE[k % len(CYCLE)]
            error = table.std(axis=1, ddof=1) / np.sqrt(table.shape[1]) if table.shape[1] > 1 else 0 * mean
            self.lines_ += self.ax_.plot(self.n_labeled, mean, MARKERS.get(name, "o-"), color=colour, label=name)
            band = self.ax_.fill_between(self.n_labeled, mean - error, mean + error, color=colour, alpha=0.2)
            self.fill_between_.append(band)
        self.ax_.set(xlabel="labelled target rows", ylabel=self.score_name)
        self.ax_.legend(fontsize="small", title="mean ± standard error", title_fontsize="small")
        return self
