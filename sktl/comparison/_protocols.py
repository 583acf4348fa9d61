"""Three ways to score a method, by what is known of the target's labels; and the fit that they share."""

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.dummy import DummyClassifier

from sktl.comparison._candidates import GIVEN, METHODS, SOURCE_MODELS, Method, Setting
from sktl.comparison._metrics import constant_answers
from sktl.comparison._problem import Problem
from sktl.domains import TARGET
from sktl.exceptions import InputError
from sktl.model_selection.evidence import label_folds, there_and_back

TARGET_FOLDS = 5  # scikit-learn's usual number
SOURCE_FOLDS = 3
MAX_SOURCE = 10_000  # source rows that the choice of the baseline looks at: more say the same


def fit_method(method, setting, X, y, target):
    """Fit ``method`` on the rows and labels that it may see.

    Where those labels are all of one class, no classifier can be fitted, and every prediction is that class.
    """
    if method.starts:  # the source is in the model that it starts from
        X, y, target = X[target], y[target], target[target]
        return method.build(setting).fit(X, y, **method.fit_params(y, target, setting))
    visible = {"source": ~target, "target": target, "both": np.ones(len(y), dtype=bool)}[method.learns_from]
    y = np.where(visible, y, np.nan)  # hidden by missing labels, the rows themselves stay for those who use them
    known = ~np.isnan(y)
    if setting.task == "classification" and len(np.unique(y[known])) == 1:
        return DummyClassifier().fit(X[known], y[known])
    if not method.unlabeled:
        X, y, target = X[known], y[known], target[known]
    return method.build(setting).fit(X, y, **method.fit_params(y, target, setting))


