"""Trees as arrays: walks against a loop over rows, SER and STRUT against hand-made cases and brute force."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sktl._core.trees import (
    LEAF,
    Tree,
    class_errors,
    class_values,
    divergences,
    entropies,
    grafted,
    leaf_of,
    mean_errors,
    mean_values,
    node_sums,
    peaks,
    reduced,
    shrunken,
    transferred_threshold,
    with_new_thresholds,
    with_values,
)


def tree_of(left, right, feature, threshold, value, missing_left=None):
    """A tree from lists."""
    n = len(left)
    missing = np.zeros(n, bool) if missing_left is None else np.array(missing_left)
    arrays = np.array(left), np.array(right), np.array(feature), np.array(threshold, float), missing
    return Tree(*arrays, np.array(value, float), np.zeros(n))


@pytest.fixture
def stump():
    """x0 <= 0: class 0 at 9 in 10, else class 1 at 8 in 10."""
    return tree_of([1, -1, -1], [2, -1, -1], [0, -2, -2], [0, -2, -2], [[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]])


def read(fitted):
    """Arrays of a fitted scikit-learn tree."""
    t = fitted.tree_
    missing = t.missing_go_to_left.astype(bool)
    return Tree(
        t.children_left, t.children_right, t.feature, t.threshold, missing, t.value[:, 0], t.weighted_n_node_samples
    )


def one_hot(y, n_classes=2):
    return np.eye(n_classes)[np.asarray(y)]


def walked(tree, x):
    """Nodes that one row passes, one after the other: what the walk of all rows must agree with."""
    node, path = 0, [0]
    while tree.left[node] != LEAF:
        value = x[tree.feature[node]]
        to_left = tree.missing_left[node] if np.isnan(value) else value <= tree.threshold[node]
        node = tree.left[node] if to_left else tree.right[node]
        path.append(node)
    return path


# --- walks ---


@pytest.fixture(scope="module")
def grown():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(301, 4)).astype(np.float32)
    X[::9, 1] = np.nan
    y = (np.nan_to_num(X[:, 1]) + X[:, 0] ** 2 > 0.5).astype(int)
    return DecisionTreeClassifier(max_depth=6, random_state=0).fit(X, y), X, y


def test_leaves_are_scikit_learn_s_and_those_of_a_loop(grown):
    fitted, X, _ = grown
    tree = read(fitted)
    leaves = leaf_of(tree, X)
    assert_array_equal(leaves, fitted.apply(X))
    assert_array_equal(leaves, [walked(tree, x)[-1] for x in X])


def test_leaves_of_sparse_rows(grown):
    fitted, X, _ = grown
    X = np.where(np.abs(np.nan_to_num(X)) > 0.5, np.nan_to_num(X), 0).astype(np.float32)
    assert_array_equal(leaf_of(read(fitted), sparse.csr_matrix(X)), fitted.apply(X))


def test_sums_over_nodes_are_those_of_a_loop(grown):
    fitted, X, y = grown
    tree, statistics = read(fitted), one_hot(y)
    expected = np.zeros((len(tree.left), 2))
    for x, row in zip(X, statistics, strict=True):
        expected[walked(tree, x)] += row
    assert_allclose(node_sums(tree, X, statistics), expected)
    values, count = class_values(node_sums(tree, X, statistics))
    assert_allclose(values, fitted.tree_.value[:, 0])
    assert_allclose(count, fitted.tree_.weighted_n_node_samples)


def test_a_single_leaf_takes_every_row(stump):
    leaf = tree_of([-1], [-1], [-2], [-2], [[1.0, 0.0]])
    assert_array_equal(leaf_of(leaf, np.ones((3, 1))), 0)
    assert len(leaf_of(stump, np.ones((0, 1)))) == 0


# --- statistics ---


def test_errors_and_means_by_hand():
    assert_allclose(class_errors(np.array([[3.0, 1.0], [0.0, 0.0]])), [1, 0])
    y, w = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 1.0])
    sums = np.array([[w.sum(), w @ y, w @ y**2], [0, 0, 0]])
    values, count = mean_values(sums)
    assert_allclose(values[:, 0], [np.average(y, weights=w), 0])
    assert_allclose(count, [4, 0])
    assert_allclose(mean_errors(sums), [w @ (y - 2.25) ** 2, 0])


def test_shrunken_limits():
    own, source = np.array([[1.0], [1.0]]), np.array([[0.0], [0.0]])
    count = np.array([3.0, 0.0])
    assert_allclose(shrunken(own, count, source, 0), [[1], [0]])  # no rows: the source, also without shrinkage
    assert_allclose(shrunken(own, count, source, 1), [[0.75], [0]])
    assert_allclose(shrunken(own, count, source, np.inf), [[0], [0]])


# --- SER ---


def test_a_graft_takes_the_place_of_a_leaf(stump):
    graft = tree_of([1, -1, -1], [2, -1, -1], [1, -2, -2], [5, -2, -2], [[0, 0], [1, 0], [0, 1]])
    big = grafted(stump, {2: graft})
    X = np.array([[-1, 9], [1, 4], [1, 6]], float)
    assert_allclose(big.value[leaf_of(big, X)], [[0.9, 0.1], [1, 0], [0, 1]])
    assert_array_equal(big.left, [1, -1, 3, -1, -1])
    assert_array_equal(big.right, [2, -1, 4, -1, -1])
    assert_array_equal(stump.left, [1, -1, -1])  # the source's own arrays stay


def test_two_grafts_keep_apart(stump):
    graft = tree_of([1, -1, 3, -1, -1], [2, -1, 4, -1, -1], [0, -2, 0, -2, -2], [2, 0, 4, 0, 0], np.eye(5, 2))
    mirror = tree_of([1, -1, -1], [2, -1, -1], [0, -2, -2], [-3, 0, 0], [[0, 0], [0.3, 0.7], [0.6, 0.4]])
    big = grafted(stump, {1: mirror, 2: graft})
    x = np.array([[-4.0], [-1.0], [1.0], [3.0], [5.0]])
    values = big.value[leaf_of(big, x)]
    assert_allclose(values[:2], mirror.value[1:])
    assert_allclose(values[2:], graft.value[leaf_of(graft, x[2:])])


def test_reduction_by_hand(stump):
    """The split goes where both sides say class 1, or a leaf errs no more; it stays where it parts the classes."""
    X = np.array([[-1.0], [1.0], [2.0]])
    for y, is_leaf in (([1, 1, 1], True), ([0, 1, 1], False), ([0, 0, 1], True)):
        sums = node_sums(stump, X, one_hot(y))
        assert (reduced(stump, sums, class_errors(sums), 3).left[0] == LEAF) == is_leaf


def test_reduction_leaves_what_no_row_reaches():
    inner = tree_of([1, 3, -1, -1, -1], [2, 4, -1, -1, -1], [0, 1, -2, -2, -2], [0.0] * 5, np.full((5, 2), 0.5))
    X = np.array([[1.0, 0], [2.0, 0]])
    sums = node_sums(inner, X, one_hot([0, 1]))
    pruned = reduced(inner, sums, class_errors(sums), 5)
    assert pruned.left[0] == LEAF  # as a leaf it errs as often
    assert pruned.left[1] == 3  # nobody was there to judge


def test_reduction_never_adds_errors_and_is_the_best_pruning():
    """Against all prunings of a tree of depth 3, for cost = errors, ties to the smaller tree."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 3)).astype(np.float32)
    fitted = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, rng.integers(0, 2, 60))
    tree, X_new = read(fitted), rng.normal(size=(40, 3)).astype(np.float32)
    statistics = one_hot(rng.integers(0, 2, 40))
    sums = node_sums(tree, X_new, statistics)
    errors = class_errors(sums)

    def best(node):
        if tree.left[node] == LEAF:
            return errors[node]
        return min(errors[node], best(tree.left[node]) + best(tree.right[node]))

    pruned = reduced(tree, sums, errors, len(tree.left))
    labels = with_values(pruned, X_new, statistics, class_values).value[leaf_of(pruned, X_new)].argmax(axis=1)
    assert np.sum(labels != statistics.argmax(axis=1)) == best(0)


