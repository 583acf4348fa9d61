"""Estimators of sktl inside neighbours of scikit-learn, where those (which the test extra does not bring) are there."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import OnLabeled
from sktl.feature import CORAL, TCA
from sktl.instance import DiscriminatorWeighter, ImportanceWeighted
from sktl.model_selection import ImportanceWeightedScorer, SourceTargetKFold


def adapting():
    return make_pipeline(StandardScaler(), TCA(2), OnLabeled(LogisticRegression()))


def test_permutation_importance(two_domains):
    X, y, y_true = two_domains
    fitted, target = adapting().fit(X, y), np.isnan(y)
    found = permutation_importance(fitted, X[target], y_true[target], n_repeats=5, random_state=0)
    assert found.importances_mean.argmax() in (0, 2)  # the columns that tell the classes apart


@pytest.mark.filterwarnings("ignore")  # optuna warns of experimental and deprecated parts of its own
def test_optuna(two_domains):
    optuna = pytest.importorskip("optuna", reason="optuna is optional: pip install optuna optuna-integration[sklearn]")
    integration = pytest.importorskip("optuna_integration", reason="pip install optuna-integration[sklearn]")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y, _ = two_domains
    space = {"tca__n_components": optuna.distributions.IntDistribution(1, 3)}
    search = integration.OptunaSearchCV(
        adapting(),
        space,
        cv=SourceTargetKFold(3),
        scoring=ImportanceWeightedScorer(),
        n_trials=3,
        random_state=0,
    )
    search.fit(X, y)
    best = adapting().set_params(**search.best_params_).fit(X, y)
    assert_allclose(search.predict_proba(X), best.predict_proba(X))


def test_imbalanced_learn(two_domains):
    imblearn = pytest.importorskip("imblearn.pipeline", reason="imbalanced-learn is optional")
    X, y, _ = two_domains
    pipe = imblearn.make_pipeline(StandardScaler(), CORAL(), OnLabeled(LogisticRegression()))
    plain = make_pipeline(StandardScaler(), CORAL(), OnLabeled(LogisticRegression()))
    assert_allclose(pipe.fit(X, y).predict_proba(X), plain.fit(X, y).predict_proba(X))


def test_skrub(two_domains):
    skrub = pytest.importorskip("skrub", reason="skrub is optional")
    pandas = pytest.importorskip("pandas")
    X, y, _ = two_domains
    frame = pandas.DataFrame(X, columns=list("abcde")).assign(town=np.where(X[:, 0] > 0, "here", "there"))
    pipe = make_pipeline(skrub.TableVectorizer(), StandardScaler(), TCA(2), OnLabeled(LogisticRegression()))
    assert pipe.fit(frame, y).predict(frame).shape == y.shape


def test_shap(two_domains):
    shap = pytest.importorskip("shap", reason="shap is optional")
    X, y, _ = two_domains
    model = ImportanceWeighted(LogisticRegression(), DiscriminatorWeighter()).fit(X, y)
    values = shap.LinearExplainer(model.estimator_, X).shap_values(X)
    centred = model.estimator_.decision_function(X)
    assert_allclose(np.sum(values, axis=1), centred - centred.mean(), atol=0.2)
