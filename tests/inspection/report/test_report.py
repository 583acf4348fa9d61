import re

import numpy as np
import pytest
from made_shifts import N_SOURCE, TARGET, N, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp, norm

import sktl
from sktl.inspection import DomainReport
from sktl.inspection.report._report import encode, read_columns
from sktl.instance import BBSE, MLLS, DiscriminatorWeighter
from sktl.metrics import classifier_two_sample_test, feature_shift_test, mmd, mmd_test, proxy_a_distance

# --- oracles: the kind is that which made the data ---


@pytest.mark.parametrize("with_labels", [False, True])
@pytest.mark.parametrize("kind", ["covariate", "label", "scale"])
def test_it_names_the_kind_that_made_the_data(kind, with_labels):
    found = [DomainReport.from_data(*make(kind, seed, with_labels)).kind for seed in range(2)]
    if with_labels or kind == "covariate":
        assert found == [kind] * 2  # of 20 draws: benchmarks/report.py
    else:  # without labels of the target more than one kind may explain the rows
        assert all(kind in name.split(" or ") for name in found)


def test_it_names_concept_shift_where_labels_show_it():
    assert [DomainReport.from_data(*make("concept", seed, True)).kind for seed in range(2)] == ["concept"] * 2
    unseen = DomainReport.from_data(*make("concept", 0, False))
    assert unseen.kind == "covariate"  # of the rows alone, this is what there is to see
    assert "label some target rows to be sure" in unseen.suggestion


def test_it_finds_none_where_there_is_none():
    found = [DomainReport.from_data(make("none", seed, False)[0], None, TARGET).kind for seed in range(8)]
    assert found.count("none") >= 7  # 0.95 of many; P(fewer than 7 of 8) = 0.06, but for the seed


def test_none_with_target_labels():
    assert DomainReport.from_data(*make("none", 1, True)).kind == "none"


def test_regression_knows_concept_and_covariate_shift():
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(N, 3)), 0.3 * rng.normal(size=N)
    turned = np.where(TARGET, -X[:, 0], X[:, 0]) + noise
    report = DomainReport.from_data(X, turned, TARGET)
    assert report.kind == "concept" and "`TrAdaBoostRegressor`" in report.suggestion
    assert "Classifier" not in report.suggestion
    X[TARGET, 0] += 1
    report = DomainReport.from_data(X, X[:, 0] + noise, TARGET)
    assert "covariate" in report.kind and report.shares is None
    answers = {question.question[:24]: question.answer for question in report.questions}
    assert answers["Are rows with the same l"] == "yes: the labels could explain it"  # the row gives the label away
    assert answers["Does the target's mean l"] == "no: the features could explain it"
    assert answers["Does a shift of the labe"] != "yes"


def test_regression_knows_label_shift():
    found = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=N) + TARGET
        X = rng.normal(size=(N, 3)) + y[:, None] * [1, -0.5, 0]
        found.append(DomainReport.from_data(X, y, TARGET))
    assert [report.kind for report in found] == ["label"] * 2
    question = found[0].questions[3]
    y_source, y_target = y[~TARGET], y[TARGET]
    assert question.question.startswith("Are the labels distributed differently (mean ")
    assert_allclose(found[-1].questions[3].statistic, ks_2samp(y_source, y_target).statistic)
    assert f"(mean {y_source.mean():.3g} in the source" in found[-1].questions[3].question
    assert "TwoStageTrAdaBoostRegressor" in found[0].suggestion
    assert "neither label shift nor concept shift can be seen" not in found[0].limits
    unseen = DomainReport.from_data(X, np.where(TARGET, np.nan, y), TARGET)
    assert unseen.kind == "covariate"  # of the rows alone
    assert "neither label shift nor concept shift can be seen" in unseen.limits


def test_labels_out_of_reach_are_not_judged():
    rng = np.random.default_rng(0)
    y = rng.normal(size=N) + 30 * TARGET
    report = DomainReport.from_data(rng.normal(size=(N, 2)) + y[:, None], y, TARGET)
    assert "can't be judged: too few of the target's labels occur in the source" in [q.answer for q in report.questions]
    assert report.kind != "label"


def test_shares_of_missing_values_are_a_shift_of_their_own():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 3))
    X[rng.random(N) < np.where(TARGET, 0.5, 0.2), 1] = np.nan
    report = DomainReport.from_data(X, None, TARGET)
    question = report.questions[2]
    assert (question.answer, question.measure) == ("yes", "missing share of x1")
    assert_allclose(question.statistic, np.isnan(X[TARGET, 1]).mean() - np.isnan(X[~TARGET, 1]).mean())
    assert report.kind != "none"


