"""``sktl compare``: try every method, score it against the source-only baseline, choose."""

import sys
import time
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits  # a dependency of scikit-learn's

from sktl.cli._distance import distance_lines
from sktl.cli._methods import BASELINE, METHODS, Setting
from sktl.cli._output import table_lines, write_page, write_predictions
from sktl.cli._problem import build_problem
from sktl.cli._protocols import FoldedLabels, HiddenLabels, ReverseValidation
from sktl.cli._report import domain_report
from sktl.cli._words import InputError, count, did_you_mean
from sktl.model_selection.evidence import judge

MIN_LABELS = 5  # target labels that a score needs
MIN_CHANGED = 5  # rows whose score a method must change before it can be chosen: fewer are chance's
LEVEL = 0.05  # how often noise may get any method chosen over the baseline
PLAIN = ("target-only", "pooled")  # what transfer must beat too, where they beat the baseline


@dataclass
class Outcome:
    """What came of one method."""

    name: str
    model: str
    skipped: str | None = None
    failed: str | None = None
    score: float = np.nan
    gain: float = np.nan
    error: float = np.nan
    seconds: float = np.nan
    row_scores: np.ndarray | None = None
    agreement: float = np.nan
    warnings: list = field(default_factory=list)

    @property
    def scored(self):
        """Whether it was tried and did not fail."""
        return self.row_scores is not None


def compare(source, target, options, say, progress):
    """Compare the methods on two frames and print the result.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label``, ``task``, ``methods``, ``target_labels``, ``drop``, ``seed``, ``n_jobs``, ``out``,
        ``html``.
    say : callable
        Takes each line of the result.
    progress : callable
        Takes each line of progress.
    """
    methods = select_methods(options.methods)
    problem = build_problem(source, target, options.label, options.task, options.drop)
    for note in problem.notes:
        print(f"sktl: {note}", file=sys.stderr)
    protocol = choose_protocol(problem, options)
    for line in _heading(problem, options.label):
        say(line)
    progress("measuring the distance between the tables")
    for line in [*distance_lines(problem, options.seed, options.n_jobs), ""]:
        say(line)
    # --n-jobs splits the work into processes; threads of boosted trees on busy cores would only wait for each other
    with threadpool_limits(1, user_api="openmp"):
        outcomes = run_methods(methods, protocol, options.n_jobs, progress)
        if isinstance(protocol, ReverseValidation):
            note_agreement(outcomes, protocol)
        chosen = choose(outcomes, protocol.margin)
        predicted = None if options.out is None else problem.labels.decode(_final(protocol, chosen))
    for line in [*_table(outcomes, protocol), "", *_choice(chosen, outcomes, protocol)]:
        say(line)
    if options.out is not None:
        write_predictions(options.out, problem.row[problem.target], predicted)
        say(f"predictions of {len(predicted)} rows: {options.out}")
    if options.html is not None:
        progress("looking for the kind of shift")
        choice, *reasons = (line.strip() for line in _choice(chosen, outcomes, protocol))
        words = " ".join([f"{choice[0].upper()}{choice[1:]}.", *reasons])
        block = ("The methods", words, *_cells(outcomes, protocol))
        write_page(options.html, domain_report(problem, options), [block])
        say(f"page: {options.html}")


def select_methods(names):
    """Look up the methods that ``--methods`` asks for, in the registry's order; the baseline is always among them."""
    if names is None:
        return [method for method in METHODS.values() if not method.by_name]
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in METHODS]
    if unknown or not wanted:
        first = (unknown or [""])[0]
        hint = did_you_mean(first, METHODS)
        raise InputError(f"--methods {names!r}: no method {first!r}; there are {', '.join(METHODS)}.{hint}")
    return [method for name, method in METHODS.items() if name in wanted or name == BASELINE]


