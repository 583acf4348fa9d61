"""Errors and warnings that a user may want to catch."""

__all__ = [
    "CollapsedImagesWarning",
    "EarlyStopWarning",
    "InputError",
    "LabelShiftMisfitWarning",
    "LowEffectiveSampleSizeWarning",
    "MatchedMeansWarning",
    "MissingExtraError",
    "NoOverlapWarning",
    "NoTargetLabelsError",
    "ResamplingWarning",
    "SingleDomainWarning",
    "UnlabeledSourceWarning",
    "WeakClassifierWarning",
]


class CollapsedImagesWarning(UserWarning):
    """A map sends all rows to nearly one place, so that nothing is left to learn from."""


class EarlyStopWarning(UserWarning):
    """An iteration ended at its first step, so that it brought almost nothing."""


class InputError(Exception):
    """The tables or options that the user gave can't be worked with; one line says why, and the way out."""


class LabelShiftMisfitWarning(UserWarning):
    """The target is no mixture of the source's classes, so that class shares estimated as if it were mean little."""


class LowEffectiveSampleSizeWarning(UserWarning):
    """So few source rows carry all the weight that what is learned from them is mostly chance."""


class MatchedMeansWarning(UserWarning):
    """The domains' means agree already, so that a method which matches means changes nothing."""


class NoOverlapWarning(UserWarning):
    """The source has almost no rows where the target lies, so that weighted source rows can't judge a model."""


class ResamplingWarning(UserWarning):
    """An estimator takes no weights, so that rows were drawn in proportion to them instead."""


class SingleDomainWarning(UserWarning):
    """All rows belong to one domain, so that nothing was adapted."""


class WeakClassifierWarning(UserWarning):
    """A classifier tells the classes apart no better than chance might, so that what rests on it is mostly noise."""


class MissingExtraError(ImportError):
    """A package of one of sktl's optional extras is not installed."""


class NoTargetLabelsError(ValueError):
    """A method that learns from labelled target rows was given none."""


class UnlabeledSourceWarning(UserWarning):
    """No source row has a label while target rows do: perhaps the domains are named the wrong way round."""
