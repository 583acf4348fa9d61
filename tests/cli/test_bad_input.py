import os
import sys
from pathlib import Path

import numpy as np
import pytest
from two_tables import FAST, in_folder, pd, refused

from sktl.cli import main

IDS = pd.Series([f"customer {i}" for i in range(131)])
LABEL = ("--label", "mood")
# what is done to SOURCE and TARGET (None: nothing), further arguments, and what the one line must say
BAD_TABLES = {
    "no label": (
        lambda s: s.drop(columns="mood"),
        None,
        LABEL,
        "SOURCE has no label column 'mood'; its columns are 'age'",
    ),
    "nothing shared": (
        None,
        lambda t: t[["mood"]],
        LABEL,
        "The tables share no column to learn from: SOURCE has 'age'",
    ),
    "one row": (None, lambda t: t[:1], LABEL, "TARGET has 1 row; a comparison needs at least 10 in each table."),
    "no rows": (lambda s: s[:0], None, LABEL, "SOURCE has 0 rows;"),
    "labels missing": (lambda s: s.assign(mood=None), None, LABEL, "The label column 'mood' of SOURCE is empty"),
    "few labels": (lambda s: s.assign(mood=s["mood"][:4]), None, LABEL, "SOURCE has 4 rows with a label 'mood'"),
    "one class": (lambda s: s.assign(mood="happy"), None, LABEL, "of SOURCE has one class only ('happy')"),
    "ids alone": (
        lambda s: s.assign(who=IDS)[["who", "mood"]],
        lambda t: t.assign(who=IDS[:97]),
        LABEL,
        " Left out, since nearly every row has a different text (--keep 'who' uses it): column 'who'",
    ),
    "ids as labels": (lambda s: s.assign(mood=IDS), None, LABEL, "has 131 different values in 131 rows of SOURCE"),
    "text to regress": (None, None, (*LABEL, "--task", "regression"), "column 'mood' holds text."),
    "booleans to regress": (None, None, ("--label", "member", "--task", "regression"), "'member' holds booleans."),
    "infinite label": (
        lambda s: s.assign(mood=[np.inf, *range(130)]),
        lambda t: t.assign(mood=0.5),
        LABEL,
        "of SOURCE has infinite values; a regression needs finite ones.",
    ),
    "constant label": (lambda s: s.assign(mood=0.5), lambda t: t.assign(mood=0.5), LABEL, "has one value only (0.5)"),
    "kinds of label": (None, lambda t: t.assign(mood=1), LABEL, "holds text in SOURCE but numbers in TARGET."),
    "kinds": (None, lambda t: t.assign(age="old"), LABEL, "Column 'age' holds numbers in SOURCE but text in TARGET."),
    "all empty": (
        lambda s: s[["age", "mood"]].assign(age=None),
        None,
        LABEL,
        "The tables share no column to learn from",
    ),
    "unknown --drop": (None, None, (*LABEL, "--drop", "wo"), "--drop wo: neither table has such a column."),
    "label in --drop": (None, None, (*LABEL, "--drop", "mood"), "--drop mood: that is the label column."),
    "unknown method": (
        None,
        None,
        (*LABEL, "--methods", "tca,magic"),
        "no method is called 'magic'; choose from source-only, ",
    ),
    "no method": (None, None, (*LABEL, "--methods", ","), "--methods ',': no method"),
    "bare jobs": (None, None, (*LABEL, "--n-jobs=--"), "argument --n-jobs: expected a value; got '--'"),
    "no jobs": (None, None, (*LABEL, "--n-jobs", "0"), "must be a whole number other than 0; got '0'"),
    "bad jobs": (None, None, (*LABEL, "--n-jobs", "two"), "must be a whole number other than 0; got 'two'"),
    "bad seed": (None, None, (*LABEL, "--seed", "1.5"), "must be a whole number from 0 to 2**32 - 1; got '1.5'"),
    "bad task": (None, None, (*LABEL, "--task", "ranking"), "invalid choice: 'ranking'"),
    "no --label": (None, None, (), "the following arguments are required: --label"),
    "labels to use": (
        None,
        lambda t: t.assign(mood=t["mood"][:3]),
        (*LABEL, "--target-labels", "use"),
        "--target-labels use needs at least 10 labelled rows of TARGET; it has 3.",
    ),
    "stray text": (
        lambda s: s.assign(age=s["age"].astype(object).where(s.index != 17, "n/k")),
        None,
        LABEL,
        "holds text in SOURCE but numbers in TARGET (1 text among the numbers of SOURCE, the first 'n/k' in row 18).",
    ),
    "stray label": (
        lambda s: s.assign(mood=[*range(129), "x", "?"]),
        lambda t: t.assign(mood=0.5),
        LABEL,
        "'mood' holds text in SOURCE but numbers in TARGET (2 texts among the numbers of SOURCE, the first 'x' in",
    ),
    "dates in one table": (
        lambda s: s.assign(when="2024-01-31"),
        lambda t: t.assign(when=7),
        LABEL,
        "Column 'when' holds text in SOURCE but numbers in TARGET. Convert it, or leave it out with --drop 'when'.",
    ),
    "decimal commas": (
        lambda s: s.assign(price="1,5"),
        lambda t: t.assign(price="-12,25"),
        LABEL,
        "Column 'price' of SOURCE holds numbers with commas ('1,5'). Write decimals with points",
    ),
    "huge": (
        None,
        lambda t: t.assign(age=[*t["age"][:-1], -1e300]),
        LABEL,
        "Column 'age' of TARGET holds -1e+300: too large to compute with. Correct it,",
    ),
    "huge label": (
        lambda s: s.assign(mood=[1e300, *np.linspace(0, 1, 130)]),
        lambda t: t.assign(mood=0.5),
        LABEL,
        "'mood' of SOURCE holds 1e+300: too large to compute with.",
    ),
    "disjoint classes": (
        None,
        lambda t: t.assign(mood=t["mood"].str.title()),
        LABEL,
        "in both tables: SOURCE has 'grumpy', 'happy', TARGET has 'Grumpy', 'Happy'. Spell them the same way,",
    ),
    "labels beyond 2**53": (
        lambda s: s.assign(mood=2**53 + s.index % 2),
        lambda t: t.assign(mood=2**53 + t.index % 2),
        LABEL,
        "'mood' holds whole numbers beyond 2**53 (9007199254740993), which floats can't represent",
    ),
    "--label of another case": (None, None, ("--label", " Mood"), "'city', 'mood'. Did you mean 'mood'?"),
    "--drop misspelt": (None, None, (*LABEL, "--drop", "vists"), "neither table has such a column. Did you mean 'visi"),
    "--methods misspelt": (
        None,
        None,
        (*LABEL, "--methods", "TCA"),
        "no method is called 'TCA'; choose from source-only, ",
    ),
    "--out empty": (None, None, (*LABEL, "--out", ""), "--out must be a .csv or .parquet file; got ''."),
    "--out too long": (None, None, (*LABEL, "--out", f"{260 * 'p'}.csv"), "pppp.csv': File name too long\n"),
    "--out suffix": (None, None, (*LABEL, "--out", "p.xlsx"), "--out must be a .csv or .parquet file; got 'p.xlsx'."),
    "--out folder": (None, None, (*LABEL, "--out", "no/p.csv"), "--out: there is no folder 'no'; make it first."),
    "--html suffix": (None, None, (*LABEL, "--html", "p.txt"), "--html must be a .html file; got 'p.txt'."),
    "--html folder": (None, None, (*LABEL, "--html", "no/p.html"), "--html: there is no folder 'no'; make it first."),
    "--out input": (None, None, (*LABEL, "--out", "./target.csv"), "would overwrite an input table"),
}


