"""ClassRelationTransfer: the gain where relations carry over, limits, new nodes, errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from sktl._core.relations import messages
from sktl.datasets import make_block_links, make_chain_links
from sktl.relation import ClassRelationTransfer


def fitted(data, **options):
    """Fitted on a made table, its rows' model learned in the target."""
    options = {"adjacency": data.adjacency, "local": "target"} | options
    return ClassRelationTransfer(LogisticRegression(), **options).fit(data.X, data.y, data.sample_domain)


def right(shares, data):
    """Share of right classes on the target rows without a label."""
    rows = np.isnan(data.y)
    return np.mean(shares[rows].argmax(axis=1) == data.y_true[rows])


@pytest.mark.parametrize("make, relation", [(make_block_links, "affinity"), (make_chain_links, "confusion")])
def test_a_carried_relation_beats_rows_and_the_target_alone(make, relation):
    data = make(n_labeled=60, random_state=3)
    model = fitted(data, relation=relation)
    assert model.carried_over_ and model.pvalue_ <= 0.05
    gained = right(model.label_distributions_, data)
    assert gained > right(model.estimator_.predict_proba(data.X), data) + 0.05
    alone = fitted(data, relation=relation, prior_links=0.0, n_permutations=1)
    assert gained > right(alone.label_distributions_, data)
    source = LogisticRegression().fit(data.X[:1000], data.y[:1000])
    assert gained > right(source.predict_proba(data.X), data) + 0.2


def test_shares_are_the_mean_field_of_the_target():
    data = make_block_links(300, 150, random_state=0)
    model = fitted(data, tol=1e-10, max_iter=5000)
    target = data.sample_domain == "target"
    local = np.log(np.clip(model.estimator_.predict_proba(data.X[target]), 1e-3, 1 - 1e-3))
    shares = model.label_distributions_[target]
    relation = model.strength_ * model.relation_
    expected = softmax(local + messages(data.adjacency[target][:, target], shares, relation, False), axis=1)
    known = ~np.isnan(data.y[target])
    assert_allclose(shares[~known], expected[~known], atol=1e-6)
    assert_array_equal(shares[known], np.eye(4)[data.y_true[target][known]])


def test_a_refused_relation_leaves_the_target_to_itself():
    data = make_block_links(random_state=0)
    shuffled = data.y.copy()
    source = data.sample_domain == "source"
    shuffled[source] = np.random.default_rng(0).permutation(data.y[source])
    data.y = shuffled
    model = fitted(data)
    assert not model.carried_over_ and model.pvalue_ > 0.05
    assert np.abs(model.relation_).max() < 1.5  # a few links of its own, drawn to chance


def test_rare_classes_are_found_by_their_links():
    data = make_block_links(target_shares=[0.46, 0.46, 0.04, 0.04], n_labeled=60, random_state=1)
    model = fitted(data)
    rows = np.isnan(data.y) & (data.y_true >= 2)
    assert model.carried_over_
    found = (model.label_distributions_.argmax(axis=1) == data.y_true)[rows].mean()
    assert found > (model.estimator_.predict(data.X) == data.y_true)[rows].mean()


def test_direction_and_weights_of_links():
    data = make_block_links(300, 150, random_state=0)
    one_way = sparse.csr_array(sparse.triu(data.adjacency))  # the same links, said once, in another unit
    expected = fitted(data).label_distributions_
    assert_allclose(fitted(data, adjacency=7.0 * one_way).label_distributions_, expected, atol=1e-9)
    chain = make_chain_links(random_state=0)
    turned = fitted(chain, relation="confusion", adjacency=chain.adjacency.T.tocsr())
    straight = fitted(chain, relation="confusion")
    assert_allclose(turned.source_relation_, straight.source_relation_.T)
    assert_allclose(turned.label_distributions_, straight.label_distributions_, atol=1e-9)


@pytest.mark.parametrize("relation", ["affinity", "confusion"])
def test_new_nodes_take_one_update(relation):
    data = make_block_links(300, 150, random_state=0)
    order = np.random.default_rng(0).permutation(430)  # the last 20 nodes are not seen, the others in any order
    model = ClassRelationTransfer(LogisticRegression(), relation, adjacency=data.adjacency, local="target")
    model.fit(data.X[order], data.y[order], data.sample_domain[order], order)
    new = np.arange(430, 450)
    ends = order[order >= 300]
    shares = model.label_distributions_[order >= 300]
    local = np.log(np.clip(model.estimator_.predict_proba(data.X[new]), 1e-3, 1 - 1e-3))
    links, message = data.adjacency[new][:, ends], model.strength_ * model.relation_
    field = local + links @ shares @ message.T + (links @ shares @ message if relation == "confusion" else 0)
    assert_allclose(model.predict_proba(data.X[new], new), softmax(field, axis=1), atol=1e-9)
    assert_array_equal(model.predict_proba(data.X[ends], ends), shares)
    with pytest.raises(ValueError, match="predict needs sample_index"):
        model.predict(data.X[new])


def test_without_target_labels_or_links_nothing_is_used():
    data = make_block_links(200, 100, n_labeled=0, random_state=0)
    none = fitted(data, adjacency=sparse.csr_array((300, 300)))
    assert none.pvalue_ == 1.0 and not none.carried_over_
    assert_allclose(
        none.label_distributions_,
        softmax(np.log(np.clip(none.estimator_.predict_proba(data.X), 1e-3, 0.999)), axis=1),
        atol=1e-9,
    )
