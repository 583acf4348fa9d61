"""Trees whose leaves were refitted, as what predicts: averaged trees, and boosted trees."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import is_classifier

from sktl._core.leaf_refit import (
    BINOMIAL,
    EXPONENTIAL,
    SQUARED_ERROR,
    leaf_sums,
    left_out_average,
    multinomial,
    refitted_stages,
)
from sktl._core.trees import Tree, leaf_of, shrunken
from sktl.parameter._continued import spread_folds
from sktl.parameter._tree_sources import as_float32, columns_in, mapped, names_checked, read_tree

#: Rows that the source's value may count as, where the data choose.
SHRINKAGES = np.array([0.5, 1, 2, 4, 8, 16, 32, 64, 128, np.inf])
#: Most folds by which boosted trees choose among them (averaged trees leave out each row exactly, for nothing).
MAX_FOLDS = 10
LOSSES = {"squared_error": SQUARED_ERROR, "log_loss": BINOMIAL, "exponential": EXPONENTIAL}


# --- averaged trees ---


@dataclass
class AveragedTrees:
    """A tree or forest with values of its own at its nodes, behind the steps ``front``."""

    front: object
    trees: list[Tree]
    values: list[np.ndarray]

    def outputs(self, X):
        """Averages of the leaves' values, (n_samples, n_outputs)."""
        rows = as_float32(mapped(self.front, X))
        total = sum(value[leaf_of(tree, rows)] for tree, value in zip(self.trees, self.values, strict=True))
        return total / len(self.trees)


def refit_average(front, trees, X, statistics, values, shrinkage, choose):
    """Return :class:`AveragedTrees` with refitted leaves, the shrinkage used, and its loss on rows left out."""
    source = [tree.value for tree in trees]
    if not len(statistics):
        return AveragedTrees(front, trees, source), np.inf, 0.0
    rows = as_float32(mapped(front, X))
    leaves = np.stack([leaf_of(tree, rows) for tree in trees], axis=1)
    options = SHRINKAGES if shrinkage == "auto" else np.array([float(shrinkage)])
    best, loss = choose(left_out_average(leaves, statistics, source, values, options))
    own = [values(leaf_sums(leaf, statistics, len(old))) for leaf, old in zip(leaves.T, source, strict=True)]
    new = [shrunken(*pair, old, options[best]) for pair, old in zip(own, source, strict=True)]
    return AveragedTrees(front, trees, new), options[best], loss


# --- boosted trees ---


def source_scores(model, X):
    """Raw scores of gradient boosting, (n_samples, n_scores)."""
    with names_checked():
        scores = model.decision_function(X) if is_classifier(model) else model.predict(X)
    return scores.reshape(len(scores), -1).astype(float)


def boosted_outputs(model, scores, classes):
    """Class probabilities (of ``classes``), or predictions where they are None, from raw scores."""
    if classes is None:
        return scores
    if scores.shape[1] > 1:
        known = softmax(scores, axis=1)
    else:
        positive = expit(2 * scores if model.loss == "exponential" else scores)  # that loss's scores: half the log-odds
        known = np.hstack([1 - positive, positive])
    proba = np.zeros((len(scores), len(classes)))
    proba[:, columns_in(model.classes_, classes)] = known
    return proba


@dataclass
class BoostedTrees:
    """Gradient boosting whose trees have changed values: the source's scores, and what the changes add to them."""

    front: object
    model: object
    trees: list[list[Tree]]
    changes: list[list[np.ndarray]]
    classes: np.ndarray | None

    def outputs(self, X):
        """Class probabilities, or predictions, (n_samples, n_outputs)."""
        X = mapped(self.front, X)
        scores, rows = source_scores(self.model, X), as_float32(X)
        for stage, changes in zip(self.trees, self.changes, strict=True):
            for k, (tree, change) in enumerate(zip(stage, changes, strict=True)):
                if change.any():
                    scores[:, k] += self.model.learning_rate * change[leaf_of(tree, rows)]
        return boosted_outputs(self.model, scores, self.classes)


