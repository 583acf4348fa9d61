"""The evidence on a shift: every question that was asked of the data, with its answer. Gathered once, then frozen."""

from dataclasses import dataclass

import numpy as np

from sktl.inspection.report import _accounts as accounts
from sktl.inspection.report import _tests as tests
from sktl.inspection.report._labels import MIN_CLASS_ROWS
from sktl.inspection.report._remarks import only_missing

FAR = 1.0  # standard deviations of the source, from which on a mean has moved far
STRETCHED = 1.5  # ratio of standard deviations, from which on a column is stretched (or shrunk)
MOST = 0.5  # more than this share of the numbers must have moved or been stretched in a shift of scale
FEW_EFFECTIVE = 0.1  # share of the source rows, from which on weights leave too few
COVERED = 0.5  # of the target by the source, below which it is as good as not covered
MEASURE = "MMD^2 at the best kernel width"  # the same one for all questions, so that what is left can be compared
LEFT = 1 / 3  # share of the difference of the mean labels, from which on the rows leave much of it unexplained
N_TO_RULE_OUT = 3  # tests any of which rules different labels out: they share the level
MIN_PAIRED = 0.25  # share of the target's labels that must have a partner in the source


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
    opposite : bool
        Whether the answer is clearly the other one, where there are three: yes, no, and can't tell.
    """

    question: str
    statistic: float
    measure: str
    pvalue: float
    holds: bool
    answer: str
    opposite: bool = False


def question(words, found, measure, holds, yes="yes", no="no"):
    """A :class:`Question` with what was ``found``: statistic and p-value."""
    statistic, pvalue = found
    return Question(words, float(statistic), measure, float(pvalue), bool(holds), yes if holds else no)


def open_question(words, found, measure, holds, opposite, yes="yes", no="no"):
    """A :class:`Question` that the data may leave open."""
    answer = yes if holds else no if opposite else "can't tell"
    return Question(words, float(found[0]), measure, float(found[1]), bool(holds), answer, bool(opposite and not holds))


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
        Whether other labels (class shares) explain the difference of the rows: they do if all hold, and they do not if
        one is answered the opposite way.
    accounts : Question or None
        Whether different labels fit the difference better than columns that moved; it may be open.
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
    accounts: Question | None = None
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
    found = {"gaps": moved and only_missing(sample.rows.features, sample.alpha)}
    if not found["gaps"] or holds(labels):  # filled-in values are no evidence of another kind
        found |= _label_account(sample, moved, labels)
    if moved and not found["gaps"]:
        found |= _scale_account(sample, rows[0].holds)
    return Evidence(rows, labels, concept, **found)


# --- is there a difference? ---


def _rows_questions(sample, alpha):
    """Whether the rows differ: jointly, for a classifier, or in one column; the three tests share the level."""
    kernel, classifier = sample.rows.tests
    worst = min(sample.rows.features, key=lambda row: np.fmin(row.adjusted_pvalue, row.missing_adjusted_pvalue))
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
    if sample.has_target_labels:
        if not holds(labels):
            return {}
        found = _numbers_account(sample, moved) if sample.classes is None else _classes_account(sample, moved)
        return found | ({"accounts": _accounts(sample)} if moved and _open(found) else {})
    return _mixture_account(sample) if moved else {}


def _open(found):
    """Whether no question rules other labels out."""
    asked = found.get("other_labels", ())
    return bool(asked) and not any(q.opposite for q in asked)


def _alike_question(sample, words, found, moved):
    """Whether a kernel finds rows whose labels agree to be alike."""
    explained = tests.is_explained(*found, sample.whole, sample.alpha) or (not moved and found[1] > sample.alpha)
    differ = found[1] <= sample.alpha / N_TO_RULE_OUT and found[0] > tests.HALVED * sample.whole
    return open_question(words, found, MEASURE, explained, differ, "yes: the labels could explain it")


def _scores_question(sample, left):
    """Whether a model of the source scores rows whose labels agree alike, and not the rows as they are."""
    seen = left.whole_pvalue <= sample.alpha and left.left <= tests.HALVED * left.whole
    differ = left.pvalue <= sample.alpha / N_TO_RULE_OUT and left.left > tests.HALVED * left.whole
    words = "Does a source model score them alike?"
    return open_question(words, (left.left, left.pvalue), "difference of mean scores", seen, differ)


def _classes_account(sample, moved):
    """Whether the rows of each class are alike: for a kernel, and for a model's score of them."""
    if not _classes_are_known(sample.codes[sample.labeled & ~sample.target]):
        return {}
    found = tests.within_classes_test(*sample.parts, **sample.kernel_options)
    rows = sample.drawn()
    X, codes, target = sample.X[rows], sample.codes[rows], sample.target[rows]
    scores = tests.source_scores(X, codes, target, len(sample.classes), sample.seed)
    left = tests.scores_within_classes_test(scores, codes, target)
    if found is None or left is None:
        return {}
    alike = _alike_question(sample, "Within each class, are the rows alike?", found, moved)
    return {"other_labels": (alike, _scores_question(sample, left))}


