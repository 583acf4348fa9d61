"""Scores of a classifier against labels that are known in part: a mass of each class on each row.

A mass (n, n_classes) says how much each class counts at each row: a known label is a 1 in its column, times the row's
weight; an unknown one a row of probabilities. A score of the mass is then, by one formula, the score of weighted
labelled rows and the expected score of rows without labels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

EPS = np.finfo(float).eps  # the least probability in a log-loss, as in scikit-learn


@dataclass(frozen=True)
class Answers:
    """What a classifier says of rows.

    Attributes
    ----------
    decided : ndarray of shape (n,)
        Codes of the predicted classes.
    proba : ndarray of shape (n, n_classes)
        Probabilities, or what stands for them.
    """

    decided: np.ndarray
    proba: np.ndarray

    def at(self, rows):
        """The answers at some rows."""
        return Answers(self.decided[rows], self.proba[rows])


@dataclass(frozen=True)
class Score:
    """A score of answers against a mass.

    Attributes
    ----------
    function : callable
        By ``kind``: "rows", values (n, n_classes) of each row for each class that it may have, of which the score is
        the mean; "confusion", of the confusion matrix (rows: true class); "answers", of the answers and the mass.
    kind : {"rows", "confusion", "answers"}
        Which.
    needs_proba : bool
        Whether only probabilities will do.
    best, worst : float
        Its value at its best, and the bound on the other side (infinite where there is none).
    """

    function: Callable
    kind: str = "confusion"
    needs_proba: bool = False
    best: float = 1.0
    worst: float = 0.0

    def __call__(self, answers: Answers, mass: np.ndarray) -> float:
        """The score; NaN of no mass."""
        if self.kind == "answers":
            return float(self.function(answers, mass))
        if self.kind == "confusion":
            return float(self.function(expected_confusion(answers.decided, mass)))
        with np.errstate(invalid="ignore"):
            return float(np.sum(mass * self.function(answers)) / mass.sum())


def one_hot(codes: np.ndarray, n_classes: int) -> np.ndarray:
    """The mass of known labels, (n, n_classes)."""
    return (codes[:, None] == np.arange(n_classes)).astype(float)


def expected_confusion(decided: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """C[i, j]: mass of class i on rows that are taken for class j. Of probabilities, its expectation."""
    n_classes = mass.shape[1]
    columns = [np.bincount(decided, weights=mass[:, i], minlength=n_classes) for i in range(n_classes)]
    return np.array(columns)


# --- means over rows ---


def hits(answers):
    """1 for the class that is predicted."""
    return one_hot(answers.decided, answers.proba.shape[1])


def log_losses(answers):
    """-log p of each class."""
    return -np.log(np.maximum(answers.proba, EPS))


def squared_distances(answers):
    """Squared distance of the probabilities from each class; half of it for two classes, as in scikit-learn."""
    p = answers.proba
    distances = np.sum(p**2, axis=1, keepdims=True) - 2 * p + 1
    return distances / 2 if p.shape[1] == 2 else distances


# --- functions of the confusion matrix, whose rows are the true classes ---


def ratio(part, whole):
    """Part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)


def accuracy(confusion):
    """Share of the mass on the diagonal."""
    return ratio(np.trace(confusion), confusion.sum())


def recalls(confusion):
    """Of each true class, the share that is found."""
    return ratio(np.diag(confusion), confusion.sum(axis=1))


def precisions(confusion):
    """Of each predicted class, the share that is right."""
    return ratio(np.diag(confusion), confusion.sum(axis=0))


def f1s(confusion):
    """Harmonic mean of the two."""
    return ratio(2 * np.diag(confusion), confusion.sum(axis=0) + confusion.sum(axis=1))


def balanced_accuracy(confusion):
    """Mean recall of the classes that occur."""
    return np.mean(recalls(confusion)[confusion.sum(axis=1) > 0])


