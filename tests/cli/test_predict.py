import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from two_tables import FAST, pd, refused, two_moons_apart

from sktl.cli import main

skops = pytest.importorskip("skops.io", reason="the cli extra (skops) is not installed")


@pytest.fixture
def saved(run, tables, capsys):
    """Function that saves a model of the tables, predicts a new one and returns status, stdout, stderr."""

    def call(new, *args, label="mood", methods=FAST):
        source, target = tables
        assert run(source, target, "--label", label, "--out", "t.csv", "--save", "m.skops", *methods)[0] == 0
        new.to_csv("new.csv", index=False)
        return main(["predict", "m.skops", "new.csv", "--out", "p.csv", *args]), *capsys.readouterr()

    return call


@pytest.mark.parametrize("methods", [FAST, ["--methods", "source-trees"], ["--methods", "source-only,kmm,tca,coral"]])
def test_a_saved_model_predicts_as_compare_did(saved, tables, methods):
    new = tables[1].drop(columns="mood").assign(who=np.arange(97) + 5)
    status, out, err = saved(new, "--proba", "--id", "who", methods=methods)
    assert (status, err) == (0, "") and out.startswith("predictions of 97 rows by s")
    found, known = pd.read_csv("p.csv"), pd.read_csv("t.csv")
    assert list(found) == ["row", "who", "prediction", "probability grumpy", "probability happy"]
    assert (found["prediction"] == known["prediction"]).all() and (found["who"] == new["who"]).all()
    assert ((found["probability happy"] > 0.5) == (found["prediction"] == "happy")).all()


@pytest.mark.parametrize("labelled", [True, False])
def test_intervals_hold_the_share(run, capsys, labelled):
    source, target = two_moons_apart(161, 143)
    rng = np.random.default_rng(0)
    source, target = (t.assign(y=t["a"] + rng.normal(size=len(t))).drop(columns="mood") for t in (source, target))
    new, target = target, target if labelled else target.drop(columns="y")
    assert run(source, target, "--label", "y", "--save", "m.skops", *FAST)[0] == 0
    new.to_csv("new.csv", index=False)
    assert main(["predict", "m.skops", "new.csv", "--out", "p.csv", "--interval", ".9"]) == 0
    found = pd.read_csv("p.csv")
    held = (found["low"].to_numpy() <= new["y"].to_numpy()) & (new["y"].to_numpy() <= found["high"].to_numpy())
    assert 0.85 < held.mean() < 0.99  # a standard error of 143 rows is 0.025
    assert np.isfinite(found["low"]).all()


def test_what_is_missing_new_or_far_is_said(saved, tables):
    new = tables[1].drop(columns=["mood", "visits"]).assign(age=400.0, extra=1)[:9]
    status, _, err = saved(new)
    assert status == 0
    assert err.splitlines() == [
        "sktl: taken as missing, since the table lacks it: column 'visits'",
        "sktl: not used, since the model was fitted without it: column 'extra'",
        "sktl: 9 rows of 9 lie far from those that the model was chosen on (column 'age'): its predictions there are "
        "guesses",
    ]


def test_a_saved_model_reads_dates_texts_and_new_values(run, tables, capsys):
    rng = np.random.default_rng(0)
    days = pd.date_range("2023-10-01", periods=100).strftime("%d/%m/%Y").to_numpy()
    words = ["good", "bad", "slow", "cheap", "broken"]

    def odd(table):
        said = [" ".join(rng.permutation(words)[:4]) + f" {j}" for j in range(len(table))]
        code = rng.integers(0, 70, len(table)).astype(str)
        return table.assign(when=rng.choice(days, len(table)), said=said, code=np.char.add("c", code))

    source, target = map(odd, tables)
    assert run(source, target, "--label", "mood", "--out", "t.csv", "--save", "m.skops", *FAST)[0] == 0
    capsys.readouterr()
    target.drop(columns="mood").to_csv("new.csv", index=False)
    assert main(["predict", "m.skops", "new.csv", "--out", "p.csv"]) == 0
    assert capsys.readouterr().err == ""
    assert (pd.read_csv("p.csv")["prediction"] == pd.read_csv("t.csv")["prediction"]).all()
    target.loc[:3, "when"], target["code"], target["city"] = "tomorrow", "never seen", "Oslo"
    target.drop(columns=["mood", "said"])[:9].to_csv("new.csv", index=False)
    assert main(["predict", "m.skops", "new.csv", "--out", "p.csv"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "sktl: taken as missing, since the table lacks it: column 'said'",
        "sktl: no dates, taken as missing: 4 of the values of column 'when' ('tomorrow')",
        "sktl: 9 rows of 9 lie far from those that the model was chosen on (column 'city'): its predictions there are "
        "guesses",
    ]
    target.assign(when=3, age="x").to_csv("new.csv", index=False)
    result = main(["predict", "m.skops", "new.csv", "--out", "p.csv"]), *capsys.readouterr()
    refused(
        result, "Column 'age' of NEW holds text; the model learned it as numbers (the first is 'x'). Column 'when' of"
    )


def test_bad_tables_and_arguments_of_predict(saved, tables):
    refused(saved(tables[1].assign(age="old")), "Column 'age' of NEW holds text; the model learned it as numbers")
    refused(saved(tables[1], "--interval", ".9"), "--interval: the model predicts classes; ask for --proba.")
    refused(saved(tables[1], "--interval", "90"), "must be a number above 0, at most .99; got '90'")
    refused(saved(tables[1], "--id", "who"), "--id who: NEW has no such column.")
    refused(saved(pd.DataFrame({"z": range(3)})), "NEW has none of the model's columns: 'age', 'visits'")
    refused(saved(tables[1][:0]), "NEW has 0 rows; there is none to predict.")


def test_only_our_classes_are_loaded(run, tables, capsys):
    run(*tables, "--label", "mood", "--save", "m.skops", *FAST)
    for content, words in ((b"no", "can't read 'bad.skops'"), (skops.dumps([1]), "is no model that --save")):
        Path("bad.skops").write_bytes(content)
        refused((main(["predict", "bad.skops", "target.csv", "--out", "p.csv"]), *capsys.readouterr()), words)
    with zipfile.ZipFile("m.skops") as good:
        schema = good.read("schema.json").decode().replace("Ridge", "LogisticRegression")
        rest = {name: good.read(name) for name in good.namelist() if name != "schema.json"}
    for cls, module in (("Popen", "subprocess"), ("runstring", "numpy.testing")):
        changed = io.BytesIO()
        with zipfile.ZipFile(changed, "w") as bad:
            bad.writestr(
                "schema.json",
                schema.replace('"LogisticRegression"', f'"{cls}"').replace(
                    '"sklearn.linear_model._logistic"', f'"{module}"'
                ),
            )
            for name, data in rest.items():
                bad.writestr(name, data)
        Path("bad.skops").write_bytes(changed.getvalue())
        result = main(["predict", "bad.skops", "target.csv", "--out", "p.csv"]), *capsys.readouterr()
        refused(result, f"is not loaded: it holds '{module}.{cls}', foreign to sktl.")


def test_save_is_refused_before_any_work(run, tables):
    refused(run(*tables, "--label", "mood", "--save", "m.pkl"), "--save must be a .skops file; got 'm.pkl'.")
    refused(run(*tables, "--label", "mood", "--save", "no/m.skops"), "--save: there is no folder 'no'; make it first.")
