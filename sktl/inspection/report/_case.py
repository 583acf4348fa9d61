"""The data behind a verdict, and the questions asked of them."""

from dataclasses import dataclass, field

import numpy as np

from sktl.model_selection.evidence import MIN_LABELS


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


@dataclass(frozen=True)
class Weighting:
    """What density-ratio weights make of the source.

    Attributes
    ----------
    source, target : ndarray of shape (n, n_columns)
        Rows, at most ``MAX_ROWS`` of each.
    rows : ndarray of shape (n_source,)
        Where the source rows stand in the table.
    weights : ndarray of shape (n_source,)
    effective_share : float
        Share of the source's rows that the weighted ones are worth.
    """

    source: np.ndarray
    target: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    effective_share: float


@dataclass
class Case:
    """The data of one decision, and the questions asked so far.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_encoded)
        Encoded rows.
    numeric : ndarray of bool
        Which of their columns are numbers.
    target : ndarray of bool
    labels : LabelColumn or None
    shares : ClassShares or None
    features : list of FeatureShift
    distance : Distance
    weighting : Weighting
    level : float
    seed : int
    questions : list of Question
    labels_fit : bool
        Whether other labels (numbers) would explain the rows.
    turned : bool
        Whether, in a shift of scale, other offsets and scales of single columns are not enough to explain it.
    ruled_out : list of str
        Simpler accounts that were tested and do not explain the difference.
    weights_mend : bool
        Whether density-ratio weights were tried, and mend most of the difference.
    """

    X: np.ndarray
    numeric: np.ndarray
    target: np.ndarray
    labels: object
    shares: object
    features: list
    distance: object
    weighting: Weighting
    level: float
    seed: int
    questions: list = field(default_factory=list)
    labels_fit: bool = False
    turned: bool = False
    ruled_out: list = field(default_factory=list)
    weights_mend: bool = False

    def __post_init__(self):
        self.codes = np.full(len(self.X), np.nan) if self.labels is None else self.labels.codes
        self.classes = None if self.labels is None else self.labels.classes
        self.labeled = ~np.isnan(self.codes)
        self.whole = max(self.distance.kernel_test.statistic, 0)

    @property
    def gamma(self):
        """Width at which the domains differ most: there it is seen what is left of the difference."""
        return self.distance.kernel_test.gamma

    @property
    def has_target_labels(self):
        """Whether there are enough to test with."""
        return (self.target & self.labeled).sum() >= MIN_LABELS

    @property
    def labeled_parts(self):
        """Rows and labels of the labelled source, rows and labels of the labelled target."""
        kind = float if self.classes is None else int
        rows = self.labeled & ~self.target, self.labeled & self.target
        return [part for r in rows for part in (self.X[r], self.codes[r].astype(kind))]

    def rule_out(self, account, estimate=None):
        """Note that a simpler account does not explain the rows, and forget an ``estimate`` that rests on it."""
        self.ruled_out.append(account)
        self.questions[:] = [asked for asked in self.questions if asked.question != estimate]

    def ask(self, question, found, measure, yes="yes", no="not clearly", level=None):
        """Note a question and return whether its test found something."""
        return self.note(question, found, measure, found[1] <= (self.level if level is None else level), yes, no)

    def note(self, question, found, measure, is_so, yes, no):
        """Note a question whose answer is no matter of the p-value alone."""
        statistic, pvalue = found
        self.questions.append(Question(question, float(statistic), measure, float(pvalue), yes if is_so else no))
        return is_so
