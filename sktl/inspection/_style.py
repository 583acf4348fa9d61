"""What the displays share: colours that the colour-blind tell apart, axes, and rows of both domains."""

import numpy as np

from sktl._checks import import_extra

SOURCE, TARGET, TRUTH = "#0072B2", "#D55E00", "#000000"  # of Okabe and Ito's palette
MARKERS = "osD^vP*X<>phd8"
MANY = 500  # rows from which on points are drawn smaller
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")


def axes(ax, n=1, *, width=4.6, height=3.6, name="A display"):
    """The figure, and an array of ``n`` axes: those given, or new ones side by side."""
    pyplot = import_extra("matplotlib.pyplot", "plot", f"{name}.plot")
    if ax is None:
        figure, made = pyplot.subplots(1, n, figsize=(width * n, height), squeeze=False, layout="constrained")
        return figure, made[0]
    given = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(given) != n:
        raise ValueError(f"{name} draws on {n} axes; got {len(given)}. Pass plt.subplots(1, {n})[1], or None.")
    return given[0].figure, given


def legend_beside(ax):
    """A legend to the right of the axes, where it hides no data; within them where nothing would make room for it."""
    if ax.figure.get_layout_engine() is None:
        return ax.legend(fontsize="small")
    return ax.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0)


def scatter_domains(ax, points, target, codes, classes):
    """Rows as points: colour and filling tell the domain, the marker the class; returns the artists."""
    drawn, size = [], float(np.clip(18 * MANY / len(points), 5, 18))
    for role, rows, colour in (("source", ~target, SOURCE), ("target", target, TARGET)):
        for code in [None] if classes is None else [*range(len(classes)), None]:
            of_code = np.isnan(codes) if code is None else codes == code
            chosen = rows & (of_code if classes is not None else np.ones(len(rows), dtype=bool))
            if not chosen.any():
                continue
            named = role if classes is None else f"{role}, {'no label' if code is None else classes[code]}"
            look = {"facecolors": "none", "edgecolors": colour} if role == "target" else {"color": colour}
            marker = "o" if classes is None else "." if code is None else MARKERS[code % len(MARKERS)]
            drawn.append(
                ax.scatter(*points[chosen].T, s=size, alpha=0.7, marker=marker, label=named, linewidths=0.8, **look)
            )
    return drawn


def plane(*parts):
    """The two directions of the largest variance of the rows of ``parts``, as a function to project by."""
    X = np.concatenate(parts)
    mean = X.mean(axis=0)
    if X.shape[1] <= 2:  # two columns are drawn as they are, not turned
        padding = np.zeros((2 - X.shape[1], X.shape[1]))
        return lambda Z: Z @ np.concatenate([np.eye(X.shape[1]), padding]).T
    _, _, directions = np.linalg.svd(X - mean, full_matrices=False)
    axes_ = directions[:2]
    # an axis has no sign of its own: its largest entry is positive
    axes_ = axes_ * np.sign(axes_[np.arange(len(axes_)), np.abs(axes_).argmax(axis=1)])[:, None]
    return lambda Z: (Z - mean) @ axes_.T
