"""Dates in a column, however they are written, and the numbers that a model can use of them."""

import re
from datetime import date

import numpy as np

PARTS = ("year", "month", "weekday", "hour", "days")  # Monday is weekday 1; days are since START, an age turned round
START = np.datetime64("2000-01-01", "s")
NO_DATE = np.datetime64("NaT", "s")
MOSTLY = 0.95  # a column of texts of which this share are dates holds dates; the others are missing
CENTURY = 70  # two-digit years from here on are of the 1900s
DATE = re.compile(
    r"\s*(?:(?P<y>\d{4})([-/.])(?P<m>\d\d?)\2(?P<d>\d\d?)"
    r"|(?P<a>\d\d?)([-/.])(?P<b>\d\d?)\6(?P<c>\d{4})|(?P<i>\d\d?)/(?P<j>\d\d?)/(?P<k>\d\d))"
    r"(?:[ T](?P<hour>\d\d?):(?P<minute>\d\d)(?P<rest>.*))?\s*"
)


def are_dates(texts) -> bool:
    """Whether all of some texts are written as dates."""
    return len(texts) > 0 and all(DATE.fullmatch(text) for text in texts)


def mostly_dates(texts) -> bool:
    """Whether at least ``MOSTLY`` of some texts are written as dates."""
    texts = list(texts)
    allowed = (1 - MOSTLY) * len(texts)
    for text in texts:  # ends early: most columns of text hold none
        if not DATE.fullmatch(text):
            allowed -= 1
            if allowed < 0:
                return False
    return len(texts) > 0


def date_order(texts) -> str:
    """How texts write day and month where the year stands last: "dmy" or "mdy", by a number above 12, or by points."""
    for text in texts:
        found = DATE.fullmatch(text)
        first, second = (found["a"] or found["i"], found["b"] or found["j"]) if found else (None, None)
        if first and (int(first) > 12 or "." in text[:6]):
            return "dmy"
        if first and int(second) > 12:
            return "mdy"
    return "mdy"


def parse_dates(texts, order: str = "mdy") -> np.ndarray:
    """Texts as datetime64[s], NaT where one is no date; each different text is read once."""
    known, places = np.unique(np.asarray(texts, dtype=object).astype(str), return_inverse=True)
    return np.array([_parsed(text, order) for text in known.tolist()], dtype="datetime64[s]")[places]


def _parsed(text, order):
    """One text as a date."""
    found = DATE.fullmatch(text)
    if not found:
        return NO_DATE
    if found["y"]:
        year, month, day = (int(found[part]) for part in "ymd")
    else:
        first, second, year = (int(found[one] or found[other]) for one, other in ("ai", "bj", "ck"))
        day, month = (first, second) if order == "dmy" else (second, first)
        if found["k"]:
            year += 1900 if year >= CENTURY else 2000
    try:
        when = np.datetime64(date(year, month, day), "s")
    except ValueError:  # the 31st of February
        return NO_DATE
    hour, minute = int(found["hour"] or 0), int(found["minute"] or 0)
    half = (found["rest"] or "").strip().lower()[-2:]
    if half in ("am", "pm") and hour <= 12:  # 12 is the first hour of a half, not its last
        hour = hour % 12 + (12 if half == "pm" else 0)
    # 24:00 is midnight at the day's end
    return when + np.timedelta64(60 * hour + minute, "m") if hour <= 24 and minute < 60 else NO_DATE


def date_parts(when: np.ndarray) -> dict:
    """:data:`PARTS` of dates as floats, NaN where there is none."""
    when = when.astype("datetime64[s]")
    days, months, years = (when.astype(f"datetime64[{unit}]") for unit in "DMY")
    numbers = {
        "year": years.astype(int) + 1970,
        "month": (months - years.astype("datetime64[M]")).astype(int) + 1,
        "weekday": (days.astype(int) + 3) % 7 + 1,  # day 0 of the clock was a Thursday
        "hour": (when - days.astype("datetime64[s]")) / np.timedelta64(1, "h"),
        "days": (when - START) / np.timedelta64(1, "D"),
    }
    return {part: np.where(np.isnat(when), np.nan, numbers[part]) for part in PARTS}
