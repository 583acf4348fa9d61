"""What sources don't know of their own function, as a kernel: their posterior covariance."""

import numpy as np
from sklearn.gaussian_process.kernels import Kernel

from sktl.parameter._tree_sources import names_checked


class SourceCovariance(Kernel):
    """The sources' own covariance of the function they have learned, as a kernel without parameters to learn.

    Parameters
    ----------
    sources : list of FrozenEstimator
        Models whose ``predict`` takes ``return_cov``.
    weights : tuple of float
        Of the sources: their covariances count by the squares.
    """

    def __init__(self, sources, weights):
        self.sources = sources
        self.weights = weights

    def __call__(self, X, Y=None, eval_gradient=False):
        """Covariances of the rows of X and Y, with an empty gradient if wanted."""
        rows = X if Y is None else np.vstack([X, Y])  # predict has covariances within one set of rows alone
        # b f has b^2 times the covariance of f; the sources count as independent
        with names_checked():
            parts = [b * b * source.predict(rows, return_cov=True)[1] for source, b in zip(*self._pairs(), strict=True)]
        both = sum(parts, np.zeros((len(rows), len(rows))))
        K = both if Y is None else both[: len(X), len(X) :]
        return (K, np.empty((*K.shape, 0))) if eval_gradient else K

    def diag(self, X):
        """Variances."""
        with names_checked():
            spreads = [b * source.predict(X, return_std=True)[1] for source, b in zip(*self._pairs(), strict=True)]
        parts = [spread**2 for spread in spreads]
        return sum(parts, np.zeros(len(X)))

    def _pairs(self):
        return self.sources, self.weights

    def is_stationary(self):
        """Whether it depends on differences of rows alone."""
        return False
