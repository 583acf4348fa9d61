import datetime

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktl._core.dates import PARTS, are_dates, date_order, date_parts, mostly_dates, parse_dates


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2024-01-31", "mdy", "2024-01-31"),
        ("2024/1/5 7:30", "dmy", "2024-01-05T07:30"),
        ("2024-01-31T23:59:10Z", "mdy", "2024-01-31T23:59"),
        ("3/4/2024", "mdy", "2024-03-04"),
        ("3/4/2024", "dmy", "2024-04-03"),
        ("31.12.1999", "dmy", "1999-12-31"),
        ("3/4/69", "mdy", "2069-03-04"),
        ("3/4/70 1:05 PM", "mdy", "1970-03-04T13:05"),
        (" 12/25/2020 12:00 pm ", "mdy", "2020-12-25T12:00"),
        ("12/25/2020 12:30 am", "mdy", "2020-12-25T00:30"),
        ("12/25/2020 9:30 AM", "mdy", "2020-12-25T09:30"),
        ("2020-12-25 24:00", "mdy", "2020-12-26T00:00"),
        ("2020-12-25 25:00", "mdy", "NaT"),
        ("2020-12-25 12:60", "mdy", "NaT"),
        ("2023-02-29", "mdy", "NaT"),
        ("yesterday", "mdy", "NaT"),
        ("2024-01", "mdy", "NaT"),
    ],
)
def test_texts_as_dates(text, order, expected):
    assert_array_equal(parse_dates([text, "2024-05-05"], order)[:1], np.array([expected], dtype="datetime64[s]"))


def test_the_order_is_told_by_what_can_be_no_month():
    assert date_order(["1/2/2024", "13/2/2024"]) == "dmy"
    assert date_order(["1/2/2024", "2/13/2024"]) == "mdy"
    assert date_order(["1.2.2024"]) == "dmy" and date_order(["1/2/2024"]) == "mdy"


def test_a_few_other_texts_among_dates():
    dates = ["2024-01-31"] * 39
    assert are_dates(dates) and mostly_dates([*dates, "unknown"]) and not are_dates([*dates, "unknown"])
    assert not mostly_dates([*dates, *["unknown"] * 3]) and not mostly_dates([])


def test_parts_against_the_standard_library():
    moments = [
        datetime.datetime(1969, 12, 31, 23, 30),
        datetime.datetime(2000, 2, 29, 6, 45),
        datetime.datetime(2024, 7, 1),
    ]
    parts = date_parts(np.array([*moments, "NaT"], dtype="datetime64[s]"))
    start = datetime.datetime(2000, 1, 1)
    expected = [
        (w.year, w.month, w.isoweekday(), w.hour + w.minute / 60, (w - start).total_seconds() / 86400) for w in moments
    ]
    assert tuple(parts) == PARTS
    assert_array_equal(np.column_stack(list(parts.values())), [*expected, [np.nan] * 5])
