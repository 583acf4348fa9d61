import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sktl.metrics import adaptation_bound, proxy_a_distance


def make(shift, flip, n=301, m=203, seed=0):
    """y = x_0 > 0 on the source; the target is moved along x_1, and its labels may mean the opposite."""
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + [0, shift]
    return X, X[:, 0] > 0, Y, (Y[:, 0] > 0) != flip


def test_pieces_are_what_they_say():
    X, y, Y, z = make(1.0, False)
    model = LogisticRegression()
    pieces = adaptation_bound(model, X, y, Y, z)
    assert pieces.source_error == pytest.approx(1 - cross_val_score(model, X, y).mean(), abs=0.02)
    assert pieces.divergence == pytest.approx(proxy_a_distance(X, Y, model), abs=0.06)
    assert pieces.target_error == np.mean(model.fit(X, y).predict(Y) != z)
    assert pieces.bound == pytest.approx(pieces.source_error + pieces.divergence / 2 + pieces.joint_error)
    assert pieces.target_error <= pieces.bound


def test_each_piece_tells_its_kind_of_shift():
    none, moved, opposite = (adaptation_bound(LogisticRegression(), *make(*case)) for case in ((0, 0), (2, 0), (0, 1)))
    assert none.divergence < 0.3 < 1.2 < moved.divergence
    assert max(none.joint_error, moved.joint_error) < 0.1
    # labels that mean the opposite: a classifier right on one domain is wrong on the other, errors sum to 1
    assert opposite.joint_error == pytest.approx(1, abs=0.1) and opposite.divergence < 0.3
    assert opposite.target_error > 0.9


def test_the_divergence_does_not_depend_on_the_sizes():
    X, y, _, _ = make(0, False, n=3001)
    _, _, Y, _ = make(1.0, False, m=501, seed=1)
    pieces = adaptation_bound(LogisticRegression(), X, y, Y)
    assert pieces.divergence == pytest.approx(0.7658, abs=0.1)


def test_frames_with_text():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    X, y, Y, z = make(1.0, False)
    source, target = (pandas.DataFrame({"a": Z[:, 0], "b": np.where(Z[:, 1] > 0, "up", "down")}) for Z in (X, Y))
    encode = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    pieces = adaptation_bound(make_pipeline(encode, LogisticRegression()), source, y, target, z)
    signs = [np.column_stack([Z[:, 1] <= 0, Z[:, 1] > 0, Z[:, 0]]) for Z in (X, Y)]
    expected = adaptation_bound(LogisticRegression(), signs[0], y, signs[1], z)
    assert pieces.target_error == expected.target_error
    assert pieces.divergence == pytest.approx(expected.divergence, abs=0.1)


def test_without_target_labels():
    X, y, Y, z = make(1.0, False)
    pieces, full = adaptation_bound(LogisticRegression(), X, y, Y), adaptation_bound(LogisticRegression(), X, y, Y, z)
    assert (pieces.source_error, pieces.divergence) == (full.source_error, full.divergence)
    assert np.isnan([pieces.joint_error, pieces.bound, pieces.target_error]).all()


def test_jobs_change_nothing():
    rows = make(1.0, False)
    assert adaptation_bound(LogisticRegression(), *rows, n_jobs=2) == adaptation_bound(LogisticRegression(), *rows)


def test_order_of_the_rows():
    X, y, Y, z = make(1.0, True)
    base, back = (
        adaptation_bound(LogisticRegression(), *rows) for rows in ((X, y, Y, z), (X[::-1], y[::-1], Y[::-1], z[::-1]))
    )
    assert back == base


def test_errors():
    X, y, Y, z = make(1.0, False)
    with pytest.raises(TypeError, match=r"estimator must be a classifier with fit and predict; got Ridge"):
        adaptation_bound(Ridge(), X, y, Y)
    with pytest.raises(ValueError, match=r"A class has 3 row\(s\) in a domain, fewer than cv=5"):
        adaptation_bound(LogisticRegression(), X, np.arange(301) < 3, Y)
    with pytest.raises(ValueError, match=r"X_target has 4 row\(s\); this measure needs at least 5"):
        adaptation_bound(LogisticRegression(), X, y, Y[:4])
    with pytest.raises(ValueError, match="y_source holds values such as 0, y_target holds values such as '1'"):
        adaptation_bound(LogisticRegression(), X, np.arange(301) % 2, Y, np.array(["1", "0"] * 101 + ["0"]))
