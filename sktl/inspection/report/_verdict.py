"""From the evidence to the kind of shift."""

import numpy as np

from sktl.inspection.report._evidence import (
    HALVED,
    align,
    concept_test,
    expected_mean_test,
    is_explained,
    kernel_test,
    label_test,
    matched_test,
    mixture_test,
    sample_rows,
    weighted_distance,
    within_classes_test,
)
from sktl.inspection.report._kinds import FEW_EFFECTIVE
from sktl.inspection.report._remarks import only_missing

FAR = 1.0  # standard deviations of the source, from which on a mean has moved far
STRETCHED = 1.5  # ratio of standard deviations, from which on a column is stretched (or shrunk)
MOST = 0.5  # more than this share of the numbers must have moved or been stretched in a shift of scale
MEASURE = "MMD^2 at the best width"  # the same one for all questions, so that what is left can be compared
LEFT = 1 / 3  # share of the difference of the mean labels, from which on the rows leave much of it unexplained
MIN_PAIRED = 0.25  # share of the target's labels that must have a partner in the source
SHARES_APART = "Are the estimated class shares apart?"
MAX_FIT = 2000  # labelled rows of each domain that the concept test learns from


def decide(case):
    """Kind of shift; ``case.questions`` has what it rests on."""
    n_kinds = 1 + 2 * case.has_target_labels  # rows, and with labels: labels, concept
    moved = _rows_differ(case, case.level / n_kinds)
    labels_differ, concept = _labels_differ(case, case.level / n_kinds)
    if not (moved or labels_differ or concept):
        return "none"
    gaps = moved and only_missing(case.features, case.level)  # filled-in values are no evidence of another kind
    if (labels_differ or not gaps) and _is_label_shift(case, moved, labels_differ, concept):
        return "label"
    if moved and not gaps and _is_scale_shift(case, concept):
        return "scale"
    return "concept" if concept else "covariate"


def _rows_differ(case, level):
    """Whether the rows differ: jointly, for a classifier, or in one column; the three tests share the level."""
    kernel, classifier = case.distance.kernel_test, case.distance.classifier_test
    worst = min(case.features, key=lambda row: np.fmin(row.adjusted_pvalue, row.missing_adjusted_pvalue))
    name, found = f"{worst.measure} of {worst.feature}", (worst.difference, worst.adjusted_pvalue)
    if worst.missing_adjusted_pvalue < worst.adjusted_pvalue:
        name = f"missing share of {worst.feature}"
        found = worst.missing_target - worst.missing_source, worst.missing_adjusted_pvalue
    asked = [
        ("Do the rows differ, all columns together?", (kernel.statistic, kernel.pvalue), MEASURE),
        (
            "Does a linear classifier tell the domains apart?",
            (classifier.statistic, classifier.pvalue),
            "area under its ROC curve",
        ),
        ("Does any column differ by itself?", found, name),
    ]
    return any([case.ask(*question, level=level / len(asked)) for question in asked])


# --- labels ---


def _labels_differ(case, level):
    """Whether the labels are distributed otherwise, and whether p(y|x) differs; False of too few target labels."""
    if not case.has_target_labels:
        return False, False
    _, y_source, _, y_target = case.labeled_parts
    statistic, pvalue = label_test(y_source, y_target, case.classes is not None)
    if case.classes is None:
        means = f"{y_source.mean():.3g} in the source, {y_target.mean():.3g} in the target"
        question, measure = f"Are the labels distributed otherwise (mean {means})?", "KS of the labels"
    else:
        question, measure = "Do the class shares differ?", "total variation"
        n = len(case.classes)
        counts = [np.bincount(codes, minlength=n) / len(codes) for codes in (y_source, y_target)]
        statistic = np.abs(counts[0] - counts[1]).sum() / 2
    labels_differ = case.ask(question, (statistic, pvalue), measure, level=level)
    question = "Does the label follow from the row in another way?"
    return labels_differ, case.ask(question, _concept(case, case.X), "gain by the domain", level=level)


def _concept(case, X):
    """The concept test on labelled rows, of which there are at most ``MAX_FIT`` a domain."""
    rng = np.random.default_rng(case.seed)
    rows = np.concatenate(
        [sample_rows(np.flatnonzero(part & case.labeled), MAX_FIT, rng) for part in (~case.target, case.target)]
    )
    return concept_test(X[rows], case.codes[rows], case.target[rows], case.classes, case.seed)