@pytest.mark.parametrize(("change_source", "change_target", "args", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables_and_arguments(run, tables, tmp_path, change_source, change_target, args, message):
    source = change_source(tables[0]) if change_source else tables[0]
    target = change_target(tables[1]) if change_target else tables[1]
    assert refused(run(source, target, "--out", "p.csv", *args), message)
    assert in_folder(tmp_path) == ["source.csv", "target.csv"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.csv", None, "TARGET: there is no file 'missing.csv'."),
        ("table.xlsx", b"x", "TARGET must be a .csv or .parquet file with a header; got 'table.xlsx'."),
        (
            "garbage.csv",
            bytes(range(256)) * 9,
            "TARGET: can't read 'garbage.csv' as CSV (commas, one header line, UTF-8): ",
        ),
        ("garbage.parquet", b"PAR1 no it is not", "TARGET: can't read 'garbage.parquet' as parquet: "),
        ("empty.csv", b"", "TARGET: can't read 'empty.csv' as CSV"),
        ("ragged.csv", b"a,b\n" + b"1,2\n" * 20 + b"1,2,3\n", "TARGET: can't read 'ragged.csv' as CSV"),
        ("longer.csv", b"a,b\n" + b"1,2,3\n" * 20, "TARGET: can't read 'longer.csv' as CSV"),
        (
            "longer.csv",
            b"a,b\n" + b"1,2,3,5\n" * 20,
            "more fields than the 2 of the header. If decimals are written with comm",
        ),
        ("header.csv", b"a,b\n", "TARGET has 0 rows"),
        (
            "doubled.csv",
            b'a,"b,c",,a,,"b,c"\n' + b"1,2,3,4,5,6\n" * 20,
            "TARGET has several columns with the same name: 'a', 'b,c'",
        ),
        ("german.csv", b"a;b\n" + b"1,5;2,3\n" * 20, "TARGET: 'german.csv' seems to use ';', not commas, between"),
        ("tabs.csv", b"a\tb\n" + b"1\t2\n" * 20, "TARGET: 'tabs.csv' seems to use tabs, not commas, between"),
        (".", None, "TARGET: '.' is a directory; name a .csv or .parquet file in it."),
    ],
)
def test_bad_files(tmp_path, monkeypatch, capsys, tables, name, content, message):
    monkeypatch.chdir(tmp_path)
    tables[0].to_csv("source.csv", index=False)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = in_folder(tmp_path)
    for command in (
        ["compare", "source.csv", name, "--label", "mood", "--out", "p.csv"],
        ["report", "source.csv", name],
    ):
        assert refused((main(command), *capsys.readouterr()), message)
    assert in_folder(tmp_path) == before


def test_a_file_that_may_not_be_opened_is_not_called_malformed(run, tables, monkeypatch):
    def forbid(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    assert refused(run(*tables, "--label", "mood"), "SOURCE: can't open 'source.csv': Permission denied.")


def test_one_file_twice_is_noted(run, tables, capsys):
    assert "same file" not in run(*tables, command="report")[2]
    assert main(["report", "source.csv", "./source.csv"]) == 0
    assert "sktl: SOURCE and TARGET are the same file\n" in capsys.readouterr().err


def test_odd_parquet_columns(run, tables):
    source, target = tables
    when = pd.date_range("2024-01-01", periods=131)
    dated = source.assign(when=when, x=[[1]] * 131), target.assign(when=when[:97], x=[[1]] * 97)
    status, _, err = run(*dated, "--label", "mood", *FAST, suffix="parquet")
    assert status == 0
    assert err.splitlines() == [
        "sktl: left out, since it holds ndarray in SOURCE and ndarray in TARGET: column 'x'",
        "sktl: read as dates (month, weekday, days): column 'when'",
    ]
    kinds = [table.assign(city=table["city"].astype("category")) for table in tables]
    assert run(*kinds, "--label", "mood", *FAST, suffix="parquet")[0] == 0


def test_missing_extras_end_in_one_sentence(run, tables, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refused(
        run(*tables, "--label", "mood", "--out", "p.parquet"), "needs pyarrow, which is not installed: pip install"
    )
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert refused(run(*tables, "--label", "mood"), "needs pandas, which is not installed: pip install 'sktl[cli]'.")


def test_a_write_that_fails_leaves_nothing(run, tables, tmp_path, monkeypatch):
    def full(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    status, _, err = run(*tables, "--label", "mood", "--out", "p.csv", *FAST)
    assert status == 2
    assert err == "sktl: error: --out: can't write 'p.csv': No space left on device\n"
    assert in_folder(tmp_path) == ["source.csv", "target.csv"]


def test_control_characters_of_names_do_not_reach_the_terminal(run, tables):
    named = [table.rename(columns={"visits": "vis\x1b[2Jits\u202e"}) for table in tables]
    status, out, err = run(*named, "--drop", "city", command="report")
    assert status == 0 and "\x1b" not in out + err and "vis\\x1b[2Jits\\u202e" in out
