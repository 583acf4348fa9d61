"""Source rows weighted to look like the target: the rows that are weighed, and whether any weights can judge."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_array

from sktl._core.overlap import domain_overlap
from sktl.base import numeric_steps
from sktl.instance import AutoWeighter, DiscriminatorWeighter

#: Share of the target that the source must cover for certain before its rows can prove a gain there. In a made world
#: the lower bounds of the overlap are .3 at most three deviations away, where transfer hurts beyond the source, and .5
#: or more at one and a half, where it helps (``benchmarks/guard_overlap.py``).
COVERED = 0.5
#: Equally weighted rows that weighted ones must be worth for a score; below, it is the word of a handful of rows.
WORTH_OF_SCORE = 5
#: The share of the rows that this asks of a small source, where five may be all.
SHARE_OF_SCORE = 0.25


def chosen_weighter(weighter):
    """A fresh weighter: the one asked for, that of the data for "auto", or the quickest good one."""
    if isinstance(weighter, str):
        return AutoWeighter()
    return DiscriminatorWeighter() if weighter is None else clone(weighter)


def numeric_rows(model, X):
    """The rows as they came, if they are finite numbers, else as the first steps of a pipeline map them.

    As few steps as make them so: what encodes and imputes, fitted on all rows without their labels; none that adapts,
    since that would hide the difference that weights are to mend. The rows themselves where no such steps are found.
    """
    for step in numeric_steps(model, X):
        X = step.transform(X)
    return X


def why_not_prove(X, target):
    """Why weighted source rows can't prove a gain on the target, in words; empty where they can.

    A score is an estimate, a proof must keep its level: rows of the target that the source lacks could all speak
    against the gain. So most of the target must be covered beyond doubt, by two standard errors.
    """
    X = check_array(X, accept_sparse="csr")
    overlap = domain_overlap(X[~target], X[target])
    certain = overlap.share - 2 * overlap.error
    if certain >= COVERED:
        return ""
    return (
        f"the {np.sum(~target)} source rows cover {100 * max(certain, 0):.0f} % of the target for certain "
        f"({100 * COVERED:.0f} % are needed)"
    )


def why_not_score(weighter, n_source, least=None):
    """Why the weighted source rows can't stand for the target's, in words; empty where they can.

    Parameters
    ----------
    weighter : weighter
        Fitted.
    n_source : int
        Number of source rows.
    least : float, default=None
        Equally weighted rows that they must be worth; None: as for a score.
    """
    least = min(WORTH_OF_SCORE, SHARE_OF_SCORE * n_source) if least is None else least
    worth, overlap = weighter.effective_sample_size_, getattr(weighter, "overlap_", None)
    if worth >= least:
        return ""
    covers = "" if overlap is None else f", which cover about {100 * min(overlap, 1):.0f} % of the target,"
    return f"the {n_source} weighted source rows{covers} are worth {worth:.1f} target rows ({least:g} are needed)"
