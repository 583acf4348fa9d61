import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.preprocessing import StandardScaler
from two_tables import mixed_table, pd, two_moons_apart

import sktl
from sktl.cli import main


@pytest.fixture(scope="module")
def tables():
    return two_moons_apart(61, 43)


@pytest.fixture(scope="module")
def decision(tables):
    return sktl.compare(*tables, label="mood", methods="source-only,coral")


def test_the_table_and_the_model_are_plain_scikit_learn(decision, tables):
    source, target = tables
    scaler = StandardScaler().fit(source[["a", "b"]])
    model = LogisticRegression().fit(scaler.transform(source[["a", "b"]]), source["mood"])
    expected = model.predict(scaler.transform(target[["a", "b"]]))
    row = decision.table.set_index("method").loc["source-only"]
    assert_allclose(row["accuracy"], accuracy_score(target["mood"], expected))
    assert_allclose(row["balanced_accuracy"], balanced_accuracy_score(target["mood"], expected))
    assert decision.table["method"].tolist() == ["source-only", "coral", "constant"]
    gain = decision.table["accuracy"] - row["accuracy"]
    assert_allclose(decision.table["gain"][1:], gain[1:])
    if decision.choice.chosen.name == "source-only":
        assert_array_equal(decision.predict(), expected)
        assert_array_equal(decision.model.predict(target), expected)


def test_arrays_and_frames_decide_alike(decision, tables):
    source, target = tables
    pair = [(table[["a", "b"]].to_numpy(), table["mood"].to_numpy()) for table in (source, target)]
    found = sktl.compare(*pair, methods="source-only,coral")
    assert found.verdict == decision.verdict and found.usable == decision.usable
    names = ["accuracy", "gain"]
    assert_allclose(found.table[names], decision.table[names])


def test_predictions_stand_in_the_order_of_the_table(decision, tables):
    source, target = tables
    order = np.random.default_rng(0).permutation(43)
    moved = sktl.compare(source, target.iloc[order], label="mood", methods="source-only,coral")
    assert_array_equal(moved.predict(), decision.predict()[order])


def test_the_command_prints_the_record(tables, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, table in zip(("s.csv", "t.csv"), tables, strict=True):
        table.to_csv(name, index=False)
    told = []
    found = sktl.compare("s.csv", "t.csv", "mood", methods="source-only", tell=lambda *line: told.append(line))
    assert main(["compare", "s.csv", "t.csv", "--label", "mood", "--methods", "source-only"]) == 0
    out = capsys.readouterr().out.rstrip("\n")
    plain = [line[:70] for line in str(found).splitlines()]  # beyond it stand the seconds
    assert [line[:70] for line in out.splitlines()] == plain
    assert [line[:70] for kind, line in told if kind == "result"] == plain
    assert ("progress", "measuring the distance between the tables") in told


def test_what_was_left_out_is_told_and_kept():
    source, target = mixed_table(61, 0, 0), mixed_table(43, 0, 1)
    told = []
    found = sktl.compare(
        source.assign(extra=1), target, "mood", methods="source-only", tell=lambda kind, line: told.append((kind, line))
    )
    assert found.notes == ["left out, since only SOURCE has it: column 'extra'"]
    assert told[0] == ("note", found.notes[0])


def test_the_notebook_and_the_file_show_one_page(decision, tmp_path):
    decision.to_html(tmp_path / "page.html")
    page, part = (tmp_path / "page.html").read_text(), decision._repr_html_()
    assert part in page
    chosen = decision.choice.chosen
    assert f"<h1>mood: use {chosen.name} ({chosen.model})" in part
    order = [part.index(words) for words in ("<h1>", 'class="tiles"', "<svg", "The methods", "How far apart")]
    assert order == sorted(order)
    assert repr(decision) == f"<Decision: {chosen.name} ({chosen.model}), usable>"


def test_names_in_a_decisions_page_are_text(tmp_path):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(40, 2)), columns=["<b>a</b>", 'x" onload="y'])
    label = '<script>alert("1")</script>'
    source = rows.assign(**{label: np.where(rows.iloc[:, 0] > 0, "<i>", "<u>")})
    found = sktl.compare(source, rows, label, methods="source-only")
    part = found._repr_html_()
    assert "<b>a" not in part and "<i>" not in part and "<script>alert" not in part and 'x" onload' not in part
    assert "&lt;b&gt;a&lt;/b&gt;" in part


def test_a_useless_model_is_said_first():
    rng = np.random.default_rng(0)
    source, target = (pd.DataFrame(rng.normal(size=(40, 3)), columns=list("aby")) for _ in "st")
    found = sktl.compare(source, target, "y", methods="source-only")
    assert not found.usable and "<h1>y: no usable model</h1>" in found._repr_html_()
    assert repr(found).endswith("no usable model>")


def test_compare_is_there_without_anything_heavy():
    assert "compare" in sktl.__all__ and "compare" in dir(sktl)
    assert sktl.compare is sktl.comparison.compare
