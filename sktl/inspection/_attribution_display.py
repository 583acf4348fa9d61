"""Why a model does worse on the target, as bars."""

from numbers import Integral

import numpy as np

from sktl._checks import ESTIMATOR, InstanceOf, Interval, checked
from sktl.inspection._attribution import ShiftAttribution, shift_attribution
from sktl.inspection._style import CYCLE, axes
from sktl.inspection.report._loss_words import unit
from sktl.inspection.report._text import short

TERMS = {"drop": "whole drop", "rows": "other rows", "relation": "another relation"}
ROWS, RELATION = CYCLE[0], CYCLE[1]


class AttributionDisplay:
    """The drop from source to target and its two parts with their intervals, and what each column carries of them.

    Make it by :meth:`from_estimator`, or from what :func:`shift_attribution` returns, by :meth:`from_attribution`.

    Parameters
    ----------
    attribution : ShiftAttribution
        The parts.

    Attributes
    ----------
    ax_ : ndarray of two Axes
    figure_ : Figure
    bars_ : list of BarContainer
        The terms, the columns' parts by their rows, and those by their relation (pale where they are not certain).
    lines_ : LineCollection
        Intervals of the terms.

    See Also
    --------
    FeatureShiftDisplay : How much each column differs, whatever the model.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.inspection import AttributionDisplay
    >>> rng = np.random.default_rng(0)
    >>> X, target = rng.normal(size=(400, 2)), np.arange(400) >= 200
    >>> y = np.where(target, -1, 1) * X[:, 1] + rng.normal(size=400)
    >>> display = AttributionDisplay.from_estimator(LinearRegression(), X, y, target)
    >>> display.attribution.columns[0].column
    'x1'
    >>> figure = display.plot().figure_
    """

    def __init__(self, attribution):
        self.attribution = attribution

    @classmethod
    @checked(estimator=ESTIMATOR)
    def from_estimator(cls, estimator, X, y, sample_domain, **options):
        """Compute the parts.

        Parameters
        ----------
        estimator : estimator object
            The model.
        X : array-like, pandas or polars frame of shape (n_samples, n_features)
            Rows of both domains.
        y : array-like of shape (n_samples,)
            Labels, some of target rows.
        sample_domain : array-like of shape (n_samples,)
            Domains, as ``fit`` takes them.
        **options : dict
            Keywords of :func:`shift_attribution`.

        Returns
        -------
        AttributionDisplay
        """
        return cls(shift_attribution(estimator, X, y, sample_domain, **options))

    @classmethod
    @checked(attribution=(InstanceOf(ShiftAttribution, noun="what shift_attribution returns"),))
    def from_attribution(cls, attribution):
        """Show parts that were computed before.

        Parameters
        ----------
        attribution : ShiftAttribution
            The parts.

        Returns
        -------
        AttributionDisplay
        """
        return cls(attribution)

    @checked(n_features=(Interval(Integral, 1),))
    def plot(self, ax=None, *, n_features=10):
        """Draw both pictures.

        Parameters
        ----------
        ax : array of two Axes, default=None
            Where to draw; None makes a figure.
        n_features : int >= 1, default=10
            Columns that get bars, those that carry most.

        Returns
        -------
        AttributionDisplay
            Itself, with the drawn parts.
        """
        self.figure_, self.ax_ = axes(ax, 2, name="AttributionDisplay")
        left, right = self.ax_
        found, scale = self.attribution, 100 if self.attribution.loss == "zero_one" else 1
        values = scale * np.array([getattr(found, name) for name in TERMS])
        ends = scale * np.array([found.intervals[name] for name in TERMS])
        places = np.arange(len(TERMS))[::-1]
        self.bars_ = [left.barh(places, values, color=["0.5", ROWS, RELATION])]
        self.lines_ = left.hlines(places, *ends.T, color="black")
        left.set_yticks(places, list(TERMS.values()))
        rows = found.columns[:n_features]
        places = np.arange(len(rows))[::-1]
        for part, colour, name, off in (("rows", ROWS, "rows", 0.2), ("relation", RELATION, "relation", -0.2)):
            bars = right.barh(places + off, [scale * getattr(row, part) for row in rows], 0.4, color=colour, label=name)
            for bar, row in zip(bars, rows, strict=True):
                bar.set_alpha(1.0 if getattr(row, f"by_{part}") else 0.3)
            self.bars_.append(bars)
        right.set_yticks(places, [short(row.column) for row in rows])
        for axis in (left, right):
            axis.axvline(0, color="black", linewidth=0.8)
            axis.set_xlabel(f"lost on the target, {unit(found.loss)}")
        right.legend(fontsize="small", title="pale: not certain", title_fontsize="small")
        return self
