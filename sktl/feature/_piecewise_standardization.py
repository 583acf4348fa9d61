"""Piecewise direct standardisation: each column from the columns near it on the other instrument."""

from numbers import Integral

from sklearn.base import OneToOneFeatureMixin

from sktl._checks import Interval
from sktl._core.standardization import band_map
from sktl.base import BaseDomainAligner
from sktl.feature._pairs import REFERENCE, name_of_reference, pairs_with


class PiecewiseDirectStandardization(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Map one instrument's spectra into another's space, each column from its neighbours, by samples measured on both.

    As :class:`DirectStandardization`, with a ridge for each column j on the 2 h + 1 columns around it, where h is
    ``half_width``:

    .. math:: b_j = \arg\min_b \|S_j b - (R - S)_{\cdot j}\|^2 + \lambda \|S_j\|_F^2 \, \|b\|^2,

    with :math:`S_j` the centred paired rows in columns j - h to j + h (fewer at the ends). The new column j is
    :math:`\bar r_j + x_j - \bar s_j + (x - \bar s)_{j-h..j+h} \, b_j`. The columns must be in an order in which
    neighbours belong together (wavelengths, times) and have one unit; the result does not depend on which.

    *When it helps*: a gain that changes along the columns, a shifted axis, broader lines, and five pairs or more. *When
    it hurts*: columns without an order, or whatever adds a shape of its own all over the spectrum, which no
    neighbours tell. On made spectra (``benchmarks/paired.py``, errors x 1,000) with 5 pairs: gain 2.0
    (:class:`DirectStandardization` 22.0), axis 4.0 (26.3), an interference 86.9 (118.7, :class:`EPO` 2.7). A shift of
    the mean by :class:`DomainScaler` (``with_std=False``) needs no pair and comes first: 57.8, 63.4, 115.5 there. On
    near-infrared spectra of corn it had .23, and ten pairs and an untuned window .50.

    Parameters
    ----------
    half_width : int >= 0, default=2
        Number h of neighbours on each side; 0 is a slope and an offset for each column. At least the shift of the axis,
        in columns.
    reg : "auto" or float >= 0, default="auto"
        Ridge :math:`\lambda`, as a share of the window's sum of squares. "auto": the one of 1e-8, 1e-7, ..., 1 and
        infinity (the mean moves and nothing else) with the least squared error on pairs that were left out, over all
        columns, in closed form.
    reference : name of a domain or None, default=None
        The domain into whose space all others are mapped; None is the source (with several sources, one must be named).
        "target" maps the source's rows, for a model that is to be fitted anew.

    Attributes
    ----------
    maps_ : dict of name -> function
        The map of each domain that moves, from rows to rows; its ``band`` has the coefficients of each column.
    regs_ : dict of name -> float
        Ridge used for each.
    reference_ : str or None
        Name of the reference; None where there is only one domain.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    DirectStandardization : Each column from all columns.

    Notes
    -----
    A sample measured several times in a domain counts by the mean of its rows. *Cost*: O(n_pairs d h^2) for the map
    (O(n_pairs^2 d h) with fewer pairs than columns in a window), O(d h) to keep it, O(d h) for a new row. *Departures
    from the paper*: a ridge, chosen by left-out pairs, in place of a truncated regression in each window, shrunk
    towards no change. With only one domain (``SingleDomainWarning``), rows stay.

    References
    ----------
    .. [1] Y. Wang, D. J. Veltkamp, B. R. Kowalski, "Multivariate instrument standardization", Analytical Chemistry 63,
       1991.

    Examples
    --------
    >>> from sktl.datasets import make_spectra
    >>> from sktl.feature import PiecewiseDirectStandardization
    >>> data = make_spectra(n_pairs=15, random_state=0)
    >>> target = data.sample_domain == "target"
    >>> aligner = PiecewiseDirectStandardization().fit(data.X, data.y, sample_id=data.sample_id)
    >>> for rows in (data.X[target], aligner.transform(data.X[target])):  # against what the source would measure
    ...     print(f"{abs(rows - data.X_as_source[target]).mean():.4f}")
    0.1058
    0.0007
    """

    _constraints = {
        "half_width": (Interval(Integral, 0),),
        "reg": ("auto", Interval(low=0)),
        "reference": REFERENCE,
    }

    _needs_partners = True  # learns nothing without sample_id

    def __init__(self, half_width=2, *, reg="auto", reference=None):
        self.half_width = half_width
        self.reg = reg
        self.reference = reference

    def _fit_maps(self, X, y, domains):
        self._n_features_out = X.shape[1]
        self.maps_, self.regs_, self.reference_ = {}, {}, None
        if domains.single:
            return
        self.reference_ = name_of_reference(self, domains)
        half_width = min(self.half_width, X.shape[1] - 1)  # beyond there are no columns
        for name, pairs in pairs_with(self, X, domains, self.reference_).items():
            self.maps_[name], self.regs_[name] = band_map(*pairs, half_width, self.reg)

    def _map(self, X, name):
        return self.maps_[name](X) if name in self.maps_ else X.copy()
