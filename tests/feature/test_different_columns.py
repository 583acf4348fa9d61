"""Domains with different columns: stacked by name, then shared columns alone, or all of them with gaps."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled, split_domains, stack_domains
from sktl.feature import SharedColumns, UnionColumns

LIBRARIES = pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
NAN = np.nan


def frames(library):
    """Two sources and a target that share one column; integers among them, and the shared one in other places."""
    old = library.DataFrame({"age": [30, 50], "income": [2.0, 3.0]})
    lab = library.DataFrame({"blood": [1.5], "age": [41]})
    new = library.DataFrame({"clicks": [7, 1], "age": [20, None]})
    return {"old": (old, [0, 1]), "lab": (lab, [1])}, new


@LIBRARIES
def test_frames_of_different_columns_are_stacked_by_name(library):
    sources, new = frames(library)
    X, y, domain = stack_domains(sources, new, columns="union")
    assert list(X.columns) == ["age", "income", "blood", "clicks"]
    expected = [[30, 2, NAN, NAN], [50, 3, NAN, NAN], [41, NAN, 1.5, NAN], [20, NAN, NAN, 7], [NAN, NAN, NAN, 1]]
    assert_array_equal(X.to_numpy().astype(float), expected)
    assert domain.tolist() == ["old", "old", "lab", "target", "target"]
    back, _ = split_domains(X, y, domain)
    assert_array_equal(back["lab"][0]["blood"].to_numpy(), [1.5])


@LIBRARIES
def test_a_misspelt_name_is_noticed(library):
    sources, new = frames(library)
    with pytest.raises(ValueError, match=r"not in all of them: \['blood', 'clicks', 'income'\].*columns='union'"):
        stack_domains(sources, new)
    same = stack_domains((new, [0, 1]), new, columns="union")[0]
    assert list(same.columns) == ["clicks", "age"]
    text = library.DataFrame({"age": ["old", "young"], "clicks": [1, 2]})
    with pytest.raises(TypeError, match="Column 'age' holds numbers in one domain and text in another"):
        stack_domains(sources, text, columns="union")


def test_a_union_needs_names():
    with pytest.raises(TypeError, match="by their names, which ndarray has not"):
        stack_domains((np.zeros((2, 2)), [0, 1]), np.zeros((2, 3)), columns="union")
    with pytest.raises(ValueError, match="columns must be one of 'same', 'union'"):
        stack_domains((np.zeros((2, 2)), [0, 1]), np.zeros((2, 2)), columns="all")


def test_shared_columns_are_those_with_values_in_every_domain():
    X, y, domain = stack_domains(*frames(pd), columns="union")
    fitted = SharedColumns().fit(X, y, domain)
    assert_array_equal(fitted.transform(X)[:, 0], [30, 50, 41, 20, NAN])
    assert fitted.get_feature_names_out().tolist() == ["age"]
    assert SharedColumns().fit(X[:2], [0, None], ["old", "target"]).columns_.tolist() == [0, 1]
    with pytest.raises(ValueError, match="'old' has values in 2, 'target' has values in 1. Use UnionColumns"):
        SharedColumns().fit(X.iloc[[0, 1, 4]], [0, 1, None], ["old", "old", "target"])


def test_the_union_keeps_gaps_or_fills_them_with_means():
    X, y, domain = stack_domains(*frames(pd), columns="union")
    X["nothing"] = NAN
    fitted = UnionColumns().fit(X, y, domain)
    assert fitted.get_feature_names_out().tolist() == ["age", "income", "blood"]  # no clicks beside a label
    assert_array_equal(fitted.transform(X), X.to_numpy()[:, :3])
    assert UnionColumns().fit(X, [0, 1, 1, 0, None], domain).columns_.tolist() == [0, 1, 2, 3]
    filled = UnionColumns("mean").fit(X, y, domain).transform(X)
    assert_array_equal(filled[:, 0], [30, 50, 41, 20, (30 + 50 + 41 + 20) / 4])
    assert_array_equal(filled[:, 2], np.full(5, 1.5))
    pipe = make_pipeline(UnionColumns("mean"), OnLabeled(LogisticRegression())).fit(X, y)
    assert np.isfinite(pipe.predict_proba(X)).all()
    with pytest.raises(ValueError, match="All values of the 2 columns are missing in labelled rows"):
        UnionColumns().fit(np.full((3, 2), NAN), [0, 1, None])


@pytest.mark.parametrize("transformer", [SharedColumns(), UnionColumns()], ids=repr)
def test_names_out_are_checked(transformer):
    fitted = transformer.fit([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1, None])
    assert fitted.get_feature_names_out(["a", "b"]).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="should have length equal"):
        fitted.get_feature_names_out(["a"])