def choose_protocol(problem, options):
    """How to score, from ``--target-labels`` and the labels that there are."""
    known = int((problem.target & ~np.isnan(problem.y)).sum())
    partly = 0 < known < problem.target.sum()
    setting = Setting(problem.labels.task, problem.columns, options.seed)
    if options.target_labels == "use" and known < MIN_LABELS:
        raise InputError(
            f"--target-labels use needs at least {MIN_LABELS} labelled rows of TARGET; it has {known}. Leave it out."
        )
    if known < MIN_LABELS:
        if known:
            rows = f"{count(known, 'row')} of TARGET"
            print(f"sktl: labels of only {rows}: too few to score by, left unused", file=sys.stderr)
        return ReverseValidation(problem, setting)
    if options.target_labels == "use" or options.target_labels == "auto" and partly:
        return FoldedLabels(problem, setting)
    return HiddenLabels(problem, setting)


# --- scores ---


def run_methods(methods, protocol, n_jobs, progress):
    """Try each method, the baseline first: its failure is an error, another's is noted in its :class:`Outcome`."""
    outcomes = []
    for step, method in enumerate(sorted(methods, key=lambda method: method.name != BASELINE), start=1):
        outcome = Outcome(method.name, method.model(protocol.setting))
        outcomes.append(outcome)
        outcome.skipped = method.reason_to_skip(protocol.setting.task, protocol.uses_labels)
        if outcome.skipped:
            continue
        progress(f"[{step}/{len(methods)}] {outcome.name}: {outcome.model} ...")
        start = time.perf_counter()
        try:
            predictions, outcome.warnings = protocol.predict(method, n_jobs)
        except Exception as error:  # whatever it is, the other methods are still to be tried
            if method.name == BASELINE:
                raise InputError(f"The baseline ({outcome.model}) failed: {_first_line(error)}") from error
            outcome.failed = _first_line(error)
            continue
        outcome.seconds = time.perf_counter() - start
        outcome.row_scores = row_scores(protocol.truth, predictions, protocol.setting.task)
        outcome.score = outcome.row_scores.mean()
        outcome.gain, outcome.error = paired_gain(outcome.row_scores, outcomes[0].row_scores)
        progress(f"[{step}/{len(methods)}] {outcome.name}: {outcome.score:.3f} in {outcome.seconds:.1f} s")
    return outcomes


def row_scores(truth, predictions, task):
    """One number a row, whose mean is the accuracy, or R2."""
    if task == "classification":
        return (truth == predictions).astype(float)
    return 1 - (truth - predictions) ** 2 / np.mean((truth - truth.mean()) ** 2)


def paired_gain(scores, baseline):
    """Mean gain over the baseline, and its standard error, both paired over rows."""
    gains = scores - baseline
    return gains.mean(), gains.std(ddof=1) / np.sqrt(len(gains))


def choose(outcomes, margin=0.0):
    """Choose the best of the methods that pass the guard's tests; what it falls back on if none does.

    The best one is that of the highest score; where agreements are known, that of the highest agreement.
    """
    fallback, clear = clear_gains(outcomes, margin)
    return max(clear, key=lambda o: (np.nan_to_num(o.agreement, nan=-np.inf), o.score), default=fallback)


def clear_gains(outcomes, margin=0.0):
    """What to use without transfer, and the methods that gain over it more than chance, and more than ``margin``.

    The tests of :class:`sktl.model_selection.TransferGuard`; together they err at ``LEVEL`` at most.
    """
    usual, scored = outcomes[0], {outcome.name: outcome for outcome in outcomes if outcome.scored}
    others = [name for name in scored if name != usual.name and name in PLAIN]
    rivals = [name for name in scored if name != usual.name and name not in PLAIN]
    losses = {name: -outcome.row_scores for name, outcome in scored.items()}
    verdict = judge(losses, usual.name, others, rivals, LEVEL / (1 + len(others)), min_changed=MIN_CHANGED)
    accepted = [name for name in verdict.accepted if verdict.gains[name].estimate > margin]
    return scored[verdict.fallback], [scored[name] for name in accepted]


