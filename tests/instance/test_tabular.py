"""Every weighter in an ordinary pipeline over a real table with columns of all kinds, missing values among them."""

import numpy as np
import pytest
from discovery import estimator_classes
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl import stack_domains
from sktl.base import BaseWeighter
from sktl.instance import ImportanceWeighted

NUMBERS, NAMES = ["age", "trestbps", "chol", "thalach", "oldpeak"], ["sex", "cp", "fbs", "restecg", "exang"]
WEIGHTERS = {name: cls for name, cls in estimator_classes().items() if issubclass(cls, BaseWeighter)}


def numbers_and_names():
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            (
                "names",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    OneHotEncoder(drop="if_binary", handle_unknown="ignore", sparse_output=False),
                ),
                NAMES,
            ),
        ]
    )


@pytest.fixture(scope="module")
def heart(real_data):
    """Rows and labels of Cleveland and Hungary, then the rows of Long Beach, whose labels are wanted."""
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    data = real_data("heart_disease_4sites")
    X = pandas.DataFrame(data.X[:, :10].astype(float), columns=data.feature_names[:10])
    X[NAMES] = X[NAMES].astype("category")
    y, source, target = np.where(data.y > 0, "ill", "well"), data.domain < 2, data.domain == 3
    return (X[source], y[source]), (X[target], y[target])


# the sites differ so much that few rows may carry the weight, or p(x | y) not be what it was: the warnings are right
@pytest.mark.filterwarnings("ignore::sktl.exceptions.LowEffectiveSampleSizeWarning")
@pytest.mark.filterwarnings("ignore::sktl.exceptions.WeakClassifierWarning")
@pytest.mark.parametrize("name", WEIGHTERS)
def test_every_weighter_in_a_pipeline_from_frames(name, heart):
    (X_source, y_source), (X_target, y_target) = heart
    X, y, domain = stack_domains((X_source, y_source), X_target)
    weighted = ImportanceWeighted(LogisticRegression(), WEIGHTERS[name]())
    pipe = make_pipeline(numbers_and_names(), weighted).fit(X, y)
    assert set(pipe.predict(X_target)) <= {"ill", "well"}

    # the same by hand: the weighter on the prepared rows, its weights in an ordinary fit
    prepared = numbers_and_names().fit(X)
    weights = WEIGHTERS[name]().fit(prepared.transform(X), y, sample_domain=domain).weights_
    source = domain == "source"
    assert weights[source].mean() == pytest.approx(1) and np.ptp(weights[source]) > 0.01
    by_hand = LogisticRegression().fit(prepared.transform(X_source), y_source, sample_weight=weights[source])
    np.testing.assert_allclose(
        pipe.predict_proba(X_target), by_hand.predict_proba(prepared.transform(X_target)), atol=1e-6
    )
