import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktl.datasets import load_npz


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Three folders: one to pass, one in SKTL_DATA, one at home; a file in each says which it is."""
    for folder in ("passed", "env", "home/sktl_data"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setenv("SKTL_DATA", str(tmp_path / "env"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return {"passed": tmp_path / "passed", "env": tmp_path / "env", "home": tmp_path / "home" / "sktl_data"}


def write(folder, name="tiny.npz", **arrays):
    np.savez(folder / name, X=np.eye(3), meta=f'{{"source": "{folder.name}"}}', **arrays)


def test_folders_are_searched_in_order(folders):
    write(folders["home"])
    assert load_npz("tiny").meta == {"source": "sktl_data"}
    write(folders["env"])
    assert load_npz("tiny.npz", folders["passed"]).meta == {"source": "env"}
    write(folders["passed"])
    assert load_npz("tiny", str(folders["passed"])).meta == {"source": "passed"}


def test_arrays_come_back_and_meta_may_be_absent(folders):
    np.savez(folders["env"] / "plain.npz", y=np.arange(5), names=np.array(["a", "b"]))
    data = load_npz("plain")
    assert_array_equal(data.y, np.arange(5))
    assert_array_equal(data.names, ["a", "b"])
    assert data.meta == {}


def test_a_missing_file_says_where_it_was_looked_for(folders):
    with pytest.raises(FileNotFoundError, match="No file adult.npz in .*passed, .*env, .*sktl_data.*SKTL_DATA"):
        load_npz("adult", folders["passed"])


def test_a_name_holds_no_folder(folders):
    with pytest.raises(ValueError, match="without a folder; got 'sub/tiny.npz'"):
        load_npz("sub/tiny")


def test_nothing_is_unpickled(folders):
    np.savez(folders["env"] / "bad.npz", X=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_npz("bad")


def test_broken_and_renamed_files_say_so(folders):
    write(folders["env"], "whole.npz")
    whole = (folders["env"] / "whole.npz").read_bytes()
    (folders["env"] / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (folders["env"] / "text.npz").write_text("a,b\n1,2\n")
    (folders["env"] / "empty.npz").write_bytes(b"")
    np.save(folders["env"] / "one.npy", np.eye(2))
    (folders["env"] / "one.npy").rename(folders["env"] / "one.npz")
    np.savez(folders["env"] / "meta.npz", X=np.eye(2), meta="{no json")
    for name in ("cut", "text", "empty", "one", "meta"):
        with pytest.raises(ValueError, match=f"{name}.npz is not a file of plain arrays as numpy.savez writes them"):
            load_npz(name)
    with pytest.raises(TypeError, match="name must be the name of a file; got None"):
        load_npz(None)


def test_the_projects_own_data(real_data):
    data = real_data("heart_disease_4sites")
    assert data.X.shape == (920, 13)
    assert "UCI" in data.meta["licence"]
