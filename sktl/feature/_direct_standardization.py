"""Direct standardisation: another instrument's rows as the reference would have measured them."""

from sklearn.base import OneToOneFeatureMixin

from sktl._checks import BOOLEAN, Interval
from sktl._core.standardization import ridge_map
from sktl.base import BaseDomainAligner
from sktl.feature._pairs import REFERENCE, name_of_reference, pairs_with


class DirectStandardization(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Map one instrument's rows into another's space, by least squares over samples measured on both.

    With the paired rows :math:`s_i` (this domain) and :math:`r_i` (the reference), their means
    :math:`\bar s, \bar r`, and centred matrices S and R, a row x becomes

    .. math:: \bar r + (x - \bar s)(I + B), \qquad
              B = \arg\min_B \|S (I + B) - R\|_F^2 + \lambda \|S\|_F^2 \, \|B\|_F^2,

    where :math:`\lambda` is ``reg``. ``keep_rest=False`` is the method of the paper for ``reg=0``: the matrix
    :math:`S^+ R` in place of I + B, which drops whatever the pairs do not span. Rows of the reference stay. All columns
    should have one unit; the result does not depend on which.

    *When it helps*: two instruments that measure the same columns (spectra, sensor arrays), a calibration on one of
    them that is to go on working, and as many samples measured on both as the rows have directions, a dozen or more.
    *When it hurts*: fewer pairs: then little is gained on a shift of the mean by :class:`DomainScaler`
    (``with_std=False``), which needs no pair, and the paper's form destroys rows that the pairs do not span. On made
    spectra of six compounds (``benchmarks/paired.py``; gain, offset, axis and an interference at once; errors of the
    amount x 1,000) with 3, 10 and 30 pairs 62.8, 6.8 and 2.1 (paper's form 301, 5.2, 1.9); a shift of the mean 74.1,
    nothing 129.7. On near-infrared spectra of corn, all samples on both instruments: ten pairs .28, the means' shift
    .23, nothing 1.54. With the labels of ten such samples the target alone had 6.3 on the made spectra.

    Parameters
    ----------
    reg : "auto" or float >= 0, default="auto"
        Ridge :math:`\lambda`, as a share of the paired rows' sum of squares. "auto": the one of 1e-8, 1e-7, ..., 1 and
        infinity (the mean moves and nothing else) with the least squared error on pairs that were left out, in closed
        form. 0 is least squares of the least norm.
    keep_rest : bool, default=True
        Whether what the pairs do not span stays as it is; otherwise it is dropped, as in the paper.
    reference : name of a domain or None, default=None
        The domain into whose space all others are mapped; None is the source (with several sources, one must be named).
        "target" maps the source's rows, for a model that is to be fitted anew.

    Attributes
    ----------
    maps_ : dict of name -> function
        The map of each domain that moves, from rows to rows.
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
    PiecewiseDirectStandardization : Each column from its neighbours alone: fewer coefficients, for spectra.
    SpectralSpaceTransformation : Few directions of both instruments' spectra together.
    DomainScaler : The mean alone, without pairs: the baseline.

    Notes
    -----
    A sample measured several times in a domain counts by the mean of its rows. *Cost*: O(n_pairs^2 d) for the map and
    O(n_pairs d) to keep it; new rows O(n_pairs d) each; no d x d matrix. *Departures from the paper*: the ridge, and
    the shrinkage towards no change. With only one domain (``SingleDomainWarning``), rows stay.

    References
    ----------
    .. [1] Y. Wang, D. J. Veltkamp, B. R. Kowalski, "Multivariate instrument standardization", Analytical Chemistry 63,
       1991.

    Examples
    --------
    >>> from sklearn.cross_decomposition import PLSRegression
    >>> from sktl import OnLabeled
    >>> from sktl.datasets import make_spectra
    >>> from sktl.feature import DirectStandardization
    >>> data = make_spectra(n_pairs=15, random_state=0)  # y is NaN on the second instrument's rows
    >>> aligner = DirectStandardization()
    >>> rows = aligner.fit_transform(data.X, data.y, sample_id=data.sample_id)
    >>> model = OnLabeled(PLSRegression(4)).fit(rows, data.y)
    >>> target = data.sample_domain == "target"
    >>> print(f"{model.score(rows[target], data.y_true[target]):.2f}")
    1.00
    """

    _constraints = {"reg": ("auto", Interval(low=0)), "keep_rest": BOOLEAN, "reference": REFERENCE}

    _needs_partners = True  # learns nothing without sample_id

    def __init__(self, *, reg="auto", keep_rest=True, reference=None):
        self.reg = reg
        self.keep_rest = keep_rest
        self.reference = reference

    def _fit_maps(self, X, y, domains):
        self._n_features_out = X.shape[1]
        self.maps_, self.regs_, self.reference_ = {}, {}, None
        if domains.single:
            return
        self.reference_ = name_of_reference(self, domains)
        for name, pairs in pairs_with(self, X, domains, self.reference_).items():
            self.maps_[name], self.regs_[name] = ridge_map(*pairs, self.reg, float(self.keep_rest))

    def _map(self, X, name):
        return self.maps_[name](X) if name in self.maps_ else X.copy()
