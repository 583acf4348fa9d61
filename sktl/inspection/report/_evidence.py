"""The evidence on a shift: every question that was asked of the data, with its answer. Gathered once, then frozen."""

from dataclasses import dataclass

import numpy as np

from sktl.inspection.report import _tests as tests
from sktl.inspection.report._remarks import only_missing
from sktl.model_selection.evidence import MIN_LABELS

FAR = 1.0  # standard deviations of the source, from which on a mean has moved far
STRETCHED = 1.5  # ratio of standard deviations, from which on a column is stretched (or shrunk)
MOST = 0.5  # more than this share of the numbers must have moved or been stretched in a shift of scale
FEW_EFFECTIVE = 0.1  # share of the source rows, from which on weights leave too few
COVERED = 0.5  # of the target by the source, below which it is as good as not covered
MEASURE = "MMD^2 at the best kernel width"  # the same one for all questions, so that what is left can be compared
LEFT = 1 / 3  # share of the difference of the mean labels, from which on the rows leave much of it unexplained
MIN_PAIRED = 0.25  # share of the target's labels that must have a partner in the source
MAX_FIT = 1000  # labelled rows of each domain that the models behind the tests with labels learn from


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
    holds : bool
        Whether the answer is the one that speaks for a shift (or, of what could explain it, that it does).
    answer : str
    """

    question: str
    statistic: float
    measure: str
    pvalue: float
    holds: bool
    answer: str


def question(words, found, measure, holds, yes="yes", no="no"):
    """A :class:`Question` with what was ``found``: statistic and p-value."""
    statistic, pvalue = found
    return Question(words, float(statistic), measure, float(pvalue), bool(holds), yes if holds else no)


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
    overlap : float
        Mean of the raw ratio over held-out source rows: 1 where the source covers the target.
    """

    source: np.ndarray
    target: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    effective_share: float
    overlap: float


