import pytest
from two_tables import pd

import sktl
from sktl.comparison import read_table
from sktl.comparison._units import units_row


def written(tmp_path, name, units, factor=1.0):
    rows = "\n".join(f"{factor * (i % 7)},{'ab'[i % 2]},{i % 5},{'yes' if i % 7 > 3 else 'no'}" for i in range(40))
    path = tmp_path / name
    path.write_text(f"weight,kind,age,fit\n{units}{rows}\n")
    return path


def test_a_row_of_units_is_read_as_units(tmp_path):
    table = read_table(written(tmp_path, "s.csv", "kg,,[years],-\n"))
    assert table.attrs["units"] == {"weight": "kg", "age": "years"} and len(table) == 40
    plain = read_table(written(tmp_path, "t.csv", ""))
    pd.testing.assert_frame_equal(table, plain)
    assert "units" not in plain.attrs


@pytest.mark.parametrize(
    "row", [["kg", "a"], ["?", "c"], ["unknown", ""], [3.0, "c"], ["not a unit but a remark", ""], [None, None]]
)
def test_other_first_rows_are_rows(row):
    table = pd.DataFrame([row, *[[str(i), "ab"[i % 2]] for i in range(9)]], columns=["weight", "kind"], dtype=object)
    assert units_row(table) == {}
    table.iloc[0] = ["kg", "c"]
    assert units_row(table) == {"weight": "kg"}
    table["age"] = [3.0, *[str(i) for i in range(9)]]  # a number beside a word: a row like the others
    assert units_row(table) == {}


def test_other_units_are_said_by_compare_and_by_predict(tmp_path):
    source, target = written(tmp_path, "s.csv", "kg,,years,\n"), written(tmp_path, "t.csv", "lb,,years,\n", 2.2)
    found = sktl.compare(source, target, "fit", methods="source-only")
    words = "other units: column 'weight' is in 'kg' in SOURCE, in 'lb' in "
    assert found.notes[0] == f"{words}TARGET"
    assert found.model.record["units"] == {"weight": "kg", "age": "years"}
    assert f"{words}NEW" in found.model.read(read_table(target))[1]
    assert not any("units" in note for note in found.model.read(read_table(source))[1])
