"""What the labels say of a shift: class shares of both domains, counted or estimated."""

import warnings
from dataclasses import dataclass

import numpy as np

from sktl._core.columns import are_amounts
from sktl.domains import as_column, known_labels, missing_values
from sktl.exceptions import LabelShiftMisfitWarning
from sktl.instance import BBSE, MLLS
from sktl.model_selection.evidence import MIN_LABELS

MIN_CLASS_ROWS = 5  # source rows of each class that estimates need


@dataclass(frozen=True)
class LabelColumn:
    """Labels as numbers.

    Attributes
    ----------
    codes : ndarray of shape (n_samples,)
        Codes of the classes, or the values; NaN where the label is missing.
    classes : list or None
        None: numbers to regress on.
    """

    codes: np.ndarray
    classes: list | None


@dataclass(frozen=True)
class ClassShares:
    """Shares of the classes in both domains.

    Attributes
    ----------
    classes : list
    source : ndarray of shape (n_classes,)
        Counted.
    mlls, bbse : ndarray of shape (n_classes,) or None
        Estimated on the target without its labels.
    counted : ndarray of shape (n_classes,) or None
        Counted among the target's labels.
    """

    classes: list
    source: np.ndarray
    mlls: np.ndarray | None
    bbse: np.ndarray | None
    counted: np.ndarray | None

    @property
    def target(self):
        """The best known shares of the target: counted, else by :class:`~sktl.instance.MLLS`."""
        return self.counted if self.counted is not None else self.mlls


def read_labels(y, target):
    """Labels as a :class:`LabelColumn`, or None if no source row has one."""
    if y is None:
        return None
    missing = missing_values(y)
    if missing[~target].all():
        return None
    values = as_column(y)
    if values.ndim != 1:
        raise ValueError(f"A report takes one label per row; y has the shape {values.shape}. Pass one of its columns.")
    known = known_labels(y, ~missing)
    codes = np.full(len(missing), np.nan)
    classes, inverse = np.unique(known, return_inverse=True)
    if known.dtype.kind in "iuf" and are_amounts(known.astype(float)):
        codes[~missing] = known
        return LabelColumn(codes, None)
    codes[~missing] = inverse
    return LabelColumn(codes, classes.tolist())


def class_shares(X, codes, classes, target, n_jobs, seed):
    """:class:`ClassShares` of encoded rows, or None where there are no classes to compare; and notes."""
    if classes is None:
        return None, []
    n_classes = len(classes)
    source = np.bincount(codes[~target & ~np.isnan(codes)].astype(int), minlength=n_classes)
    known = codes[target & ~np.isnan(codes)].astype(int)
    counted = np.bincount(known, minlength=n_classes) / len(known) if len(known) >= MIN_LABELS else None
    if n_classes < 2 or n_classes > len(known) + source.sum() // MIN_CLASS_ROWS or source.min() < MIN_CLASS_ROWS:
        few = "class shares of the target are not estimated: that needs two classes or more, with "
        return None, [f"{few}{MIN_CLASS_ROWS} source rows each; the rarest has {source.min()}"]
    hidden = np.where(target, np.nan, codes)  # known target labels too: they are counted beside the estimates
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", LabelShiftMisfitWarning)  # the verdict says whether these shares hold
        fitted = [
            model(n_jobs=n_jobs, random_state=seed).fit(X, hidden, target).target_prior_ for model in (MLLS, BBSE)
        ]
    notes = sorted({" ".join(str(warning.message).split()) for warning in caught})
    return ClassShares(classes, source / source.sum(), *fitted, counted), notes
