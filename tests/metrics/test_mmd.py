import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import rbf_kernel

from sktl.metrics import mmd


def analytic(d, sigma, shift, scale):
    """MMD^2 of N(0, I) and N(shift e_1, scale^2 I) under exp(-|x - y|^2 / 2 sigma^2)."""

    def mean_kernel(variance, offset):
        total = sigma**2 + variance
        return (sigma**2 / total) ** (d / 2) * np.exp(-(offset**2) / (2 * total))

    return mean_kernel(2, 0) + mean_kernel(2 * scale**2, 0) - 2 * mean_kernel(1 + scale**2, shift)


@pytest.mark.parametrize(
    "d, sigma, shift, scale, value",
    [
        (1, 1, 0.5, 1, 0.047124),
        (1, 1, 1, 1, 0.177268),
        (1, 1, 2, 1, 0.561858),
        (1, 1, 0, 2, 0.094187),
        (10, np.sqrt(10), 1, 1, 0.032802),
        (10, np.sqrt(10), 0, 1.5, 0.068167),
    ],
)
def test_closed_form_of_gaussians(d, sigma, shift, scale, value):
    assert analytic(d, sigma, shift, scale) == pytest.approx(value, abs=5e-7)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(6007, d)), scale * rng.normal(size=(5003, d))
    Y[:, 0] += shift
    assert mmd(X, Y, gamma=1 / (2 * sigma**2)) == pytest.approx(value, abs=0.015)  # sampling


def test_definitions_with_loops():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(31, 2)), rng.normal(size=(23, 2)) + 0.5

    def k(a, b):
        return np.exp(-0.4 * np.sum((a - b) ** 2))

    def mean(A, B, distinct):
        values = [k(a, b) for i, a in enumerate(A) for j, b in enumerate(B) if not distinct or i != j]
        return np.mean(values)

    for biased, distinct in ((False, True), (True, False)):
        loops = mean(X, X, distinct) + mean(Y, Y, distinct) - 2 * mean(X, Y, False)
        assert mmd(X, Y, gamma=0.4, biased=biased) == pytest.approx(loops, rel=1e-10)
        assert mmd(X, Y, gamma=0.4, biased=biased, squared=False) == pytest.approx(np.sqrt(loops), rel=1e-10)


def test_linear_kernel_is_the_distance_of_the_means():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(41, 3)), rng.normal(size=(29, 3)) + 1
    distance = np.sum((X.mean(axis=0) - Y.mean(axis=0)) ** 2)
    assert mmd(X, Y, kernel="linear", biased=True) == pytest.approx(distance)


def test_unbiased_estimate_is_zero_on_average():
    rng = np.random.default_rng(0)
    values = [mmd(rng.normal(size=(40, 2)), rng.normal(size=(30, 2)), gamma=0.5) for _ in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert min(values) < 0


def test_equal_samples_are_at_zero_and_the_order_is_free():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(1203, 4)), rng.normal(size=(1101, 4)) + 0.3
    assert mmd(X, X, biased=True) == 0
    assert mmd(X, Y) == pytest.approx(mmd(Y, X), rel=1e-9)
    assert mmd(X[::-1], Y) == pytest.approx(mmd(X, Y), rel=1e-9)
    assert mmd(X, Y, n_jobs=2) == pytest.approx(mmd(X, Y), rel=1e-12)


def test_far_offsets_units_and_kinds():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(503, 4)), rng.normal(size=(401, 4)) + 0.3
    base = mmd(X, Y)
    assert mmd(X + 1e8, Y + 1e8) == pytest.approx(base, rel=1e-5)
    assert mmd(X * 1e6, Y * 1e6) == pytest.approx(base, rel=1e-9)
    assert mmd(X.astype(np.float32), Y.astype(np.float32)) == pytest.approx(base, rel=1e-4)
    assert mmd(sparse.csr_matrix(X), sparse.csr_array(Y)) == pytest.approx(base, rel=1e-9)
    assert mmd(X.tolist(), Y, kernel=lambda A, B: rbf_kernel(A, B, gamma=0.5)) == pytest.approx(mmd(X, Y, gamma=0.5))
    constant = np.ones((5, 2))
    assert_allclose([mmd(constant, constant), mmd(constant[:2], constant)], 0)


