"""The witness function of the maximum mean discrepancy: where two samples differ."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_array

from sktl._checks import KERNEL, SEED, InstanceOf, Interval, checked
from sktl._core.kernels import make_kernel, stack_samples
from sktl.inspection._style import SOURCE, TARGET, axes
from sktl.inspection.report._tests import sample_rows
from sktl.inspection.report._text import short

PALE = 0.55  # how much of a domain's colour the area has
MAX_ROWS = 2000  # of each sample behind the function


class WitnessDisplay:
    r"""Where two samples differ: the witness function of the MMD over one or two columns.

    .. math:: f(z) = \frac1n \sum_i k(x_i, z) - \frac1m \sum_j k(y_j, z)

    over source rows x and target rows y: positive where the source has more mass, negative where the target has.
    Its mean over the source minus its mean over the target is the (biased) MMD^2. Units are those of the kernel.

    Parameters
    ----------
    grid : ndarray of shape (n_points, n_columns)
        Where the function is evaluated; for two columns all pairs of ``resolution`` values each.
    witness : ndarray of shape (n_points,)
        The function there.
    X_source, X_target : ndarray of shape (n_rows, n_columns)
        The rows behind it.
    names : list of str
        Names of the columns.
    mmd : float
        Its mean over the source minus its mean over the target: MMD^2 of these columns (biased estimate).

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    line_ : Line2D or None
        The function of one column.
    contour_ : ContourSet or None
        The function of two columns.
    text_ : Text
        The title, with MMD^2.

    See Also
    --------
    sktl.metrics.mmd : The distance.

    References
    ----------
    .. [1] A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, "A kernel two-sample test", JMLR 13, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.inspection import WitnessDisplay
    >>> rng = np.random.default_rng(0)
    >>> display = WitnessDisplay.from_data(rng.normal(size=(200, 1)), rng.normal(2.0, size=(150, 1)))
    >>> float(display.witness[0]) > 0 > float(display.witness[-1])  # the source lies to the left
    True
    >>> figure = display.plot().figure_
    """

    def __init__(self, grid, witness, X_source, X_target, names, mmd):
        self.grid = grid
        self.witness = witness
        self.X_source = X_source
        self.X_target = X_target
        self.names = names
        self.mmd = mmd

    @classmethod
    @checked(
        features=(None, InstanceOf(list, tuple, np.ndarray, noun="a list of positions or names")),
        kernel=KERNEL["kernel"],
        gamma=KERNEL["gamma"],
        resolution=(Interval(Integral, 2),),
        random_state=SEED,
    )
    def from_data(
        cls, X_source, X_target, *, features=None, kernel="rbf", gamma="median", resolution=60, random_state=0
    ):
        """Evaluate the function on a grid.

        Parameters
        ----------
        X_source : array-like or frame of shape (n_source, n_features)
            Rows of the source; 2,000 random ones at most are used.
        X_target : array-like or frame of shape (n_target, n_features)
            Rows of the target; 2,000 random ones at most are used.
        features : list of one or two int or str, default=None
            Columns to compare, by position or name; None: the first two, or the only one. Other columns are ignored.
        kernel : str or callable, default="rbf"
            As in :func:`~sktl.metrics.mmd`.
        gamma : float > 0, "median", "auto" or "scale", default="median"
            As in :func:`~sktl.metrics.mmd`.
        resolution : int >= 2, default=60
            Points along each column.
        random_state : int, default=0
            Seed of the draw of rows.

        Returns
        -------
        WitnessDisplay
        """
        names = [str(name) for name in getattr(X_source, "columns", ())]
        if features is not None:
            features = [_position(feature, names) for feature in features]
            X_source, X_target = (_chosen(X, features, names) for X in (X_source, X_target))
            names = [names[j] for j in features] if names else [f"x{j}" for j in features]
        samples = [np.asarray(X, dtype=float)[:, :2] for X in _checked(X_source, X_target)]
        n_shown = samples[0].shape[1]
        names = names[:n_shown] or [f"x{j}" for j in range(n_shown)]
        rng = np.random.default_rng(random_state)
        source, target = (X[sample_rows(np.arange(len(X)), MAX_ROWS, rng)] for X in samples)
        both = stack_samples(source, target)
        function = make_kernel(kernel, gamma, both)
        margin = 0.1 * np.ptp(both, axis=0)
        lines = [
            np.linspace(*ends, resolution) for ends in zip(both.min(0) - margin, both.max(0) + margin, strict=True)
        ]
        grid = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, n_shown)

        def witness(Z):
            return function.row_sums(Z, source) / len(source) - function.row_sums(Z, target) / len(target)

        distance = float(witness(source).mean() - witness(target).mean())
        return cls(grid, witness(grid), source, target, names, distance)

    def plot(self, ax=None):
        """Draw the function and the rows.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        WitnessDisplay
            Itself, with the drawn parts.
        """
        self.figure_, (self.ax_,) = axes(ax, name="WitnessDisplay")
        self.line_ = self.contour_ = None
        if len(self.names) == 1:
            self._draw_line()
        else:
            self._draw_plane()
        self.text_ = self.ax_.set_title(f"MMD² {self.mmd:.3f}", loc="left", fontsize="medium")
        self.ax_.set_xlabel(short(self.names[0]))
        above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2, "frameon": False}
        self.ax_.legend(fontsize="small", ncols=3, columnspacing=1, handlelength=1.2, **above)
        return self

    def _draw_line(self):
        """The function over one column; the rows as ticks."""
        (self.line_,) = self.ax_.plot(self.grid[:, 0], self.witness, color="black", label="witness")
        self.ax_.axhline(0, color="0.5", linewidth=0.8)
        low = self.witness.min() - 0.1 * np.ptp(self.witness)
        for k, (rows, colour, role) in enumerate(
            ((self.X_source, SOURCE, "source"), (self.X_target, TARGET, "target"))
        ):
            height = low - 0.07 * k * np.ptp(self.witness)
            self.ax_.plot(rows[:, 0], np.full(len(rows), height), "|", color=colour, label=role, alpha=0.6)
        self.ax_.set_ylabel("witness (source − target)")

    def _draw_plane(self):
        """The function over two columns; the rows as points."""
        n = round(len(self.grid) ** 0.5)
        x, y = (self.grid[:, j].reshape(n, n) for j in range(2))
        size = np.abs(self.witness).max() or 1.0  # a function that is 0 everywhere has no scale
        levels = np.linspace(-size, size, 12)  # symmetric: white is 0
        self.contour_ = self.ax_.contourf(x, y, self.witness.reshape(n, n), levels, cmap=_pale_colours())
        ticks = {"ticks": np.linspace(-size, size, 5), "format": "%.2g"}
        self.figure_.colorbar(self.contour_, ax=self.ax_, label="target > source   |   source > target", **ticks)
        look = {"s": 10, "linewidths": 0.7}
        self.ax_.scatter(*self.X_source.T, color=SOURCE, label="source", **look)
        self.ax_.scatter(*self.X_target.T, facecolors="none", edgecolors=TARGET, label="target", **look)
        self.ax_.set_ylabel(short(self.names[1]))


def _checked(X_source, X_target):
    """Both samples as finite arrays with the same columns."""
    parts = [check_array(X, input_name=name) for name, X in (("X_source", X_source), ("X_target", X_target))]
    if parts[0].shape[1] != parts[1].shape[1]:
        raise ValueError(
            f"X_source has {parts[0].shape[1]} columns and X_target {parts[1].shape[1]}: both samples need the same "
            "columns."
        )
    return parts


def _position(feature, names):
    """Where a column stands that is given by name or by position."""
    if feature in names:
        return names.index(feature)
    if isinstance(feature, Integral) and feature >= 0:
        return int(feature)
    raise ValueError(f"features has {feature!r}, neither a column position nor one of the names {names[:10]}.")


def _chosen(X, features, names):
    """The columns at some positions, of a frame (by name) or an array."""
    n_features = len(names) if names else np.shape(X)[1]
    if not 1 <= len(features) <= 2 or max(features) >= n_features:
        raise ValueError(f"features must be one or two column positions below {n_features}; got {features!r}.")
    if hasattr(X, "columns"):
        by_name = {str(name): name for name in X.columns}
        return X[[by_name[names[j]] for j in features]]
    return (X if hasattr(X, "shape") else np.asarray(X))[:, features]


def _pale_colours():
    """From the target's colour over white to the source's, so pale that the points in these colours stand out."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb  # here: matplotlib is an extra

    ends = [tuple(1 - PALE * (1 - part) for part in to_rgb(colour)) for colour in (TARGET, SOURCE)]
    return LinearSegmentedColormap.from_list("witness", [ends[0], (1, 1, 1), ends[1]])
