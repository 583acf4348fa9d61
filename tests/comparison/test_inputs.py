import numpy as np
import pytest
from two_tables import pd

from sktl.comparison._inputs import as_tables
from sktl.exceptions import InputError

X, Y = np.arange(24.0).reshape(12, 2), np.repeat([3, 5], 6)


def test_arrays_frames_and_files_say_the_same(tmp_path):
    frame = pd.DataFrame(X, columns=["x0", "x1"])
    frame.assign(y=Y).to_csv(tmp_path / "source.csv", index=False)
    ways = [
        as_tables((X, Y), X),
        as_tables((frame, pd.Series(Y, name="y")), frame),
        as_tables(frame.assign(y=Y), frame, "y"),
        as_tables(str(tmp_path / "source.csv"), frame, "y"),
    ]
    for source, target, label in ways:
        assert label == "y" and list(source) == ["x0", "x1", "y"] and list(target) == ["x0", "x1"]
        assert (source.to_numpy(dtype=float) == np.column_stack([X, Y])).all()


def test_missing_labels_stay_missing_and_whole_numbers_whole():
    _, target, _ = as_tables((X, Y), (X, [None, *Y[1:]]))
    assert target["y"].isna().tolist() == [True] + [False] * 11
    assert target["y"].dropna().tolist() == Y[1:].tolist()
    _, target, _ = as_tables((X, Y), (X, np.where(np.arange(12) > 3, Y, np.nan)))
    assert target["y"].isna().sum() == 4


def test_a_polars_frame_is_a_frame():
    polars = pytest.importorskip("polars", reason="the test extra (polars) is not installed")
    pytest.importorskip("pyarrow", reason="polars hands frames over by it")
    rows = polars.DataFrame({"a": X[:, 0], "y": Y})
    source, _, _ = as_tables(rows, rows, "y")
    assert isinstance(source, pd.DataFrame) and list(source) == ["a", "y"]


def test_the_callers_frame_stays_as_it_was():
    frame = pd.DataFrame(X, columns=[0, 1], index=np.arange(12) + 7)
    as_tables((frame, Y), frame)
    assert list(frame) == [0, 1] and frame.index[0] == 7


@pytest.mark.parametrize(
    ("source", "target", "label", "words"),
    [
        (pd.DataFrame(X), X, None, r"compare needs label=, the name of the column to predict, or source=\(X, y\)"),
        ((X, Y[:3]), X, None, "SOURCE needs one label per row; got 12 rows and 3 labels"),
        ((X, Y), X[0], None, r"TARGET must be a frame, a path, a 2-D array or \(X, y\); got ndarray"),
        ((pd.DataFrame(X, columns=["y", "b"]), Y), X, None, "SOURCE has a column 'y' beside its labels"),
        ((X, Y), X[:3], None, "TARGET has 3 rows; a comparison needs at least 10"),
    ],
)
def test_what_is_no_table_is_refused(source, target, label, words):
    with pytest.raises(InputError, match=words):
        as_tables(source, target, label)
