import os
import stat

import pytest

from sktl._files import check_writable, replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    path.chmod(0o640)
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old" and beside.parent == tmp_path and beside.suffix == ".csv"
    assert path.read_text() == "new" and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["table.csv"]


def test_a_new_file_has_the_mode_that_open_gives(tmp_path):
    with replacing(tmp_path / "one") as beside:
        beside.write_text("x")
    (tmp_path / "other").write_text("x")
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    with replacing(link) as beside:
        beside.write_text("new")
    assert link.is_symlink() and real.read_text() == "new"
    assert names(tmp_path / "far") == ["real.csv"]


def test_the_suffix_is_that_of_the_name_given(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link.csv") as beside:
        assert beside.suffix == ".csv"
        beside.write_text("new")
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    check_writable(link)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with replacing(link) as lent:
            lent.write_text("new")
        assert os.read(reader, 9) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode) and link.is_symlink()
    assert names(tmp_path) == ["link.csv", "pipe"]


def test_a_file_prepared_by_another_is_not_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr("sktl._files.token_hex", lambda n: "guessed")
    (tmp_path / ".guessed.csv").symlink_to(tmp_path / "precious")
    with pytest.raises(FileExistsError, match="File exists"), replacing(tmp_path / "table.csv"):
        pass
    assert not (tmp_path / "precious").exists()


def test_a_failure_leaves_nothing_and_names_the_file(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    with pytest.raises(ZeroDivisionError), replacing(path) as beside:
        beside.write_text("half")
        1 / 0  # noqa: B018
    assert names(tmp_path) == []

    def full(*args):
        raise OSError(28, "No space left on device", str(args[0]))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/table.csv'"), replacing(path):
        pass
    assert names(tmp_path) == []


def test_a_place_is_tried_without_a_trace(tmp_path):
    check_writable(tmp_path / "table.csv")
    assert names(tmp_path) == []
    with pytest.raises(OSError, match="File name too long"):
        check_writable(tmp_path / (300 * "x"))
