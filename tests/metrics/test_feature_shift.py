import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp, wasserstein_distance

from sktl._core.two_sample import benjamini_hochberg, holm
from sktl.metrics import feature_shift_test


def tables(seed=0):
    """Columns: a shifted number with gaps, a category with new levels, a 0/1 number, an even number."""
    rng = np.random.default_rng(seed)
    source = {
        "age": np.where(rng.random(207) < 0.1, np.nan, rng.normal(size=207)),
        "city": rng.choice(["a", "b", "c"], 207).astype(object),
        "flag": rng.integers(0, 2, 207).astype(float),
        "even": rng.normal(size=207),
    }
    target = {
        "age": np.where(rng.random(149) < 0.3, np.nan, rng.normal(size=149) + 0.4),
        "city": rng.choice(["a", "b", "c", "z"], 149).astype(object),
        "flag": rng.integers(0, 2, 149).astype(float),
        "even": rng.normal(size=149),
    }
    return source, target


def frames():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    return [pandas.DataFrame(table) for table in tables()]


def test_each_column_as_scipy_does():
    source, target = tables()
    result = feature_shift_test(*frames())
    assert_array_equal(result.feature, list(source))
    assert_array_equal(result.kind, ["number", "category", "category", "number"])
    for j, name in ((0, "age"), (3, "even")):
        a, b = (table[name][~np.isnan(table[name])] for table in (source, target))
        test = ks_2samp(a, b, method="exact")
        assert_allclose([result.statistic[j], result.pvalue[j]], [test.statistic, test.pvalue])
        assert result.wasserstein[j] == pytest.approx(wasserstein_distance(a, b) / a.std())
    counts = [[np.sum(table["city"] == level) for level in "abcz"] for table in (source, target)]
    assert_allclose([result.statistic[1], result.pvalue[1]], chi2_contingency(counts, correction=False)[:2])
    counts = [[np.sum(table["flag"] == level) for level in (0, 1)] for table in (source, target)]
    assert result.pvalue[2] == pytest.approx(fisher_exact(counts)[1])
    gone = [np.isnan(table["age"]).sum() for table in (source, target)]
    assert result.missing_pvalue[0] == pytest.approx(
        fisher_exact([[gone[0], 207 - gone[0]], [gone[1], 149 - gone[1]]])[1]
    )
    assert_allclose([result.missing_source[0], result.missing_target[0]], [gone[0] / 207, gone[1] / 149])
    assert_array_equal(result.missing_pvalue[1:], 1)
    assert result.unseen[1] == np.mean(target["city"] == "z") and result.unseen_categories == {"city": ("z",)}
    assert_array_equal(result.shifted, [True, True, False, False])


def test_stability_index_over_deciles():
    source, target = tables()
    a, b = source["even"], target["even"]
    inner = np.quantile(a, np.arange(1, 10) / 10)
    p, q = (np.histogram(v, np.r_[-np.inf, inner, np.inf])[0] for v in (a, b))
    p, q = (p + 0.5) / (207 + 5), (q + 0.5) / (149 + 5)
    assert feature_shift_test(*frames()).psi[3] == pytest.approx(np.sum((q - p) * np.log(q / p)))


def test_corrections_count_the_tests_that_were_made():
    for name, correct in (("holm", holm), ("fdr", benjamini_hochberg)):
        result = feature_shift_test(*frames(), correction=name)
        adjusted = correct(np.r_[result.pvalue, result.missing_pvalue[0]])  # five tests: one column has gaps
        assert_allclose(result.adjusted_pvalue, adjusted[:4])
        assert_allclose(result.missing_adjusted_pvalue, [adjusted[4], 1, 1, 1])


