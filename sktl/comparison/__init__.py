"""Two tables in: compare the methods that apply, choose one, predict with it."""

from sktl.comparison._candidates import METHODS
from sktl.comparison._compare import select_methods
from sktl.comparison._comparison import MAX_ROWS, Comparison
from sktl.comparison._decision import Decision, compare
from sktl.comparison._files import read_table
from sktl.comparison._given import read_model
from sktl.comparison._metrics import METRICS
from sktl.comparison._plan import LabelPlan, plan_labels
from sktl.comparison._record import report_record
from sktl.comparison._report import report_tables
from sktl.comparison._saved import SavedModel
from sktl.comparison._split import split_by_domain, split_by_time

__all__ = [
    "MAX_ROWS",
    "METHODS",
    "METRICS",
    "Comparison",
    "Decision",
    "LabelPlan",
    "SavedModel",
    "compare",
    "plan_labels",
    "read_model",
    "read_table",
    "report_record",
    "report_tables",
    "select_methods",
    "split_by_domain",
    "split_by_time",
]
