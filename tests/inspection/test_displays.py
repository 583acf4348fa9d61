import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel

from sktl import OnLabeled
from sktl.datasets import make_covariate_shift
from sktl.exceptions import MissingExtraError, SingleDomainWarning
from sktl.feature import CORAL
from sktl.inspection import (
    BoundaryDisplay,
    DomainReport,
    EmbeddingDisplay,
    FeatureShiftDisplay,
    TransferCurveDisplay,
    TransferMatrixDisplay,
    WeightDisplay,
    WitnessDisplay,
)
from sktl.instance import KMM, ImportanceWeighted, TrAdaBoostClassifier
from sktl.metrics import mmd, proxy_a_distance
from sktl.model_selection import transfer_learning_curve, transfer_matrix

N_SOURCE, N = 121, 200


@pytest.fixture(scope="module")
def data():
    return make_covariate_shift(N_SOURCE, N - N_SOURCE, random_state=0)


@pytest.fixture(autouse=True)
def figures():
    matplotlib = pytest.importorskip("matplotlib", reason="the plot extra (matplotlib) is not installed")
    matplotlib.use("Agg")
    yield
    import matplotlib.pyplot

    matplotlib.pyplot.close("all")


def drawn(display, n_axes):
    """Plot on new axes, then on given ones."""
    import matplotlib.pyplot as plt

    display.plot().figure_.canvas.draw()
    figure, given = plt.subplots(1, n_axes)
    assert display.plot(ax=given) is display
    assert display.figure_ is figure
    figure.canvas.draw()
    return display


def test_embedding_by_hand(data):
    display = EmbeddingDisplay.from_estimator(CORAL(), data.X, data.y, y_true=data.y_true)
    mapped = CORAL().fit_transform(data.X, data.y)
    expected = [proxy_a_distance(Z[:N_SOURCE], Z[N_SOURCE:]) for Z in (data.X, mapped)]
    assert_allclose(display.distances, expected)
    assert_array_equal(display.before, data.X)  # two columns need no projection
    assert_array_equal(display.after, mapped)
    drawn(display, 2)
    assert len(display.scatter_) == 8  # two pictures, two domains, two classes
    shown = np.concatenate([part.get_offsets() for part in display.scatter_[:4]])
    assert_allclose(np.sort(shown[:, 0]), np.sort(data.X[:, 0]))


def test_embedding_projects_on_the_principal_plane():
    X = np.random.default_rng(0).normal(size=(90, 5)) * [1, 5, 1, 3, 1]
    display = EmbeddingDisplay.from_estimator(CORAL(), X, np.where(np.arange(90) < 50, 0.0, np.nan))
    centred = X - X.mean(axis=0)
    values = np.linalg.eigvalsh(centred.T @ centred / 90)
    assert_allclose(display.before.var(axis=0), values[::-1][:2])


def test_weights_by_hand(data):
    display = WeightDisplay.from_estimator(KMM(), data.X, data.y, feature=1, true_weights=data.weights)
    weights = KMM().fit(data.X, data.y).weights_[:N_SOURCE]
    assert_allclose(display.weights, weights)
    assert_allclose(display.effective_sample_size, weights.sum() ** 2 / (weights**2).sum())
    assert_array_equal(display.values, data.X[:N_SOURCE, 1])
    assert_allclose(display.true_weights, data.weights[:N_SOURCE] / data.weights[:N_SOURCE].mean())
    drawn(display, 2)
    assert sum(bar.get_height() for bar in display.bars_) == N_SOURCE
    assert_allclose(display.points_.get_offsets(), np.column_stack([data.X[:N_SOURCE, 1], weights]))
    assert f"effective size {display.effective_sample_size:.0f}" in display.text_.get_text()


def test_weights_over_a_column_that_is_not_there(data):
    with pytest.raises(ValueError, match="feature=9 is not a column of X, which has 2 columns"):
        WeightDisplay.from_estimator(KMM(), data.X, data.y, feature=9)


