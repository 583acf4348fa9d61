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
    "covariate": "The rows are distributed otherwise, and neither other class shares nor other scales explain it.",
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

FEW_EFFECTIVE = 0.1  # share of the source rows, from which on weights leave too few


def advise(kind, effective_share, has_target_labels, n_columns):
    """One paragraph: which family to try first, and what speaks against it."""
    weigher = "`KMM`" if n_columns <= 3 else "`DiscriminatorWeighter`"
    words = [MEANING[kind], ADVICE[kind].format(weigher=weigher)]
    if kind == "covariate" and effective_share < FEW_EFFECTIVE:
        words.append(
            f"But weights would leave only {100 * effective_share:.0f} % of the source's rows at work: compare with "
            "the feature family (`CORAL`, `TCA`), and with no adaptation at all."
        )
    if kind in ("covariate", "scale", "none") and not has_target_labels:
        words.append(
            "Without target labels nobody can see whether the label still follows from the row in the same way: label "
            "some target rows to be sure."
        )
    if kind == "label" and not has_target_labels:
        words.append("Without target labels this rests on class shares that are estimated, not counted.")
    return " ".join(words)
