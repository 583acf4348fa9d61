"""Distance between the class shares of two domains."""

from collections.abc import Mapping

import numpy as np

from sktl._core.label_shift import em_prior
from sktl.metrics._labels import check_labels, check_same_kind


def label_shift_distance(y_source, y_target=None, *, prior_target=None, proba_target=None):
    r"""Label-shift distance: total variation between the class shares of source and target.

    .. math:: \tfrac12 \sum_c |p_s(c) - p_t(c)|

    It is the share of rows that would have to change class to make the shares equal. *Range*: [0, 1]; 0 means equal
    shares, 1 that the domains have no class in common. *Units*: none. *What it misses*: everything but the shares; with
    ``proba_target`` it rests on p(x | c) being the same in both domains, and on calibrated probabilities: see Notes.

    Parameters
    ----------
    y_source : array-like of shape (n_source,)
        Classes of the source rows.
    y_target : array-like of shape (n_target,), default=None
        Classes of the target rows, where they are known. Give exactly one of ``y_target``, ``prior_target``,
        ``proba_target``.
    prior_target : dict or array-like of shape (n_classes,), default=None
        Class shares of the target, summing to 1: known, or estimated, for instance by ``sktl.instance.BBSE``. A dict
        maps classes to shares; an array follows the sorted classes of ``y_source``.
    proba_target : array-like of shape (n_target, n_classes), default=None
        Probabilities of the sorted classes of ``y_source`` at the target rows, by a classifier that was fitted on the
        source (``predict_proba``). The shares are estimated from them by maximum likelihood.

    Returns
    -------
    float
        The distance.

    Raises
    ------
    ValueError
        If not exactly one of the three is given, it is not as described, a label is missing, or labels are text in one
        domain and numbers in the other.

    See Also
    --------
    conditional_mmd : Whether the rows within classes have moved.
    sktl.instance.LabelShiftClassifier : Corrects a classifier for such a shift.

    Notes
    -----
    ``proba_target`` goes through the EM algorithm of Saerens et al. [1], to within 1e-8 of the maximum of the mean
    log-likelihood. It needs calibrated probabilities: overconfident ones exaggerate the shift; ``sktl.instance.MLLS``
    calibrates. A classifier that can't tell the classes apart gives 0. Cost O(n_target n_classes) per step.

    References
    ----------
    .. [1] M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the outputs of a classifier to new a priori
       probabilities", Neural Computation 14, 2002.

    Examples
    --------
    >>> from sktl.metrics import label_shift_distance
    >>> label_shift_distance(["cat", "cat", "dog", "dog"], prior_target={"cat": 0.25, "dog": 0.75})
    0.25
    """
    given = {"y_target": y_target, "prior_target": prior_target, "proba_target": proba_target}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise ValueError(
            f"label_shift_distance needs exactly one of y_target, prior_target and proba_target; got {names or 'none'}."
        )
    y_source = check_labels("y_source", y_source)
    classes, counts = np.unique(y_source, return_counts=True)
    shares = counts / counts.sum()
    if y_target is not None:
        y_target = check_labels("y_target", y_target)
        check_same_kind(y_source=y_source, y_target=y_target)
        found, counts = np.unique(y_target, return_counts=True)
        target = dict(zip(found.tolist(), counts / counts.sum(), strict=True))
    elif isinstance(prior_target, Mapping):
        target = dict(prior_target)
    elif prior_target is not None:
        target = _named(classes, prior_target)
    else:
        target = _named(classes, em_prior(_check_proba(proba_target, classes), shares).prior)
    _check_shares(target)
    source = dict(zip(classes.tolist(), shares, strict=True))
    return float(sum(abs(source.get(c, 0.0) - target.get(c, 0.0)) for c in source.keys() | target.keys()) / 2)


def _named(classes, shares):
    """Shares by class."""
    shares = np.asarray(shares, dtype=float)
    if shares.shape != classes.shape:
        raise ValueError(
            f"prior_target must have one share for each of the {len(classes)} classes {classes.tolist()[:10]}; got the "
            f"shape {shares.shape}. A dict may also name classes that the source lacks."
        )
    return dict(zip(classes.tolist(), shares.tolist(), strict=True))


def _check_shares(shares):
    """Raise unless the values are not negative and sum to 1."""
    values = np.array(list(shares.values()), dtype=float)
    # shares written with six decimals are shares
    if not np.all(np.isfinite(values)) or values.min(initial=0) < 0 or abs(values.sum() - 1) > 1e-6:
        raise ValueError(f"prior_target must hold shares >= 0 that sum to 1; got {values.tolist()[:10]}.")


def _check_proba(proba, classes):
    """Probabilities, one column per class."""
    proba = np.asarray(proba, dtype=float)
    if proba.ndim != 2 or proba.shape[1] != len(classes) or not len(proba):
        raise ValueError(
            f"proba_target must have one column for each of the {len(classes)} classes of y_source; got the shape "
            f"{proba.shape}."
        )
    # probabilities in single precision sum to 1 within 1e-7
    if not np.all(np.isfinite(proba)) or proba.min() < 0 or not np.allclose(proba.sum(axis=1), 1, atol=1e-6):
        raise ValueError("proba_target must hold probabilities: rows of values >= 0 that sum to 1.")
    return proba
