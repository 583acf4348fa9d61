"""The parts of a drop from losses of rows: terms with intervals, and what each column carries."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from sktl._core.attribution import (
    TERMS,
    balanced_weights,
    domain_probability,
    expectations,
    joint_quantile,
    relation_by_group,
    rows_by_group,
    split_drop,
    standard_errors,
    with_squares,
)

WIDE = 150  # columns beyond which pi and m see principal components, and single columns are not asked for
N_COMPONENTS = 50
MIN_SHARED = 10  # target rows that the shared ones are worth: fewer tell nothing of the relation


@dataclass(frozen=True)
class Columns:
    """Encoded rows.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_encoded)
        Standardised.
    groups : ndarray of int of shape (n_encoded,)
        Group of each column.
    numeric : ndarray of bool of shape (n_encoded,)
    names : list of str
        Of the groups.
    """

    X: np.ndarray
    groups: np.ndarray
    numeric: np.ndarray
    names: list


@dataclass(frozen=True)
class ColumnAttribution:
    """What a column, or a group of them, carries of a drop.

    Attributes
    ----------
    column : str
    rows : float
        Part of the rows' term.
    rows_interval : (float, float)
    by_rows : bool
        Whether the interval leaves out zero, as that of the whole term does.
    relation : float
        Part of the relation's term.
    relation_pvalue : float
        Adjusted for the number of columns, and beyond those found before.
    by_relation : bool
        Whether it is below the level, and the whole term's interval leaves out zero.
    """

    column: str
    rows: float
    rows_interval: tuple
    by_rows: bool
    relation: float
    relation_pvalue: float
    by_relation: bool


def attribute(losses, residuals, columns, target, alpha, seed=0):
    """Keywords of a record of :func:`~sktl.inspection.shift_attribution`, all but ``loss`` and ``alpha``.

    ``losses`` (n,) and ``residuals`` (n, k) are NaN where there is no label; those rows tell pi alone.
    """
    wide = columns.X.shape[1] > WIDE
    F, owners = (_components(columns.X), None) if wide else with_squares(columns.X, columns.numeric, columns.groups)
    chance = domain_probability([F] if wide else [F[:, : columns.X.shape[1]], F], target)
    known = ~np.isnan(losses)
    F, target, chance, losses, residuals = (part[known] for part in (F, target, chance, losses, residuals))
    weights = balanced_weights(target)
    expected = expectations(F, np.column_stack([losses, residuals]), weights)
    of_source = expectations(F, losses[:, None], weights, ~target)[:, 0]
    split = split_drop(losses, target, chance, expected[:, 0], of_source)
    dof = min(target.sum(), (~target).sum()) - 1
    intervals = _intervals(split, alpha, dof, seed)
    found = {name: float(value) for name, value in zip(TERMS, split.values, strict=True)}
    if split.effective < MIN_SHARED:
        found |= {name: np.nan for name in TERMS[1:]}
        intervals |= {name: (np.nan, np.nan) for name in TERMS[1:]}
    rows, level_share = [], np.nan
    if not wide and split.effective >= MIN_SHARED:
        by_rows = rows_by_group(F, owners, losses, target, len(columns.names))
        surprise = residuals - expected[:, 1:]
        by_relation = relation_by_group(F, owners, surprise, target, chance, len(columns.names), alpha, seed)
        rows, level_share = _by_column(columns.names, found, intervals, by_rows, by_relation, alpha, dof, seed)
    return found | {
        "intervals": intervals,
        "columns": rows,
        "rest": found["rows"] - sum(row.rows for row in rows) if rows else np.nan,
        "level_share": level_share,
        "shared": split.shared,
        "loss_source": float(losses[~target].mean()),
        "loss_target": float(losses[target].mean()),
        "n_source": int((~target).sum()),
        "n_target_labeled": int(target.sum()),
    }


def _components(X):
    """Principal components of a wide table, on one scale."""
    centred = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    scores = centred @ vectors[:, ::-1][:, :N_COMPONENTS]
    scale = scores.std(axis=0)
    kept = scale > 1e-10 * scale.max(initial=1e-300)  # rounding of directions that do not vary
    return scores[:, kept] / scale[kept]


def _intervals(split, alpha, dof, seed):
    """Of each term: that of the drop by itself, those of rows and relation jointly, and so those of the two steps."""
    both = joint_quantile(split.influence[:, 1:3], alpha, dof, seed)
    steps = joint_quantile(split.influence[:, 3:], alpha, dof, seed)
    factors = np.array([t.ppf(1 - alpha / 2, dof), both, both, steps, steps])
    half = factors * split.errors
    return {name: (float(v - h), float(v + h)) for name, v, h in zip(TERMS, split.values, half, strict=True)}


def leaves_out_zero(interval):
    """Whether all of an interval is on one side of zero."""
    return bool(interval[0] > 0 or interval[1] < 0)


def _by_column(names, found, intervals, by_rows, by_relation, alpha, dof, seed):
    """A :class:`ColumnAttribution` each, that which carries most first, and the relation's part of no column."""
    (values, influence), (explained, pvalues) = by_rows, by_relation
    half = joint_quantile(influence, alpha, dof, seed) * standard_errors(influence)
    explained = np.maximum(explained, 0)
    shares = explained / explained.sum() if explained.sum() > 0 else np.zeros(len(explained))
    told = {name: leaves_out_zero(intervals[name]) for name in ("rows", "relation")}
    rows = []
    for k, name in enumerate(names):
        interval = (float(values[k] - half[k]), float(values[k] + half[k]))
        rows.append(
            ColumnAttribution(
                name,
                float(values[k]),
                interval,
                told["rows"] and leaves_out_zero(interval),
                float(found["relation"] * shares[1 + k]),
                float(pvalues[k]),
                bool(told["relation"] and pvalues[k] <= alpha),
            )
        )
    size = [abs(row.rows) * (1 + row.by_rows) + abs(row.relation) * (1 + row.by_relation) for row in rows]
    order = np.argsort(-np.array(size), kind="stable")
    return [rows[k] for k in order], float(found["relation"] * shares[0])
