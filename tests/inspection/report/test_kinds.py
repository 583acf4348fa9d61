import re

import sktl
from sktl.inspection.report._kinds import ADVICE, KINDS, MEANING, Findings, advise, method


def test_every_kind_has_words_and_names_what_exists():
    public = {
        name
        for part in (sktl, sktl.instance, sktl.feature, sktl.parameter, sktl.model_selection)
        for name in part.__all__
    }
    assert set(KINDS) == set(MEANING) == set(ADVICE)
    for kind in KINDS:
        for labeled in (False, True):
            found = [
                Findings(0.01, labeled, 2),
                Findings(0.9, labeled, 20, n_sources=3),
                Findings(0.9, labeled, 20, numbers=True, labels_fit=True, turned=True),
                Findings(0.2, labeled, 20, only_missing=True, labels_differ=True),
            ]
            words = " ".join(point for findings in found for point in advise(kind, findings))
            assert set(re.findall(r"`(\w+)`", words)) <= public
    assert "worth only 1 % of its rows" in " ".join(advise("covariate", Findings(0.01, True, 2)))
    for kind in set(KINDS) - {"label or concept"}:
        assert "Classifier" not in " ".join(advise(kind, Findings(0.9, True, 20, numbers=True)))


def test_without_labels_the_plain_model_and_labels_come_first_with_labels_what_uses_them():
    for kind in set(KINDS) - {"none"}:
        blind, seen = (method(kind, Findings(0.9, labeled, 20)) for labeled in (False, True))
        assert blind.startswith("Fit an ordinary model on the source rows") and "label about 100 rows" in blind
        assert seen.startswith("Learn from the labelled rows of both domains together first")
        moved = method(kind, Findings(0.9, True, 20, labels_differ=True))
        assert moved.index("recalibrate the source's model on them first") < moved.index("To compare")
        assert not re.search("^Try |Try .* first", blind + seen + moved)
    assert "nothing to adapt to" in method("none", Findings(0.9, False, 20))
