import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from two_tables import mixed_table, pd, refused

from sktl.cli import main
from sktl.comparison import plan_labels
from sktl.exceptions import InputError


@pytest.fixture(scope="module")
def tables():
    target = mixed_table(97, 0.8, 1)
    target["mood"] = target["mood"].astype(object).where(np.arange(97) < 31, None)
    return mixed_table(131, 0.0, 0), target.assign(who=[f"id {i}" for i in range(97)])


@pytest.fixture(scope="module")
def plan(tables):
    return plan_labels(*tables, "mood", n=12, id="who")


def test_rows_are_those_of_the_planner_in_the_table_of_the_target(plan, tables):
    source, target = tables
    assert list(plan.table) == ["row", "who", "inclusion_probability"] and len(plan.table) == 12
    rows = plan.table["row"].to_numpy()
    assert target["mood"].iloc[rows].isna().all() and len(set(rows)) == 12
    assert_array_equal(plan.table["who"], target["who"].iloc[rows])
    assert_allclose(plan.table["inclusion_probability"], plan.planner.inclusion_probabilities_)
    assert plan.planner.n_features_in_ == 7  # 2 numbers, a truth value, 3 cities or none: no model learns from "who"


def test_all_rows_where_fewer_have_no_label_and_their_chance_is_one(tables):
    found = plan_labels(*tables, "mood", n=1000)
    assert sorted(found.table["row"]) == list(range(31, 97))
    assert_allclose(found.table["inclusion_probability"], 1)


def test_a_plan_for_a_model_has_no_chances(tables):
    found = plan_labels(*tables, "mood", n=5, purpose="model")
    assert list(found.table) == ["row"] and "no unbiased score" in found.words[1]


def test_rows_do_not_depend_on_the_order_of_the_table(plan, tables):
    source, target = tables
    order = np.random.default_rng(0).permutation(97)
    moved = plan_labels(source, target.iloc[order], "mood", n=12, id="who")
    assert set(moved.table["who"]) == set(plan.table["who"])


def test_what_can_not_be_planned(tables):
    source, target = tables
    with pytest.raises(InputError, match="--id x: TARGET has no such column"):
        plan_labels(source, target, "mood", id="x")
    with pytest.raises(InputError, match="Every row of TARGET has a label: there is nothing to plan"):
        plan_labels(source, target[:31], "mood")


def test_the_command_writes_the_table(plan, tables, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, table in zip(("s.csv", "t.csv"), tables, strict=True):
        table.to_csv(name, index=False)
    args = ["plan", "s.csv", "t.csv", "--label", "mood", "--out", "p.csv"]
    assert main([*args, "--n", "12", "--id", "who"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("12 rows of TARGET to label ('mood'), to know how good ") and out.endswith("plan: p.csv\n")
    pd.testing.assert_frame_equal(pd.read_csv("p.csv"), plan.table.sort_values("row", ignore_index=True))
    refused((main([*args, "--n", "0"]), *capsys.readouterr()), "must be a whole number from 1 on; got '0'")
    refused((main([*args[:-1], "p.txt"]), *capsys.readouterr()), "--out must be a .csv or .parquet file; got 'p.txt'")
