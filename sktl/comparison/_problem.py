"""Two tables as one learning problem."""

from dataclasses import dataclass, field, replace

import numpy as np

from sktl._tables.encoder import Columns
from sktl.comparison._labels import Labels, read_labels
from sktl.comparison._suspects import overlap_note
from sktl.comparison._tables import kind_of, shared_features
from sktl.comparison._units import other_units, units_of
from sktl.comparison._words import columns_named, count, did_you_mean, few_names, pandas
from sktl.domains import TARGET, stack_domains
from sktl.exceptions import InputError


@dataclass(frozen=True)
class Problem:
    """The rows of both tables, stacked, in an order that does not depend on the files'.

    Attributes
    ----------
    X : DataFrame
        Features, in plain types.
    y : ndarray of float
        Labels, NaN = missing.
    target : ndarray of bool
        Rows of TARGET.
    domain : ndarray of str
        The name of each row's source, or "target".
    row : ndarray of int
        The row of its table that each row was.
    labels : Labels or None
        What the numbers in ``y`` stand for; None if the problem has no label.
    columns : Columns
        The columns of ``X``.
    notes : list of str
        What was left out of the tables, and possible problems in them.
    units : dict of str -> str
        Units of columns, where a row of the files says them.
    """

    X: object
    y: np.ndarray
    target: np.ndarray
    domain: np.ndarray
    row: np.ndarray
    labels: Labels | None
    columns: Columns
    notes: list
    units: dict = field(default_factory=dict)

    @property
    def sources(self):
        """Names of the sources."""
        return sorted(set(self.domain[~self.target]))


def build_problem(source, target, label=None, task="auto", drop=(), keep=()):
    """Check two tables (or a dict of sources, by name, and a target) and stack what they share."""
    source, names, joined = _join(source)
    if label is not None and label in drop:
        raise InputError(f"--drop {label}: that is the label column.")
    if label is not None and label not in source:
        hint = did_you_mean(label, source)
        raise InputError(f"SOURCE has no label column {label!r}; its columns are {few_names(source.columns)}.{hint}")
    source, target = source.reset_index(drop=True), target.reset_index(drop=True)
    labels = None if label is None else read_labels(source, target, label, task)
    X_source, X_target, columns, notes = shared_features(source, target, label, drop, keep)
    y_source, y_target = (np.full(len(X), np.nan) for X in (X_source, X_target))
    if labels is not None:
        y_source, y_target = labels.source, labels.target
        notes += labels.notes
    units = [units_of(table, columns.names) for table in (source, target)]
    notes += other_units(*units, ("SOURCE", "TARGET"))
    hashes = [pandas().util.hash_pandas_object(X, index=False).to_numpy() for X in (X_source, X_target)]
    row_source, row_target = np.lexsort((y_source, hashes[0])), np.lexsort((y_target, hashes[1]))  # labels settle ties
    notes += overlap_note(*hashes)
    unlabeled = np.isnan(y_source[row_source])
    if labels is not None and unlabeled.any():
        notes.append(f"left out, since their label is missing: {count(int(unlabeled.sum()), 'row')} of SOURCE")
        row_source = row_source[~unlabeled]
    X_source, X_target = X_source.iloc[row_source], X_target.iloc[row_target]
    X, _, domain = stack_domains(source=(X_source, np.zeros(len(X_source))), target=X_target)
    is_target = domain == TARGET
    domain = np.concatenate([names[row_source], np.full(len(row_target), TARGET, dtype=object)])
    y = np.concatenate([y_source[row_source], y_target[row_target]])  # all may be missing: a report needs no labels
    row = np.concatenate([row_source, row_target])
    return Problem(X, y, is_target, domain, row, labels, columns, joined + notes, units[1] | units[0])


def sample_problem(problem, max_rows, seed):
    """The problem with at most ``max_rows`` rows of each domain; of the target's, those with labels come first."""
    if max_rows is None or max((~problem.target).sum(), problem.target.sum()) <= max_rows:
        return problem
    rng, kept = np.random.RandomState(seed), []
    for part in (~problem.target, problem.target):
        order = rng.permutation(np.flatnonzero(part))
        order = order[np.argsort(np.isnan(problem.y[order]), kind="stable")]
        kept.append(order[:max_rows])
    rows = np.sort(np.concatenate(kept))
    cut = {name: getattr(problem, name)[rows] for name in ("y", "target", "domain", "row")}
    return replace(problem, X=problem.X.iloc[rows].reset_index(drop=True), **cut)


def _join(source):
    """Sources as one table, the name of each row's, and a note on columns that only some have."""
    if not isinstance(source, dict):
        return source, np.full(len(source), "source", dtype=object), []
    if not source or TARGET in source:
        raise InputError(f"The sources need names other than {TARGET!r}; got {few_names(source)}.")
    tables = list(source.values())
    problems = [
        f"Column {name!r} holds {' in some sources and '.join(kinds)} in others. Convert it, or leave it out."
        for name in tables[0]
        if len(kinds := _kinds([table[name] for table in tables if name in table])) > 1
    ]
    if problems:
        raise InputError(" ".join(problems))
    some = {name for table in tables for name in table if not all(name in other for other in tables)}
    notes = [
        f"left out, since only some sources have {'it' if len(some) == 1 else 'them'}: {columns_named(sorted(some))}"
    ]
    joined = pandas().concat(tables, join="inner", ignore_index=True)
    names = np.repeat(np.array(list(source), dtype=object), [len(table) for table in tables])
    return joined, names, notes if some else []


def _kinds(columns):
    """Kinds of columns that are not empty, sorted; booleans count as numbers."""
    kinds = {kind_of(column) for column in columns if column.notna().any()}
    return sorted({"numbers" if kind == "booleans" else kind for kind in kinds})
