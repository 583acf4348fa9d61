"""Two domains of linked rows in which the relation of the classes carries over and the features do not."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.utils import Bunch, check_random_state

from sktl._checks import RANDOM_STATE, InstanceOf, Interval, checked
from sktl.domains import stack_domains

ARRAY = InstanceOf(np.ndarray, list, tuple, noun="an array of shape (n_classes, n_classes)")
SHARES = InstanceOf(np.ndarray, list, tuple, noun="an array of shape (n_classes,)")
OPTIONS = {
    "n_source": (Interval(Integral, 1),),
    "n_target": (Interval(Integral, 1),),
    "n_classes": (Interval(Integral, 2),),
    "n_labeled": (Interval(Integral, 0),),
    "n_features": (Interval(Integral, 1),),
    "separation": (Interval(low=0),),
    "random_state": RANDOM_STATE,
}


def default_affinity(n_classes):
    """Each class links six times as often to the next one as to others; symmetric."""
    affinity = np.ones((n_classes, n_classes))
    for k in range(n_classes):
        affinity[k, (k + 1) % n_classes] = affinity[(k + 1) % n_classes, k] = 6.0
    return affinity


def check_matrix(name, value, n_classes):
    """A non-negative (n_classes, n_classes) array, or an error."""
    value = np.asarray(value, dtype=float)
    if value.shape != (n_classes, n_classes) or not np.isfinite(value).all() or (value < 0).any() or not value.any():
        raise ValueError(
            f"{name} must have {n_classes} rows and columns (n_classes) of numbers >= 0, not all 0; got {value!r}."
        )
    return value


def block_links(codes, affinity, degree, rng):
    """Symmetric links of stochastic blocks: ``degree`` a row on average, pairs of classes in proportion to affinity."""
    members = [np.flatnonzero(codes == k) for k in range(len(affinity))]
    sizes = np.array([len(own) for own in members], dtype=float)
    rates = (np.outer(sizes, sizes) * affinity).ravel()
    pairs = rng.choice(len(rates), size=int(round(degree * len(codes) / 2)), p=rates / rates.sum())
    ends = []
    for side in np.divmod(pairs, len(affinity)):
        starts = np.concatenate([[0], np.cumsum(sizes[:-1])]).astype(int)
        place = (rng.uniform(size=len(side)) * sizes[side]).astype(int)
        ends.append(np.concatenate(members)[starts[side] + place])
    kept = ends[0] != ends[1]
    links = sparse.csr_array((np.ones(kept.sum()), (ends[0][kept], ends[1][kept])), shape=(len(codes), len(codes)))
    links = sparse.csr_array(links.maximum(links.T))
    links.data[:] = 1.0  # a pair drawn twice is one link
    return links


def chain_codes(n, transitions, rng):
    """Classes along a Markov chain that starts in its stationary shares."""
    values, vectors = np.linalg.eig(transitions.T)
    shares = np.abs(np.real(vectors[:, np.argmin(np.abs(values - 1))]))
    steps = np.cumsum(transitions, axis=1)
    codes, draws = np.empty(n, dtype=np.int64), rng.uniform(size=n)
    codes[0] = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], draws[0])
    for i in range(1, n):  # a chain is made one by one
        codes[i] = np.searchsorted(steps[codes[i - 1], :-1], draws[i])
    return codes


def stacked(codes, n_source, links, n_labeled, n_features, separation, rng, **truth):
    """Rows around class means that each domain has of its own, with a few labels of the target."""
    n, n_classes = len(codes), len(next(iter(truth.values())))
    means = separation * rng.standard_normal((2, n_classes, n_features))
    X = means[(np.arange(n) >= n_source).astype(int), codes] + rng.standard_normal((n, n_features))
    y = codes.astype(float)
    hidden = n_source + rng.permutation(n - n_source)[n_labeled:]
    y[hidden] = np.nan
    X, y, sample_domain = stack_domains((X[:n_source], y[:n_source]), (X[n_source:], y[n_source:]))
    return Bunch(X=X, y=y, y_true=codes, sample_domain=sample_domain, adjacency=links, **truth)


@checked(
    **OPTIONS,
    affinity=(None, ARRAY),
    target_shares=(None, SHARES),
    n_links=(Interval(low=0, closed="neither"),),
)
def make_block_links(
    n_source=1000,
    n_target=500,
    n_classes=4,
    *,
    affinity=None,
    target_shares=None,
    n_links=8.0,
    n_labeled=40,
    n_features=5,
    separation=0.7,
    random_state=None,
):
    r"""Make two networks of rows in which the same classes link to each other, while their features differ.

    Stochastic blocks: two rows of classes c and c' are linked with a chance in proportion to :math:`A_{cc'}`, the same
    in both domains; no link joins the domains. A row is its class's mean plus standard normal noise, and each domain
    has class means of its own, drawn from :math:`N(0, \text{separation}^2 I)`: a model of the source's features knows
    nothing of the target's.

    Parameters
    ----------
    n_source, n_target : int, default=1000, 500
        Numbers of rows.
    n_classes : int, default=4
        Number of classes.
    affinity : array-like of shape (n_classes, n_classes), default=None
        Relative chance of a link. None: each class links 6 times as often to the next one (and the last to the first)
        as to others, itself among these. It is made symmetric.
    target_shares : array-like of shape (n_classes,), default=None
        Shares of the classes in the target; equal by default. The source's are always equal.
    n_links : float, default=8
        Links a row, on average, before pairs drawn twice are made one.
    n_labeled : int, default=40
        Target rows with a label, drawn at random.
    n_features : int, default=5
        Number of columns.
    separation : float, default=0.7
        Standard deviation of the class means.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows at each call.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        X : ndarray of shape (n_source + n_target, n_features)
            Source rows, then target rows.
        y, y_true : ndarray of shape (n_source + n_target,)
            Labels as floats, NaN where they are hidden; all labels as integers.
        sample_domain : ndarray of shape (n_source + n_target,), dtype object
            "source" or "target".
        adjacency : CSR array of shape (n_source + n_target, n_source + n_target)
            Links, 1 each, symmetric.
        affinity : ndarray of shape (n_classes, n_classes)
            The A above.

    Examples
    --------
    >>> from sktl.datasets import make_block_links
    >>> data = make_block_links(300, 200, random_state=0)
    >>> data.X.shape, data.adjacency.shape
    ((500, 5), (500, 500))
    >>> data.adjacency[:300, 300:].nnz
    0
    """
    rng = check_random_state(random_state)
    affinity = default_affinity(n_classes) if affinity is None else check_matrix("affinity", affinity, n_classes)
    affinity = (affinity + affinity.T) / 2
    shares = np.full(n_classes, 1.0) if target_shares is None else np.asarray(target_shares, dtype=float)
    if shares.shape != (n_classes,) or (shares < 0).any() or not shares.sum() > 0:
        raise ValueError(f"target_shares must be {n_classes} numbers >= 0 (n_classes), not all 0; got {shares!r}.")
    codes = [np.arange(n_source) % n_classes, rng.choice(n_classes, n_target, p=shares / shares.sum())]
    links = sparse.block_diag([block_links(own, affinity, n_links, rng) for own in codes], format="csr")
    codes = np.concatenate(codes)
    rest = min(n_labeled, n_target), n_features, separation, rng
    return stacked(codes, n_source, sparse.csr_array(links), *rest, affinity=affinity)


@checked(**OPTIONS, transitions=(None, ARRAY))
def make_chain_links(
    n_source=1000,
    n_target=500,
    n_classes=4,
    *,
    transitions=None,
    n_labeled=40,
    n_features=5,
    separation=0.7,
    random_state=None,
):
    r"""Make two Markov chains of rows with the same transitions, while their features differ.

    Row i is linked to row i + 1, in one direction; its class follows from the last one's by the chances
    :math:`T_{cc'}`, the same in both domains. Features as in :func:`make_block_links`.

    Parameters
    ----------
    n_source, n_target : int, default=1000, 500
        Numbers of rows.
    n_classes : int, default=4
        Number of classes.
    transitions : array-like of shape (n_classes, n_classes), default=None
        Chances of the next class, rows in proportion to it. None: 6 to 1 for the next class (the first after the last).
    n_labeled : int, default=40
        Target rows with a label, drawn at random.
    n_features : int, default=5
        Number of columns.
    separation : float, default=0.7
        Standard deviation of the class means.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows at each call.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        As of :func:`make_block_links`; ``adjacency`` has a 1 from each row to the next one of its domain, and
        ``transitions`` of shape (n_classes, n_classes), each row of sum 1, stands in place of ``affinity``.

    Examples
    --------
    >>> from sktl.datasets import make_chain_links
    >>> data = make_chain_links(300, 200, n_classes=2, random_state=0)
    >>> data.transitions.round(2).tolist()
    [[0.14, 0.86], [0.86, 0.14]]
    >>> data.adjacency.nnz  # one less than rows in each chain
    498
    """
    rng = check_random_state(random_state)
    if transitions is None:
        transitions = np.ones((n_classes, n_classes))
        transitions[np.arange(n_classes), (np.arange(n_classes) + 1) % n_classes] = 6.0
    transitions = check_matrix("transitions", transitions, n_classes)
    if (transitions.sum(axis=1) == 0).any():
        raise ValueError(f"transitions must have a number above 0 in each row; got {transitions!r}.")
    transitions = transitions / transitions.sum(axis=1, keepdims=True)
    codes = np.concatenate([chain_codes(n, transitions, rng) for n in (n_source, n_target)])
    step = np.setdiff1d(np.arange(n_source + n_target - 1), [n_source - 1])
    links = sparse.csr_array((np.ones(len(step)), (step, step + 1)), shape=(len(codes), len(codes)))
    rest = min(n_labeled, n_target), n_features, separation, rng
    return stacked(codes, n_source, links, *rest, transitions=transitions)
