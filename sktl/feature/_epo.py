"""External parameter orthogonalisation: take away the directions in which the domains differ."""

from numbers import Integral

import numpy as np
from sklearn.base import OneToOneFeatureMixin

from sktl._checks import Interval
from sktl._core.standardization import leading_directions, n_parasitic
from sktl.base import BaseDomainAligner
from sktl.domains import TARGET, paired_means


class EPO(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Take away the directions in which the same sample looks different in different domains.

    With the rows of D the differences between a sample's row in a domain and its mean over the domains (without
    ``sample_id``: between a domain's mean and the mean of these means), and V its k leading right singular vectors, a
    row x of any domain becomes

    .. math:: x (I - V V^\top).

    Both domains are mapped by the same projection: the model must be fitted on the mapped source rows, as in a
    pipeline. All columns should have one unit; the result does not depend on which.

    *When it helps*: temperature, moisture or an instrument adds its own few shapes to a spectrum, in other amounts for
    each sample: on made spectra (``benchmarks/paired.py``, errors x 1,000) with three pairs 2.7, where maps between
    instruments had 116 and more, and with no pair 45.8, where a shift of the mean (:class:`DomainScaler`,
    ``with_std=False``) had 115.5 and nothing 190.2. *When it hurts*: instruments that differ by a gain, which is no
    shape of its own (3 and 30 pairs: 35.9, 21.2); without pairs, labels whose mean differs between the domains (527.8;
    nothing 143.3). On near-infrared spectra of corn ten pairs had .23, as had the means' shift.

    Parameters
    ----------
    n_components : "auto" or int >= 1, default="auto"
        Number k of directions. "auto": of 0 to 10 the fewest that leave, on samples that were left out (ten folds, by
        the order of the ids), the least differences between domains as a share of those between samples (within .1 %);
        from domain means all, one less than there are domains.

    Attributes
    ----------
    directions_ : ndarray of shape (n_components_, n_features)
        V', orthonormal rows.
    n_components_ : int
        Number of directions used.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    DomainScaler : Takes away the difference of the means alone, and keeps the direction.
    SpectralSpaceTransformation : Exchanges directions instead of taking them away.
    sktl.parameter.AnchorRegression : The same idea inside a regression, and in part only.

    Notes
    -----
    Any number of domains, in one projection. A sample measured several times in a domain counts by the mean of its
    rows; samples of one domain alone, and ids that are missing, do not count. *Cost*: O(m^2 d) for m differences, ten
    times for "auto"; O(k d) for a new row. *Departures from the paper*: "auto", which looks at no label; the paper
    chooses by cross-validation and Wilks' lambda. With only one domain (``SingleDomainWarning``), rows stay.

    References
    ----------
    .. [1] J.-M. Roger, F. Chauchard, V. Bellon-Maurel, "EPO-PLS external parameter orthogonalisation of PLS
       application to temperature-independent measurement of sugar content of intact fruits", Chemometrics and
       Intelligent Laboratory Systems 66, 2003.

    Examples
    --------
    >>> from sktl.feature import EPO
    >>> X = [[1.0, 0.0], [2.0, 0.0], [1.0, 5.0], [2.0, 5.0]]  # the same two samples, the target 5 higher
    >>> mapped = EPO().fit_transform(X, [1.0, 2.0, None, None], sample_id=["a", "b", "a", "b"])
    >>> abs(mapped).round(12).tolist()
    [[1.0, 0.0], [2.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
    """

    _constraints = {"n_components": ("auto", Interval(Integral, 1))}

    def __init__(self, n_components="auto"):
        self.n_components = n_components

    def _fit_maps(self, X, y, domains):
        d = self._n_features_out = X.shape[1]
        self.directions_ = np.zeros((0, d), dtype=X.dtype)
        if not domains.single:
            self.directions_ = self._find(X, domains).astype(X.dtype)
        self.n_components_ = len(self.directions_)

    def _find(self, X, domains):
        """The directions, from pairs or, without any, from the domains' means."""
        means = paired_means(X, domains)
        most = self.n_components
        if len(means.rows):
            differences = means.differences()
            if most == "auto":
                most = n_parasitic(differences, means.rows - differences, means.samples)
        else:
            members = [domains.names == name for name in (*domains.sources, TARGET)]
            centers = np.stack([X[rows].mean(axis=0, dtype=np.float64) for rows in members])
            differences = centers - centers.mean(axis=0)
            most = len(centers) - 1 if most == "auto" else most
        return leading_directions(differences, most)

    def _map(self, X, name):
        directions = self.directions_.astype(X.dtype, copy=False)
        return X - (X @ directions.T) @ directions
