"""The scores that a comparison can rank by: each a mean of one number per row, so that gains have standard errors.

Where a score is no mean (F1, the area under the curve, the root of a mean), its rows are the score plus their influence
on it: their mean is the score, the spread of a difference that of the two scores' difference.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from sktl.exceptions import InputError

RARE = 0.2  # share of the rarest of two classes from which on accuracy says something (scaled for more classes)
DECIDING = 20  # target labels from which on their shares are asked too


@dataclass(frozen=True)
class Metric:
    """A score of predictions.

    Attributes
    ----------
    name : str
        For ``--metric``.
    words : str
        For the head of a column.
    task : {"classification", "regression"}
    rows : callable
        ``rows(truth, answers)``: one number per row, the higher the better. Answers are class numbers, probabilities of
        shape (n_rows, n_classes), or numbers.
    sign : {1, -1}
        -1 for a loss: its rows are the negative ones.
    probabilities : bool
        Whether ``answers`` must be probabilities.
    """

    name: str
    words: str
    task: str
    rows: Callable
    sign: int = 1
    probabilities: bool = False

    def score(self, truth, answers):
        """Return the score as it is shown: of a loss the positive number."""
        return self.sign * float(self.rows(truth, answers).mean())


def labels_of(answers):
    """Class numbers of probabilities; class numbers stay."""
    return answers.argmax(axis=1).astype(float) if answers.ndim == 2 else answers


def _accuracy(truth, answers):
    return (truth == labels_of(answers)).astype(float)


def _balanced(truth, answers):
    _, codes, counts = np.unique(truth, return_inverse=True, return_counts=True)
    weights = len(truth) / (
        len(counts) * counts
    )  # each class weighs the same in total; rows answered alike score alike
    return _accuracy(truth, answers) * weights[codes]


def _f1(truth, answers):
    """Mean over the classes of 2 TP / (2 TP + FP + FN)."""
    labels, rows = labels_of(answers), []
    for label in np.union1d(truth, labels):
        true, said = truth == label, labels == label
        hits, size = 2.0 * (true & said), 1.0 * true + said
        f1 = hits.mean() / size.mean()
        rows.append(f1 + (hits - f1 * size) / size.mean())  # the ratio's first-order change by each row
    return np.mean(rows, axis=0)


def _roc_auc(truth, answers):
    """Area under the curve, mean over the classes against the rest; by the rows' placements (DeLong et al. 1988)."""
    classes = np.unique(truth).astype(int)
    if len(classes) < 2:  # nothing to tell apart: as good as chance
        return np.full(len(truth), 0.5)
    return np.mean([_placed(truth == k, answers[:, k]) for k in classes], axis=0)


def _placed(positive, scores):
    """Rows of one area: the share of rows of the other kind that each is on the right side of."""
    n, n_positive = len(scores), positive.sum()
    ranks, rows = rankdata(scores), np.empty(n)
    above = (ranks[positive] - rankdata(scores[positive])) / (n - n_positive)
    below = 1 - (ranks[~positive] - rankdata(scores[~positive])) / n_positive
    area = above.mean()
    rows[positive] = area + (above - area) * n / n_positive
    rows[~positive] = area + (below - area) * n / (n - n_positive)
    return rows - (rows.mean() - area)  # both parts' mean is the area, twice over the whole: exact to the last digit


def _log_loss(truth, answers):
    said = answers[np.arange(len(truth)), truth.astype(int)]
    return np.log(np.clip(said, np.finfo(float).eps, 1))  # as scikit-learn's log_loss does


def _r2(truth, answers):
    return 1 - (truth - answers) ** 2 / np.mean((truth - truth.mean()) ** 2)


def _mae(truth, answers):
    return -np.abs(truth - answers)


def _rmse(truth, answers):
    squares = (truth - answers) ** 2
    root = np.sqrt(squares.mean())
    return -root - (squares - root**2) / (2 * root or 1.0)  # no error, no influence


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", "classification", _accuracy),
        Metric("balanced_accuracy", "balanced accuracy", "classification", _balanced),
        Metric("roc_auc", "ROC AUC", "classification", _roc_auc, probabilities=True),
        Metric("f1", "mean F1", "classification", _f1),
        Metric("log_loss", "log loss", "classification", _log_loss, sign=-1, probabilities=True),
        Metric("r2", "R2", "regression", _r2),
        Metric("mae", "MAE", "regression", _mae, sign=-1),
        Metric("rmse", "RMSE", "regression", _rmse, sign=-1),
    )
}
ALWAYS = {"classification": ("accuracy", "balanced_accuracy"), "regression": ("r2",)}  # shown beside any other


def choose_metric(name, task, source, target):
    """Look up the metric of a name, or the one that suits the labels: see :func:`is_rare`.

    ``source`` and ``target`` are the known labels as class numbers, or numbers.
    """
    if name is None:
        if task == "regression":
            return METRICS["r2"]
        rare = is_rare(source) or (len(target) >= DECIDING and is_rare(target))
        return METRICS["balanced_accuracy" if rare else "accuracy"]
    if METRICS[name].task != task:
        fitting = ", ".join(metric.name for metric in METRICS.values() if metric.task == task)
        raise InputError(f"--metric {name} is made for {METRICS[name].task}, and the task is {task}: choose {fitting}.")
    return METRICS[name]


def is_rare(codes):
    """Whether the rarest class is so rare that predicting the others alone looks good.

    Below 20 % of two classes; of more, below the same part (two fifths) of an even share.
    """
    _, counts = np.unique(codes, return_counts=True)
    return bool(len(counts) > 1 and counts.min() < RARE * 2 / len(counts) * len(codes))


def others_of(metric):
    """Metrics that are shown beside it."""
    return [METRICS[name] for name in ALWAYS[metric.task] if name != metric.name]


def constant_answers(known, metric, n_classes, n_rows):
    """Answer with what is best where nothing is known of a row: class shares, the commonest class, mean or median."""
    if metric.task == "regression":
        return np.full(n_rows, np.median(known) if metric.name == "mae" else known.mean())
    shares = np.bincount(known.astype(int), minlength=n_classes) / len(known)
    return np.tile(shares, (n_rows, 1)) if metric.probabilities else np.full(n_rows, float(shares.argmax()))