def _numbers_account(sample, moved):
    """Whether rows of both domains whose labels agree are alike, and whether the rows predict the labels' mean."""
    rows = sample.drawn()
    X, y, target = sample.X[rows], sample.codes[rows], sample.target[rows]
    pairs = tests.matched_pairs(y[~target], y[target], sample.seed)
    share = 0.0 if pairs is None else pairs[2]
    words = f"Are rows with the same label alike ({100 * share:.0f} % of the target's labels have a source partner)?"
    if share < MIN_PAIRED:
        short = "can't be judged: too few of the target's labels occur in the source"
        asked = open_question(words, (np.nan, np.nan), MEASURE, False, True, no=short)
        return {"other_labels": (asked,)}
    found = tests.matched_test(X[~target], X[target], pairs, **sample.kernel_options)
    scores = tests.source_scores(X, y, target, None, sample.seed)[:, 0]
    left = tests.scores_of_pairs_test(scores[~target], scores[target], pairs)
    alike = _alike_question(sample, words, found, moved)
    asked = alike, _scores_question(sample, left)
    return {"other_labels": asked, "labels_move": _labels_move(sample) if moved and alike.holds else None}


def _classes_are_known(codes):
    """Whether the source has two classes at least, and enough rows of each."""
    counts = np.bincount(codes.astype(int))
    return len(counts) > 1 and counts.min() >= MIN_CLASS_ROWS


def _mixture_account(sample):
    """Without target labels: whether the target is a mixture of the source's classes, or of bins of its numbers."""
    known = sample.labeled & ~sample.target
    codes = sample.codes if sample.classes is not None or not known.any() else accounts.binned(sample.codes)
    if not _classes_are_known(codes[known]):
        return {}
    rows = sample.drawn(known | sample.target)
    hidden, target = np.where(sample.target, np.nan, codes)[rows], sample.target[rows]
    scores = tests.source_scores(sample.X[rows], hidden, target, int(codes[known].max()) + 1, sample.seed)
    prior, source = accounts.mixture_prior(scores, hidden, target)
    parts = sample.X[known], codes[known].astype(int), sample.X[sample.target]
    # a poor model of the labels estimates poor shares: the nearest mixture for the kernel has its chance too
    near = tests.nearest_mixture(*parts, **sample.kernel_options)
    found = [tests.mixture_test(*parts, shares, **sample.kernel_options) for shares in (prior, near)]
    found = min((result for result in found if result is not None), default=None)
    if found is None:
        return {}
    words = "Are the rows alike once the source is resampled to the target's estimated class shares?"
    alike = _alike_question(sample, words, found, True)
    scored = _mixture_question(sample, tests.scores_of_a_mixture_test(scores, hidden, target, prior))
    asked = {
        "shares_apart": _shares_apart(prior, source, min(known.sum(), sample.target.sum())),
        "other_labels": (alike, scored),
    }
    if _open(asked):
        asked["accounts"] = _better_account(sample, rows, accounts.mixture_losses(scores, hidden, target))
    return asked


def _mixture_question(sample, scored):
    """Whether a model of the source scores the resampled source and the target alike."""
    left, pvalue, whole = scored
    # a KS statistic is never 0: of a distance of its own size nothing can be said but by the test
    alike = pvalue > sample.alpha or left <= tests.EXPLAINED * whole
    words = "Does a source model score them alike then?"
    differ = pvalue <= sample.alpha / N_TO_RULE_OUT and left > tests.HALVED * whole
    return open_question(words, (left, pvalue), "KS of the scores", alike, differ)


def _accounts(sample):
    """With target labels: whether these tell the domain better than the columns do."""
    rows = sample.drawn()
    losses = accounts.label_losses(sample.codes[rows], sample.target[rows], sample.classes is not None, sample.seed)
    return _better_account(sample, rows, losses)


def _better_account(sample, rows, losses):
    """Whether an account by labels, with these ``losses``, fits the domains of some rows better than moved columns."""
    moved = accounts.moved_losses(sample.X[rows], sample.target[rows], sample.seed)
    gain, pvalue = accounts.compare_accounts(losses, moved)
    words = "Does a shift of the labels fit these data better than a shift of the columns?"
    better = gain > 0 and pvalue <= 2 * sample.alpha  # one side of it at the level
    worse = gain < 0 and pvalue <= 2 * sample.alpha / N_TO_RULE_OUT
    no = "no: a shift of the columns fits better"
    return open_question(words, (gain, pvalue), "gain in log loss per row", better, worse, no=no)


def _shares_apart(prior, source, n):
    """Whether the estimated class shares lie apart beyond chance: their distance in sampling errors of ``n`` counts."""
    gap = np.abs(source - prior).sum() / 2
    chance = 2 * np.sqrt(source * (1 - source) * 2 / n).sum() / 2
    words = "Do the estimated class shares differ by more than chance?"
    return question(words, (gap, np.nan), "total variation", gap > chance)


