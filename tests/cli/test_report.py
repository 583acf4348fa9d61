import re

from two_tables import bare, in_folder, refused


def test_report(run, tables):
    source, target = tables
    status, out, err = run(source, target.assign(extra=1), "--label", "mood", command="report")
    assert status == 0
    assert "only TARGET has it: column 'extra'" in err
    lines = out.splitlines()
    missing = source[["age", "visits", "member", "city"]].isna().to_numpy().mean()
    assert lines[0] == f"SOURCE 131 rows, 5 columns; {100 * missing:.1f} % missing in the shared columns"
    assert lines[1].startswith("TARGET 97 rows, 6 columns")
    assert "MMD^2" in lines[3]
    assert lines[6].startswith("kind of shift: ") and lines[7].startswith("advice: Learn from ")
    assert "`" not in out
    start = lines.index("the columns that differ most (0 = alike, 1 = apart)") + 1  # all of them
    assert re.split(r"  +", lines[start])[:3] == ["column", "measure", "difference"]
    assert lines[start + 1].startswith("age ")  # it was shifted
    assert len(lines) == start + 5


def test_report_does_without_a_label_that_cannot_be_learned(run, tables):
    source, target = tables
    status, out, err = run(source.assign(mood="calm"), target, "--label", "mood", command="report")
    assert status == 0 and "kind of shift: " in out
    assert "the kind of shift is judged without labels. " in err and "calm" in err


def test_report_says_how_many_columns_it_shows_and_what_to_mend(run, tables, tmp_path):
    source, target = (table.assign(**{f"n{j}": table["age"] for j in range(4)}) for table in tables)
    target["city"] = target["city"].where(target.index % 4 > 0, "Rome")
    out = run(source, target, "--html", "page.html", command="report")[1]
    assert "the columns that differ most (5 of 9 columns, 0 = alike, 1 = apart)" in out
    assert "of the target's values of city never occur in the source (Rome)" in " ".join(out.split())
    floor = re.search(r"MMD\^2 (\S+) \(can be negative; noise floor (\S+)\)", out).groups()
    page = bare((tmp_path / "page.html").read_text())
    assert all(f'<td class="figure">{figure}</td>' in page for figure in floor)  # the same figures


def test_the_same_table_twice_is_no_distance_away(run, tables):
    out = run(tables[0], tables[0], "--label", "mood", command="report")[1]
    assert re.search(r"proxy A-distance 0\.[01]", out)
    assert re.search(r"age +KS +0\.000", out)


def test_report_writes_a_page(run, tables, tmp_path):
    status, out, err = run(*tables, "--label", "mood", "--html", "page.html", command="report")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "page: page.html"
    page = bare((tmp_path / "page.html").read_text())
    assert page.startswith("<!DOCTYPE html>")
    assert "happy" in page  # the label's classes
    assert re.search(r'<th scope="row">age</th><td class="words">KS</td>', page)
    assert '<th scope="row">mood</th>' not in page  # the label is no column
    assert in_folder(tmp_path) == ["page.html", "source.csv", "target.csv"]


def test_report_refuses_an_unknown_label(run, tables):
    assert refused(run(*tables, "--label", "x", command="report"), "--label x: neither table has such a column.")
