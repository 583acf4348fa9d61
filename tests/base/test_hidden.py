"""Models that adapt inside scikit-learn's meta-estimators that refuse missing labels."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (makes the next import work)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import HalvingGridSearchCV
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled
from sktl.base import WithoutTargetLabels, placeholder_labels
from sktl.exceptions import SingleDomainWarning
from sktl.feature import CORAL, DomainScaler


def pipes():
    return [(type(s).__name__, make_pipeline(s, OnLabeled(LogisticRegression()))) for s in (CORAL(), DomainScaler())]


@pytest.fixture
def named(two_domains):
    """Class names with gaps, without, and the mask of target rows."""
    X, y, _ = two_domains
    names = np.array([None if v != v else "yes" if v else "no" for v in y], dtype=object)
    return X, names, placeholder_labels(names), np.isnan(y)


def test_placeholders_keep_the_known_labels():
    assert placeholder_labels([1, float("nan"), 0]).tolist() == [1, 1, 0]
    assert placeholder_labels([1, float("nan"), 0]).dtype.kind == "i"
    assert placeholder_labels(["b", None]).tolist() == ["b", "b"]
    with pytest.raises(ValueError, match="No label is known: all 2 are missing"):
        placeholder_labels([None, None])


def test_labels_of_target_rows_change_nothing(two_domains):
    X, y, y_true = two_domains
    expected = pipes()[0][1].fit(X, y).predict_proba(X)
    for labels in (y, y_true, np.where(np.isnan(y), 0, y_true)):
        model = WithoutTargetLabels(pipes()[0][1]).fit(X, labels, sample_domain=np.isnan(y))
        assert_allclose(model.predict_proba(X), expected)
        assert model.score(X, labels, sample_domain=np.isnan(y)) == pytest.approx(model.estimator_.score(X, y))


def test_one_domain_warns(two_domains):
    X, _, y_true = two_domains
    with pytest.warns(SingleDomainWarning):
        WithoutTargetLabels(pipes()[0][1]).fit(X, y_true)


@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_voting(voting, named):
    X, names, filled, target = named
    alone = [model.fit(X, names) for _, model in pipes()]
    with sklearn.config_context(enable_metadata_routing=True):
        vote = VotingClassifier([(n, WithoutTargetLabels(m)) for n, m in pipes()], voting=voting)
        vote.fit(X, filled, sample_domain=target)
    assert_array_equal(vote.classes_, ["no", "yes"])
    if voting == "soft":
        assert_allclose(vote.predict_proba(X), np.mean([model.predict_proba(X) for model in alone], axis=0))
    both = alone[0].predict(X) == alone[1].predict(X)
    assert_array_equal(vote.predict(X)[both], alone[0].predict(X)[both])


def test_halving_search(named):
    X, names, filled, target = named
    grid = {"estimator__coral__reg": [0.01, 1.0, 100.0]}
    with sklearn.config_context(enable_metadata_routing=True):
        search = HalvingGridSearchCV(WithoutTargetLabels(pipes()[0][1]), grid, cv=3, min_resources=40, random_state=0)
        search.fit(X, filled, sample_domain=target)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = pipes()[0][1].set_params(coral__reg=search.best_params_["estimator__coral__reg"]).fit(X, names)
    assert_allclose(search.predict_proba(X), best.predict_proba(X))


def test_stacking_of_fitted_pipelines(named):
    X, names, _, target = named
    half = np.flatnonzero(~target)[::2]
    first = names.copy()
    first[half] = None  # for the stack; these rows must not pass for target rows
    kept = np.setdiff1d(np.arange(len(X)), half)
    fitted = [(name, model.fit(X[kept], first[kept])) for name, model in pipes()]
    stack = StackingClassifier(fitted, final_estimator=LogisticRegression(), cv="prefit")
    stack.fit(X[half], names[half].astype(str))
    answers = np.column_stack([model.predict_proba(X[half])[:, 1] for _, model in fitted])
    expected = LogisticRegression().fit(answers, names[half].astype(str))
    assert_allclose(stack.final_estimator_.coef_, expected.coef_)
