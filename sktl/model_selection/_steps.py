"""Steps from domain to domain: which way to go, what lies between two, and which labels to trust."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.stats import rankdata
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler

from sktl._checks import check_answers
from sktl._core.transport import check_pairs, exact_plan, uniform


def gentlest_route(distances):
    """Nodes from the first to the last one, on the path whose largest step is smallest (then the next largest, ...).

    It is the path in the minimum spanning tree; only the order of the distances matters.
    """
    ranks = np.reshape(rankdata(distances), np.shape(distances))  # all above 0, which scipy takes for "no edge"
    np.fill_diagonal(ranks, 0)
    _, before = breadth_first_order(minimum_spanning_tree(ranks), 0, directed=False)
    route = [len(distances) - 1]
    while route[0] != 0:
        route.insert(0, int(before[route[0]]))
    return route


def interpolate(X, Y, n_steps):
    """Samples between ``X`` and ``Y``: rows of ``X`` that have gone a part of their way along an optimal plan."""
    check_pairs(len(X), len(Y), "Put domains between them, or take a sample of the rows.")
    plan = exact_plan(euclidean_distances(X, Y, squared=True), uniform(len(X)), uniform(len(Y))).plan
    image = plan @ Y / plan.sum(axis=1, keepdims=True)
    return [X + k / (n_steps + 1) * (image - X) for k in range(1, n_steps + 1)]


def confidence(model, X):
    """How sure a classifier is of each row: its largest probability, or how far the best decision value is ahead."""
    if hasattr(model, "predict_proba"):
        sure = model.predict_proba(X).max(axis=1)
        check_answers(model, sure)
        return sure
    values = model.decision_function(X)
    if values.ndim == 1:
        return np.abs(values)
    top = np.partition(values, -2, axis=1)
    return top[:, -1] - top[:, -2]


def scaler_within(X, names):
    """Fitted scaler to units of the columns' deviation within the domains; CSR is not centred.

    That of all rows grows with the way that the domains go, so that the penalty of a model would weigh more, and its
    boundary lag behind: on points that turn by half a circle in six steps 70 % on one of eight draws, here 100.
    """
    scaler = StandardScaler(with_mean=not sparse.issparse(X)).fit(X)
    within = np.zeros(X.shape[1])
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero([other == name for other in names.tolist()])
        within += len(rows) / X.shape[0] * StandardScaler(with_mean=False).fit(X[rows]).var_
    moves_alone = within <= 1e-12 * scaler.var_  # constant in each domain: its unit is how far it moves, if it does
    scaler.scale_ = np.where(moves_alone, scaler.scale_, np.sqrt(within))
    return scaler


def most_confident(confidences, drop):
    """Mask without the share ``drop`` of the least confident rows."""
    kept = np.ones(len(confidences), dtype=bool)
    kept[np.argsort(confidences, kind="stable")[: int(drop * len(confidences))]] = False
    return kept
