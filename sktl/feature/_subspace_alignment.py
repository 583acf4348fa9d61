"""Subspace alignment: the source's principal axes turned onto the target's."""

from numbers import Integral

import numpy as np

from sktl._checks import Interval
from sktl._core.axes import axes_by_name
from sktl._core.linear_maps import LinearMap
from sktl._core.moments import rows_by_name
from sktl.base import BaseDomainAligner
from sktl.domains import TARGET

AUTO_COMPONENTS = 100  # benchmarks/defaults.py has the evidence


def padded(axes, n_axes):
    """The first ``n_axes`` columns; where there are fewer, the last are 0."""
    return np.pad(axes[:, :n_axes], ((0, 0), (0, max(n_axes - axes.shape[1], 0))))


class SubspaceAlignment(BaseDomainAligner):
    r"""Subspace alignment: each domain's principal components, with the source's axes rotated onto the target's.

    With P_s, P_t the leading k principal axes (columns) and m_s, m_t the means of the domains, rows become

    .. math:: z_s = (x - m_s) P_s M, \qquad z_t = (x - m_t) P_t, \qquad M = P_s^\top P_t,

    where M is the matrix that brings P_s M nearest to P_t. If both subspaces are the same, this is PCA.

    *When it helps*: a few directions hold most of the variance and the labels, and they are rotated between the
    domains. *When it hurts*: the directions of largest variance are not those of the classes, or k is so large that
    noise is aligned too. Measured on columns standardised within each domain, mean of the 12 pairs of Office-Caltech10
    SURF and of the Amazon reviews: 1-nearest-neighbour (Office) 31.4 without it, 43.8 with 20 and 45.1 with 80
    components; logistic regression (C=1) on unit-norm rows (Amazon) 78.1 without it, 74.2 with 20 and 75.6 with 50; on
    digits of two origins 57.3, 54.1 and 56.6. A model that can use all columns is better without it. Standardise the
    columns first.

    Parameters
    ----------
    n_components : int >= 1 or "auto", default="auto"
        k, at most the number of features and of rows of the smallest domain. "auto": 100, or the number of directions
        in which the rows of each domain vary if that is smaller. (The rule of [2], the first k at which the subspaces
        disagree, stopped far too soon: at 5 to 17 on texts and objects, 6 on digits.)

    Attributes
    ----------
    n_components_ : int
        The number used.
    maps_ : dict of name -> function
        The map of each domain, from rows to components; its ``matrix`` of shape (n_features, n_components_) is P_t for
        the target, P_s P_s' P_t for a source.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    CORAL : Aligns variances as well as directions.
    TCA : One map for all domains.

    Notes
    -----
    *Cost*: one pass over the rows for each domain's covariance and O(d^3), or O(n^2 d) and no d x d matrix
    for a domain of n < d rows. New rows cost O(d k) each.

    Each named source has its own axes. The paper's rows have mean 0 in each domain, which is why each domain's own mean
    is subtracted here. An axis without variance (a domain of one row has no other) is zero. With only one domain
    (``SingleDomainWarning``), this is PCA.

    References
    ----------
    .. [1] B. Fernando, A. Habrard, M. Sebban, T. Tuytelaars, "Unsupervised visual domain adaptation using subspace
       alignment", ICCV 2013.
    .. [2] B. Gong, Y. Shi, F. Sha, K. Grauman, "Geodesic flow kernel for unsupervised domain adaptation", CVPR 2012.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_covariate_shift
    >>> from sktl.feature import DomainScaler, SubspaceAlignment
    >>> data = make_covariate_shift(n_features=5, random_state=0)  # y is NaN on target rows
    >>> pipe = make_pipeline(DomainScaler(), SubspaceAlignment(3), OnLabeled(KNeighborsClassifier(1)))
    >>> pipe.fit(data.X, data.y).predict(data.X).shape == data.y.shape
    True
    """

    def __init__(self, n_components="auto"):
        self.n_components = n_components

    _constraints = {"n_components": ("auto", Interval(Integral, 1))}

    def _fit_maps(self, X, y, domains):
        members = rows_by_name(domains.names)
        found, _ = axes_by_name(X, members, self._most(members, X.shape[1]))
        k = self.n_components
        if k == "auto":  # no more than each domain has: constant columns say nothing
            k = max(1, min(axes.shape[1] for _, axes, _ in found.values()))
        found.setdefault(TARGET, found.get("source"))
        target = padded(found[TARGET][1], k)
        self.maps_ = {}
        for name, (mean, axes, _) in found.items():
            source = padded(axes, k)
            # k x k first, so that no d x d matrix is formed
            turned = target if name == TARGET or domains.single else source @ (source.T @ target)
            self.maps_[name] = LinearMap(mean, np.zeros(k), turned)
        self.n_components_ = self._n_features_out = k

    def _most(self, members, n_features):
        """The number of axes as given, an error beyond the bound, or the largest that "auto" may take."""
        sizes = [len(index) for index in members.values()]
        bound = min(*sizes, n_features)
        if self.n_components == "auto":
            return min(bound, AUTO_COMPONENTS)
        if self.n_components > bound:
            raise ValueError(
                f"n_components={self.n_components} exceeds the number of axes each domain has, "
                f"min(n_features={n_features}, rows of the smallest domain={min(sizes)}) = {bound}. Lower it."
            )
        return self.n_components

    def _map(self, X, name):
        return self.maps_[name](X)
