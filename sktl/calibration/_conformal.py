"""What the conformal predictors share: rows held out, their weights, their cells, and what can't be known."""

import warnings

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d, get_tags
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.multiclass import check_classification_targets

from sktl._checks import FOLDS, SEED, InstanceOf, Interval, check_value
from sktl._core.conformal import WeightedScores, pooled_weights, scores_by_cell
from sktl._core.overlap import covered_sample_size
from sktl.base import BaseOnLabeled, BaseWeighter, is_numeric, numeric_steps
from sktl.calibration._class_scores import codes_in
from sktl.calibration._held_out import Table, deal_out, held_out_share, is_frozen, rows_at
from sktl.calibration._ratio import SHIFTS, WHOLE, check_weighter, fit_ratio, numbers_of
from sktl.domains import (
    as_column,
    known_labels,
    missing_values,
    n_rows,
    one_column,
    plain_rows,
    read_domains,
    user_level,
)
from sktl.exceptions import LowEffectiveSampleSizeWarning

USUAL = 0.1  # the default miscoverage, and that of infinite_share_
MISCOVERAGE = (Interval(low=0, high=1, closed="neither"),)
WEIGHTER = (None, InstanceOf(BaseWeighter, noun="a weighter of sktl.instance, such as KLIEP()"))


NOTHING = WeightedScores.of(np.empty(0), np.empty(0))


def miscoverages(alpha):
    """The levels asked for, as a list of floats, and whether it was one number."""
    single = np.ndim(alpha) == 0
    levels = [alpha] if single else list(alpha)
    for level in levels:
        check_value("alpha", level, MISCOVERAGE)
    if not levels:
        raise ValueError(f"alpha must be a number between 0 and 1, or several; got {alpha!r}.")
    return [float(level) for level in levels], single


def refuse_weights(estimator, fit_params):
    """Raise if ``fit`` was given weights of rows, or anything else that it does not take."""
    if fit_params:
        raise TypeError(
            f"{type(estimator).__name__}.fit takes no {', '.join(sorted(fit_params))}. "
            "Its rows are weighted by how often the target has them (weighter), which a sample_weight of the caller's "
            "would count twice. To train the model under weights, fit it first and pass FrozenEstimator(model), with "
            "rows that are new to it."
        )


def read_table(estimator, X, y, sample_domain, discrete):
    """The table that ``fit`` was given, and the ratio of its domains, by the estimator's ``shift`` and ``weighter``."""
    return table_and_ratio(estimator, estimator.shift, X, y, sample_domain, discrete)


def table_and_ratio(estimator, shift, X, y, sample_domain, discrete, way_out="pass shift=None"):
    """The same for a ``shift`` that is no parameter; ``way_out`` names what needs no weights.

    The ratio comes before any model, so that rows that no weights can be made of are refused at once.
    """
    name = type(estimator).__name__
    check_weighter(shift, estimator.weighter)
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    X = plain_rows(X)
    domains = read_domains(X, y, sample_domain)
    if not domains.labeled.any():
        raise ValueError(f"The labels of all {n_rows(X)} rows are missing: {name} needs those of source rows.")
    labels = column_or_1d(known_labels(y, domains.labeled, discrete), warn=True)
    assert_all_finite(labels, input_name="y")
    if discrete:
        check_classification_targets(labels)
    steps = numeric_steps(estimator.estimator, X) if shift is not None else []
    weighs = shift is not None and not domains.single
    numbers = numbers_of(steps, X, way_out) if weighs or steps or is_numeric(X) else None
    table = Table(X, numbers, one_column(as_column(y)), domains, np.flatnonzero(domains.labeled), labels)
    return table, fit_ratio(shift, estimator.weighter, estimator.estimator, table, steps)


