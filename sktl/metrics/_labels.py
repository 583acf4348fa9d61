"""What every measure that looks at labels checks first."""

from sklearn.utils.multiclass import type_of_target

from sktl.domains import known_labels, missing_values


def check_labels(name, y, n=None):
    """Classes as an array (n,), none missing."""
    missing = missing_values(y)
    if missing.any():
        raise ValueError(
            f"{name} lacks {int(missing.sum())} of {len(missing)} labels: every row needs one here. Pass the rows that "
            "have one, or predicted labels."
        )
    values = known_labels(y, ~missing)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} must hold one class per row; got shape {values.shape}.")
    if n is not None and len(values) != n:
        raise ValueError(f"{name} has {len(values)} labels for {n} rows.")
    if type_of_target(values) not in ("binary", "multiclass"):
        raise ValueError(f"{name} must hold classes; got {type_of_target(values)} values, such as {values[0]!r}.")
    return values


def check_same_kind(**labels):
    """Raise where one column of labels holds text and another numbers: no class could then be in both."""
    first = {name: values.tolist()[0] for name, values in labels.items()}
    if len({isinstance(value, str) for value in first.values()}) > 1:
        found = ", ".join(f"{name} holds values such as {value!r}" for name, value in first.items())
        raise ValueError(f"Labels must be text in both domains or numbers in both; {found}. Convert one of them.")
