"""Try every method on two tables, score it against the better model of the source, choose by one verdict."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from sktl._checks import InstanceOf, checked
from sktl.comparison._candidates import GIVEN, METHODS, SOURCE_MODELS, Setting
from sktl.comparison._choice import LEVEL, verdict_of
from sktl.comparison._metrics import choose_metric, labels_of, others_of
from sktl.comparison._protocols import CircularValidation, FoldedLabels, HiddenLabels, SourceFolds
from sktl.comparison._words import count, did_you_mean
from sktl.exceptions import InputError
from sktl.model_selection.evidence import MIN_LABELS, judge

COVERED = 0.5  # of the target by the source, below which its rows can't judge without target labels, as in the guard


def silent(line):
    """Let a line of progress pass."""


@dataclass(frozen=True)
class Outcome:
    """What came of one method.

    Attributes
    ----------
    name, model : str
        Its name, and what it is in a few words.
    skipped, failed : str or None
        Why it was not tried, or what broke.
    row_scores : ndarray or None
        One number per scored row, the higher the better; their mean is the score, or minus the loss.
    answers : ndarray or None
        What it says of the scored rows.
    also : dict of str -> float
        Other scores, by the name of the metric.
    seconds : float
    agreement : float
        How far its target predictions agree with those of all methods; NaN where that was not asked.
    warnings : list of str
    """

    name: str
    model: str
    skipped: str | None = None
    failed: str | None = None
    row_scores: np.ndarray | None = None
    answers: np.ndarray | None = None
    also: dict = field(default_factory=dict)
    seconds: float = np.nan
    agreement: float = np.nan
    warnings: list = field(default_factory=list)

    @property
    def scored(self):
        """Whether it was tried and did not fail."""
        return self.row_scores is not None

    @property
    def score(self):
        """Mean of the row scores."""
        return self.row_scores.mean() if self.scored else np.nan


@checked(names=(None, InstanceOf(str, noun="method names separated by commas")))
def select_methods(names):
    """Look up methods by their names, in the registry's order; a plain model of the source is always among them.

    Parameters
    ----------
    names : str or None
        Method names separated by commas; None: all but the slow ones.

    Returns
    -------
    list of Method

    Raises
    ------
    InputError
        If there is no method of a name.

    Examples
    --------
    >>> from sktl.comparison import select_methods
    >>> [method.name for method in select_methods("tca,kmm")]
    ['source-only', 'source-trees', 'kmm', 'tca']
    """
    if names is None:
        return [method for method in METHODS.values() if not method.by_name]
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in METHODS]
    if unknown or not wanted:
        first = (unknown or [""])[0]
        hint = did_you_mean(first, METHODS)
        raise InputError(f"--methods {names!r}: no method is called {first!r}; choose from {', '.join(METHODS)}.{hint}")
    if GIVEN in wanted:
        raise InputError(f"--methods {names!r}: the method 'given' needs no naming, but --source-model MODEL.")
    wanted += [] if set(wanted) & set(SOURCE_MODELS) else SOURCE_MODELS
    return [method for name, method in METHODS.items() if name in wanted]


def choose_protocol(problem, target_labels, seed, metric=None):
    """How to score, from what is to be done with the target's labels and how many there are; and notes."""
    known = int((problem.target & ~np.isnan(problem.y)).sum())
    partly = 0 < known < problem.target.sum()
    labels = problem.labels
    n_classes = 0 if labels.classes is None else len(labels.classes)
    found = choose_metric(metric, labels.task, *_known_labels(problem))
    setting = Setting(labels.task, problem.columns, seed, metric=found, n_classes=n_classes)
    if target_labels == "use" and known < MIN_LABELS:
        raise InputError(
            f"--target-labels use needs at least {MIN_LABELS} labelled rows of TARGET; it has {known}. Leave it out."
        )
    if known < MIN_LABELS:
        rows = f"{count(known, 'row')} of TARGET"
        notes = [f"labels of only {rows} are known; scoring by them needs {MIN_LABELS}, so they are not used"]
        notes = notes if known else []
        return CircularValidation(problem, setting), notes
    used = target_labels == "use" or target_labels == "auto" and partly
    return (FoldedLabels if used else HiddenLabels)(problem, setting), []


