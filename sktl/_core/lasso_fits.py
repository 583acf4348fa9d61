"""Fits of lassos that go down a path side by side, on the columns that may matter: from sums over rows, or from rows.

Both have coefficients, intercepts a domain, the gradient in all columns, ``solve_on`` some columns, and know when
almost all is explained. :mod:`sktl._core.lasso` says the objective and walks the path.
"""

import numpy as np

from sktl._core.glm import weighted_gram
from sktl._core.losses import Loss
from sktl._core.quadratic_lasso import quadratic_lassos

MOST_STEPS = 50  # of Newton's method at one penalty
MANY_ROWS, ROWS_A_COLUMN = 1000, 5  # from which on fits without a fold have almost the same curvature
AT_ONCE = 200_000  # weighted numbers up to which one product for all fits is quicker than one a fit
DRIFT = 0.2  # change of the curvature from which on it is summed again: each step comes nearer by this factor
SATURATED = 0.98  # share of the deviance from which on a path only learns its rows by heart

# --- fits of squared losses: sums over the rows ---


class SumFits:
    """Fits of squared losses, each from the :class:`Moments` of columns and labels of its domains.

    Each domain's sums are about its own means: its intercept is free.

    Attributes
    ----------
    coef : ndarray of shape (n_fits, p)
        Coefficients.
    gradient : ndarray of shape (n_fits, p)
        Of the mean loss.
    """

    def __init__(self, moments):
        scatter = np.stack([sum(one.scatter for one in parts) / sum(one.n for one in parts) for parts in moments])
        self.gram, self.cross = scatter[:, :-1, :-1], scatter[:, :-1, -1]
        self.square = scatter[:, -1, -1].copy()
        self.means = np.array([[one.mean for one in parts] for parts in moments])
        self.coef, self.gradient = np.zeros_like(self.cross), -self.cross

    def solve_on(self, columns, penalties, gain):
        """Solve on some columns, the others' coefficients being 0; it is exact, whatever ``gain`` would do."""
        gram, cross = self.gram[:, columns[:, None], columns], self.cross[:, columns]
        self.coef[:, columns] = quadratic_lassos(gram, cross, self.square, penalties, self.coef[:, columns])
        self.gradient = np.matmul(self.gram, self.coef[:, :, None])[:, :, 0] - self.cross

    @property
    def intercepts(self):
        """Intercepts (n_fits, n_domains)."""
        return self.means[:, :, -1] - np.einsum("bgj,bj->bg", self.means[:, :, :-1], self.coef)

    @property
    def is_saturated(self):
        """Of each fit, whether almost all of the squares are explained."""
        # the loss gained is c'w - w'Gw/2, and the gradient Gw - c
        gained = np.sum(self.coef * (self.cross - self.gradient), axis=1)
        return gained > SATURATED * self.square


# --- fits of any loss: proximal Newton steps ---