def test_values_that_the_source_never_has_are_named(report):
    note = next(note for note in report.notes if "never occur in the source" in note)
    assert "'city' never occur in the source: 'Oslo'." in note
    city = next(row for row in report.features if row.feature == "city")
    assert f"{100 * city.unseen:.1f} %" in note and city.unseen > 0.2


def test_missing_shares_alone_change_the_advice():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 3))
    X[rng.random(N) < np.where(TARGET, 0.5, 0.05), 1] = np.nan
    report = DomainReport.from_data(X, None, TARGET)
    gone = [np.isnan(X[rows, 1]).mean() for rows in (~TARGET, TARGET)]
    assert f"`x1` ({100 * gone[0]:.0f} % of the source, {100 * gone[1]:.0f} % of the target)" in report.suggestion
    assert report.kind == "covariate"  # though the medians that fill the gaps shrink the deviation
    assert "only the shares of missing values differ" in report.suggestion
    assert "Try importance weights first" not in report.suggestion  # weights do not bring values back
    plain = DomainReport.from_data(rng.normal(size=(N, 3)), None, TARGET)
    assert "missing" not in plain.suggestion


@pytest.mark.parametrize("role", ["source", "target"])
def test_a_column_empty_in_one_domain_is_in_the_headline(role):
    X = np.random.default_rng(0).normal(size=(N, 3))
    X[(role == "target") == TARGET, 1] = np.nan
    report = DomainReport.from_data(X, None, TARGET)
    assert (report.kind, report.empty) == ("none", ["x1"])
    assert f"`x1` is empty in the {role}: drop it before fitting" in report.suggestion
    headline = "no shift found (left out, since empty in one domain: x1)"
    assert str(report).startswith(headline) and headline in repr(report) and headline in report._repr_html_()
    X[:, 1] = np.nan  # in both: no difference, only a note
    assert DomainReport.from_data(X, None, TARGET).empty == []


def test_new_categories_are_in_the_advice(report):
    city = next(row for row in report.features if row.feature == "city")
    assert city.unseen_values == ("Oslo",)
    assert (
        f"{100 * city.unseen:.0f} % of the target's values of `city` never occur in the source (Oslo)"
        in report.suggestion
    )


def test_one_column_in_other_units_is_named():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 8)) + 5
    X[TARGET, 3] *= 2.2046
    report = DomainReport.from_data(X, None, TARGET)
    x3 = next(row for row in report.features if row.feature == "x3")
    assert report.kind == "scale or covariate"  # without labels nobody knows which
    assert (
        f"`x3` has changed far more than most columns (mean moved by {x3.mean_shift:.2g} standard" in report.suggestion
    )
    assert f"spread {x3.scale_ratio:.3g} times the source's): is its unit the same" in report.suggestion
    assert "is its unit the same" not in DomainReport.from_data(*make("scale", 0, False)).suggestion


def test_units_are_asked_about_once_and_only_where_the_shape_is_kept():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 8)) + 5
    X[TARGET, 3] *= 2.2046
    X[TARGET, 5] = X[TARGET, 5] * 1.8 + 32
    words = DomainReport.from_data(X, None, TARGET).suggestion
    assert words.count("is its unit the same") == 1 and "(`x3` likewise)" in words
    assert words.count("`x5` has changed far more") == 1
    X[TARGET, 3] = 5 + rng.exponential(4, N - N_SOURCE)  # another shape: no unit makes that
    X[TARGET, 5] = rng.integers(0, 2, N - N_SOURCE)
    assert "is its unit the same" not in DomainReport.from_data(X, None, TARGET).suggestion


def test_a_constant_and_what_alone_tells_the_domains_apart_come_first():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 5)) + 5
    X[TARGET, 1] = 0
    X[TARGET, 4] += 40.25
    report = DomainReport.from_data(X, None, TARGET)
    assert report.remarks[0].startswith("`x1` is 0 in all rows of the target: a missing code? Drop the column")
    assert report.remarks[1].startswith("`x4` alone tells the domains apart (KS 1.00)")
    assert sum("`x1`" in words for words in report.remarks) == 1
    both = DomainReport.from_data(np.where(np.arange(5) == 1, 7.0, X), None, TARGET)  # constant everywhere: no matter
    assert not any("`x1`" in words for words in both.remarks)


