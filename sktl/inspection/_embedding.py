"""Rows of both domains before and after an adapter."""

import numpy as np
from sklearn.base import clone

from sktl._checks import HasMethods, checked
from sktl.inspection._domains import as_numbers, domains_of
from sktl.inspection._style import axes, legend_beside, plane, scatter_domains
from sktl.inspection.report._labels import read_labels
from sktl.metrics import proxy_a_distance


class EmbeddingDisplay:
    """Both domains before and after an adapting transformer, in the plane of their largest variance.

    Make it by :meth:`from_estimator`. The titles give the proxy A-distance in all columns, not in the plane.

    Parameters
    ----------
    before, after : ndarray of shape (n_samples, 2)
        Rows in the plane.
    target : ndarray of shape (n_samples,), dtype bool
        Target rows.
    codes : ndarray of shape (n_samples,)
        Codes of the classes, NaN where there is no label.
    classes : list or None
        Names of the classes; None draws none.
    distances : tuple of float
        Proxy A-distance before and after.

    Attributes
    ----------
    ax_ : ndarray of two Axes
    figure_ : Figure
    scatter_ : list of PathCollection
        The points.
    text_ : list of Text
        The titles, with the distances.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import CORAL
    >>> from sktl.inspection import EmbeddingDisplay
    >>> data = make_covariate_shift(n_source=100, n_target=80, shift=2.0, random_state=0)
    >>> display = EmbeddingDisplay.from_estimator(CORAL(), data.X, data.y)
    >>> display.distances[1] < display.distances[0]
    True
    >>> figure = display.plot().figure_
    """

    def __init__(self, before, after, target, codes, classes, distances):
        self.before = before
        self.after = after
        self.target = target
        self.codes = codes
        self.classes = classes
        self.distances = distances

    @classmethod
    @checked(estimator=(HasMethods("fit", noun="a transformer"),))
    def from_estimator(cls, estimator, X, y=None, sample_domain=None, *, y_true=None):
        """Fit a transformer and project its input and output.

        Parameters
        ----------
        estimator : transformer object
            Cloned and fitted by ``fit_transform``.
        X : array-like of shape (n_samples, n_features)
            Numbers, rows of both domains.
        y : array-like of shape (n_samples,), default=None
            Labels, as ``fit`` takes them.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, as ``fit`` takes them.
        y_true : array-like of shape (n_samples,), default=None
            True labels, used to draw and hidden from ``fit``; None: ``y``.

        Returns
        -------
        EmbeddingDisplay
        """
        target = domains_of(X, y, sample_domain, two=True).target
        if not hasattr(estimator, "fit_transform"):
            raise TypeError(f"An embedding needs a transformer, such as CORAL(); {estimator!r} has no fit_transform.")
        before = as_numbers(X)
        params = {} if sample_domain is None else {"sample_domain": sample_domain}
        after = np.asarray(clone(estimator).fit_transform(X, y, **params), dtype=float)
        labels = read_labels(y if y_true is None else y_true, target)
        none = labels is None or labels.classes is None
        distances = tuple(proxy_a_distance(Z[~target], Z[target]) for Z in (before, after))
        return cls(
            plane(before)(before),  # each by its own axes: an adapter may change their number
            plane(after)(after),
            target,
            np.full(len(before), np.nan) if none else labels.codes,
            None if none else labels.classes,
            distances,
        )

    def plot(self, ax=None):
        """Draw both pictures.

        Parameters
        ----------
        ax : array of two Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        EmbeddingDisplay
            Itself, with the drawn parts.
        """
        self.figure_, self.ax_ = axes(ax, 2, name="EmbeddingDisplay")
        self.scatter_, self.text_ = [], []
        parts = zip(self.ax_, ("before", "after"), (self.before, self.after), self.distances, strict=True)
        for panel, title, points, distance in parts:
            self.scatter_ += scatter_domains(panel, points, self.target, self.codes, self.classes)
            self.text_.append(panel.set_title(f"{title}: A-distance {distance:.2f}"))
            panel.set(xlabel="first direction", ylabel="second direction")
        legend_beside(self.ax_[1])
        return self
