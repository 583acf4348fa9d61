"""Subspace alignment: the source's principal axes turned onto the target's."""

from numbers import Integral

import numpy as np

from sktl._checks import check_number
from sktl._core.moments import LinearMap, principal_axes, rows_by_name
from sktl._core.subspaces import subspace_disagreement
from sktl.base import BaseDomainAligner
from sktl.domains import TARGET

MAX_AUTO = 100  # axes that n_components="auto" looks at
SAME = 0.99  # disagreement taken as complete


class SubspaceAlignment(BaseDomainAligner):
    def __init__(self, n_components="auto"):
        self.n_components = n_components

    def _check_params(self):
        check_number("n_components", self.n_components, Integral, low=1, options=("auto",))

    def _fit_maps(self, X, y, domains):
        members = rows_by_name(domains.names)
        k = self._choose(X, members)
        axes = {name: principal_axes(X, index, k) for name, index in members.items()}
        axes.setdefault(TARGET, axes.get("source"))
        mean, target = axes[TARGET]
        self.maps_ = {}
        for name, (mean, source) in axes.items():
            turned = target if name == TARGET or domains.single else source @ (source.T @ target)
            self.maps_[name] = LinearMap(mean, np.zeros(k), turned)
        self.n_components_ = self._n_features_out = k

    def _choose(self, X, members):
        """The number of components, as given or by the disagreement of the subspaces; an error beyond the bound."""
        sizes = [len(index) for index in members.values()]
        bound = min(*sizes, X.shape[1])
        if self.n_components != "auto":
            if self.n_components > bound:
                raise ValueError(
                    f"n_components={self.n_components} exceeds the number of axes each domain has, "
                    f"min(n_features={X.shape[1]}, rows of the smallest domain={min(sizes)}) = {bound}. Lower it."
                )
            return self.n_components
        bound = min(bound, MAX_AUTO, max(X.shape[1] // 2, 1))
        if len(members) == 1:
            return bound
        every = np.arange(X.shape[0])
        source = np.sort(np.concatenate([index for name, index in members.items() if name != TARGET]))
        first, second, both = (principal_axes(X, index, bound)[1] for index in (source, members[TARGET], every))
        complete = np.flatnonzero(subspace_disagreement(first, second, both) > SAME)
        return int(complete[0]) + 1 if len(complete) else bound

    def _map(self, X, name):
        return self.maps_[name](X)
