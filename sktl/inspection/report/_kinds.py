"""Which kind of shift the evidence shows, and the words for it."""

from dataclasses import dataclass

from sktl.inspection.report._evidence import COVERED, FEW_EFFECTIVE

KINDS = {
    "none": "no shift found",
    "covariate": "covariate shift",
    "label": "label shift",
    "scale": "other scales or axes",
    "concept": "concept shift",
}

MEANING = {
    "none": "No test tells the two domains apart beyond chance.",
    "covariate": "The features are distributed differently.",
    "label": "The class shares differ; within classes the rows look alike.",
    "scale": "Other offsets, scales or axes of the numbers explain most of the difference.",
    "concept": "The same features mean another label: p(y|x) differs.",
}

ADVICE = {
    "none": (
        "Fit an ordinary model on the source rows (`OnLabeled` around any estimator) and use it on the target as it "
        "is: there is nothing here for an adaptation to mend, and each one adds some noise."
    ),
    "covariate": (
        "Try the instance family first: {weigher} inside `ImportanceWeighted`, which lets the source rows that look "
        "like target rows count more; it is right as long as the same features mean the same label."
    ),
    "label": (
        "Try the label-shift estimators of the instance family first: `LabelShiftClassifier` corrects the predicted "
        "probabilities for the new class shares, `MLLS` and `BBSE` weight source rows by their class; weights by the "
        "columns would waste rows on a difference that the classes explain."
    ),
    "scale": (
        "Try the feature family first: `DomainScaler` (each domain on its own scale), then `CORAL` or "
        "`SubspaceAlignment` (correlations and axes too); weights can't help where the source has no rows near the "
        "target's."
    ),
    "concept": (
        "The source's labels can mislead here: learn from the target's labels. Try `FeatureAugmentation` or "
        "`TrAdaBoostClassifier`, which use both and let the target overrule, and let `TransferGuard` decide whether "
        "the source helps at all; no method that looks at the features alone can mend this."
    ),
}

TURNED = (
    "The correlations differ, more than the scale of each column. Try the feature family first: "
    "`CORAL` or `SubspaceAlignment`, which turn the source's axes to the target's, then `TCA`; weights can't help "
    "where the source has no rows near the target's."
)

LABEL_NUMBERS = (
    "The numbers to predict are distributed differently; where they agree, the rows look alike. Learn from the "
    "target's labels too: `TwoStageTrAdaBoostRegressor`, or any regressor with the ratio of the label densities, "
    "target over source, as weights of the source rows; the label-shift estimators here are for classes."
)


MISSING_ONLY = "The known values of each column look alike; what differs is how often they are missing."

MISSING_ADVICE = (
    "After that compare an ordinary model (`OnLabeled` around any estimator) with {weigher} inside "
    "`ImportanceWeighted`: no method here is made for missing values."
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


def advise(kind, found):
    """One paragraph: what to mend, which family to try first, and what speaks against it; ``found``: Findings."""
    words = [_meaning(kind, found), *found.remarks, method(kind, found), *_weights_words(kind, found)]
    if found.n_sources > 1 and kind != "none":
        words.append(
            f"Of the {found.n_sources} sources, `rank_sources` says which are near the target and `SourceSelector` "
            "which to learn from."
        )
    if found.labels_fit and kind != "label":
        words.append(
            "A shift of the labels alone would explain the features as well: these data do not say which came first."
        )
    if kind in ("covariate", "scale", "none") and not found.has_target_labels:
        words.append(
            "Without target labels nobody can see whether the same features still mean the same label: label some "
            "target rows to be sure."
        )
    if kind == "label" and not found.has_target_labels:
        words.append(
            "Without target labels this rests on class shares that are estimated, not counted: had the features moved "
            "by themselves, `LabelShiftClassifier` would cost some points. Label some target rows to be sure."
        )
    if kind == "scale" and not found.has_target_labels:
        words.append(
            "If the same values mean the same label in both domains, rescaling hurts: compare with no adaptation on "
            "some labelled target rows."
        )
    if kind != "none" and found.overlap < COVERED and not found.has_target_labels:
        words.append(
            f"The source covers only some {100 * found.overlap:.0f} % of the target: what is true of the rest, no "
            "weight, score or test can judge without labels there."
        )
    return " ".join(word for word in words if word)


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
        words.append("Weights by the density ratio mend most of the difference.")
    return " ".join(words)


def method(kind, found):
    """Which family to try first."""
    if kind == "scale" and found.turned:
        return TURNED
    if kind == "label" and found.numbers:
        return LABEL_NUMBERS
    only_missing = kind == "covariate" and found.only_missing
    advice = (MISSING_ADVICE if only_missing else ADVICE[kind]).format(
        weigher="`KMM`" if found.n_columns <= 3 else "`DiscriminatorWeighter`"
    )
    return advice.replace("TrAdaBoostClassifier", "TrAdaBoostRegressor") if found.numbers else advice


def _weights_words(kind, found):
    """What speaks against weights: a list of one sentence, or none."""
    percent = f"{100 * found.effective_share:.0f} %"
    if kind != "covariate" or found.effective_share >= SOME_EFFECTIVE:
        return []
    if found.effective_share < FEW_EFFECTIVE:
        return [
            f"But weights would leave only {percent} of the source's rows: compare with the feature family "
            "(`CORAL`, `TCA`), and with no adaptation at all."
        ]
    return [f"Weights would leave {percent} of the source's rows: compare with no adaptation too."]