def test_containers_agree():
    polars = pytest.importorskip("polars", reason="polars comes with the test extra")
    source, target = frames()
    base = feature_shift_test(source, target).to_frame()
    assert list(base["feature"]) == ["age", "city", "flag", "even"] and len(base.columns) == 13
    for convert in (polars.from_pandas, lambda f: f.to_numpy(), lambda f: f.to_numpy().tolist()):
        other = feature_shift_test(convert(source), convert(target)).to_frame()
        assert base.iloc[:, 1:].equals(other.iloc[:, 1:])
    turned = feature_shift_test(source, target[["even", "city", "flag", "age"]]).to_frame()
    assert base.equals(turned)
    nullable = feature_shift_test(source.convert_dtypes(), target.convert_dtypes()).to_frame()
    assert base.equals(nullable)


def test_kinds_of_columns():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    rng = np.random.default_rng(0)

    def frame(n, late):
        return pandas.DataFrame(
            {
                "day": pandas.Timestamp("2024-01-01") + pandas.to_timedelta(rng.integers(0, 99, n) + late, "D"),
                "kind": pandas.Categorical(rng.choice(["u", "v", "w"], n)),
                "truth": rng.random(n) < 0.5,
                "code": rng.integers(0, 4, n),
            }
        )

    source, target = frame(101, 0), frame(67, 30)
    target.loc[3, ["day", "kind"]] = None
    result = feature_shift_test(source, target, categorical_features=["code"])
    assert_array_equal(result.kind, ["number", "category", "category", "category"])
    assert_array_equal(result.shifted, [True, False, False, False])
    assert_allclose(result.missing_target[:2], 1 / 67)
    floats = target.assign(code=target["code"].astype(float), truth=target["truth"].astype(float))
    assert feature_shift_test(source, floats, categorical_features=["code"]).unseen_categories == {}


def test_rare_categories_do_not_make_a_pvalue():
    rng = np.random.default_rng(0)
    source, target = (rng.choice(["a", "b"], (n, 1)).astype("U3") for n in (200, 150))
    target[:30, 0] = [f"n{i}" for i in range(30)]  # thirty levels of one row, pooled
    result = feature_shift_test(source, target)
    counts = [[np.sum(v == "a"), np.sum(v == "b"), np.sum(np.char.startswith(v, "n"))] for v in (source, target)]
    assert result.statistic[0] == pytest.approx(chi2_contingency(counts, correction=False)[0])
    assert len(result.unseen_categories[0]) == 30 and result.unseen[0] == pytest.approx(0.2)


def test_familywise_level():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(150):
        X, Y = rng.normal(size=(40, 6)).round(1), rng.normal(size=(33, 6)).round(1)
        X[rng.random(X.shape) < 0.2] = np.nan
        Y[rng.random(Y.shape) < 0.2] = np.nan
        alarms += feature_shift_test(X, Y).shifted.any()
    assert alarms / 150 <= 0.07


def test_the_level_that_the_docstring_states():
    # D = k / 50: the largest exact p-value that is at most 0.05, and 0.005 of ten columns
    rows = np.arange(50.0)
    pvalues = np.array([ks_2samp(rows, rows + k - 0.5, method="exact").pvalue for k in range(1, 25)])
    one, ten = (pvalues[pvalues <= level].max() for level in (0.05, 0.005))
    assert one == pytest.approx(0.039, abs=5e-4) and 1 - (1 - ten) ** 10 == pytest.approx(0.028, abs=5e-4)


def test_jobs_change_nothing():
    alone, shared = feature_shift_test(*frames()), feature_shift_test(*frames(), n_jobs=2)
    assert str(alone) == str(shared)
    assert_array_equal(alone.pvalue, shared.pvalue)
    assert alone.unseen_categories == shared.unseen_categories


