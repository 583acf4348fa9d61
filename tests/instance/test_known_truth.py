"""No default is worse than constant weights where the truth is known (benchmarks/ratio.py has the tables)."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from sktl.datasets import make_covariate_shift
from sktl.instance import (
    KLIEP,
    KMM,
    RULSIF,
    ULSIF,
    DiscriminatorWeighter,
    GaussianWeighter,
    KDEWeighter,
    NearestNeighborWeighter,
)


@pytest.mark.parametrize("d", [1, 5, 10, 20])
@pytest.mark.parametrize(
    "weighter",
    [KLIEP, KMM, RULSIF, ULSIF, DiscriminatorWeighter, GaussianWeighter, KDEWeighter, NearestNeighborWeighter],
)
def test_defaults_beat_constant_weights(weighter, d):  # N(0, I) -> N(e_1, I)
    errors, ranks = [], []
    for seed in range(4):
        data = make_covariate_shift(201, 301, d, random_state=seed)
        truth = data.weights[:201] / data.weights[:201].mean()
        weights = weighter().fit(data.X, data.y).weights_[:201]
        errors.append(np.mean((weights - truth) ** 2) / np.mean((1 - truth) ** 2))
        constant = weighter is NearestNeighborWeighter and np.ptp(weights) == 0  # its counts show no shift
        ranks.append(0.0 if constant else spearmanr(weights, truth)[0])
        assert constant or ranks[-1] > 0
    assert np.mean(errors) < 1 or not np.any(ranks)