@dataclass(frozen=True)
class Sample:
    """The data of one decision.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_encoded)
        Encoded rows.
    numeric : ndarray of bool
        Which of their columns are numbers.
    target : ndarray of bool
    codes : ndarray of shape (n_samples,)
        Codes of the classes, or numbers; NaN where there is no label.
    classes : list or None
        None: numbers, or no labels.
    shares : ClassShares or None
    features : list of FeatureShift
    distance : Distance
    weighting : Weighting
    alpha : float
    seed : int
    """

    X: np.ndarray
    numeric: np.ndarray
    target: np.ndarray
    codes: np.ndarray
    classes: list
    shares: object
    features: list
    distance: object
    weighting: Weighting
    alpha: float
    seed: int

    @property
    def labeled(self):
        """Rows with a label."""
        return ~np.isnan(self.codes)

    @property
    def has_target_labels(self):
        """Whether there are enough to test with."""
        return (self.target & self.labeled).sum() >= MIN_LABELS

    @property
    def whole(self):
        """The distance that is to be explained."""
        return max(self.distance.kernel_test.statistic, 0)

    @property
    def kernel_options(self):
        """Width at which the domains differ most: there it is seen what is left of the difference."""
        return {"gamma": self.distance.kernel_test.gamma, "seed": self.seed}

    @property
    def parts(self):
        """Rows and labels of the labelled source, rows and labels of the labelled target."""
        kind = float if self.classes is None else int
        rows = self.labeled & ~self.target, self.labeled & self.target
        return [part for r in rows for part in (self.X[r], self.codes[r].astype(kind))]

    def drawn(self):
        """Labelled rows, at most ``MAX_FIT`` of a domain."""
        rng = np.random.default_rng(self.seed)
        rows = [np.flatnonzero(part & self.labeled) for part in (~self.target, self.target)]
        return np.concatenate([tests.sample_rows(part, MAX_FIT, rng) for part in rows])


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on; None: not asked.

    Attributes
    ----------
    rows : tuple of Question
        Whether the rows differ: jointly, for a classifier, in one column.
    labels, concept : Question or None
        Whether the labels are distributed differently; whether they follow from the row in another way.
    gaps : bool
        Whether columns differ by themselves in their shares of missing values alone.
    shares_apart : Question or None
        Whether estimated class shares lie apart.
    other_labels : tuple of Question
        Whether other labels (class shares) explain the difference of the rows: they do if all hold.
    labels_move : Question or None
        Of numbers: whether their mean differs from what the rows predict.
    far : bool
        Whether most of several columns of numbers have moved far or been stretched.
    weights : Question or None
        Whether weights fail to mend the difference.
    aligned, scaled : Question or None
        Whether other means and covariances (deviations alone) explain it.
    shapes : Question or None
        Of columns that lie apart: whether they have one shape once each is on its domain's own scale.
    covered : bool
        Whether the source covers most of the target as it is: else rows tell the domain, and no test sees p(y|x) there.
    better_aligned, concept_aligned : Question or None
        With target labels: whether the source's labels predict them better from aligned rows; whether these still
        follow in another way then.
    """

    rows: tuple
    labels: Question | None = None
    concept: Question | None = None
    gaps: bool = False
    shares_apart: Question | None = None
    other_labels: tuple = ()
    labels_move: Question | None = None
    far: bool = False
    weights: Question | None = None
    aligned: Question | None = None
    scaled: Question | None = None
    shapes: Question | None = None
    covered: bool = True
    better_aligned: Question | None = None
    concept_aligned: Question | None = None

    @property
    def moved(self):
        """Whether the rows differ."""
        return any(asked.holds for asked in self.rows)


def holds(asked):
    """Whether a question was asked and holds."""
    return asked is not None and asked.holds


def gather(sample):
    """Ask the data: :class:`Evidence`. What explains a difference is asked only where there is one."""
    n_kinds = 1 + 2 * sample.has_target_labels  # rows, and with labels: labels, concept
    alpha = sample.alpha / n_kinds
    rows = _rows_questions(sample, alpha)
    labels, concept = _labels_questions(sample, alpha) if sample.has_target_labels else (None, None)
    moved = any(asked.holds for asked in rows)
    if not (moved or holds(labels) or holds(concept)):
        return Evidence(rows, labels, concept)
    found = {"gaps": moved and only_missing(sample.features, sample.alpha)}
    if not found["gaps"] or holds(labels):  # filled-in values are no evidence of another kind
        found |= _label_account(sample, moved, labels)
    if moved and not found["gaps"]:
        found |= _scale_account(sample, rows[0].holds)
    return Evidence(rows, labels, concept, **found)


# --- is there a difference? ---


def _rows_questions(sample, alpha):
    """Whether the rows differ: jointly, for a classifier, or in one column; the three tests share the level."""
    kernel, classifier = sample.distance.kernel_test, sample.distance.classifier_test
    worst = min(sample.features, key=lambda row: np.fmin(row.adjusted_pvalue, row.missing_adjusted_pvalue))
    name, found = f"{worst.measure} of {worst.feature}", (worst.difference, worst.adjusted_pvalue)
    if worst.missing_adjusted_pvalue < worst.adjusted_pvalue:
        name = f"missing share of {worst.feature}"
        found = worst.missing_target - worst.missing_source, worst.missing_adjusted_pvalue
    asked = [
        ("Do the rows differ, all columns taken together?", (kernel.statistic, kernel.pvalue), MEASURE),
        (
            "Does a linear classifier tell the domains apart?",
            (classifier.statistic, classifier.pvalue),
            "area under its ROC curve",
        ),
        ("Does any column differ by itself?", found, name),
    ]
    level = alpha / len(asked)
    return tuple(question(*asking, asking[1][1] <= level, no="not clearly") for asking in asked)


def _labels_questions(sample, alpha):
    """Whether the labels are distributed differently, and whether p(y|x) differs."""
    _, y_source, _, y_target = sample.parts
    statistic, pvalue = tests.label_test(y_source, y_target, sample.classes is not None)
    if sample.classes is None:
        means = f"{y_source.mean():.3g} in the source, {y_target.mean():.3g} in the target"
        words, measure = f"Are the labels distributed differently (mean {means})?", "KS of the labels"
    else:
        words, measure, n = "Do the class shares differ?", "total variation", len(sample.classes)
        counts = [np.bincount(codes, minlength=n) / len(codes) for codes in (y_source, y_target)]
        statistic = np.abs(counts[0] - counts[1]).sum() / 2
    labels = question(words, (statistic, pvalue), measure, pvalue <= alpha, no="not clearly")
    return labels, _concept_question(sample, sample.X, alpha, "Do the same features mean a different label?")


def _concept_question(sample, X, alpha, words):
    """Whether p(y|x) differs, with the rows in ``X``."""
    rows = sample.drawn()
    labels = sample.codes[rows], sample.target[rows], sample.classes is not None
    found = tests.concept_test(X[rows], *labels, sample.seed)
    return question(words, found, "dependence of the residuals on the domain", found[1] <= alpha, no="not clearly")


# --- could other labels alone explain it? ---


def _label_account(sample, moved, labels):
    """What speaks for a shift of the labels alone."""
    if sample.classes is None:
        return _numbers_account(sample) if moved and holds(labels) else {}
    if sample.shares is None or not (holds(labels) if sample.has_target_labels else moved):
        return {}
    if sample.has_target_labels:
        return {"other_labels": _within_classes(sample, moved)}
    apart = _shares_apart(sample)
    return {"shares_apart": apart, "other_labels": _mixture(sample) if apart.holds else ()}


def _within_classes(sample, moved):
    """Whether the rows of each class are alike: for a kernel, and for a model's score of them."""
    found = tests.within_classes_test(*sample.parts, **sample.kernel_options)
    rows = sample.drawn()
    X, codes, target = sample.X[rows], sample.codes[rows], sample.target[rows]
    scores = tests.source_scores(X, codes, target, len(sample.classes), sample.seed)
    scored = tests.scores_within_classes_test(scores, codes, target)
    if found is None or scored is None:
        return ()
    alike = tests.is_explained(*found, sample.whole, sample.alpha) or (not moved and found[1] > sample.alpha)
    left, pvalue, whole = scored
    # other labels of the same rows would leave the whole: only what is clearly nearer to nothing speaks for shares
    scored_alike = pvalue > sample.alpha and left <= tests.HALVED * whole
    return (
        question("Within each class, are the rows alike?", found, MEASURE, alike, "yes: class shares explain it", "no"),
        question("Does a source model score them alike?", (left, pvalue), "difference of mean scores", scored_alike),
    )


