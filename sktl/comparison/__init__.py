"""The main job: two tables in, the methods that apply compared, one verdict, predictions by the model chosen."""

from sktl.comparison._candidates import METHODS
from sktl.comparison._compare import select_methods
from sktl.comparison._comparison import Comparison
from sktl.comparison._files import read_table
from sktl.comparison._report import report_tables

__all__ = ["METHODS", "Comparison", "read_table", "report_tables", "select_methods"]
