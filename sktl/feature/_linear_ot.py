"""The optimal transport map between the normal distributions of two domains, applied to any rows."""

from sklearn.base import OneToOneFeatureMixin

from sktl._checks import check_number
from sktl._core.moments import LinearMap, domain_gaussians, monge, rest_ratio, rows_by_name
from sktl.base import BaseDomainAligner
from sktl.domains import TARGET


class LinearOT(OneToOneFeatureMixin, BaseDomainAligner):
    def __init__(self, *, reg=1e-6, shrinkage=None):
        self.reg = reg
        self.shrinkage = shrinkage

    def _check_params(self):
        check_number("reg", self.reg, low=0)
        check_number("shrinkage", self.shrinkage, low=0, high=1, options=("ledoit-wolf", None))

    def _fit_maps(self, X, y, domains):
        self._n_features_out = X.shape[1]
        self.maps_, self.shrinkages_ = {}, {}
        if domains.single:
            return
        gaussians, basis = domain_gaussians(X, rows_by_name(domains.names), self.reg, self.shrinkage)
        self.shrinkages_ = {name: gaussian.shrinkage for name, gaussian in gaussians.items()}
        target = gaussians.pop(TARGET)
        for name, source in gaussians.items():
            matrix, scale = monge(source, target), rest_ratio(source, target)
            self.maps_[name] = LinearMap(source.mean, target.mean, matrix, basis, scale)

    def _map(self, X, name):
        return self.maps_[name](X) if name in self.maps_ else X.copy()
