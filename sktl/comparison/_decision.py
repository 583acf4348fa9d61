"""The whole job in one call: two tables in, a decision out, with its evidence, its page and its model."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sktl._checks import N_JOBS, SEED, HasMethods, InstanceOf, checked
from sktl.comparison._candidates import TASKS
from sktl.comparison._comparison import MAX_ROWS, Choice, Comparison
from sktl.comparison._figures import figures
from sktl.comparison._given import read_model
from sktl.comparison._inputs import as_tables
from sktl.comparison._metrics import METRICS
from sktl.comparison._record import decision_record
from sktl.comparison._report import ROWS
from sktl.comparison._saved import SavedModel
from sktl.comparison._words import COLUMN, COLUMNS, pandas
from sktl.inspection.report import distance_words, table_lines


def unheard(kind, line):
    """Let a line pass."""


@checked(
    label=(None, *COLUMN),
    task=("auto", *TASKS),
    methods=(None, InstanceOf(str, noun="method names separated by commas")),
    target_labels=("auto", "hide", "use"),
    metric=(None, *METRICS),
    drop=COLUMNS,
    keep=COLUMNS,
    source_model=(None, InstanceOf(str, Path, noun="a path"), HasMethods("predict", noun="a fitted model")),
    max_rows=ROWS,
    n_jobs=N_JOBS,
    tell=(None, callable),
    random_state=SEED,
)
def compare(
    source,
    target,
    label=None,
    *,
    task="auto",
    methods=None,
    target_labels="auto",
    metric=None,
    drop=(),
    keep=(),
    source_model=None,
    max_rows=MAX_ROWS,
    n_jobs=1,
    tell=None,
    random_state=0,
):
    """Which model for the rows of another table? Measure how far apart the two are, try what applies, choose one.

    What ``sktl compare`` does on files: the better of a linear model and boosted trees of the source is the baseline;
    methods that adapt are tried on top of it; one is chosen only if its gain is more than chance explains. A choice
    that is no better than a constant is called "no usable model".

    Parameters
    ----------
    source : DataFrame, path, (X, y), or dict of these
        The table to learn from: a frame, a CSV or parquet file, or rows and their labels as arrays; several by name.
    target : DataFrame, path, array or (X, y)
        The table to predict. Its labels may be absent or partly missing.
    label : str, default=None
        The column to predict; not needed where ``source`` is (X, y).
    task : {"auto", "classification", "regression"}, default="auto"
        "auto": inferred from the labels.
    methods : str, default=None
        Method names separated by commas; None: all that apply, but the slow ones.
    target_labels : {"auto", "hide", "use"}, default="auto"
        "hide": use the target's labels only to score; "use": also learn from them, cross-validated; "auto": hide if
        all target rows have a label, use if only some have.
    metric : str, default=None
        What methods are ranked by, as in :meth:`Comparison.from_tables`. None: R2; accuracy; or balanced accuracy
        where a class is rare.
    drop : list of str, default=()
        Columns to leave out.
    keep : list of str, default=()
        Columns to use although they look like names of rows.
    source_model : fitted estimator object, SavedModel or path, default=None
        A model of the source that exists already: the baseline then, from which corrections by target labels start.
    max_rows : int or None, default=2500
        Rows of each table that the choice looks at; the final model learns from all. None: all.
    n_jobs : int, default=1
        Processes.
    tell : callable, default=None
        ``tell(kind, line)`` gets each line as soon as it is known; kinds are "note", "progress" and "result".
        For instance ``print``.
    random_state : int, default=0
        Random seed.

    Returns
    -------
    Decision

    Raises
    ------
    InputError
        If the tables can't be used; one line says why.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import sktl
    >>> rng = np.random.default_rng(0)
    >>> old = pd.DataFrame(rng.normal(size=(150, 2)), columns=["a", "b"])
    >>> old["up"] = np.where(old["a"] > 0, "yes", "no")
    >>> new = pd.DataFrame(rng.normal(size=(80, 2)) + [0.5, 0], columns=["a", "b"])
    >>> found = sktl.compare(old, new, label="up", methods="source-only,coral")
    >>> found.usable, found.table["method"].tolist()
    (True, ['source-only', 'coral', 'constant'])
    >>> print(found.verdict.splitlines()[0])
    choice: source-only (logistic regression)
    >>> found.model.predict(pd.DataFrame({"a": [-2.0, 2.0], "b": 0.0})).tolist()
    ['no', 'yes']
    """
    tell = unheard if tell is None else tell
    source, target, label = as_tables(source, target, label)
    source_model = read_model(source_model) if isinstance(source_model, str | Path) else source_model
    comparison = Comparison.from_tables(
        source,
        target,
        label,
        task=task,
        methods=methods,
        target_labels=target_labels,
        metric=metric,
        drop=list(drop),
        keep=list(keep),
        source_model=source_model,
        max_rows=max_rows,
        random_state=random_state,
    )
    for note in comparison.notes:
        tell("note", note)
    for line in comparison.words():
        tell("result", line)
    tell("progress", "measuring the distance between the tables")
    distance = comparison.distance(n_jobs)
    ranking = comparison.ranking(n_jobs)
    for line in _distance_lines(distance, ranking):
        tell("result", line)
    choice = comparison.run(n_jobs, lambda line: tell("progress", line))
    decision = Decision(comparison, distance, choice, ranking)
    # before the scores are told: if the final fit fails, that is the one thing to say
    _ = choice.model
    for line in decision.words():
        tell("result", line)
    return decision


@dataclass(frozen=True, eq=False, repr=False)
class Decision:
    """What came of :func:`compare`: ``print`` shows it as text, a notebook as a page.

    Parameters
    ----------
    comparison : Comparison
        The two tables and what was tried.
    distance : Distance
        How far apart they are.
    choice : Choice
        The scores of the methods, and the one that is chosen.
    ranking : SourceRanking or None
        How near each of several sources is.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl import compare
    >>> rng = np.random.default_rng(0)
    >>> X, X_new = rng.normal(size=(90, 2)), rng.normal(size=(60, 2))
    >>> found = compare((X, X[:, 0]), X_new, methods="source-only")
    >>> found
    <Decision: source-only (ridge), usable>
    """

    comparison: Comparison
    distance: object
    choice: Choice
    ranking: object = None

    @property
    def notes(self):
        """What was left out of the tables, and possible problems in them: a list of str."""
        return self.comparison.notes

    @property
    def table(self):
        """The scores as a frame: one row per method, the baseline first and a constant last."""
        return pandas().DataFrame(figures(self.choice))

    @property
    def verdict(self):
        """Which method is chosen, why, and how far to trust it, as text."""
        return "\n".join(self.choice.words())

    @property
    def usable(self):
        """Whether the chosen model is of any use, as far as that can be told."""
        return self.choice.usable

    @cached_property
    def model(self):
        """The chosen model, fitted on all that it may see: a :class:`SavedModel`, which predicts tables."""
        return SavedModel.of_choice(self.choice)

    @cached_property
    def report(self):
        """The :class:`~sktl.inspection.DomainReport` of the two tables."""
        return self.choice.report()

    def predict(self):
        """Labels of the target's rows, in the order of the table that was given.

        Returns
        -------
        ndarray of shape (n_target,)
        """
        problem, predicted = self.comparison.problem, self.choice.predict()
        return predicted[problem.row[problem.target].argsort()]

    def to_dict(self):
        """All figures, the verdict and the versions, for a program: values of strict JSON, None where none is known."""
        return decision_record(self)

    def words(self):
        """The scores, remarks and the choice: one line each."""
        first, *others = self.choice.words()
        lines = [*table_lines(*self.choice.cells()), *self.choice.remarks(), *self._threshold_words(), "", first]
        return [*lines, *(f"  {line}" for line in others)]

    def _threshold_words(self):
        """Say that another cut than one half is better: one line, or none."""
        found, labels = self.choice.threshold, self.choice.protocol.problem.labels
        if not found.gain:
            return []
        metric = self.choice.protocol.setting.metric
        return [
            f"decision threshold: {labels.classes[1]!r} from a probability of {found.value:.2f} on ({metric.words} "
            f"{found.gain:+.3f} on held-out rows)"
        ]

    def __str__(self):
        """All of it as text."""
        return "\n".join([*self.comparison.words(), *_distance_lines(self.distance, self.ranking), *self.words()])

    def __repr__(self):
        """One line; print shows the whole."""
        chosen = self.choice.chosen
        return f"<Decision: {chosen.name} ({chosen.model}), {'usable' if self.usable else 'no usable model'}>"

    def _repr_html_(self):
        """The page in a notebook."""
        return self.report.section([self.choice.block()], self.choice.lead())

    def to_html(self, path):
        """Write the page: the choice, a picture of the domains, and the evidence. It needs no network.

        Parameters
        ----------
        path : str or path
            File to write, completely or not at all.
        """
        self.report.to_html(Path(path), [self.choice.block()], lead=self.choice.lead())


def _distance_lines(distance, ranking):
    """How far apart the tables are, and of several sources each: lines, the last one empty."""
    ranked = [] if ranking is None else ["sources, the nearest first (MMD^2)", *str(ranking).splitlines()]
    return [*distance_words(distance), *ranked, ""]
