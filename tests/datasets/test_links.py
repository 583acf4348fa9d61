"""Made links against their own chances."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktl.datasets import make_block_links, make_chain_links


def test_blocks_link_in_proportion_to_their_affinity():
    affinity = np.array([[0.0, 3.0], [3.0, 1.0]])
    data = make_block_links(3001, 1009, 2, affinity=affinity, target_shares=[0.8, 0.2], n_links=6, random_state=0)
    for name, shares in (("source", [0.5, 0.5]), ("target", [0.8, 0.2])):
        rows = data.sample_domain == name
        unit = np.eye(2)[data.y_true[rows]]
        assert_allclose(unit.mean(axis=0), shares, atol=0.03)
        links = data.adjacency[rows][:, rows]
        rates = (unit.T @ (links @ unit)) / np.outer(unit.sum(axis=0), unit.sum(axis=0))
        assert_allclose(rates / rates[0, 1], affinity / 3, atol=0.03)
        assert links.sum() / rows.sum() == pytest.approx(6, rel=0.05)
    assert (data.adjacency != data.adjacency.T).nnz == 0 and data.adjacency.diagonal().sum() == 0
    assert data.adjacency[data.sample_domain == "source"][:, data.sample_domain == "target"].nnz == 0
    assert np.isnan(data.y).sum() == 1009 - 40
    known = ~np.isnan(data.y)
    assert_array_equal(data.y[known], data.y_true[known])


def test_chains_follow_their_transitions():
    transitions = np.array([[1.0, 9.0, 0.0], [2.0, 2.0, 6.0], [5.0, 0.0, 5.0]])
    data = make_chain_links(8001, 101, 3, transitions=transitions, random_state=0)
    rows, columns = data.adjacency.nonzero()
    assert_array_equal(columns, rows + 1)
    assert 8000 not in rows and len(rows) == 8100
    counts = np.zeros((3, 3))
    np.add.at(counts, (data.y_true[rows], data.y_true[columns]), 1)
    assert_allclose(counts / counts.sum(axis=1, keepdims=True), transitions / 10, atol=0.03)


def test_features_do_not_carry_over():
    data = make_block_links(4000, 4000, 2, separation=5.0, random_state=1)
    means = [
        [data.X[(data.sample_domain == name) & (data.y_true == k)].mean(axis=0) for k in (0, 1)]
        for name in ("source", "target")
    ]
    assert np.linalg.norm(np.subtract(*means), axis=1).min() > 3


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="affinity must have 4 rows and columns"):
        make_block_links(affinity=np.eye(3))
    with pytest.raises(ValueError, match="target_shares must be 4 numbers"):
        make_block_links(target_shares=[0.5, 0.5])
    with pytest.raises(ValueError, match="a number above 0 in each row"):
        make_chain_links(n_classes=2, transitions=[[1, 1], [0, 0]])
