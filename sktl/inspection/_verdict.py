"""From the evidence to the kind of shift."""

from dataclasses import dataclass

import numpy as np

from sktl.inspection._evidence import (
    align,
    concept_test,
    counts_pvalue,
    is_explained,
    mixture_test,
    sample_rows,
    two_sample_test,
    within_classes_test,
)
from sktl.inspection._kinds import FEW_EFFECTIVE
from sktl.inspection._labels import MIN_LABELS

FAR = 1.0  # standard deviations of the source, from which on a mean has moved far
STRETCHED = 1.5  # ratio of standard deviations, from which on a column is stretched (or shrunk)
MOST = 0.5  # more than this share of the numbers must have moved or been stretched in a shift of scale
MAX_FIT = 2000  # labelled rows of each domain that the concept test learns from


@dataclass(frozen=True)
class Question:
    """A question that was asked of the data.

    Attributes
    ----------
    question : str
    statistic : float
    measure : str
        What the statistic is.
    pvalue : float
        NaN where no test belongs to it.
    answer : str
    """

    question: str
    statistic: float
    measure: str
    pvalue: float
    answer: str


class _Case:
    """The data of one decision, and the questions asked so far."""

    def __init__(self, X, numeric, labels, target, shares, level, seed):
        self.X, self.numeric, self.target, self.shares = X, numeric, target, shares
        self.codes = np.full(len(X), np.nan) if labels is None else labels.codes
        self.classes = None if labels is None else labels.classes
        self.labeled = ~np.isnan(self.codes)
        self.level, self.seed, self.questions = level, seed, []

    @property
    def has_target_labels(self):
        """Whether there are enough to test with."""
        return (self.target & self.labeled).sum() >= MIN_LABELS

    def ask(self, question, found, measure, yes, no, level=None):
        """Note a question and return whether its test found something."""
        statistic, pvalue = found
        answer = pvalue <= (self.level if level is None else level)
        self.questions.append(Question(question, float(statistic), measure, float(pvalue), yes if answer else no))
        return answer

    def note(self, question, found, measure, is_so, yes, no):
        """Note a question whose answer is no matter of the p-value alone."""
        statistic, pvalue = found
        self.questions.append(Question(question, float(statistic), measure, float(pvalue), yes if is_so else no))
        return is_so


def decide(X, numeric, labels, target, shares, features, effective_share, level, n_jobs, seed):
    """Kind of shift, and the :class:`Question` s that it rests on.

    ``X`` are encoded rows, ``numeric`` says which of their columns are numbers; ``effective_share`` is the share of the
    source rows that weights would leave.
    """
    case = _Case(X, numeric, labels, target, shares, level, seed)
    whole = two_sample_test(X[~target], X[target], seed)
    n_kinds = 1 + 2 * case.has_target_labels  # rows, and with labels: class shares, concept
    moved = _rows_differ(case, whole, features, level / n_kinds)
    shares_differ, concept = _labels_differ(case, level / n_kinds)
    if not (moved or shares_differ or concept):
        return "none", case.questions
    if _is_label_shift(case, whole[0], moved, shares_differ):
        return "label", case.questions
    if moved and _is_scale_shift(case, whole[0], features, effective_share, concept):
        return "scale", case.questions
    return "concept" if concept else "covariate", case.questions


def _rows_differ(case, whole, features, level):
    """Whether the rows differ: jointly, or in one column; both tests share the level."""
    jointly = case.ask("Do the rows differ, all columns together?", whole, "MMD^2", "yes", "not clearly", level / 2)
    worst = min(features, key=lambda row: row.pvalue)
    found = worst.difference, worst.pvalue
    singly = case.ask(
        "Does any column differ by itself?",
        found,
        f"{worst.measure} of {worst.feature}",
        "yes",
        "not clearly",
        level / 2,
    )
    return jointly or singly


def _labels_differ(case, level):
    """Whether counted class shares differ, and whether p(y|x) does; False where there are too few target labels."""
    if not case.has_target_labels:
        return False, False
    source, target = case.labeled & ~case.target, case.labeled & case.target
    shares_differ = False
    if case.classes is not None:
        gap = 0.0
        if case.shares is not None:
            gap = np.abs(case.shares.source - case.shares.counted).sum() / 2
        pvalue = counts_pvalue(case.codes[source], case.codes[target])
        shares_differ = case.ask(
            "Do the class shares differ?", (gap, pvalue), "total variation", "yes", "not clearly", level
        )
    found = _concept(case, case.X)
    concept = case.ask(
        "Does the label follow from the row in another way?", found, "gain by the domain", "yes", "not clearly", level
    )
    return shares_differ, concept


def _concept(case, X):
    """The concept test on labelled rows, of which there are at most ``MAX_FIT`` a domain."""
    rng = np.random.default_rng(case.seed)
    rows = np.concatenate(
        [sample_rows(np.flatnonzero(part & case.labeled), MAX_FIT, rng) for part in (~case.target, case.target)]
    )
    return concept_test(X[rows], case.codes[rows], case.target[rows], case.classes, case.seed)


def _is_label_shift(case, whole, moved, shares_differ):
    """Whether other class shares explain the difference."""
    if case.shares is None:
        return False
    source, target = case.labeled & ~case.target, case.labeled & case.target
    parts = case.X[source], case.codes[source].astype(int)
    if case.has_target_labels:
        if not shares_differ:
            return False
        found = within_classes_test(*parts, case.X[target], case.codes[target].astype(int), case.seed)
        question = "Do the rows differ within classes?"
    else:
        if not moved or not _predicted_shares_differ(case):
            return False
        found = mixture_test(*parts, case.X[case.target], case.shares.target, case.seed)
        question = "Do the rows differ once source rows are drawn by the target's estimated class shares?"
    if found is None:
        return False
    explained = is_explained(*found, max(whole, 0), case.level) or (not moved and found[1] > case.level)
    return case.note(question, found, "MMD^2", explained, "hardly: class shares explain it", "yes")


def _predicted_shares_differ(case):
    """Whether the estimated class shares lie apart beyond chance: their distance in sampling errors of counts."""
    gap = np.abs(case.shares.source - case.shares.mlls).sum() / 2
    n = min((case.labeled & ~case.target).sum(), case.target.sum())
    chance = 2 * np.sqrt(case.shares.source * (1 - case.shares.source) * 2 / n).sum() / 2
    found = gap, np.nan
    return case.note("Are the estimated class shares apart?", found, "total variation", gap > chance, "yes", "hardly")


def _is_scale_shift(case, whole, features, effective_share, concept):
    """Whether other means and covariances explain the difference, and weights could not."""
    numbers = [row for row in features if np.isfinite(row.mean_shift)]
    far = [
        abs(row.mean_shift) >= FAR or abs(np.log(max(row.scale_ratio, 1e-300))) >= np.log(STRETCHED) for row in numbers
    ]
    if not numbers or not (np.mean(far) > MOST and len(numbers) > 1 or effective_share < FEW_EFFECTIVE):
        return False
    parts = case.X[~case.target], case.X[case.target]
    aligned = align(*parts, case.numeric)
    found = two_sample_test(aligned, parts[1], case.seed)
    explained = is_explained(*found, max(whole, 0), case.level)
    question = "Do the rows differ once the source's numbers have the target's means and covariances?"
    if not case.note(question, found, "MMD^2", explained, "hardly: scales explain it", "yes"):
        return False
    if not concept:
        return True
    X = case.X.copy()
    X[~case.target] = aligned
    question = "Does the label still follow in another way after that?"
    return not case.ask(question, _concept(case, X), "gain by the domain", "yes", "not clearly")
