"""What a fitted model says of held-out source rows and of the target's rows: all that an expected score is made of."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from sktl._core.expected import ACCURACY_METHODS, CLASS_METHODS, ClassEvidence, by_source, importance_calibrated
from sktl._core.expected_numbers import (
    NUMBER_METHODS,
    NumberEvidence,
    NumberScore,
    numbers_by_source,
    weighted_moments,
)
from sktl._core.soft_scores import Answers, Score, expected_confusion, one_hot
from sktl.calibration import ask_at, rows_at

CHUNK = 65_536  # rows that a model is asked about at once, so that a million need no second copy
#: Of the model of the losses: few and large leaves, since losses are mostly noise.
LOSS_MODEL = {"max_iter": 50, "max_leaf_nodes": 8, "min_samples_leaf": 20, "learning_rate": 0.1, "random_state": 0}
#: What a linear score of one row says of a loss of numbers: its sign, and the column among the losses.
LOSS_OF_SCORE = {
    "neg_mean_squared_error": (-1, 0),
    "mean_squared_error": (1, 0),
    "neg_mean_absolute_error": (-1, 1),
    "mean_absolute_error": (1, 1),
}


@dataclass(frozen=True)
class ClassQuestion:
    """A score of a classifier, and what there is to estimate it from.

    Attributes
    ----------
    score : Score
        Which.
    is_accuracy : bool
        Whether it is the accuracy, of which more is known.
    evidence : ClassEvidence
        Without target labels.
    known, codes : Answers and ndarray
        Of the target's labelled rows, and their classes.
    weighed : bool
        Whether the ratio of the domains is known.
    """

    score: Score
    is_accuracy: bool
    evidence: ClassEvidence
    known: Answers
    codes: np.ndarray
    weighed: bool

    def methods(self):
        """The methods that can answer, by name."""
        methods = CLASS_METHODS | (ACCURACY_METHODS if self.is_accuracy else {})
        return methods if self.weighed else {k: f for k, f in methods.items() if k not in ("importance", "pape")}

    def at(self, new, known):
        """The same question of some of the target's rows, and of some of its labelled ones."""
        evidence = self.evidence.at(slice(None), new)
        return ClassQuestion(
            self.score, self.is_accuracy, evidence, self.known.at(known), self.codes[known], self.weighed
        )

    def of_source(self, evidence):
        """The source's own score."""
        return by_source(evidence, self.score)

    def of_labels(self, rows=slice(None)):
        """The score of labelled rows of the target."""
        return self.score(self.known.at(rows), one_hot(self.codes[rows], self.evidence.n_classes))

    def powered(self):
        """Values of the labelled rows, guesses of them, and of the other rows; None if the score is no mean of rows."""
        if self.score.kind != "rows":
            return None
        evidence = self.evidence
        # one map for both, so that what it is wrong by is the same
        of_known = ClassEvidence(evidence.held, evidence.codes, evidence.ratio, self.known)
        worth_known, worth_new = self.score.function(self.known), self.score.function(evidence.new)
        guesses = np.sum(importance_calibrated(of_known) * worth_known, axis=1)
        new_guesses = np.sum(importance_calibrated(evidence) * worth_new, axis=1)
        return worth_known[np.arange(len(self.codes)), self.codes], guesses, new_guesses


@dataclass(frozen=True)
class NumberQuestion:
    """A score of a regressor, and what there is to estimate it from: as :class:`ClassQuestion`.

    Attributes
    ----------
    score, name : NumberScore and str
        Which.
    evidence : NumberEvidence
        Without target labels.
    predicted, y, losses : ndarray
        Predictions of the target's labelled rows, their labels, and modelled losses.
    weighed : bool
        Whether the ratio of the domains is known.
    """

    score: NumberScore
    name: str
    evidence: NumberEvidence
    predicted: np.ndarray
    y: np.ndarray
    losses: np.ndarray
    weighed: bool
    is_accuracy: bool = False

    def methods(self):
        """The methods that can answer, by name."""
        return {k: f for k, f in NUMBER_METHODS.items() if self.weighed or k == "source"}

    def at(self, new, known):
        """The same question of some of the target's rows, and of some of its labelled ones."""
        evidence = self.evidence.at(slice(None), new)
        rows = (column[known] for column in (self.predicted, self.y, self.losses))
        return NumberQuestion(self.score, self.name, evidence, *rows, self.weighed)

    def of_source(self, evidence):
        """The source's own score."""
        return numbers_by_source(evidence, self.score)

    def of_labels(self, rows=slice(None)):
        """The score of labelled rows of the target."""
        y = self.y[rows]
        return self.score(weighted_moments(y, self.predicted[rows], np.ones(len(y))))

    def powered(self):
        """Values of the labelled rows, guesses of them, and of the other rows; None if the score is no mean of rows."""
        if self.name not in LOSS_OF_SCORE:
            return None
        sign, column = LOSS_OF_SCORE[self.name]
        errors = self.y - self.predicted
        values = np.abs(errors) if column else errors**2
        return sign * values, sign * self.losses[:, column], sign * self.evidence.new_losses[:, column]


# --- classifiers ---


def of_confusion(function):
    """A score from the caller's function of the confusion matrix, whose rows are the true classes."""

    def value(answers, mass):
        number = function(expected_confusion(answers.decided, mass))
        if np.ndim(number):
            raise TypeError(f"scoring must return a number of the confusion matrix; it returned {number!r}.")
        return number

    return Score(value, "answers")


