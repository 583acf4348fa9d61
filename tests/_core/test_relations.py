"""Relations of classes and the mean field against loops over links, and the gate's level."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktl._core.relations import (
    agreement,
    arrangements,
    carried_relation,
    gate_pvalue,
    link_counts,
    log_relation,
    mean_field,
    messages,
    rank_pvalue,
    relation_strength,
    touching,
)
from sktl.datasets import make_block_links, make_chain_links


@pytest.fixture
def linked():
    """Directed weighted links of 23 rows of three classes."""
    rng = np.random.default_rng(0)
    links = sparse.random_array((23, 23), density=0.15, rng=rng, format="csr")
    links = sparse.csr_array(links - sparse.diags_array(links.diagonal()))
    return links, rng.integers(0, 3, 23)


def test_counts_are_those_of_a_loop(linked):
    links, codes = linked
    expected = np.zeros((3, 3))
    for i, j in zip(*links.nonzero(), strict=True):
        expected[codes[i], codes[j]] += links[i, j]
    assert_allclose(link_counts(links, np.eye(3)[codes]), expected)


def test_the_relation_is_counts_over_chance():
    counts = np.array([[8.0, 2.0], [2.0, 4.0]])
    rows = (counts.sum(axis=1) + 0.5) / (counts.sum() + 1)
    chance = np.outer(rows, rows)
    expected = np.log((counts + 3 * chance) / (19 * chance))
    assert_allclose(log_relation(counts, 3.0), expected)
    assert_allclose(log_relation(np.zeros((2, 2)), 3.0), 0, atol=1e-12)  # no link, no relation


def test_a_true_affinity_is_found():
    affinity = np.array([[1.0, 4.0, 1.0], [4.0, 1.0, 2.0], [1.0, 2.0, 6.0]])
    data = make_block_links(20_000, 10, 3, affinity=affinity, n_links=20, random_state=0)
    source = data.sample_domain == "source"
    counts = link_counts(data.adjacency[source][:, source], np.eye(3)[data.y_true[source]])
    shares = affinity / affinity.sum()
    expected = np.log(shares / np.outer(shares.sum(axis=1), shares.sum(axis=0)))
    assert_allclose(log_relation(counts, 9.0), expected, atol=0.02)
    links, codes = data.adjacency[source][:, source], data.y_true[source]
    assert relation_strength(links, codes, expected, directed=False) == pytest.approx(1.0, abs=0.1)


def test_carrying_over_is_a_prior_of_links():
    relation = np.log(np.array([[1.0, 3.0], [3.0, 0.5]]))
    shares, counts = np.array([0.9, 0.1]), np.array([[5.0, 1.0], [1.0, 0.0]])
    joint = np.outer(shares, shares) * np.exp(relation)
    total = counts + 10 * joint / joint.sum()
    expected = np.log(total / total.sum()) - np.log(np.outer(total.sum(1), total.sum(0)) / total.sum() ** 2)
    assert_allclose(carried_relation(relation, shares, counts, 10.0), expected)
    assert_allclose(carried_relation(np.zeros((2, 2)), shares, 0 * counts, 10.0), 0, atol=1e-12)


@pytest.mark.parametrize("directed", [False, True])
def test_the_mean_field_is_that_of_a_loop(linked, directed):
    links, codes = linked
    links = links if directed else sparse.csr_array(links.maximum(links.T))
    rng = np.random.default_rng(1)
    local, relation = np.log(rng.dirichlet(np.ones(3), 23)), rng.normal(size=(3, 3))
    relation = relation if directed else (relation + relation.T) / 2
    known = np.where(np.arange(23) < 6, codes, -1)
    shares, _, converged = mean_field(links, local, known, relation, directed, 1e-10, 5000)
    assert converged
    dense, q = links.toarray(), np.exp(local)
    q[:6] = np.eye(3)[codes[:6]]
    for _ in range(2000):  # one row after the other, until it stands still
        for i in range(6, 23):
            field = local[i].copy()
            for j in range(23):
                for c in range(3):
                    field[c] += dense[i, j] * relation[c] @ q[j]
                    field[c] += dense[j, i] * relation[:, c] @ q[j] if directed else 0.0
            field = np.exp(field - field.max())
            new = field / field.sum()
            moved, q[i] = np.abs(new - q[i]).max(), new
        if moved < 1e-13:
            break
    field = local + messages(links, shares, relation, directed)
    expected = np.exp(field - np.logaddexp.reduce(field, axis=1, keepdims=True))
    assert_allclose(shares[6:], expected[6:], atol=1e-7)
    assert_allclose(shares, q, atol=1e-5)  # no other solution on these rows


def test_chains_have_the_exact_strength():
    data = make_chain_links(20_000, 10, 3, random_state=0)
    source = data.sample_domain == "source"
    T = data.transitions
    relation = np.log(T / T.mean(axis=0))
    links, codes = data.adjacency[source][:, source], data.y_true[source]
    assert relation_strength(links, codes, relation, directed=True) == pytest.approx(1.0, abs=0.05)


def test_permutation_pvalues():
    assert rank_pvalue(3.0, np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(3 / 5)
    assert rank_pvalue(4.0, np.array([1.0, 2.0, 3.0, 4.0]), exact=True) == pytest.approx(1 / 4)
    moved = arrangements(3, False, 0, None)
    assert len(moved) == 720 and len(np.unique(moved, axis=0)) == 720
    tables = np.arange(9.0)[moved].reshape(-1, 3, 3)
    assert_allclose(tables, tables.transpose(0, 2, 1))
    assert arrangements(4, True, 7, np.random.RandomState(0)).shape == (7, 16)
    assert agreement(np.outer([3.0, 1.0], [2.0, 2.0]), np.array([[1.0, 5.0], [2.0, 7.0]])) == pytest.approx(0)


def test_links_with_an_end_among_some_rows(linked):
    links, _ = linked
    ends = np.arange(23) < 4
    dense = links.toarray()
    assert_allclose(touching(links, ends.astype(float)).toarray(), dense * (ends[:, None] | ends))


def pvalue(source, target, seed, n_classes):
    """The gate's p-value for the source of one draw and the target of another, 30 labels."""
    links = [
        data.adjacency[rows][:, rows]
        for data, rows in ((source, source.sample_domain == "source"), (target, target.sample_domain == "target"))
    ]
    codes = source.y_true[source.sample_domain == "source"]
    own = target.sample_domain == "target"
    labeled = ~np.isnan(target.y[own])
    shares = np.where(labeled[:, None], np.eye(n_classes)[target.y_true[own]], 1 / n_classes)
    relation = log_relation(link_counts(links[0], np.eye(n_classes)[codes]), n_classes**2)
    rng = np.random.RandomState(seed)
    return gate_pvalue(links[1], shares, labeled, relation, (links[0], codes), False, n_classes**2, 39, rng)


def test_the_gate_refuses_what_does_not_carry_over():
    """Level .05, 60 draws of four shapes: ``benchmarks/relation.py gate`` has 200."""
    used = {"carried": 0, "labels": 0, "target": 0}
    size = {"n_source": 200, "n_target": 120, "n_classes": 3, "n_labeled": 60}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        affinity = np.exp(1.5 * rng.standard_normal((3, 3)))
        true = make_block_links(affinity=affinity, random_state=seed, **size)
        flat = make_block_links(affinity=np.ones((3, 3)), random_state=seed + 1000, **size)
        used["carried"] += pvalue(true, true, seed, 3) <= 0.05
        used["labels"] += pvalue(flat, true, seed, 3) <= 0.05
        used["target"] += pvalue(true, flat, seed, 3) <= 0.05
    assert used["labels"] <= 6 and used["target"] <= 6  # more than 6 of 60 at 5 %: one in a hundred
    assert used["carried"] >= 20
