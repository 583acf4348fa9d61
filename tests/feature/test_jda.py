import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from textbook import components, mmd_matrix, same_up_to_sign, three_classes, turns

from sktl import OnLabeled
from sktl.exceptions import SingleDomainWarning
from sktl.feature import JDA, TCA


def codes_of(y):
    return np.where(np.isnan(y), -1, y).astype(int)


@pytest.mark.parametrize("mu", [0.1, 5.0])
@pytest.mark.parametrize("kernel", ["linear", "rbf", linear_kernel])
def test_it_is_the_loop_of_the_paper(kernel, mu):
    X, y, _, target = three_classes()
    F = {"linear": X, "rbf": rbf_kernel(X, gamma=0.1)}.get(kernel, X @ X.T)
    jda = JDA(3, kernel=kernel, gamma=0.1, mu=mu, max_iter=4).fit(X, y)
    diagonal = None if kernel == "linear" else np.diagonal(F)
    values, V, guess = turns(F, codes_of(y), target, mu, 3, jda.n_iter_, diagonal=diagonal)
    assert jda.n_iter_ > 1
    same_up_to_sign(jda.transform(X), F @ V, rtol=1e-6, atol=1e-8)
    assert_allclose(jda.eigenvalues_, values, rtol=1e-8)
    assert_array_equal(jda.pseudo_labels_, guess[target])


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_more_columns_than_rows_are_the_same_loop(container):
    X, y, _, target = three_classes(37, 23, 90)
    jda = JDA(4, max_iter=3).fit(container(X), y)
    _, V, guess = turns(X, codes_of(y), target, 1.0, 4, jda.n_iter_)
    assert jda.solver_ == "dual"
    same_up_to_sign(jda.components_.T, V, atol=1e-7)
    assert_array_equal(jda.pseudo_labels_, guess[target])


def test_landmarks_are_the_same_loop_on_fewer_columns():
    X, y, _, target = three_classes()
    jda = JDA(3, kernel="rbf", gamma=0.1, n_landmarks=30, max_iter=3).fit(X, y)
    F = rbf_kernel(X, jda.landmarks_, gamma=0.1)
    _, V, guess = turns(F, codes_of(y), target, 30 / 168, 3, jda.n_iter_, diagonal=1.0)
    assert jda.approximation_ == "nystroem"
    same_up_to_sign(jda.transform(X), F @ V * np.sqrt(168 / 30), rtol=1e-6, atol=1e-8)
    assert_array_equal(jda.pseudo_labels_, guess[target])


def test_known_target_labels_are_used():
    X, _, y_true, target = three_classes()
    jda = JDA(3).fit(X, y_true, sample_domain=target)
    _, A = components(X, mmd_matrix(target, y_true.astype(int), 3), 1.0, 3)
    same_up_to_sign(jda.components_.T, A, atol=1e-9)
    assert jda.n_iter_ == 1 and jda.pseudo_label_changes_.tolist() == [0]
    assert_array_equal(jda.pseudo_labels_, y_true[target])
    some = y_true.copy()
    some[120:] = np.nan
    jda = JDA(3, max_iter=3).fit(X, some, sample_domain=target)
    _, V, guess = turns(X, codes_of(some), target, 1.0, 3, jda.n_iter_)
    same_up_to_sign(jda.components_.T, V, atol=1e-9)
    assert_array_equal(jda.pseudo_labels_, guess[target])
    assert_array_equal(jda.pseudo_labels_[:19], y_true[101:120])


def test_turns_end_when_no_guess_changes():
    X, y, _, _ = three_classes()
    jda = JDA(3, max_iter=50).fit(X, y)
    assert 1 < jda.n_iter_ < 50
    assert jda.pseudo_label_changes_[0] == 1 and (jda.pseudo_label_changes_[:-1] > 0).all()
    assert jda.pseudo_label_changes_[-1] == 0
    longer = JDA(3, max_iter=jda.n_iter_ + 5).fit(X, y)
    assert_array_equal(longer.components_, jda.components_)
    assert JDA(3, max_iter=2).fit(X, y).n_iter_ == 2


