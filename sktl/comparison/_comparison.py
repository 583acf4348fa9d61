"""Two tables and the methods to try on them; and what came of it."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sktl._checks import SEED, HasMethods, InstanceOf, checked
from sktl._core.overlap import domain_overlap
from sktl._tables.encoder import table_encoder
from sktl._threads import limited_threads
from sktl.comparison._advice import advice
from sktl.comparison._candidates import GIVEN, METHODS, SOURCE_MODELS, TASKS
from sktl.comparison._compare import (
    ONLY_RANKS,
    Outcome,
    choose,
    choose_baseline,
    choose_protocol,
    final_model,
    final_predictions,
    floor_of,
    give_verdict,
    run_methods,
    select_methods,
    silent,
    why_not_judge,
)
from sktl.comparison._expected import expect, no_overlap
from sktl.comparison._given import as_given
from sktl.comparison._lead import lead
from sktl.comparison._metrics import METRICS
from sktl.comparison._page import block, cells, choice_words, heading, remarks, tried_words
from sktl.comparison._problem import build_problem, sample_problem
from sktl.comparison._protocols import CircularValidation
from sktl.comparison._report import ROWS, domain_report, rank_problem
from sktl.comparison._threshold import class_numbers, tune_threshold
from sktl.comparison._usable import why_useless
from sktl.comparison._words import COLUMN, COLUMNS
from sktl.inspection.report import measure_distance

#: Rows of each table that the choice looks at: more hardly change it, and time grows with them.
MAX_ROWS = 2500


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
    max_rows : int or None
        Rows of each table that the choice looks at.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sktl.comparison import Comparison
    >>> rng = np.random.default_rng(0)
    >>> source = pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"])
    >>> target = pd.DataFrame(rng.normal(size=(80, 2)) + [1, 0], columns=["a", "b"])
    >>> source["up"] = source["a"] + 0.1 * rng.normal(size=120) > 0
    >>> comparison = Comparison.from_tables(source, target, "up", methods="source-only,tca")
    >>> choice = comparison.run()
    >>> choice.chosen.name, len(choice.predict())
    ('source-only', 80)
    """

    problem: object
    protocol: object
    methods: list
    notes: list
    max_rows: int | None = None

    @classmethod
    @checked(
        label=COLUMN,
        task=("auto", *TASKS),
        methods=(None, InstanceOf(str, noun="method names separated by commas")),
        target_labels=("auto", "hide", "use"),
        metric=(None, *METRICS),
        drop=COLUMNS,
        keep=COLUMNS,
        source_model=(None, HasMethods("predict", noun="a fitted model")),
        max_rows=ROWS,
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
        metric=None,
        drop=(),
        keep=(),
        source_model=None,
        max_rows=MAX_ROWS,
        random_state=0,
    ):
        """Check the tables, and decide what to try and how to score it.

        Parameters
        ----------
        source : DataFrame, or dict of str -> DataFrame
            The table to learn from, or several by their names.
        target : DataFrame
            The table to predict; only the columns that all tables have are used.
        label : str
            The column to predict; in ``target`` it may be absent or partly missing.
        task : {"auto", "classification", "regression"}, default="auto"
            "auto": inferred from the labels.
        methods : str, default=None
            Method names separated by commas; None: all that apply, but the slow ones.
        target_labels : {"auto", "hide", "use"}, default="auto"
            "hide": use the target's labels only to score; "use": also learn from them, cross-validated; "auto": hide
            if all target rows have a label, use if only some have.
        metric : str, default=None
            What methods are ranked by: "accuracy", "balanced_accuracy", "roc_auc", "f1" (mean over the classes),
            "log_loss", "r2", "mae" or "rmse". None: R2; accuracy; or balanced accuracy where the rarest class is under
            20 % of two classes (or two fifths of an even share of more) of the source's labels, or of the target's
            from 20 on. Under balanced accuracy the models weigh the classes evenly.
        drop : list of str, default=()
            Columns to leave out.
        keep : list of str, default=()
            Columns to use although they look like names of rows.
        source_model : fitted estimator object or SavedModel, default=None
            A model that exists already: the baseline then, and what corrections by target labels start from.
        max_rows : int or None, default=2500
            Rows of each table that the choice looks at, of the target those with labels first; the final model learns
            from all. None: all.
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
        problem = build_problem(source, target, label, task, drop, keep)
        protocol, more = choose_protocol(problem, target_labels, random_state, metric)
        if source_model is not None:
            setting = replace(protocol.setting, given=as_given(source_model, problem))
            protocol, methods = replace(protocol, setting=setting), [METHODS[GIVEN], *methods]
        return cls(problem, protocol, methods, problem.notes + more, max_rows)

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

    def ranking(self, n_jobs=1):
        """Order the sources by how near they are to the target.

        Parameters
        ----------
        n_jobs : int, default=1
            Processes.

        Returns
        -------
        SourceRanking or None
            None if there is only one source.
        """
        return rank_problem(self.problem, n_jobs, self.protocol.setting.seed)

    def words(self):
        """What is compared: two lines."""
        return heading(self.problem)

    def run(self, n_jobs=1, progress=silent):
        """Find the better model of the source, try the methods on top of it, and choose one.

        Without target labels the baseline is the choice, and circular validation only ranks the others: on 73 real
        pairs its clear gains were losses (``benchmarks/main_job.py``). With a source that covers less than half of the
        target no method but the baseline is tried.

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
        looked_at = sample_problem(self.problem, self.max_rows, self.protocol.setting.seed)
        with limited_threads(*looked_at.X.shape):
            protocol = replace(self.protocol, problem=looked_at)
            methods, source = choose_baseline(self.methods, protocol, n_jobs, progress)
            best = next(method.name for method in methods if method.name in SOURCE_MODELS)
            setting = replace(self.protocol.setting, trees=best == SOURCE_MODELS[1])
            protocol = replace(protocol, setting=setting)
            overlap = np.nan if protocol.evidence == "target labels" else _overlap(looked_at)
            unknown = why_not_judge(overlap, setting.given, protocol.evidence)
            outcomes = run_methods(methods, protocol, n_jobs, progress, unknown)
            floor = floor_of(protocol)
            blind = isinstance(protocol, CircularValidation)
            verdict = give_verdict(outcomes, protocol, unknown or (ONLY_RANKS if blind else ""))
            chosen, expectations = choose(outcomes, verdict), {}
            if blind:
                progress(f"{chosen.name}: what it may score on TARGET ...")
                why = unknown if setting.given is not None else no_overlap(overlap) if unknown else ""
                expectations[chosen.name] = expect(METHODS[chosen.name], protocol, why)
        return Choice(protocol, outcomes, verdict, chosen, overlap, floor, source, expectations, self.problem)


