"""Decision trees as arrays: walking them, refitting their leaves, growing, pruning and moving their thresholds.

A node's *statistics* are sums over the rows that reach it, one column each: of one-hot labels for classes (what is
summed is weights), of (1, y, y^2) for numbers. :class:`Tree` has scikit-learn's public arrays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

LEAF = -1
# Errors this near, in shares of all rows, count as equal, so that the order of sums never decides what is pruned.
ERROR_TOL = 1e-12


@dataclass(frozen=True)
class Tree:
    """A binary tree; a row goes left where its value is at most the threshold, or missing and ``missing_left``.

    Attributes
    ----------
    left, right : ndarray of shape (n_nodes,)
        Children, :data:`LEAF` at leaves; a child comes after its parent.
    feature, threshold, missing_left : ndarray of shape (n_nodes,)
        The test at each inner node.
    value : ndarray of shape (n_nodes, n_outputs)
        Class shares, or the mean.
    count : ndarray of shape (n_nodes,)
        Weight of the rows that ``value`` comes from.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    count: np.ndarray


# --- walks ---


def cells(X, rows: np.ndarray, columns) -> np.ndarray:
    """Entries (rows[i], columns[i]) of an array or CSR matrix, (n_rows,)."""
    # scipy's answer to an empty question is no array
    return np.asarray(X[rows, columns]).ravel() if len(rows) else np.zeros(0)


