"""Standardise each domain by itself: the cheapest way to make domains look alike."""

import numpy as np
from scipy import sparse
from sklearn.base import OneToOneFeatureMixin

from sktl._checks import BOOLEAN
from sktl._core.kernels import blocks
from sktl._core.moments import BLOCK, deviations, moments_by_name, rows_by_name
from sktl.base import BaseDomainAligner


def median_and_range(X, index, with_center):
    """Median and interquartile range of each column of ``X[index]``, as scikit-learn's RobustScaler finds them."""
    from sklearn.preprocessing import RobustScaler  # here, to keep `import sktl` quick

    scaler = RobustScaler(with_centering=with_center).fit(X[index])
    center = scaler.center_ if with_center else np.zeros(X.shape[1])
    return center, scaler.scale_  # 1 where the range is zero


class DomainScaler(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Standardise each domain by its own mean and standard deviation.

    A row x of the domain D becomes

    .. math:: z = (x - m_D) / s_D

    with m_D and s_D, column by column, the mean and standard deviation of D's rows (or median and interquartile range).
    With ``reference="target"`` it becomes m_T + s_T z, with the target's m_T and s_T: source rows move, target rows
    stay.

    *When it helps*: sensors, laboratories or vocabularies with different gains and offsets; it is the strongest of the
    cheap baselines, and the first thing to try. Logistic regression on unit-norm rows with it, with one scaling of all
    rows and without any: Office-Caltech10 SURF (12 pairs, C=10) 47.0, 45.7, 44.0; Amazon reviews (12 pairs, C=1) 78.1,
    78.0, 75.8; digits of two origins (both ways, C=1) 57.3, 44.7, 47.9. *When it hurts*: the class shares differ
    between the domains, so that means and spreads differ because of the classes: a target of a single class is moved
    onto the middle of all classes. ``method="robust"`` is not for columns that are mostly zero, whose interquartile
    range is 0 (Office-Caltech10: 19.8).

    Parameters
    ----------
    method : {"standard", "robust"}, default="standard"
        Mean and standard deviation (n in the denominator), or median and interquartile range.
    with_mean : bool, default=True
        Subtract the centre. Must be False for sparse rows, which then stay sparse.
    with_std : bool, default=True
        Divide by the scale.
    reference : "target" or None, default=None
        None: every domain to centre 0 and scale 1. "target": every domain to the target's centre and scale.

    Attributes
    ----------
    centers_ : dict of name -> ndarray of shape (n_features,)
        Mean or median of each domain (the target is called "target").
    scales_ : dict of name -> ndarray of shape (n_features,)
        Standard deviation or interquartile range of each domain; 1 where that is zero.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    CORAL : Aligns covariances as well.
    LinearOT : The same along the directions in which the domains differ, not along columns.
    sklearn.preprocessing.StandardScaler : One mean and deviation for all rows.

    Notes
    -----
    *Cost*: one pass over the rows, O(n d) (the robust method sorts: O(n d log n)), O(d) memory a domain beside one copy
    of a block (robust: of a domain). Each named source is a separate domain. Constant columns keep their scale. With
    only one domain (``SingleDomainWarning``), it is an ordinary scaler.

    Examples
    --------
    >>> from sktl.feature import DomainScaler
    >>> X = [[0.0], [2.0], [10.0], [30.0]]  # the last two rows are target rows
    >>> DomainScaler().fit_transform(X, [0, 1, None, None]).ravel().tolist()
    [-1.0, 1.0, -1.0, 1.0]
    >>> DomainScaler(reference="target").fit_transform(X, [0, 1, None, None]).ravel().tolist()
    [10.0, 30.0, 10.0, 30.0]
    """

    def __init__(self, *, method="standard", with_mean=True, with_std=True, reference=None):
        self.method = method
        self.with_mean = with_mean
        self.with_std = with_std
        self.reference = reference

    _constraints = {
        "method": ("standard", "robust"),
        "with_mean": BOOLEAN,
        "with_std": BOOLEAN,
        "reference": (None, "target"),
    }

    def _fit_maps(self, X, y, domains):
        members = rows_by_name(domains.names)
        if self.method == "robust":
            found = {name: median_and_range(X, index, self.with_mean) for name, index in members.items()}
        else:
            sums = moments_by_name(X, members, diagonal=True)
            found = {name: (own.mean, deviations(own)) for name, own in sums.items()}
        self.centers_ = {name: center for name, (center, _) in found.items()}
        # constant columns: no 0 / 0
        self.scales_ = {name: np.where(scale > 0, scale, 1.0) for name, (_, scale) in found.items()}
        if domains.single:
            self.centers_["target"], self.scales_["target"] = self.centers_["source"], self.scales_["source"]
        self._n_features_out = X.shape[1]

    def _factors(self, name):
        """What each column of a domain is multiplied by."""
        if not self.with_std:
            return np.ones(self._n_features_out)
        return (self.scales_["target"] if self.reference == "target" else 1.0) / self.scales_[name]

    def _map_rows(self, X, names):
        if not sparse.issparse(X):
            return super()._map_rows(X, names)
        code = {name: number for number, name in enumerate(dict.fromkeys(names.tolist()))}
        factors = np.stack([self._factors(name) for name in code]).astype(X.dtype)
        codes = np.array([code[name] for name in names.tolist()])
        X = X.copy()
        X.data *= factors[np.repeat(codes, np.diff(X.indptr)), X.indices]
        return X

    def _map(self, X, name):
        """Rows of one domain."""
        X = X.copy()
        if self.reference == "target" and name == "target":  # these rows stay to the last digit
            return X
        center, factors = self.centers_[name].astype(X.dtype), self._factors(name).astype(X.dtype)
        end = self.centers_["target"].astype(X.dtype) if self.reference == "target" else None
        for rows in blocks(X.shape[0], BLOCK):
            part = X[rows]  # a view: all steps while the block is at hand
            if self.with_mean:
                part -= center
            if self.with_std:
                part *= factors
            if self.with_mean and end is not None:
                part += end
        return X

    def __sklearn_tags__(self):
        """Tags that say sparse rows are taken where nothing is centred."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.with_mean
        return tags
