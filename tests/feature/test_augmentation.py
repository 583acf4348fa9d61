import numpy as np
import pandas as pd
import pytest
from conftest import read_only
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import FeatureAugmentation


@pytest.fixture(scope="module")
def three_domains():
    """13 rows of 4 columns, in mixed order; (X, names of the domains)."""
    rng = np.random.default_rng(0)
    X = np.where(rng.random((13, 4)) < 0.5, rng.normal(size=(13, 4)), 0)
    return read_only(X, np.array(["b", "target", "a"])[np.arange(13) % 3])


def naive(x, name):
    """Feature vector of one row, by the paper."""
    return np.hstack([x] + [x if name == block else np.zeros_like(x) for block in ("a", "b", "target")])


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_rows_are_the_paper_s(container, three_domains):
    X, names = three_domains
    expected = np.array([naive(x, name) for x, name in zip(X, names, strict=True)])
    augment = FeatureAugmentation()
    mapped = augment.fit_transform(container(X), sample_domain=names)
    assert type(mapped) is type(container(X)) and augment.blocks_ == ["a", "b", "target"]
    if sparse.issparse(mapped):
        assert mapped.nnz == 2 * np.count_nonzero(X) and mapped.has_canonical_format
        mapped = mapped.toarray()
    assert_array_equal(mapped, expected)
    new = augment.transform(container(X))
    assert_array_equal(new.toarray() if sparse.issparse(new) else new, [naive(x, "target") for x in X])


def test_inner_products_double_within_a_domain(three_domains):
    X, names = three_domains
    Z = FeatureAugmentation().fit_transform(X, sample_domain=names)
    assert_allclose(Z @ Z.T, X @ X.T * (1 + (names[:, None] == names)))


def test_without_target_labels_it_only_shrinks(two_domains):
    # trained on source rows alone, ridge has the kernel 2 x'z there and x'z between source and target
    X, y, _ = two_domains
    source, target = X[:101], X[101:]
    augment = FeatureAugmentation()
    model = make_pipeline(augment, OnLabeled(Ridge(alpha=3.0, fit_intercept=False))).fit(X, y)
    plain = Ridge(alpha=1.5, fit_intercept=False).fit(source, y[:101])
    assert_allclose(model.predict(target), plain.predict(target) / 2)


def test_it_helps_where_a_feature_changes_its_meaning():
    # column 0 means the same in both domains, columns 1 to 9 the opposite; 20 target rows have labels
    gains = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(1400, 10))
        target = np.arange(1400) >= 400
        weights = np.where(target[:, None], -1.0, 1.0) * np.full(10, 0.5)
        weights[:, 0] = 2.0
        y = (np.sum(X * weights, axis=1) + rng.normal(size=1400) > 0).astype(float)
        train = np.arange(1400) < 420
        rivals = {"source": train & ~target, "target": train & target, "pooled": train}
        scores = [LogisticRegression().fit(X[m], y[m]).score(X[~train], y[~train]) for m in rivals.values()]
        augment = FeatureAugmentation()
        Z = augment.fit_transform(X[train], sample_domain=target[train])
        ours = LogisticRegression().fit(Z, y[train]).score(augment.transform(X[~train]), y[~train])
        gains.append(ours - max(scores))
    assert np.mean(gains) > 0.005


def test_names_of_the_columns(three_domains):
    X, names = three_domains
    frame = pd.DataFrame(X, columns=list("pqrs"))
    mapped = FeatureAugmentation().set_output(transform="pandas").fit_transform(frame, sample_domain=names)
    assert list(mapped.columns)[:6] == ["p", "q", "r", "s", "p__a", "q__a"]
    assert list(mapped.columns)[-1] == "s__target" and mapped.shape == (13, 16)
    integers = FeatureAugmentation().fit(X, sample_domain=np.array([3, -1, 7])[np.arange(13) % 3])
    assert integers.get_feature_names_out()[[4, 8, 12]].tolist() == ["x0__3", "x0__7", "x0__target"]


def test_one_domain_stays_as_it_is(three_domains):
    X, _ = three_domains
    with pytest.warns(SingleDomainWarning):
        augment = FeatureAugmentation().fit(X)
    assert_array_equal(augment.transform(X), X)
    assert augment.get_feature_names_out().tolist() == ["x0", "x1", "x2", "x3"]


def test_an_unknown_domain_is_an_error(three_domains):
    X, names = three_domains
    augment = FeatureAugmentation().fit(X, sample_domain=names)
    with pytest.raises(ValueError, match="which fit has not seen: it saw the sources .*'a', 'b'"):
        augment.transform(X[:1], sample_domain=["c"])