def test_the_first_turn_is_tca():
    X, y, _, _ = three_classes()
    assert_allclose(JDA(3, max_iter=1).fit(X, y).components_, TCA(3).fit(X, y).components_, atol=1e-12)


def test_without_penalty_on_the_means_it_is_pca():
    X, y, y_true, _ = three_classes()
    pca = PCA(3).fit(X)
    same_up_to_sign(JDA(3, mu=1e9).fit(X, y).components_.T, pca.components_.T, atol=1e-6)
    with pytest.warns(SingleDomainWarning):
        alone = JDA(3).fit(X, y_true)
    same_up_to_sign(alone.components_.T, pca.components_.T, atol=1e-9)
    assert alone.n_iter_ == 1 and len(alone.pseudo_labels_) == 0


def test_small_mu_brings_the_class_means_together():
    X, _, y_true, target = three_classes()

    def gap(mu):
        Z = JDA(2, mu=mu).fit_transform(X, y_true, sample_domain=target)
        means = [[Z[rows & (y_true == c)].mean(axis=0) for c in range(3)] for rows in (target, ~target)]
        return np.linalg.norm(np.subtract(*means)) / Z.std()

    assert gap(1e-6) < gap(1.0) < gap(1e6)
    assert gap(1e-6) < 0.2 * gap(1e6)


def test_units_turns_and_origins_do_not_matter():
    X, y, _, _ = three_classes()
    Z = JDA(3).fit_transform(X, y)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    same_up_to_sign(JDA(3).fit_transform(X @ rotation, y), Z, atol=1e-8)
    assert_allclose(JDA(3).fit(100 * X, y).components_, JDA(3).fit(X, y).components_, atol=1e-8)
    estimator = make_pipeline(
        StandardScaler(), LogisticRegression()
    )  # the default looks at angles, to which the origin matters
    moved = JDA(3, estimator=estimator).fit(X + 1e4, y).components_
    assert_allclose(moved, JDA(3, estimator=estimator).fit(X, y).components_, atol=1e-5)


def test_any_classifier_guesses():
    X, y, _, target = three_classes()
    names = np.array([None if np.isnan(v) else "abc"[int(v)] for v in y], dtype=object)
    jda = JDA(3, estimator=LogisticRegression(), max_iter=50).fit(X, names)
    assert jda.classes_.tolist() == ["a", "b", "c"] == jda.estimator_.classes_.tolist()
    Z = jda.transform(X)
    model = LogisticRegression().fit(Z[~target], names[~target])
    assert_array_equal(jda.pseudo_labels_, model.predict(Z[target]))
    assert_array_equal(jda.pseudo_labels_, jda.estimator_.predict(Z[target]))


def test_classes_that_one_domain_lacks():
    X, _, y_true, target = three_classes()
    y = y_true.copy()
    y[target & (y_true == 2)] = 7  # a class of the target alone, and one of the source alone
    jda = JDA(3).fit(X, y, sample_domain=target)
    codes = np.unique(y, return_inverse=True)[1]
    _, A = components(X, mmd_matrix(target, codes, 4), 1.0, 3)
    same_up_to_sign(jda.components_.T, A, atol=1e-9)

    class Constant(KNeighborsClassifier):
        def predict(self, X):
            return np.full(len(X), self.classes_[0])

    jda = JDA(3, estimator=Constant()).fit(X, np.where(target, np.nan, y_true))
    codes = np.where(target, 0, y_true).astype(int)
    _, A = components(X, mmd_matrix(target, codes, 3), 1.0, 3)
    same_up_to_sign(jda.components_.T, A, atol=1e-9)
    assert jda.n_iter_ == 2


