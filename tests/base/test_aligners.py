"""Maps of each domain's own."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import OneToOneFeatureMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from wrapped_models import routing_on

from sktl import OnLabeled
from sktl.base import (
    BaseDomainAligner,
)

# --- maps of each domain's own ---


class Centre(OneToOneFeatureMixin, BaseDomainAligner):
    """Each domain's own mean is taken away: the least that an aligner can do."""

    def _check_params(self):
        pass

    def _fit_maps(self, X, y, domains):
        self.means_ = {name: X[domains.names == name].mean(axis=0) for name in set(domains.names.tolist())}
        if domains.single:
            self.means_["target"] = self.means_["source"]
        self._n_features_out = X.shape[1]

    def _map(self, X, name):
        return X - self.means_[name]


ROWS = np.array([[0.0], [2.0], [10.0], [14.0], [100.0], [101.0]])
NAMES = np.array(["a", "a", "b", "b", "target", "target"])


def test_an_aligner_maps_each_domain_by_its_own_map_in_the_caller_s_order():
    order = [4, 0, 2, 5, 1, 3]
    aligner = Centre()
    mapped = aligner.fit_transform(ROWS[order], sample_domain=NAMES[order])
    assert_array_equal(mapped, np.array([[-1], [1], [-2], [2], [-0.5], [0.5]])[order])
    assert_array_equal(aligner.transform(ROWS), ROWS - 100.5)  # new rows are target rows
    assert_array_equal(aligner.transform(ROWS, sample_domain=np.full(6, "b")), ROWS - 12)
    assert_array_equal(aligner.transform(ROWS, NAMES)[:, 0], [-1, 1, -2, 2, -0.5, 0.5])


def test_an_aligner_reads_the_domains_of_new_rows_in_every_form():
    y = [0, 1, 0, 1, None, None]
    aligner = Centre().fit(ROWS, y)
    expected = aligner.fit_transform(ROWS, y)
    for form in ([False] * 4 + [True] * 2, ["source"] * 4 + ["target"] * 2):
        assert_array_equal(aligner.transform(ROWS, sample_domain=form), expected)
    numbered = Centre().fit(ROWS, sample_domain=[3, 3, 3, 3, -1, -2])
    assert_array_equal(numbered.transform(ROWS, sample_domain=[3, 3, 3, 3, -9, -1]), expected)
    assert_array_equal(numbered.transform(ROWS, sample_domain=[False] * 4 + [True] * 2), expected)  # one source: clear
    unnamed = Centre().fit(ROWS, y, sample_domain=["lab"] * 4 + ["field"] * 2)  # told by missing labels
    assert_array_equal(unnamed.transform(ROWS, sample_domain=["lab"] * 4 + ["field", "target"]), expected)


def test_an_aligner_knows_the_domains_it_has_seen():
    aligner = Centre().fit(ROWS, sample_domain=NAMES)
    with pytest.raises(ValueError, match=r"names the domains \['c'\], which fit has not seen: .*\['a', 'b'\]"):
        aligner.transform(ROWS, sample_domain=["c"] * 6)
    with pytest.raises(ValueError, match=r"\['source'\], which fit has not seen"):
        aligner.transform(ROWS, sample_domain=[False] * 6)  # which of the two?
    with pytest.raises(ValueError, match=r"one value per row, shape \(6,\)"):
        aligner.transform(ROWS, sample_domain=["a"])


def test_an_aligner_asks_for_the_domains_of_the_rows_it_transforms():
    y, target = np.array([0, 0, 1, 1, np.nan, np.nan]), np.array([False] * 4 + [True] * 2)
    with routing_on():
        pipe = make_pipeline(Centre(), OnLabeled(LogisticRegression())).fit(ROWS, y, sample_domain=target)
        assert_array_equal(pipe[:1].transform(ROWS, sample_domain=target), Centre().fit_transform(ROWS, y))
