"""One look at two domains: columns, evidence, verdict, words, page."""

from sktl.inspection.report._distance import distance_words, measure_distance
from sktl.inspection.report._report import DomainReport

__all__ = ["DomainReport", "distance_words", "measure_distance"]