def _known_labels(problem):
    """The known labels of the source's rows, and of the target's."""
    known = ~np.isnan(problem.y)
    return problem.y[known & ~problem.target], problem.y[known & problem.target]


# --- scores ---


def why_not_judge(overlap, given=None, evidence=""):
    """Why no score can judge, in words; empty where one can. ``overlap`` is NaN where target labels decide."""
    if given is not None and evidence != "target labels":
        return "a given model may have learned from the rows of SOURCE, and no target label is known"
    if not overlap < COVERED:
        return ""
    return f"SOURCE covers only about {100 * overlap:.0f} % of TARGET, and no target label is known"


def choose_baseline(methods, protocol, n_jobs=1, progress=silent):
    """Score the plain models of the source on the source: which is better is no question of transfer.

    Returns
    -------
    methods : list of Method
        The better one first.
    found : dict of str -> Outcome
        What each scores on SOURCE, cross-validated, and a constant ("constant").
    """
    ordinary = SourceFolds(protocol.problem, protocol.setting)
    found = {}
    for method in (method for method in methods if method.name in (GIVEN, *SOURCE_MODELS)):
        progress(f"{method.name}: cross-validation on SOURCE ...")
        found[method.name] = _tried(Outcome(method.name, method.model(protocol.setting)), method, ordinary, n_jobs)
    scored = [outcome for name, outcome in found.items() if outcome.scored and name != GIVEN]
    if not scored:
        outcome = next(iter(found.values()))
        raise InputError(f"The baseline ({outcome.model}) failed: {outcome.failed}")
    best = max(scored, key=lambda outcome: outcome.score).name
    order = {GIVEN: -1, best: 0}  # a given model is the baseline whatever it scores on SOURCE: that is what it is for
    return sorted(methods, key=lambda method: order.get(method.name, 1)), found | {"constant": floor_of(ordinary)}


def floor_of(protocol):
    """The :class:`Outcome` of a constant, below which no model is of use."""
    task, name = protocol.setting.task, protocol.setting.metric.name
    words = "majority class" if task == "classification" else "median" if name == "mae" else "mean"
    return _scored(Outcome("constant", words, seconds=0.0), protocol, protocol.floor())


def run_methods(methods, protocol, n_jobs=1, progress=silent, unknown=""):
    """An :class:`Outcome` of each method, the first of which is the baseline: its failure is an error.

    Another's failure is noted. Where nothing can judge them, and ``unknown`` says why, none but the baseline is tried.
    """
    outcomes = []
    for step, method in enumerate(methods, start=1):
        outcome = Outcome(
            method.name,
            method.model(protocol.setting),
            skipped=method.reason_to_skip(protocol.setting.task, protocol.uses_labels)
            or (f"it can't be judged: {unknown}" if unknown and outcomes else None),
        )
        if not outcome.skipped:
            place = f"[{step}/{len(methods)}] {outcome.name}"
            progress(f"{place}: {outcome.model} ...")
            outcome = _tried(outcome, method, protocol, n_jobs)
            if outcome.scored:
                progress(f"{place}: {outcome.score:.3f} in {outcome.seconds:.1f} s")
        outcomes.append(outcome)
        if outcomes[0].failed:
            raise InputError(f"The baseline ({outcome.model}) failed: {outcome.failed}")
    return outcomes


def _tried(outcome, method, protocol, n_jobs):
    """The outcome with what the method scores, or why it failed."""
    start = time.perf_counter()
    try:
        answers, warned = protocol.predict(method, n_jobs)
    except Exception as error:  # whatever it is, the other methods are still to be tried
        return replace(outcome, failed=_first_line(error))
    seconds = time.perf_counter() - start  # before scoring: the method's time alone
    return replace(_scored(outcome, protocol, answers), seconds=seconds, warnings=warned)


