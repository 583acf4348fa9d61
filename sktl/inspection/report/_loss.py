"""What a plain model of the source's labels loses on the target, and why: in the report where target labels tell."""

from dataclasses import dataclass

import numpy as np

from sktl.base import default_classifier
from sktl.domains import read_domains
from sktl.inspection.report._held_out import MIN_SOURCE, held_out_losses
from sktl.inspection.report._loss_parts import Columns, attribute, leaves_out_zero
from sktl.inspection.report._loss_words import summary

N_FOLDS = 5


@dataclass(frozen=True)
class Loss:
    """The terms that the words need; see :func:`~sktl.inspection.shift_attribution`."""

    drop: float
    rows: float
    relation: float
    intervals: dict
    columns: list
    n_target_labeled: int
    loss: str


def loss_words(sample, names):
    """A sentence on the drop of a linear model, or "": only where a part of it is certain."""
    found = _attributed(sample, names)
    certain = found is not None and any(leaves_out_zero(found.intervals[part]) for part in ("rows", "relation"))
    return f"A linear model of the source's labels: {_lowered(summary(found))}" if certain else ""


def _attributed(sample, names):
    """:class:`Loss` of a linear model on at most ``MAX_FIT`` labelled rows of each domain, or None of too few."""
    if not sample.has_target_labels or not _can_fit(sample.codes[~sample.target & sample.labeled], sample.classes):
        return None
    rows = sample.drawn()
    X, y, target = sample.X[rows], sample.codes[rows], sample.target[rows]
    y = y if sample.classes is None else y.astype(int)
    from sklearn.linear_model import Ridge  # here, to keep `import sktl` quick

    model = Ridge() if sample.classes is None else default_classifier(X)
    losses, residuals = held_out_losses(
        model, "auto", X, y, read_domains(X, y, target), np.arange(len(y)), X, N_FOLDS, None, sample.seed
    )
    columns = Columns(X, sample.rows.owners, sample.rows.numeric, names)
    found = attribute(losses, residuals, columns, target, sample.alpha, sample.seed)
    kept = {name: found[name] for name in Loss.__annotations__ if name in found}
    return Loss(loss="squared_error" if sample.classes is None else "zero_one", **kept)


def _can_fit(codes, classes):
    """Whether each fold leaves labels of two kinds."""
    return len(codes) >= MIN_SOURCE and (classes is None or np.sort(np.bincount(codes.astype(int)))[-2:].min() >= 2)


def _lowered(words):
    return words[0].lower() + words[1:]