def goes_left(tree: Tree, X, rows: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Whether each of the ``rows`` of ``X`` goes left at its inner node, (n_rows,)."""
    x = cells(X, rows, tree.feature[nodes])
    return np.where(np.isnan(x), tree.missing_left[nodes], x <= tree.threshold[nodes])


def steps(tree: Tree, X) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walk all rows at once, a level a step: yields the rows still on their way, and the nodes that they have reached.

    The float32 of scikit-learn's trees is taken for granted: thresholds were chosen between values rounded so.
    """
    rows, nodes = np.arange(X.shape[0]), np.zeros(X.shape[0], dtype=np.intp)
    while len(rows):
        yield rows, nodes
        inner = tree.left[nodes] != LEAF
        rows, nodes = rows[inner], nodes[inner]
        nodes = np.where(goes_left(tree, X, rows, nodes), tree.left[nodes], tree.right[nodes])


def leaf_of(tree: Tree, X) -> np.ndarray:
    """Leaf that each row falls into, (n_rows,)."""
    leaves = np.zeros(X.shape[0], dtype=np.intp)
    for rows, nodes in steps(tree, X):
        leaves[rows] = nodes
    return leaves


def node_sums(tree: Tree, X, statistics: np.ndarray) -> np.ndarray:
    """Statistics of the rows summed over every node that they pass, (n_nodes, n_statistics)."""
    sums = np.zeros((len(tree.left), statistics.shape[1]))
    for rows, nodes in steps(tree, X):
        np.add.at(sums, nodes, statistics[rows])
    return sums


# --- statistics of a node ---


def class_values(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Class shares (n_nodes, n_classes) and weights (n_nodes,) from sums of weighted one-hot labels; 0 without rows."""
    count = sums.sum(axis=1)
    return sums / np.where(count > 0, count, 1.0)[:, None], count


def class_errors(sums: np.ndarray) -> np.ndarray:
    """Weight of the rows that the majority's label misses, (n_nodes,)."""
    return sums.sum(axis=1) - sums.max(axis=1)


def mean_values(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means (n_nodes, 1) and weights (n_nodes,) from sums of (1, y, y^2), weighted; 0 without rows."""
    count = sums[:, 0]
    return sums[:, 1:2] / np.where(count > 0, count, 1.0)[:, None], count


def mean_errors(sums: np.ndarray) -> np.ndarray:
    """Sums of squares about the mean, (n_nodes,)."""
    return np.maximum(sums[:, 2] - sums[:, 1] ** 2 / np.where(sums[:, 0] > 0, sums[:, 0], 1.0), 0.0)


def shrunken(own: np.ndarray, count: np.ndarray, source: np.ndarray, shrinkage: float) -> np.ndarray:
    """Mean (n, n_outputs) of own and source values, which count as ``count`` (n,) and ``shrinkage`` rows.

    Without rows it is the source's value, whatever the shrinkage, and also where the shrinkage is infinite.
    """
    share = count / np.maximum(count + shrinkage, np.finfo(float).tiny)
    return source + share[:, None] * (own - source)


# --- SER: structure expansion and reduction (Segev et al. 2017, algorithm 1) ---


def grafted(tree: Tree, grafts: dict[int, Tree]) -> Tree:
    """The tree with other trees in the place of some of its leaves."""
    arrays = {name: [getattr(tree, name).copy()] for name in vars(tree)}
    size = len(tree.left)
    for leaf, graft in grafts.items():
        # node 0 of the graft takes the leaf's own place, its other nodes come at the end
        moved = {side: _moved(getattr(graft, side), size - 1) for side in ("left", "right")}
        for name, parts in arrays.items():
            new = moved.get(name, getattr(graft, name))
            parts[0][leaf] = new[0]
            parts.append(new[1:])
        size += len(graft.left) - 1
    return Tree(**{name: np.concatenate(parts) for name, parts in arrays.items()})


def _moved(children: np.ndarray, by: int) -> np.ndarray:
    return np.where(children == LEAF, LEAF, children + by)


def reduced(tree: Tree, sums: np.ndarray, errors: np.ndarray, n_nodes: int) -> Tree:
    """Prune each of the first ``n_nodes`` that errs no more as a leaf than with its subtree; those without rows stay.

    ``sums`` (n_all, n_statistics) and ``errors`` (n_all,), of each node as a leaf, are those of the rows by which it is
    judged.
    """
    left, right, best = tree.left.copy(), tree.right.copy(), errors.copy()
    slack = ERROR_TOL * max(errors[0], sums[0, 0], 1.0)
    reached = np.any(sums != 0, axis=1)
    for node in range(len(left) - 1, -1, -1):  # children before their parents
        if left[node] == LEAF or not reached[node]:
            continue
        below = best[left[node]] + best[right[node]]
        if node < n_nodes and errors[node] <= below + slack:
            left[node] = right[node] = LEAF
        else:
            best[node] = below
    return replace(tree, left=left, right=right)


# --- STRUT: structure transfer, new thresholds in the old structure (the same, algorithm 2) ---


def entropies(counts: np.ndarray) -> np.ndarray:
    """Shannon entropy in nats of class counts along the last axis; 0 where there are none."""
    total = counts.sum(axis=-1, keepdims=True)
    shares = counts / np.where(total > 0, total, 1.0)
    return -np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=-1)


def divergences(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence in nats of class counts (..., n_classes) from shares (n_classes,)."""
    own = counts / counts.sum(axis=-1, keepdims=True)
    return entropies((own + shares) / 2) - (entropies(own) + entropies(shares)) / 2


def peaks(values: np.ndarray) -> np.ndarray:
    """Mask of the local maxima of a row of numbers, ends and plateaus among them."""
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    return (values >= padded[:-2]) & (values >= padded[2:])


def transferred_threshold(
    x: np.ndarray, one_hot: np.ndarray, left: np.ndarray, right: np.ndarray
) -> tuple[float, bool] | None:
    """Threshold between values ``x`` (n,) that leaves class shares as near the source's as it can, and a swap.

    Among the local maxima of information gain it is the one of largest divergence gain,
    1 - n_l / n JS(Q_l, left) - n_r / n JS(Q_r, right); with the source's shares the other way round, if that is larger.

    Returns
    -------
    (threshold, whether the children change places), or None if all values are equal.
    """
    order = np.argsort(x, kind="stable")
    x, below = x[order].astype(float), one_hot[order].cumsum(axis=0)
    cuts = np.flatnonzero(x[1:] > x[:-1])
    if not len(cuts):
        return None
    sides = below[cuts], below[-1] - below[cuts]
    weights = [side.sum(axis=1) / below[-1].sum() for side in sides]
    gain = -sum(weight * entropies(side) for weight, side in zip(weights, sides, strict=True))
    # rounding must not make peaks of a plateau
    candidates = np.flatnonzero(peaks(np.round(gain, 12)))

    def divergence_gain(*shares):
        return 1 - sum(
            weight[candidates] * divergences(side[candidates], share)
            for weight, side, share in zip(weights, sides, shares, strict=True)
        )

    straight, turned = divergence_gain(left, right), divergence_gain(right, left)
    swap = bool(turned.max() > straight.max() + ERROR_TOL)
    cut = cuts[candidates[np.argmax(np.round(turned if swap else straight, 12))]]
    return (x[cut] + x[cut + 1]) / 2, swap


def with_new_thresholds(tree: Tree, X, one_hot: np.ndarray) -> Tree:
    """The structure of the tree with thresholds from the rows; pure nodes become leaves, unreached ones stay."""
    left, right, threshold = tree.left.copy(), tree.right.copy(), tree.threshold.copy()
    missing_left = tree.missing_left.copy()
    waiting = [(0, np.arange(X.shape[0]))]
    while waiting:
        node, rows = waiting.pop()
        if left[node] == LEAF or not len(rows):
            continue
        if np.count_nonzero(one_hot[rows].sum(axis=0)) <= 1:
            left[node] = right[node] = LEAF
            continue
        x = cells(X, rows, np.full(len(rows), tree.feature[node]))
        known = ~np.isnan(x)
        found = transferred_threshold(
            x[known], one_hot[rows[known]], *(tree.value[child] for child in (left[node], right[node]))
        )
        if found:
            threshold[node], swap = found
            if swap:
                left[node], right[node], missing_left[node] = right[node], left[node], not missing_left[node]
        to_left = np.where(known, x <= threshold[node], missing_left[node])
        waiting += [(left[node], rows[to_left]), (right[node], rows[~to_left])]
    return replace(tree, left=left, right=right, threshold=threshold, missing_left=missing_left)


def with_values(tree: Tree, X, statistics: np.ndarray, values: Callable) -> Tree:
    """The tree with values and counts of the rows that reach its nodes; without rows the values stay, and count 0."""
    own, count = values(node_sums(tree, X, statistics))
    return replace(tree, value=np.where(count[:, None] > 0, own, tree.value), count=count)
