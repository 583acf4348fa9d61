import numpy as np
import pytest
from two_tables import pd, two_moons_apart

from sktl.comparison import Comparison, report_tables
from sktl.comparison._problem import build_problem


def test_categories_of_one_table_and_many_levels():
    source, target = two_moons_apart(161, 143)
    rng = np.random.default_rng(0)
    source = source.assign(code=[f"s{i}" for i in rng.integers(0, 90, 161)])
    target = target.assign(code=[f"t{i}" for i in rng.integers(0, 90, 143)])
    problem = build_problem(source, target, "mood")
    assert problem.columns.width == 2 + 1 and problem.columns.many == ["code"]
    choice = Comparison.from_tables(source, target.drop(columns="mood"), "mood", methods="tca,kmm").run()
    assert [outcome.failed for outcome in choice.outcomes] == [None] * 4


def test_column_differences_by_hand():
    source = pd.DataFrame({"n": [1.0] * 6 + [2.0] * 6, "c": ["x"] * 9 + ["y"] * 3})
    target = pd.DataFrame({"n": [2.0] * 12, "c": ["x"] * 6 + ["z"] * 3 + [None] * 3})
    found = {row.feature: (row.measure, row.difference) for row in report_tables(source, target)[0].features}
    assert found["n"] == ("KS", pytest.approx(0.5))
    assert found["c"] == ("total variation", pytest.approx(0.5))  # x 3/4 > 1/2, y 1/4 > 0, z 0 > 1/4, missing 0 > 1/4


def notes_of(source, target, label="mood"):
    return build_problem(source, target, label).notes


def test_columns_that_number_the_rows_are_noted():
    source, target = two_moons_apart(61, 43)
    rng = np.random.default_rng(0)

    def with_ids(ids_source, ids_target):
        return notes_of(source.assign(id=np.asarray(ids_source)), target.assign(id=np.asarray(ids_target)))

    gone = ["left out, since it numbers the rows (--keep 'id' uses it): column 'id'"]
    assert with_ids(range(61), range(43)) == gone
    assert with_ids(range(100, 39, -1), np.arange(0, 430, 10)) == gone
    assert with_ids(rng.permutation(61), 61.0 + rng.permutation(43)) == gone
    assert with_ids(100 + rng.permutation(61), rng.permutation(43)) == gone
    # far from each other, in no order: amounts in another unit look like that too
    apart = (
        "column 'id' looks like an identifier (whole numbers, nearly all different, in ranges that do not overlap): "
    )
    assert with_ids(1000 + rng.permutation(61), rng.permutation(43)) == [f"{apart}leave it out with --drop 'id'?"]
    assert with_ids(rng.permutation(61), rng.permutation(43)) == []
    assert with_ids(np.arange(61) / 2, 61 + np.arange(43)) == []
    assert with_ids(np.arange(61) // 2, 61 + np.arange(43)) == []  # each twice: counts
    assert notes_of(source.assign(id=range(61)), target.assign(id=range(43))[:19]) == []  # too few to tell


def test_notes_name_what_may_be_wrong(tables):
    source, target = tables
    assert notes_of(source, target) == []
    odd = target.assign(mood=["happy ", "Happy", *target["mood"][2:]])
    assert notes_of(source, odd) == [
        "classes of 'mood' in TARGET that SOURCE does not have: 'Happy', 'happy ' (spelt differently?)"
    ]
    large = [table.assign(x=2**53 + 2 * (table.index % 5)) for table in tables]
    assert notes_of(*large) == ["whole numbers beyond 2**53 in column 'x' are rounded"]
    codes = [table.assign(x=(table.index % 20).astype(str)).replace({"x": {"7": "7a"}}) for table in tables]
    where = "({} texts among the numbers of {}, the first '7a' in row 8"
    found = f"{where.format(7, 'SOURCE')}; {where.format(5, 'TARGET')[1:]})"
    assert notes_of(*codes) == [f"read as categories, not as numbers: column 'x' {found}"]
    assert notes_of(source.assign(x=1, y=2), target) == ["left out, since only SOURCE has them: columns 'x', 'y'"]
    source.loc[4, "mood"] = None
    assert notes_of(source, target) == ["left out, since their label is missing: 1 row of SOURCE"]


def test_rows_in_both_tables_are_noted():
    source, target = two_moons_apart(61, 43)
    both = pd.concat([target, source[5:12]])
    note = "7 of TARGET's 50 rows are in SOURCE too: do the files overlap? Then the scores are too good"
    assert notes_of(source, both) == [note]
    assert notes_of(source, both[:-5]) == []
    assert notes_of(source.round(), source.round()) == []  # few values: the same rows by chance
