"""A linear function added to the scores of any fitted model, by gradient steps that begin at the source."""

import numpy as np
from scipy.sparse import hstack as sparse_hstack
from scipy.sparse import issparse
from scipy.special import expit, softmax

from sktl._core.leaf_refit import BINOMIAL, SQUARED_ERROR, multinomial
from sktl.parameter._columns import StandardColumns

#: Probabilities of the source are kept this far from 0 and 1 where they become log-odds.
FLOOR = 1e-3
#: Log-odds that count as one unit of a column: a source that is too sure is made less sure before the columns speak.
SURE = 3.0


class Line:
    """Scores s of the source become s + a u + b + w'z / sqrt(d), by accelerated gradient steps from zero.

    z are standardised columns, u the source's scores on a scale of their own; a step's size is ``rate`` over a bound of
    the mean loss's curvature.

    Parameters
    ----------
    rows : stepper
        Holds X, y, weights, classes, rate, the source and the rows to watch.
    model_outputs : callable
        Outputs of the source for rows.
    """

    def __init__(self, rows, model_outputs):
        self.source, self.classes, self._outputs = rows.source, rows.classes, model_outputs
        n_classes = 0 if self.classes is None else len(self.classes)
        self._loss = SQUARED_ERROR if not n_classes else BINOMIAL if n_classes == 2 else multinomial(n_classes)
        self._y = np.eye(n_classes)[rows.y] if n_classes > 2 else np.asarray(rows.y, dtype=float)[:, None]
        self._share = (rows.weights / rows.weights.sum())[:, None]
        self._scores, self._watched = self._start(rows.X), self._start(rows._rows)
        self.middle, self.unit = 0.0, SURE * np.sqrt(self._scores.shape[1])
        if self.classes is None:  # predictions have the unit of y
            self.middle, self.unit = self._scores.mean(), self._scores.std() or 1.0
        self.columns = StandardColumns().fit(rows.X)
        self._parts = self._features(rows.X, self._scores)
        self._watched_parts = self._features(rows._rows, self._watched)
        self.coef = self._ahead = (0.0, np.zeros((self._parts[1].shape[1], self._scores.shape[1])))
        self.size, self.n_steps = rows.rate / self._curvature(), 0

    def _start(self, X):
        """Raw scores of the source, (n, n_scores)."""
        outputs = self._outputs(self.source, X, self.classes)
        if self.classes is None:
            return outputs
        logs = np.log(np.clip(outputs, FLOOR, 1 - FLOOR))
        return logs[:, 1:] - logs[:, :1] if len(self.classes) == 2 else logs

    def _features(self, X, scores):
        """The scores' own column (n, n_scores), and rows (n, 1 + d): a one and the columns."""
        Z = self.columns.transform(X)
        # over sqrt(d), all columns together count as one, however many they are
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
        """One gradient step of all rows, from a point ahead of the last one (Nesterov)."""
        gradient = self._share * self._loss.derivatives(self._y, _moved(self._scores, self._parts, self._ahead))[0]
        own, Z = self._parts
        slopes = float((own * gradient).sum()), Z.T @ gradient
        last, self.n_steps = self.coef, self.n_steps + 1
        self.coef = tuple(c + self.size * slope for c, slope in zip(self._ahead, slopes, strict=True))
        momentum = (self.n_steps - 1) / (self.n_steps + 2)
        self._ahead = tuple(c + momentum * (c - old) for c, old in zip(self.coef, last, strict=True))

    def forget(self):
        """Let go of the rows: no more steps."""
        self._y = self._share = self._scores = self._watched = self._parts = self._watched_parts = self._ahead = None

    def watched(self):
        """Outputs for the watched rows."""
        return self._as_outputs(_moved(self._watched, self._watched_parts, self.coef))

    def outputs(self, X):
        """Outputs for any rows."""
        scores = self._start(X)
        return self._as_outputs(_moved(scores, self._features(X, scores), self.coef))

    def _as_outputs(self, scores):
        if self.classes is None:
            return scores
        if len(self.classes) > 2:
            return softmax(scores, axis=1)
        positive = expit(scores)
        return np.hstack([1 - positive, positive])


def _moved(scores, parts, coef):
    """Scores with the line added: a factor of their own column, and a linear function of the rows."""
    return scores + coef[0] * parts[0] + parts[1] @ coef[1]
