import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import eigh
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import SFA


@pytest.fixture(scope="module")
def words():
    """83 rows of 11 counts; the first 50 are the source, and columns 7 to 10 favour one domain. (X, target)"""
    rng = np.random.default_rng(6)
    target = np.arange(83) >= 50
    rate = rng.uniform(0.3, 1.0, size=(83, 11)) * rng.uniform(0.5, 1.5, size=(83, 1))
    rate[:, 7:] *= np.where(target[:, None], [0.1, 2, 0.1, 2], [2, 0.1, 2, 0.1])
    return rng.poisson(rate).astype(float), target


def textbook(X, pivots, size):
    """Leading eigenvectors of the paper's L with a loop over pairs of features: (part on the others, eigenvalues)."""
    others = np.setdiff1d(np.arange(X.shape[1]), pivots)
    M = np.array([[np.sum((X[:, i] > 0) & (X[:, j] > 0)) for j in pivots] for i in others], dtype=float)
    A = np.block([[np.zeros((len(others),) * 2), M], [M.T, np.zeros((len(pivots),) * 2)]])
    degree = A.sum(axis=1)
    values, vectors = eigh(A / np.sqrt(np.outer(degree, degree)))
    return others, vectors[: len(others), ::-1][:, :size].T, values[::-1][:size]


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_components_are_the_textbook_eigenvectors(container, words):
    X, target = words
    sfa = SFA(3, n_pivots=5, feature_scale=0.8).fit(container(X), sample_domain=target)
    others, vectors, values = textbook(X, sfa.pivots_, 3)
    expected = np.zeros((3, 11))
    expected[:, others] = vectors * np.sign(np.sum(vectors * sfa.components_[:, others], axis=1))[:, None]
    assert_allclose(sfa.components_, expected, atol=1e-10)
    assert_allclose(sfa.singular_values_, values)
    assert values[0] == pytest.approx(1)
    mapped = sfa.transform(container(X))
    assert type(mapped) is type(container(X))
    mapped = mapped.toarray() if sparse.issparse(mapped) else mapped
    assert_allclose(mapped, np.hstack([X, 0.8 * X @ expected.T]), atol=1e-10)


def test_pivots_say_least_about_the_domain(words):
    X, target = words
    information = np.array([mutual_info_score(target, X[:, j] > 0) for j in range(11)])
    sfa = SFA(n_pivots=4).fit(X, sample_domain=target)
    assert_array_equal(sfa.pivots_, np.argsort(information)[:4])
    assert not np.isin(sfa.pivots_, [7, 8, 9, 10]).any()
    share = np.minimum((X[~target] > 0).mean(axis=0), (X[target] > 0).mean(axis=0))
    frequent = SFA(n_pivots=4, pivots="frequency").fit(X, sample_domain=target).pivots_
    assert_array_equal(frequent, np.argsort(-share, kind="stable")[:4])


def test_several_sources_are_domains_of_their_own(words):
    X, _ = words
    domain = np.array(["a", "b", "target"])[np.arange(83) % 3]
    information = [mutual_info_score(domain, X[:, j] > 0) for j in range(11)]
    assert_array_equal(SFA(n_pivots=4).fit(X, sample_domain=domain).pivots_, np.argsort(information)[:4])


def test_only_occurrence_matters_and_not_which_domain_is_the_target(words):
    X, target = words
    sfa = SFA(3).fit(X, sample_domain=target)
    longer = X * np.random.default_rng(0).uniform(0.5, 3, size=(83, 1))  # the same words in longer documents
    assert_array_equal(SFA(3).fit(longer, sample_domain=target).components_, sfa.components_)
    assert_array_equal(SFA(3).fit(X, sample_domain=~target).components_, sfa.components_)
    assert_array_equal(SFA(3).fit(X, y=np.where(target, np.nan, 1.0)).components_, sfa.components_)


