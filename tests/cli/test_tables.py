"""One file or many, and what programs read."""

import json
from pathlib import Path

import numpy as np
import pytest
from two_tables import FAST, pd, refused, two_moons_apart

from sktl.cli import main


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source, target = two_moons_apart(90, 43)
    source["a"] += 3 * (np.arange(90) < 45)  # the first site lies further away
    table = pd.concat([source, target], ignore_index=True)
    days = pd.date_range("2011-10-01", periods=133).strftime("%Y-%m-%d")
    table = table.assign(site=["far"] * 45 + ["near"] * 45 + ["VA"] * 43, day=days)
    table.to_csv("all.csv", index=False)
    for name, part in table.groupby("site"):
        part.drop(columns="site").to_csv(f"{name}.csv", index=False)


def called(capsys, *args):
    return main(list(args)), *capsys.readouterr()


def test_one_file_cut_by_domain_is_as_several_files(files, capsys):
    asked = ["--label", "mood", "--drop", "day", *FAST]
    status, out, err = called(
        capsys, "compare", "all.csv", "--domain", "site", "--target", "VA", "--out", "p.csv", *asked
    )
    assert (status, err) == (0, "")
    lines = out.splitlines()
    start = lines.index("sources, the nearest first (MMD^2)")
    assert [line.split()[:2] for line in lines[start + 2 : start + 4]] == [["near", "45"], ["far", "45"]]
    assert pd.read_csv("p.csv")["row"].tolist() == list(range(90, 133))  # of the whole file
    other = called(capsys, "compare", "near.csv", "far.csv", "VA.csv", "--out", "q.csv", *asked)
    assert [line.replace(".csv", "") for line in other[1].splitlines()][2 : start + 1] == lines[2 : start + 1]
    assert (pd.read_csv("p.csv")["prediction"] == pd.read_csv("q.csv")["prediction"]).all()


def test_report_names_the_sources(files, capsys):
    status, out, _ = called(capsys, "report", "near.csv", "far.csv", "VA.csv", "--drop", "day", "--json", "r.json")
    lines = out.splitlines()
    start = lines.index("sources, the nearest first")
    assert status == 0 and [line.split()[0] for line in lines[start + 2 : start + 4]] == ["near.csv", "far.csv"]
    assert lines[0].startswith("SOURCE 90 rows, 4 columns")
    record = json.loads(Path("r.json").read_text())
    assert [source["source"] for source in record["sources"]] == ["near.csv", "far.csv"]
    assert record["n_target"] == 43 and record["versions"]["sktl"]


def test_cut_by_time(files, capsys):
    args = ["compare", "all.csv", "--time", "day", "--from", "2012-01", "--label", "mood", *FAST]
    status, out, err = called(capsys, *args)
    assert status == 0 and out.startswith("SOURCE 92 rows, TARGET 41 rows")
    assert (
        "sktl: left out, since they alone tell SOURCE from TARGET: year, month, days of column 'day'"
        in err.splitlines()
    )


def strict(text):
    def refuse(name):
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def test_figures_for_programs(files, capsys):
    args = ["near.csv", "VA.csv", "--label", "mood", "--json", "c.json", "--methods", "source-only,target-only"]
    assert called(capsys, "compare", *args)[0] == 0
    record = strict(Path("c.json").read_text())
    assert record["usable"] is True and record["chosen"] == "source-only" and record["why_not_usable"] == []
    assert record["rows"] == {"source": 45, "target": 43, "target_labels": 43}
    assert [method["method"] for method in record["methods"]] == ["source-only", "constant"]
    assert list(record["skipped"]) == ["target-only"] and record["overlap"] is None
    assert record["methods"][0]["accuracy"] > 0.5 and record["verdict"][0].startswith("choice: source-only")


def test_no_usable_model_is_code_3(files, capsys):
    table = pd.read_csv("near.csv")
    table["mood"] = np.random.default_rng(0).permutation(table["mood"].to_numpy())
    table.to_csv("noise.csv", index=False)
    target = pd.read_csv("VA.csv").assign(mood=lambda t: 1 - t["mood"])
    target.to_csv("other.csv", index=False)
    status, out, _ = called(capsys, "compare", "near.csv", "other.csv", "--label", "mood", "--json", "c.json", *FAST)
    assert status == 3 and "No usable model" in out
    record = strict(Path("c.json").read_text())
    assert record["usable"] is False and record["why_not_usable"]


def test_quick_looks_at_fewer_rows_and_learns_from_all(run):
    source, target = two_moons_apart(2600, 2700)
    status, out, _ = run(source, target, "--label", "mood", "--quick", "--out", "p.csv", *FAST)
    assert status == 0 and out.startswith("SOURCE 2600 rows, TARGET 2700 rows")
    assert len(pd.read_csv("p.csv")) == 2700


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["all.csv"], "'all.csv' alone: name SOURCE and TARGET, or cut one table by --domain COL --target VALUE"),
        (["all.csv", "--domain", "site"], "'all.csv' alone: name SOURCE and TARGET"),
        (["all.csv", "--domain", "site", "--from", "2"], "'all.csv' alone: name SOURCE and TARGET"),
        (["near.csv", "VA.csv", "--from", "2012"], "--from cuts one table; got 2. Name one, or leave it out."),
        (
            ["all.csv", "--domain", "sight", "--target", "VA"],
            "--domain sight: the table has no such column. Did you mean",
        ),
        (
            ["all.csv", "--domain", "site", "--target", "Bonn"],
            "--target 'Bonn': column 'site' has no such value; it has",
        ),
        (
            ["all.csv", "--time", "day", "--from", "soon"],
            "--from must be a date, such as 2012-01-31, 2012-01 or 2012; got",
        ),
        (
            ["all.csv", "--time", "day", "--from", "2020"],
            "--from '2020': 0 rows of column 'day', whose times are 2011-10",
        ),
        (["near.csv", "no.csv", "VA.csv"], "no.csv: there is no file 'no.csv'."),
        (["near.csv", "near.csv", "VA.csv"], "A source is named twice"),
        (["near.csv", "VA.csv", "--json", "x.txt"], "--json must be a .json file; got 'x.txt'."),
    ],
)
def test_bad_cuts(files, capsys, args, words):
    for command in (["report", *args], ["compare", *args, "--label", "mood"]):
        assert refused(called(capsys, *command), words)
