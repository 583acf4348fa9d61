"""The report of two tables: what their rows, and as far as they can be used, their labels say."""

from numbers import Integral

import numpy as np

from sktl._checks import N_JOBS, SEED, Interval, checked
from sktl._core.columns import are_amounts
from sktl.comparison._files import MIN_ROWS
from sktl.comparison._problem import build_problem, sample_problem
from sktl.comparison._words import COLUMN, COLUMNS, did_you_mean
from sktl.domains import TARGET
from sktl.exceptions import InputError
from sktl.inspection import DomainReport
from sktl.model_selection import rank_sources

ROWS = (None, Interval(Integral, 10))
MAX_RANKED = 1000  # rows of each domain that the distances of sources look at


@checked(
    label=(None, *COLUMN),
    drop=COLUMNS,
    keep=COLUMNS,
    max_rows=(None, Interval(Integral, 10)),
    n_jobs=N_JOBS,
    random_state=SEED,
)
def report_tables(source, target, label=None, *, drop=(), keep=(), max_rows=None, n_jobs=1, random_state=0):
    """Report on two tables: the kind of shift and the evidence for it.

    Parameters
    ----------
    source : DataFrame, or dict of str -> DataFrame
        The table to learn from, or several by their names.
    target : DataFrame
        The other table; only the columns that all have are compared.
    label : str, default=None
        The label column, of either table. It is left out of the distances, and if a model can learn it, it helps to
        judge the kind of shift.
    drop : list of str, default=()
        Columns to leave out.
    keep : list of str, default=()
        Columns to use although they look like names of rows.
    max_rows : int, default=None
        Rows of each table to look at; None: all.
    n_jobs : int, default=1
        Processes.
    random_state : int, default=0
        Random seed.

    Returns
    -------
    report : DomainReport
    notes : list of str
        What was left out of the tables, and possible problems in them.

    Raises
    ------
    InputError
        If the tables can't be compared.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sktl.comparison import report_tables
    >>> rng = np.random.default_rng(0)
    >>> source = pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"])
    >>> target = pd.DataFrame(rng.normal(size=(80, 2)) + [1, 0], columns=["a", "b"])
    >>> report, notes = report_tables(source, target.assign(c=0))
    >>> report.kind, notes
    ('covariate', ["left out, since only TARGET has it: column 'c'"])
    """
    known = _columns(source)
    if label is not None and label not in known and label not in target:
        hint = did_you_mean(label, [*known, *target])
        raise InputError(f"--label {label}: neither table has such a column.{hint}")
    problem, notes = _problem(source, target, label, list(drop), list(keep))
    return domain_report(sample_problem(problem, max_rows, random_state), n_jobs, random_state), notes


def _problem(source, target, label, drop, keep):
    """The problem with its labels if a model could learn them, else without."""
    if label in _columns(source):
        try:
            problem = build_problem(source, target, label, drop=drop, keep=keep)
            return problem, problem.notes
        except InputError as error:  # a label that no model could learn from: the columns can be compared all the same
            problem = build_problem(source, target, drop=[*drop, label], keep=keep)
            return problem, [*problem.notes, f"the kind of shift is judged without labels. {error}"]
    problem = build_problem(source, target, drop=drop if label is None else [*drop, label], keep=keep)
    return problem, problem.notes


def _columns(source):
    """Names of the columns of a table, or of all tables of a dict."""
    return list(source if not isinstance(source, dict) else dict.fromkeys(name for t in source.values() for name in t))


def domain_report(problem, n_jobs=1, random_state=0):
    """The :class:`~sktl.inspection.DomainReport` of a problem."""
    y = None if problem.labels is None else decoded(problem)
    domain = problem.target if len(problem.sources) == 1 else problem.domain
    return DomainReport.from_data(problem.X, y, domain, n_jobs=n_jobs, random_state=random_state)


def rank_problem(problem, n_jobs=1, random_state=0):
    """The :class:`~sktl.model_selection.SourceRanking` of a problem's sources, on a sample; None if there is one."""
    rng, names = np.random.RandomState(random_state), problem.sources
    if len(names) == 1:
        return None
    drawn = [np.flatnonzero(problem.domain == name) for name in (*names, TARGET)]
    drawn = [rows if len(rows) <= MAX_RANKED else rng.choice(rows, MAX_RANKED, replace=False) for rows in drawn]
    rows = np.sort(np.concatenate([rows for rows in drawn if len(rows) >= MIN_ROWS]))
    return rank_sources(problem.X.iloc[rows], None, problem.domain[rows], n_jobs=n_jobs, random_state=random_state)


def decoded(problem):
    """Labels as they are in the tables, None where they are missing; numbers stay numbers in a regression."""
    if problem.labels.classes is None:
        return problem.y
    known = ~np.isnan(problem.y)
    labels = np.full(len(known), None, dtype=object)  # None: no class of any type means "missing" otherwise
    labels[known] = problem.labels.decode(problem.y[known])
    if problem.labels.classes.dtype.kind in "iuf" and are_amounts(problem.labels.classes[problem.y[known].astype(int)]):
        labels[known] = labels[known].astype(
            str
        )  # classes by the user's word: as numbers they would be taken as amounts
    return labels