def test_nothing_is_claimed_that_was_not_asked():
    X, y, target = make("covariate", 0, True)
    for labels in (None, y):
        report = DomainReport.from_data(X, labels, target)
        asked = " ".join(q.question for q in report.questions)
        assert ("lass shares do not explain" in report.suggestion) <= ("class shares" in asked or "within" in asked)
        assert ("scales or axes do not explain" in report.suggestion) <= ("means and covariances" in asked)
        assert ("Density-ratio weights remove" in report.suggestion) <= ("is weighted by the density" in asked)
    rows = DomainReport.from_data(X, None, target)
    assert "lass shares" not in rows.suggestion and rows.kind == "covariate"


def test_class_shares_are_hidden_where_they_do_not_hold():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 4))
    y = np.where(X[:, 0] + 0.5 * rng.normal(size=N) > 0, 1.0, 0.0)
    X[TARGET] += [1.5, 0, 1, 0]
    report = DomainReport.from_data(X, np.where(TARGET, np.nan, y))
    assert report.kind == "covariate" and abs(report.shares.mlls - report.shares.source).max() > 0.1
    assert "Different class shares do not explain it." in report.suggestion
    assert "MLLS" not in str(report).split("\n\n", 2)[2]
    assert f"{100 * report.shares.mlls[0]:.1f} %" not in str(report)
    assert "Do the estimated class shares differ by more than chance?" not in [q.question for q in report.questions]
    held = DomainReport.from_data(*make("label", 0, False))
    assert "label" in held.kind and "target by MLLS" in str(held)


def test_identifiers_and_times_are_named():
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(size=(N, 2)), columns=["a", "b"])
    assert "identifier" not in DomainReport.from_data(frame, None, TARGET).suggestion
    frame["patient"] = 1000 + np.arange(N)
    frame["admitted"] = pandas.Timestamp("2020-01-01") + pandas.to_timedelta(rng.integers(0, 90, N), unit="D")
    frame["sent"] = (frame["admitted"] + pandas.to_timedelta(400 * TARGET, unit="D")).dt.strftime("%d/%m/%Y")
    report = DomainReport.from_data(frame, None, TARGET)
    words = report.suggestion
    assert "`patient` looks like an identifier (whole numbers, nearly all different, in ranges that do not" in words
    assert "`sent (year)` alone tells the domains apart" in words and "`sent (days)` alone" in words
    assert "admitted" not in words  # of the same period: its parts are columns like others
    parts = {row.feature for row in report.features} - {"a", "b", "patient"}
    repeating = {f"{name} ({part})" for name in ("admitted", "sent") for part in ("month", "weekday", "days")}
    assert parts == repeating | {"sent (year)"}


def test_many_sources_are_listed_in_part():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 2))
    names = np.where(TARGET, "target", np.arange(N).astype(str))
    names[:30] = "big"
    report = DomainReport.from_data(X + TARGET[:, None], None, names)
    assert report.sources[0].source == "big" and np.isfinite(report.sources[0].mmd)
    assert len(report.sources) == N_SOURCE - 29
    words = " ".join(str(report).split())
    assert f"(and {len(report.sources) - 10} more, see `sources`)" in words
    assert f"{N_SOURCE - 30} of them have fewer than 10 rows, so no distance" in words
    assert "`rank_sources`" in report.suggestion and "`SourceSelector`" in report.suggestion
    assert len(str(report).splitlines()) < 100


def test_figures_without_a_test_say_so():
    report = DomainReport.from_data(make("covariate", 0, False)[0], None, TARGET)
    untested = [q for q in report.questions if np.isnan(q.pvalue)]
    assert [q.question for q in untested] == [
        "Do the rows still differ once the source is weighted by the density ratio?"
    ]
    assert str(report).count(", no test: ") == report._repr_html_().count(", no test</td>") == 1


def test_nothing_tells_where_nothing_differs():
    quiet = DomainReport.from_data(make("none", 0, False)[0], None, TARGET)
    assert quiet.kind == "none" and quiet.features[0].importance > 0
    importance = [line.split()[-1] for line in str(quiet).splitlines() if re.match(r"x\d  ", line)]
    assert importance == ["-"] * len(quiet.features)