def _scored(outcome, protocol, answers):
    """The outcome with the scores of its answers."""
    metric, truth = protocol.setting.metric, protocol.truth
    also = {other.name: other.score(truth, labels_of(answers)) for other in others_of(metric)}
    return replace(outcome, row_scores=metric.rows(truth, answers), answers=answers, also=also)


# --- the verdict ---


def give_verdict(outcomes, protocol, unknown="", scale=1.0):
    """What to use without transfer, and which methods gain over it more than chance: the guard's tests.

    ``unknown`` says why nothing can be judged; ``scale`` is what the protocol's margin is a part of: 1 for accuracy and
    R2, the constant's loss for a loss.
    """
    return verdict_of(rows_of(outcomes), protocol.uses_labels, protocol.margin * scale, protocol.evidence, unknown)


def rows_of(outcomes):
    """Scores of the rows of the methods that have some, by name."""
    return {outcome.name: outcome.row_scores for outcome in outcomes if outcome.scored}


def ranks_of(outcomes):
    """Rank of each scored method by its score, 1 the highest."""
    best = sorted((outcome for outcome in outcomes if outcome.scored), key=lambda outcome: -outcome.score)
    return {outcome.name: rank for rank, outcome in enumerate(best, start=1)}


def gains_over_baseline(outcomes):
    """The :class:`~sktl.model_selection.evidence.Gain` of each scored method over the baseline, by name."""
    scored = {outcome.name: -outcome.row_scores for outcome in outcomes if outcome.scored}
    usual, *others = scored
    return judge(scored, usual, others, [], LEVEL).baseline_gains


def choose(outcomes, verdict):
    """The method of the verdict; of several that gain, where agreements are known, that of the highest agreement."""
    by_name = {outcome.name: outcome for outcome in outcomes}
    agreeing = [by_name[name] for name in verdict.accepted if not np.isnan(by_name[name].agreement)]
    return max(agreeing, key=lambda outcome: outcome.agreement, default=by_name[verdict.chosen])


def with_agreement(outcomes, protocol, verdict):
    """The outcomes with how far their target predictions agree with those of all, if there is a choice to make by it.

    Classes: the share of rows where a method says what most say; numbers: minus the squared distance from the mean.
    """
    if len(verdict.accepted) < 2:
        return outcomes
    scored = [outcome for outcome in outcomes if outcome.scored]  # all vote: also those that do not gain
    answers = np.array([final_predictions(protocol, outcome) for outcome in scored])
    if protocol.setting.task == "classification":
        classes = np.unique(answers)
        votes = (answers[:, :, None] == classes).sum(axis=0)
        agreements = (answers == classes[votes.argmax(axis=1)]).mean(axis=1)
    else:
        agreements = -((answers - answers.mean(axis=0)) ** 2).mean(axis=1)
    found = {o.name: float(agreement) for o, agreement in zip(scored, agreements, strict=True)}
    return [replace(o, agreement=found.get(o.name, np.nan)) for o in outcomes]


def final_model(protocol, chosen):
    """The chosen method, fitted again on all that the protocol allows."""
    with _failures_named(chosen):
        return protocol.fit_final(METHODS[chosen.name])


def final_predictions(protocol, chosen, model=None):
    """Predictions of the target rows by the chosen method, fitted again on all that the protocol allows."""
    with _failures_named(chosen):
        return protocol.predict_target(METHODS[chosen.name], model)


@contextmanager
def _failures_named(chosen):
    """Turn any error of a method that worked on folds into one line: there is no other method to go on with."""
    try:
        yield
    except Exception as error:  # methods are many, and so are their errors; the cause stays attached
        raise InputError(f"{chosen.name} failed in its final fit: {_first_line(error)}") from error


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]
