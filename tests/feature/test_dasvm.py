import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_moons
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from sktl.exceptions import SingleDomainWarning
from sktl.feature import DASVMClassifier, _dasvm
from sktl.feature._dasvm import Machine, annealed, pseudo_signs


@pytest.fixture(scope="module")
def moons():
    """Two moons, the target's turned by 20 degrees; (X, y, labels)."""
    X, labels = make_moons(400, noise=0.05, random_state=0)
    a = np.deg2rad(20)
    X[200:] = X[200:] @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return X, np.where(np.arange(400) < 200, labels, np.nan), labels


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_without_a_target_it_is_the_machine(kernel, moons):
    X, _, labels = moons
    svc = SVC(C=3.0, kernel=kernel, gamma=0.8, tol=1e-8)
    with pytest.warns(SingleDomainWarning):
        model = DASVMClassifier(svc).fit(X, labels)
    assert model.n_iter_ == 1
    assert_allclose(model.decision_function(X), svc.fit(X, labels).decision_function(X), atol=1e-5)


def test_one_round_is_the_source_s_machine_and_classes_have_one_each():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 150)
    X = rng.normal(size=(150, 2)) + 3 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    y = np.where(np.arange(150) < 100, labels, np.nan)
    svc = SVC(gamma=0.5, tol=1e-8)
    model = DASVMClassifier(svc, max_iter=1).fit(X, y)
    one = [svc.fit(X[:100], labels[:100] == c).decision_function(X) for c in range(3)]
    assert_allclose(model.decision_function(X), np.column_stack(one), atol=1e-5)


def test_costs_are_annealed():
    assert_allclose(annealed(1.0, 0.1, np.array([0, 5, 10, 99]), 10), [1.0, 0.775, 0.1, 0.1])
    source, free = np.array([1, 1, 0, 0], bool), np.array([0, 0, 1, 1], bool)
    machine = Machine(np.array([1, -1, 1, 0]), source, free, np.array([1, 1, 1, 0], bool), np.array([0, 0, 5, 0]))
    assert_allclose(machine.weights(10, 0.1, 10)[:3], [0.1, 0.1, 0.325])


def test_an_exchange_by_hand():
    #               source rows                  target rows
    values = np.array([3.0, 2.0, -2.5, -4.0, 0.5, 0.9, 1.5, -0.2, -0.3, 0.4])
    signs = np.array([1, 1, -1, -1, 0, 0, 0, 0, 0, -1])  # the last was pseudo-labelled -1: it goes back
    source = np.arange(10) < 4
    machine = Machine(signs, source, ~source, signs != 0, np.zeros(10))
    assert machine.exchange(values, 1, pseudo_signs(values[None])[0]) == (2, 1)
    assert_array_equal(np.flatnonzero(machine.used), [1, 2, 5, 8])  # 5 and 8 join; 0 and 3, the farthest, leave
    assert_array_equal(machine.signs[[5, 8]], [1, -1])


def test_as_many_source_rows_leave_a_side_as_rows_join_it():
    values = np.array([3.0, 2.0, 1.5, -2.5, -4.0, -3.0, 0.9, -0.2, -0.3, -0.4])
    signs = np.array([1, 1, 1, -1, -1, -1, 0, 0, 0, 0])
    source = np.arange(10) < 6
    machine = Machine(signs, source, ~source, signs != 0, np.zeros(10))
    assert machine.exchange(values, 2, pseudo_signs(values[None])[0]) == (3, 0)  # row 6 above; 8 and 9 below
    assert_array_equal(np.flatnonzero(machine.used), [1, 2, 3, 6, 8, 9])


def test_the_last_rows_of_a_side_stay():
    values = np.array([3.0, 2.0, -2.5, -4.0, 7.0])  # no target row is in the band
    signs = np.array([1, 1, -1, -1, 0])
    source = np.arange(5) < 4
    machine = Machine(signs, source, ~source, signs != 0, np.zeros(5))
    assert machine.exchange(values, 5, pseudo_signs(values[None])[0]) == (0, 0)
    assert_array_equal(machine.used, source)
    machine.exchange(values, 1, pseudo_signs(values[None])[0])
    assert_array_equal(np.flatnonzero(machine.used), [1, 2])


def test_it_follows_a_turned_target(moons):
    X, y, labels = moons
    svc = SVC(gamma=1.0)
    alone = svc.fit(X[:200], labels[:200]).score(X[200:], labels[200:])
    model = DASVMClassifier(svc).fit(X, y)
    assert alone < 0.92 and model.score(X[200:], labels[200:]) > 0.98
    assert model.n_source_.tolist() == [0] and len(model.n_changes_) == model.n_iter_ - 1


def test_order_of_rows_does_not_matter(moons):
    X, y, _ = moons
    order = np.random.default_rng(0).permutation(400)
    straight, mixed = (DASVMClassifier(SVC(gamma=1.0, tol=1e-6)).fit(X[o], y[o]) for o in (np.arange(400), order))
    assert_allclose(mixed.decision_function(X), straight.decision_function(X), atol=1e-6)


def test_known_target_labels_are_learned_from(moons):
    X, y, labels = moons
    swapped = 1 - labels
    known = np.where(np.isnan(y), np.where(np.arange(400) % 4 == 0, swapped, np.nan), y)
    model = DASVMClassifier(SVC(gamma=1.0)).fit(X, known, sample_domain=np.isnan(y))
    assert model.score(X[200:], swapped[200:]) > DASVMClassifier(SVC(gamma=1.0)).fit(X, y).score(X[200:], swapped[200:])


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        (
            {"estimator": Ridge()},
            TypeError,
            "None or a classifier that takes sample_weight .*; got Ridge",
        ),
        ({"estimator": KNeighborsClassifier()}, TypeError, "takes sample_weight in fit"),
        ({"estimator": LinearSVC}, TypeError, "estimator must be"),
        ({"rho": 0}, ValueError, "rho must be an integer >= 1 or a number > 0 and < 1; got 0"),
        ({"rho": 1.0}, ValueError, "rho must be .* a number > 0 and < 1; got 1.0"),
        ({"start_weight": 0}, ValueError, "start_weight must be a number > 0 and <= 1; got 0"),
        ({"n_annealing": 0}, ValueError, "n_annealing must be an integer >= 1"),
        ({"tol": -1}, ValueError, "tol must be a number >= 0"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1"),
    ],
)
def test_errors(parameters, kind, match, moons):
    with pytest.raises(kind, match=match):
        DASVMClassifier(**parameters).fit(*moons[:2])


def test_of_many_classes_a_row_has_one_for_all_machines():
    values = np.array([[0.4, -0.9, -0.1], [0.7, -0.2, -0.3], [-2.0, -0.8, -0.05]])
    assert_array_equal(pseudo_signs(values), [[-1, -1, -1], [1, 1, -1], [-1, -1, 1]])
    assert_array_equal(pseudo_signs(values[:1]), [[1, -1, -1]])


def test_kernel_machines_of_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(_dasvm, "MAX_KERNEL_ROWS", 100)
    X, labels = make_moons(120, noise=0.05, random_state=0)
    y = np.where(np.arange(120) < 60, labels, np.nan)
    for estimator in (SVC(), SVC(gamma=2.0), make_pipeline(StandardScaler(), SVC())):
        with pytest.raises(
            ValueError, match=r"machine of 120 rows .* 100 rounds for 1 machine.*the limit is 100. .* LinearSVC"
        ):
            DASVMClassifier(estimator).fit(X, y)
    DASVMClassifier(LinearSVC(dual=False), max_iter=2).fit(X, y)
