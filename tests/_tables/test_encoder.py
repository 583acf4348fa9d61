import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import TargetEncoder

from sktl._tables.encoder import N_TOPICS, Columns, LabeledTargetEncoder, table_encoder

pd = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
N = 61


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=N), "code": rng.choice(list("uvwxyz"), N)})
    frame["said"] = [" ".join(rng.choice(["good", "bad", "slow", "cheap", "broken"], 3)) for _ in range(N)]
    frame.loc[3, ["a", "code", "said"]] = None
    y = rng.normal(size=N) + (frame["code"] == "u")
    y[rng.random(N) < 0.3] = np.nan
    return frame, y.to_numpy()


def test_means_are_scikit_learns_on_labelled_rows(rows):
    X, y = rows[0][["code"]].fillna("none"), rows[1]
    known = ~np.isnan(y)
    ours = table_encoder(Columns([], {"code": []}, ["code"]), task="regression").transformers[0][1][1]
    assert isinstance(ours, LabeledTargetEncoder)
    plain = TargetEncoder(**ours.get_params())
    encoded = ours.fit_transform(X, y)
    assert_array_equal(encoded[known], plain.fit_transform(X[known], y[known]))
    assert_array_equal(encoded[~known], plain.transform(X[~known]))
    assert_array_equal(ours.fit(X, y).transform(X), plain.transform(X))


def test_parts_and_new_rows(rows):
    X, y = rows
    columns = Columns(["a"], {"code": ["u", "v"]}, ["code"], ["said"])
    assert columns.names == ["a", "code", "said"] and columns.width == 1 + 1 + N_TOPICS
    encoder = table_encoder(columns, task="regression")
    encoded = encoder.fit_transform(X, y)
    assert encoded.shape == (N, columns.width) and np.isfinite(encoded).all()
    new = pd.DataFrame({"a": [np.nan], "code": ["never seen"], "said": [None]})
    means, deviations = encoder.named_transformers_["many"][-1].mean_, encoder.named_transformers_["many"][-1].scale_
    found = encoder.transform(new)[0]
    assert found[1] == pytest.approx((np.nanmean(y) - means[0]) / deviations[0])  # a new level: the mean of all
    assert_allclose(found[2:], 0, atol=1e-12)  # no words
    unlabelled = table_encoder(columns).fit_transform(X)
    assert unlabelled.shape == (N, 1 + 2 + N_TOPICS)


def test_texts_of_the_same_words_are_near(rows):
    X, _ = rows
    encoder = table_encoder(Columns([], {}, [], ["said"])).fit(X)
    one, same, other = encoder.transform(pd.DataFrame({"said": ["slow bad", "Bad, slow!", "cheap good"]}))
    assert_allclose(one, same, atol=1e-12)
    assert np.linalg.norm(one - other) > 1


def test_classes_get_a_column_each(rows):
    X, y = rows
    codes = np.where(np.isnan(y), np.nan, np.arange(N) % 3)
    encoded = table_encoder(Columns([], {"code": []}, ["code"]), task="classification").fit_transform(X, codes)
    assert encoded.shape == (N, 3)
