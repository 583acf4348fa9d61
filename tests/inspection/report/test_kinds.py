import re

import sktl
from sktl.inspection.report._kinds import ADVICE, KINDS, MEANING, Findings, advise


def test_every_kind_has_words_and_names_what_exists():
    public = {name for part in (sktl, sktl.instance, sktl.feature, sktl.model_selection) for name in part.__all__}
    assert set(KINDS) == set(MEANING) == set(ADVICE)
    for kind in KINDS:
        for labeled in (False, True):
            words = advise(kind, Findings(0.01, labeled, 2)) + advise(kind, Findings(0.9, labeled, 20, n_sources=3))
            words += advise(kind, Findings(0.9, labeled, 20, numbers=True, labels_fit=True, turned=True))
            words += advise(kind, Findings(0.2, labeled, 20, only_missing=True))
            assert set(re.findall(r"`(\w+)`", words)) <= public
    assert "worth only 1 % of its rows" in advise("covariate", Findings(0.01, True, 2))
    for kind in set(KINDS) - {"label or concept"}:
        assert "Classifier" not in advise(kind, Findings(0.9, True, 20, numbers=True))