def _mixture(sample):
    """Whether the target is a mixture of the source's classes: for a kernel, and for a model's scores."""
    X_source, y_source, X_target, _ = sample.parts
    X_target, prior = sample.X[sample.target], sample.shares.target
    found = tests.mixture_test(X_source, y_source, X_target, prior, **sample.kernel_options)
    if found is None:
        return ()
    rng = np.random.default_rng(sample.seed)
    rows = [np.flatnonzero(part) for part in (sample.labeled & ~sample.target, sample.target)]
    rows = np.concatenate([tests.sample_rows(part, MAX_FIT, rng) for part in rows])
    hidden, target = np.where(sample.target, np.nan, sample.codes)[rows], sample.target[rows]
    scores = tests.source_scores(sample.X[rows], hidden, target, len(sample.classes), sample.seed)
    left, pvalue, whole = tests.scores_of_a_mixture_test(scores, hidden, target, prior)
    drawn = "once the source is resampled to the target's estimated class shares"
    alike = tests.is_explained(*found, sample.whole, sample.alpha)
    # a KS statistic is never 0: of a distance of its own size nothing can be said but by the test
    scored_alike = pvalue > sample.alpha or left <= tests.EXPLAINED * whole
    return (
        question(f"Are the rows alike {drawn}?", found, MEASURE, alike, "yes: class shares explain it", "no"),
        question("Does a source model score them alike then?", (left, pvalue), "KS of the scores", scored_alike),
    )


def _shares_apart(sample):
    """Whether the estimated class shares lie apart beyond chance: their distance in sampling errors of counts."""
    source = sample.shares.source
    gap = np.abs(source - sample.shares.mlls).sum() / 2
    n = min((sample.labeled & ~sample.target).sum(), sample.target.sum())
    chance = 2 * np.sqrt(source * (1 - source) * 2 / n).sum() / 2
    words = "Do the estimated class shares differ by more than chance?"
    return question(words, (gap, np.nan), "total variation", gap > chance)


def _numbers_account(sample):
    """Whether rows of both domains whose labels agree are alike, and whether the rows predict the labels' mean.

    Where the rows alone have shifted and give the label away, the first is so too; but then p(y|x) is one, which it is
    not under label shift.
    """
    found = tests.matched_test(*sample.parts, **sample.kernel_options)
    share = 0.0 if found is None else found[2]
    words = f"Are rows with the same label alike ({100 * share:.0f} % of the target's labels have a source partner)?"
    if share < MIN_PAIRED:
        short = "can't be judged: too few of the target's labels occur in the source"
        return {"other_labels": (question(words, (np.nan, np.nan), MEASURE, False, no=short),)}
    alike = tests.is_explained(*found[:2], sample.whole, sample.alpha)
    asked = question(words, found[:2], MEASURE, alike, "yes: the labels could explain it", "no")
    return {"other_labels": (asked,), "labels_move": _labels_move(sample) if alike else None}


