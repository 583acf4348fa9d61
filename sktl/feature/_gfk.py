"""Geodesic flow kernel: rows compared along all subspaces between the source's and the target's."""

from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sktl._checks import Interval, check_parameters
from sktl._core.axes import axes_by_name
from sktl._core.geodesic import geodesic_factor, to_principal_axes
from sktl._core.moments import moments_of, row_blocks
from sktl._threads import threads_by_size
from sktl.base import BaseDomainTransformer, validate_rows
from sktl.domains import TARGET

AUTO_COMPONENTS = 20  # benchmarks/defaults.py has the evidence


def two_subspaces(X, domains, n_axes):
    """Principal axes of the source's and of the target's rows, and the number of directions that all rows vary in."""
    members = {"source": np.flatnonzero(domains.source), TARGET: np.flatnonzero(domains.target)}
    members = {name: index for name, index in members.items() if len(index)}
    found, axes_of = axes_by_name(X, members, n_axes)
    axes = {name: own for name, (_, own, _) in found.items()}
    axes.setdefault(TARGET, axes["source"])
    return axes, axes_of(list(members), 2 * n_axes)[1].shape[1]  # twice n_axes: half of them is all that is asked for


class GFK(BaseDomainTransformer):
    r"""Geodesic flow kernel: features whose inner products are averages over all subspaces between source and target.

    Let P(0) and P(1) be orthonormal bases of the k leading principal components of source and target rows, and P(t) the
    geodesic between them on the manifold of subspaces. The kernel is

    .. math:: x^\top G z, \qquad G = \int_0^1 P(t) P(t)^\top dt ,

    and the new features are :math:`X F` with a thin factor :math:`F F^\top = G`, so that Euclidean distances and
    products of new rows are those of the kernel. G has a closed form in the principal angles.

    *When it helps*: many columns, of which each domain varies along few, and a classifier that uses distances: with
    1-nearest-neighbour the mean over 12 pairs of Office-Caltech (SURF) rises from 31.4 % to 44.7 % (20 dimensions,
    which is "auto"). *When it hurts*: most of that gain is due to fewer dimensions (PCA with 20 components has 44.0),
    and labels are not used, so that small components which separate the classes are lost: logistic regression on rows
    of unit norm has 47.0 on the same pairs without it, and on Amazon reviews (12 pairs, 78.1 without it)
    1-nearest-neighbour after it (20 dimensions) has 67.1, logistic regression after it 78.7, a gain of 0.7 points.
    Standardise each domain by itself first.

    Parameters
    ----------
    n_components : int >= 1 or "auto", default="auto"
        Dimension k of the subspaces, at most ``n_features // 2`` (beyond it subspaces must intersect) and at most the
        number of directions in which the rows of each domain vary. "auto": 20, or half the number of directions in
        which the rows vary, if that is smaller. (The rule of [1], the first k at which the subspaces disagree, stopped
        far too soon: at 5 to 17 on texts and objects, 6 on digits.)

    Attributes
    ----------
    components_ : ndarray of shape (2 k, n_features)
        F', rotated to the principal axes of all new rows: features are uncorrelated, in order of falling variance; the
        entry of largest size is positive. Rows are zero where the subspaces have directions in common.
    n_components_ : int
        The k used.
    principal_angles_ : ndarray of shape (k,)
        Angles between the subspaces in radians, rising.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    sklearn.decomposition.PCA : One subspace of all rows.
    sktl.feature.TCA : Directions with variance along which the domains' means agree.
    sktl.feature.MEDAClassifier : A classifier on these features.

    Notes
    -----
    *Cost.* O(n d min(n, d) + min(n, d)^3 + d k^2) once; O(min(n, d)^2 + n k)
    memory beside X. New rows cost O(d k).

    *Departures.* G is the integral itself (some codes leave out a factor 1/2). Instead of the square root of the d x d
    matrix G a factor of rank 2 k is used: the same products at O(d k) per row. A domain whose rows are all equal has no
    subspace, and takes the other's. With only one domain (``SingleDomainWarning``), G is the projector on its principal
    components. All sources are treated as one.

    References
    ----------
    .. [1] B. Gong, Y. Shi, F. Sha, K. Grauman, "Geodesic flow kernel for unsupervised domain adaptation", CVPR 2012.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import GFK
    >>> data = make_covariate_shift(n_features=6, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(GFK(n_components=2), OnLabeled(KNeighborsClassifier()))
    >>> pipe.fit(data.X, data.y)[0].transform(data.X).shape[1]
    4
    """

    _constraints = {"n_components": ("auto", Interval(Integral, 1))}

    def __init__(self, n_components="auto"):
        self.n_components = n_components

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Find the kernel's factor.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels; only used to find the target rows, whose labels are missing.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If ``n_components`` or a domain is not as described, ``n_components`` exceeds its bound, or all rows are
            equal.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain; the map is then the projection on its principal components.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32])
        axes, rank = two_subspaces(X, domains, self._most(X.shape[1]))
        self._check_found(axes, X.shape[0])
        k = min(own.shape[1] for own in axes.values())
        if self.n_components == "auto":  # subspaces of more than half of the directions must intersect
            k = max(1, min(k, rank // 2))
        factor, self.principal_angles_ = geodesic_factor(axes["source"][:, :k], axes[TARGET][:, :k])
        # of the 2 k new columns, so that no d x d scatter is formed
        scatter = moments_of(np.asarray(rows @ factor) for rows in row_blocks(X)).scatter
        self.components_ = np.ascontiguousarray(to_principal_axes(factor, scatter).T, dtype=X.dtype)
        self.n_components_, self._n_features_out = k, 2 * k
        return self

    def _most(self, n_features):
        """Number of axes to look at; an error if it is given and too large."""
        half = max(1, n_features // 2)
        if self.n_components == "auto":
            return min(half, AUTO_COMPONENTS)
        if self.n_components > half:
            raise ValueError(
                f"n_components={self.n_components} exceeds n_features // 2 = {half} (n_features={n_features}). "
                "Lower it."
            )
        return self.n_components

    def _check_found(self, axes, n_samples):
        """Raise if the rows vary in too few directions; a domain that varies in none takes the other's axes."""
        found = {name: own.shape[1] for name, own in axes.items()}
        if not any(found.values()):
            raise ValueError(
                f"The {n_samples} rows (n_samples={n_samples}) of each domain are all equal: there is no direction "
                "of variance. Give at least two different rows."
            )
        for name, other in (("source", TARGET), (TARGET, "source")):
            if not found[name]:
                axes[name], found[name] = axes[other], found[other]
        if self.n_components != "auto" and self.n_components > min(found.values()):
            raise ValueError(
                f"n_components={self.n_components} exceeds the number of directions in which the rows of a domain "
                f"vary: {found['source']} for the source, {found[TARGET]} for the target. Lower it."
            )

    def transform(self, X):
        """Map rows, of any domain.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, 2 * n_components_)
        """
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return np.asarray(X @ self.components_.T.astype(X.dtype, copy=False))