def test_grows_with_the_shift():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(400, 2)), rng.normal(size=(400, 2))
    values = [mmd(X, Y + shift, gamma=0.5) for shift in (0, 0.5, 1, 2, 4)]
    assert np.all(np.diff(values) > 0) and values[-1] < 2


@pytest.mark.parametrize(
    "X, Y, kwargs, match",
    [
        (np.ones((3, 2)), np.ones((3, 3)), {}, "X_source has 2 columns and X_target 3"),
        (np.ones((1, 2)), np.ones((3, 2)), {}, r"X_source has 1 row\(s\); this measure needs at least 2"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), {}, "Input X_target contains NaN"),
        (
            np.ones((3, 2)),
            np.ones((3, 2)),
            {"method": "v"},
            "method must be one of 'exact', 'linear', .*; got 'v'",
        ),
        (np.ones((3, 2)), np.ones((3, 2)), {"kernel": "gauss"}, "kernel must be one of"),
        (np.ones((3, 2)), np.ones((3, 2)), {"gamma": 0}, "gamma must be"),
    ],
)
def test_errors(X, Y, kwargs, match):
    with pytest.raises(ValueError, match=match):
        mmd(X, Y, **kwargs)


def test_frames_must_name_their_columns_alike():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(9, 2)), columns=["a", "b"])
    assert mmd(frame, frame, biased=True) == 0
    with pytest.raises(ValueError, match=r"in different orders. Pass X_target\[X_source.columns\]"):
        mmd(frame, frame[["b", "a"]])
    with pytest.raises(ValueError, match=r"have different names; not in both: \['b', 'c'\]. Rename them"):
        mmd(frame, frame.rename(columns={"b": "c"}))
    with pytest.raises(
        ValueError, match=r"X_target has columns that are not numbers: \['b'\]. Encode them .*DomainReport"
    ):
        mmd(frame, frame.assign(b="text"))


@pytest.mark.parametrize("options", [{"method": "linear"}, {"method": "block"}, {"method": "block", "block_size": 11}])
@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "poly"])
def test_estimates_from_some_pairs_are_unbiased(options, kernel):
    rng = np.random.default_rng(0)
    parts = {"kernel": kernel, "gamma": 0.3, "degree": 2}
    gaps = []
    for draw in range(30):
        X, Y = rng.normal(size=(62, 2)), rng.normal(size=(45, 2)) + 0.5
        gaps.append(mmd(X, Y, **parts, **options, random_state=draw) - mmd(X, Y, **parts))
    assert abs(np.mean(gaps)) < 3.5 * np.std(gaps) / np.sqrt(30)


def test_linear_estimate_of_four_rows_by_hand():
    # two rows a sample leave no choice within; between, each row meets one of the other sample
    X, Y = np.array([[0.0], [1.0]]), np.array([[2.0], [4.0]])

    def k(a, b):
        return np.exp(-0.1 * (a - b) ** 2)

    within = k(0, 1) + k(2, 4)
    either = within - np.array([k(0, 2) + k(1, 4), k(0, 4) + k(1, 2)])
    seen = {round(mmd(X, Y, gamma=0.1, method="linear", random_state=seed), 12) for seed in range(20)}
    assert seen == {round(value, 12) for value in either}


def test_one_block_is_the_unbiased_estimate():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(53, 3)), rng.normal(size=(41, 3)) + 0.3
    assert mmd(X, Y, method="block", block_size=30) == pytest.approx(mmd(X, Y), rel=1e-12)  # 41 // 30 is one block


