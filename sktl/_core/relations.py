"""Which class links to which: counted, carried over, tested by permutations; and a mean field of linked labels.

A relation is a matrix of logarithms (C, C): of how often a class's links lead to another class, over how often they
would by chance. Links are sparse (n, n), label shares dense (n, C).
"""

from itertools import permutations
from math import factorial

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

ENUMERATED = 1000  # arrangements up to which all are tried
MOST_STRENGTH = 2.0  # pseudo-likelihood may ask for more where a source's links decide each label


def link_counts(links, shares: np.ndarray) -> np.ndarray:
    """Weight of the links from each class to each class, (C, C)."""
    return shares.T @ (links @ shares)


def log_relation(counts: np.ndarray, smoothing: float) -> np.ndarray:
    """Logarithm of the counts over those by chance, with ``smoothing`` more links by chance."""
    n_classes = len(counts)
    # a class without links has the share of one link among all classes: its relation is that of chance
    rows, columns = counts.sum(axis=1) + 1 / n_classes, counts.sum(axis=0) + 1 / n_classes
    chance = np.outer(rows / rows.sum(), columns / columns.sum())
    return np.log(counts + smoothing * chance) - np.log((counts.sum() + smoothing) * chance)


def carried_relation(relation: np.ndarray, class_shares: np.ndarray, counts: np.ndarray, prior_links: float):
    """Relation of the target: a prior worth ``prior_links`` links between classes of its shares, and its own counts.

    The prior's relation is taken over the chance of the target's classes, not of the source's: a class that most rows
    link to is no evidence where that class is rare.
    """
    joint = np.outer(class_shares, class_shares) * np.exp(relation)
    total = counts + prior_links * joint / joint.sum()
    rows, columns = total.sum(axis=1), total.sum(axis=0)
    return np.log(total * total.sum()) - np.log(np.outer(rows, columns))


def messages(links, shares: np.ndarray, relation: np.ndarray, directed: bool) -> np.ndarray:
    """What each row's links say of its class, (n, C): sums of the relation's entries."""
    said = (links @ shares) @ relation.T
    return said + (links.T @ shares) @ relation if directed else said


def relation_strength(links, codes: np.ndarray, relation: np.ndarray, directed: bool) -> float:
    """Factor of the messages with the largest pseudo-likelihood of known labels: 1 where links are independent."""
    shares = np.eye(len(relation))[codes]
    said, prior = messages(links, shares, relation, directed), np.log(np.bincount(codes, minlength=len(relation)) + 1.0)
    linked = np.abs(said).sum(axis=1) > 0
    if not linked.any():
        return 0.0
    said, own = said[linked], codes[linked]

    def loss(strength):
        return -log_softmax(prior + strength * said, axis=1)[np.arange(len(own)), own].mean()

    return float(minimize_scalar(loss, bounds=(0.0, MOST_STRENGTH), method="bounded").x)


def mean_field(links, local: np.ndarray, known: np.ndarray, relation: np.ndarray, directed: bool, tol, max_iter):
    """Shares q = softmax(local + messages of q) of unknown rows, those of ``known`` rows as they are.

    Parameters
    ----------
    links : CSR array of shape (n, n)
        Links; symmetric unless ``directed``.
    local : ndarray of shape (n, C)
        Log-probabilities by the rows themselves.
    known : ndarray of shape (n,)
        Class of each row, -1 where it is not known.
    relation : ndarray of shape (C, C)
        Times its strength.

    Returns
    -------
    (shares, n_iter, converged)
    """
    shares = softmax(local, axis=1)
    given = known >= 0
    shares[given] = np.eye(local.shape[1])[known[given]]
    field = np.log(np.maximum(shares, np.finfo(float).tiny))
    for iteration in range(1, max_iter + 1):
        # half steps: with whole ones, rows that avoid their neighbours' class swap it for ever
        field = (field + local + messages(links, shares, relation, directed)) / 2
        new = softmax(field, axis=1)
        new[given] = shares[given]
        change = np.abs(new - shares).max(initial=0.0)
        shares = new
        if change <= tol:
            return shares, iteration, True
    return shares, max_iter, False


