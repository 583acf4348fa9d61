"""Small trees added to the scores of any model: gradient boosting that begins at a source model."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.tree import DecisionTreeRegressor

from sktl._core.leaf_refit import BINOMIAL, SQUARED_ERROR, multinomial

#: Depth of a tree: interactions of two columns, no more than few labels can show.
MAX_DEPTH = 2
#: Undecided rows that say "no change" in each leaf, so that a leaf of one row makes no step of its own size.
STILL_ROWS = 1.0
#: Probabilities of the source are kept this far from 0 and 1 where they become log-odds.
FLOOR = 1e-3


class ResidualTrees:
    """Scores of the source, plus ``rate`` times small trees fitted to what the loss still pulls at.

    Parameters
    ----------
    rows : stepper
        Holds X, y, weights, classes, rate, seed, the source and the rows to watch.
    model_outputs : callable
        Outputs of the source for rows.
    """

    def __init__(self, rows, model_outputs):
        self.source, self.classes, self.rate, self.seed = rows.source, rows.classes, rows.rate, rows.seed
        self._outputs, self.trees = model_outputs, []
        n_classes = 0 if self.classes is None else len(self.classes)
        self._loss = SQUARED_ERROR if not n_classes else BINOMIAL if n_classes == 2 else multinomial(n_classes)
        self._y = np.eye(n_classes)[rows.y] if n_classes > 2 else np.asarray(rows.y, dtype=float)[:, None]
        self._X, self._weights, self._scores = rows.X, rows.weights, self._start(rows.X)
        self._watched_X, self._watched = rows._rows, self._start(rows._rows)

    def _start(self, X):
        """Raw scores of the source, (n, n_scores)."""
        outputs = self._outputs(self.source, X, self.classes)
        if self.classes is None:
            return outputs
        logs = np.log(np.clip(outputs, FLOOR, 1 - FLOOR))
        return logs[:, 1:] - logs[:, :1] if len(self.classes) == 2 else logs

    def step(self):
        """Add a tree (one a score) on the gradient, with penalised Newton steps in its leaves."""
        gradient, curvature = self._loss.derivatives(self._y, self._scores)
        stage = [self._tree(g, h) for g, h in zip(gradient.T, curvature.T, strict=True)]
        self.trees.append(stage)
        self._scores = self._scores + self._added(stage, self._X)
        self._watched = self._watched + self._added(stage, self._watched_X)

    def forget(self):
        """Let go of the rows: no more steps."""
        self._X = self._y = self._weights = self._scores = self._watched_X = self._watched = None

    def _tree(self, gradient, curvature):
        """A small tree (the tree, its leaves' values) that follows one score's gradient."""
        tree = DecisionTreeRegressor(max_depth=MAX_DEPTH, random_state=self.seed)
        tree.fit(self._X, gradient, sample_weight=self._weights)
        leaves, size = tree.apply(self._X), tree.tree_.node_count
        g, h = (np.bincount(leaves, weights=self._weights * part, minlength=size) for part in (gradient, curvature))
        return tree, g / (h + STILL_ROWS * self._loss.undecided)

    def _added(self, stage, X):
        return self.rate * np.stack([values[tree.apply(X)] for tree, values in stage], axis=1)

    def watched(self):
        """Outputs for the watched rows."""
        return self._as_outputs(self._watched)

    def outputs(self, X):
        """Outputs for any rows."""
        return self._as_outputs(sum((self._added(stage, X) for stage in self.trees), self._start(X)))

    def _as_outputs(self, scores):
        if self.classes is None:
            return scores
        if len(self.classes) > 2:
            return softmax(scores, axis=1)
        positive = expit(scores)
        return np.hstack([1 - positive, positive])
