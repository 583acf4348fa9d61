"""Decision regions of a classifier before and after adaptation."""

from numbers import Integral

import numpy as np

from sktl._checks import ESTIMATOR, Interval, checked
from sktl.base import fit_on_domains, on_missing_labels
from sktl.inspection._domains import as_numbers, domains_of
from sktl.inspection._style import CYCLE, axes, legend_beside, scatter_domains
from sktl.inspection.report._labels import read_labels
from sktl.inspection.report._text import short


class BoundaryDisplay:
    """Decision regions over two columns, of a classifier that does not adapt and of one that does.

    Make it by :meth:`from_estimator`.

    Parameters
    ----------
    grids : tuple of two ndarray of shape (n_points,)
        Values of both columns at which the classifiers predict.
    before, after : ndarray of shape (n_points, n_points)
        Codes of the classes predicted there, the second column along the first axis.
    X : ndarray of shape (n_samples, 2)
        Rows of both domains.
    target : ndarray of shape (n_samples,), dtype bool
        Target rows.
    codes : ndarray of shape (n_samples,)
        Codes of the classes to draw; NaN where there is no label.
    classes : list
        Names of the classes.
    scores : tuple of float
        Accuracy on the target's labels before and after; NaN without any.
    names : tuple of str, default=("x0", "x1")
        Names of the columns.

    Attributes
    ----------
    ax_ : ndarray of two Axes
    figure_ : Figure
    surface_ : list of QuadContourSet
        The regions.
    scatter_ : list of PathCollection
        The rows.
    text_ : list of Text
        The titles, with the scores.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.inspection import BoundaryDisplay
    >>> from sktl.instance import ImportanceWeighted
    >>> data = make_covariate_shift(n_source=300, n_target=200, random_state=0)
    >>> plain, adapted = LogisticRegression(), ImportanceWeighted(LogisticRegression())
    >>> display = BoundaryDisplay.from_estimator(plain, adapted, data.X, data.y, y_true=data.y_true)
    >>> display.scores[1] > display.scores[0]
    True
    >>> figure = display.plot().figure_
    """

    def __init__(self, grids, before, after, X, target, codes, classes, scores, names=("x0", "x1")):
        self.grids = grids
        self.before = before
        self.after = after
        self.X = X
        self.target = target
        self.codes = codes
        self.classes = classes
        self.scores = scores
        self.names = names

    @classmethod
    @checked(before=ESTIMATOR, after=ESTIMATOR, resolution=(Interval(Integral, 2),))
    def from_estimator(cls, before, after, X, y, sample_domain=None, *, y_true=None, resolution=150):
        """Fit both classifiers and predict on a grid.

        Parameters
        ----------
        before : classifier object
            Cloned and fitted on the labelled rows.
        after : classifier object
            The one that adapts; cloned and fitted on all rows.
        X : array-like of shape (n_samples, 2)
            Rows of both domains, of two columns.
        y : array-like of shape (n_samples,)
            Labels, as ``fit`` takes them.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, as ``fit`` takes them.
        y_true : array-like of shape (n_samples,), default=None
            True labels, used to draw and to score and hidden from ``fit``; None: ``y``.
        resolution : int >= 2, default=150
            Points along each column.

        Returns
        -------
        BoundaryDisplay
        """
        rows = as_numbers(X)
        if rows.ndim != 2 or rows.shape[1] != 2:
            raise ValueError(f"A boundary needs two columns; X has the shape {rows.shape}. Pass two of its columns.")
        names = tuple(str(name) for name in getattr(X, "columns", ("x0", "x1")))
        domains = domains_of(X, y, sample_domain)
        labels = read_labels(y if y_true is None else y_true, domains.target)
        if labels is None or labels.classes is None:
            kind = "has no source label" if labels is None else "holds numbers"
            raise ValueError(f"A boundary needs class labels; y {kind}. Pass classes in y or y_true.")
        margin = 0.1 * np.ptp(rows, axis=0)  # so that no row lies on the frame
        ends = zip(rows.min(axis=0) - margin, rows.max(axis=0) + margin, strict=True)
        grids = tuple(np.linspace(*pair, resolution) for pair in ends)
        points = np.stack(np.meshgrid(*grids), axis=-1).reshape(-1, 2)
        known = domains.target & ~np.isnan(labels.codes)
        regions, scores = [], []
        for model in (before, after):
            fitted = fit_on_domains(on_missing_labels(model), rows, y, domains.names)
            regions.append(_codes(fitted.predict(points), labels.classes).reshape(resolution, resolution))
            hits = _codes(fitted.predict(rows[known]), labels.classes) == labels.codes[known] if known.any() else np.nan
            scores.append(float(np.mean(hits)))
        return cls(grids, *regions, rows, domains.target, labels.codes, labels.classes, tuple(scores), names)

    def plot(self, ax=None):
        """Draw both pictures.

        Parameters
        ----------
        ax : array of two Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        BoundaryDisplay
            Itself, with the drawn parts.
        """
        self.figure_, self.ax_ = axes(ax, 2, name="BoundaryDisplay")
        self.surface_, self.scatter_, self.text_ = [], [], []
        n = len(self.classes)
        colours = [CYCLE[(2 + code) % len(CYCLE)] for code in range(n)]  # neither domain's colour, for two classes
        parts = zip(self.ax_, ("before", "after"), (self.before, self.after), self.scores, strict=True)
        for panel, title, region, score in parts:
            levels = np.arange(n + 1) - 0.5
            self.surface_.append(panel.contourf(*self.grids, region, levels, colors=colours, alpha=0.25))
            panel.contour(*self.grids, region, levels[1:-1], colors="black", linewidths=1)
            self.scatter_ += scatter_domains(panel, self.X, self.target, self.codes, self.classes)
            words = title if np.isnan(score) else f"{title}: target accuracy {score:.2f}"
            self.text_.append(panel.set_title(words))
            panel.set(xlabel=short(self.names[0]), ylabel=short(self.names[1]))
        for colour, name in zip(colours, self.classes, strict=True):
            self.ax_[1].fill_between([], [], color=colour, alpha=0.25, label=f"predicted {name}")
        legend_beside(self.ax_[1])
        return self


def _codes(predicted, classes):
    """Codes of predicted labels."""
    return np.searchsorted(np.asarray(classes), predicted)