def note_agreement(outcomes, protocol):
    """How far each method's target predictions agree with those of all methods, if there is a choice to be made by it.

    Classes: the share of rows where it says what most say; numbers: minus the squared distance from the mean.
    """
    if len(clear_gains(outcomes, protocol.margin)[1]) < 2:
        return
    scored = [outcome for outcome in outcomes if outcome.scored]
    answers = np.array([_final(protocol, outcome) for outcome in scored])
    if protocol.setting.task == "classification":
        classes = np.unique(answers)
        votes = (answers[:, :, None] == classes).sum(axis=0)
        agreements = (answers == classes[votes.argmax(axis=1)]).mean(axis=1)
    else:
        agreements = -((answers - answers.mean(axis=0)) ** 2).mean(axis=1)
    for outcome, agreement in zip(scored, agreements, strict=True):
        outcome.agreement = float(agreement)


def _rivals(outcomes):
    """List the methods that were scored against the baseline."""
    return [outcome for outcome in outcomes[1:] if outcome.scored]


def _final(protocol, chosen):
    """Predictions of the target rows by the chosen method, fitted again on all that the protocol allows."""
    try:
        return protocol.predict_target(METHODS[chosen.name])
    except Exception as error:
        raise InputError(f"{chosen.name} failed in its last fit: {_first_line(error)}") from error


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# --- words ---


def _heading(problem, label):
    """Say what is compared."""
    n_target, labels = int(problem.target.sum()), problem.labels
    rows = [count(n, "row") for n in (len(problem.y) - n_target, n_target)]
    kind = labels.task if labels.classes is None else f"{labels.task}, {len(labels.classes)} classes"
    shared = count(len(problem.columns.names), "shared column")
    return [
        f"SOURCE {rows[0]}, TARGET {rows[1]}, {shared}",
        f"label {label!r}: {kind}",
    ]


def _cells(outcomes, protocol):
    """Header and rows of the scores."""
    metric = "accuracy" if protocol.setting.task == "classification" else "R2"
    header = ["method", "model", f"{metric} {protocol.where}", f"gain over {BASELINE}", "std. error", "seconds", ""]
    return header, [_row(outcome) for outcome in outcomes if not outcome.skipped]


def _table(outcomes, protocol):
    """Lay out the scores; beneath them what was skipped, and warnings."""
    header, rows = _cells(outcomes, protocol)
    reasons = dict.fromkeys(outcome.skipped for outcome in outcomes if outcome.skipped)
    skipped = [
        f"skipped, since {reason}: {', '.join(o.name for o in outcomes if o.skipped == reason)}" for reason in reasons
    ]
    warned = [f"warning from {o.name}: {message}" for o in outcomes for message in o.warnings]
    return [*table_lines(header, rows), *skipped, *warned]


def _row(outcome):
    """Lay out one method's line."""
    if not outcome.scored:
        return [outcome.name, outcome.model, "-", "-", "-", "-", f"failed: {outcome.failed}"]
    gains = ["", ""] if outcome.name == BASELINE else [f"{outcome.gain:+.3f}", f"{outcome.error:.3f}"]
    return [outcome.name, outcome.model, f"{outcome.score:.3f}", *gains, f"{outcome.seconds:.1f}", ""]


def _choice(chosen, outcomes, protocol):
    """Say which method is chosen, why, and how far to trust it."""
    lines = [f"choice: {chosen.name} ({chosen.model})"]
    fallback, clear = clear_gains(outcomes, protocol.margin)
    tried, usual = len(_rivals(outcomes)), outcomes[0]
    chance = f"more than chance would (paired test at {100 * LEVEL:.0f} %, {count(tried, 'method')} tried)"
    if protocol.margin:
        chance += f" and more than {protocol.margin:g}"
    if chosen in clear and not np.isnan(chosen.agreement):
        lines.append(f"  Of those that gain over {fallback.name} {chance}")
        lines.append("  it is the one whose predictions of TARGET agree most with those of all methods.")
    elif chosen in clear:
        lines.append(f"  The best score of those that gain over {fallback.name} {chance}.")
    elif chosen is not usual:
        lines.append(f"  It gains over {usual.name} {chance}, and no other method does over it.")
    elif tried:
        lines.append(f"  No method gains over it {chance}.")
    else:
        lines.append("  No other method was scored.")
    if isinstance(protocol, ReverseValidation):
        lines.append("  No target label was used: reverse validation can mislead. Label some target rows to be sure.")
    elif chosen is not usual:
        lines.append("  Its score is optimistic, since the same target labels chose it.")
    return lines
