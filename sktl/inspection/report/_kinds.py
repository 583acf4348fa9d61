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

ADVICE = {
    "none": (
        "Fit an ordinary model on the source rows (`OnLabeled` around any estimator) and use it on the target as it "
        "is: there is nothing to adapt to, and any adaptation adds some noise."
    ),
    "covariate": (
        "Try importance weights first (`sktl.instance`): {weigher} inside `ImportanceWeighted` gives more weight to "
        "the source rows that look like target rows. This is right as long as the same features mean the same label."
    ),
    "label": (
        "Try the label-shift estimators of `sktl.instance` first: `LabelShiftClassifier` corrects the predicted "
        "probabilities for the new class shares, `MLLS` and `BBSE` weight source rows by their class. Weights computed "
        "from the features would cost more rows than needed, since the classes already explain the difference."
    ),
    "scale": (
        "Try feature alignment first (`sktl.feature`): `DomainScaler` (each domain on its own scale), then `CORAL` or "
        "`SubspaceAlignment` (correlations and axes too). Weights can't help where the source has no rows near the "
        "target's."
    ),
    "concept": (
        "The source's labels can mislead here: learn from target labels too. Try `FeatureAugmentation` or "
        "`TrAdaBoostClassifier`, which use both and let the target's labels outweigh the source's, and let "
        "`TransferGuard` decide whether the source helps at all. No method that looks at the features alone can fix "
        "this."
    ),
    "label or covariate": (
        "Compare `LabelShiftClassifier`, {weigher} inside `ImportanceWeighted`, and no adaptation, on labelled target "
        "rows: each of the first two is right under one kind of shift and costs accuracy under the other."
    ),
    "scale or covariate": (
        "Compare {aligner} with no adaptation, on labelled target rows: if the units differ, alignment is what helps; "
        "if the same values mean the same label, it hurts."
    ),
    "label or concept": (
        "Learn from target labels too, which is right in both cases: try `FeatureAugmentation` or "
        "`TrAdaBoostClassifier`, compare `LabelShiftClassifier`, and let `TransferGuard` decide whether the source "
        "helps at all. More target labels would tell the two apart."
    ),
}

TURNED = (
    "The correlations of the columns differ, not only their scales. Try feature alignment first (`sktl.feature`): "
    "`CORAL` or `SubspaceAlignment`, which turn the source's axes to the target's, then `TCA`. Weights can't help "
    "where the source has no rows near the target's."
)

LABEL_NUMBERS = (
    "The labels (numbers) are distributed differently, but rows with the same label look alike. Learn from target "
    "labels too: `TwoStageTrAdaBoostRegressor`, or any regressor whose source rows are weighted by the ratio of the "
    "label densities, target over source. The label-shift estimators here are for classes."
)

LABEL_OR_MOVED_NUMBERS = (
    "Compare {weigher} inside `ImportanceWeighted` with no adaptation, on labelled target rows: weights from the "
    "features are right if the columns have moved. If the labels have, use the target's labels "
    "(`TwoStageTrAdaBoostRegressor`)."
)

MISSING_ONLY = "The known values of each column look alike; only the shares of missing values differ."

MISSING_ADVICE = (
    "Then compare an ordinary model (`OnLabeled` around any estimator) with {weigher} inside "
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
    """What to mend, which family to try first, and what speaks against it: a list of points; ``found``: Findings."""
    words = [_meaning(kind, found), *found.remarks, method(kind, found), *_weights_words(kind, found)]
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
    if kind == "label" and not found.has_target_labels:
        words.append(
            "Without target labels the class shares are estimated, not counted: if it is the features that have "
            "shifted, `LabelShiftClassifier` costs some accuracy. Label some target rows to be sure."
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
    """Which family to try first."""
    if kind == "scale" and found.turned:
        return TURNED
    if "label" in kind and found.numbers:
        words = {"label": LABEL_NUMBERS, "label or covariate": LABEL_OR_MOVED_NUMBERS}.get(kind, ADVICE["concept"])
    else:
        words = MISSING_ADVICE if kind == "covariate" and found.only_missing else ADVICE[kind]
    advice = words.format(
        weigher="`KMM`" if found.n_columns <= 3 else "`DiscriminatorWeighter`",
        aligner="`CORAL` or `SubspaceAlignment`" if found.turned else "`DomainScaler`",
    )
    return advice.replace("TrAdaBoostClassifier", "TrAdaBoostRegressor") if found.numbers else advice


def _weights_words(kind, found):
    """What speaks against weights: a list of one sentence, or none."""
    percent = f"{100 * found.effective_share:.0f} %"
    if kind not in ("covariate", "label or covariate") or found.effective_share >= SOME_EFFECTIVE:
        return []
    if found.effective_share < FEW_EFFECTIVE:
        return [
            f"But the weighted source would be worth only {percent} of its rows: compare with feature alignment "
            "(`CORAL`, `TCA`), and with no adaptation at all."
        ]
    return [f"The weighted source would be worth {percent} of its rows: compare with no adaptation too."]