def test_turned_axes_are_a_matter_of_scale():
    found = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        Z, planes = rng.normal(size=(N, 2)) * [3, 2], [np.linalg.qr(rng.normal(size=(6, 2)))[0] for _ in range(2)]
        X = np.where(TARGET[:, None], Z @ planes[1].T, Z @ planes[0].T) + 0.3 * rng.normal(size=(N, 6))
        found.append(DomainReport.from_data(X, None, TARGET))
    assert [report.kind for report in found] == ["scale or covariate"] * 2
    assert "SubspaceAlignment" in found[0].suggestion and "DomainScaler" not in found[0].suggestion
    scaled = DomainReport.from_data(*make("scale", 0, False)).suggestion
    assert "DomainScaler" in scaled and "axes to the target's" not in scaled


# --- figures equal the functions called by hand ---


def test_distances_are_the_metrics(report, mixed):
    encoded, _ = encode(read_columns(mixed[0], TARGET)[0])
    source, target = encoded[~TARGET], encoded[TARGET]
    assert_allclose(report.distance.mmd, mmd(source, target))
    assert_allclose(report.distance.proxy_a, proxy_a_distance(source, target))
    assert report.distance.mmd > 10 * abs(report.distance.floor)
    assert report.distance.proxy_a > report.distance.proxy_a_floor


def test_pvalues_are_those_of_the_metrics(report, mixed):
    encoded, _ = encode(read_columns(mixed[0], TARGET)[0])
    source, target = encoded[~TARGET], encoded[TARGET]
    kernel, classifier, column = report.questions[:3]
    expected = mmd_test(source, target, n_permutations=499)
    assert (kernel.statistic, kernel.pvalue) == (expected.statistic, expected.pvalue)
    assert report.distance.kernel_test.pvalue == expected.pvalue
    expected = classifier_two_sample_test(source, target, n_permutations=499)
    assert (classifier.statistic, classifier.pvalue) == (expected.statistic, expected.pvalue)
    table = feature_shift_test(mixed[0][~TARGET], mixed[0][TARGET])
    assert column.pvalue == table.adjusted_pvalue.min()
    rows = {row.feature: row for row in report.features}
    assert list(rows) != table.feature.tolist()  # they are sorted
    for name in (
        "pvalue",
        "adjusted_pvalue",
        "missing_pvalue",
        "psi",
        "wasserstein",
        "missing_source",
        "missing_target",
        "unseen",
    ):
        found = [vars(rows[feature])[name] for feature in table.feature]
        assert_array_equal(found, getattr(table, name))
    missing = [rows[feature].missing_adjusted_pvalue for feature in table.feature]
    assert_array_equal(missing, table.missing_adjusted_pvalue)


def test_effective_rows_are_the_weighter_s(report, mixed):
    encoded, _ = encode(read_columns(mixed[0], TARGET)[0])
    weighter = DiscriminatorWeighter().fit(encoded, None, TARGET)
    assert_allclose(report.effective_sample_size, weighter.effective_sample_size_)


def test_class_shares_are_the_estimators(report, mixed):
    frame, y, _ = mixed
    encoded, _ = encode(read_columns(frame, TARGET)[0])
    hidden = np.where(TARGET, None, y)
    assert_allclose(report.shares.mlls, MLLS().fit(encoded, hidden, TARGET).target_prior_)
    assert_allclose(report.shares.bbse, BBSE().fit(encoded, hidden, TARGET).target_prior_)
    known = [label for label in y[TARGET] if label is not None]
    assert_allclose(report.shares.counted, [known.count("no") / len(known), known.count("yes") / len(known)])
    assert_allclose(report.shares.source, [np.mean(y[~TARGET] == "no"), np.mean(y[~TARGET] == "yes")])
    assert report.n_target_labeled == len(known)


def test_columns_by_hand(report, mixed):
    frame, *_ = mixed
    rows = {row.feature: row for row in report.features}
    assert [row.difference for row in report.features] == sorted((r.difference for r in rows.values()), reverse=True)
    age = frame["age"].to_numpy()
    assert_allclose(rows["age"].difference, ks_2samp(age[~TARGET], age[TARGET]).statistic)
    assert_allclose(rows["age"].mean_shift, (age[TARGET].mean() - age[~TARGET].mean()) / age[~TARGET].std())
    assert_allclose(rows["age"].scale_ratio, age[TARGET].std() / age[~TARGET].std())
    shares = [frame["city"][part].value_counts(normalize=True) for part in (~TARGET, TARGET)]
    assert_allclose(rows["city"].difference, shares[0].subtract(shares[1], fill_value=0).abs().sum() / 2)
    gaps = frame["height " * 9].isna()
    found = rows["height " * 9].missing_source, rows["height " * 9].missing_target
    assert_allclose(found, [gaps[~TARGET].mean(), gaps[TARGET].mean()])
    assert_allclose(sum(row.importance for row in report.features), 1)
    assert {"age", "city"} == {row.feature for row in sorted(report.features, key=lambda row: -row.importance)[:2]}


