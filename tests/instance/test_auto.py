import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl.datasets import make_covariate_shift
from sktl.exceptions import SingleDomainWarning
from sktl.instance import KLIEP, KMM, AutoWeighter, DiscriminatorWeighter, GaussianWeighter
from sktl.instance._auto import least_squares_losses


def test_the_risk_is_least_at_the_true_ratio_whatever_its_scale():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=4001), rng.normal(0.7, size=3001)
    slopes = np.array([0.0, 0.35, 0.7, 1.4])[:, None]
    ratios = [np.exp(slopes * x) for x in (source, target)]  # at 0.7 the true one, but for its scale
    risks = sum(loss.mean(axis=1) for loss in least_squares_losses(*ratios))
    assert risks.argmin() == 2
    assert risks[0] == pytest.approx(-0.5) and risks[2] == pytest.approx(-0.5 * np.exp(0.49), rel=0.1)
    scaled = least_squares_losses(100 * ratios[0], 100 * ratios[1])
    assert_allclose(sum(loss.mean(axis=1) for loss in scaled), risks)


def test_it_is_the_weighter_that_it_takes():
    data = make_covariate_shift(301, 201, scale=0.6, random_state=0)
    fitted = AutoWeighter([KLIEP(gamma=1e-3), GaussianWeighter()]).fit(data.X, data.y)
    assert isinstance(fitted.weighter_, GaussianWeighter)  # the other one is so wide that it sees nothing
    assert_array_equal(fitted.weights_, GaussianWeighter().fit(data.X, data.y).weights_)
    assert_array_equal(fitted.predict_weights(data.X[:5]), fitted.weighter_._ratio(data.X[:5]))
    assert fitted.risks_.shape == (2,) and fitted.risks_[1] < fitted.risks_[0] - 0.05


def test_ties_and_tiny_tables_fall_to_the_first():
    data = make_covariate_shift(101, 61, shift=0.0, random_state=0)
    assert isinstance(AutoWeighter([KLIEP(), KMM()]).fit(data.X, data.y).weighter_, KLIEP)  # no shift, nothing to tell
    small = AutoWeighter().fit([[0.0], [1.0], [2.0], [1.5]], [0, 1, 0, None])
    assert isinstance(small.weighter_, DiscriminatorWeighter) and np.isnan(small.risks_).all()
    with pytest.warns(SingleDomainWarning):
        assert AutoWeighter().fit(data.X, np.zeros(162)).weighter_ is None


@pytest.mark.parametrize("weighters", [[], ["KMM"], [KMM]])
def test_errors(weighters):
    with pytest.raises(TypeError, match="weighters must be a list of weighters with predict_weights"):
        AutoWeighter(weighters).fit([[0.0], [1.0]], [0, None])
