"""Scores from each domain to each, as a grid."""

import numpy as np

from sktl._checks import BOOLEAN, ESTIMATOR, FOLDS, N_JOBS, InstanceOf, checked
from sktl.base import on_missing_labels
from sktl.inspection._style import axes
from sktl.inspection.report._text import short
from sktl.model_selection import transfer_matrix

SCORING = (None, callable, InstanceOf(str, noun="the name of a scorer"))


class TransferMatrixDisplay:
    """Scores from each source (row) to each target (column); the diagonal holds cross-validation within a domain.

    Make it by :meth:`from_estimator`, or from what :func:`~sktl.model_selection.transfer_matrix` returns.

    Parameters
    ----------
    domains : list
        Names of the domains.
    scores : ndarray of shape (n_domains, n_domains)
        Row: the source; column: the target.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    im_ : AxesImage
    text_ : ndarray of Text of shape (n_domains, n_domains)
        The scores.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.inspection import TransferMatrixDisplay
    >>> rng = np.random.default_rng(0)
    >>> y, site = rng.integers(0, 2, 80), np.repeat(["a", "b"], 40)
    >>> X = rng.normal(size=(80, 1)) + 4 * y[:, None] * np.where(site == "a", 1, -1)[:, None]
    >>> display = TransferMatrixDisplay.from_estimator(LogisticRegression(), X, y, site)
    >>> display.scores.round()
    array([[1., 0.],
           [0., 1.]])
    >>> figure = display.plot().figure_
    """

    def __init__(self, domains, scores):
        self.domains = domains
        self.scores = scores

    @classmethod
    @checked(estimator=ESTIMATOR, scoring=SCORING, cv=FOLDS, n_jobs=N_JOBS)
    def from_estimator(cls, estimator, X, y, sample_domain, *, scoring=None, cv=5, n_jobs=None):
        """Score an estimator from each domain to each.

        Parameters
        ----------
        estimator : estimator object
            A classifier, regressor or pipeline; an ordinary one is wrapped to learn from labelled rows.
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_domain : array-like of shape (n_samples,)
            The name of each row's domain.
        scoring : str, callable or None, default=None
            As in scikit-learn.
        cv : int >= 2, default=5
            Folds within a domain.
        n_jobs : int, default=None
            Fits in parallel.

        Returns
        -------
        TransferMatrixDisplay
        """
        result = transfer_matrix(
            on_missing_labels(estimator), X, y, sample_domain, scoring=scoring, cv=cv, n_jobs=n_jobs
        )
        return cls(result.domains, result.scores)

    @checked(values_format=(InstanceOf(str, noun="a format"),), colorbar=BOOLEAN)
    def plot(self, ax=None, *, cmap="cividis", values_format=".2f", colorbar=True):
        """Draw the grid.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str or Colormap, default="cividis"
            Colours; the default is made for the colour-blind.
        values_format : str, default=".2f"
            Format of the scores.
        colorbar : bool, default=True
            Whether to draw a scale.

        Returns
        -------
        TransferMatrixDisplay
            Itself, with the drawn parts.
        """
        size = max(3.6, 0.7 * len(self.domains) + 1.6)
        self.figure_, (self.ax_,) = axes(ax, width=size + 0.8, height=size, name="TransferMatrixDisplay")
        scores = np.asarray(self.scores, dtype=float)
        self.im_ = self.ax_.imshow(scores, cmap=cmap)
        self.text_ = np.empty(scores.shape, dtype=object)
        for place, score in np.ndenumerate(scores):
            red, green, blue, _ = self.im_.cmap(self.im_.norm(score))
            ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
            self.text_[place] = self.ax_.text(
                *place[::-1], format(score, values_format), ha="center", va="center", color=ink
            )
        names = [short(str(name)) for name in self.domains]
        self.ax_.set_xticks(range(len(names)), names, rotation=45, ha="right")
        self.ax_.set_yticks(range(len(names)), names)
        self.ax_.set(xlabel="target", ylabel="source")
        if colorbar:
            self.figure_.colorbar(self.im_, ax=self.ax_, label="score")
        return self
