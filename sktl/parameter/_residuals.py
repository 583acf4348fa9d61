"""What is added to the scores of any fitted model, epoch by epoch: small trees, or a linear function by gradients."""

import numpy as np
from scipy.sparse import hstack as sparse_hstack
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.tree import DecisionTreeRegressor

from sktl._core.leaf_refit import BINOMIAL, SQUARED_ERROR, multinomial
from sktl.parameter._columns import StandardColumns
from sktl.parameter._tree_sources import as_float32

#: Depth of a tree: interactions of two columns, no more than few labels can show.
MAX_DEPTH = 2
#: Undecided rows that say "no change" in each leaf, so that a leaf of one row makes no step of its own size.
STILL_ROWS = 1.0
#: Probabilities of the source are kept this far from 0 and 1 where they become log-odds.
FLOOR = 1e-3
#: Log-odds that count as much as one deviation of all columns: sure sources are made less sure before columns speak.
SURE = 3.0


class Residuals:
    """Scores that begin at the source's, for the rows to learn from and for rows to watch.

    Parameters
    ----------
    rows : stepper
        Holds X, y, weights, classes, rate, seed, the source and the rows to watch.
    model_outputs : callable
        Outputs of the source for rows.
    """

    def __init__(self, rows, model_outputs):
        self.source, self.classes, self.rate, self.seed = rows.source, rows.classes, rows.rate, rows.seed
        self._outputs, n_classes = model_outputs, 0 if self.classes is None else len(self.classes)
        self._loss = SQUARED_ERROR if not n_classes else BINOMIAL if n_classes == 2 else multinomial(n_classes)
        self._y = np.eye(n_classes)[rows.y] if n_classes > 2 else np.asarray(rows.y, dtype=float)[:, None]
        self._X, self._weights, self._scores = rows.X, rows.weights, self._start(rows.X)
        self._watched_X, self._watched = rows._rows, self._start(rows._rows)
        self._begin()

    def _start(self, X):
        """Raw scores of the source, (n, n_scores)."""
        outputs = self._outputs(self.source, X, self.classes)
        if self.classes is None:
            return outputs
        logs = np.log(np.clip(outputs, FLOOR, 1 - FLOOR))
        return logs[:, 1:] - logs[:, :1] if len(self.classes) == 2 else logs

    def forget(self):
        """Let go of the rows: no more steps."""
        self._X = self._y = self._weights = self._scores = self._watched_X = self._watched = None

    def watched(self):
        """Outputs for the watched rows."""
        return self._as_outputs(self._watched)

    def outputs(self, X):
        """Outputs for any rows."""
        return self._as_outputs(self._moved(self._start(X), X))

    def _as_outputs(self, scores):
        if self.classes is None:
            return scores
        if len(self.classes) > 2:
            return softmax(scores, axis=1)
        positive = expit(scores)
        return np.hstack([1 - positive, positive])


class ResidualTrees(Residuals):
    """``rate`` times small trees fitted to what the loss still pulls at."""

    def _begin(self):
        self.trees = []
        self._X, self._watched_X = as_float32(self._X), as_float32(self._watched_X)  # once, not for each tree

    def step(self):
        """Add a tree (one a score) on the gradient, with penalised Newton steps in its leaves."""
        gradient, curvature = self._loss.derivatives(self._y, self._scores)
        stage = [self._tree(g, h) for g, h in zip(gradient.T, curvature.T, strict=True)]
        self.trees.append(stage)
        self._scores = self._scores + self._added(stage, self._X)
        self._watched = self._watched + self._added(stage, self._watched_X)

    def _tree(self, gradient, curvature):
        """A small tree (the tree, its leaves' values) that follows one score's gradient."""
        tree = DecisionTreeRegressor(max_depth=MAX_DEPTH, random_state=self.seed)
        tree.fit(self._X, gradient, sample_weight=self._weights)
        leaves, size = tree.apply(self._X), tree.tree_.node_count
        g, h = (np.bincount(leaves, weights=self._weights * part, minlength=size) for part in (gradient, curvature))
        return tree, g / (h + STILL_ROWS * self._loss.undecided)

    def _added(self, stage, X):
        return self.rate * np.stack([values[tree.apply(X)] for tree, values in stage], axis=1)

    def _moved(self, scores, X):
        X = as_float32(X)
        return sum((self._added(stage, X) for stage in self.trees), scores)


class ResidualLine(Residuals):
    """A factor of the source's scores and a linear function of the columns, by accelerated gradient steps from zero.

    Scores become s + a u + b + w'z / sqrt(d), with standardised columns z and u the source's scores on a scale of
    their own. A step's size is ``rate`` over a bound of the mean loss's curvature.
    """

    def _begin(self):
        self.columns = StandardColumns().fit(self._X)
        self.middle, self.unit = 0.0, SURE * np.sqrt(self._scores.shape[1])
        if self.classes is None:  # predictions have the unit of y
            self.middle, self.unit = self._scores.mean(), self._scores.std() or 1.0
        self._parts = self._features(self._X, self._scores)
        self._watched_parts = self._features(self._watched_X, self._watched)
        self._base, self._watched_base = self._scores, self._watched
        self._share = (self._weights / self._weights.sum())[:, None]
        self.coef = self._ahead = (0.0, np.zeros((self._parts[1].shape[1], self._scores.shape[1])))
        self._size, self._n_steps = self.rate / self._curvature(), 0

    def _features(self, X, scores):
        """The scores' own column (n, n_scores), and rows (n, 1 + d): a one and the columns."""
        Z = self.columns.transform(X)
        Z, one = Z / np.sqrt(max(Z.shape[1], 1)), np.ones((len(scores), 1))
        own = (scores - self.middle) / self.unit
        own = own - own.mean(axis=1, keepdims=True) if scores.shape[1] > 1 else own  # softmax sees differences alone
        return own, sparse_hstack([one, Z]).tocsr() if issparse(Z) else np.hstack([one, Z])

    def _curvature(self):
        """A bound of the mean loss's curvature: that of a row's loss, times the trace of the features' moments."""
        own, Z = self._parts
        squares = (Z.multiply(Z) if issparse(Z) else np.square(Z)).sum(axis=1).reshape(-1, 1)
        lengths = np.asarray(squares) + np.square(own).sum(axis=1, keepdims=True)
        # p (1 - p) is at most 1/4, the curvature of a softmax at most 1/2
        of_a_row = 1.0 if self.classes is None else 0.25 if own.shape[1] == 1 else 0.5
        return of_a_row * float((self._share * lengths).sum())

    def step(self):
        """One gradient step of all rows from a point ahead of the last one (Nesterov)."""
        scores = self._added(self._ahead, self._parts, self._base)
        gradient = self._share * self._loss.derivatives(self._y, scores)[0]
        own, Z = self._parts
        slopes = float((own * gradient).sum()), Z.T @ gradient
        last, self._n_steps = self.coef, self._n_steps + 1
        self.coef = tuple(c + self._size * slope for c, slope in zip(self._ahead, slopes, strict=True))
        momentum = (self._n_steps - 1) / (self._n_steps + 2)
        self._ahead = tuple(c + momentum * (c - old) for c, old in zip(self.coef, last, strict=True))
        self._watched = self._added(self.coef, self._watched_parts, self._watched_base)

    def _added(self, coef, parts, scores):
        return scores + coef[0] * parts[0] + parts[1] @ coef[1]

    def _moved(self, scores, X):
        return self._added(self.coef, self._features(X, scores), scores)

    def forget(self):
        """Let go of the rows: no more steps."""
        super().forget()
        self._parts = self._watched_parts = self._base = self._watched_base = self._share = self._ahead = None