def test_each_source_has_its_distances(report, mixed):
    frame, _, site = mixed
    encoded, _ = encode(read_columns(frame, TARGET)[0])
    assert sum(row.n_rows for row in report.sources) == N_SOURCE
    for row in report.sources:
        assert_allclose(row.mmd, mmd(encoded[site == row.source], encoded[TARGET]))


def test_limits_have_the_textbook_power(report):
    shift = float(re.search(r"if it is ([\d.]+) standard", report.limits)[1])
    error = np.sqrt(1 / N_SOURCE + 1 / (N - N_SOURCE))
    assert_allclose(norm.sf(norm.isf(0.025) - shift / error), 0.8, atol=0.02)


# --- limits, invariances ---


def test_rows_in_any_order_give_the_same_columns(report, mixed):
    frame, y, site = mixed
    order = np.random.default_rng(1).permutation(N)
    other = DomainReport.from_data(frame.iloc[order], y[order], site[order])
    assert other.kind == report.kind
    for one, two in zip(report.features, other.features, strict=True):
        assert one.feature == two.feature
        assert_allclose(one.difference, two.difference)
    assert_allclose(other.distance.mmd, report.distance.mmd)


def test_polars_says_the_same(report, mixed):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame, y, site = mixed
    other = DomainReport.from_data(polars.from_pandas(frame, nan_to_null=True), y.tolist(), site)
    assert str(other) == str(report)


def test_units_do_not_matter(report, mixed):
    frame, y, site = mixed
    other = DomainReport.from_data(frame.assign(age=1e8 + 1000 * frame["age"]), y, site)
    assert other.kind == report.kind
    assert_allclose(other.distance.mmd, report.distance.mmd, rtol=1e-4)


def test_arrays_lists_and_no_labels():
    X, _, target = make("covariate", 0, False)
    one, other = DomainReport.from_data(X, None, target), DomainReport.from_data(X.tolist(), None, target)
    assert str(one) == str(other)
    assert one.features[0].feature == "x0"
    assert one.shares is None


def test_constant_and_odd_columns_are_survived():
    X, y, target = make("covariate", 0, False)
    columns = np.column_stack([X, np.full(N, 7.0), np.where(target, np.nan, 1.0)]).astype(object)
    columns = np.column_stack([columns, [f"row {i}" for i in range(N)]])
    report = DomainReport.from_data(columns, y)
    assert {row.feature for row in report.features} == {"x0", "x1", "x2", "x3", "x4"}
    assert "empty in the target: column 'x5'" in report.notes[0]
    assert "every row has a different text: column 'x6'" in report.notes[1]
    assert report.kind == "covariate"


# --- what it says ---


def test_text_frame_and_repr(report):
    pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    words = str(report)
    assert words.startswith(f"{report.headline}: {N_SOURCE} source rows, {N - N_SOURCE} target rows")
    assert repr(report).startswith("<DomainReport: covariate shift")
    for part in ("noise floor", "north", "target counted", "effective sample size", "scale ratio: the target's"):
        assert part in " ".join(words.split())
    assert max(map(len, words.splitlines())) <= 100  # though the name of a column is 63 letters long
    assert [line.split()[0] for line in words.splitlines() if line.split()[-1:] == ["unseen"]] == ["column"]
    frame = report.to_frame()
    assert frame["feature"].tolist() == [row.feature for row in report.features]
    assert_array_equal(frame["difference"], [row.difference for row in report.features])


# --- errors ---


def test_errors():
    X, y, target = make("covariate", 0, False)
    with pytest.raises(ValueError, match="The target has 9 row"):
        DomainReport.from_data(X, None, np.arange(N) >= N - 9)
    with pytest.raises(ValueError, match="Column 'x2' of X has infinite values"):
        DomainReport.from_data(np.where(np.arange(4) == 2, np.inf, X), y)
    with pytest.raises(ValueError, match="Column 'x0' of X holds .*e\\+20.: too large to compute with"):
        DomainReport.from_data(X * 1e200, y)
    with pytest.raises(ValueError, match="alpha must be"):
        DomainReport.from_data(X, y, alpha=1.0)
    with pytest.raises(ValueError, match="No column of X can be compared"):
        DomainReport.from_data(np.full((N, 1), np.nan), y)
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="X is a sparse matrix of 4 columns"):
        DomainReport.from_data(sparse.csr_array(X), y)
    with pytest.warns(sktl.exceptions.SingleDomainWarning), pytest.raises(ValueError, match="needs two domains"):
        DomainReport.from_data(X, np.zeros(N))


