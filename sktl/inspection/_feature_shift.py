"""How much each column differs, and the distributions of the one that differs most."""

from numbers import Integral

import numpy as np

from sktl._checks import Interval, checked
from sktl._tables.columns import expand_dates, read_columns
from sktl.inspection._domains import domains_of
from sktl.inspection._style import SOURCE, TARGET, axes
from sktl.inspection.report._columns import column_difference
from sktl.inspection.report._text import short

MIN_PLACES = 6  # of bars of columns that there is room for at least
MAX_LEVELS = 10  # values of a text column that are drawn


class FeatureShiftDisplay:
    """How much each column differs, as bars, and both distributions of the column that differs most.

    Make it by :meth:`from_data`. The difference is the Kolmogorov-Smirnov statistic of numbers and the total variation
    distance of texts, 0 (alike) to 1 (apart).

    Parameters
    ----------
    features : list of str
        Names, the column that differs most first.
    differences : ndarray of shape (n_features,)
        How much each differs.
    worst_source, worst_target : ndarray
        Values of the first column in each domain (numbers without the missing ones, or texts).

    Attributes
    ----------
    ax_ : ndarray of two Axes
    figure_ : Figure
    bars_ : BarContainer
        Differences of the columns.
    densities_ : list
        The two distributions.

    See Also
    --------
    DomainReport : These figures and more, with p-values.

    Examples
    --------
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.inspection import FeatureShiftDisplay
    >>> data = make_covariate_shift(n_source=300, n_target=200, random_state=0)
    >>> display = FeatureShiftDisplay.from_data(data.X, data.y)
    >>> display.features
    ['x0', 'x1']
    >>> figure = display.plot().figure_
    """

    def __init__(self, features, differences, worst_source, worst_target):
        self.features = features
        self.differences = differences
        self.worst_source = worst_source
        self.worst_target = worst_target

    @classmethod
    def from_data(cls, X, y=None, sample_domain=None):
        """Compare the domains column by column.

        Parameters
        ----------
        X : array-like, pandas or polars frame of shape (n_samples, n_features)
            Rows of both domains.
        y : array-like of shape (n_samples,), default=None
            Labels, as ``fit`` takes them.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, as ``fit`` takes them.

        Returns
        -------
        FeatureShiftDisplay
        """
        target = domains_of(X, y, sample_domain, two=True).target
        X, times = expand_dates(X)
        columns, _ = read_columns(X, target, times)
        differences = np.array([column_difference(column, target)[1] for column in columns])
        order = np.argsort(-differences, kind="stable")
        worst = columns[order[0]]
        kept = ~worst.missing if worst.is_number else np.ones(len(target), dtype=bool)
        return cls(
            [columns[j].name for j in order],
            differences[order],
            worst.values[kept & ~target],
            worst.values[kept & target],
        )

    @checked(n_features=(Interval(Integral, 1),))
    def plot(self, ax=None, *, n_features=15):
        """Draw both pictures.

        Parameters
        ----------
        ax : array of two Axes, default=None
            Where to draw; None makes a figure.
        n_features : int >= 1, default=15
            Columns that get a bar, those that differ most.

        Returns
        -------
        FeatureShiftDisplay
            Itself, with the drawn parts.
        """
        self.figure_, self.ax_ = axes(ax, 2, name="FeatureShiftDisplay")
        left, right = self.ax_
        places = np.arange(min(n_features, len(self.features)))
        self.bars_ = left.barh(places, self.differences[: len(places)][::-1], color="0.5")
        left.set_yticks(places, [short(name) for name in self.features[: len(places)]][::-1])
        room = 0.6 + max(0, MIN_PLACES - len(places)) / 2  # a single bar is not to fill the picture
        left.set_ylim(-room, len(places) - 1 + room)
        left.bar_label(self.bars_, fmt="%.2f", padding=2, fontsize="small")
        left.set(xlim=(0, 1.12), xlabel="difference (0 = alike, 1 = apart)")
        draw = _draw_numbers if self.worst_source.dtype.kind == "f" else _draw_texts
        self.densities_ = draw(right, self.worst_source, self.worst_target)
        right.set_xlabel(short(self.features[0], 48))
        right.legend(fontsize="small")
        return self


def _draw_numbers(ax, source, target):
    """Two densities over one axis, between the outermost half percents."""
    both = np.concatenate([source, target])
    low, high = np.quantile(both, [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, 31)
    ax.set_ylabel("density")
    return [
        ax.hist(part, bins=edges, density=True, histtype="stepfilled", alpha=0.45, color=colour, label=role, ec=colour)
        for part, colour, role in ((source, SOURCE, "source"), (target, TARGET, "target"))
    ]


def _draw_texts(ax, source, target):
    """Two bars a value, the most frequent ones."""
    levels, counts = np.unique(np.concatenate([source, target]).astype(str), return_counts=True)
    n_levels, levels = len(levels), levels[np.argsort(-counts, kind="stable")[:MAX_LEVELS]]
    if n_levels > MAX_LEVELS:
        ax.set_title(f"the {MAX_LEVELS} most frequent of {n_levels} values", fontsize="small")
    place = np.arange(len(levels))
    ax.set_xticks(place, [short(level) for level in levels], rotation=45, ha="right")
    ax.set_ylabel("share of the rows")
    return [
        ax.bar(place + off, [np.mean(part.astype(str) == level) for level in levels], 0.4, color=colour, label=role)
        for part, colour, role, off in ((source, SOURCE, "source", -0.2), (target, TARGET, "target", 0.2))
    ]
