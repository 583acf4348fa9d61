"""Trees moved from source to target by SER and STRUT, shrunk to what the source's trees say; what the classes share."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl._checks import Interval
from sktl._core.trees import (
    Tree,
    class_errors,
    class_values,
    grafted,
    leaf_of,
    mean_errors,
    mean_values,
    node_sums,
    reduced,
    shrunken,
    with_new_thresholds,
    with_values,
)
from sktl.parameter._continued import most_cautious, row_losses, spread_folds
from sktl.parameter._tree_sources import as_float32, mapped, read_tree, statistics_of, taken_apart, trees_of

#: Rows that a source tree's answer may count as, where the data choose.
SHRINKAGES = np.array([0.0, 0.5, 1, 2, 4, 8, 16, 32, np.inf])
#: Folds by which they choose where no bootstrap leaves rows out.
N_FOLDS = 5
#: What a pure expansion has in common with the source's trees.
GROWN_LIKE = ("criterion", "max_features", "splitter")


@dataclass(frozen=True)
class Rows:
    """Labelled target rows as trees take them: float32 rows, codes or numbers, weights, and the classes or None."""

    X: object
    y: np.ndarray
    weights: np.ndarray
    classes: np.ndarray | None

    def weighted(self, weights):
        """Return the rows that have a weight, with it."""
        kept = weights > 0
        return Rows(self.X[np.flatnonzero(kept)], self.y[kept], weights[kept], self.classes)

    @property
    def statistics(self):
        """What trees sum over the rows."""
        return statistics_of(self.y, self.weights, self.classes)

    @property
    def formulas(self):
        """Values and errors of nodes by such sums."""
        return (mean_values, mean_errors) if self.classes is None else (class_values, class_errors)


# --- one tree ---


def by_ser(tree: Tree, rows: Rows, grow, seed) -> Tree:
    """Structure expansion and reduction: each leaf grown by its target rows, then inner nodes that don't pay pruned."""
    values, errors = rows.formulas
    leaves, grafts = leaf_of(tree, rows.X), {}
    for leaf in np.unique(leaves):
        here = np.flatnonzero(leaves == leaf)
        if np.ptp(rows.y[here]) > 0:  # one label alone: nothing to grow
            part = grow.set_params(random_state=seed).fit(rows.X[here], rows.y[here], sample_weight=rows.weights[here])
            grafts[int(leaf)] = _read_grown(part, rows.classes)
    grown = grafted(tree, grafts)
    sums = node_sums(grown, rows.X, rows.statistics)
    return with_values(reduced(grown, sums, errors(sums), len(tree.left)), rows.X, rows.statistics, values)


def _read_grown(part, classes):
    """Arrays of a tree grown on codes of ``classes``, or on numbers."""
    if classes is None:
        return read_tree(part.tree_)
    return read_tree(part.tree_, part.classes_.astype(int), len(classes))


def by_strut(tree: Tree, rows: Rows, grow, seed) -> Tree:
    """Structure transfer: each threshold chosen anew, where the sides' class shares are most like the source's."""
    statistics = rows.statistics
    return with_values(with_new_thresholds(tree, rows.X, statistics), rows.X, statistics, rows.formulas[0])


METHODS = {"ser": (by_ser,), "strut": (by_strut,), "mix": (by_ser, by_strut)}


def moved(tree, rows, weights, grow, method, seed):
    """The tree of the source moved to the target by each of the method's ways; none where no row has a weight."""
    kept = rows.weighted(weights)
    return [way(tree, kept, grow, seed) for way in METHODS[method]] if len(kept.y) else []


# --- all trees of a source ---


@dataclass
class TransferredTrees:
    """The source's trees and what became of each; an answer is a mean of both, by the target's rows behind it."""

    front: object
    source: list[Tree]
    trees: list[list[Tree]]
    shrinkage: float

    def outputs(self, X):
        """Averages over the trees, (n_samples, n_outputs)."""
        rows = as_float32(mapped(self.front, X))
        return sum(
            answers(old, new, rows, np.array([self.shrinkage]))[0]
            for old, new in zip(self.source, self.trees, strict=True)
        ) / len(self.source)