def test_words_of_two_domains_meet():
    # good and bad are pivots; each domain has words of its own for the same, which its rows mostly use
    gains = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        label = rng.integers(0, 2, 600)
        target = np.arange(600) >= 300
        X = np.zeros((600, 6))
        X[:, :2] = rng.random((600, 2)) < np.where(np.arange(2) == label[:, None], 0.6, 0.1)
        X[np.arange(600), 2 + 2 * target + label] = rng.random(600) < 0.8
        y = np.where(target, np.nan, label)
        sfa = SFA(2, n_pivots=2, feature_scale=5).fit(X, y)
        assert set(sfa.pivots_) == {0, 1}
        second = sfa.components_[1, 2:]  # the first is the degree of a word, whatever it means
        assert (np.sign(second) == np.sign(second[0]) * np.array([1, -1, 1, -1])).all()
        plain = OnLabeled(LogisticRegression()).fit(X, y).score(X[target], label[target])
        Z = sfa.transform(X)
        gains.append(OnLabeled(LogisticRegression()).fit(Z, y).score(Z[target], label[target]) - plain)
    assert min(gains) > 0.1


def test_parts_that_do_not_touch_and_features_that_never_occur():
    X = np.zeros((40, 6))
    X[:20, [0, 2]] = 1  # one half of the rows has 0 and 2, the other 1 and 3; 4 and 5 never occur
    X[20:, [1, 3]] = 1
    sfa = SFA(2, n_pivots=2).fit(X, sample_domain=np.arange(40) % 2 == 0)
    assert_array_equal(sorted(sfa.pivots_), [0, 1])
    assert_allclose(sfa.singular_values_, [1, 1])
    assert_array_equal(sfa.components_[:, 4:], 0)
    mapped = sfa.transform(X)[:, 6:]
    assert not np.allclose(mapped[0], mapped[-1])


def test_names_and_alone(words):
    X, target = words
    sfa = SFA(2).fit(X, sample_domain=target)
    assert sfa.get_feature_names_out().tolist() == [*(f"x{j}" for j in range(11)), "sfa0", "sfa1"]
    alone = SFA(2, stack=False).fit(X, sample_domain=target)
    assert_array_equal(alone.transform(X), sfa.transform(X)[:, 11:])
    assert alone.get_feature_names_out().tolist() == ["sfa0", "sfa1"]
    assert_array_equal(SFA(feature_scale=0).fit(X, sample_domain=target).transform(X)[:, 11:], 0)


def test_one_domain_takes_the_most_frequent_pivots(words):
    X, _ = words
    with pytest.warns(SingleDomainWarning):
        sfa = SFA(n_pivots=3).fit(X)
    assert_array_equal(sfa.pivots_, np.argsort(-(X > 0).sum(axis=0), kind="stable")[:3])


@pytest.mark.parametrize(
    "parameters, match",
    [
        ({"n_pivots": 11}, "n_pivots=11 exceeds 10: 10 of the 11 features are positive in min_rows=1"),
        ({"n_pivots": 5, "n_components": 6}, r"min\(n_pivots=5, other features=6\) = 5"),
        ({"n_components": 0}, "n_components must be 'auto' or an integer >= 1; got 0"),
        ({"pivots": "mutual_information"}, "pivots must be one of 'domain_information', 'frequency'"),
        ({"feature_scale": -0.1}, "feature_scale must be a number >= 0; got -0.1"),
    ],
)
def test_errors(parameters, match, words):
    X, target = words
    with pytest.raises(ValueError, match=match):
        SFA(**{"min_rows": 1, **parameters}).fit(X, sample_domain=target)


def test_no_common_feature_is_an_error(words):
    X, target = words
    X = X * (np.arange(11) % 2 == target[:, None])
    with pytest.raises(ValueError, match="No feature is positive in min_rows=5 rows of every domain"):
        SFA().fit(X, sample_domain=target)
    with pytest.raises(ValueError, match="n_features = 1"):
        SFA().fit(X[:, :1], sample_domain=target)
