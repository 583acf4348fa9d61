"""Errors and warnings that a user may want to catch."""

__all__ = ["EarlyStopWarning", "LowEffectiveSampleSizeWarning", "MissingExtraError", "SingleDomainWarning"]


class EarlyStopWarning(UserWarning):
    """An iteration ended at its first step, so that it brought next to nothing."""


class LowEffectiveSampleSizeWarning(UserWarning):
    """So few source rows carry all the weight that what is learned from them is mostly chance."""


class SingleDomainWarning(UserWarning):
    """All rows belong to one domain, so that nothing was adapted."""


class MissingExtraError(ImportError):
    """A package of one of sktl's optional extras is not installed."""
