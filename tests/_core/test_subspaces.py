import numpy as np
from numpy.testing import assert_allclose
from scipy.linalg import subspace_angles

from sktl._core.subspaces import subspace_disagreement


def test_disagreement_is_the_definition():
    rng = np.random.default_rng(0)
    first, second, both = (np.linalg.qr(rng.normal(size=(9, 4)) + np.eye(9)[:, :4] * 3)[0] for _ in range(3))
    for k, found in enumerate(subspace_disagreement(first, second, both), start=1):
        angles = [subspace_angles(axes[:, :k], both[:, :k]).max() for axes in (first, second)]
        assert_allclose(found, np.mean(np.sin(angles)), atol=1e-9)


def test_equal_subspaces_agree_and_orthogonal_ones_do_not():
    axes = np.eye(6)
    assert_allclose(subspace_disagreement(axes[:, :3], axes[:, :3], axes[:, :3]), 0, atol=1e-9)
    assert_allclose(subspace_disagreement(axes[:, :3], axes[:, 3:], axes[:, [0, 4, 1]]), [0.5, 1, 1])