class BaseConformal(BaseOnLabeled):
    """Contract of the conformal predictors: what is held out, and what it weighs.

    A child has the parameters below, and in ``fit`` calls :func:`read_table`, ``_hold_out``, ``_store`` and ``_sort``.
    """

    _constraints = {
        "shift": SHIFTS,
        "weighter": WEIGHTER,
        "method": ("split", "cross"),
        "test_size": (Interval(low=0, high=1, closed="neither"),),
        "cv": FOLDS,
        "random_state": SEED,
    }
    __metadata_request__fit = {"sample_domain": True}

    # --- check and split ---

    def _hold_out(self, table, codes, learners):
        """Positions of the labelled rows that each model is fitted without, one array a model."""
        if all(is_frozen(model) for model in learners):
            return [table.rows]
        n = len(table.rows)
        if self.method == "cross" and n > 1:
            return deal_out(table, codes, min(self.cv, n), self.random_state)
        # of a row or two none may be left to calibrate on: nothing is known then
        return [held_out_share(table, codes, self.test_size, self.random_state)]

    # --- solve and store ---

    def _store(self, table, held, scores, ratio_of_labels=1.0):
        """Keep the held-out rows with their scores, one array a part, and their weights."""
        rows = np.concatenate(held)
        self._n_target = int(np.count_nonzero(table.of_target(rows)))
        self._n_source = len(rows) - self._n_target
        ratio = self._ratio.of_rows(rows_at(table.X, rows)) if len(rows) else np.empty(0)
        self.calibration_rows_, self.calibration_scores_ = rows, np.concatenate(scores)
        self.calibration_weights_ = self._pooled(ratio * ratio_of_labels)
        # target rows among them cover what the source lacks
        overlap = WHOLE if self._n_target else self._ratio.overlap
        self.weighter_, self.overlap_ = self._ratio.weighter, self._ratio.overlap.share
        some = self.calibration_weights_.any()
        self.effective_sample_size_ = covered_sample_size(self.calibration_weights_, overlap) if some else 0.0

    def _parts(self, cell):
        """Sorted scores of a cell, by part; none for cell -1, which ``fit`` has not seen."""
        return self._cells[cell] if cell >= 0 else [NOTHING] * len(self._cells[0])

    def _pooled(self, ratio):
        return pooled_weights(ratio, self._n_source, self._n_target)

    def _sort(self, held, cells, n_cells):
        """Set ``_cells``: for each cell the sorted scores of each part."""
        ends = np.cumsum([len(rows) for rows in held])[:-1]
        columns = (self.calibration_scores_, self.calibration_weights_, cells)
        parts = zip(*(np.split(column, ends) for column in columns), strict=True)
        self._cells = list(zip(*(scores_by_cell(*part, n_cells) for part in parts), strict=True))

    def _read_groups(self, groups, n):
        """Set ``groups_``, the names of the groups; the code of each row's group, 0 without groups."""
        self.groups_ = None
        if groups is None:
            return np.zeros(n, dtype=int)
        column = check_groups(groups, n)
        self.groups_, codes = np.unique(column, return_inverse=True)
        return codes

    def _group_codes(self, groups, n):
        """Codes of new rows' groups; -1 for one that ``fit`` did not see."""
        if (groups is None) != (self.groups_ is None):
            seen = "no groups" if self.groups_ is None else "groups"
            raise ValueError(
                f"fit was given {seen}, this method {'none' if groups is None else 'some'}: pass groups, one value a "
                "row, to both or to neither."
            )
        if groups is None:
            return np.zeros(n, dtype=int)
        return codes_in(self.groups_, check_groups(groups, n))

    # --- say so ---

    def _warn_if_unknown(self, share, what, levels):
        """Warn where the weights leave nothing to say of some rows."""
        if not share:
            return
        lacks = f", and the source covers some {100 * self.overlap_:.0f} % of the target" if self.overlap_ < 1 else ""
        warnings.warn(
            f"{100 * share:.1f} % of {what} at alpha={levels}: these cannot be judged. The "
            f"{len(self.calibration_rows_)} calibration rows are worth {self.effective_sample_size_:.1f} equally "
            f"weighted ones of the target{lacks}. Label target rows, find a source nearer the target, or raise alpha.",
            LowEffectiveSampleSizeWarning,
            stacklevel=user_level(),
        )

    def _router(self):
        return MetadataRouter(owner=type(self).__name__).add_self_request(self)

    def __sklearn_tags__(self):
        """Tags of the wrapped estimator; weights of rows need finite numbers."""
        tags = get_tags(self.estimator)
        tags.input_tags.allow_nan = tags.input_tags.allow_nan and self.shift is None
        tags.target_tags.required, tags.target_tags.multi_output = True, False
        return tags


def check_groups(groups, n):
    """The groups as an array of one value a row."""
    column = as_column(groups)
    if column.shape != (n,) or missing_values(groups).any():
        raise ValueError(f"groups must have one value a row, shape ({n},), none missing; got shape {column.shape}.")
    return column