class RowFits:
    """Fits of any loss, of the same rows, each with weights of its own: a row of weight 0 is held out.

    Attributes
    ----------
    coef : ndarray of shape (n_fits, p)
        Coefficients.
    intercepts : ndarray of shape (n_fits, n_domains)
        Intercepts.
    eta : ndarray of shape (n, n_fits)
        Linear predictors of all rows.
    gradient : ndarray of shape (n_fits, p)
        Of the mean loss.
    """

    def __init__(self, loss, rows, weights=None):
        weights = rows.weights[:, None] if weights is None else weights
        self.loss, self.rows, self.y, self.shares = loss, rows, rows.y[:, None], weights / weights.sum(axis=0)
        self.domains = (rows.domain[:, None] == np.arange(rows.n_domains)).astype(float)
        self.coef, self.intercepts = np.zeros((weights.shape[1], rows.X.shape[1])), self._null_intercepts()
        self.eta = rows.offset[:, None] + self.domains @ self.intercepts.T
        self.null, self._shared = self.mean_loss(self.eta), SharedCurvature(rows.X, self.domains)
        self._set_gradient()

    def _null_intercepts(self):
        """Intercepts without any column, by Newton's method."""
        b = np.zeros((self.shares.shape[1], self.domains.shape[1]))
        for _ in range(MOST_STEPS):
            eta = self.rows.offset[:, None] + self.domains @ b.T
            slope = (self.shares * self.loss.gradient(self.y, eta)).T @ self.domains
            curvature = (self.shares * self.loss.hessian(self.y, eta)).T @ self.domains
            # a step of 2 in the log-odds at most: beyond it the quadratic model of the loss is no guide
            step = np.clip(-slope / np.maximum(curvature, 1e-12), -2.0, 2.0)
            b += step
            if np.abs(step).max(initial=0) < 1e-10:
                break
        return b

    def mean_loss(self, eta):
        """Of each fit."""
        return np.einsum("ib,ib->b", self.shares, self.loss.value(self.y, eta))

    def _set_gradient(self):
        self.by_eta = self.shares * self.loss.gradient(self.y, self.eta)
        self.gradient = (self.rows.X.T @ self.by_eta).T

    def solve_on(self, columns, penalties, gain):
        """Newton steps on some columns, until one gains no more than this share of the objective."""
        every = len(columns) == self.rows.X.shape[1]
        X = self.rows.X if every else self.rows.X[:, columns]
        value = self.mean_loss(self.eta) + penalties * np.abs(self.coef).sum(axis=1)
        for _ in range(MOST_STEPS):
            step, by_domain = self._step(X, columns, penalties)
            size, new = self._move(X, columns, penalties, value, step, by_domain)
            self.by_eta = self.shares * self.loss.gradient(self.y, self.eta)
            # relative to the loss, and to .001 of it where a perfect fit has none left
            small = value - new <= gain * np.maximum(np.abs(value), 1e-3)
            value = new
            if (small | (size == 0)).all():
                break
        self._set_gradient()

    def _move(self, X, columns, penalties, value, step, by_domain):
        """Go along the steps, each halved until the objective does not rise: sizes, and the objectives there."""
        along = X @ step.T + self.domains @ by_domain.T
        norm, size = np.abs(self.coef).sum(axis=1), np.ones(len(step))
        ahead = np.abs(self.coef[:, columns] + step).sum(axis=1)
        while True:
            eta = self.eta + size * along
            # of the norm a bound, exact at sizes of 0 and 1
            new = self.mean_loss(eta) + penalties * ((1 - size) * norm + size * ahead)
            rising = ~(new <= value) & (size > 0)
            if not rising.any():
                break
            # a millionth of a step moves no printed digit
            size = np.where(rising, np.where(size > 1e-6, size / 2, 0.0), size)
        self.coef[:, columns] += size[:, None] * step
        self.intercepts = self.intercepts + size[:, None] * by_domain
        self.eta = eta
        return size, np.where(size > 0, new, value)

    def _step(self, X, columns, penalties):
        """Steps to the minimum of the loss's second-order model and the penalty: of the columns, of the intercepts."""
        # rows predicted with certainty have no curvature left: the floor keeps the weighted squares finite
        hessian = np.maximum(self.loss.hessian(self.y, self.eta), 1e-6)
        corner, border, gram = self._curvature(X, columns, self.shares * hessian)
        slope, by_domain = (X.T @ self.by_eta).T, self.by_eta.T @ self.domains
        # the intercepts are eliminated: they follow any step of the columns
        scaled = border / corner[:, :, None]
        gram = gram - np.swapaxes(border, 1, 2) @ scaled
        slope = slope - np.einsum("bg,bgj->bj", by_domain, scaled)
        w = self.coef[:, columns]
        cross = np.einsum("bij,bj->bi", gram, w) - slope
        square = np.einsum("ib,ib->b", self.by_eta, self.loss.gradient(self.y, self.eta) / hessian)
        square = square + np.sum(w * (cross - slope), axis=1)
        step = quadratic_lassos(gram, cross, square, penalties, w) - w
        return step, -by_domain / corner - np.einsum("bgj,bj->bg", scaled, step)

    def _curvature(self, X, columns, weights):
        """Second derivatives by the intercepts (b, G), by both (b, G, a) and by the columns (b, a, a), of each fit."""
        fits, (n, a) = weights.shape[1], X.shape
        if n >= max(MANY_ROWS, ROWS_A_COLUMN * a):  # one for all fits
            found = self._shared.of(columns, weights.mean(axis=1))
            return tuple(np.broadcast_to(part, (fits, *part.shape)) for part in found)
        corner, weighted = np.maximum(weights.T @ self.domains, 1e-300), weights.T[:, None, :]
        border = (self.domains.T * weighted) @ X
        if fits * X.size <= AT_ONCE:
            return corner, border, (X.T * weighted) @ X
        return corner, border, np.stack([weighted_gram(X, weights[:, b]) for b in range(fits)])

    @property
    def is_saturated(self):
        """Of each fit, whether almost all of the deviance is explained."""
        best = np.einsum("ib,i->b", self.shares, best_losses(self.loss, self.rows.y))
        return self.null - self.mean_loss(self.eta) > SATURATED * (self.null - best)


class SharedCurvature:
    """Second derivatives of the fits' mean loss, for columns as they come, kept until the weights have drifted."""

    def __init__(self, X, domains):
        self.X, self.domains, self.weights = X, domains, None

    def of(self, columns, weights):
        """Second derivatives by the intercepts (G,), by both (G, a) and by the columns (a, a)."""
        if self.weights is None or np.abs(weights - self.weights).sum() > DRIFT * self.weights.sum():
            self.weights, self.columns, self.gram = weights, columns[:0], np.zeros((0, 0))
            self.border = np.zeros((self.domains.shape[1], 0))
        self._add(np.setdiff1d(columns, self.columns))
        order = np.argsort(self.columns)
        places = order[np.searchsorted(self.columns, columns, sorter=order)]
        corner = np.maximum(self.weights @ self.domains, 1e-300)
        return corner, self.border[:, places], self.gram[places[:, None], places]

    def _add(self, new):
        """The derivatives of new columns, with each other and with those that are there."""
        if not len(new):
            return
        own = self.X[:, new]
        weighted = own * self.weights[:, None]
        cross = np.vstack([self.X[:, self.columns].T @ weighted, own.T @ weighted])
        k = len(self.columns)
        self.gram = np.block([[self.gram, cross[:k]], [cross[:k].T, cross[k:]]])
        self.border = np.hstack([self.border, self.domains.T @ weighted])
        self.columns = np.append(self.columns, new)


def best_losses(loss: Loss, y) -> np.ndarray:
    """Loss of each row by a model that knows the labels."""
    return y - y * np.log(np.maximum(y, 1e-300)) if loss.name == "poisson" else np.zeros(len(y))