def test_weights_refused():
    with pytest.raises(ValueError, match="weights and values must have one shape"):
        WeightDisplay.from_data([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="at least 0, and not all 0"):
        WeightDisplay.from_data([0.0, 0.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="is a name, but X has no column names"):
        WeightDisplay.from_estimator(KMM(), np.eye(12), [0.0] * 6 + [np.nan] * 6, feature="age")


def test_feature_shifts_by_hand(data):
    display = FeatureShiftDisplay.from_data(data.X, data.y)
    expected = [ks_2samp(data.X[:N_SOURCE, j], data.X[N_SOURCE:, j]).statistic for j in range(2)]
    assert display.features == ["x0", "x1"]
    assert_allclose(display.differences, expected)
    assert_array_equal(display.worst_source, data.X[:N_SOURCE, 0])
    drawn(display, 2)
    assert_allclose([bar.get_width() for bar in display.bars_], expected[::-1])
    heights, edges, _ = display.densities_[1]
    assert_allclose(np.sum(heights * np.diff(edges)), 1)


def test_feature_shifts_of_texts():
    X = np.array([["a"], ["b"]] * 30 + [["a"], ["c"]] * 20, dtype=object)
    display = drawn(FeatureShiftDisplay.from_data(X, None, np.arange(100) >= 60), 2)
    assert_allclose(display.differences, [0.5])
    assert [bar.get_height() for bar in display.densities_[0]] == [0.5, 0.5, 0]  # a, b, c by frequency


def test_witness_by_a_naive_sum(data):
    source, target = data.X[:N_SOURCE], data.X[N_SOURCE:]
    for features in ([0], [1, 0]):
        display = WitnessDisplay.from_data(source, target, features=features, gamma=0.7, resolution=9)
        a, b = source[:, features], target[:, features]
        expected = rbf_kernel(display.grid, a, 0.7).mean(axis=1) - rbf_kernel(display.grid, b, 0.7).mean(axis=1)
        assert_allclose(display.witness, expected, atol=1e-12)
        assert_allclose(display.mmd, mmd(a, b, gamma=0.7, biased=True))
        drawn(display, 1)
    with pytest.raises(ValueError, match="features must be one or two column positions below 2"):
        WitnessDisplay.from_data(source, target, features=[0, 2])


def test_witness_draws_from_all_rows_not_from_the_first():
    rng = np.random.default_rng(0)
    values = np.sort(rng.normal(size=(2 * 5000, 1)), axis=0)  # as files often are; both samples have one law
    source, target = values[::2], np.concatenate([values[1::2], values[1:2]])
    display = WitnessDisplay.from_data(source, target)
    assert len(display.X_source) == len(display.X_target) == 2000
    assert abs(display.X_source.mean()) < 0.1  # the first 2,000 have a mean of -0.97
    assert display.mmd < 0.005
    again = WitnessDisplay.from_data(source, target)
    assert_array_equal(again.X_source, display.X_source)
    assert (WitnessDisplay.from_data(source, target, random_state=1).X_source != display.X_source).any()


def test_witness_takes_columns_by_name_beside_texts():
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    rng = np.random.default_rng(0)
    frames = [
        pandas.DataFrame({"ward": ["a"] * 50, "age": rng.normal(size=50), "crp": k + rng.normal(size=50)})
        for k in (0, 1)
    ]
    display = WitnessDisplay.from_data(*frames, features=["crp", "age"], resolution=5)
    assert display.names == ["crp", "age"]
    assert_array_equal(display.X_source, frames[0][["crp", "age"]])
    assert_allclose(WitnessDisplay.from_data(*frames, features=[2], resolution=5).X_target[:, 0], frames[1]["crp"])
    with pytest.raises(ValueError, match="features has 'agee'"):
        WitnessDisplay.from_data(*frames, features=["agee"])


def test_estimators_of_another_kind_are_refused(data):
    with pytest.raises(TypeError, match=r"An embedding needs a transformer, such as CORAL\(\); LogisticRegression"):
        EmbeddingDisplay.from_estimator(LogisticRegression(), data.X, data.y)
    with pytest.raises(TypeError, match=r"a weighter of sktl.instance, .* got LogisticRegression"):
        WeightDisplay.from_estimator(LogisticRegression(), data.X, data.y)


def test_pictures_say_what_they_show(data):
    models = LogisticRegression(), LogisticRegression()
    boundary = BoundaryDisplay.from_estimator(*models, data.X, data.y, resolution=5).plot()
    legend = [text.get_text() for text in boundary.ax_[1].get_legend().get_texts()]
    assert [words for words in legend if words.startswith("predicted")] == ["predicted 0", "predicted 1"]
    X = np.array([[f"level {j % 14} {'of a long name ' * 4}"] for j in range(140)], dtype=object)
    texts = drawn(FeatureShiftDisplay.from_data(X, None, np.arange(140) >= 60), 2)
    assert texts.ax_[1].get_title() == "the 10 most frequent of 14 values"
    assert max(len(label.get_text()) for label in texts.ax_[1].get_xticklabels()) <= 24
    rng = np.random.default_rng(0)
    y, target = rng.integers(0, 2, 60), np.arange(60) >= 30
    rows, options = rng.normal(size=(60, 2)), {"n_labeled": (6,), "n_repeats": 2}
    curve = TransferCurveDisplay.from_estimator(LogisticRegression(), rows, y, target, **options).plot()
    assert curve.ax_.get_ylabel() == "accuracy"
    assert curve.ax_.get_legend().get_title().get_text() == "mean ± standard error"


def test_two_tables_are_told_to_be_stacked(data):
    source, target = data.X[:N_SOURCE], data.X[N_SOURCE:]
    for look in (DomainReport.from_data, FeatureShiftDisplay.from_data):
        for y in (target, target[:, ::-1].tolist()):
            with pytest.raises(ValueError, match=r"y looks like a second table \(79 rows, the 2 .* sktl.stack_domains"):
                look(source, y)
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    frames = [pandas.DataFrame({"age": part[:, 0]}) for part in (source, target)]
    for look in (EmbeddingDisplay, WeightDisplay):
        with pytest.raises(ValueError, match=r"y looks like a second table \(79 rows, the 1 .* sktl.stack_domains"):
            look.from_estimator(KMM(), *frames)


def test_a_curve_over_texts_names_the_way_out():
    X = np.array([["a", 1.0], ["b", 2.0]] * 30, dtype=object)
    y, target = np.arange(60) % 2, np.arange(60) >= 30
    with pytest.raises(ValueError, match="The default baseline .* or pass baseline"):
        TransferCurveDisplay.from_estimator(LogisticRegression(), X, y, target, n_labeled=(2, 5))
    with pytest.raises(ValueError, match="No target row has a label: the curve draws"):
        TransferCurveDisplay.from_estimator(LogisticRegression(), X, np.where(target, np.nan, y), target)


def test_transfer_matrix_is_the_function_s():
    rng = np.random.default_rng(0)
    y, site = rng.integers(0, 2, 90), np.repeat(["a", "b", "c"], 30)
    X = rng.normal(size=(90, 2)) + y[:, None]
    display = TransferMatrixDisplay.from_estimator(LogisticRegression(), X, y, site, cv=3)
    expected = transfer_matrix(OnLabeled(LogisticRegression()), X, y, site, cv=3)
    assert_array_equal(display.scores, expected.scores)
    drawn(display, 1)
    assert display.text_[0, 1].get_text() == f"{display.scores[0, 1]:.2f}"
    assert_array_equal(display.im_.get_array(), display.scores)


def test_boundary_by_hand(data):
    models = LogisticRegression(), ImportanceWeighted(LogisticRegression())
    display = BoundaryDisplay.from_estimator(*models, data.X, data.y, y_true=data.y_true, resolution=21)
    plain = LogisticRegression().fit(data.X[:N_SOURCE], data.y_true[:N_SOURCE])
    assert_allclose(display.scores[0], plain.score(data.X[N_SOURCE:], data.y_true[N_SOURCE:]))
    x, y = np.meshgrid(*display.grids)
    assert_array_equal(display.before.ravel(), plain.predict(np.column_stack([x.ravel(), y.ravel()])))
    adapted = ImportanceWeighted(LogisticRegression()).fit(data.X, data.y)
    assert_allclose(display.scores[1], adapted.score(data.X[N_SOURCE:], data.y_true[N_SOURCE:]))
    drawn(display, 2)
    with pytest.raises(ValueError, match="boundary needs two columns"):
        BoundaryDisplay.from_estimator(*models, data.X[:, :1], data.y)
    with pytest.raises(ValueError, match="boundary needs class labels"):
        BoundaryDisplay.from_estimator(*models, data.X, np.where(data.y >= 0, data.X[:, 0], np.nan))


def test_transfer_curve_is_the_function_s():
    rng = np.random.default_rng(0)
    y, target = rng.integers(0, 2, 120), np.arange(120) >= 60
    X = rng.normal(size=(120, 2)) + 2 * y[:, None]
    model, options = TrAdaBoostClassifier(n_estimators=3), {"n_labeled": (6, 12), "n_repeats": 3}
    display = TransferCurveDisplay.from_estimator(model, X, y, target, **options)
    expected = transfer_learning_curve(model, X, y, target, **options)
    drawn(display, 1)
    for line, (name, table) in zip(display.lines_, expected.scores.items(), strict=True):
        assert line.get_label() == name
        assert_allclose(line.get_ydata(), table.mean(axis=1))
        assert_array_equal(line.get_xdata(), [6, 12])


def test_a_size_that_a_model_cannot_do_without_is_not_drawn():
    rng = np.random.default_rng(0)
    y, target = rng.integers(0, 2, 90), np.arange(90) >= 50
    X = rng.normal(size=(90, 2)) + 2 * y[:, None]
    options = {"n_labeled": (0, 6), "n_repeats": 2}
    display = TransferCurveDisplay.from_estimator(TrAdaBoostClassifier(n_estimators=2), X, y, target, **options)
    drawn(display, 1)
    shown = {line.get_label(): np.isfinite(line.get_ydata()).tolist() for line in display.lines_}
    assert shown == {
        "transfer": [False, True],
        "source-only": [True, True],
        "target-only": [False, True],
        "pooled": [True, True],
    }


def test_names_are_those_of_the_columns(data):
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    frame = pandas.DataFrame(data.X, columns=["age", "income of the household in the year before"])
    display = BoundaryDisplay.from_estimator(*[LogisticRegression()] * 2, frame, data.y, resolution=5).plot()
    assert display.ax_[0].get_xlabel() == "age"
    assert display.ax_[0].get_ylabel() == "income of th…year before"  # names often differ at the end
    bars = FeatureShiftDisplay.from_data(frame, data.y).plot().ax_[0]
    assert [label.get_text() for label in bars.get_yticklabels()] == ["income of th…year before", "age"]


def test_legends_hide_no_data(data):
    for display in (
        EmbeddingDisplay.from_estimator(CORAL(), data.X, data.y, y_true=data.y_true),
        BoundaryDisplay.from_estimator(*[LogisticRegression()] * 2, data.X, data.y, resolution=5),
        WitnessDisplay.from_data(data.X[:N_SOURCE], data.X[N_SOURCE:], resolution=5),
    ):
        figure = display.plot().figure_
        figure.canvas.draw()
        panel = np.atleast_1d(display.ax_)[-1]
        box = panel.get_legend().get_window_extent()
        assert not box.overlaps(panel.get_window_extent())
        assert figure.bbox.x1 >= box.x1 and figure.bbox.y1 >= box.y1  # nor is it cut off


def test_axes_of_another_number_are_refused(data):
    import matplotlib.pyplot as plt

    with pytest.raises(ValueError, match="FeatureShiftDisplay draws on 2 axes; got 1"):
        FeatureShiftDisplay.from_data(data.X, data.y).plot(ax=plt.subplots()[1])


def test_computing_needs_no_matplotlib(data, monkeypatch):
    display = FeatureShiftDisplay.from_data(data.X, data.y)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"FeatureShiftDisplay.plot needs matplotlib.*sktl\[plot\]"):
        display.plot()


def test_a_report_imports_no_matplotlib():
    code = """
import sys
from sktl.datasets import make_covariate_shift
from sktl.inspection import DomainReport, FeatureShiftDisplay
data = make_covariate_shift(40, 30, random_state=0)
DomainReport.from_data(data.X, data.y)._repr_html_()
FeatureShiftDisplay.from_data(data.X, data.y)
assert "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_errors_in_the_reader_s_words(data):
    texts = np.array([["old", "x"]] * len(data.y))
    with pytest.raises(ValueError, match="X must hold numbers to be drawn .* Encode its columns first"):
        EmbeddingDisplay.from_estimator(CORAL(), texts, data.y)
    with pytest.raises(TypeError, match="X must be a table, the rows of all domains; got None"):
        EmbeddingDisplay.from_estimator(CORAL(), None, data.y)
    with pytest.warns(SingleDomainWarning), pytest.raises(ValueError, match="Two domains are needed"):
        EmbeddingDisplay.from_estimator(CORAL(), data.X, np.zeros(len(data.y)))
    with pytest.raises(TypeError, match=r"before must be .* got the class LogisticRegression. Pass an object"):
        BoundaryDisplay.from_estimator(LogisticRegression, LogisticRegression(), data.X, data.y)
    with pytest.raises(ValueError, match=r"true_weights and weights must have one shape; got \(3,\) and \(2,\)"):
        WeightDisplay.from_data([1.0, 1.0], [1.0, 2.0], true_weights=[1.0, 2.0, 3.0])
    frame = pytest.importorskip("pandas").DataFrame(data.X, columns=["a", "a"])
    with pytest.raises(ValueError, match="X has several columns with the same name"):
        FeatureShiftDisplay.from_data(frame, data.y)