def check_boosted(name, model, classes):
    """Raise where leaves of gradient boosting can't be refitted: other losses, classes that it doesn't know."""
    if model.loss not in LOSSES:
        raise ValueError(
            f"The source {name!r} must be boosted with a loss among {sorted(LOSSES)}, whose leaves are Newton steps; "
            f"got loss={model.loss!r}. Use FineTunedRegressor or HypothesisTransferRegressor."
        )
    if classes is not None and len(model.classes_) < len(classes):
        unknown = np.setdiff1d(classes, model.classes_).tolist()
        raise ValueError(
            f"The source {name!r} is boosted and has no trees for the classes {unknown}, which only the target has. "
            "Use FineTunedClassifier, or a forest as source."
        )


@dataclass
class BoostedRefit:
    """The target's rows in the trees of gradient boosting: the leaves they fall into, and what boosting began with."""

    model: object
    trees: list[list[Tree]]
    leaves: np.ndarray
    start: np.ndarray
    y: np.ndarray
    classes: np.ndarray | None

    @classmethod
    def of(cls, model, X, y, classes):
        """Read the trees, walk the rows (as the model itself takes them) through them."""
        trees = [[read_tree(part.tree_) for part in stage] for stage in model.estimators_]
        rows = as_float32(X)
        leaves = np.stack([[leaf_of(tree, rows) for tree in stage] for stage in trees]).transpose(2, 0, 1)
        refit = cls(model, trees, leaves, np.zeros((len(y), leaves.shape[2])), y, classes)
        # whatever init was, boosting began with the scores less what the trees add
        refit.start = source_scores(model, X) - refit.scores(refit.source)
        refit.y = y[:, None] if leaves.shape[2] == 1 else np.eye(leaves.shape[2])[y]
        return refit

    @property
    def source(self):
        """Values of the trees' nodes."""
        return [[tree.value[:, 0] for tree in stage] for stage in self.trees]

    def scores(self, values):
        """Raw scores of the rows with other values in the leaves."""
        added = [
            np.stack([own[self.leaves[:, m, k]] for k, own in enumerate(stage)], axis=1)
            for m, stage in enumerate(values)
        ]
        return self.start + self.model.learning_rate * np.sum(added, axis=0)

    def values(self, weights, shrinkage):
        """New values by the rows with their weights."""
        n_scores = self.leaves.shape[2]
        loss = multinomial(n_scores) if n_scores > 1 else LOSSES[self.model.loss]
        options = self.source, loss, self.model.learning_rate, shrinkage
        return refitted_stages(self.leaves, self.y, weights, self.start, *options)

    def held_out(self, weights, shrinkage, folds):
        """Outputs of each row by values to which it did not contribute."""
        scores = np.empty_like(self.start)
        for fold in np.unique(folds):
            out = folds == fold
            scores[out] = self.scores(self.values(np.where(out, 0.0, weights), shrinkage))[out]
        return boosted_outputs(self.model, scores, self.classes)


def refit_boosted(front, model, X, y, weights, classes, shrinkage, choose):
    """Return :class:`BoostedTrees` with refitted leaves, the shrinkage used, and its loss on rows held out."""
    codes = y if classes is None else columns_in(classes[y], model.classes_)
    if not len(weights):
        return BoostedTrees(front, model, [], [], classes), np.inf, 0.0
    refit = BoostedRefit.of(model, mapped(front, X), codes, classes)
    options = SHRINKAGES if shrinkage == "auto" else np.array([float(shrinkage)])
    folds = spread_folds(y, MAX_FOLDS)
    best, loss = choose([refit.held_out(weights, k, folds) for k in options])
    new = refit.values(weights, options[best])
    pairs = [list(zip(*stage, strict=True)) for stage in zip(new, refit.source, strict=True)]
    changes = [[own - old for own, old in stage] for stage in pairs]
    return BoostedTrees(front, model, refit.trees, changes, classes), options[best], loss
