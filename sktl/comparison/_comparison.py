"""Two tables and the methods to try on them; and what came of it."""

from dataclasses import dataclass

import numpy as np

from sktl._checks import SEED, InstanceOf, checked
from sktl._core.overlap import domain_overlap
from sktl._threads import limited_threads
from sktl.comparison._candidates import TASKS, prepare
from sktl.comparison._compare import (
    Outcome,
    choose,
    choose_protocol,
    final_predictions,
    give_verdict,
    run_methods,
    select_methods,
    silent,
    why_not_judge,
    with_agreement,
)
from sktl.comparison._page import block, cells, choice_words, heading, remarks
from sktl.comparison._problem import build_problem
from sktl.comparison._protocols import CircularValidation
from sktl.comparison._report import domain_report
from sktl.comparison._words import COLUMN, COLUMNS
from sktl.inspection.report import measure_distance


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two tables, the methods to try on them, and the way to score these.

    Make it by :meth:`from_tables`; :meth:`run` tries the methods and returns a :class:`Choice`.

    Parameters
    ----------
    problem : Problem
        The rows of both tables, stacked: ``X``, ``y``, ``target``, ``row``, ``labels``, ``columns``.
    protocol : Protocol
        How methods are scored: on the target's labels, hidden or in folds, or by circular validation.
    methods : list of Method
        What to try.
    notes : list of str
        What was left out of the tables, and possible problems in them.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sktl.comparison import Comparison
    >>> rng = np.random.default_rng(0)
    >>> source = pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"])
    >>> target = pd.DataFrame(rng.normal(size=(80, 2)) + [1, 0], columns=["a", "b"])
    >>> source["up"] = source["a"] + 0.1 * rng.normal(size=120) > 0
    >>> comparison = Comparison.from_tables(source, target, "up", methods="tca")
    >>> choice = comparison.run()
    >>> choice.chosen.name, len(choice.predict())
    ('source-only', 80)
    """

    problem: object
    protocol: object
    methods: list
    notes: list

    @classmethod
    @checked(
        label=COLUMN,
        task=("auto", *TASKS),
        methods=(None, InstanceOf(str, noun="method names separated by commas")),
        target_labels=("auto", "hide", "use"),
        drop=COLUMNS,
        random_state=SEED,
    )
    def from_tables(
        cls,
        source,
        target,
        label,
        *,
        task="auto",
        methods=None,
        target_labels="auto",
        drop=(),
        random_state=0,
    ):
        """Check the tables, and decide what to try and how to score it.

        Parameters
        ----------
        source, target : DataFrame
            The table to learn from and the table to predict; only the columns that both have are used.
        label : str
            The column to predict; in ``target`` it may be absent or partly missing.
        task : {"auto", "classification", "regression"}, default="auto"
            "auto": inferred from the labels.
        methods : str, default=None
            Method names separated by commas; None: all that apply, but the slow ones.
        target_labels : {"auto", "hide", "use"}, default="auto"
            "hide": use the target's labels only to score; "use": also learn from them, cross-validated; "auto": hide
            if all target rows have a label, use if only some have.
        drop : list of str, default=()
            Columns to leave out.
        random_state : int, default=0
            Random seed.

        Returns
        -------
        Comparison

        Raises
        ------
        InputError
            If the tables can't be used.
        """
        methods = select_methods(methods)
        problem = build_problem(source, target, label, task, drop)
        protocol, more = choose_protocol(problem, target_labels, random_state)
        return cls(problem, protocol, methods, problem.notes + more)

    def distance(self, n_jobs=1):
        """Measure how far apart the rows of the tables are.

        Parameters
        ----------
        n_jobs : int, default=1
            Processes.

        Returns
        -------
        Distance
        """
        return measure_distance(
            self.problem.X, self.problem.target, n_jobs=n_jobs, random_state=self.protocol.setting.seed
        )

    def words(self):
        """What is compared: two lines."""
        return heading(self.problem)

    def run(self, n_jobs=1, progress=silent):
        """Try the methods and choose one.

        Without target labels, and with a source that covers less than half of the target, nothing can judge: no method
        but the baseline is tried, and it is the choice.

        Parameters
        ----------
        n_jobs : int, default=1
            Processes.
        progress : callable, default=silent
            Takes each line of progress.

        Returns
        -------
        Choice
        """
        # small tables: threads of BLAS cost more than they bring
        with limited_threads(*self.problem.X.shape):
            overlap = np.nan if self.protocol.evidence == "target labels" else self._overlap()
            unknown = why_not_judge(overlap)
            outcomes = run_methods(self.methods, self.protocol, n_jobs, progress, unknown)
            verdict = give_verdict(outcomes, self.protocol, unknown)
            if isinstance(self.protocol, CircularValidation):
                outcomes = with_agreement(outcomes, self.protocol, verdict)
        return Choice(self.protocol, outcomes, verdict, choose(outcomes, verdict), overlap)

    def _overlap(self):
        """How much of TARGET the rows of SOURCE cover."""
        rows = prepare(self.problem.columns).fit_transform(self.problem.X)
        return domain_overlap(rows[~self.problem.target], rows[self.problem.target]).share


@dataclass(frozen=True, eq=False)
class Choice:
    """What came of a comparison.

    Attributes
    ----------
    protocol : Protocol
    outcomes : list of Outcome
        Of all methods, the baseline first.
    verdict : Verdict
        What to use without transfer, and the methods whose gain over that is beyond chance and the protocol's margin.
    chosen : Outcome
    overlap : float
        How much of TARGET the source covers, 0 to 1; NaN where target labels decide.
    """

    protocol: object
    outcomes: list
    verdict: object
    chosen: Outcome
    overlap: float

    def predict(self):
        """Labels of the target's rows, in their original type, by the chosen method fitted on all that it may see."""
        with limited_threads(*self.protocol.problem.X.shape):
            return self.protocol.problem.labels.decode(final_predictions(self.protocol, self.chosen))

    def cells(self):
        """Header and rows of the scores."""
        return cells(self)

    def remarks(self):
        """What was skipped and why, and warnings: one line each."""
        return remarks(self)

    def words(self):
        """Which method is chosen, why, and how far to trust it: one line each."""
        return choice_words(self)

    def block(self):
        """The methods as a table for a page: title, words, header, rows."""
        return block(self)

    def report(self, n_jobs=1):
        """The :class:`~sktl.inspection.DomainReport` of the two tables."""
        return domain_report(self.protocol.problem, n_jobs, self.protocol.setting.seed)
