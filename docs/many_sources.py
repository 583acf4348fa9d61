"""Write docs/many_sources.md, what each method does with several sources: ``python docs/many_sources.py``.

A method that tells sources apart has its line in ``APART``; every other public estimator that reads ``sample_domain``
takes all sources as one. The tests fit each of them on sources of two names and of one, and hold this list to what
happens.
"""

import importlib
import inspect
from pathlib import Path

FAMILIES = ("instance", "feature", "parameter", "relation", "calibration", "model_selection")

#: What a method does with several sources, where it tells them apart.
APART = {
    "AnchorRegression": "domains are anchors: three labelled ones or more choose the factor",
    "CORAL": "a map of its own for each source",
    "ComBat": "location and scale of its own for each, shrunk to a common prior",
    "DIPLSRegressor": "the differences of all pairs of domains are penalised",
    "DirectStandardization": "a map of its own for each into the space of one that is named, by pairs",
    "DistributionWeightedCombination": "a model of each, believed where its own rows are dense",
    "DomainScaler": "centre and scale of its own for each",
    "EPO": "the directions in which any of the domains differ are taken away",
    "FeatureAugmentation": "a copy of the columns for each",
    "GradualSelfTraining": "domains without labels are steps of a path; scales are those within domains",
    "LinearOT": "a map of its own for each source",
    "MIDA": "components independent of which domain a row is from",
    "MultiSourceTrAdaBoostClassifier": "each round learns from the source that helps the target most",
    "MultiSourceVote": "a model of each, weighted by target labels, distance or agreement",
    "MultiTaskTransferRidge": "coefficients of each domain, drawn to common ones",
    "OTMapping": "a plan of its own for each source",
    "PiecewiseDirectStandardization": "a map of its own for each into the space of one that is named, by pairs",
    "SCL": "pivots are features that occur often in every domain",
    "SFA": "pivots are features that occur often in every domain",
    "SourceSelector": "distant sources are left out, or count less",
    "SpectralSpaceTransformation": "a map of its own for each into the space of one that is named, by pairs",
    "SubspaceAlignment": "a subspace of its own for each source",
    "TaskTrAdaBoostClassifier": "learners of each source, then a choice among them by target labels",
    "TransGLM": "detects by the target's loss which sources help",
}


def members():
    """(family, name) of each public estimator that reads ``sample_domain``."""
    for family in FAMILIES:
        module = importlib.import_module(f"sktl.{family}")
        for name in sorted(module.__all__):
            value = getattr(module, name)
            if inspect.isclass(value) and hasattr(value, "fit") and not inspect.isabstract(value):
                yield family, name


def page():
    """The whole page."""
    lines = [
        "# Several sources",
        "",
        "What each method does with sources of several names in `sample_domain`. By `python docs/many_sources.py`;",
        "the tests hold it to the code. **First compare with one model of all sources' rows** (`OnLabeled`): it is the",
        "baseline that usually wins (`benchmarks/many_sources.py`).",
        "",
        "| family | method | with several sources |",
        "|---|---|---|",
    ]
    found = list(members())
    for family, name in found:
        if name in APART:
            lines.append(f"| `{family}` | `{name}` | {APART[name]} |")
    lines += ["", "All sources count as one for:", ""]
    for family in FAMILIES:
        rest = [f"`{name}`" for own, name in found if own == family and name not in APART]
        if rest:
            lines.append(f"- `sktl.{family}`: {', '.join(rest)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "many_sources.md").write_text(page())
