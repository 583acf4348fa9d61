"""Columns as they come: none is a reason to refuse a table."""

import datetime
import decimal

import numpy as np
import pytest
from two_tables import pd, two_moons_apart

from sktl.comparison import Comparison
from sktl.exceptions import InputError

WORDS = ["engine", "brake", "seat", "leather", "loud", "soft", "worn", "new", "old", "red", "blue", "door"]


def problem_of(source, target, label, **options):
    return Comparison.from_tables(source, target, label, **options).problem


def values(kind, n, seed):
    rng = np.random.default_rng(seed)
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(int(d)) for d in rng.integers(0, 90, n)]
    return {
        "uuid": [f"{rng.integers(2**60):x}" for _ in range(n)],
        "name": [f"customer {j + 1000 * seed}" for j in range(n)],
        "row number": list(range(n)),
        "day": days,
        "time": pd.to_datetime(pd.Series(days)) + pd.to_timedelta(rng.integers(0, 86400, n), unit="s"),
        "zone": pd.to_datetime(pd.Series(days)).dt.tz_localize("Europe/Berlin"),
        "iso": [str(day) for day in days],
        "american": [f"{day:%m/%d/%Y}" for day in days],
        "german": [f"{day:%d.%m.%Y}" for day in days],
        "stained": ["unknown" if j == 3 else str(day) for j, day in enumerate(days)],
        "review": [" ".join(rng.choice(WORDS, 5)) for _ in range(n)],
        "code": [f"c{j}" for j in rng.integers(0, 90, n)],
        "decimal": [decimal.Decimal(int(j)) / 4 for j in rng.integers(0, 9, n)],
        "duration": pd.to_timedelta(rng.integers(0, 10**6, n), unit="s"),
        "boolean": rng.random(n) < 0.5,
        "list": [[1]] * n,
        "bytes": [b"x"] * n,
        "hour": [datetime.time(int(j)) for j in rng.integers(0, 24, n)],
        "complex": rng.normal(size=n) + 1j,
        "mixed": [j if j % 2 else "x" for j in rng.integers(0, 5, n)],
    }[kind]


EXPECTED = {
    "uuid": ([], "left out, since nearly every row has a different text"),
    "name": ([], "left out, since nearly every row has a different text"),
    "row number": ([], "left out, since it numbers the rows"),
    "day": (["x (month)", "x (weekday)", "x (days)"], "read as dates (month, weekday, days): column 'x'"),
    "time": (["x (month)", "x (weekday)", "x (hour)", "x (days)"], "read as dates (month, weekday, hour, days)"),
    "zone": (["x (month)", "x (weekday)", "x (days)"], "read as dates (month"),
    "iso": (["x (month)", "x (weekday)", "x (days)"], "read as dates (month"),
    "american": (["x (month)", "x (weekday)", "x (days)"], "read as dates, month first (month"),
    "german": (["x (month)", "x (weekday)", "x (days)"], "read as dates, day first (month"),
    "stained": (["x (month)", "x (weekday)", "x (days)"], "no dates, taken as missing: 2 of the values of column 'x'"),
    "review": (["x"], "read by their words, as texts: column 'x'"),
    "code": (["x"], "of more than 50 values, for which models take the label's mean of each: column 'x'"),
    "decimal": (["x"], ""),
    "duration": (["x"], ""),
    "boolean": (["x"], ""),
    "list": ([], "left out, since it holds list in SOURCE and list in TARGET: column 'x'"),
    "bytes": ([], "left out, since it holds bytes"),
    "hour": ([], "left out, since it holds time"),
    "complex": ([], "left out, since it holds complex128"),
    "mixed": (["x"], ""),
}


def tables_with(kind):
    source, target = two_moons_apart(121, 103)
    parts = source.reset_index(drop=True), target.reset_index(drop=True)
    return [part.assign(x=values(kind, len(part), seed)) for seed, part in enumerate(parts)]


