import numpy as np
import pytest

from sktl.metrics import label_shift_distance


def test_total_variation_by_hand():
    y = ["a"] * 5 + ["b"] * 3 + ["c"] * 2
    assert label_shift_distance(y, y[::-1]) == 0
    assert label_shift_distance(y, ["a"] * 2 + ["b"] * 6 + ["c"] * 2) == pytest.approx(0.3)
    assert label_shift_distance(y, ["a", "d"]) == pytest.approx((0 + 0.3 + 0.2 + 0.5) / 2)  # a class never seen
    assert label_shift_distance(y, ["x", "z"]) == 1
    assert label_shift_distance(y, prior_target=[0.2, 0.6, 0.2]) == pytest.approx(0.3)
    assert label_shift_distance(y, prior_target={"a": 0.5, "d": 0.5}) == pytest.approx(0.5)
    assert label_shift_distance([1, 1, 2, 2], [2.0, 2.0, 2.0, 1.0]) == pytest.approx(0.25)  # 2.0 is 2


def test_shares_from_exact_posteriors():
    # p(x | c) = N(3 c, 1): the posterior under the source's shares is known
    rng = np.random.default_rng(0)
    y = rng.random(3001) < 0.3
    z = rng.random(4001) < 0.8
    x = rng.normal(3.0 * z)
    odds = np.exp(3 * x - 4.5) * y.mean() / (1 - y.mean())
    proba = np.column_stack([1 / (1 + odds), odds / (1 + odds)])
    assert label_shift_distance(y, proba_target=proba) == pytest.approx(abs(z.mean() - y.mean()), abs=0.01)
    assert label_shift_distance(y, z) == pytest.approx(abs(z.mean() - y.mean()))
    blind = np.tile([1 - y.mean(), y.mean()], (99, 1))
    assert label_shift_distance(y, proba_target=blind) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "kwargs, match",
    [
        ({}, "exactly one of y_target, prior_target and proba_target; got none"),
        ({"y_target": [1], "prior_target": [1.0, 0]}, r"got \['y_target', 'prior_target'\]"),
        ({"prior_target": [0.5, 0.6]}, r"prior_target must hold shares >= 0 that sum to 1; got \[0.5, 0.6\]"),
        ({"prior_target": [1.0]}, r"one share for each of the 2 classes \[0, 1\]; got the shape \(1,\)"),
        ({"proba_target": [[0.5, 0.5, 0]]}, r"one column for each of the 2 classes .* the shape \(1, 3\)"),
        ({"proba_target": [[0.5, 0.6]]}, "rows of values >= 0 that sum to 1"),
        ({"y_target": [1.0, np.nan]}, "y_target lacks 1 of 2 labels"),
        (
            {"y_target": ["0", "1"]},
            "y_source holds values such as 0, y_target holds values such as '0'. Convert one of them",
        ),
        ({"y_target": [0.5, 0.7]}, "y_target must hold classes; got continuous values, such as .*0.5"),
    ],
)
def test_errors(kwargs, match):
    with pytest.raises(ValueError, match=match):
        label_shift_distance([0, 1, 1], **kwargs)
