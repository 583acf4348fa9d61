"""What the messages of all commands share."""

from sktl._checks import InstanceOf, import_extra
from sktl._words import did_you_mean as did_you_mean

COLUMN = (InstanceOf(str, noun="a column name"),)
COLUMNS = (InstanceOf(list, tuple, noun="a list of column names"),)


def pandas():
    """Import pandas, or say which extra brings it."""
    return import_extra("pandas", "cli", "The command line")


def count(n, noun):
    """Say how many: "1 row", "2 rows"."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def few_names(names, most=10):
    """Names for a message, cut where there are many."""
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def columns_named(names):
    """Names of columns for a message: "column 'a'", "columns 'a', 'b'"."""
    return f"column{'' if len(names) == 1 else 's'} {few_names(names)}"
