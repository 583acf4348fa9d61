"""An aligner so plain that what it does can be counted by hand."""

import pytest
from sklearn.base import OneToOneFeatureMixin

from sktl.base import BaseDomainAligner


class Centre(OneToOneFeatureMixin, BaseDomainAligner):
    """Takes each domain's own mean away."""

    def _check_params(self):
        pass

    def _fit_maps(self, X, y, domains):
        self.means_ = {name: X[domains.names == name].mean(axis=0) for name in set(domains.names.tolist())}
        if domains.single:
            self.means_["target"] = self.means_["source"]
        self._n_features_out = X.shape[1]

    def _map(self, X, name):
        return X - self.means_[name]


@pytest.fixture(scope="session")
def centre():
    """The class."""
    return Centre
