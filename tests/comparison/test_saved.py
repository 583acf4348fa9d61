"""What a model that is taken along holds, word by word, and what it does not."""

import io
import zipfile

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from two_tables import mixed_table

import sktl
from sktl.comparison import SavedModel

pytest.importorskip("skops.io", reason="the cli extra (skops) is not installed")
SECRET = 38.123456


@pytest.fixture(scope="module")
def tables():
    source, target = mixed_table(131, 0.0, 0), mixed_table(97, 0.8, 1)
    source.loc[7, "age"] = target.loc[7, "age"] = SECRET  # a value that only two rows have
    return source, target.drop(columns="mood")


@pytest.fixture(scope="module")
def decision(tables):
    return sktl.compare(*tables, "mood", methods="source-only")


@pytest.fixture(scope="module")
def loaded(decision, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.skops"
    decision.model.save(path)
    return path, SavedModel.load(path).record


def test_it_has_the_columns_their_kinds_and_categories(loaded):
    record = loaded[1]
    assert set(record["numeric"]) == {"age", "visits", "member"} and list(record["levels"]) == ["city"]
    assert {"Bonn", "Lyon", "Turin"} <= set(record["levels"]["city"])
    assert record["classes"] == ["grumpy", "happy"] and record["label"] == "mood" and record["units"] == {}


def test_it_has_versions_the_verdict_and_the_threshold(loaded, decision):
    record = loaded[1]
    assert record["versions"]["sktl"] == sktl.__version__
    assert record["versions"]["scikit-learn"] == sklearn.__version__ and "python" in record["versions"]
    assert "\n".join(record["verdict"]) == decision.verdict and record["usable"] is decision.usable
    assert record["threshold"] == decision.choice.threshold.value == 0.5


def test_it_has_sketches_of_both_tables_and_no_row(loaded, tables):
    path, record = loaded
    for sketch, table in zip(record["sketches"], tables, strict=True):
        ages = sketch["numbers"]["age"]
        assert sketch["rows"] == len(table)
        assert_allclose([ages["mean"], ages["deviation"]], [table["age"].mean(), table["age"].std(ddof=0)])
        assert_allclose(ages["quantiles"][3], table["age"].median())
        assert_allclose(ages["missing"], table["age"].isna().mean())
        assert_allclose(sketch["shares"]["city"]["Lyon"], (table["city"] == "Lyon").mean())
    with zipfile.ZipFile(path) as file:
        content = {name: file.read(name) for name in file.namelist()}
    assert b"38.123456" not in b"".join(content.values())
    arrays = [np.load(io.BytesIO(data), allow_pickle=False) for name, data in content.items() if name.endswith(".npy")]
    assert max(array.size for array in arrays) < 20  # coefficients and scales, no table
    assert not any(np.isclose(array, SECRET).any() for array in arrays if array.dtype.kind == "f")