def answers_of(ask, has, classes, known_classes):
    """Answers of a model in the codes of ``classes``, by ``ask(method)``; ``has(method)`` says what it can be asked.

    Decision values go through the logistic function or a softmax: those are no probabilities, but in their order. A
    model that has neither is sure of what it predicts.
    """
    decided = np.searchsorted(classes, ask("predict"))
    columns, proba = np.searchsorted(classes, known_classes), np.zeros((len(decided), len(classes)))
    if has("predict_proba"):
        proba[:, columns] = ask("predict_proba")
    elif has("decision_function"):
        values = np.asarray(ask("decision_function"), dtype=float)
        two = values.ndim == 1
        proba[:, columns] = np.column_stack([expit(-values), expit(values)]) if two else softmax(values, axis=1)
    else:
        proba = one_hot(decided, len(classes))
    return Answers(decided, proba)


def classifier_answers(model, table, rows, classes):
    """What a classifier says of rows of the table, chunk by chunk."""
    pieces = [rows[start : start + CHUNK] for start in range(0, max(len(rows), 1), CHUNK)]
    parts = []
    for piece in pieces:
        if not len(piece):
            return Answers(np.empty(0, dtype=int), np.empty((0, len(classes))))
        parts.append(
            answers_of(
                lambda method, piece=piece: ask_at(model, table, piece, method),
                lambda method: hasattr(model, method),
                classes,
                model.classes_,
            )
        )
    return joined(parts)


def joined(parts):
    """Answers of several groups of rows, one after the other."""
    return Answers(np.concatenate([part.decided for part in parts]), np.concatenate([part.proba for part in parts]))


def ask_classifier(score, models, held, whole, table, ratio, new, weighed):
    """The question of a classifier's score."""
    labels = np.unique(table.labels)
    classes = np.union1d(labels, whole.classes_)
    answers = joined(
        [classifier_answers(model, table, rows, classes) for model, rows in zip(models, held, strict=True)]
    )
    rows = np.concatenate(held)
    codes, target = np.searchsorted(classes, table.labels_at(rows)), table.of_target(rows)
    source = ~target
    held_out = answers.at(source)
    # where all target rows have labels, the models that have not learned from them answer
    seen = places(rows, new)
    of_new = classifier_answers(whole, table, new, classes) if seen is None else answers.at(seen)
    weights = ratio.of_rows(rows_at(table.X, rows[source]))
    evidence = ClassEvidence(held_out, codes[source], weights, of_new)
    is_accuracy = score.kind == "rows" and not score.needs_proba
    question = ClassQuestion(score, is_accuracy, evidence, answers.at(target), codes[target], weighed)
    return question, rows[target], classes


def places(rows, new):
    """Where each of the ``new`` rows stands among ``rows``; None unless all are there."""
    if not len(new) or not np.isin(new, rows).all():
        return None
    order = np.argsort(rows, kind="stable")
    return order[np.searchsorted(rows[order], new)]


# --- regressors ---


def predictions(model, table, rows):
    """Predictions of rows of the table, chunk by chunk."""
    pieces = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    return np.concatenate([np.empty(0), *(np.ravel(ask_at(model, table, piece)) for piece in pieces)])


def modelled_losses(table, predicted, rows, errors, source):
    """Squared and absolute errors by models of them, fitted to source rows; of all ``rows`` and so of others.

    Returns
    -------
    callable
        Of predictions and rows: an array of shape (n, 2).
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # slow to import, and regressors alone need it

    def columns(numbers, rows):
        X = table.numbers[rows]
        return np.column_stack([X.toarray() if hasattr(X, "toarray") else X, numbers])

    seen = columns(predicted[source], rows[source])
    models = [HistGradientBoostingRegressor(**LOSS_MODEL).fit(seen, losses) for losses in (errors**2, np.abs(errors))]

    def losses(numbers, rows):
        pieces = [slice(start, start + CHUNK) for start in range(0, len(rows), CHUNK)]
        parts = [
            np.column_stack([model.predict(columns(numbers[piece], rows[piece])) for model in models])
            for piece in pieces
        ]
        return np.concatenate([np.empty((0, 2)), *parts])

    return losses


def ask_regressor(score, name, models, held, whole, table, ratio, new, weighed):
    """The question of a regressor's score."""
    predicted = np.concatenate([predictions(model, table, rows) for model, rows in zip(models, held, strict=True)])
    rows = np.concatenate(held)
    y, target = np.asarray(table.labels_at(rows), dtype=float), table.of_target(rows)
    source = ~target
    seen = places(rows, new)
    of_new = predictions(whole, table, new) if seen is None else predicted[seen]
    losses = np.zeros((len(rows), 2))
    new_losses = np.zeros((len(new), 2))
    if weighed:
        errors = y[source] - predicted[source]
        model = modelled_losses(table, predicted, rows, errors, source)
        losses, new_losses = model(predicted, rows), model(of_new, new)
    weights = ratio.of_rows(rows_at(table.X, rows[source]))
    evidence = NumberEvidence(predicted[source], y[source], weights, of_new, losses[source], new_losses)
    return NumberQuestion(score, name, evidence, predicted[target], y[target], losses[target], weighed), rows[target]
