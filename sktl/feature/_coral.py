"""Correlation alignment: give the source rows the covariance of the target."""

import numpy as np
from sklearn.base import OneToOneFeatureMixin

from sktl._checks import check_number, check_option
from sktl._core.moments import LinearMap, domain_gaussians, matrix_power, rest_ratio, rows_by_name, whiten_recolour
from sktl.base import BaseDomainAligner
from sktl.domains import TARGET


class CORAL(OneToOneFeatureMixin, BaseDomainAligner):
    r"""Correlation alignment: source rows whitened, then recoloured with the target's covariance.

    With the covariances C_s, C_t of the domains and their means m_s, m_t, a source row x becomes

    .. math:: (x - m_s) A + m_t, \qquad A = (C_s + r I)^{-1/2} (C_t + r I)^{1/2},

    and target rows stay. With ``form="kernel"`` both domains are mapped by one matrix, x -> x S^{1/2} with S = (A + A')
    / 2, so that inner products of rows are x S x': the kernel that the method's published figures come from.
    """

    def __init__(self, *, reg=1.0, shrinkage=None, align_means=True, form="features"):
        self.reg = reg
        self.shrinkage = shrinkage
        self.align_means = align_means
        self.form = form

    def _check_params(self):
        check_number("reg", self.reg, low=0)
        check_number("shrinkage", self.shrinkage, low=0, high=1, options=("ledoit-wolf", None))
        check_option("align_means", self.align_means, (True, False))
        check_option("form", self.form, ("features", "kernel"))

    def _fit_maps(self, X, y, domains):
        self._n_features_out = X.shape[1]
        self.maps_, self.shrinkages_ = {}, {}
        if domains.single:
            return
        names = np.where(domains.target, TARGET, "source") if self.form == "kernel" else domains.names
        gaussians, basis = domain_gaussians(X, rows_by_name(names), self.reg, self.shrinkage)
        self.shrinkages_ = {name: gaussian.shrinkage for name, gaussian in gaussians.items()}
        target = gaussians.pop(TARGET)
        if self.form == "features":
            for name, source in gaussians.items():
                matrix, scale = whiten_recolour(source, target), rest_ratio(source, target)
                self.maps_[name] = self._affine(source, target.mean, matrix, basis, scale)
            return
        source = gaussians["source"]
        matrix = whiten_recolour(source, target)
        root, scale = matrix_power((matrix + matrix.T) / 2, 0.5), np.sqrt(rest_ratio(source, target))
        origin = np.zeros(X.shape[1])
        center = LinearMap(origin, origin, root, basis, scale)(target.mean[None])[0]
        for name in (*domains.sources, TARGET):
            self.maps_[name] = self._affine(target if name == TARGET else source, center, root, basis, scale)

    def _affine(self, domain, center, matrix, basis, scale):
        """The domain's mean to ``center``, or a map that leaves the origin where it is."""
        if self.align_means:
            return LinearMap(domain.mean, center, matrix, basis, scale)
        return LinearMap(np.zeros_like(domain.mean), np.zeros_like(center), matrix, basis, scale)

    def _map(self, X, name):
        return self.maps_[name](X) if name in self.maps_ else X.copy()
