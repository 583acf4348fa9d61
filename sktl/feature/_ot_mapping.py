"""Move source rows to where an optimal transport plan sends them among the target rows."""

import warnings
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import OneToOneFeatureMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import check_random_state

from sktl._checks import RANDOM_STATE, InstanceOf, Interval, import_extra
from sktl._core.clusters import Prototypes, prototypes
from sktl._core.graphs import neighbor_graph
from sktl._core.kernels import blocks
from sktl._core.penalized_transport import group_lasso, laplacian_of_images, penalized_plan
from sktl._core.transport import (
    MAX_PAIRS,
    TRANSPORT,
    check_pairs,
    equal_rows,
    exact_plan,
    fixed_order,
    ground_cost,
    sinkhorn_plan,
)
from sktl.base import BaseDomainAligner
from sktl.domains import TARGET, class_codes, known_labels, user_level, warn_unconverged
from sktl.exceptions import CollapsedImagesWarning

AUTO_PAIRS = 4_000_000  # source rows times target rows up to which max_samples="auto" takes all rows: some ten seconds
AUTO_SAMPLES = 1000  # more gained nothing on reviews and digits: figures in the class's docstring
ROWS = 4096  # new rows of a block
COLLAPSED = 0.01  # spread of the images, beside that of the rows, below which they are one heap


def class_laplacian(X, codes, n_neighbors):
    """D - W of the graph that joins each row to its nearest ones, without the edges between different classes."""
    n = X.shape[0]
    if n < 2:
        return sparse.csr_array((n, n))
    graph = neighbor_graph(X, n_neighbors, metric="euclidean", weights="connectivity").tocoo()
    rows, columns = graph.coords
    # a row without a label may be of either class
    kept = (codes[rows] == codes[columns]) | (codes[rows] < 0) | (codes[columns] < 0)
    graph = sparse.csr_array((graph.data[kept], (rows[kept], columns[kept])), shape=(n, n))
    return sparse.csr_array(sparse.diags_array(np.asarray(graph.sum(axis=1)).ravel()) - graph)


def mean_of_equal_rows(X, values):
    """The distinct rows of ``X``, and the mean of ``values`` over the rows equal to each."""
    rank = equal_rows(X)
    _, first, counts = np.unique(rank, return_index=True, return_counts=True)
    if len(first) == len(X):
        return X, values
    total = np.zeros((len(first), values.shape[1]))
    np.add.at(total, rank, values)
    return X[first], total / counts[:, None]


def shares_by_code(class_shares, y, labeled):
    """The shares in the order of the classes' codes; an error if they are not one positive number a class."""
    classes = np.unique(known_labels(y, labeled)).tolist()
    if set(class_shares) != set(classes) or not all(share > 0 for share in class_shares.values()):
        raise ValueError(f"class_shares must give each class, {classes}, a share > 0; got {class_shares!r}.")
    shares = np.array([class_shares[name] for name in classes], dtype=float)
    return shares / shares.sum()


def spread(points, weights):
    """Mean squared distance of weighted points from their mean."""
    centred = points - weights @ points
    return float(weights @ np.einsum("ij,ij->i", centred, centred))


def warn_collapsed(name, images, source, target):
    """Say where all rows of a source go to nearly one place."""
    # a domain that is one heap by itself is not the plan's doing
    before = min(spread(source.points, source.weights), spread(target.points, target.weights))
    after = spread(images, source.weights)
    if after < COLLAPSED * before:
        warnings.warn(
            f"The plan sends all rows of {name!r} to nearly one place: the spread of their images is "
            f"{after / before:.2g} of what it was. Lower reg, which blurs the plan, or eta.",
            CollapsedImagesWarning,
            stacklevel=user_level(),
        )


def _ordered(sample, order):
    return Prototypes(sample.points[order], sample.weights[order], sample.codes[order])


