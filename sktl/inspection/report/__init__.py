"""One look at two domains: columns, evidence, verdict, words, page."""

from sktl.inspection.report._distance import distance_words, measure_distance
from sktl.inspection.report._page import Lead
from sktl.inspection.report._report import DomainReport
from sktl.inspection.report._text import table_lines

__all__ = ["DomainReport", "Lead", "distance_words", "measure_distance", "table_lines"]
