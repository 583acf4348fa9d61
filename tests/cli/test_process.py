import os
import subprocess
import sys

import pytest
from two_tables import FAST, pd, refused

import sktl.comparison
from sktl.cli import main
from sktl.comparison import METHODS


def test_interruption(run, tables, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(sktl.comparison, "read_table", interrupt)
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


MISTAKES = [
    ["compare", "no.csv", "no.csv", "--label", "y"],
    ["compare", "a.csv", "b.csv", "--label", "y", "--methods", "magic"],
    ["compare", "a.csv", "b.csv", "--label", "y", "--metric", "magic"],
    ["compare", "a.csv", "b.csv"],
    ["report", "a.xlsx", "b.csv"],
    ["predict", "m.skops", "no.csv", "--out", "p.csv"],
    ["compare", sys.executable, "--label", "y"],
]


@pytest.mark.parametrize("args", MISTAKES, ids=" ".join)
def test_a_mistake_in_a_command_is_said_before_anything_heavy_is_imported(args):
    code = "import sys; from sktl.cli import main; status = main(sys.argv[1:]); print(status, *sys.modules)"
    result = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=60)
    status, *modules = result.stdout.split()
    assert status == "2" and result.stderr.startswith("sktl: error: ")
    assert not {"numpy", "sklearn", "pandas", "scipy"} & set(modules)


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
        (["compare", "--help"], [*METHODS, "circular validation: a", "5 % over"]),
    ):
        with pytest.raises(SystemExit) as stop:
            main(args)
        assert stop.value.code == 0
        out = capsys.readouterr().out
        assert all(word in " ".join(out.split()) for word in words)
        assert "\n\n\n" not in out


# --- interrupted, unread, unwritable ---

STOP = """
import os, signal, sys
import {module}
def interrupt(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGINT)
{where} = interrupt
sys.argv = ["sktl", *{args!r}]
from sktl.cli import main
sys.exit(main())
"""


def run_code(code):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("module", "where"),
    [
        ("argparse", "argparse.ArgumentParser.parse_args"),
        ("sktl.comparison", "sktl.comparison.read_table"),
        ("sktl.comparison", "sktl.comparison.Comparison.run"),
        ("os", "os.replace"),
    ],
)
def test_an_interruption_is_one_line_at_any_moment(tables, tmp_path, module, where):
    args = ["compare", *write(tmp_path, tables), "--label", "mood", "--methods", "source-only", "--out"]
    status, _, err = run_code(STOP.format(module=module, where=where, args=[*args, str(tmp_path / "p.csv")]))
    assert (status, err) == (130, "sktl: interrupted\n")
    assert not any(path.name.startswith(".") for path in tmp_path.iterdir())


def test_an_interruption_while_the_parts_are_imported():
    code = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *args):
        if name == "sklearn":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from sktl.cli import main
sys.argv = ["sktl", "demo"]
sys.exit(main())
"""
    assert run_code(code) == (130, "", "sktl: interrupted\n")


def write(folder, tables):
    """Write two tables and return their paths."""
    paths = [str(folder / name) for name in ("s.csv", "t.csv")]
    for path, table in zip(paths, tables, strict=True):
        table.to_csv(path, index=False)
    return paths


def test_a_full_stdout_is_said_and_predictions_are_written_all_the_same(tmp_path, tables):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    out = tmp_path / "p.csv"
    command = ["compare", *write(tmp_path, tables), "--label", "mood", *FAST, "--out", str(out)]
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "sktl", *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120
        )
    message = "sktl: error: can't write the result to standard output: No space left on device\n"
    assert (result.returncode, result.stderr) == (2, message)
    assert len(pd.read_csv(out)) == 97


def test_a_stdout_that_is_not_utf8_gets_escapes(tmp_path, tables):
    named = [table.rename(columns={"age": "Ålder ☃"}) for table in tables]
    command = [sys.executable, "-m", "sktl", "report", *write(tmp_path, named), "--drop", "city"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\xc5lder \\u2603" in result.stdout
