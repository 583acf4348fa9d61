"""Which kind of shift the evidence shows, and the words for it."""

from dataclasses import dataclass

from sktl.inspection.report._evidence import COVERED, FEW_EFFECTIVE

KINDS = {
    "none": "no shift found",
    "covariate": "covariate shift",
    "label": "label shift",
    "scale": "different scales or axes",
    "concept": "concept shift",
    "label or covariate": "label or covariate shift, can't tell which",
    "scale or covariate": "different scales or covariate shift, can't tell which",
    "label or concept": "label or concept shift, can't tell which",
}

MEANING = {
    "none": "No test finds a difference between the two domains beyond chance.",
    "covariate": "The features are distributed differently.",
    "label": "The class shares differ; within each class the rows look alike.",
    "scale": "Different offsets, scales or axes of the numeric columns explain most of the shift.",
    "concept": "The same features mean a different label: p(y|x) differs.",
    "label or covariate": (
        "The features are distributed differently, as they would be if the labels were drawn in different shares, or "
        "if the columns had moved: these data can't tell."
    ),
    "scale or covariate": (
        "Different offsets, scales or axes of the numeric columns explain most of the shift. Whether the units differ, "
        "or the same units hold other values, these data can't tell."
    ),
    "label or concept": (
        "The labels are distributed differently. Whether other rows came with them, or the same features mean a "
        "different label, these data can't tell."
    ),
}

# what helped and harmed by more than a point on 38 real pairs, linear models and trees: the advice is in that order
PLAIN_FIRST = (
    "Fit an ordinary model on the source rows (`OnLabeled` around any estimator) and use it as it is, and label about "
    "100 rows of the target; `LabelPlanner` says which. On 38 real pairs a step taken without target labels helped 18 "
    "times and harmed 29; with 100 labels, to recalibrate the source's model or to pool them helped 47 and harmed 5."
)
NOTHING_FIRST = (
    "Fit an ordinary model on the source rows (`OnLabeled` around any estimator) and use it on the target as it is: "
    "there is nothing to adapt to, and any adaptation adds some noise."
)
RECALIBRATE_FIRST = (
    "The target's labels are not what the source's rows predict: recalibrate the source's model on them first "
    "(`HypothesisTransferClassifier`), then compare a model of all labelled rows of both domains (`OnLabeled`, the "
    "target's weighted up) and one of the target's alone."
)
POOL_FIRST = (
    "Learn from the labelled rows of both domains together first (`OnLabeled` around any estimator, the target's "
    "weighted up), then compare the source's model, recalibrated on the target's labels "
    "(`HypothesisTransferClassifier`)."
)

#: What may be compared beside that, under each kind of shift, and the risk.
ADVICE = {
    "none": "",
    "covariate": (
        "To compare, where target labels judge: importance weights, {weigher} inside `ImportanceWeighted`. They are "
        "right as long as the same features mean the same label, and cost rows."
    ),
    "label": (
        "To compare, where target labels judge: `LabelShiftClassifier`, which corrects the predicted probabilities for "
        "the new class shares, and costs accuracy if it is the features that have shifted."
    ),
    "scale": (
        "To compare, where target labels judge: {aligner}. If units or axes have changed it helps much; if the same "
        "values mean the same label it harms as much."
    ),
    "concept": (
        "To compare: `FeatureAugmentation` and `TrAdaBoostClassifier`, which let the target's labels outweigh the "
        "source's. `TransferGuard` decides whether the source helps at all; no method that looks at the features alone "
        "can fix this."
    ),
    "label or covariate": (
        "To compare, where target labels judge: `LabelShiftClassifier`, and {weigher} inside `ImportanceWeighted`: "
        "each is right under one kind of shift and costs accuracy under the other."
    ),
    "scale or covariate": (
        "To compare, where target labels judge: {aligner}. If the units differ, that helps; if the same values mean "
        "the same label, it hurts."
    ),
    "label or concept": (
        "To compare: `FeatureAugmentation`, `TrAdaBoostClassifier` and `LabelShiftClassifier`. `TransferGuard` decides "
        "whether the source helps at all; more target labels would tell the two kinds apart."
    ),
}

LABEL_NUMBERS = (
    "To compare: `TwoStageTrAdaBoostRegressor`, or source rows weighted by the ratio of the label densities, target "
    "over source. The label-shift estimators here are for classes."
)

LABEL_OR_MOVED_NUMBERS = (
    "To compare, where target labels judge: {weigher} inside `ImportanceWeighted`, right if the columns have moved, "
    "and `TwoStageTrAdaBoostRegressor`, if the labels have."
)

MISSING_ONLY = "The known values of each column look alike; only the shares of missing values differ."

