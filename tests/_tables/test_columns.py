import datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl._tables.columns import encode, encode_table, expand_dates, read_columns

pd = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
N = 24
DAYS = [datetime.date(2024, 1 + j // 12, 1 + j) for j in range(N)]
TARGET = np.arange(N) % 2 == 1
TEXTS = [day.strftime("%d.%m.%Y") for day in DAYS]


def containers():
    zone = pd.Series(pd.to_datetime(TEXTS, dayfirst=True)).dt.tz_localize("Asia/Tokyo")
    yield "array of texts", np.array([[text, "x"] for text in TEXTS], dtype=object)
    yield "array of days", np.array([[day, "x"] for day in DAYS], dtype=object)
    yield "times", np.array(DAYS, dtype="datetime64[D]")[:, None]
    yield "frame of texts", pd.DataFrame({"x0": TEXTS}, index=range(N, 0, -1))
    yield "frame with a zone", pd.DataFrame({"x0": zone})
    yield "frame of days", pd.DataFrame({"x0": DAYS})


@pytest.mark.parametrize("X", [X for _, X in containers()], ids=[name for name, _ in containers()])
def test_dates_of_all_containers_become_the_same_parts(X):
    expanded, times = expand_dates(X)
    assert times == ["x0 (month)", "x0 (weekday)", "x0 (days)"]  # neither year nor hour varies
    values = np.asarray(expanded)[:, :3].astype(float)
    assert_array_equal(values[:, 0], [day.month for day in DAYS])
    assert_array_equal(values[:, 1], [day.isoweekday() for day in DAYS])
    assert_array_equal(values[:, 2], [(day - datetime.date(2000, 1, 1)).days for day in DAYS])


def test_polars_frames():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    expanded, times = expand_dates(pl.DataFrame({"a": [1.0] * N, "when": DAYS}))
    assert expanded.columns == ["a", *times] and len(times) == 3
    assert read_columns(expanded, TARGET, times)[0][1].is_time


def test_what_holds_no_dates_is_the_same_object():
    for X in (np.ones((4, 2)), np.array([["a", 1]], dtype=object), pd.DataFrame({"a": ["2024-01-01", "no"]})):
        assert expand_dates(X) == (X, []) if hasattr(X, "columns") is None else expand_dates(X)[0] is X


def test_encoded_rows_by_hand():
    X = pd.DataFrame({"kind": ["a", "b", None] * 8, "size": [1.0, np.nan, 3.0] * 8, "one": 1})
    encoded, owners = encode(read_columns(X, TARGET)[0])
    assert owners.tolist() == [0, 0, 0, 1, 2]
    assert_array_equal(encoded[:3, :3], [[0, 1, 0], [0, 0, 1], [1, 0, 0]])  # "(missing)", "a", "b"
    assert_allclose(encoded[:3, 3], [-np.sqrt(1.5), 0, np.sqrt(1.5)])  # the gap is the median, 2
    assert_array_equal(encoded[:, 4], 0)
    assert_array_equal(encode_table(X, TARGET), encoded)
