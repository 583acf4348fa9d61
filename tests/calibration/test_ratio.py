"""What new rows weigh where the source has none like them."""

from types import SimpleNamespace

import numpy as np
import pytest

from sktl._core.overlap import domain_overlap
from sktl.base import overlap_of
from sktl.calibration._ratio import fit_ratio
from sktl.domains import read_domains
from sktl.instance import GaussianWeighter

# the weighter says so, too: the domains lie apart on purpose
pytestmark = pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")


@pytest.fixture(scope="module")
def apart():
    """401 source rows and 201 target rows, four deviations apart."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(401, 2)), rng.normal(size=(201, 2)) + [4, 0]])
    y = np.r_[X[:401, 0], np.full(201, np.nan)]
    return SimpleNamespace(numbers=X, y=y, domains=read_domains(X, y))


def test_as_many_rows_as_the_source_lacks_are_unknown(apart):
    ratio = fit_ratio("covariate", GaussianWeighter(), None, apart, [])
    X_target = apart.numbers[401:]
    missing = domain_overlap(apart.numbers[:401], X_target).missing
    assert 0.2 < missing < 0.95
    unknown = np.isinf(ratio.of_new_rows(X_target))
    assert unknown.mean() == pytest.approx(missing, abs=2 / 201)
    # they are those of the largest ratio, which calibration rows keep as it is
    assert ratio.of_rows(X_target)[unknown].min() > ratio.of_rows(X_target)[~unknown].max()
    assert np.isfinite(ratio.of_rows(X_target)).all()


def test_the_overlap_is_looked_for_once(apart):
    ratio = fit_ratio("covariate", GaussianWeighter(), None, apart, [])
    assert ratio.overlap is overlap_of(ratio.weighter)  # the very one that the weighter found
    assert ratio.overlap == domain_overlap(apart.numbers[:401], apart.numbers[401:])


def test_labels_of_the_target_cover_what_the_source_lacks(apart):
    y = apart.y.copy()
    y[401:421] = 0.0
    domains = read_domains(apart.numbers, y, np.arange(602) >= 401)
    table = SimpleNamespace(numbers=apart.numbers, y=y, domains=domains)
    ratio = fit_ratio("covariate", GaussianWeighter(), None, table, [])
    assert np.isfinite(ratio.of_new_rows(apart.numbers[401:])).all()