@pytest.mark.parametrize("kernel", ["rbf", "laplacian"])
def test_random_features_approach_the_kernel(kernel):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(301, 3)), rng.normal(size=(203, 3)) + 0.7
    exact = mmd(X, Y, kernel=kernel, gamma=0.2)
    values = [
        mmd(X, Y, kernel=kernel, gamma=0.2, method="random_features", n_features=n, random_state=seed)
        for n in (40, 4000)
        for seed in range(12)
    ]
    assert np.mean(values[12:]) == pytest.approx(exact, abs=3 * np.std(values[12:]) / np.sqrt(12))
    assert np.std(values[12:]) < np.std(values[:12]) / 4  # by 10, on average


def test_random_features_are_the_mean_over_pairs_of_different_rows():
    from sktl._core.discrepancy import mmd_random_features, random_waves
    from sktl._core.kernels import Kernel

    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(31, 2)), rng.normal(size=(23, 2)) + 0.5
    kernel = Kernel("rbf", {"gamma": 0.4})
    waves = 2 * np.pi * random_waves(kernel, 2, 60, np.random.default_rng(5))
    K, L, M = (np.cos((A[:, None] - B[None]) @ waves).mean(axis=2) for A, B in ((X, X), (Y, Y), (X, Y)))
    expected = (K.sum() - 31) / (31 * 30) + (L.sum() - 23) / (23 * 22) - 2 * M.mean()
    assert mmd_random_features(kernel, X, Y, 60, np.random.default_rng(5)) == pytest.approx(expected, abs=1e-7)


def test_a_list_of_widths_is_the_mean_kernel():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(53, 2)), rng.normal(size=(41, 2)) + 0.3

    def mixture(A, B):
        return (rbf_kernel(A, B, gamma=0.1) + rbf_kernel(A, B, gamma=1.0) + rbf_kernel(A, B, gamma=5.0)) / 3

    for options in ({}, {"biased": True}, {"method": "linear"}, {"method": "block"}):
        expected = mmd(X, Y, kernel=mixture, **options)
        assert mmd(X, Y, gamma=[0.1, 1, 5.0], **options) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ValueError, match="gamma is an empty list"):
        mmd(X, Y, gamma=[])
    with pytest.raises(ValueError, match="gamma must be"):
        mmd(X, Y, gamma=[1.0, -1.0])


@pytest.mark.parametrize("far", [1e6, 1e10, 1e13])
def test_one_far_row_leaves_the_others_their_digits(far):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(60, 3)), rng.normal(size=(50, 3)) + 0.5
    X[0] = far
    K, L, M = (np.exp(-0.5 * cdist(A, B, "sqeuclidean")) for A, B in ((X, X), (Y, Y), (X, Y)))
    assert mmd(X, Y, gamma=0.5, biased=True) == pytest.approx(
        K.mean() + L.mean() - 2 * M.mean(), abs=1.1 / 60**2
    )  # the pair of the far row with itself may lose its digits
    assert mmd(X, Y, biased=True) == pytest.approx(mmd(X[1:], Y, biased=True), abs=0.05)


def test_outliers_do_not_overflow():
    X = np.random.default_rng(0).normal(size=(80, 2))
    X[::2] += 1e10  # rounding may lift the exponents of pairs of these far above 0
    assert 0 <= mmd(X, X[:41], gamma=1.0, biased=True) <= 2


@pytest.mark.parametrize(
    "kwargs, match",
    [
        (
            {"method": "random_features", "kernel": "poly"},
            "needs kernel to be one of 'rbf', 'laplacian'; got 'poly'",
        ),
        ({"method": "random_features", "kernel": rbf_kernel}, "method='block' takes any kernel"),
        ({"block_size": 1}, "block_size must be None or an integer >= 2; got 1"),
        ({"n_features": 1}, "n_features must be an integer >= 2; got 1"),
    ],
)
def test_errors_of_the_quick_estimates(kwargs, match):
    with pytest.raises(ValueError, match=match):
        mmd(np.ones((5, 2)), np.ones((4, 2)), **kwargs)
