"""Weights of source rows: how even they are, and what they look like over one column."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from sktl._checks import HasMethods, InstanceOf, Interval, checked
from sktl.inspection._domains import domains_of
from sktl.inspection._style import SOURCE, TRUTH, axes

COLUMN = (Interval(Integral), InstanceOf(str, noun="the name of a column"))
VALUES = (HasMethods("__len__", noun="a sequence of numbers"),)


class WeightDisplay:
    """Histogram of the weights of source rows, and the weights over one column beside the true ratio.

    Make it by :meth:`from_estimator` or :meth:`from_data`.

    Parameters
    ----------
    weights : ndarray of shape (n_source,)
        Weights of the source rows.
    values : ndarray of shape (n_source,)
        Their values in the column looked at.
    name : str
        Name of that column.
    true_weights : ndarray of shape (n_source,) or None
        The true density ratio, where it is known, scaled to mean 1.
    effective_sample_size : float
        (sum w)^2 / sum w^2: the number of equally weighted rows that would be as precise.

    Attributes
    ----------
    ax_ : ndarray of two Axes
    figure_ : Figure
    bars_ : BarContainer
        The histogram.
    points_ : PathCollection
        The weights over the column.
    truth_ : PathCollection or None
        The true ratio.
    text_ : Text
        The effective sample size.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.inspection import WeightDisplay
    >>> from sktl.instance import KMM
    >>> data = make_covariate_shift(n_source=100, n_target=80, random_state=0)
    >>> display = WeightDisplay.from_estimator(KMM(), data.X, data.y, true_weights=data.weights)
    >>> display.weights.shape
    (100,)
    >>> figure = display.plot().figure_
    """

    def __init__(self, weights, values, name, true_weights, effective_sample_size):
        self.weights = weights
        self.values = values
        self.name = name
        self.true_weights = true_weights
        self.effective_sample_size = effective_sample_size

    @classmethod
    @checked(estimator=(HasMethods("fit", noun="a weighter of sktl.instance"),), feature=COLUMN)
    def from_estimator(cls, estimator, X, y=None, sample_domain=None, *, feature=0, true_weights=None):
        """Fit a weighter and take its weights.

        Parameters
        ----------
        estimator : weighter object
            Cloned and fitted.
        X : array-like of shape (n_samples, n_features)
            Rows of both domains.
        y : array-like of shape (n_samples,), default=None
            Labels, as ``fit`` takes them.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, as ``fit`` takes them.
        feature : int or str, default=0
            Position or name of the column to look at.
        true_weights : array-like of shape (n_samples,), default=None
            The true ratio of each row, in any units.

        Returns
        -------
        WeightDisplay
        """
        target = domains_of(X, y, sample_domain).target
        if not has_fit_parameter(estimator, "sample_domain"):
            raise TypeError(f"estimator must be a weighter of sktl.instance, such as KMM(); got {estimator!r}.")
        weights = clone(estimator).fit(X, y, sample_domain).weights_[~target]
        truth = None if true_weights is None else np.asarray(true_weights, dtype=float)[~target]
        values, name = _column(X, feature)
        return cls.from_data(weights, values[~target], name=name, true_weights=truth)

    @classmethod
    @checked(values=VALUES, name=(InstanceOf(str, noun="a name"),))
    def from_data(cls, weights, values, *, name="value", true_weights=None):
        """Take weights as they are.

        Parameters
        ----------
        weights : array-like of shape (n_source,)
            Weights of the source rows, >= 0.
        values : array-like of shape (n_source,)
            Their values in one column.
        name : str, default="value"
            Name of that column.
        true_weights : array-like of shape (n_source,), default=None
            The true ratio, in any units.

        Returns
        -------
        WeightDisplay
        """
        weights, values = (np.asarray(part, dtype=float) for part in (weights, values))
        if weights.ndim != 1 or weights.shape != values.shape:
            raise ValueError(f"weights and values must have one shape; got {weights.shape} and {values.shape}.")
        if not (weights >= 0).all() or weights.sum() == 0:
            raise ValueError(f"weights must be at least 0, and not all 0; the smallest is {weights.min():g}.")
        if true_weights is not None:
            true_weights = np.asarray(true_weights, dtype=float)
            if true_weights.shape != weights.shape:
                shapes = f"{true_weights.shape} and {weights.shape}"
                raise ValueError(f"true_weights and weights must have one shape; got {shapes}.")
            true_weights = true_weights / np.mean(true_weights)
        return cls(weights, values, name, true_weights, float(weights.sum() ** 2 / (weights**2).sum()))

    @checked(bins=(Interval(Integral, 1),))
    def plot(self, ax=None, *, bins=30):
        """Draw both pictures.

        Parameters
        ----------
        ax : array of two Axes, default=None
            Where to draw; None makes a figure.
        bins : int >= 1, default=30
            Bars of the histogram.

        Returns
        -------
        WeightDisplay
            Itself, with the drawn parts.
        """
        self.figure_, self.ax_ = axes(ax, 2, name="WeightDisplay")
        left, right = self.ax_
        *_, self.bars_ = left.hist(self.weights, bins=bins, color=SOURCE)
        left.set(xlabel="weight", ylabel="source rows")
        words = f"{len(self.weights)} rows,\neffective size {self.effective_sample_size:.0f}"
        self.text_ = left.text(0.97, 0.95, words, transform=left.transAxes, va="top", ha="right")
        self.points_ = right.scatter(self.values, self.weights, s=12, color=SOURCE, alpha=0.6, label="weight")
        self.truth_ = None
        if self.true_weights is not None:
            look = {"s": 6, "color": TRUTH, "marker": "x", "linewidths": 0.7}
            self.truth_ = right.scatter(self.values, self.true_weights, label="true ratio", **look)
            right.legend(fontsize="small")
        right.set(xlabel=self.name, ylabel="weight")
        return self


def _column(X, feature):
    """Values and name of one column of an array or frame."""
    n_columns = np.shape(X)[1]
    if not isinstance(feature, str) and not -n_columns <= feature < n_columns:
        raise ValueError(f"feature={feature!r} is not a column of X, which has {n_columns} columns.")
    if hasattr(X, "columns"):
        name = feature if isinstance(feature, str) else list(X.columns)[feature]
        return np.asarray(X[name], dtype=float), str(name)
    if isinstance(feature, str):
        raise ValueError(f"feature={feature!r} is a name, but X has no column names. Pass a position.")
    return np.asarray(X)[:, feature].astype(float), f"x{feature}"