MISSING_ADVICE = (
    "To compare, where target labels judge: {weigher} inside `ImportanceWeighted`; no method here is made for missing "
    "values."
)

SOME_EFFECTIVE = 0.3  # below it weights cost so much that the plain model is worth a look


@dataclass(frozen=True)
class Findings:
    """What the advice depends on, beside the kind.

    Attributes
    ----------
    effective_share : float
        Share of the source rows that the weighted ones are worth.
    has_target_labels : bool
    n_columns : int
        Encoded.
    numbers : bool
        Whether numbers are to be predicted.
    labels_fit : bool
        Whether other labels would explain the rows as well.
    turned : bool
        Whether other offsets and scales of single columns would not.
    ruled_out : list of str
        Accounts that were tested and do not explain the rows.
    weights_mend : bool
        Whether weights were tried and mend most of the difference.
    only_missing : bool
        Whether columns differ by themselves in their missing shares alone.
    remarks : list of str
        What to mend first.
    n_sources : int
    overlap : float
        How much of the target the source covers, 0 to 1.
    labels_differ : bool
        Whether the target's labels differ from what the source's rows predict.
    """

    effective_share: float
    has_target_labels: bool
    n_columns: int
    numbers: bool = False
    labels_fit: bool = False
    turned: bool = False
    ruled_out: list = ()
    weights_mend: bool = False
    only_missing: bool = False
    remarks: list = ()
    n_sources: int = 1
    overlap: float = 1.0
    labels_differ: bool = False


def advise(kind, found):
    """What to mend, what to try first, and what speaks against it: a list of points; ``found``: Findings."""
    words = [_meaning(kind, found), *found.remarks, method(kind, found)]
    if found.n_sources > 1 and kind != "none":
        words.append(
            f"`rank_sources` orders the {found.n_sources} sources by how near they are to the target, `SourceSelector` "
            "chooses which to learn from."
        )
    if found.labels_fit and "label" not in kind:
        words.append(
            "A shift in the labels alone would also explain the features: these data can't tell the two apart."
        )
    if kind in ("covariate", "none") and not found.has_target_labels:
        words.append(
            "Without target labels no test can see whether the same features still mean the same label: label some "
            "target rows to be sure."
        )
    if kind != "none" and found.overlap < COVERED and not found.has_target_labels:
        words.append(
            f"The source covers only about {100 * found.overlap:.0f} % of the target: without labels there, no weight, "
            "score or test can judge a model on the rest."
        )
    return [word for word in words if word]


def _meaning(kind, found):
    """What the kind means, of what was tested."""
    if kind == "label" and found.numbers:
        return ""  # the advice says it
    if kind != "covariate":
        return MEANING[kind]
    words = [MEANING[kind]]
    if found.only_missing:
        return MISSING_ONLY
    if found.ruled_out:
        words.append(f"{' and '.join(found.ruled_out).capitalize()} do not explain it.")
    if found.weights_mend:
        words.append("Density-ratio weights remove most of the difference.")
    return " ".join(words)


def method(kind, found):
    """What to try first, and what to compare with it, with the risk."""
    words = [_first(kind, found), _compared(kind, found), *_weights_words(kind, found)]
    text = " ".join(word for word in words if word)
    return text.replace("Classifier`", "Regressor`") if found.numbers else text


def _first(kind, found):
    """What helps most and harms least, whatever the kind of shift: by the target's labels if there are some."""
    if found.has_target_labels:
        return RECALIBRATE_FIRST if found.labels_differ else POOL_FIRST
    return NOTHING_FIRST if kind == "none" else PLAIN_FIRST


def _compared(kind, found):
    """What may be compared under this kind of shift."""
    if "label" in kind and found.numbers:
        words = {"label": LABEL_NUMBERS, "label or covariate": LABEL_OR_MOVED_NUMBERS}.get(kind, ADVICE["concept"])
    else:
        words = MISSING_ADVICE if kind == "covariate" and found.only_missing else ADVICE[kind]
    return words.format(
        weigher="`KMM`" if found.n_columns <= 3 else "`DiscriminatorWeighter`",
        aligner="`CORAL` or `SubspaceAlignment`" if found.turned else "`DomainScaler`, then `CORAL`",
    )


def _weights_words(kind, found):
    """What speaks against weights: a list of one sentence, or none."""
    percent = f"{100 * found.effective_share:.0f} %"
    if kind not in ("covariate", "label or covariate") or found.effective_share >= SOME_EFFECTIVE:
        return []
    few = "only " if found.effective_share < FEW_EFFECTIVE else ""
    return [f"The weighted source would be worth {few}{percent} of its rows."]