def test_source_rows_without_a_label_count_for_the_domain():
    X, y, _, target = three_classes()
    y = y.copy()
    y[5:20] = np.nan
    jda = JDA(3, max_iter=3).fit(X, y, sample_domain=target)
    known = ~np.isnan(y)
    guess = codes_of(y)
    for _ in range(jda.n_iter_):
        _, A = components(X, mmd_matrix(target, guess, 3), 1.0, 3)
        Z = Normalizer().transform(X @ A)
        guess[target] = KNeighborsClassifier(1).fit(Z[known], y[known]).predict(Z[target])
    same_up_to_sign(jda.components_.T, A, atol=1e-9)
    assert (guess[5:20] == -1).all()


def test_new_rows_are_mapped_as_training_rows():
    X, y, _, _ = three_classes()
    for jda in (JDA(2), JDA(2, kernel="rbf"), JDA(2, kernel="rbf", n_landmarks=20)):
        mapped = jda.fit_transform(X, y)
        assert_allclose(jda.transform(X[5:9]), mapped[5:9])


def test_ordinary_pipeline():
    X, y, y_true, target = three_classes()
    pipe = make_pipeline(StandardScaler(), JDA(3), OnLabeled(LogisticRegression())).fit(X, y)
    assert pipe.score(X[target], y_true[target]) > 0.6  # chance: 0.33; the truth of JDA is in the tests above


@pytest.mark.parametrize(
    "parameters, y, kind, match",
    [
        ({"n_components": 7}, 0, ValueError, r"n_components=7 .* min\(n_samples=168, n_features=6\) = 6"),
        ({"n_components": 9, "kernel": "rbf", "n_landmarks": 8}, 0, ValueError, "n_landmarks = 8"),
        ({"mu": 0}, 0, ValueError, "mu must be a number > 0; got 0"),
        ({"max_iter": 0}, 0, ValueError, "max_iter must be an integer >= 1; got 0"),
        (
            {"estimator": Ridge()},
            0,
            TypeError,
            r"estimator must be None or a classifier with fit and predict; got Ridge\(",
        ),
        ({}, None, ValueError, "JDA requires y to be passed, but the target y is None"),
        ({}, 0.3, ValueError, "Unknown label type.*continuous"),
    ],
)
def test_errors(parameters, y, kind, match):
    X, labels, _, _ = three_classes()
    with pytest.raises(kind, match=match):
        JDA(**parameters).fit(X, None if y is None else labels + y)


@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")  # which is what the error is about
def test_a_source_without_labels_is_an_error():
    X, _, y_true, target = three_classes()
    with pytest.raises(ValueError, match="JDA needs labelled source rows; the 101 source rows have no label"):
        JDA().fit(X, np.where(target, y_true, np.nan), sample_domain=target)


def office_pair(data, source, target):
    """(X, y, X_target, y_target) of one pair, preprocessed as in the literature; y is NaN on target rows."""
    X = data.X / data.X.sum(axis=1, keepdims=True)
    letters = [str(name)[0].upper() for name in data.domain_names]
    tables = []
    for letter in (source, target):
        rows = data.domain == letters.index(letter)
        tables.append((StandardScaler().fit_transform(X[rows]), data.y[rows]))
    (Xs, ys), (Xt, yt) = tables
    return np.concatenate([Xs, Xt]), np.concatenate([ys, np.full(len(yt), np.nan)]), Xt, yt


@pytest.mark.parametrize("pair, published", [("WD", 89.17), ("DW", 89.49)])
def test_published_figures_on_office_caltech(pair, published, real_data):
    X, y, Xt, yt = office_pair(real_data("office_caltech10_surf"), *pair)
    jda = JDA(100, kernel=linear_kernel)
    model = make_pipeline(Normalizer(), jda, Normalizer(), OnLabeled(KNeighborsClassifier(1))).fit(X, y)
    assert_allclose(100 * model.score(Xt, yt), published, atol=0.006)  # Long et al. 2013, table 3