def _labels_move(sample):
    """Whether the mean label of the target differs from what its rows predict."""
    rows = sample.weighting.rows
    known = sample.labeled[rows]
    rows, target = rows[known], sample.target & sample.labeled
    source = sample.X[rows], sample.codes[rows], sample.weighting.weights[known]
    found = tests.expected_mean_test(*source, sample.X[target], sample.codes[target])
    whole = abs(sample.codes[target].mean() - sample.codes[rows].mean())
    differs = found[1] <= sample.alpha and abs(found[0]) > LEFT * whole
    words = "Does the target's mean label differ from what the features predict?"
    return question(words, found, "difference of means", differs, no="no: the features could explain it")


# --- could other scales or axes explain it? ---


def _scale_account(sample, apart):
    """What speaks for other means and covariances, and against weights; ``apart``: whether the kernel test says so."""
    numbers = [row for row in sample.features if np.isfinite(row.mean_shift)]
    if not numbers or not (apart or _is_far(numbers)):  # of a distance that may be chance nothing is to be explained
        return {}
    source, target = sample.X[~sample.target], sample.X[sample.target]
    aligned, scaled = (tests.align(source, target, sample.numeric, axes=axes) for axes in (True, False))
    found = {
        "far": _is_far(numbers),
        "covered": sample.weighting.overlap >= COVERED,
        "weights": _weights_question(sample),
        "aligned": _aligned_question(sample, aligned, "means and covariances", "yes: scales or axes explain it"),
    }
    if found["aligned"].holds and (found["far"] or found["weights"].holds):
        found["shapes"] = _shapes_question(sample)
        found["scaled"] = _aligned_question(sample, scaled, "means and deviations", "yes: scales explain it")
        if sample.has_target_labels:
            found |= _labels_of_aligned(sample, aligned)
    return found


def _aligned_question(sample, aligned, moments, yes):
    """Whether little is left of the difference once the source's numbers have the target's ``moments``."""
    result = tests.kernel_test(aligned, sample.X[sample.target], **sample.kernel_options)
    found = result.statistic, result.pvalue
    words = f"Are the rows alike once the source's numeric columns are given the target's {moments}?"
    return question(words, found, MEASURE, tests.is_explained(*found, sample.whole, sample.alpha), yes, "no")


def _shapes_question(sample):
    """Whether the columns that lie apart have one shape: other units keep it, another period or site does not."""
    parts = [sample.X[rows][:, sample.numeric] for rows in (~sample.target, sample.target)]
    apart = np.flatnonzero(tests.lie_apart(*parts, FAR, STRETCHED))
    if not len(apart):
        return None
    found = tests.shapes_test(*(part[:, apart] for part in parts))
    words = "Do the columns that have moved keep their shape, with each domain on its own scale?"
    return question(words, found, "largest KS", found[1] > sample.alpha)


def _labels_of_aligned(sample, aligned):
    """Whether the target's labels agree better with aligned rows of the source than with its rows as they are."""
    X = sample.X.copy()
    X[~sample.target] = aligned
    rows = sample.drawn()
    source, other = rows[~sample.target[rows]], rows[sample.target[rows]]
    losses = [
        tests.transfer_loss(Z[source], sample.codes[source], Z[other], sample.codes[other], sample.classes, sample.seed)
        for Z in (sample.X, X)
    ]
    words = "Does a source model predict the target's labels better after that?"
    found = 1 - losses[1] / losses[0], np.nan
    after = "Do the same features mean a different label even after that?"
    return {
        "better_aligned": question(words, found, "share of the squared error removed", losses[1] < losses[0]),
        "concept_aligned": _concept_question(sample, X, sample.alpha, after),
    }


def _is_far(numbers):
    """Whether most of several columns of numbers have moved far or been stretched."""
    far = [
        abs(row.mean_shift) >= FAR or abs(np.log(max(row.scale_ratio, 1e-300))) >= np.log(STRETCHED) for row in numbers
    ]
    return len(numbers) > 1 and np.mean(far) > MOST


def _weights_question(sample):
    """Whether density-ratio weights leave few rows, or most of the distance."""
    weighting = sample.weighting
    few = weighting.effective_share < FEW_EFFECTIVE
    gamma = sample.kernel_options["gamma"]
    left = tests.weighted_distance(weighting.source, weighting.weights, weighting.target, gamma)
    fail = few or left > tests.HALVED * sample.whole
    yes = "yes: weights leave too few rows" if few else "yes"
    words = "Do the rows still differ once the source is weighted by the density ratio?"
    return question(words, (left, np.nan), MEASURE, fail, yes, "no: weights remove most of it")
