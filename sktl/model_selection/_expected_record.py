"""An expected score with its interval: by one method, or by several and a few labels of the target."""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm, t

from sktl._core.belief import binomial_log_likelihood, normal_log_likelihood
from sktl._core.expected import GROUPS, jackknife_error
from sktl._core.expected_auto import AUTO_OF_CLASSES, AUTO_OF_NUMBERS, Expectation, answers_moved, expectation
from sktl._core.prediction_powered import powered_mean

LABELS, POWERED, AUTO = "labels", "ppi", "auto"
#: Methods that ask source rows alone, and so have nothing to say of a segment of the target.
OF_SOURCE_ROWS = ("source", "importance", "label")
MOST_LEFT_OUT = 500  # labelled rows that are left out one by one for the error; of more, as many groups
#: Labelled rows that the source's spread counts for beside the labels' own, which few labels know badly.
LIKE_SOURCE = 10


@dataclass(frozen=True)
class ExpectedScore:
    """A score that is expected on the target.

    Attributes
    ----------
    value : float
        The estimate.
    low, high : float
        Interval that holds the true score with probability 1 - ``alpha``.
    alpha : float
        Miscoverage of the interval.
    scoring : str
        Name of the score.
    method : str
        Which method it is by.
    n_rows, n_labels : int
        Rows of the target that it is about, and labels of target rows that it uses.
    overlap : float
        Share of the target that the source covers.
    reason : str
        Why it cannot be judged; empty where it can.
    by_method : dict of str -> float
        What each method says.
    """

    value: float
    low: float
    high: float
    alpha: float
    scoring: str
    method: str
    n_rows: int
    n_labels: int
    overlap: float
    reason: str = ""
    by_method: dict = field(default_factory=dict, repr=False)

    def __str__(self):
        """Return the estimate in words."""
        sure = f"{100 * (1 - self.alpha):g} % from {self.low:.3f} to {self.high:.3f}"
        what = f"{self.n_rows} target rows, {self.n_labels} labels, method {self.method!r}"
        if self.reason:
            return f"{self.scoring} cannot be judged: {self.reason}; {sure} ({what})"
        return f"{self.scoring} {self.value:.3f}, {sure} ({what})"


def values_by_method(question, n_labels) -> dict:
    """What each method says, by name."""
    values = {name: float(method(question.evidence, question.score)) for name, method in question.methods().items()}
    if n_labels:
        values[LABELS] = question.of_labels()
        powered = question.powered()
        if powered is not None:
            values[POWERED] = powered_mean(*powered).value
    return values


def label_error(question, n) -> float:
    """Standard error of the score of ``n`` labelled rows; infinite where nothing can be said.

    Rows are left out one by one. Few labels know their own spread badly (ten right ones say that there is none), so
    that the source's counts beside it.
    """
    groups = min(n, MOST_LEFT_OUT)
    own = np.nan
    if groups > 1:
        left = np.array([question.of_labels(np.delete(np.arange(n), np.s_[g::groups])) for g in range(groups)])
        own = n * (groups - 1) / groups * np.sum((left - left.mean()) ** 2)  # variance of one row
    sizes = question.evidence.sizes
    source = sizes[0] * jackknife_error(question.evidence, question.of_source) ** 2
    known = [(v, w) for v, w in ((own, n), (source, LIKE_SOURCE)) if np.isfinite(v)]
    if not known:
        return np.inf
    return float(np.sqrt(sum(v * w for v, w in known) / sum(w for _, w in known) / n))


def auto_methods(question):
    """The methods that are joined, of those that can answer."""
    names = question.methods()
    return [name for name in (*AUTO_OF_CLASSES, *AUTO_OF_NUMBERS) if name in names and name_is_free(name, names)]


def name_is_free(name, names):
    """Whether a method that both lists could name belongs to this question: "importance" is joined for numbers only."""
    return name != "importance" or "loss_model" in names


def without_labels(question, values, overlap):
    """What all methods together say: an estimate, and the belief before any label of the target."""
    names = auto_methods(question) or ["source"]
    methods = question.methods()

    def joined(evidence):
        return float(np.mean([methods[name](evidence, question.score) for name in names]))

    error = jackknife_error(question.evidence, joined)
    chance, moved = question.evidence.chance(question.score), answers_moved(*question.evidence.sureness())
    return expectation([values[name] for name in names], chance, error, overlap, moved, question.score)


def with_labels(question, found, of_labels, n_labels):
    """The same after ``n_labels`` labels, whose own score is ``of_labels``: Bayes' rule."""
    if not n_labels or not np.isfinite(of_labels):
        return found
    belief = found.belief.after(log_likelihood(question, found.belief.values, of_labels, n_labels))
    return Expectation(belief.mean, belief)


def log_likelihood(question, grid, of_labels, n_labels):
    """How likely the labels make each value of the score."""
    if question.is_accuracy:
        return binomial_log_likelihood(grid, of_labels * n_labels, n_labels)
    error = label_error(question, n_labels)
    if not 0 < error < np.inf:
        return np.zeros(len(grid))
    return normal_log_likelihood(grid, of_labels, error)


def by_one(question, method, values, alpha, n_labels):
    """Estimate and interval of one method: that of its sampling error, as if its assumption held."""
    value = values[method]
    if method == POWERED:
        width = norm.ppf(1 - alpha / 2) * powered_mean(*question.powered()).error
    elif method == LABELS:
        width = t.ppf(1 - alpha / 2, max(n_labels + LIKE_SOURCE - 1, 1)) * label_error(question, n_labels)
    else:
        function, score = question.methods()[method], question.score
        error = jackknife_error(question.evidence, lambda evidence: function(evidence, score))
        width = t.ppf(1 - alpha / 2, GROUPS - 1) * error
    low, high = sorted([question.score.best, question.score.worst])
    return value, max(value - width, low), min(value + width, high)


def expected(question, method, scoring, alpha, overlap, reason) -> ExpectedScore:
    """The record: values by method, estimate and interval, and whether it can be judged."""
    n_labels = len(question.codes if hasattr(question, "codes") else question.y)
    values = values_by_method(question, n_labels)
    if method == AUTO:
        found = with_labels(question, without_labels(question, values, overlap), values.get(LABELS), n_labels)
        value, low, high = found.value, found.belief.quantile(alpha / 2), found.belief.quantile(1 - alpha / 2)
        values[AUTO] = value
    else:
        value, low, high = by_one(question, method, values, alpha, n_labels)
    used = n_labels if method in (AUTO, LABELS, POWERED) else 0
    reason = "" if used else reason
    if reason:  # down to chance: no more is known
        chance = question.evidence.chance(question.score)
        low, high = np.fmin(low, chance), np.fmax(high, chance)
    if not np.isfinite(value):  # nothing is known at all
        low, high = sorted([question.score.best, question.score.worst])
    n_rows = question.evidence.sizes[1]
    return ExpectedScore(
        float(value), float(low), float(high), alpha, scoring, method, n_rows, used, overlap, reason, values
    )