def _overlap(problem):
    """How much of TARGET the rows of SOURCE cover."""
    rows = table_encoder(problem.columns).fit_transform(problem.X)
    return domain_overlap(rows[~problem.target], rows[problem.target]).share


@dataclass(frozen=True, eq=False)
class Choice:
    """What came of a comparison.

    Attributes
    ----------
    protocol : Protocol
    outcomes : list of Outcome
        Of all methods, the baseline first.
    verdict : Verdict
        What to use, and the methods whose gain over that is beyond chance.
    chosen : Outcome
    overlap : float
        How much of TARGET the source covers, 0 to 1; NaN where target labels decide.
    floor : Outcome
        What a constant scores: the majority class or mean of the target's labels, or where there are none the source's.
    source : dict of str -> Outcome
        What the plain models of the source and a constant score on the source, cross-validated: the better model is the
        baseline.
    expectations : dict of str -> Expected
        Where no target label is known: what the choice is expected to score.
    problem : Problem or None
        All rows, of which ``protocol.problem`` may hold a sample.
    """

    protocol: object
    outcomes: list
    verdict: object
    chosen: Outcome
    overlap: float
    floor: Outcome
    source: dict
    expectations: dict = field(default_factory=dict)
    problem: object = None

    @property
    def whole(self):
        """The protocol on all rows, for the final fit."""
        return self.protocol if self.problem is None else replace(self.protocol, problem=self.problem)

    @property
    def expected(self):
        """What the choice is expected to score on the target; None where target labels say it."""
        return self.expectations.get(self.chosen.name)

    def advice(self):
        """What to do next: one line each, what weighs most first."""
        return advice(self)

    @cached_property
    def model(self):
        """The chosen method, fitted on all that it may see: a pipeline that predicts class numbers, or numbers."""
        with limited_threads(*self.whole.problem.X.shape):
            return final_model(self.whole, self.chosen)

    @cached_property
    def threshold(self):
        """The :class:`Threshold` of the second class, tuned under balanced accuracy and F1; of two classes only."""
        with limited_threads(*self.protocol.problem.X.shape):
            return tune_threshold(self)

    @cached_property
    def useless(self):
        """Why the chosen model is of no use, a list of reasons; empty if it is of use."""
        return why_useless(self)

    @property
    def usable(self):
        """Whether the chosen model beats a constant, as far as that can be told."""
        return not self.useless

    def predict(self):
        """Labels of the target's rows, in their original type, by the chosen method fitted on all that it may see."""
        problem = self.whole.problem
        with limited_threads(*problem.X.shape):
            if self.threshold.gain:
                rows = problem.X.iloc[np.flatnonzero(problem.target)]
                predictions = class_numbers(self.model, rows, self.threshold.value)
            else:
                predictions = final_predictions(self.whole, self.chosen, self.model)
        return self.protocol.problem.labels.decode(predictions)

    def cells(self):
        """Header and rows of the scores."""
        return cells(self)

    def remarks(self):
        """What was skipped and why, and warnings: one line each."""
        return remarks(self)

    def words(self):
        """Which method is chosen, why, and how far to trust it: one line each."""
        return choice_words(self)

    def lead(self):
        """What stands on top of the page: the choice, what it scores, and why."""
        return lead(self)

    def block(self):
        """The methods as a table for a page: title, points, header, rows."""
        return block(self)

    def report(self, n_jobs=1):
        """The :class:`~sktl.inspection.DomainReport` of the two tables, its advice replaced by what was tried."""
        report = domain_report(self.protocol.problem, n_jobs, self.protocol.setting.seed)
        tried = tried_words(self)
        points = [tried if point == report.method else point for point in report.points]
        return replace(report, method=tried, points=points, suggestion=" ".join(points))
