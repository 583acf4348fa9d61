import re

import numpy as np
from numpy.testing import assert_allclose
from sklearn.decomposition import PCA

from sktl.inspection.report._map import N_DOTS, picture_of_domains

RNG = np.random.default_rng(0)
X = RNG.normal(size=(101, 5)) * [1, 10, 100, 1, 1]
TARGET = np.arange(101) >= 60
X[TARGET, :3] += [2, 20, 200]


def places(picture, role):
    path = re.search(rf'class="{role} mark" d="([^"]*)"', picture.svg)[1]
    return np.array(re.findall(r"M([\d.]+) ([\d.]+)m", path), dtype=float)


def test_the_places_are_those_of_principal_components():
    picture = picture_of_domains(X, TARGET)
    found = [places(picture, role) for role in ("source", "target")]
    assert [len(part) for part in found] == [60, 41]
    scores = PCA(2).fit_transform((X - X.mean(axis=0)) / X.std(axis=0))
    for k in range(2):  # rows of a domain are drawn in any order; the target stands to the right, and above
        scores[:, k] *= np.sign(scores[TARGET, k].mean())
        low, high = np.quantile(scores[:, k], [0.01, 0.99])
        expected = np.sort(np.clip((scores[:, k] - low) / (high - low), 0, 1))
        drawn = np.sort(np.concatenate(found)[:, k] * [1, -1][k])
        assert_allclose((drawn - drawn[0]) / np.ptp(drawn), expected, atol=0.001)
        assert (found[1][:, k].mean() - found[0][:, k].mean()) * [1, -1][k] > 0


def test_units_do_not_matter_and_words_say_how_far():
    picture = picture_of_domains(X, TARGET)
    assert picture_of_domains(X * [1, 0.1, 0.01, 7, 3], TARGET).svg == picture.svg
    told = PCA(2).fit(X / X.std(axis=0)).explained_variance_ratio_
    assert f"which hold {100 * told.sum():.0f} % of all differences" in picture.alt
    assert float(re.search(r"are (\S+) standard deviations apart", picture.alt)[1]) > 2


def test_many_rows_are_drawn_in_part_one_column_and_constants_too():
    many = RNG.normal(size=(3001, 1))
    picture = picture_of_domains(many, np.arange(3001) >= 900)
    assert len(places(picture, "source")) == len(places(picture, "target")) == N_DOTS
    assert len(picture.svg) < 60_000
    assert "nan" not in picture_of_domains(np.ones((30, 2)), np.arange(30) >= 11).svg
