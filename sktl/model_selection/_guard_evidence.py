"""The kinds of evidence that the guard knows, in two tables of functions: with target labels and without.

Each takes a :class:`Comparison` and returns a :class:`Found`.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import sem
from sklearn.base import BaseEstimator

from sktl.base import respond
from sktl.domains import Domains, draw_rows, n_rows
from sktl.model_selection._candidates import BASELINES, SOURCE_ONLY, fit_candidate, labels_at, losses_on_labels
from sktl.model_selection._circular import circular_losses
from sktl.model_selection._gains import gain_of_folds, gain_of_rows, gain_of_weighted_rows, weighted_mean
from sktl.model_selection._losses import Loss, choose_loss
from sktl.model_selection._source_target import SourceTargetKFold
from sktl.model_selection._verdict import MIN_LABELS, Verdict, judge
from sktl.model_selection._weighting import chosen_weighter, numeric_rows, why_not_prove, why_not_score


@dataclass(frozen=True)
class Comparison:
    """What is compared, and how.

    Attributes
    ----------
    models : dict of str -> estimator
        The candidates.
    usual : str
        The one that needs no evidence.
    X, y : array-like
        Rows of all domains and their labels.
    domains : Domains
        Their domains.
    guard : TransferGuard
        Whose parameters say how.
    """

    models: dict
    usual: str
    X: object
    y: object
    domains: Domains
    guard: BaseEstimator

    @property
    def rivals(self):
        """Names of the transfer models."""
        return [name for name in self.models if name not in BASELINES]

    @property
    def level(self):
        """Level of each transfer model's test (Bonferroni)."""
        return self.guard.alpha / len(self.rivals)

    def loss(self, name=None):
        """The loss asked for, or ``name`` in place of "auto"."""
        loss = self.guard.loss
        return choose_loss(name if loss == "auto" and name else loss, self.guard.estimator)

    def fits(self, names):
        """Functions (X, y, sample_domain) -> fitted model, by name."""
        return {name: partial(fit_candidate, name, self.models[name]) for name in names}

    def verdict(self, gains, evidence):
        """The verdict of gains over the source alone."""
        pvalues = {name: gain.pvalue for name, gain in gains.items()}
        guard = self.guard
        return Verdict(self.usual, self.usual, {}, gains, pvalues, guard.alpha, guard.margin, evidence)

    def no_verdict(self, reason, evidence):
        """The verdict where nothing can be judged."""
        alpha, margin = self.guard.alpha, self.guard.margin
        return Verdict(self.usual, self.usual, {}, {}, {}, alpha, margin, evidence, unknown=reason)


@dataclass(frozen=True)
class Found:
    """What the evidence says.

    Attributes
    ----------
    verdict : Verdict
    scores : dict of str -> dict
        Mean score and standard error of each candidate.
    circular : dict of str -> ndarray
        Gains by circular validation, row by row, that counted beside target labels.
    """

    verdict: Verdict
    scores: dict
    circular: dict = field(default_factory=dict)


def mean_scores(loss, losses):
    """Mean score and its standard error, by model."""
    return {
        name: {"score": float(loss.score(values.mean())), "standard_error": float(sem(values))}
        for name, values in losses.items()
    }


# --- with target labels ---


def by_labels(comparison, circular=None):
    """Losses of held-out target labels."""
    guard, models = comparison.guard, comparison.models
    sure = all(hasattr(model, "predict_proba") for model in models.values())  # Brier scores say more per row
    loss = comparison.loss("brier" if sure else None)
    args = comparison.X, comparison.y, comparison.domains, guard.cv, guard.random_state, guard.n_jobs
    losses = losses_on_labels(models, loss, *args)
    others = [name for name in models if name in BASELINES and name != comparison.usual]
    evidence = "target labels and circular validation" if circular else "target labels"
    tests = comparison.usual, others, comparison.rivals, guard.alpha, guard.margin, circular
    return Found(judge(losses, *tests, evidence=evidence), mean_scores(loss, losses), circular or {})


def by_labels_and_circular(comparison):
    """Losses of held-out target labels, and circular validation beside them, where a model can do without labels."""
    found = {}
    for name in (SOURCE_ONLY, *comparison.rivals) if SOURCE_ONLY in comparison.models else ():
        try:
            found |= losses_there_and_back(comparison, [name])
        except ValueError:  # it needs target labels, or a class has too few rows: the labels decide alone
            if name == SOURCE_ONLY:
                break
    usual = found.pop(SOURCE_ONLY, None)
    return by_labels(comparison, {name: usual - values for name, values in found.items()})


def losses_there_and_back(comparison, names):
    """Losses by circular validation, of the models named."""
    guard = comparison.guard
    args = comparison.X, comparison.y, comparison.domains, guard.random_state, guard.n_jobs
    return {
        name: circular_losses(fit, comparison.loss(), comparison.models[name], *args)
        for name, fit in comparison.fits(names).items()
    }


