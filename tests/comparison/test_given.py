import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from two_tables import pd, refused

import sktl
from sktl.cli import main
from sktl.comparison import SavedModel, read_model
from sktl.exceptions import InputError

skops = pytest.importorskip("skops.io", reason="the cli extra (skops) is not installed")


def numbers(n, seed, offset=0.0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, 2)), columns=["a", "b"])
    return table.assign(y=table["a"] - table["b"] + offset + 0.1 * rng.normal(size=n))


@pytest.fixture(scope="module")
def tables():
    target = numbers(83, 1, 3.0)
    return numbers(61, 0), target.assign(y=target["y"].where(np.arange(83) < 40))


@pytest.fixture(scope="module")
def old():
    """A model of rows that are no longer there, its columns in another order."""
    rows = numbers(200, 2)
    return RandomForestRegressor(n_estimators=10, random_state=0).fit(rows[["b", "a"]], rows["y"])


@pytest.fixture(scope="module")
def decision(tables, old):
    return sktl.compare(*tables, "y", methods="source-only,offset", source_model=old)


def test_the_given_model_is_the_baseline_as_it_is(decision, tables, old):
    known = tables[1][:40]
    row = decision.table.iloc[0]
    assert row["method"] == "given" and decision.choice.outcomes[0].model == "the model that was given"
    assert_allclose(row["r2"], r2_score(known["y"], old.predict(known[["b", "a"]])))
    assert "baseline: given" in str(decision)


def test_corrections_start_from_it(decision, tables, old):
    row = decision.table.set_index("method").loc["offset"]
    assert row["model"] == "the given model, shifted" and row["r2"] > 0.5 > decision.table["r2"][0]
    if decision.choice.chosen.name == "offset":
        shift = np.mean(tables[1]["y"][:40] - old.predict(tables[1][["b", "a"]][:40]))
        found = decision.predict() - old.predict(tables[1][["b", "a"]])
        assert np.ptp(found) < 1e-9 and abs(found[0] - shift) < 0.3  # shrunk a little


def test_without_target_labels_nothing_judges_it(tables, old):
    source, target = tables
    found = sktl.compare(source, target.drop(columns="y"), "y", methods="source-only,kmm", source_model=old)
    assert found.choice.chosen.name == "given" and "may have learned from the rows of SOURCE" in str(found)
    assert_array_equal(found.predict(), old.predict(target[["b", "a"]]))


def test_a_saved_model_comes_back_as_the_given_one(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=140), "city": rng.choice(["Bonn", "Lyon"], 140)})
    table["up"] = np.where(table["a"] + (table["city"] == "Lyon") > 0.5, "yes", "no")
    first = sktl.compare(table[:60], table[60:], "up", methods="source-only")
    first.model.save(tmp_path / "m.skops")
    again = sktl.compare(table[:60], table[60:], "up", methods="source-only", source_model=tmp_path / "m.skops")
    assert again.choice.outcomes[0].name == "given"
    assert_allclose(again.table["accuracy"][0], first.table["accuracy"][0])
    assert_array_equal(again.choice.protocol.setting.given.predict_proba(again.comparison.problem.X).sum(axis=1), 1)
    again.model.save(tmp_path / "again.skops")
    assert_array_equal(SavedModel.load(tmp_path / "again.skops").predict(table), again.model.predict(table))


def test_files_of_models(tmp_path, old):
    ridge = Ridge().fit(np.eye(3), np.arange(3.0))
    skops.dump(ridge, tmp_path / "m.skops")
    assert isinstance(read_model(tmp_path / "m.skops"), Ridge)
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(ridge))
    with pytest.raises(InputError, match=r"is a pickle, which can run any code.* --trust-pickle"):
        read_model(tmp_path / "m.pkl")
    assert isinstance(read_model(tmp_path / "m.pkl", trust_pickle=True), Ridge)
    (tmp_path / "m.pkl").write_bytes(b"no pickle")
    with pytest.raises(InputError, match="can't read .* as a pickle"):
        read_model(tmp_path / "m.pkl", trust_pickle=True)
    skops.dump([1], tmp_path / "list.skops")
    with pytest.raises(InputError, match="holds no fitted model but list"):
        read_model(tmp_path / "list.skops")
    with pytest.raises(InputError, match=r"MODEL must be a .skops file or a pickle"):
        read_model(Path(__file__))


class Foreign(Ridge):
    """Somebody's own class."""


def test_a_foreign_class_is_neither_read_nor_saved(tmp_path, tables):
    rows = numbers(50, 3)
    model = Foreign().fit(rows[["a", "b"]], rows["y"])
    skops.dump(model, tmp_path / "m.skops")
    with pytest.raises(InputError, match=r"is not loaded: it holds '.*Foreign', foreign to sktl"):
        read_model(tmp_path / "m.skops")
    source, target = tables
    found = sktl.compare(source, target.drop(columns="y"), "y", methods="source-only", source_model=model)
    with pytest.raises(InputError, match="--save: the model holds '.*Foreign', foreign to sktl"):
        found.model.save(tmp_path / "n.skops")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.skops"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (DummyClassifier().fit(np.eye(2), [0, 1]), "is made for classification, and the task is regression"),
        (Ridge().fit(np.eye(3), np.arange(3)), "needs 3 columns; the tables share 2: 'a', 'b'"),
        (Ridge().fit(pd.DataFrame({"z": [1.0, 2]}), [1, 2]), "lack what the model was fitted on: column 'z'"),
    ],
)
def test_models_that_do_not_fit_the_tables(tables, model, words):
    with pytest.raises(InputError, match=words):
        sktl.compare(*tables, "y", source_model=model)


def test_foreign_classes_of_a_classifier(tables):
    source, target = tables
    model = LogisticRegression().fit(source[["a", "b"]], np.where(source["a"] > 0, "up", "down"))
    source = source.assign(y=np.where(source["y"] > 0, "up", "flat"))
    with pytest.raises(InputError, match="knows classes that the label column 'y' lacks: 'down'"):
        sktl.compare(source, target.drop(columns="y"), "y", source_model=model)


def test_the_command_takes_a_model(tables, old, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, table in zip(("s.csv", "t.csv"), tables, strict=True):
        table.to_csv(name, index=False)
    skops.dump(old, "old.skops")
    Path("old.pkl").write_bytes(pickle.dumps(old))
    args = ["compare", "s.csv", "t.csv", "--label", "y", "--methods", "source-only,offset", "--source-model"]
    assert main([*args, "old.skops"]) == 0
    out = capsys.readouterr().out
    assert "baseline: given" in out
    assert main([*args, "old.pkl", "--trust-pickle"]) == 0
    assert [line[:60] for line in capsys.readouterr().out.splitlines()] == [line[:60] for line in out.splitlines()]
    refused((main([*args, "old.pkl"]), *capsys.readouterr()), "is a pickle, which can run any code")
