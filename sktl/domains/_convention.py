"""Which rows are source and which are target: missing labels and ``sample_domain``, read in one place."""

import inspect
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sktl.domains._tables import as_column, labeled_rows, missing_values, n_rows, plain_rows, unboxed
from sktl.exceptions import SingleDomainWarning, UnlabeledSourceWarning

TARGET = "target"
WAYS_OUT = "Mark target rows 'target' (or True, or a negative integer), or leave their labels missing."
ONE_DOMAIN_IS_MEANT = ContextVar("one domain is meant", default=False)


@dataclass(frozen=True)
class Domains:
    """Which domain each row belongs to.

    Attributes
    ----------
    target : ndarray of shape (n_samples,), dtype bool
        Rows of the target domain.
    labeled : ndarray of shape (n_samples,), dtype bool
        Rows whose label is known.
    names : ndarray of shape (n_samples,)
        The source's name (as given in ``sample_domain``, or "source") or "target".
    single : bool
        Nothing tells the domains apart: there is one, and ``target`` is False everywhere.
    aliases : tuple
        Other names under which ``sample_domain`` gave target rows.
    samples : ndarray of shape (n_samples,), or None
        Number of the physical sample, -1 for a row that has none; None where nobody asked.
    """

    target: np.ndarray
    labeled: np.ndarray
    names: np.ndarray
    single: bool
    aliases: tuple = ()
    samples: np.ndarray | None = None

    @property
    def source(self):
        """Rows of all source domains."""
        return ~self.target

    @property
    def sources(self):
        """Names of the source domains, in a fixed order."""
        return sorted(set(self.names[self.source].tolist()), key=repr)


@contextmanager
def one_domain_is_meant():
    """Without the warning that there is one domain, where the caller makes one of several, in this thread alone.

    A filter of Python's ``warnings`` would hold for all threads, and could outlive the block.
    """
    token = ONE_DOMAIN_IS_MEANT.set(True)
    try:
        yield
    finally:
        ONE_DOMAIN_IS_MEANT.reset(token)


def read_domains(X, y=None, sample_domain=None, needs_target=True):
    """Tell source rows from target rows; the one interpreter of missing labels and of ``sample_domain``.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        Only its number of rows is used.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Labels; missing ones are NaN, None or ``pd.NA``.
    sample_domain : array-like of shape (n_samples,), default=None
        Booleans (True = target), integers (negative = target, others name a source each), or names ("target").

    Returns
    -------
    Domains
    """
    n = n_rows(plain_rows(X))
    labeled = np.ones(n, dtype=bool) if y is None else labeled_rows(X, y)
    if sample_domain is not None:
        target, names, aliases = _read_sample_domain(sample_domain, n, labeled, needs_target)
        if labeled.any() and not labeled[~target].any():
            warnings.warn(
                f"No source row has a label, while {labeled.sum()} target rows do. If source and target are "
                "swapped, correct sample_domain: True, a negative integer or 'target' marks a target row.",
                UnlabeledSourceWarning,
                stacklevel=user_level(),
            )
        return Domains(target, labeled, names, single=False, aliases=aliases)
    names = np.where(labeled, "source", TARGET).astype(object)
    if labeled.all():
        if ONE_DOMAIN_IS_MEANT.get():
            return Domains(~labeled, labeled, names, single=True)
        warnings.warn(
            "No label is missing and no sample_domain was passed: all rows are one domain, and nothing is adapted. "
            "Leave the labels of target rows missing (NaN or None; -1 counts as a label), or pass sample_domain.",
            SingleDomainWarning,
            stacklevel=user_level(),
        )
        return Domains(~labeled, labeled, names, single=True)
    if not labeled.any():
        raise ValueError(
            f"The labels of all {n} rows are missing, which makes every row a target row, but at least one source "
            "row is needed. Pass the labels of the source rows, or sample_domain if the source has no labels."
        )
    return Domains(~labeled, labeled, names, single=False)


def read_target_domain(X, y=None, sample_domain=None):
    """Tell the domains where the source is a model: every row is a target row unless ``sample_domain`` names a source.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        Only its number of rows is used.
    y : array-like of shape (n_samples,), default=None
        Labels; missing ones are NaN, None or ``pd.NA``.
    sample_domain : array-like of shape (n_samples,), default=None
        As :func:`read_domains` takes it; it may name target rows alone.

    Returns
    -------
    Domains
    """
    n = n_rows(X)
    labeled = np.ones(n, dtype=bool) if y is None else labeled_rows(X, y)
    names, target, aliases = np.full(n, TARGET, dtype=object), np.ones(n, dtype=bool), ()
    if sample_domain is not None and not _names_of_domains(sample_domain, n)[1].all():
        target, names, aliases = _read_sample_domain(sample_domain, n, labeled, needs_target=True)
    return Domains(target, labeled, names, single=False, aliases=aliases)


def user_level():
    """Stack level, for the caller's warning, of the first line that is not sktl's, scikit-learn's or joblib's."""
    frame, level = inspect.currentframe(), 0
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in ("sktl", "sklearn", "joblib"):
        frame, level = frame.f_back, level + 1
    return level


def warn_unconverged(message):
    """Warn that an iteration ended before it reached its tolerance; the warning points at the user's line."""
    warnings.warn(message, ConvergenceWarning, stacklevel=user_level())