def test_regression_reduction_needs_constant_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 2)).astype(np.float32)
    tree = read(DecisionTreeRegressor(max_depth=2, random_state=0).fit(X, X[:, 0]))
    for y, kept in ((X[:, 0].astype(float), True), (np.full(50, 2.0), False)):
        statistics = np.column_stack([np.ones(50), y, y**2])
        sums = node_sums(tree, X, statistics)
        assert (reduced(tree, sums, mean_errors(sums), 99).left[0] != LEAF) == kept


# --- STRUT ---


def test_entropy_and_divergence_by_hand():
    assert_allclose(entropies(np.array([[2.0, 2.0], [3.0, 0.0], [0.0, 0.0]])), [np.log(2), 0, 0])
    assert_allclose(divergences(np.array([[4.0, 0.0]]), np.array([0.0, 1.0])), [np.log(2)])  # nothing in common
    assert_allclose(divergences(np.array([[3.0, 1.0]]), np.array([0.75, 0.25])), [0], atol=1e-15)
    p, q = np.array([0.9, 0.1]), np.array([0.3, 0.7])
    m = (p + q) / 2
    by_hand = (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2
    assert_allclose(divergences(p[None] * 7, q), [by_hand])


def test_peaks():
    assert_array_equal(peaks(np.array([1.0, 3, 2, 2, 5])), [0, 1, 0, 0, 1])
    assert_array_equal(peaks(np.array([2.0])), [1])


def naive_threshold(x, y, left, right):
    """Every threshold tried, one after the other, straight and turned."""
    values = np.unique(x)
    cuts = (values[:-1] + values[1:]) / 2
    counts = [[np.bincount(y[side], minlength=2) for side in (x <= cut, x > cut)] for cut in cuts]
    n = len(x)
    gain = [round(-sum(c.sum() / n * entropies(c[None])[0] for c in pair), 12) for pair in counts]
    best = (-np.inf, None, None)
    for swap in (False, True):
        for i, pair in enumerate(counts):
            if (i > 0 and gain[i] < gain[i - 1]) or (i + 1 < len(gain) and gain[i] < gain[i + 1]):
                continue
            shares = (right, left) if swap else (left, right)
            dg = 1 - sum(c.sum() / n * divergences(c[None], s)[0] for c, s in zip(pair, shares, strict=True))
            if dg > best[0] + 1e-12:
                best = (dg, cuts[i], swap)
    return best[1:]


@pytest.mark.parametrize("seed", range(20))
def test_thresholds_are_those_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=23), 1)
    y = (x + rng.normal(size=23) > 0.3).astype(int)
    left, right = rng.dirichlet([1, 1], size=2)
    assert transferred_threshold(x, one_hot(y), left, right) == pytest.approx(naive_threshold(x, y, left, right))


