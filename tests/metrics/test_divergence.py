import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from sktl.exceptions import LowEffectiveSampleSizeWarning
from sktl.instance import KLIEP, RULSIF, ULSIF, DiscriminatorWeighter, GaussianWeighter
from sktl.metrics import js_divergence, kl_divergence, pearson_divergence


def normals(shift, scale=1.0, n=2003, m=1501, d=1, seed=0):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(n, d)), scale * rng.normal(size=(m, d))
    Y[:, 0] += shift
    return X, Y


def kl_of_normals(shift, scale):
    """KL(N(shift, scale^2) || N(0, 1))."""
    return (scale**2 + shift**2 - 1) / 2 - np.log(scale)


def js_of_normals(shift):
    p, q = norm(0, 1).pdf, norm(shift, 1).pdf

    def half(a, b):
        return quad(lambda x: a(x) * np.log(2 * a(x) / (a(x) + b(x))), -8, 8 + shift)[0]

    return (half(p, q) + half(q, p)) / 2


def test_kl_is_the_formula_of_the_paper():
    X, Y = normals(0.7, n=41, m=31, d=3)
    for k in (1, 4):
        total = 0.0
        for i, y in enumerate(Y):
            own = np.sort(np.linalg.norm(np.delete(Y, i, axis=0) - y, axis=1))[k - 1]
            other = np.sort(np.linalg.norm(X - y, axis=1))[k - 1]
            total += 3 * np.log(other / own)
        expected = total / 31 + np.log(41 / 30)
        assert kl_divergence(X, Y, n_neighbors=k) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("shift, scale", [(0.5, 1), (1, 1), (0, 1.3), (1, 0.5), (2, 1)])
def test_kl_of_normals(shift, scale):
    X, Y = normals(shift, scale)
    truth = kl_of_normals(shift, scale)
    assert kl_divergence(X, Y) == pytest.approx(truth, abs=0.1 + 0.1 * truth)
    assert kl_divergence(X, Y, n_neighbors=1) == pytest.approx(truth, abs=0.15 + 0.1 * truth)
    assert kl_divergence(X, Y, method="ratio", weighter=GaussianWeighter()) == pytest.approx(
        truth, abs=0.1 + 0.1 * truth
    )


def test_kl_has_a_direction():
    X, Y = normals(0, 2)  # the target is wider: N(0, 4) from N(0, 1) is 0.81, the other way 0.32
    assert kl_divergence(X, Y) > 0.45 > 0.4 > kl_divergence(Y, X)


@pytest.mark.parametrize("shift", [0.5, 1, 3])
def test_js_of_normals(shift):
    X, Y = normals(shift)
    truth = js_of_normals(shift)
    assert js_divergence(X, Y) == pytest.approx(truth, abs=0.04)
    assert js_divergence(X, Y, method="ratio", weighter=GaussianWeighter(pooling=1.0)) == pytest.approx(truth, abs=0.02)


def test_js_is_bounded():
    X, Y = normals(50)
    assert js_divergence(X, Y) == pytest.approx(np.log(2))
    with pytest.warns(LowEffectiveSampleSizeWarning, match="overlap_"):  # rightly: no weights reach that far
        far = js_divergence(X, Y, method="ratio", weighter=DiscriminatorWeighter())
    assert far == pytest.approx(np.log(2), abs=0.02)
    assert js_divergence(X, X) == 0


def test_js_of_unequal_samples_is_that_of_a_balanced_mixture():
    X, Y = normals(1.0, n=4001, m=301)
    assert js_divergence(X, Y) == pytest.approx(js_of_normals(1.0), abs=0.06)
    drawn = [js_divergence(X, Y, random_state=seed) for seed in (1, 2)]
    assert drawn[0] != drawn[1]