def answers_of(model, X, setting):
    """What a model answers, as the metric needs it: class numbers, probabilities of all classes, or numbers."""
    if not setting.metric.probabilities:
        return np.asarray(model.predict(X), dtype=float)
    if not hasattr(model, "predict_proba"):
        raise InputError(f"it gives no probabilities, which {setting.metric.name} needs")
    answers = np.zeros((len(X), setting.n_classes))
    answers[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(X)  # a fold may lack a class
    return answers


def deal_labels(y, n_folds, setting):
    """Fold of each row: each fold has its share of the classes, or of low and high numbers."""
    return label_folds(y, n_folds, np.random.RandomState(setting.seed), setting.task == "classification")


@dataclass(frozen=True)
class Protocol:
    """What the protocols share: predictions of the scored rows, piece by piece, and the final fit.

    Attributes
    ----------
    problem : Problem
        The rows of both tables.
    setting : Setting
        What pipelines are built for.
    """

    problem: Problem
    setting: Setting
    uses_labels = False
    evidence = "target labels"
    margin = 0.0  # the gain that a method must exceed to be chosen

    def predict(self, method: Method, n_jobs):
        """Predictions of the scored rows, and the warnings that fitting gave."""
        pieces = self.pieces(method)
        results = Parallel(n_jobs=min(effective_n_jobs(n_jobs), len(pieces)))(
            delayed(_recorded)(self.predict_piece, method, piece) for piece in pieces
        )
        # by place, so that folds may end in any order
        predictions = np.full((len(self.problem.y), *results[0][0].shape[1:]), np.nan)
        for piece, (values, _) in zip(pieces, results, strict=True):
            predictions[piece] = values
        return predictions[self.scored], sorted({message for _, messages in results for message in messages})

    def fit_final(self, method):
        """Fit on everything that the protocol allows."""
        problem = self.problem
        y = problem.y if self.uses_labels else np.where(problem.target, np.nan, problem.y)
        return _recorded(fit_method, method, self._setting_of(method), problem.X, y, problem.target)[0]

    @cached_property
    def start(self):
        """The source's models, fitted on it once for all folds, the baseline first; a given model alone."""
        if self.setting.given is not None:
            return {GIVEN: self.setting.given}
        problem = self.problem
        names = sorted(SOURCE_MODELS, reverse=self.setting.trees, key=SOURCE_MODELS.index)
        parts = problem.X, problem.y, problem.target
        return {name: fit_method(METHODS[name], self.setting, *parts) for name in names}

    def _setting_of(self, method):
        """What a method's pipeline is built for, with the model that it starts from."""
        return replace(self.setting, start=self.start) if method.starts else self.setting

    def predict_target(self, method, model=None):
        """Predictions of all target rows, by ``model`` or the final fit."""
        model = self.fit_final(method) if model is None else model
        return np.asarray(model.predict(self.problem.X.iloc[np.flatnonzero(self.problem.target)]), dtype=float)

    def floor(self):
        """Answers for the scored rows of a constant that other rows' labels give."""
        answers = None
        for known, piece in self.floor_pieces():
            said = constant_answers(self.problem.y[known], self.setting.metric, self.setting.n_classes, len(piece))
            answers = np.full((len(self.problem.y), *said.shape[1:]), np.nan) if answers is None else answers
            answers[piece] = said
        return answers[self.scored]

    def floor_pieces(self):
        """Folds of the scored rows, each with the other ones."""
        folds = deal_labels(self.truth, TARGET_FOLDS, self.setting)
        return [(self.scored[folds != fold], self.scored[folds == fold]) for fold in np.unique(folds)]

    def _predict(self, method, y, rows):
        """Answer for ``rows`` by a fit on all rows with the labels ``y``."""
        model = fit_method(method, self._setting_of(method), self.problem.X, y, self.problem.target)
        return answers_of(model, self.problem.X.iloc[rows], self.setting)

    @property
    def truth(self):
        """Labels of the scored rows."""
        return self.problem.y[self.scored]


class HiddenLabels(Protocol):
    """Target labels are hidden from the fit and score its predictions."""

    where = "on target"

    @property
    def scored(self):
        """Target rows with a label."""
        return np.flatnonzero(self.problem.target & ~np.isnan(self.problem.y))

    def pieces(self, method):
        """All scored rows at once."""
        return [self.scored]

    def predict_piece(self, method, piece):
        """Predict the rows of ``piece`` without any target label."""
        problem = self.problem
        y = np.where(problem.target, np.nan, problem.y)
        return self._predict(method, y, piece)

    def floor_pieces(self):
        """All scored rows, known: the best constant there could be, which a model must beat to be of use."""
        return [(self.scored, self.scored)]


class FoldedLabels(HiddenLabels):
    """Target labels are used: each fold of them is predicted with the labels of the others."""

    where = f"on target, {TARGET_FOLDS} folds"
    uses_labels = True

    def pieces(self, method):
        """Folds of the scored rows; one piece for a method that does not look at target labels."""
        if method.learns_from == "source":
            return [self.scored]
        folds = deal_labels(self.truth, TARGET_FOLDS, self.setting)
        return [self.scored[folds == fold] for fold in range(TARGET_FOLDS)]

    def predict_piece(self, method, piece):
        """Predict the rows of ``piece`` with their labels hidden."""
        problem = self.problem
        y = problem.y.copy()
        y[piece] = np.nan
        return self._predict(method, y, piece)

    floor_pieces = Protocol.floor_pieces


class CircularValidation(Protocol):
    """No target label is known: predict the target, learn back from that, and score on source rows that no fit saw.

    For each fold of the source rows (:func:`~sktl.model_selection.evidence.there_and_back`): fit the method on the
    other source rows, labelled, and the target rows, not; label the target rows by its predictions; fit it again with
    the roles exchanged; predict the fold. Rows of the fold are in neither fit, not even without their labels.
    """

    where = "by circular validation"
    evidence = "circular validation"
    margin = 0.1  # smaller gains say little about the target (benchmarks/compare_choice.py, guard.py)

    @property
    def scored(self):
        """All source rows."""
        return np.flatnonzero(~self.problem.target)

    def pieces(self, method):
        """Folds of the source rows."""
        folds = deal_labels(self.truth, SOURCE_FOLDS, self.setting)
        return [self.scored[folds == fold] for fold in range(SOURCE_FOLDS)]

    def predict_piece(self, method, piece):
        """Predict the source rows of ``piece`` by way of the target."""
        problem = self.problem

        def fit(X, y, names):
            return fit_method(method, self.setting, X, y, names == TARGET)

        names = np.where(problem.target, TARGET, "source").astype(object)
        y = np.where(problem.target, np.nan, problem.y)
        back = there_and_back(fit, problem.X, y, names, piece, self.setting.task == "classification")
        return answers_of(back, problem.X.iloc[piece], self.setting)


class SourceFolds(Protocol):
    """Ordinary cross-validation on the source: how strong a model it allows, whatever the target."""

    where = "on SOURCE, cross-validated"
    evidence = "SOURCE"

    @property
    def scored(self):
        """Source rows, a fixed sample of many."""
        rows = np.flatnonzero(~self.problem.target)
        if len(rows) <= MAX_SOURCE:
            return rows
        return np.sort(np.random.RandomState(self.setting.seed).choice(rows, MAX_SOURCE, replace=False))

    def pieces(self, method):
        """Folds of the rows."""
        folds = deal_labels(self.truth, SOURCE_FOLDS, self.setting)
        return [self.scored[folds == fold] for fold in range(SOURCE_FOLDS)]

    def predict_piece(self, method, piece):
        """Predict the rows of ``piece`` by a fit on the others."""
        y = np.full(len(self.problem.y), np.nan)
        y[self.scored] = self.truth
        y[piece] = np.nan
        return self._predict(method, y, piece)


def _recorded(function, *args):
    """Return what ``function`` does, and the first line of each warning that it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = function(*args)
    return value, [f"{w.category.__name__}: {str(w.message).strip().splitlines()[0]}" for w in caught]
