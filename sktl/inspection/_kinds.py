"""Which kind of shift the evidence shows, and the words for it."""

KINDS = {
    "none": "no shift found",
    "covariate": "covariate shift",
    "label": "label shift",
    "scale": "other scales or axes",
    "concept": "concept shift",
}

MEANING = {
    "none": "No test tells the two domains apart beyond chance.",
    "covariate": (
        "The rows are distributed otherwise, and no simpler account of it was found, such as other class shares or "
        "other scales."
    ),
    "label": "The classes occur in other shares; within them the rows look alike.",
    "scale": "Other offsets, scales or axes of the numbers explain most of the difference.",
    "concept": "The label follows from the row in another way: p(y|x) differs.",
}

ADVICE = {
    "none": (
        "Fit an ordinary model on the source rows (`OnLabeled` around any estimator) and use it on the target as it "
        "is: there is nothing here that adapting could mend, and every adaptation costs some variance."
    ),
    "covariate": (
        "Try the instance family first: {weigher} inside `ImportanceWeighted`, which lets the source rows that look "
        "like target rows count more; it is the right cure as long as the label follows from the row in the same way."
    ),
    "label": (
        "Try the label-shift estimators of the instance family first: `LabelShiftClassifier` corrects the predicted "
        "probabilities for the new class shares, `MLLS` and `BBSE` weigh source rows by their class; weighting by the "
        "columns would spend rows on a difference that the classes explain."
    ),
    "scale": (
        "Try the feature family first: `DomainScaler` (each domain on its own scale), then `CORAL` or "
        "`SubspaceAlignment` (correlations and axes too); weights can't help where source rows hardly reach the "
        "target's values."
    ),
    "concept": (
        "The source's labels can mislead here: learn from the target's labels. Try `FeatureAugmentation` or "
        "`TrAdaBoostClassifier`, which use both and let the target overrule, and let `TransferGuard` decide whether "
        "the source helps at all; no method that looks at the rows alone can mend this."
    ),
}

TURNED = (
    "It is how the columns hang together that differs, more than the scale of each. Try the feature family first: "
    "`CORAL` or `SubspaceAlignment`, which turn the source's axes to the target's, then `TCA`; weights can't help "
    "where source rows hardly reach the target's values."
)

LABEL_NUMBERS = (
    "The numbers to predict are distributed otherwise; where they agree, the rows look alike. Learn from the target's "
    "labels too: `TwoStageTrAdaBoostRegressor`, or any regressor with the ratio of the label densities, target over "
    "source, as weights of the source rows; the label-shift estimators here are for classes."
)

FEW_EFFECTIVE = 0.1  # share of the source rows, from which on weights leave too few


def advise(kind, effective_share, has_target_labels, n_columns, *, numbers=False, labels_fit=False, turned=False):
    """One paragraph: which family to try first, and what speaks against it.

    ``numbers``: such are to be predicted; ``labels_fit``: other labels would explain the rows as well; ``turned``:
    other offsets and scales of single columns would not.
    """
    weigher = "`KMM`" if n_columns <= 3 else "`DiscriminatorWeighter`"
    words = [MEANING[kind], ADVICE[kind].format(weigher=weigher)]
    if kind == "scale" and turned:
        words[1] = TURNED
    if kind == "label" and numbers:
        words = [LABEL_NUMBERS]
    if kind == "concept" and numbers:
        words[1] = words[1].replace("TrAdaBoostClassifier", "TrAdaBoostRegressor")
    if kind == "covariate" and effective_share < FEW_EFFECTIVE:
        words.append(
            f"But weights would leave only {100 * effective_share:.0f} % of the source's rows at work: compare with "
            "the feature family (`CORAL`, `TCA`), and with no adaptation at all."
        )
    if labels_fit and kind != "label":
        words.append(
            "A shift of the labels alone would explain the rows as well: these data do not say which came first."
        )
    if kind in ("covariate", "scale", "none") and not has_target_labels:
        words.append(
            "Without target labels nobody can see whether the label still follows from the row in the same way: label "
            "some target rows to be sure."
        )
    if kind == "label" and not has_target_labels:
        words.append("Without target labels this rests on class shares that are estimated, not counted.")
    return " ".join(words)
