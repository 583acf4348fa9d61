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
    """A map sends all rows to almost the same point, so that nothing is left to learn from."""


class EarlyStopWarning(UserWarning):
    """A method that works in rounds ended in the first one, so that it changed almost nothing."""


class InputError(Exception):
    """The tables or options given can't be used; the message says why, and what to do."""


class LabelShiftMisfitWarning(UserWarning):
    """The target is not a mixture of the source's classes, so that its estimated class shares mean little."""


class LowEffectiveSampleSizeWarning(UserWarning):
    """A few source rows carry almost all the weight, so that what is learned from them is mostly chance."""


class MatchedMeansWarning(UserWarning):
    """The domains already have the same means, so that a method which matches means changes nothing."""


class NoOverlapWarning(UserWarning):
    """The source has almost no rows where the target lies, so that weighted source rows can't judge a model."""


class ResamplingWarning(UserWarning):
    """An estimator takes no weights: rows were drawn in proportion to them instead."""


class SingleDomainWarning(UserWarning):
    """All rows belong to one domain, so that nothing was adapted."""


class WeakClassifierWarning(UserWarning):
    """A classifier may separate the classes no better than chance, so that what rests on it is mostly noise."""


class MissingExtraError(ImportError):
    """A package of one of sktl's optional extras is not installed."""


class NoTargetLabelsError(ValueError):
    """A method that learns from labelled target rows was given none."""


class UnlabeledSourceWarning(UserWarning):
    """No source row has a label while target rows do: perhaps the domains are named the wrong way round."""
