"""The label column: what task it poses, and its way into numbers and back."""

from dataclasses import dataclass, field

import numpy as np

from sktl._core.columns import are_amounts
from sktl.comparison._files import MIN_ROWS
from sktl.comparison._suspects import MAX_EXACT, MAX_SIZE, rounded
from sktl.comparison._tables import kind_of, stray_words
from sktl.comparison._words import count, few_names, pandas
from sktl.exceptions import InputError

MAX_LISTED = 50  # whole numbers of more different values are nobody's classes: no note says that they are amounts


@dataclass(frozen=True)
class Labels:
    """Labels of both tables as floats, and what they stood for.

    Attributes
    ----------
    name : str
        Its column.
    task : {"classification", "regression"}
        What is to be predicted.
    source, target : ndarray of float
        Class numbers, or the values themselves; NaN = missing.
    classes : ndarray or None
        The label of each class number, in its original type; None in a regression.
    notes : list of str
        What may be wrong with them.
    """

    name: str
    task: str
    source: np.ndarray
    target: np.ndarray
    classes: np.ndarray | None
    notes: list = field(default_factory=list)

    def decode(self, predictions):
        """Predictions in the labels' original type."""
        return predictions if self.classes is None else self.classes[predictions.astype(int)]


def read_labels(source, target, label, task="auto"):
    """Read the label column of two frames (it may be absent from ``target``) as :class:`Labels`."""
    column = source[label]
    kind = kind_of(column)
    if column.isna().all():
        raise InputError(f"The label column {label!r} of SOURCE is empty: a model needs labelled source rows.")
    if kind not in ("numbers", "booleans", "text"):
        raise InputError(f"The label column {label!r} holds {kind}, neither numbers, booleans nor text. Convert it.")
    other = target[label] if label in target and target[label].notna().any() else None
    if other is not None and kind_of(other) != kind:
        raise InputError(
            f"The label column {label!r} holds {kind} in SOURCE but {kind_of(other)} in TARGET"
            f"{stray_words(column, other)}. Use the same type in both tables."
        )
    parts = [_values(column, kind), np.empty(0) if other is None else _values(other, kind)]
    known = [part[_known(part)] for part in parts]
    if len(known[0]) < MIN_ROWS:
        rows = count(len(known[0]), "row")
        raise InputError(f"SOURCE has {rows} with a label {label!r}; at least {MIN_ROWS} are needed.")
    notes = []
    if task == "auto":
        task = _task_of(known[0], kind)
        notes = _grade_note(known[0], label) if task == "regression" else []
    if kind == "numbers":
        for part in [column] if other is None else [column, other]:
            _check_exact(part, label, task)
    if task == "regression":
        if kind != "numbers":
            raise InputError(f"--task regression needs a label of numbers; column {label!r} holds {kind}.")
        hidden = parts[1] if other is not None else np.full(len(target), np.nan)
        return _checked_numbers(parts[0], hidden, label, notes)
    classes = np.unique(np.concatenate(known) if other is not None else known[0])
    _check_classes(known[0], label, stray_words(column, column[:0]) if kind == "text" else "")
    notes = _compare_classes(*known, label) if other is not None else []
    codes = [_codes(part, classes) for part in parts]
    if kind == "booleans" or pandas().api.types.is_integer_dtype(column):
        classes = classes.astype(bool if kind == "booleans" else np.int64)
    hidden = np.full(len(target), np.nan)
    return Labels(label, task, codes[0], hidden if other is None else codes[1], classes, notes)


def _values(column, kind):
    """Labels as floats (NaN = missing), or as objects (None = missing)."""
    if kind == "numbers":
        return column.to_numpy(dtype=float, na_value=np.nan)
    convert = bool if kind == "booleans" else str
    values = np.full(len(column), None, dtype=object)
    known = column.notna().to_numpy()
    values[known] = [convert(value) for value in column[known]]
    return values


def _known(values):
    """Mask of the labels that are not missing."""
    if values.dtype == object:
        return np.array([value is not None for value in values], dtype=bool)
    return ~np.isnan(values)


def _task_of(known, kind):
    """Tell the task that the labels pose: numbers are classes if they are whole, few, and not graded."""
    return "regression" if kind == "numbers" and are_amounts(known) else "classification"


def _grade_note(known, label):
    """Say that whole numbers are taken as amounts, where they could be classes: a list of one note or none."""
    levels = np.unique(known)
    if len(levels) > min(MAX_LISTED, len(known) // 2) or not (levels == np.floor(levels)).all():
        return []
    return [
        f"the {len(levels)} whole numbers of the label {label!r} ({levels[0]:g} to {levels[-1]:g}) are taken as "
        "amounts; --task classification takes them as classes"
    ]


def _codes(values, classes):
    """Class numbers as floats, NaN where the label is missing."""
    codes = np.full(len(values), np.nan)
    known = _known(values)
    codes[known] = np.searchsorted(classes, values[known])  # classes are sorted and hold every label
    return codes


def _check_exact(column, label, task):
    """Refuse whole numbers that would be one class, or one value, since a float can't tell them apart."""
    values = rounded(column)
    if not values and task == "classification":
        floats = column.to_numpy(dtype=float, na_value=np.nan)
        values = floats[np.isfinite(floats) & (np.abs(floats) >= MAX_EXACT)]
    if len(values):
        raise InputError(
            f"The label column {label!r} holds whole numbers beyond 2**53 ({int(values[0])}), which floats can't "
            "represent exactly. Write classes as text (put a letter in front), amounts in a larger unit."
        )


def _compare_classes(source, target, label):
    """Compare the classes of the tables: refuse disjoint ones, return a note of those that only TARGET has."""
    found = [np.unique(known).tolist() for known in (source, target)]
    missing = sorted(set(found[1]) - set(found[0]))
    if len(missing) == len(found[1]):
        raise InputError(
            f"No class of the label column {label!r} is in both tables: SOURCE has {few_names(found[0])}, TARGET has "
            f"{few_names(found[1])}. Spell them the same way, including spaces and capitals."
        )
    words = f"classes of {label!r} in TARGET that SOURCE does not have: {few_names(missing)} (spelt differently?)"
    return [words] if missing else []


def _check_classes(known, label, stray):
    """Refuse labels of one class, or of nearly as many classes as rows."""
    found = np.unique(known).tolist()
    if len(found) == 1:
        raise InputError(f"The label column {label!r} of SOURCE has one class only ({found[0]!r}); two are needed.")
    if len(found) > len(known) / 2:  # a class of one row can't be learned and scored
        raise InputError(
            f"The label column {label!r} has {len(found)} different values in {len(known)} rows of SOURCE{stray}: "
            "too many for classes. Use --task regression if they are numbers."
        )


def _checked_numbers(source, target, label, notes):
    """Labels of a regression, which must be finite and vary."""
    for role, values in (("SOURCE", source), ("TARGET", target)):
        if np.isinf(values).any():
            raise InputError(
                f"The label column {label!r} of {role} has infinite values; a regression needs finite ones."
            )
        if (np.abs(values) > MAX_SIZE).any():
            largest = np.nanmax(np.abs(values))
            raise InputError(f"The label column {label!r} of {role} holds {largest:g}: too large to compute with.")
        known = values[~np.isnan(values)]
        if len(known) > 1 and np.ptp(known) == 0:
            raise InputError(
                f"The label column {label!r} of {role} has one value only ({known[0]:g}); R2 needs two or more."
            )
    return Labels(label, "regression", source, target, None, notes)