@pytest.mark.parametrize(("kind", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_each_kind_of_column(kind, expected):
    names, note = expected
    source, target = tables_with(kind)
    choice = Comparison.from_tables(source, target.drop(columns="mood"), "mood", methods="source-only,kmm").run()
    assert [outcome.failed for outcome in choice.outcomes] == [None] * 2
    problem = choice.protocol.problem
    assert list(problem.X) == ["a", "b", *names]
    assert any(found.startswith(note) for found in [*problem.notes, ""] if note or not problem.notes)


def test_what_looks_like_an_identifier_can_be_kept():
    source, target = tables_with("row number")
    assert list(problem_of(source, target, "mood", keep=["x"]).X) == ["a", "b", "x"]
    with pytest.raises(InputError, match="--keep y: neither table has such a column"):
        problem_of(source, target, "mood", keep=["y"])


def test_parts_of_other_periods_are_left_out():
    source, target = tables_with("day")
    problem = problem_of(source, target.assign(x=[day.replace(year=2025) for day in target["x"]]), "mood")
    assert list(problem.X) == ["a", "b", "x (month)", "x (weekday)"]
    assert "left out, since they alone tell SOURCE from TARGET: year, days of column 'x'" in problem.notes


def test_all_that_is_wrong_is_said_at_once():
    source, target = two_moons_apart(61, 43)
    source = source.assign(c=1, d="1,5", e=1e200, f=pd.Timestamp("2024-01-01"))
    with pytest.raises(InputError) as caught:
        problem_of(source, target.assign(c="x", d="2,5", e=1.0, f=3), "mood")
    words = str(caught.value)
    assert "Column 'c' holds numbers in SOURCE but text in TARGET" in words
    assert "Column 'd' of SOURCE holds numbers with commas" in words and "Column 'e' of SOURCE holds 1e+200" in words
    assert "Column 'f' holds dates in SOURCE but numbers in TARGET" in words


def test_several_sources():
    source, target = two_moons_apart(61, 43)
    problem = problem_of({"one": source[:30].assign(c=1), "two": source[30:]}, target.assign(c=1), "mood")
    assert problem.sources == ["one", "two"] and list(problem.X) == ["a", "b"]
    assert (problem.domain == "one").sum() == 30 and ((problem.domain == "target") == problem.target).all()
    assert problem.notes[0] == "left out, since only some sources have it: column 'c'"
    parts = problem.X[problem.domain == "one"]["a"]
    assert sorted(parts) == sorted(source["a"][:30])
    with pytest.raises(InputError, match="Column 'a' holds numbers in some sources and text in others"):
        problem_of({"one": source[:30].assign(a="x"), "two": source[30:]}, target, "mood")
    with pytest.raises(InputError, match="The sources need names other than 'target'"):
        problem_of({"target": source}, target, "mood")


@pytest.mark.parametrize(
    ("counts", "task"),
    [
        ([50, 50], "classification"),
        ([1, 99], "classification"),
        ([20] * 10, "classification"),  # digits
        ([20] * 11, "regression"),
        ([1, 3, 30, 60, 40, 9, 1], "regression"),  # a wine's quality
        ([100, 30, 20, 20, 5], "classification"),  # stages of a disease: one end is common
        ([30, 20, 10, 5, 3, 2], "classification"),  # the number of children
        ([5, 80, 5], "classification"),
        ([2] * 8, "regression"),  # too few rows a level
    ],
)
def test_the_task(counts, task):
    source, target = two_moons_apart(sum(counts), 43)
    levels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)) + 3, counts))
    source = source.assign(mood=levels)
    problem = problem_of(source, target.drop(columns="mood"), "mood")
    assert problem.labels.task == task
    said = [note for note in problem.notes if "--task classification" in note]
    assert len(said) == (task == "regression")
    back = problem_of(source, target.drop(columns="mood"), "mood", task="classification")
    assert back.labels.task == "classification" and not any("--task" in note for note in back.notes)
