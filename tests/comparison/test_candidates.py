import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl.comparison import METHODS, METRICS, Comparison, _candidates


def test_even_weights_make_the_tables_weigh_the_same():
    target = np.repeat([False, True], [30, 7])
    weights = _candidates.even_weights(np.zeros(37), target)
    assert_allclose(weights[target].sum(), weights[~target].sum())
    assert_array_equal(weights[~target], 1)


def test_even_classes_weigh_as_much_as_the_rows_that_they_are_worth():
    y = np.concatenate([np.zeros(45), np.ones(5), np.full(7, np.nan)])
    setting = _candidates.Setting("classification", None, 0, metric=METRICS["balanced_accuracy"])
    weights = _candidates.class_params(y, None, setting)["sample_weight"]
    assert_allclose(weights[y == 1].sum(), weights[y == 0].sum())
    # 4 n0 n1 / n: 5 rows of one class count twice, with as many of the other
    assert_allclose(weights[~np.isnan(y)].sum(), 4 * 45 * 5 / 50)
    assert _candidates.class_params(y, None, _candidates.Setting("classification", None, 0)) == {}


@pytest.mark.parametrize("name", ["corrected", "recalibrated", "offset"])
def test_corrections_start_from_the_source_s_models_and_see_target_rows_alone(tables, name):
    source, target = tables
    few = target.assign(mood=target["mood"].where(np.arange(97) < 31))
    protocol = Comparison.from_tables(source, few, "mood").protocol
    model = protocol.fit_final(METHODS[name])
    assert [start for start, _ in model.sources_] == (
        ["source-only", "source-trees"] if name == "corrected" else ["source"]
    )
    first = protocol.start["source-only"]
    assert dict(model.sources_).get("source-only", model.sources_[0][1]) is first  # fitted once for all folds
    assert set(model.mode_weights_) == (
        {"source", "shift", "affine", "offset", "stack", "target"}
        if name == "corrected"
        else {"affine" if name == "recalibrated" else "shift"}
    )
