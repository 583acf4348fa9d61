"""Errors and warnings that a user may want to catch."""

__all__ = ["MissingExtraError", "SingleDomainWarning"]


class SingleDomainWarning(UserWarning):
    """All rows belong to one domain, so that nothing was adapted."""


class MissingExtraError(ImportError):
    """A package of one of sktl's optional extras is not installed."""