def answers(source: Tree, trees: list[Tree], X, shrinkages):
    """What one source tree and the trees made of it say, (n_shrinkages, n, n_outputs)."""
    old = source.value[leaf_of(source, X)]
    said = np.broadcast_to(old, (len(shrinkages), *old.shape)) if not trees else 0.0
    for tree in trees:
        leaves = leaf_of(tree, X)
        own, count = tree.value[leaves], tree.count[leaves]
        said = said + np.stack([shrunken(own, count, old, k) for k in shrinkages]) / len(trees)
    return said


CONSTRAINTS = {"shrinkage": ("auto", Interval(low=0), float("inf"))}


def move_trees(self, name, model, X, y, weights, rng):
    """Return (the trees of one source moved, their loss on rows left out), the shrinkage chosen by these rows."""
    front, model = taken_apart(model)
    classes = self.classes_ if is_classifier(self) else None
    source = trees_of(name, model, classes)
    if not len(y):
        return TransferredTrees(front, source, [[] for _ in source], np.inf), 0.0
    rows = Rows(as_float32(mapped(front, X)), y, weights, classes)
    seeds = rng.integers(2**31, size=len(source))
    work = Moves(source, rows, grower(model, classes), getattr(self, "method", "ser"), seeds)
    draws = None
    if getattr(self, "bootstrap", False):
        # how often each row is drawn, as weights: no rows are copied
        draws = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=len(source))
    options = SHRINKAGES if self.shrinkage == "auto" else np.array([float(self.shrinkage)])
    trees, said, left_out = work.all(options, draws, getattr(self, "n_jobs", None))
    best, loss = len(options) - 1, 0.0  # no row was left out by any draw: nothing speaks against the source
    if left_out.any():
        losses = np.array([row_losses(self, option[left_out], y[left_out]) for option in said])
        best, loss = most_cautious(losses, weights[left_out])
    return TransferredTrees(front, source, trees, options[best]), loss


def shrinkages(self):
    """Rows that the answer of each source's trees counts as, (n_sources,)."""
    return np.array([part.shrinkage for part in self.models_])


def grower(model, classes):
    """Return an unfitted tree that grows leaves on like the source's trees, to the end."""
    kind = DecisionTreeRegressor if classes is None else DecisionTreeClassifier
    part = model.estimators_[0] if hasattr(model, "estimators_") else model
    return kind(**{name: value for name, value in part.get_params().items() if name in GROWN_LIKE})


@dataclass
class Moves:
    """The work on all trees of one source: what each draw of the rows makes of them, and says of rows left out."""

    source: list[Tree]
    rows: Rows
    grow: object
    method: str
    seeds: np.ndarray

    def all(self, options, draws, n_jobs):
        """Trees by all rows (or draws), answers for rows left out (n_options, n, n_outputs), which rows those are."""
        n = len(self.rows.y)
        if draws is not None:
            trees = self._moved(self.rows.weights * draws, n_jobs)
            return trees, *self._left_out(trees, options, draws == 0)
        trees = self._moved(np.tile(self.rows.weights, (len(self.source), 1)), n_jobs)
        if len(options) == 1 or n < 2:
            return trees, np.zeros((len(options), n, self.source[0].value.shape[1])), np.zeros(n, dtype=bool)
        said = 0.0
        folds = spread_folds(self.rows.y, N_FOLDS)
        for fold in np.unique(folds):
            out = np.tile(folds == fold, (len(self.source), 1))
            said = said + self._left_out(self._moved(self.rows.weights * ~out, n_jobs), options, out)[0]
        return trees, said, np.ones(n, dtype=bool)

    def _moved(self, weights, n_jobs):
        """Each source tree moved, by its own weights (n_trees, n) of the rows."""
        return Parallel(n_jobs=n_jobs)(
            delayed(moved)(tree, self.rows, own, self.grow, self.method, int(seed))
            for tree, own, seed in zip(self.source, weights, self.seeds, strict=True)
        )

    def _left_out(self, trees, options, out):
        """Averages of the answers of the trees that a row did not make, and which rows have any."""
        said, votes = np.zeros((len(options), out.shape[1], self.source[0].value.shape[1])), out.sum(axis=0)
        for old, new, rows in zip(self.source, trees, out, strict=True):
            rows = np.flatnonzero(rows)
            if len(rows):
                said[:, rows] += answers(old, new, self.rows.X[rows], options)
        return said / np.maximum(votes, 1)[:, None], votes > 0
