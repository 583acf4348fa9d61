"""Steps from domain to domain: routes against all routes, confidence by hand."""

from itertools import pairwise, permutations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sktl.model_selection._steps import confidence, gentlest_route, most_confident


def test_routes():
    line = np.abs(np.subtract.outer(np.array([0.0, 2.0, 1.0, 3.0]), np.array([0.0, 2.0, 1.0, 3.0])))
    assert gentlest_route(line) == [0, 2, 1, 3]
    detour = line.copy()
    detour[1, :] = detour[:, 1] = 50.0
    assert gentlest_route(detour) == [0, 2, 3]
    assert gentlest_route(np.zeros((2, 2))) == [0, 1]
    assert gentlest_route(line**3 - 0.4) == gentlest_route(line)  # only the order of the distances matters


def test_the_route_is_the_best_of_all_routes():
    rng = np.random.default_rng(3)
    for _ in range(20):
        distances = rng.normal(size=(6, 6))
        distances += distances.T
        paths = [(0, *inner, 5) for k in range(5) for inner in permutations(range(1, 5), k)]
        steps = {path: sorted((distances[a, b] for a, b in pairwise(path)), reverse=True) for path in paths}
        assert gentlest_route(distances) == list(min(paths, key=steps.get))


def test_confidence():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 3, 40)
    probable = GaussianNB().fit(X, y)
    assert_allclose(confidence(probable, X), probable.predict_proba(X).max(axis=1))
    margins = LinearSVC().fit(X, y)
    values = np.sort(margins.decision_function(X), axis=1)
    assert_allclose(confidence(margins, X), values[:, 2] - values[:, 1])
    two = LinearSVC().fit(X, y > 0)
    assert_allclose(confidence(two, X), np.abs(two.decision_function(X)))
    assert_array_equal(most_confident(np.array([3.0, 1.0, 2.0, 5.0]), 0.5), [True, False, False, True])
    assert most_confident(np.arange(9.0), 0.1).all()