def beyond_chance(counts: np.ndarray) -> np.ndarray:
    """Counts less those expected by chance."""
    return counts - np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(counts.sum(), np.finfo(float).tiny)


def agreement(counts: np.ndarray, relation: np.ndarray) -> float:
    """How far the links beyond chance are those of the relation: sum of (counts - chance) * relation."""
    return float(np.sum(beyond_chance(counts) * relation))


def arrangements(n_classes: int, directed: bool, n_permutations: int, rng):
    """Positions of a relation's entries in other orders, (n, C * C); a symmetric one stays symmetric."""
    cells = np.arange(n_classes**2).reshape(n_classes, n_classes)
    free = cells.ravel() if directed else cells[np.triu_indices(n_classes)]
    if factorial(len(free)) <= ENUMERATED:
        orders = np.array(list(permutations(free.tolist())))
    else:
        orders = np.array([rng.permutation(free) for _ in range(n_permutations)])
    moved = np.zeros((len(orders), n_classes**2), dtype=int)
    moved[:, free] = orders
    if not directed:
        moved[:, cells.T[np.triu_indices(n_classes)]] = orders
    return moved


def rank_pvalue(statistic: float, others: np.ndarray, exact: bool = False) -> float:
    """Share of values at least as large; the statistic itself counts among them (``exact``: it is there already)."""
    as_large = np.count_nonzero(others >= statistic - 1e-9 * max(abs(statistic), 1e-300))
    return as_large / len(others) if exact else (1 + as_large) / (1 + len(others))


def gate_pvalue(links, shares, labeled, relation, source, directed, smoothing, n_permutations, rng) -> float:
    """Largest p-value of three ways in which a relation may not carry over.

    The target's links may have nothing to do with its labels (labels permuted over the labelled rows, or, where there
    are none, shares over all rows); the source's with its own (labels permuted over the source); and both may have a
    relation, but not the same (its entries in other places; not for two classes, where an entry more or less is all).

    Parameters
    ----------
    links : CSR array of shape (n, n)
        The target's links.
    shares : ndarray of shape (n, C)
        Known labels, and probabilities of the others.
    labeled : ndarray of shape (n,), dtype bool
        Target rows with a label.
    relation : ndarray of shape (C, C)
        What was learned from the source.
    source : tuple (links, codes)
        The source's labelled rows.
    """
    rows = np.flatnonzero(labeled) if labeled.any() else np.arange(len(labeled))
    ends = np.zeros(len(labeled))
    ends[rows] = 1
    told = touching(links, ends)
    counts = link_counts(told, shares)
    if counts.sum() <= 0:
        return 1.0
    statistic = agreement(counts, relation)

    def of_shuffled_target():
        mixed = shares.copy()
        mixed[rows] = shares[rng.permutation(rows)]
        return agreement(link_counts(told, mixed), relation)

    source_links, codes = source
    unit = np.eye(len(relation))

    def of_shuffled_source():
        own = link_counts(source_links, unit[rng.permutation(codes)])
        return agreement(counts, log_relation(own, smoothing))

    found = [
        rank_pvalue(statistic, np.array([draw() for _ in range(n_permutations)]))
        for draw in (of_shuffled_target, of_shuffled_source)
    ]
    if len(relation) > 2:
        moved = arrangements(len(relation), directed, n_permutations, rng)
        others = relation.ravel()[moved] @ beyond_chance(counts).ravel()
        exact = len(moved) == factorial(len(relation) * (len(relation) + 1) // 2) and not directed
        found.append(rank_pvalue(statistic, others, exact))
    return max(found)


def touching(links, ends):
    """The links with at least one end among the rows where ``ends`` is 1."""
    coo = links.tocoo()
    kept = (ends[coo.row] > 0) | (ends[coo.col] > 0)
    return type(coo)((coo.data[kept], (coo.row[kept], coo.col[kept])), shape=coo.shape).tocsr()
