"""Spectral space transformation: the directions of both instruments' spectra, exchanged for each other."""

from numbers import Integral

from sklearn.base import OneToOneFeatureMixin

from sktl._checks import Interval
from sktl._core.standardization import spectral_map
from sktl.base import BaseDomainAligner
from sktl.feature._pairs import REFERENCE, name_of_reference, pairs_with


class SpectralSpaceTransformation(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Map one instrument's rows into another's space along the few directions of both, from samples measured on both.

    The centred paired rows side by side, :math:`[R, S] \approx U \Sigma [P_r, P_s]` (the leading k singular vectors),
    have the loadings :math:`P_r` on the reference and :math:`P_s` on the other instrument, (k, d) each. A row x becomes

    .. math:: \bar r + (x - \bar s) \left(I + P_s^{+} (P_r - P_s)\right):

    its scores in :math:`P_s` are written in :math:`P_r` instead, and what is left of it stays. Rows of the reference
    stay. All columns should have one unit; the result does not depend on which.

    *When it helps*: instruments that differ in any of gain, axis, shapes, and at least as many pairs as kinds of
    variation. *When it hurts*: fewer. On made spectra of six compounds (``benchmarks/paired.py``, all differences at
    once, errors x 1,000) with 3, 10 and 30 pairs 61.4, 8.6 and 2.0: as :class:`DirectStandardization`. A shift of the
    mean by :class:`DomainScaler` (``with_std=False``) needs no pair and comes first: 74.1 there; on near-infrared
    spectra of corn .23, where ten pairs had .27.

    Parameters
    ----------
    n_components : "auto" or int >= 1, default="auto"
        Number k of directions, at most n_pairs - 1. "auto": of 0 (the mean alone) to 10 the one with the least squared
        error on pairs that were left out, in ten folds by the order of the ids.
    reference : name of a domain or None, default=None
        The domain into whose space all others are mapped; None is the source (with several sources, one must be named).
        "target" maps the source's rows, for a model that is to be fitted anew.

    Attributes
    ----------
    maps_ : dict of name -> function
        The map of each domain that moves, from rows to rows.
    n_components_ : dict of name -> int
        Number of directions used for each.
    reference_ : str or None
        Name of the reference; None where there is only one domain.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    DirectStandardization : Least squares from all that the pairs span.
    EPO : Takes away the directions in which instruments differ, instead of exchanging them.

    Notes
    -----
    A sample measured several times in a domain counts by the mean of its rows. *Cost*: O(n_pairs^2 d), ten times for
    "auto"; O(k d) to keep the map and for a new row. *Departures from the paper*: rows are centred on either side. With
    only one domain (``SingleDomainWarning``), rows stay.

    References
    ----------
    .. [1] W. Du, Z.-P. Chen, L.-J. Zhong, S.-X. Wang, R.-Q. Yu, A. Nordon, D. Littlejohn, M. Holden, "Maintaining the
       predictive abilities of multivariate calibration models by spectral space transformation", Analytica Chimica Acta
       690, 2011.

    Examples
    --------
    >>> from sktl.datasets import make_spectra
    >>> from sktl.feature import SpectralSpaceTransformation
    >>> data = make_spectra(n_pairs=15, random_state=0)
    >>> target = data.sample_domain == "target"
    >>> aligner = SpectralSpaceTransformation().fit(data.X, data.y, sample_id=data.sample_id)
    >>> for rows in (data.X[target], aligner.transform(data.X[target])):  # against what the source would measure
    ...     print(f"{abs(rows - data.X_as_source[target]).mean():.4f}")
    0.1058
    0.0010
    """

    _constraints = {"n_components": ("auto", Interval(Integral, 1)), "reference": REFERENCE}

    _needs_partners = True  # learns nothing without sample_id

    def __init__(self, n_components="auto", *, reference=None):
        self.n_components = n_components
        self.reference = reference

    def _fit_maps(self, X, y, domains):
        self._n_features_out = X.shape[1]
        self.maps_, self.n_components_, self.reference_ = {}, {}, None
        if domains.single:
            return
        self.reference_ = name_of_reference(self, domains)
        for name, pairs in pairs_with(self, X, domains, self.reference_).items():
            self.maps_[name] = spectral_map(*pairs, self.n_components)
            self.n_components_[name] = len(self.maps_[name].coef)

    def _map(self, X, name):
        return self.maps_[name](X) if name in self.maps_ else X.copy()
