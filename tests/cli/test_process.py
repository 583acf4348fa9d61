import os
import subprocess
import sys

import pytest
from two_tables import FAST, refused

import sktl.cli
from sktl.cli import main
from sktl.comparison import METHODS


def test_interruption(run, tables, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(sktl.cli, "read_table", interrupt)
    assert run(*tables, "--label", "mood") == (130, "", "sktl: interrupted\n")


def in_process(*args):
    result = subprocess.run([sys.executable, "-m", "sktl", *args], capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout, result.stderr


def test_module_runs_as_a_process(tmp_path, tables):
    assert in_process("--version") == (0, f"sktl {sktl.__version__}\n", "")
    for path, table in zip((tmp_path / "s.csv", tmp_path / "t.csv"), tables, strict=True):
        table.to_csv(path, index=False)
    status, out, err = in_process("compare", str(tmp_path / "s.csv"), str(tmp_path / "t.csv"), "--label", "mood", *FAST)
    assert (status, err) == (0, "")
    assert "choice: source-only" in out
    refused(in_process("fly"), "argument COMMAND: invalid choice: 'fly'")


def test_a_reader_that_leaves_ends_the_process_quietly(tmp_path, tables):
    for path, table in zip((tmp_path / "s.csv", tmp_path / "t.csv"), tables, strict=True):
        table.to_csv(path, index=False)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "sktl", "report", str(tmp_path / "s.csv"), str(tmp_path / "t.csv")]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(write)
    assert (result.returncode, result.stderr) == (141, "")


def test_help_shows_examples_and_every_method(capsys):
    for args, words in (
        (["--help"], ["[COMMAND ...]", "sktl compare 2023.csv"]),
        (["compare", "--help"], [*METHODS, "Circular validation, where", "5 % over"]),
    ):
        with pytest.raises(SystemExit) as stop:
            main(args)
        assert stop.value.code == 0
        out = capsys.readouterr().out
        assert all(word in " ".join(out.split()) for word in words)
        assert "\n\n\n" not in out
