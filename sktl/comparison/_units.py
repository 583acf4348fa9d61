"""A row of units below a file's header, as instruments write them: ``age,weight`` / ``years,kg`` / ``41,80``."""

import re

from sktl.comparison._words import pandas

UNIT = re.compile(r"[\[(]?[A-Za-zµμΩ°%‰€$£][A-Za-zµμΩ°%‰€$£²³·*/^. \d-]{0,11}[\])]?")
NO_UNITS = {"", "-", "na", "n/a", "nan", "none", "null", "missing", "unknown", "true", "false", "yes", "no", "inf"}


def units_row(table):
    """Units by column, if the first row of a table holds them and nothing else; else none.

    It does where each column that is otherwise of numbers has a unit or nothing in it, at least one has a unit, and no
    text column has a value there that another of its rows has.
    """
    if len(table) < 2:
        return {}
    units = {}
    for name, cell in table.iloc[0].items():
        if not isinstance(cell, str):
            if pandas().notna(cell):
                return {}  # a number or truth value: a row like the others
            continue
        word, others = cell.strip(), table[name].iloc[1:].dropna()
        if word.casefold() in NO_UNITS:
            continue
        if not UNIT.fullmatch(word) or (others == cell).any():
            return {}
        if len(others) and pandas().to_numeric(others, errors="coerce").notna().all():
            units[name] = word.strip("[]() ")
    return units


def other_units(one, other, roles):
    """Notes of columns whose units differ between two tables."""
    differ = [name for name in one if name in other and one[name] != other[name]]
    return [
        f"other units: column {name!r} is in {one[name]!r} in {roles[0]}, in {other[name]!r} in {roles[1]}"
        for name in differ
    ]


def units_of(table, names):
    """Units of the columns ``names`` that a table came with."""
    return {name: unit for name, unit in table.attrs.get("units", {}).items() if name in names}