class OTMapping(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Move source rows to where an optimal transport plan sends them; target rows stay.

    With n source rows :math:`x_i`, m target rows :math:`z_j`, their distances :math:`C_{ij}` in units of the median
    one and :math:`\Omega_{\text{ent}}(\gamma) = \sum_{ij} \gamma_{ij} \log \gamma_{ij}`, the plan minimises

    .. math::

        \langle \gamma, C \rangle + \texttt{reg}\, \Omega_{\text{ent}}(\gamma) + \texttt{eta}\, \Omega(\gamma)
        \quad\text{over}\quad \gamma \ge 0, \quad \gamma 1 = 1 / n, \quad \gamma^\top 1 = 1 / m,

    and a source row becomes the mean of the target rows that it goes to, :math:`n \sum_j \gamma_{ij} z_j` (barycentric
    mapping). The class penalties are

    .. math::

        \Omega_{\text{group}}(\gamma) = \sum_j \sum_c \|\gamma_{I_c j}\|_2, \qquad
        \Omega_{\text{laplace}}(\gamma) = \frac{\sum_{ik} S_{ik} \|T(x_i) - T(x_k)\|^2}{v \sum_{ik} S_{ik}}:

    "group_lasso" draws a target row's mass from few classes (:math:`I_c` are the source rows of class c); "laplace"
    keeps neighbours of one class together (S joins nearest rows of the same class, T is the mapping, v the mean squared
    distance between target rows).

    *When it helps*: rows have moved in a way that keeps the geometry of the classes (a rotation, a warp), there are few
    columns, and class shares are equal. *When it hurts*: class shares differ, since all mass must go somewhere; there
    are many columns, so that all distances are alike and plans without a class penalty scatter the classes. On
    Office-Caltech10 (mean of 12 pairs, unit-norm rows before and after; logistic regression reaches 47.0 % without any
    map, 1-nearest neighbour 31.4 on rows as they are), 1-nearest neighbour / logistic regression after the map: exact
    36.2 / 39.2, entropic 39.3 / 39.7, laplace 40.6 / 39.3, group_lasso 49.4 / 47.1. The defaults of ``reg`` and ``eta``
    were chosen on four of these pairs with their target labels, so the last figures are optimistic. On Amazon reviews
    logistic regression (C=1) has 78.1 without it and 79.2 with ``max_samples=1000`` (12 pairs); with all 2,000 rows it
    loses 1.4 points, by exact plans 5 (three pairs); on digits of two origins it rises from 57.3 to 64.1 with 1,000
    rows, to 62.4 with 1,500, to 58.7 by exact plans.

    *Class shares*: two overlapping classes, one of them half of the source and 50, 30, 15, 5 % of the target (logistic
    regression: 81, 78, 76, 76): after the map 80, 72, 60, 51, but with ``class_shares`` from ``MLLS`` 80, 80, 87, 95.
    Where only shares differ, weights alone do as well (81, 82, 89, 96); where p(x | class) changed, MLLS may err.

    Parameters
    ----------
    reg : float >= 0, default=0.03
        Weight of the entropy. Smaller: each source row goes to fewer target rows, and more iterations are needed. 0:
        the exact plan, which needs POT (the ``ot`` extra) and allows only "laplace" or no penalty.
    class_reg : {"group_lasso", "laplace"} or None, default="group_lasso"
        The penalty :math:`\Omega`. Source rows without a label belong to no class.
    eta : float >= 0, default=1.0
        Weight of the penalty.
    n_neighbors : int >= 1, default=5
        Neighbours that "laplace" joins each source row to.
    metric : {"sqeuclidean", "euclidean", "manhattan", "cosine"}, default="sqeuclidean"
        Distance of a source row from a target row.
    norm : {"median", "max"} or None, default="median"
        Unit of the distances, so that ``reg`` and ``eta`` do not depend on the columns' units; None: as they are.
    label_cost : float >= 0, default=10.0
        Added to the distance of rows whose known labels differ, in units of the largest distance: labelled target rows
        then get their mass from their own class as far as the sums of the plan allow. 0: labels of target rows are not
        used. Labels that are not whole numbers or names (regression) are never used.
    class_shares : dict of class -> share, or None, default=None
        Class shares of the target, if known or as estimated by :class:`~sktl.instance.MLLS` (``target_prior_``, in the
        order of ``classes_``): source rows are weighted so that the source has the same shares. None: all rows weigh
        the same.
    max_samples : int >= 1, "auto" or None, default="auto"
        Maximum number of points of each domain in the plan. More rows are replaced by that many cluster means (within
        each class), weighted by cluster size, and each source row moves with the nearest one. "auto": all rows of up to
        4 million pairs, 1,000 points beyond. None: all, and an error beyond 25 million pairs.
    max_iter : int >= 1, default=1000
        Maximum number of iterations of Sinkhorn's algorithm. A class penalty calls it up to 100 times.
    tol : float > 0, default=1e-3
        The iterations stop when the sums of the plan are wrong by at most this in total (the plan is then corrected),
        or when a penalised plan is at most this far from optimal, in units of the normed distances.
    random_state : int, RandomState instance or None, default=0
        Seeds the clusters that replace many rows; they do not depend on the order of the rows.

    Attributes
    ----------
    plans_ : dict of name -> ndarray of shape (n_source_points, n_target_points)
        Plan of each source domain; empty if there is only one domain.
    points_ : dict of name -> ndarray of shape (n_points, n_features)
        The points of each domain, in the order of the rows (for "target": of the columns) of the plans: its rows, or
        cluster means of them.
    approximation_ : {"exact", "prototypes"}
        Whether cluster means replaced rows.
    n_iter_ : int
        Largest number of iterations over the sources (of the penalised problem, if there is a penalty); 1 for exact
        plans.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    sktl.feature.JDOTClassifier : A plan that also matches labels to predictions, and a classifier on target rows.
    sktl.feature.TCA : One linear map for both domains.

    Notes
    -----
    *Several sources*: each has its own plan onto the whole target. *New rows*: a new source row moves by the
    displacement of the nearest training row of its source (Ferradans et al. [2]_), in blocks; target rows come back as
    they are. Equal source rows are mapped to one point, the mean of their images.

    *Weights* of the rows are uniform. *Cost*: the plan has n m entries, and about five matrices of that size are held
    (the plan is kept). A Sinkhorn iteration is O(n m), the group penalty adds O(n m n_classes), the exact plan is about
    O((n + m)^3 log(n + m)). New rows O(n d) each.

    *Departures from [1]*: distances in units of their median; of the Laplacian penalty the source's part only, in
    relative units. Penalised plans are solved by the generalised conditional gradient with a certified gap. The paper's
    other penalty, the concave l_p-l_1 one, is left out.

    References
    ----------
    .. [1] N. Courty, R. Flamary, D. Tuia, A. Rakotomamonjy, "Optimal transport for domain adaptation", IEEE
       Transactions on Pattern Analysis and Machine Intelligence 39, 2017.
    .. [2] S. Ferradans, N. Papadakis, G. Peyre, J.-F. Aujol, "Regularized discrete optimal transport", SIAM Journal on
       Imaging Sciences 7, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled
    >>> from sktl.feature import OTMapping
    >>> rng = np.random.default_rng(0)
    >>> label = np.arange(300) % 2
    >>> X = rng.normal(size=(300, 2)) + 6 * label[:, None]
    >>> X[200:] = X[200:] @ [[0.5, 0.87], [-0.87, 0.5]]  # the target is rotated by 60 degrees
    >>> y = np.where(np.arange(300) < 200, label, np.nan)
    >>> pipe = make_pipeline(OTMapping(), OnLabeled(LogisticRegression())).fit(X, y)
    >>> print(f"{np.mean(pipe.predict(X[200:]) == label[200:]):.2f}")  # without OTMapping: 0.78
    0.94
    """

    _constraints = TRANSPORT | {
        "class_reg": ("group_lasso", "laplace", None),
        "eta": (Interval(low=0),),
        "n_neighbors": (Interval(Integral, 1),),
        "label_cost": (Interval(low=0),),
        "class_shares": (None, InstanceOf(dict, noun="a dict of class -> share")),
        "max_samples": ("auto", None, Interval(Integral, 1)),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        reg=0.03,
        *,
        class_reg="group_lasso",
        eta=1.0,
        n_neighbors=5,
        metric="sqeuclidean",
        norm="median",
        label_cost=10.0,
        class_shares=None,
        max_samples="auto",
        max_iter=1000,
        tol=1e-3,
        random_state=0,
    ):
        self.reg = reg
        self.class_reg = class_reg
        self.eta = eta
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.norm = norm
        self.label_cost = label_cost
        self.class_shares = class_shares
        self.max_samples = max_samples
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def _check_together(self):
        """Raise for parameters that do not go together."""
        if self.reg == 0 and self.class_reg == "group_lasso":
            raise ValueError("class_reg='group_lasso' needs reg > 0; got reg=0. Raise it, or set class_reg=None.")
        if self.reg == 0:
            import_extra("ot", "ot", "OTMapping(reg=0), the exact plan,")

    def _fit_maps(self, X, y, domains):
        """Find the plan of each source, and where it sends the source's rows."""
        self._check_together()
        self._n_features_out = X.shape[1]
        self._moves, self.plans_, self.points_, self.n_iter_, self.approximation_ = {}, {}, {}, 1, "exact"
        if domains.single:
            return
        codes = class_codes(y, domains.labeled)
        codes = np.full(X.shape[0], -1) if codes is None else codes
        if self.class_reg == "group_lasso" and (codes[domains.source] < 0).all():
            raise ValueError(
                "class_reg='group_lasso' needs source rows with class labels (names or whole numbers); there are none. "
                "Pass labels, or set class_reg=None."
            )
        rows = {name: np.flatnonzero(domains.names == name) for name in (TARGET, *domains.sources)}
        size = self._size({name: len(index) for name, index in rows.items()})
        rng = check_random_state(self.random_state)
        samples = {name: prototypes(X[index], codes[index], size, rng) for name, index in rows.items()}
        if self.class_shares is not None:
            shares = shares_by_code(self.class_shares, y, domains.labeled)
            samples |= {name: samples[name].with_shares(shares) for name in domains.sources}
        self.points_ = {name: sample.points for name, sample in samples.items()}
        whole = all(len(points) == len(rows[name]) for name, points in self.points_.items())
        self.approximation_ = "exact" if whole else "prototypes"
        for name in domains.sources:
            self._fit_source(name, samples[name], samples[TARGET])

    def _size(self, counts):
        """Most points of a domain (None: its rows); an error if the plans do not fit."""
        largest, n_target = max(n for name, n in counts.items() if name != TARGET), counts[TARGET]
        size = self.max_samples
        if size == "auto":
            size = None if largest * n_target <= AUTO_PAIRS else AUTO_SAMPLES
        most = [n if size is None else min(n, size) for n in (largest, n_target)]
        check_pairs(*most, f"Set max_samples='auto', or a number up to {int(MAX_PAIRS**0.5)}.")
        return size

    def _fit_source(self, name, source, target):
        """The plan of one source, found on points in a fixed order, and the displacements of its points."""
        by_row, by_column = (fixed_order(sample.points, sample.codes) for sample in (source, target))
        found = self._solve(_ordered(source, by_row), _ordered(target, by_column))
        if not found.converged:
            self._warn(name, found)
        plan = np.empty_like(found.plan)
        plan[np.ix_(by_row, by_column)] = found.plan
        self.plans_[name], self.n_iter_ = plan, max(self.n_iter_, found.n_iter)
        images = plan @ target.points / source.weights[:, None]  # a row of the plan sums to its weight
        warn_collapsed(name, images, source, target)
        self._moves[name] = mean_of_equal_rows(source.points, images - source.points)

    def _solve(self, source, target):
        """The plan between two samples of points."""
        cost = ground_cost(source.points, target.points, self.metric, self.norm)
        if (target.codes >= 0).any():
            differ = (source.codes[:, None] != target.codes) & (source.codes[:, None] >= 0) & (target.codes >= 0)
            cost += self.label_cost * cost.max() * differ  # in units of the largest: no nearness makes up for it
        weights = source.weights, target.weights
        if self.class_reg is not None and self.eta > 0:
            penalty = self._penalty(source, target)
            return penalized_plan(cost, *weights, self.reg, self.eta, penalty, self.tol, max_inner=self.max_iter)
        if self.reg == 0:
            return exact_plan(cost, *weights)
        return sinkhorn_plan(cost, *weights, self.reg, self.tol, self.max_iter)

    def _penalty(self, source, target):
        if self.class_reg == "group_lasso":
            members = source.codes[:, None] == np.unique(source.codes[source.codes >= 0])
            return group_lasso(members / (len(source.points) * source.weights)[:, None])
        return laplacian_of_images(class_laplacian(source.points, source.codes, self.n_neighbors), target.points)

    def _warn(self, name, found):
        what = "far from optimal" if self.class_reg else "off in its sums"
        warn_unconverged(
            f"The plan of {name!r} is still {found.gap:.2g} {what} after {found.n_iter} iterations (tol={self.tol:g}). "
            "Raise reg or tol, or max_iter.",
        )

    def _map(self, X, name):
        """Target rows as they are; source rows moved like the nearest one of the plan."""
        if self._single or name == TARGET:
            return X.copy()
        points, moves = self._moves[name]
        centre = points.mean(axis=0)  # distances of rows far from 0 would lose their digits
        mapped = np.empty_like(X)
        for rows in blocks(X.shape[0], ROWS):
            nearest = pairwise_distances_argmin(X[rows] - centre, points - centre)
            mapped[rows] = X[rows] + moves[nearest]
        return mapped
