"""The label column: what task it poses, and its way into numbers and back."""

from dataclasses import dataclass

import numpy as np

from sktl.cli._tables import MIN_ROWS, InputError, kind_of, pandas

MAX_CLASSES = 20  # whole numbers with more different values are a regression's


@dataclass(frozen=True)
class Labels:
    """Labels of both tables as floats, and what they stood for.

    Attributes
    ----------
    task : {"classification", "regression"}
        What is to be predicted.
    source, target : ndarray of float
        Class numbers, or the values themselves; NaN = missing.
    classes : ndarray or None
        The label of each class number, in its original type; None in a regression.
    """

    task: str
    source: np.ndarray
    target: np.ndarray
    classes: np.ndarray | None

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
        raise InputError(f"The label column {label!r} holds {kind} in SOURCE but {kind_of(other)} in TARGET.")
    parts = [_values(column, kind), np.empty(0) if other is None else _values(other, kind)]
    known = [part[_known(part)] for part in parts]
    if len(known[0]) < MIN_ROWS:
        raise InputError(f"SOURCE has {len(known[0])} rows with a label {label!r}; at least {MIN_ROWS} are needed.")
    task = _task_of(known[0], kind) if task == "auto" else task
    if task == "regression":
        if kind != "numbers":
            raise InputError(f"--task regression needs a label of numbers; column {label!r} holds {kind}.")
        return _checked_numbers(parts[0], parts[1] if other is not None else np.full(len(target), np.nan), label)
    classes = np.unique(np.concatenate(known) if other is not None else known[0])
    _check_classes(known[0], label)
    codes = [_codes(part, classes) for part in parts]
    if kind == "booleans" or pandas().api.types.is_integer_dtype(column):
        classes = classes.astype(bool if kind == "booleans" else np.int64)
    return Labels(task, codes[0], codes[1] if other is not None else np.full(len(target), np.nan), classes)


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
    """Tell the task that the labels pose: whole numbers of few different values are classes."""
    if kind != "numbers":
        return "classification"
    few = max(2, min(MAX_CLASSES, len(known) // 5))
    whole = np.isfinite(known).all() and (known == np.floor(known)).all()
    return "classification" if whole and len(np.unique(known)) <= few else "regression"


def _codes(values, classes):
    """Class numbers as floats, NaN where the label is missing."""
    codes = np.full(len(values), np.nan)
    known = _known(values)
    codes[known] = np.searchsorted(classes, values[known])
    return codes


def _check_classes(known, label):
    """Refuse labels of one class, or of nearly as many classes as rows."""
    found = np.unique(known).tolist()
    if len(found) == 1:
        raise InputError(f"The label column {label!r} of SOURCE has one class only ({found[0]!r}); two are needed.")
    if len(found) > len(known) / 2:
        raise InputError(
            f"The label column {label!r} has {len(found)} different values in {len(known)} rows of SOURCE: "
            "too many for classes. Use --task regression if they are numbers."
        )


def _checked_numbers(source, target, label):
    """Labels of a regression, which must be finite and vary."""
    for role, values in (("SOURCE", source), ("TARGET", target)):
        if np.isinf(values).any():
            raise InputError(
                f"The label column {label!r} of {role} has infinite values; a regression needs finite ones."
            )
        known = values[~np.isnan(values)]
        if len(known) > 1 and np.ptp(known) == 0:
            raise InputError(f"The label column {label!r} of {role} has one value only ({known[0]:g}): R2 needs two.")
    return Labels("regression", source, target, None)