def test_ratio_takes_fitted_weighters_as_they_are():
    X, Y = normals(1.0)
    rows, is_target = np.concatenate([X, Y]), np.arange(len(X) + len(Y)) >= len(X)
    unfitted = GaussianWeighter()
    fitted = GaussianWeighter().fit(rows, sample_domain=is_target)
    value = kl_divergence(X, Y, method="ratio", weighter=unfitted)
    assert not hasattr(unfitted, "weights_")
    assert kl_divergence(X, Y, method="ratio", weighter=fitted) == pytest.approx(value)
    ratio = [fitted.predict_weights(Z) for Z in (X, Y)]
    assert value == pytest.approx(np.mean(np.log(ratio[1])) - np.log(np.mean(ratio[0])))
    half = GaussianWeighter().fit(rows[::2], sample_domain=is_target[::2])  # held-out rows
    assert kl_divergence(X[1::2], Y, method="ratio", weighter=half) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("shift, alpha", [(0.0, 0.1), (0.5, 0.1), (1.0, 0.1), (1.0, 0.5)])
def test_pearson_of_normals(shift, alpha):
    p, q = norm(shift, 1).pdf, norm(0, 1).pdf

    def integrand(x):
        mixture = alpha * p(x) + (1 - alpha) * q(x)
        return 0.5 * (p(x) / mixture - 1) ** 2 * mixture

    X, Y = normals(shift)
    truth = quad(integrand, -9, 10)[0]
    assert pearson_divergence(X, Y, alpha=alpha) == pytest.approx(truth, abs=0.02 + 0.1 * truth)


def test_pearson_is_rulsif_s():
    X, Y = normals(1.0, n=201, m=153, d=2)
    rows, is_target = np.concatenate([X, Y]), np.arange(354) >= 201
    for fitted, alpha in ((RULSIF(alpha=0.2), 0.2), (ULSIF(), 0.0)):
        expected = fitted.fit(rows, sample_domain=is_target).pe_divergence_
        assert pearson_divergence(X, Y, alpha=alpha) == pytest.approx(expected, rel=1e-12)


def test_units_do_not_matter():
    X, Y = normals(1.0, d=2, n=301, m=251)
    assert kl_divergence(1000 * X, 1000 * Y) == pytest.approx(kl_divergence(X, Y), rel=1e-9)
    assert js_divergence(1000 * X, 1000 * Y) == pytest.approx(js_divergence(X, Y), rel=1e-9)
    assert pearson_divergence(1000 * X, 1000 * Y) == pytest.approx(pearson_divergence(X, Y), rel=1e-6)


def test_errors():
    X, Y = normals(1.0, n=31, m=29)
    with pytest.raises(ValueError, match=r"X_target has 4 row\(s\); this measure needs at least 6"):
        kl_divergence(X, Y[:4])
    with pytest.raises(ValueError, match=r"neighbours of 31 of 31 rows are equal to them: method='neighbors' needs"):
        kl_divergence(np.round(X), np.round(X), n_neighbors=1)
    with pytest.raises(ValueError, match=r"are equal to them"):
        js_divergence(np.r_[X, X, [[9.0]]], np.r_[X, X], n_neighbors=2)
    with pytest.raises(ValueError, match=r"method='ratio' needs a weighter, such as sktl.instance.KLIEP\(\); got None"):
        js_divergence(X, Y, method="ratio")
    with pytest.raises(TypeError, match="weighter must be None or a weighter object, .*, with fit and predict_weights"):
        kl_divergence(X, Y, method="ratio", weighter=LogisticRegression())
    with pytest.raises(ValueError, match=r"'neighbors' does not use a weighter; got KLIEP\(\). Pass method='ratio'"):
        kl_divergence(X, Y, weighter=KLIEP())
    with pytest.raises(ValueError, match="ULSIF gives .* of 30 target rows a ratio of 0"):
        kl_divergence(
            X,
            np.r_[Y, [[1e3]]],
            method="ratio",
            weighter=ULSIF(gamma=1.0, n_centers=5).fit(np.r_[X, Y], sample_domain=np.arange(60) >= 31),
        )
    with pytest.raises(ValueError, match="alpha must be a number >= 0 and < 1; got 1"):
        pearson_divergence(X, Y, alpha=1)
    assert kl_divergence(X, Y, method="ratio", weighter=KLIEP(gamma=0.5, n_centers=10)) > 0
