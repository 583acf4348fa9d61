"""Which rows of the target to label next, as a table of their numbers."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from sktl._checks import N_JOBS, SEED, Interval, checked
from sktl._tables.encoder import table_encoder
from sktl._threads import limited_threads
from sktl.comparison._candidates import METHODS, SOURCE_MODELS, TASKS
from sktl.comparison._compare import choose_baseline, silent
from sktl.comparison._comparison import Comparison
from sktl.comparison._inputs import as_tables
from sktl.comparison._words import COLUMN, COLUMNS, count, pandas
from sktl.exceptions import InputError
from sktl.model_selection import LabelPlanner

PURPOSES = ("score", "model")


@dataclass(frozen=True, eq=False, repr=False)
class LabelPlan:
    """Rows of the target that are worth a label.

    Parameters
    ----------
    table : DataFrame
        "row" (its number in the target's table, from 0), the id column if one was named, and for a score
        "inclusion_probability": the chance that the row had to be drawn. In the order in which they were drawn.
    words : list of str
        What they are for, and what to do with them.
    planner : LabelPlanner
        What chose them; its ``estimate`` takes their labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.comparison import plan_labels
    >>> rng = np.random.default_rng(0)
    >>> X, X_new = rng.normal(size=(90, 2)), rng.normal(size=(60, 2))
    >>> len(plan_labels((X, X[:, 0] > 0), X_new, n=12).table)
    12
    """

    table: object
    words: list
    planner: LabelPlanner

    def __repr__(self):
        """How many rows."""
        return f"<LabelPlan: {count(len(self.table), 'row')}>"


@checked(
    label=(None, *COLUMN),
    n=(Interval(Integral, 1),),
    purpose=PURPOSES,
    id=(None, *COLUMN),
    task=("auto", *TASKS),
    drop=COLUMNS,
    n_jobs=N_JOBS,
    random_state=SEED,
)
def plan_labels(
    source, target, label=None, *, n=20, purpose="score", id=None, task="auto", drop=(), n_jobs=1, random_state=0
):
    """Choose rows of the target to label next.

    The model is the better of a linear model and boosted trees by cross-validation on the source, as in
    :func:`compare`; the rows are those of :class:`~sktl.model_selection.LabelPlanner`.

    Parameters
    ----------
    source, target : DataFrame, path, array or (X, y)
        As for :func:`compare`.
    label : str, default=None
        The column to predict; not needed where ``source`` is (X, y).
    n : int, default=20
        Rows to label; all that have no label where these are fewer.
    purpose : {"score", "model"}, default="score"
        What the labels are for: to know the model's score on the target without bias, or to improve the model.
    id : str, default=None
        A column of the target to list beside the rows' numbers; no model learns from it.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto": inferred from the labels.
    drop : list of str, default=()
        Columns to leave out.
    n_jobs : int, default=1
        Processes.
    random_state : int, default=0
        Random seed.

    Returns
    -------
    LabelPlan

    Raises
    ------
    InputError
        If the tables can't be used, or every row of the target has a label.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sktl.comparison import plan_labels
    >>> rng = np.random.default_rng(0)
    >>> old = pd.DataFrame(rng.normal(size=(150, 2)), columns=["a", "b"])
    >>> old["up"] = np.where(old["a"] > 0, "yes", "no")
    >>> new = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"]).assign(who=np.arange(80) + 1000)
    >>> plan = plan_labels(old, new, "up", n=5, id="who")
    >>> plan.table.columns.tolist(), (plan.table["who"] == plan.table["row"] + 1000).all()
    (['row', 'who', 'inclusion_probability'], np.True_)
    """
    source, target, label = as_tables(source, target, label)
    if id is not None and id not in target:
        raise InputError(f"--id {id}: TARGET has no such column.")
    left_out = list(drop) if id is None or id == label else [*drop, id]
    comparison = Comparison.from_tables(source, target, label, task=task, drop=left_out, random_state=random_state)
    problem, protocol = comparison.problem, comparison.protocol
    if not (problem.target & np.isnan(problem.y)).any():
        raise InputError("Every row of TARGET has a label: there is nothing to plan.")
    with limited_threads(*problem.X.shape):
        models = [METHODS[name] for name in SOURCE_MODELS]
        best = choose_baseline(models, protocol, n_jobs, silent)[0][0]
        # encoded first: a plan for a model measures distances between rows
        rows = table_encoder(problem.columns).fit_transform(problem.X)
        model = best.build(protocol.setting)[-1]
        planner = LabelPlanner(model, purpose, n, random_state=random_state)
        planner.fit(rows, problem.y, sample_domain=problem.target)
    rows = problem.row[planner.indices_]
    columns = {"row": rows} | ({} if id is None else {id: target[id].to_numpy()[rows]})
    if purpose == "score":
        columns["inclusion_probability"] = planner.inclusion_probabilities_
    words = _words(len(rows), purpose, label, best.model(protocol.setting))
    return LabelPlan(pandas().DataFrame(columns), words, planner)


def _words(n, purpose, label, model):
    """What the rows are for."""
    rows = f"{count(n, 'row')} of TARGET to label ({label!r})"
    if purpose == "score":
        return [
            f"{rows}, to know how good {model} of SOURCE is there.",
            "Rows were drawn by chance: a mean over them weighs each by 1 / inclusion_probability.",
        ]
    return [
        f"{rows}, to improve {model}: uncertain rows in dense places, the first ones first.",
        "They give no unbiased score; on average they were no better than random rows (benchmarks/label_plan.py).",
    ]