def target_mask(X, y=None, sample_domain=None):
    """Which rows belong to the target domain.

    Parameters
    ----------
    X : array-like of n_samples rows
        The stacked rows of all domains; only their number is used.
    y : array-like of shape (n_samples,), default=None
        Labels, missing (NaN, None, ``pd.NA``) on target rows.
    sample_domain : array-like of shape (n_samples,), default=None
        Where the labels can't tell: booleans (True = target), integers (negative = target) or names ("target"). If no
        row is marked so, the domains in which every label is missing are the target.

    Returns
    -------
    ndarray of shape (n_samples,), dtype bool

    Raises
    ------
    ValueError
        If lengths differ, no target or no source row is named, or all labels are missing.
    TypeError
        If ``sample_domain`` holds neither booleans, integers nor names.

    Warns
    -----
    SingleDomainWarning
        If no label is missing and there is no ``sample_domain``: no row is a target row.

    Examples
    --------
    >>> from sktl.domains import target_mask
    >>> target_mask([[0.1], [0.2], [0.9]], [0, 1, float("nan")])
    array([False, False,  True])
    >>> target_mask([[0.1], [0.2], [0.9]], sample_domain=["lab", "target", "field"])
    array([False,  True, False])
    """
    return read_domains(X, y, sample_domain).target


def read_new_domains(X, sample_domain, sources, aliases=(), known_only=True):
    """Name the domain of each new row, one that ``fit`` saw; every row is a target row if nothing is said.

    Parameters
    ----------
    X : array, frame or sparse matrix of n_samples rows
        Only its number of rows is used.
    sample_domain : array-like of shape (n_samples,), or None
        As ``fit`` takes it; it may name target rows alone, or source rows alone. False stands for the source if ``fit``
        saw only one.
    sources : list
        Names of the source domains that ``fit`` saw.
    aliases : tuple
        Names, other than "target", that stood for the target.
    known_only : bool
        Whether another name is an error.

    Returns
    -------
    ndarray of shape (n_samples,), dtype object
    """
    n = n_rows(X)
    if sample_domain is None:
        return np.full(n, TARGET, dtype=object)
    names, target, kind = _names_of_domains(sample_domain, n)
    if kind == "b" and len(sources) == 1:
        names[~target] = sources[0]
    target |= np.array([name in aliases for name in names], dtype=bool)
    names[target] = TARGET
    unknown = sorted(set(names[~target].tolist()) - set(sources), key=repr)
    if unknown and (known_only or kind == "b"):
        way_out = "Name one of these, or fit again with rows of the new domain."
        if kind == "b":
            way_out = (
                "False does not say which of these sources a row belongs to: pass names. In a search, a scorer "
                "receives them only with metadata routing: sklearn.set_config(enable_metadata_routing=True), "
                "then search.fit(X, y, sample_domain=names)."
            )
        raise ValueError(
            f"sample_domain names the domains {listed(np.array(unknown, dtype=object))}, which fit has not seen: it "
            f"saw the sources {listed(np.array(sources, dtype=object))} and the target. {way_out}"
        )
    return names


def _names_of_domains(sample_domain, n):
    """Names from one value per row, the mask of those marked as target, and the dtype's kind."""
    column = as_column(sample_domain)
    if column.ndim != 1 or len(column) != n:
        raise ValueError(f"sample_domain must have one value per row, shape ({n},); got shape {column.shape}.")
    if missing_values(sample_domain).any():
        row = int(np.flatnonzero(missing_values(sample_domain))[0])
        raise ValueError(f"sample_domain is missing in row {row}: every row needs a domain. Name it, or drop the row.")
    column = unboxed(column)
    kind = column.dtype.kind
    if kind not in "biuOUS":
        raise TypeError(
            "sample_domain must hold booleans (True = target), integers (negative = target) or names ('target'); "
            f"got dtype {column.dtype}. Convert it, for instance with astype(int) or astype(str)."
        )
    names = np.array(column.tolist(), dtype=object)
    if kind == "b":
        return np.where(column, TARGET, "source").astype(object), column.copy(), kind
    return names, (column < 0 if kind in "iu" else np.array([name == TARGET for name in names], dtype=bool)), kind


def _read_sample_domain(sample_domain, n, labeled, needs_target):
    """Target mask, names of domains and other names of the target, from one value per row."""
    names, target, kind = _names_of_domains(sample_domain, n)
    given = as_column(sample_domain)
    if not target.any() and labeled.any():
        target = _unlabeled_domains(names, labeled)
    if needs_target and not target.any():
        found = f"{listed(given)}, {'none' if labeled.any() else 'all'} of them entirely unlabelled"
        raise ValueError(f"sample_domain names no target: found the domains {found}. {WAYS_OUT}")
    if target.all():
        raise ValueError(
            f"sample_domain names no source: all {n} rows are target rows (domains {listed(given)}). "
            "Give at least one row another domain."
        )
    others = set() if kind == "b" else set(names[target].tolist()) - {TARGET}
    aliases = tuple(sorted(others, key=repr))
    names[target] = TARGET
    return target, names, aliases


def _unlabeled_domains(names, labeled):
    """Rows of the domains in which every label is missing."""
    with_labels = set(names[labeled])
    return np.array([name not in with_labels for name in names], dtype=bool)


def listed(names, most=10):
    """The distinct names for a message, in a fixed order, cut where there are many."""
    distinct = sorted({str(name) if isinstance(name, (str, np.str_)) else name for name in names.tolist()}, key=repr)
    return f"[{', '.join(map(repr, distinct[:most]))}{', ...' if len(distinct) > most else ''}]"