def _is_label_shift(case, moved, labels_differ, concept):
    """Whether other labels explain the difference of the rows."""
    if case.has_target_labels and case.classes is None:
        case.labels_fit = moved and labels_differ and _numbers_explain(case)
        return case.labels_fit and (_rows_leave_labels(case) or concept)
    if case.shares is None:
        return False
    X_source, y_source, X_target, y_target = case.labeled_parts
    options = {"gamma": case.gamma, "seed": case.seed}
    if case.has_target_labels:
        if not labels_differ:
            return False
        found = within_classes_test(X_source, y_source, X_target, y_target, **options)
        question = "Do the rows differ within classes?"
    else:
        if not moved or not _predicted_shares_differ(case):
            return False
        found = mixture_test(X_source, y_source, case.X[case.target], case.shares.target, **options)
        question = "Do the rows differ once source rows are drawn by the target's estimated class shares?"
    if found is None:
        return False
    explained = is_explained(*found, case.whole, case.level) or (not moved and found[1] > case.level)
    if not explained:
        case.rule_out("other class shares", SHARES_APART)
    return case.note(question, found, MEASURE, explained, "hardly: class shares explain it", "yes")


def _numbers_explain(case):
    """Whether rows of both domains whose labels agree are alike: then other labels alone could explain the shift.

    They also could where the rows alone have shifted and give the label away; but then p(y|x) is one, which it is not
    under label shift.
    """
    found = matched_test(*case.labeled_parts, gamma=case.gamma, seed=case.seed)
    share = 0.0 if found is None else found[2]
    question = f"Do the rows differ where the labels agree ({100 * share:.0f} % of the target's have a partner)?"
    if share < MIN_PAIRED:
        short = "can't be told: the target's labels reach beyond the source's"
        return case.note(question, (np.nan, np.nan), MEASURE, False, "", short)
    explained = is_explained(*found[:2], case.whole, case.level)
    if not explained:
        case.rule_out("other labels")
    return case.note(question, found[:2], MEASURE, explained, "hardly: the labels could explain it", "yes")


def _rows_leave_labels(case):
    """Whether the mean label of the target is not that which its rows let expect of the source's labels."""
    rows = case.weighting.rows
    known = case.labeled[rows]
    rows, target = rows[known], case.target & case.labeled
    source = case.X[rows], case.codes[rows], case.weighting.weights[known]
    found = expected_mean_test(*source, case.X[target], case.codes[target])
    whole = abs(case.codes[target].mean() - case.codes[rows].mean())
    differ = found[1] <= case.level and abs(found[0]) > LEFT * whole
    question = "Is the target's mean label other than its rows let expect of the source's labels?"
    return case.note(question, found, "difference of means", differ, "yes", "hardly: the rows could explain it")


def _predicted_shares_differ(case):
    """Whether the estimated class shares lie apart beyond chance: their distance in sampling errors of counts."""
    gap = np.abs(case.shares.source - case.shares.mlls).sum() / 2
    n = min((case.labeled & ~case.target).sum(), case.target.sum())
    chance = 2 * np.sqrt(case.shares.source * (1 - case.shares.source) * 2 / n).sum() / 2
    found = gap, np.nan
    return case.note(SHARES_APART, found, "total variation", gap > chance, "yes", "hardly")


# --- scales and axes ---


def _is_scale_shift(case, concept):
    """Whether other means and covariances explain the difference, and weights could not."""
    numbers = [row for row in case.features if np.isfinite(row.mean_shift)]
    if not numbers or not (_is_far(numbers) or _weights_fail(case)):
        return False
    moments = "means and covariances"
    aligned = align(case.X[~case.target], case.X[case.target], case.numeric)
    if not _is_aligned(case, aligned, moments, "hardly: scales or axes explain it"):
        case.rule_out("other scales or axes")
        return False
    scaled = align(case.X[~case.target], case.X[case.target], case.numeric, axes=False)
    case.turned = not _is_aligned(case, scaled, "means and deviations alone", "hardly: scales explain it")
    if not concept:
        return True
    X = case.X.copy()
    X[~case.target] = aligned
    question = "Does the label still follow in another way after that?"
    return not case.ask(question, _concept(case, X), "gain by the domain")


def _is_aligned(case, aligned, moments, yes):
    """Whether little is left of the difference once the source's numbers have the target's ``moments``."""
    found = kernel_test(aligned, case.X[case.target], gamma=case.gamma, seed=case.seed)
    found = found.statistic, found.pvalue
    question = f"Do the rows differ once the source's numbers have the target's {moments}?"
    return case.note(question, found, MEASURE, is_explained(*found, case.whole, case.level), yes, "yes")


def _is_far(numbers):
    """Whether most of several columns of numbers have moved far or been stretched."""
    far = [
        abs(row.mean_shift) >= FAR or abs(np.log(max(row.scale_ratio, 1e-300))) >= np.log(STRETCHED) for row in numbers
    ]
    return len(numbers) > 1 and np.mean(far) > MOST


def _weights_fail(case):
    """Whether density-ratio weights leave few rows, or most of the distance."""
    few = case.weighting.effective_share < FEW_EFFECTIVE
    left = weighted_distance(case.weighting.source, case.weighting.weights, case.weighting.target, case.gamma)
    question = "Do the rows differ once the source's are weighted by the density ratio?"
    fail = few or left > HALVED * case.whole
    case.weights_mend = not fail
    words = "weights leave too few rows" if few else "yes"
    return case.note(question, (left, np.nan), MEASURE, fail, words, "hardly: weights mend it")
