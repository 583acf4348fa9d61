"""Weights that know when they do not know: every ratio weighter, far from its target and near it."""

import warnings

import numpy as np
import pytest
from discovery import estimator_classes
from numpy.testing import assert_allclose

from sktl.base import BaseRatioWeighter
from sktl.exceptions import LowEffectiveSampleSizeWarning

WEIGHTERS = {name: cls for name, cls in estimator_classes().items() if issubclass(cls, BaseRatioWeighter)}


def ladder(shift, n=300):
    """N(0, I_2) and N((shift, 0), I_2), the labels of the target missing."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) + [shift, 0]])
    return X, np.repeat([0.0, np.nan], n)


@pytest.mark.parametrize("shift", [5, 8, 20, 100])
@pytest.mark.parametrize("name", WEIGHTERS)
def test_rows_are_worth_next_to_nothing_far_from_the_target(name, shift):
    X, y = ladder(shift)
    try:
        with pytest.warns(
            LowEffectiveSampleSizeWarning, match=r"covers about \d % of the target \(overlap_\)"
        ) as caught:
            fitted = WEIGHTERS[name]().fit(X, y)
    except ValueError as error:  # a ratio of 0 at all rows
        assert "the domains do not overlap" in str(error)
        return
    assert caught[0].filename == __file__
    assert fitted.effective_sample_size_ <= 5 and fitted.overlap_ < 0.1


@pytest.mark.parametrize("name", WEIGHTERS)
def test_nothing_is_said_where_the_source_covers_the_target(name):
    for shift, least in ((0, 0.95), (1, 0.9)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted = WEIGHTERS[name]().fit(*ladder(shift))
        assert least <= fitted.overlap_ <= 1
        weights = fitted.weights_[:300]
        assert fitted.effective_sample_size_ == pytest.approx(weights.sum() ** 2 / (weights @ weights))


@pytest.mark.parametrize("name", sorted(set(WEIGHTERS) - {"GaussianWeighter"}))  # a level's law is not a normal one
def test_a_level_gets_the_ratio_of_its_shares(name):
    """P(level) .15 > .85: the weights are .85 / .15 = 5.67 and .15 / .85 = .18; RULSIF's are those of the mixture."""
    level = np.r_[np.arange(400) < 60, np.arange(400) < 340].astype(float)
    X, y = np.column_stack([level, 1 - level]), np.repeat([0.0, np.nan], 400)
    weighter = WEIGHTERS[name]()
    weights = weighter.fit(X, y).weights_[:400]
    expected = np.array([0.85 / 0.15, 0.15 / 0.85])
    alpha = getattr(weighter, "alpha", 0.0)
    expected = expected / (alpha * expected + 1 - alpha)
    expected = expected / (expected @ [0.15, 0.85])
    assert_allclose([weights[:60].mean(), weights[60:].mean()], expected, rtol=0.5 if name == "KLIEP" else 0.2)


@pytest.mark.parametrize("name", [name for name, cls in WEIGHTERS.items() if hasattr(cls(), "clip")])
def test_clip_bounds_the_weights_and_keeps_their_mean(name):
    X, y = ladder(2)
    weights = WEIGHTERS[name](clip=2).fit(X, y).weights_[:300]
    assert weights.max() <= 2 * (1 + 1e-9) and weights.mean() == pytest.approx(1)
