"""Rows and labels as users have them: numpy, scipy.sparse, pandas, polars; none of the last two is imported here."""

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import type_of_target

EXACT = np.float64(2**53)  # integers below it are floats without loss


def library_of(data):
    """The already imported frame library that ``data`` comes from: "pandas", "polars" or None."""
    roots = {kind.__module__.partition(".")[0] for kind in type(data).__mro__}
    return next((root for root in ("pandas", "polars") if root in roots), None)


def n_rows(data):
    """Number of rows of an array, frame, sparse matrix or list."""
    if hasattr(data, "shape"):
        return data.shape[0]
    return len(data) if hasattr(data, "__len__") else len(np.asarray(data))


def take_rows(data, rows):
    """The rows of ``data`` that the boolean mask ``rows`` names, in the container they came in."""
    if rows.all():  # no copy
        return data
    library = library_of(data)
    if library == "pandas":
        return data[rows] if data.ndim == 1 else data.loc[rows]
    if library == "polars":
        return data[np.flatnonzero(rows)]
    if sparse.issparse(data):
        return data.tocsr()[np.flatnonzero(rows)]
    if isinstance(data, (list, tuple)):
        return [value for value, keep in zip(data, rows, strict=True) if keep]
    return as_column(data)[rows]


def draw_rows(data, index):
    """The rows of ``data`` at the positions ``index``, which may repeat, in the container they came in."""
    if hasattr(data, "iloc"):
        return data.iloc[index]
    if isinstance(data, (list, tuple)):
        return [data[i] for i in index]
    return (data.tocsr() if sparse.issparse(data) else data)[index]


def plain_rows(X, name="X"):
    """``X`` itself, or CSR with its duplicate entries summed on a copy; an error if entries of it are masked.

    numpy silently drops the mask of a masked array when it is converted, and formulas on the stored values of a sparse
    matrix (norms, products of the data) take duplicate entries for different ones.
    """
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise ValueError(
            f"{name} has {np.ma.count_masked(X)} masked entries, and masks are not read. Fill them first: with "
            f"{name}.filled(np.nan) for an estimator that takes missing values, else with imputed values."
        )
    if sparse.issparse(X) and X.format == "csr" and not X.has_canonical_format:
        X = X.copy()  # the caller's matrix keeps its entries
        X.sum_duplicates()
    return X


def _is_null(value):
    """Whether one object stands for a missing value: None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def missing_values(values):
    """Mask of the missing entries (rows, where every output is missing) of a column of any kind."""
    library = library_of(values)
    if library == "pandas":
        mask = np.asarray(values.isna())
    elif library == "polars" and hasattr(values, "is_null"):
        # polars tells missing from NaN
        mask = (values.is_null() | values.is_nan() if values.dtype.is_float() else values.is_null()).to_numpy()
    elif sparse.issparse(values):  # indicators of many labels per row
        mask = np.zeros(values.shape[0], dtype=bool)
    else:
        array = as_column(values)
        if array.dtype.kind == "f":
            mask = np.isnan(array)
        elif array.dtype.kind == "O":
            mask = np.array([_is_null(value) for value in array.ravel()], dtype=bool).reshape(array.shape)
        else:
            mask = np.zeros(array.shape, dtype=bool)
    if mask.ndim == 1:
        return mask
    rows = mask.reshape(len(mask), -1)
    if np.any(rows.any(axis=1) & ~rows.all(axis=1)):
        row = int(np.flatnonzero(rows.any(axis=1) & ~rows.all(axis=1))[0])
        raise ValueError(
            f"Row {row} of y has some of its {rows.shape[1]} outputs missing: a row must have all of them or "
            "none. Drop such rows, or fit one estimator per output."
        )
    return rows.all(axis=1)


def as_column(values):
    """``values`` as an array; a list becomes an object array where another dtype would change its values.

    Masked entries become None: a mask says that a value is missing, and numpy would silently drop it.
    """
    if library_of(values):
        return values.to_numpy()
    if np.ma.is_masked(values):
        column = values.data.astype(object)
        column[np.ma.getmaskarray(values)] = None
        return column
    if not isinstance(values, (list, tuple)):
        return values if sparse.issparse(values) else np.asarray(values)
    return unboxed(np.array(values, dtype=object))


def unboxed(column):
    """An object array of nothing but numbers (or booleans) in their own type, if that loses nothing; else as it is."""
    numbers = (bool, int, float, np.bool_, np.number)
    if column.dtype.kind != "O" or column.size == 0 or not all(isinstance(value, numbers) for value in column.ravel()):
        return column
    natural = np.array(column.tolist())
    return natural if (natural == column).all() else column  # a large integer beside floats would lose digits


def one_column(y):
    """``y`` as a flat column where it holds one output, shape (n_samples, 1); else as it is."""
    shape = np.shape(as_column(y) if isinstance(y, (list, tuple)) else y)
    if len(shape) != 2 or shape[1] != 1 or sparse.issparse(y):
        return y
    library = library_of(y)
    if library:
        return y.iloc[:, 0] if library == "pandas" else y[:, 0]
    return as_column(y)[:, 0]


def labeled_rows(X, y):
    """Mask of the rows of ``X`` whose label is known, or an error if ``y`` has another number of rows."""
    if n_rows(y) != n_rows(X):
        raise ValueError(f"X and y must have the same number of rows: X has {n_rows(X)}, y has {n_rows(y)}.")
    return ~missing_values(y)


def known_labels(y, labeled, discrete=True):
    """Labels of the ``labeled`` rows as an array, in the type they had before missing ones forced another.

    With ``discrete``, integral floats that stand beside NaN come back as integers; floats of a ``y`` that misses none
    stay floats. Objects that are all numbers or all booleans come back as such, strings as they are.
    """
    known = unboxed(as_column(take_rows(y, labeled)))
    restore = discrete and known.dtype.kind == "f" and not labeled.all()
    # NaN beside them made floats of integers; beyond 2^53 which one is not known
    if restore and (np.abs(known) < EXACT).all() and (known == np.floor(known)).all():
        return known.astype(np.int64)
    return known


def class_codes(y, labeled):
    """Code of each row's class (or combination of outputs), 0 and up; -1 where the label is missing.

    None where there are no labels, or they are no classes.
    """
    if y is None or not labeled.any():
        return None
    known = known_labels(one_column(y), labeled)
    known = known.toarray() if sparse.issparse(known) else known
    if known.ndim > 1 and known.dtype.kind == "f" and (known != np.floor(known)).any():
        return None  # several outputs to regress on
    if known.ndim > 1 or len({type(value) for value in known.tolist()}) > 1:  # outputs, or numbers beside texts
        rows = known.reshape(len(known), -1)
        rows = rows if rows.dtype.kind in "biu" else rows.astype(str)
        known = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
    elif type_of_target(known) not in ("binary", "multiclass"):
        return None
    codes = np.full(len(labeled), -1)
    codes[labeled] = np.unique(known, return_inverse=True)[1]
    return codes


def hidden_labels(y, rows):
    """A copy of the labels with those of ``rows`` (a mask, or positions) missing: floats with NaN, else objects."""
    y = as_column(y)
    floats = y.dtype.kind == "f" or (y.dtype.kind in "iu" and (np.abs(y.astype(float)) < EXACT).all())
    hidden = np.array(y, dtype=y.dtype if y.dtype.kind == "f" else float if floats else object)
    hidden[missing_values(y)] = np.nan if floats else None
    hidden[rows] = np.nan if floats else None
    return hidden
