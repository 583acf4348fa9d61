import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from textbook import squared_unit

from sktl._core import components as engine
from sktl._core import linalg
from sktl._core.components import kernel_table, landmark_table, linear_table, moments_table
from sktl._core.contrasts import indicator, row_groups
from sktl._core.kernels import Kernel
from sktl._core.moments import merge, moments_of

N_CLASSES = 4


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    target = np.arange(97) >= 58
    codes = rng.integers(-1, 3, 97)  # the last class has no row
    codes[target & (codes == 1)] = 0  # class 1 is the source's alone
    return rng.normal(size=(97, 5)) + 7, target, codes


def tables(X, groups):
    n_groups = 2 * N_CLASSES + 2
    kernel = Kernel("rbf", {"gamma": 0.2})
    return {
        "linear": (linear_table(X, groups, n_groups), X),
        "sparse": (linear_table(sparse.csr_array(X), groups, n_groups), X),
        "basis": (linear_table(X, groups, n_groups, basis=X[:3].T), X @ X[:3].T),
        "landmarks": (landmark_table(X, np.arange(0, 97, 9), kernel, groups, n_groups), kernel(X, X[::9])),
        "kernel": (kernel_table(X, kernel, groups, n_groups), kernel(X, X)),
    }


@pytest.mark.parametrize("size", [1500, 10])
def test_tables_hold_what_they_say(size, rows, monkeypatch):
    monkeypatch.setattr(engine, "DENSE_SIZE", size)
    X, target, codes = rows
    groups = row_groups(target, codes, N_CLASSES)
    G = indicator(groups, 10).toarray()
    graph = sparse.csr_array(np.where(np.abs(np.subtract.outer(np.arange(97), np.arange(97))) == 2, 0.5, 0))
    weights = np.linspace(0.1, 2, 97)
    for name, (table, F) in tables(X, groups).items():
        centred = F - F.mean(axis=0)
        p = F.shape[1]
        assert_allclose(table.scatter_of(np.eye(p)), centred.T @ centred, atol=1e-9, err_msg=name)
        assert_allclose(table.sums, centred.T @ G, atol=1e-9, err_msg=name)
        points = {"kernel": 1.0, "landmarks": 1.0}.get(name)
        assert_allclose(table.penalty(3) / table.ridge, 3 * squared_unit(F, points), err_msg=name)
        assert_allclose(table.embed(np.eye(p)), F, err_msg=name)
        assert_allclose(table.products(G[:, ::2]), centred.T @ G[:, ::2], atol=1e-9, err_msg=name)
        assert_allclose(table.weighted_products(weights), F.T @ (weights[:, None] * F), err_msg=name)
        assert_allclose(table.graph_products(graph), F.T @ graph @ F, err_msg=name)


def test_rows_that_move_give_the_sums_of_a_new_table(rows):
    X, target, codes = rows
    other = np.where(np.arange(97) % 3 == 0, (codes + 2) % 3, codes)
    old, new = (row_groups(target, c, N_CLASSES) for c in (codes, other))
    fresh = tables(X, new)
    for name, (table, _) in tables(X, old).items():
        table.move(new)
        assert_allclose(table.sums, fresh[name][0].sums, atol=1e-9, err_msg=name)
        assert_array_equal(table.counts, fresh[name][0].counts)


@pytest.mark.parametrize("size", [1500, 10])
@pytest.mark.parametrize("kind", ["full", "diagonal", "thin"])
def test_a_metric_by_its_root(kind, size, monkeypatch):
    monkeypatch.setattr(linalg, "DENSE_SIZE", size)
    rng = np.random.default_rng(0)
    F, b, mu = rng.normal(size=(90, 40)) * np.linspace(3, 0.1, 40), rng.normal(size=(40, 3)), 0.6
    C = F.T @ F
    root = {"full": rng.normal(size=(40, 40)), "diagonal": rng.uniform(0.5, 2, 40), "thin": rng.normal(size=(40, 36))}[
        kind
    ]
    R = np.diag(root) if root.ndim == 1 else root
    from textbook import leading

    expected, U = leading(R.T @ C @ R, R.T @ b @ b.T @ R + mu * np.eye(R.shape[1]), 4)
    V = R @ U
    for operator in (C, (40, C.__matmul__)):
        vectors, values = linalg.leading_vectors_by_root(operator, b, root, mu, 4)
        assert_allclose(values, expected, rtol=1e-8)
        cosines = np.abs(np.sum(vectors * V, axis=0)) / np.linalg.norm(V, axis=0)
        assert_allclose(cosines, 1, rtol=1e-9)


def test_moments_of_parts_that_merge_are_enough_to_solve_by(rows):
    X, target, codes = rows
    groups = row_groups(target, codes, N_CLASSES)
    whole = linear_table(X, groups, 10)
    parts = [moments_of([X[part]], groups[part], 10) for part in (slice(40), slice(40, 41), slice(41, 97))]
    merged = moments_table(merge(parts))
    for found, expected in zip(merged.solve(merged.penalty(0.3), 3), whole.solve(whole.penalty(0.3), 3), strict=True):
        assert_allclose(found, expected, atol=1e-9)
