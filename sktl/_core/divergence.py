"""Divergences between densities: from distances to nearest neighbours, and from an estimated ratio."""

import numpy as np


def kl_of_distances(own, other, n_own: int, n_other: int, dimension: int) -> float:
    """Kullback-Leibler divergence of the sample that ``own`` belongs to from the other one.

    The density near a row is k / (n c r^dimension) for its k-th neighbour at distance r among n rows, so that the mean
    log-ratio is dimension mean log(other / own) + log(n_other / n_own); eq. (5) of Wang, Kulkarni & Verdu (2009).

    Parameters
    ----------
    own, other : ndarray of shape (n,)
        Distance of each row to its k-th neighbour among the ``n_own`` others of its own sample, and among the
        ``n_other`` of the other; positive.
    n_own, n_other : int
        Rows searched.
    dimension : int
        Number of columns.
    """
    return float(dimension * np.mean(np.log(other / own)) + np.log(n_other / n_own))


def kl_of_ratio(ratio_source, ratio_target) -> float:
    """KL(p_t || p_s) from p_t / p_s at rows of both: E_t log r - log E_s r (Donsker & Varadhan).

    The second term is 0 for the true ratio; it makes the result a lower bound for any other, and free of its scale.
    """
    return float(np.mean(np.log(ratio_target)) - np.log(np.mean(ratio_source)))


def js_of_ratio(ratio_source, ratio_target) -> float:
    """Jensen-Shannon divergence in nats from p_t / p_s at rows of both: log 2 minus the log-loss of r / (1 + r).

    A lower bound for any ratio r, reached by the true one.
    """
    # r / (1 + r) as 1 / (1 + 1 / r): no inf / inf for a huge ratio
    return float((np.mean(np.log(2 / (1 + ratio_source))) + np.mean(np.log(2 / (1 + 1 / ratio_target)))) / 2)