def test_two_columns_of_one_name_are_refused():
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(N, 3)), columns=["a", "b", "a"])
    with pytest.raises(ValueError, match=r"X has several columns with the same name: \['a'\]. Rename or remove"):
        DomainReport.from_data(frame, None, TARGET)


# --- what the attack found ---


def test_categories_written_as_numbers_are_categories():
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    rng = np.random.default_rng(0)
    codes = np.where(TARGET, rng.choice([1, 2, 30], N), rng.choice([1, 3, 30], N))
    frame = pandas.DataFrame({"code": pandas.Categorical(codes), "x": rng.normal(size=N)})
    row = next(row for row in DomainReport.from_data(frame, None, TARGET).features if row.feature == "code")
    assert row.measure == "total variation" and row.unseen_values == ("2",)
    shares = [np.array([np.mean(codes[part] == code) for code in (1, 2, 3, 30)]) for part in (~TARGET, TARGET)]
    assert_allclose(row.difference, np.abs(shares[0] - shares[1]).sum() / 2)


def test_a_table_of_constants_is_survived():
    y = (np.arange(N) % 2).astype(float)
    assert DomainReport.from_data(np.ones((N, 2)), y, TARGET).kind == "none"


def test_what_is_to_be_dropped_decides_nothing():
    rng = np.random.default_rng(0)
    X, year = rng.normal(size=(N, 4)), np.where(TARGET, rng.integers(2022, 2024, N), rng.integers(2018, 2022, N))
    report = DomainReport.from_data(np.column_stack([X, year]), None, TARGET)
    assert report.kind == "none"  # but for the year nothing differs
    assert (
        "`x4` holds whole numbers in ranges that do not overlap, as a year or a site number does" in report.suggestion
    )
    assert report.features[0].feature == "x4" and report.features[0].difference == 1


def test_stretched_columns_are_no_matter_of_units_where_labels_follow_them():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 3)) * np.where(np.arange(800) >= 400, 1.8, 1)[:, None]
    y = (np.sin(2 * X[:, 0]) + 0.3 * rng.normal(size=800) > 0).astype(float)
    report = DomainReport.from_data(X, y, np.arange(800) >= 400)
    assert report.kind == "covariate"
    assert "Does a source model predict the target's labels better after that?" in [
        q.question for q in report.questions
    ]


@pytest.mark.parametrize("numbers", [False, True])
def test_other_labels_of_the_same_rows_are_a_concept_shift(numbers):
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(500, 5))
        target = np.arange(500) >= 250
        y = X[:, 0] + target + 0.5 * rng.normal(size=500)
        found.append(DomainReport.from_data(X, y if numbers else (y > 0.3).astype(float), target).kind)
    assert found == ["concept"] * 3


def test_what_the_source_does_not_cover_is_said():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 2))
    X[TARGET, 0] += 6
    report = DomainReport.from_data(X, None, TARGET)
    assert report.overlap < 0.1 and report.effective_sample_size < 5
    assert "without labels there, no weight, score or test can judge" in report.suggestion
    assert "source covers about" in " ".join(str(report).split())
    assert DomainReport.from_data(rng.normal(size=(N, 2)), None, TARGET).overlap > 0.9


def test_masks_are_read_or_refused():
    X, y, _ = make("covariate", 0, True)
    hidden = np.ma.array(y, mask=TARGET)
    shown = DomainReport.from_data(X, np.where(TARGET, np.nan, y), TARGET)
    assert repr(DomainReport.from_data(X, hidden, TARGET)) == repr(shown)
    with pytest.raises(ValueError, match="X has 1 masked entries"):
        DomainReport.from_data(np.ma.array(X, mask=np.arange(X.size).reshape(X.shape) == 7), y, TARGET)
    with pytest.raises(ValueError, match="sample_domain is missing in row 7"):
        DomainReport.from_data(X, y, np.ma.array(TARGET * -1, mask=np.arange(len(y)) == 7))
