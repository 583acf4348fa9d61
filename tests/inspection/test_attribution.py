import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from sktl.feature import DomainScaler
from sktl.inspection import AttributionDisplay, DomainReport, shift_attribution

N, TARGET = 700, np.arange(700) >= 400


def made(kind, seed=0):
    """Numbers to predict: x0 + x2, the last one the other way on the target; or rows moved to where the noise is."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, 3))
    X[TARGET, 1] += 1.5 * (kind == "rows")
    slope = np.where(TARGET & (kind == "relation"), -1, 1)
    noise = np.where(X[:, 1] > 1, 3.0, 1.0) if kind == "rows" else 1.0
    return X, X[:, 0] + slope * X[:, 2] + noise * rng.normal(size=N)


def test_the_parts_of_a_relation_that_changed():
    X, y = made("relation")
    found = shift_attribution(LinearRegression(), X, y, TARGET)
    assert abs(found.relation - 4) < 1  # (2 x2)^2
    assert found.intervals["relation"][0] < 4 < found.intervals["relation"][1]
    assert_allclose(found.rows + found.relation, found.drop)
    assert_allclose(found.source_to_shared + found.shared_to_target, found.rows)
    assert_allclose(found.loss_target - found.loss_source, found.drop)
    assert_allclose(sum(row.rows for row in found.columns) + found.rest, found.rows)
    assert_allclose(sum(row.relation for row in found.columns) + found.level_share, found.relation)
    assert [row.column for row in found.columns if row.by_relation] == ["x2"]
    assert not any(row.by_rows for row in found.columns)
    assert "by another relation of the label to the rows (mostly `x2`)" in found.summary
    assert "what other rows cost is not certain" in found.summary


def test_the_parts_of_rows_that_moved():
    X, y = made("rows")
    found = shift_attribution(LinearRegression(), X, y, TARGET)
    assert [row.column for row in found.columns if row.by_rows] == ["x1"]
    assert not any(row.by_relation for row in found.columns)
    assert "by other rows (mostly `x1`)" in found.summary
    assert "relation" not in found.summary.partition(";")[0]
    assert "what another relation of the label to the rows costs is not certain" in found.summary


def test_drop_by_hand():
    """Each source row by the model of the other folds, each target row by the mean over all of them."""
    X, y = (part[359:440] for part in made("relation"))
    target = TARGET[359:440]
    found = shift_attribution(LinearRegression(), X, y, target, cv=41)  # one row a fold
    out = np.empty(len(y))
    models = []
    for i in np.flatnonzero(~target):
        kept = ~target & (np.arange(len(y)) != i)
        models.append(LinearRegression().fit(X[kept], y[kept]))
        out[i] = (models[-1].predict(X[[i]])[0] - y[i]) ** 2
    out[target] = np.mean([(model.predict(X[target]) - y[target]) ** 2 for model in models], axis=0)
    assert_allclose([found.loss_source, found.loss_target], [out[~target].mean(), out[target].mean()])


def test_few_labels_are_too_few():
    X, y = made("none")
    y[np.flatnonzero(TARGET)[20:]] = np.nan
    found = shift_attribution(LinearRegression(), X, y, TARGET)
    assert found.n_target_labeled == 20
    assert "too few labels to tell" in found.summary
    assert not any(row.by_rows or row.by_relation for row in found.columns)
    X, y = made("relation")
    y[np.flatnonzero(TARGET)[12:]] = np.nan
    short = shift_attribution(LogisticRegression(), X, np.where(np.isnan(y), np.nan, y > 0), TARGET, alpha=0.001)
    assert "too few labels to tell" in short.summary


def test_domains_that_share_no_rows_cannot_be_judged():
    X, y = made("none")
    X[TARGET] += 30
    found = shift_attribution(LinearRegression(), X, y, TARGET)
    assert np.isnan(found.relation)
    assert np.isnan(found.rows)
    assert "cannot be judged" in found.summary
    assert np.isfinite(found.drop)


def test_order_units_and_names_of_labels_do_not_matter():
    X, y = made("relation")
    model = make_pipeline(StandardScaler(), Ridge())
    found = shift_attribution(model, X, y, TARGET)
    order = np.random.default_rng(0).permutation(N)
    for other, scale in (
        (shift_attribution(model, X[order], y[order], TARGET[order]), 1),
        (shift_attribution(model, X * [1, 50, 0.1] + 3, y, TARGET), 1),
        (shift_attribution(model, X, 10 * y, TARGET), 100),
    ):
        assert_allclose(
            [other.drop, other.rows, other.relation], scale * np.array([found.drop, found.rows, found.relation])
        )
        assert_allclose(other.intervals["rows"], scale * np.array(found.intervals["rows"]), rtol=1e-6)
        assert [row.column for row in other.columns] == [row.column for row in found.columns]
    texts = [
        shift_attribution(LogisticRegression(), X, np.array(names)[(y > 0).astype(int)], TARGET).drop
        for names in (["no", "yes"], ["a", "b"])
    ]
    assert_allclose(*texts)


def test_groups_texts_and_models_of_any_kind():
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    X, y = made("relation")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    found = shift_attribution(LinearRegression(), frame, y, TARGET, groups={"last two": ["b", "c"]})
    assert [row.column for row in found.columns] == ["last two", "a"]
    assert found.columns[0].by_relation
    assert list(found.to_frame().column) == ["last two", "a"]
    rng = np.random.default_rng(0)
    town = pandas.DataFrame({"town": rng.choice(["Bonn", "Lyon", "Oslo"], N)})
    label = np.where((town.town == "Oslo") ^ TARGET & (town.town == "Lyon") ^ (rng.random(N) < 0.1), "yes", "no")
    for last in (LogisticRegression(), LinearSVC()):
        texts = shift_attribution(make_pipeline(OneHotEncoder(), last), town, label, TARGET)
        assert texts.loss == "zero_one"
        assert texts.columns[0].column == "town"
        assert texts.columns[0].by_relation
    pipe = make_pipeline(DomainScaler(), LogisticRegression())
    assert shift_attribution(pipe, X * np.where(TARGET, 9, 1)[:, None], y > 0, TARGET, loss="brier").loss == "brier"


def test_wide_tables_have_terms_and_no_columns():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(N, 160)), rng.normal(size=N)
    found = shift_attribution(Ridge(), X, y + 3 * TARGET, TARGET)
    assert found.columns == []
    assert found.intervals["relation"][0] > 0
    assert "mostly" not in found.summary


def test_refused():
    X, y = made("none")
    with pytest.raises(ValueError, match=r"needs at least 10 labelled target rows; there are 0"):
        shift_attribution(Ridge(), X, np.where(TARGET, np.nan, y), TARGET)
    with pytest.raises(ValueError, match=r"needs at least 20 labelled source rows; there are 5"):
        shift_attribution(Ridge(), X[395:], y[395:], TARGET[395:])
    with pytest.raises(ValueError, match=r"y must hold one label per row, some of target rows; got 2 columns"):
        shift_attribution(Ridge(), X, X[:, :2], TARGET)
    with pytest.raises(ValueError, match=r"groups names 'z', which is no column"):
        shift_attribution(Ridge(), X, y, TARGET, groups={"a": ["z"]})
    with pytest.raises(ValueError, match=r"groups names the column 0 twice"):
        shift_attribution(Ridge(), X, y, TARGET, groups={"a": [0, "x1"], "b": [0]})
    with pytest.raises(ValueError, match=r"loss='zero_one' does not suit a regressor"):
        shift_attribution(Ridge(), X, y, TARGET, loss="zero_one")
    with pytest.raises(TypeError, match="attribution must be what shift_attribution returns"):
        AttributionDisplay.from_attribution([1])


def test_display_draws_the_parts():
    pytest.importorskip("matplotlib", reason="the plot extra (matplotlib) is not installed")
    X, y = made("relation")
    display = AttributionDisplay.from_estimator(LinearRegression(), X, y, TARGET)
    found = display.attribution
    display.plot(n_features=2)
    assert_allclose([bar.get_width() for bar in display.bars_[0]], [found.drop, found.rows, found.relation])
    assert_allclose([bar.get_width() for bar in display.bars_[2]], [row.relation for row in found.columns[:2]])
    assert [bar.get_alpha() for bar in display.bars_[2]] == [1.0, 0.3]
    ends = [segment[:, 0] for segment in display.lines_.get_segments()]
    assert_allclose(ends, [found.intervals[name] for name in ("drop", "rows", "relation")])
    assert_array_equal([label.get_text() for label in display.ax_[1].get_yticklabels()][0], "x2")
    again = AttributionDisplay.from_attribution(found).plot()
    assert len(again.bars_[1]) == 3


def test_the_report_says_it_where_it_is_certain():
    X, y = made("relation")
    report = DomainReport.from_data(X, y, TARGET)
    assert report.lost.startswith("A linear model of the source's labels: of ")
    assert "(mostly `x2`)" in report.lost
    assert " ".join(report.lost.split()[:9]) in " ".join(str(report).split())
    assert "by another relation" in report._repr_html_()
    y[TARGET] = np.nan
    assert DomainReport.from_data(X, y, TARGET).lost == ""


def test_words_name_parts_only_where_intervals_leave_out_zero():
    X, y = made("relation")
    found = shift_attribution(LogisticRegression(), X, y > 0, TARGET)
    certain = {"drop": (0.01, 0.2), "rows": (0.01, 0.1), "relation": (0.01, 0.1)}
    one = dataclasses.replace(found, drop=0.081, rows=0.06, relation=0.021, intervals=certain, columns=[])
    assert one.summary == (
        "Of 8.1 points lost on the target, 6.0 by other rows, 2.1 by another relation of the label to the rows."
    )
    two = dataclasses.replace(one, rows=-0.01, relation=0.091, intervals=certain | {"rows": (-0.03, -0.001)})
    assert "1.0 the other way by other rows" in two.summary
    none = dataclasses.replace(one, intervals=certain | dict.fromkeys(("rows", "relation"), (-0.01, 0.1)))
    assert none.summary.startswith("8.1 points lost on the target, but too few labels to tell why: 300 labelled")