def test_limits():
    source, _ = frames()
    same = feature_shift_test(source, source)
    assert_allclose(same.pvalue, 1)
    assert_allclose(np.nan_to_num(same.wasserstein), 0)
    assert_allclose(same.psi, 0, atol=1e-12)
    assert not same.shifted.any()
    empty = source.assign(age=np.nan)
    result = feature_shift_test(source, empty)
    assert np.isnan(result.pvalue[0]) and np.isnan(result.adjusted_pvalue[0]) and result.shifted[0]
    assert feature_shift_test(np.ones((5, 1)), np.ones((3, 1))).pvalue[0] == 1
    gone = feature_shift_test(np.full((5, 1), np.nan), np.full((3, 1), np.nan))
    assert np.isnan(gone.pvalue[0]) and not gone.shifted[0]


def test_it_prints_the_most_shifted_first():
    lines = str(feature_shift_test(*frames())).splitlines()
    assert lines[0].startswith("2 of 4 columns shifted (*; level 0.05, holm); smallest p-value first; to_frame()")
    marked = [line.split()[1] for line in lines[2:] if line.startswith("* ")]
    result = feature_shift_test(*frames())
    for name, values in result.unseen_categories.items():
        assert f"not in the source: {name} = {', '.join(map(str, values))}" in lines
    assert (
        result.unseen_categories
        and sorted(marked) == ["age", "city"]
        and [line.split()[1] for line in lines[2:4]] == marked
    )
    rng = np.random.default_rng(0)
    wide = str(feature_shift_test(rng.normal(size=(9, 30)), rng.normal(size=(9, 30)))).splitlines()
    assert len(wide) == 23 and wide[-1] == "and 10 more: to_frame() has all"


def test_errors():
    source, target = frames()
    with pytest.raises(ValueError, match=r"only X_source has \['age'\], only X_target \[\]"):
        feature_shift_test(source, target.drop(columns="age"))
    with pytest.raises(ValueError, match=r"categorical_features names columns that are not in the samples: \['town'\]"):
        feature_shift_test(source, target, categorical_features=["town"])
    with pytest.raises(ValueError, match="correction must be one of 'holm', 'fdr'; got 'none'"):
        feature_shift_test(source, target, correction="none")
    with pytest.raises(ValueError, match="alpha must be a number > 0 and < 1; got 1"):
        feature_shift_test(source, target, alpha=1)
    with pytest.raises(TypeError, match=r"X_source is sparse.*X_source.toarray\(\)"):
        feature_shift_test(sparse.eye(3), sparse.eye(3))
    with pytest.raises(ValueError, match=r"X_target has 0 row\(s\) and 4 column\(s\)"):
        feature_shift_test(source, target[:0])
    with pytest.raises(ValueError, match="Column 0 has infinite values"):
        feature_shift_test(np.ones((3, 1)), np.full((3, 1), np.inf))
    with pytest.raises(ValueError, match=r"must have two dimensions; got the shape \(3,\)"):
        feature_shift_test(np.ones(3), np.ones(3))
    twice = source.rename(columns={"age": "even"})
    with pytest.raises(ValueError, match="columns of the same name"):
        feature_shift_test(twice, twice)


def test_categories_with_numeric_levels_are_categories():
    rng = np.random.default_rng(0)
    levels = [rng.choice([1, 2, 10], size=n, p=p) for n, p in ((200, [0.2, 0.3, 0.5]), (150, [0.5, 0.3, 0.2]))]
    frames = [pd.DataFrame({"grade": pd.Categorical(values)}) for values in levels]
    result = feature_shift_test(*frames)
    assert result.kind.tolist() == ["category"]
    named = feature_shift_test(*(values[:, None] for values in levels), categorical_features=[0])
    assert result.pvalue[0] == named.pvalue[0] and np.isnan(result.wasserstein[0])
    assert feature_shift_test(*(values[:, None] for values in levels)).kind.tolist() == ["number"]


def test_masked_entries_are_refused():
    X = np.ma.masked_array([[1.0], [2.0]], mask=[[True], [False]])
    with pytest.raises(ValueError, match="X_source has 1 masked entries"):
        feature_shift_test(X, [[1.0], [2.0]])