def _labels_move(sample):
    """Whether the mean label of the target differs from what its rows predict."""
    rows = sample.rows.weighting.rows
    known = sample.labeled[rows]
    rows, target = rows[known], sample.target & sample.labeled
    source = sample.X[rows], sample.codes[rows], sample.rows.weighting.weights[known]
    found = tests.expected_mean_test(*source, sample.X[target], sample.codes[target])
    whole = abs(sample.codes[target].mean() - sample.codes[rows].mean())
    differs = found[1] <= sample.alpha and abs(found[0]) > LEFT * whole
    words = "Does the target's mean label differ from what the features predict?"
    return question(words, found, "difference of means", differs, no="no: the features could explain it")


# --- could other scales or axes explain it? ---


def _scale_account(sample, apart):
    """What speaks for other means and covariances, and against weights; ``apart``: whether the kernel test says so."""
    numbers = [row for row in sample.rows.features if np.isfinite(row.mean_shift)]
    if not numbers or not (apart or _is_far(numbers)):  # of a distance that may be chance nothing is to be explained
        return {}
    source, target = sample.X[~sample.target], sample.X[sample.target]
    turned = tests.align(source, target, sample.rows.numeric)
    missing = [sample.rows.missing[rows] for rows in (~sample.target, sample.target)]
    scaled = tests.rescale(source, target, sample.rows.numeric, missing)
    asked = [
        _aligned_question(sample, turned, "means and covariances", "yes: scales or axes explain it"),
        _aligned_question(sample, scaled, "centres and scales", "yes: scales explain it"),
    ]
    simple = asked[1].holds and asked[1].statistic <= max(asked[0].statistic, tests.EXPLAINED * sample.whole)
    found = {
        "far": _is_far(numbers),
        "covered": sample.rows.weighting.overlap >= COVERED,
        "weights": _weights_question(sample),
        "aligned": asked[1] if simple else asked[0],
    }
    if found["aligned"].holds and (found["far"] or found["weights"].holds):
        found["shapes"] = _shapes_question(sample, scaled)
        found["scaled"] = None if simple else asked[1]
        if sample.has_target_labels:
            found |= _labels_of_aligned(sample, scaled if simple else turned)
    return found


def _aligned_question(sample, aligned, moments, yes):
    """Whether little is left of the difference once the source's numbers have the target's ``moments``."""
    result = tests.kernel_test(aligned, sample.X[sample.target], **sample.kernel_options)
    found = result.statistic, result.pvalue
    words = f"Are the rows alike once the source's numeric columns are given the target's {moments}?"
    return question(words, found, MEASURE, tests.is_explained(*found, sample.whole, sample.alpha), yes, "no")


def _shapes_question(sample, scaled):
    """Whether the columns that lie apart have one shape: other units keep it, another period or site does not."""
    source, target = (sample.X[rows] for rows in (~sample.target, sample.target))
    apart = tests.lie_apart(source, target, FAR, STRETCHED) & sample.rows.numeric
    if not apart.any():
        return None
    known = [
        np.where(sample.rows.missing[rows], np.nan, X)[:, apart]
        for rows, X in ((~sample.target, scaled), (sample.target, target))
    ]
    found = tests.shapes_test(*known)
    words = "Do the columns that have moved keep their shape, with each domain on its own scale?"
    return question(words, found, "largest KS", found[1] > sample.alpha)


def _labels_of_aligned(sample, aligned):
    """Whether the target's labels agree better with aligned rows of the source than with its rows as they are."""
    X = sample.X.copy()
    X[~sample.target] = aligned
    rows = sample.drawn()
    source, other = rows[~sample.target[rows]], rows[sample.target[rows]]
    losses = [
        tests.transfer_losses(
            Z[source], sample.codes[source], Z[other], sample.codes[other], sample.classes is not None, sample.seed
        )
        for Z in (sample.X, X)
    ]
    words = "Does a source model predict the target's labels better after that?"
    gains, whole = losses[0] - losses[1], losses[0].mean()
    pvalue = float(tests.normal_pvalues(gains.mean(), gains.var(ddof=1) / len(gains)))
    sure, found = pvalue <= 2 * sample.alpha, (gains.mean() / whole if whole > 0 else 0.0, pvalue)
    measure = "share of the squared error removed"
    after = "Do the same features mean a different label even after that?"
    return {
        "better_aligned": open_question(words, found, measure, sure and found[0] > 0, sure and found[0] < 0),
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
    weighting = sample.rows.weighting
    few = weighting.effective_share < FEW_EFFECTIVE
    gamma = sample.kernel_options["gamma"]
    left = tests.weighted_distance(weighting.source, weighting.weights, weighting.target, gamma)
    fail = few or left > tests.HALVED * sample.whole
    yes = "yes: weights leave too few rows" if few else "yes"
    words = "Do the rows still differ once the source is weighted by the density ratio?"
    return question(words, (left, np.nan), MEASURE, fail, yes, "no: weights remove most of it")