def matthews(confusion):
    """Correlation of true and predicted classes."""
    true, predicted, total = confusion.sum(axis=1), confusion.sum(axis=0), confusion.sum()
    spread = (total**2 - true @ true) * (total**2 - predicted @ predicted)
    return (np.trace(confusion) * total - true @ predicted) / np.sqrt(spread) if spread > 0 else 0.0


def of_positive(values):
    """The value of the second of two classes."""
    return lambda confusion: values(confusion)[-1]


def over_classes(values):
    """The mean over the classes that are true or predicted somewhere."""

    def mean(confusion):
        return np.mean(values(confusion)[confusion.sum(axis=0) + confusion.sum(axis=1) > 0])

    return mean


def by_share(values):
    """The mean over the classes by their true shares."""
    return lambda confusion: ratio(confusion.sum(axis=1) @ values(confusion), confusion.sum())


# --- of the order of the rows ---


def area_under_roc(scores, positive, negative):
    """Share of the pairs, a positive and a negative row, that the scores order rightly; ties count half.

    A row that may be either is no pair with itself, which leaves out sum_i positive_i negative_i.
    """
    values, groups = np.unique(scores, return_inverse=True)
    up = np.bincount(groups, weights=positive, minlength=len(values))
    down = np.bincount(groups, weights=negative, minlength=len(values))
    below, own = np.cumsum(down) - down, float(positive @ negative)
    pairs = up.sum() * down.sum() - own
    return (up @ (below + down / 2) - own / 2) / pairs if pairs > 0 else np.nan


def area_of_positive(answers, mass):
    """Area under the ROC curve of the second of two classes."""
    return area_under_roc(answers.proba[:, -1], mass[:, -1], mass[:, 0])


def area_one_against_rest(answers, mass):
    """Mean over the classes of the area of each against all others."""
    total, p = mass.sum(axis=1), answers.proba
    return np.mean([area_under_roc(p[:, k], mass[:, k], total - mass[:, k]) for k in range(p.shape[1])])


def average_precision(answers, mass):
    """Mean precision of the second of two classes over its recall, as in scikit-learn."""
    values, groups = np.unique(-answers.proba[:, -1], return_inverse=True)
    up = np.bincount(groups, weights=mass[:, -1], minlength=len(values))
    both = np.bincount(groups, weights=mass.sum(axis=1), minlength=len(values))
    found = up.sum()
    return up @ ratio(np.cumsum(up), np.cumsum(both)) / found if found > 0 else np.nan


def negative(function):
    """Minus a function, as scikit-learn's scorers of losses are."""
    return lambda answers: -function(answers)


#: Scores by name: scikit-learn's names of scorers, and the plain losses.
SCORES = {
    "accuracy": Score(hits, "rows"),
    "balanced_accuracy": Score(balanced_accuracy),
    "f1": Score(of_positive(f1s)),
    "f1_macro": Score(over_classes(f1s)),
    "f1_weighted": Score(by_share(f1s)),
    "precision": Score(of_positive(precisions)),
    "precision_macro": Score(over_classes(precisions)),
    "recall": Score(of_positive(recalls)),
    "recall_macro": Score(over_classes(recalls)),
    "matthews_corrcoef": Score(matthews, worst=-1.0),
    "roc_auc": Score(area_of_positive, "answers"),
    "roc_auc_ovr": Score(area_one_against_rest, "answers"),
    "average_precision": Score(average_precision, "answers"),
    "log_loss": Score(log_losses, "rows", True, 0.0, np.inf),
    "neg_log_loss": Score(negative(log_losses), "rows", True, 0.0, -np.inf),
    "brier": Score(squared_distances, "rows", True, 0.0, 2.0),
    "neg_brier_score": Score(negative(squared_distances), "rows", True, 0.0, -2.0),
}
#: Those that need a class called positive, and so two of them.
OF_TWO_CLASSES = ("f1", "precision", "recall", "roc_auc", "average_precision")