def test_threshold_by_hand():
    """Source: mostly 0 left, 1 right. The target is the same, five to the right; then turned about."""
    left, right = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    x = np.array([3.0, 4, 6, 7])
    assert transferred_threshold(x, one_hot([0, 0, 1, 1]), left, right) == (5.0, False)
    assert transferred_threshold(x, one_hot([1, 1, 0, 0]), left, right) == (5.0, True)
    assert transferred_threshold(np.ones(4), one_hot([0, 0, 1, 1]), left, right) is None


def test_strut_finds_a_shifted_and_a_turned_split(stump):
    X = np.array([[3.0], [4], [6], [7]])
    moved = with_new_thresholds(stump, X, one_hot([0, 0, 1, 1]))
    assert moved.threshold[0] == 5
    assert_allclose(moved.value[leaf_of(moved, X)], stump.value[[1, 1, 2, 2]])
    turned = with_new_thresholds(stump, X, one_hot([1, 1, 0, 0]))
    assert_allclose(turned.value[leaf_of(turned, X)], stump.value[[2, 2, 1, 1]])
    assert_array_equal(stump.threshold, [0, -2, -2])


def test_strut_makes_leaves_of_pure_rows_and_leaves_alone_what_none_reaches(stump):
    X = np.array([[3.0], [4]])
    assert with_new_thresholds(stump, X, one_hot([1, 1])).left[0] == LEAF
    constant = with_new_thresholds(stump, np.full((4, 1), 2.0), one_hot([0, 1, 0, 1]))
    assert constant.left[0] == 1 and constant.threshold[0] == 0
    values = with_values(constant, np.full((4, 1), 2.0), one_hot([0, 1, 0, 1]), class_values)
    assert_allclose(values.value[1], stump.value[1])  # unreached: the source's
    assert_allclose(values.count, [4, 0, 4])


def test_strut_sends_missing_values_with_their_side():
    tree = tree_of([1, -1, -1], [2, -1, -1], [0, -2, -2], [0, 0, 0], [[0.5, 0.5], [0.9, 0.1], [0.1, 0.9]], [1, 0, 0])
    X = np.array([[3.0], [4], [6], [7], [np.nan]])
    turned = with_new_thresholds(tree, X, one_hot([1, 1, 0, 0, 0]))
    assert leaf_of(turned, X)[-1] == 1  # node 1 still, now on the right


def test_strut_does_not_depend_on_units(grown):
    fitted, X, y = grown
    tree, rows = read(fitted), np.random.default_rng(4).permutation(301)[:80]
    scaled = X * np.float32(4)  # a power of two is exact
    one = with_new_thresholds(tree, X[rows], one_hot(y[rows]))
    other = with_new_thresholds(tree, scaled[rows], one_hot(y[rows]))
    assert_array_equal(leaf_of(one, X[rows]), leaf_of(other, scaled[rows]))
