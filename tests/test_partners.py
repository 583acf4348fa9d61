"""``sample_id``: which rows are one physical sample, in every form, and who keeps partners together."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from wrapped_models import routing_on

from sktl import OnLabeled
from sktl.base import fit_on_domains
from sktl.domains import paired_means, read_domains, read_samples, units_of
from sktl.feature import DirectStandardization, DomainScaler
from sktl.model_selection import LeaveOneDomainOut, SourceTargetKFold, SourceTargetShuffleSplit, TargetKFold

IDS = [7, None, 3, 7, np.nan, 3, 5]


def test_ids_of_every_form_are_numbered_in_their_order():
    expected = [2, -1, 0, 2, -1, 0, 1]
    frames = [pytest.importorskip(name, reason=f"{name} comes with the test extra") for name in ("pandas", "polars")]
    floats = [np.nan if value is None else float(value) for value in IDS]
    masked = np.ma.array([7, 0, 3, 7, 0, 3, 5], mask=[False, True, False, False, True, False, False])
    series = [library.Series(floats) for library in frames]
    for form in (IDS, np.array(floats), masked, *series):
        assert_array_equal(read_samples(form, 7), expected)
    names = np.array([None if value != value or value is None else f"s{value}" for value in IDS], dtype=object)
    assert_array_equal(read_samples(names, 7), expected)
    assert_array_equal(read_samples([1, "a", 1, None], 4), [1, 0, 1, -1])
    assert_array_equal(read_samples(None, 2), [-1, -1])
    assert_array_equal(read_samples([None, None], 2), [-1, -1])


def test_ids_must_be_one_a_row():
    with pytest.raises(ValueError, match=r"sample_id must have one value per row, shape \(3,\); got shape \(2,\)"):
        read_samples([1, 2], 3)


def test_units_are_samples_or_single_rows_in_the_order_of_the_rows():
    assert_array_equal(units_of(np.array([4, -1, 0, 4, -1])), [0, 1, 2, 0, 3])
    assert_array_equal(units_of(np.full(3, -1)), [0, 1, 2])


def test_paired_means_take_the_mean_of_what_was_measured_several_times():
    X = np.arange(14.0).reshape(7, 2) ** 2
    names = np.array(["a", "a", "a", "b", "target", "target", "target"])
    ids = [1, 2, 1, 1, 2, 9, None]  # 9: in one domain alone
    domains = read_domains(X, None, names)
    means = paired_means(X, replace(domains, samples=read_samples(ids, 7)))
    own, other = means.of("a", "b")
    assert_array_equal(own, [(X[0] + X[2]) / 2])
    assert_array_equal(other, X[3:4])
    own, other = means.of("a", "target")
    assert_array_equal([own[0], other[0]], [X[1], X[4]])
    assert len(means.of("b", "target")[0]) == 0
    middle = ((X[0] + X[2]) / 2 + X[3]) / 2
    assert_allclose(means.differences()[means.samples == 0], [(X[0] + X[2]) / 2 - middle, X[3] - middle])


# --- splitters ---


@pytest.fixture
def table():
    """31 source rows and 17 target rows, 12 of them partners, in mixed order; some source rows twice one sample."""
    rng = np.random.default_rng(0)
    domain = np.array(["lab"] * 31 + ["target"] * 17)
    ids = np.full(48, np.nan)
    ids[:12], ids[31:43], ids[12:14] = np.arange(12), np.arange(12), [0, 1]
    y = np.where(domain == "lab", rng.integers(0, 2, 48), np.nan)
    order = rng.permutation(48)
    return np.zeros((48, 1)), y[order], domain[order], ids[order]


def apart(train, test, ids):
    """Whether no sample is on both sides."""
    return not set(ids[train][~np.isnan(ids[train])]) & set(ids[test][~np.isnan(ids[test])])


@pytest.mark.parametrize("shuffle", [True, False])
def test_partners_stay_in_one_fold(table, shuffle):
    X, y, domain, ids = table
    splits = list(SourceTargetKFold(4, shuffle=shuffle).split(X, y, domain, ids))
    assert_array_equal(np.sort(np.concatenate([test for _, test in splits])), np.arange(48))
    for train, test in splits:
        assert apart(train, test, ids) and len(train) + len(test) == 48
        assert 2 <= np.sum(domain[test] == "target") <= 6  # 17 / 4, and partners two by two
    assert not all(apart(*split, ids) for split in SourceTargetKFold(4).split(X, y, domain))


def test_partners_stay_on_one_side(table):
    X, y, domain, ids = table
    for train, test in SourceTargetShuffleSplit(5).split(X, y, domain, ids):
        assert apart(train, test, ids) and len(train) + len(test) == 48
        assert 0 < np.sum(domain[test] == "target") < 17
    with pytest.raises(ValueError, match="sample_id names 1 in the source. Lower n_splits"):
        next(SourceTargetKFold(2).split(X, y, domain, np.where(domain == "lab", 0, np.nan)))


def test_partners_of_tested_rows_do_not_train(table):
    X, _, domain, ids = table
    y = np.arange(48.0)
    for splitter in (TargetKFold(3), LeaveOneDomainOut()):
        for train, test in splitter.split(X, y, domain, sample_id=ids):
            assert apart(train, test, ids)
            kept = np.setdiff1d(np.arange(48), test)
            assert_array_equal(train, kept[~np.isin(ids[kept], ids[test])])  # and all others do: NaN is in nothing
    with pytest.raises(ValueError, match="none is left to train on"):
        list(LeaveOneDomainOut().split(X[:4], y[:4], ["a", "a", "b", "b"], [0, 1, 0, 1]))


# --- through pipelines and searches ---


def test_a_search_hands_the_ids_to_maps_and_folds():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6))
    domain = np.repeat(["source", "target"], 30)
    X[30:45] = X[:15] * 1.3 + 1
    ids = np.r_[np.arange(15), np.full(15, np.nan), np.arange(15), np.full(15, np.nan)]
    y = np.where(domain == "source", X[:, 0], np.nan)
    seen = []

    class Recording(DirectStandardization):
        def fit_transform(self, X, y=None, sample_domain=None, sample_id=None):
            seen.append(sample_id)
            return super().fit_transform(X, y, sample_domain, sample_id)

    with routing_on():
        pipe = make_pipeline(Recording(), OnLabeled(Ridge()))
        search = GridSearchCV(pipe, {"recording__keep_rest": [True]}, cv=SourceTargetKFold(3), error_score="raise")
        search.fit(X, y, sample_domain=domain, sample_id=ids)
        assert [len(part) for part in seen] == [40, 40, 40, 60]
        for part in seen:  # both partners or none
            assert np.unique(part[~np.isnan(part)], return_counts=True)[1].tolist() == [2] * (len(part) // 4)
        swapped = make_pipeline(DomainScaler(), OnLabeled(Ridge())).fit(X, y, sample_domain=domain, sample_id=ids)
    deep = make_pipeline(DomainScaler(), DirectStandardization(), OnLabeled(Ridge()))
    fitted = fit_on_domains(deep, X, y, domain, sample_id=ids)
    assert swapped.predict(X).shape == fitted.predict(X).shape
