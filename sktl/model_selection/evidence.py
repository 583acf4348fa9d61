"""Evidence for and against transfer: what the guard, the report and the comparison share, and print.

:func:`judge` turns the losses of several models on the same rows into a :class:`Verdict`; from :data:`MIN_LABELS`
labelled target rows on these decide; without them a model may be judged by learning the source back from its
predictions of the target (:func:`there_and_back`). :func:`choose_loss` gives the losses of rows, by name.
"""

from sktl.model_selection._circular import learn_back, there_and_back
from sktl.model_selection._folds import label_folds
from sktl.model_selection._gains import Gain
from sktl.model_selection._losses import LOSSES, choose_loss
from sktl.model_selection._verdict import MIN_LABELS, Verdict, judge

__all__ = [
    "LOSSES",
    "MIN_LABELS",
    "Gain",
    "Verdict",
    "choose_loss",
    "judge",
    "label_folds",
    "learn_back",
    "there_and_back",
]