WITH_LABELS = {"circular": by_labels_and_circular, "labels": by_labels}


# --- without ---


def by_circular(comparison):
    """Losses of source rows, learned back from the target rows as each model labels these."""
    guard, losses = comparison.guard, losses_there_and_back(comparison, comparison.models)
    scores, usual = mean_scores(comparison.loss(), losses), losses.pop(SOURCE_ONLY)
    gains = {name: gain_of_rows(usual - values, comparison.level, guard.margin) for name, values in losses.items()}
    return Found(comparison.verdict(gains, "circular validation"), scores)


def by_weights(comparison):
    """Losses of held-out source rows, through the source's own map, weighted to look like the target."""
    guard, domains, loss = comparison.guard, comparison.domains, comparison.loss()
    rows = np.flatnonzero(domains.source & domains.labeled)
    X = numeric_rows(guard.estimator, comparison.X)
    try:
        unknown = why_not_prove(X, domains.target)
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(
            f"Without target labels the guard weights the source rows, which failed: {reason}. Encode the columns "
            "in a first step, as in make_pipeline(preprocessing, ...), or pass without_labels='circular'."
        ) from error
    if not unknown:
        weighter = chosen_weighter("auto").fit(X, comparison.y, sample_domain=domains.target)
        # worth as many rows as decide where they are labels
        unknown = why_not_score(weighter, int(domains.source.sum()), MIN_LABELS)
    if unknown:
        return Found(comparison.no_verdict(unknown, "no overlap"), {})
    weights = weighter.weights_[rows]
    losses, scores = {name: np.zeros(n_rows(comparison.X)) for name in comparison.models}, {}
    for name, test, values in held_out(comparison, 1, partial(losses_of_source, loss)):
        losses[name][np.intersect1d(test, rows)] = values
    for name, values in losses.items():
        mean, error, _ = weighted_mean(values[rows], weights)
        scores[name] = {"score": float(loss.score(mean)), "standard_error": float(error)}
    usual = losses.pop(SOURCE_ONLY)
    gains = {
        name: gain_of_weighted_rows((usual - values)[rows], weights, comparison.level, guard.margin)
        for name, values in losses.items()
    }
    return Found(comparison.verdict(gains, "weighted source labels"), scores)


def by_scorer(scorer, comparison):
    """Scores of held-out rows of both domains by a scorer that needs no target labels."""
    guard, scores = comparison.guard, {name: [] for name in comparison.models}
    for name, _, score in held_out(comparison, guard.n_repeats, partial(score_of, scorer)):
        scores[name].append(score)
    said = {
        name: {"score": float(np.mean(values)), "standard_error": float(sem(values))} for name, values in scores.items()
    }
    usual = scores.pop(SOURCE_ONLY)
    gains = {
        name: gain_of_folds(np.subtract(values, usual), guard.cv, comparison.level, guard.margin)
        for name, values in scores.items()
    }
    return Found(comparison.verdict(gains, "scorer"), said)


WITHOUT_LABELS = {"weighted": by_weights, "circular": by_circular}


def held_out(comparison, n_repeats, ask):
    """What ``ask(fitted, comparison, test)`` says of each model and fold: (name, held-out rows, answer)."""
    guard, X, y, names = comparison.guard, comparison.X, comparison.y, comparison.domains.names
    splits = [
        split
        for repeat in range(n_repeats)
        # other folds at each repetition
        for split in SourceTargetKFold(guard.cv, random_state=guard.random_state + repeat).split(X, y, names)
    ]
    tasks = [(name, *split) for split in splits for name in comparison.models]
    answers = Parallel(n_jobs=guard.n_jobs)(delayed(_fit_and_ask)(comparison, ask, *task) for task in tasks)
    return [(name, test, answer) for (name, _, test), answer in zip(tasks, answers, strict=True)]


def _fit_and_ask(comparison, ask, name, train, test):
    """One model fitted on some rows and asked about the others."""
    seen = draw_rows(comparison.X, train), draw_rows(comparison.y, train), comparison.domains.names[train]
    return ask(fit_candidate(name, comparison.models[name], *seen), comparison, test)


def losses_of_source(loss: Loss, fitted, comparison, test):
    """Losses of the labelled source rows among ``test``, each through its own domain's map."""
    domains = comparison.domains
    rows = np.intersect1d(test, np.flatnonzero(domains.source & domains.labeled))
    answer = respond(fitted, draw_rows(comparison.X, rows), domains.names[rows], loss.method)
    return loss.of_rows(labels_at(comparison.y, domains, rows), answer, getattr(fitted, "classes_", None))


def score_of(scorer, fitted, comparison, test):
    """Score of a fitted model on the rows ``test``."""
    X, y, names = comparison.X, comparison.y, comparison.domains.names
    return scorer(fitted, draw_rows(X, test), draw_rows(y, test), sample_domain=names[test])
