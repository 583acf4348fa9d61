import numpy as np
import pytest
from two_tables import pd

from sktl.comparison import Comparison


def run(source, target, label="y", **options):
    return Comparison.from_tables(source, target, label, **options).run()


def table(n, label, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, 2))
    return pd.DataFrame(X, columns=["a", "b"]).assign(y=label(X))


def test_a_model_below_the_mean_is_of_no_use():
    source, target = table(83, lambda X: X[:, 0]), table(71, lambda X: 9 - X[:, 0], seed=1)
    choice = run(source, target, methods="source-only")
    assert not choice.usable and choice.floor.score == pytest.approx(0)
    assert "No usable model: it is worse than a constant on TARGET (R2 -" in " ".join(choice.words())
    assert "(--target-labels use)" not in " ".join(choice.words())  # 71 are few
    assert "What would help: 29 more labels of TARGET, or columns that say more about 'y'." in choice.words()
    assert run(source, source.assign(a=source["a"] + 0.1), methods="source-only").usable


def test_one_class_for_all_rows_is_of_no_use():
    source = table(83, lambda X: np.where(X[:, 0] > 0, "up", "down"))
    target = source.assign(a=source["a"] + 30)
    choice = run(source, target, methods="source-only")
    assert choice.useless[0] == "it predicts one class ('up') for all rows"
    choice = run(source, target.drop(columns="y"), methods="source-only")  # no label, and no overlap
    assert choice.useless == ["it predicts one class ('up') for all rows"]
    assert "What would help: labels of about 100 rows of TARGET" in " ".join(choice.words())


def test_without_labels_a_model_must_beat_a_constant_on_the_source():
    rng = np.random.default_rng(0)
    source, target = (table(n, lambda X: rng.standard_cauchy(len(X)), seed) for n, seed in ((83, 0), (71, 1)))
    choice = run(source, target.drop(columns="y"), methods="source-only")
    assert not choice.usable and "worse than a constant even on SOURCE (R2 -" in choice.useless[0]


def test_a_rare_class_is_scored_evenly_and_both_scores_are_shown():
    rng = np.random.default_rng(0)
    source, target = (
        table(n, lambda X: np.where(X[:, 0] + rng.normal(size=len(X)) > 2.2, "yes", "no"), seed)
        for n, seed in ((301, 0), (203, 1))
    )
    choice = run(source, target, methods="source-only")
    header, rows = choice.cells()
    assert header[2:4] == ["balanced accuracy on target", "accuracy"]
    assert [row[0] for row in rows] == ["source-only", "constant"]
    assert rows[1][2] == "0.500" and float(rows[1][3]) == pytest.approx(np.mean(target["y"] == "no"), abs=6e-4)
    assert choice.usable and float(rows[0][2]) > 0.65  # without even weights hardly a "yes" is predicted
    plain = run(source, target, methods="source-only", metric="accuracy")
    assert plain.cells()[0][2:4] == ["accuracy on target", "balanced accuracy"]
    assert float(rows[0][2]) > float(plain.cells()[1][0][3])


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "f1"])
def test_scores_of_probabilities(metric):
    source, target = (table(n, lambda X: X[:, 0] + 0.3 * X[:, 1] > 0, seed) for n, seed in ((83, 0), (71, 1)))
    choice = run(source, target, methods="source-only", metric=metric)
    scores = [float(row[2]) for row in choice.cells()[1]]
    assert choice.usable
    assert scores[1] > scores[0] > 0 if metric == "log_loss" else scores[0] > scores[1]


def test_losses_are_shown_as_they_are_and_gains_as_better():
    source, target = (table(n, lambda X: np.sin(3 * X[:, 0]), seed) for n, seed in ((301, 0), (203, 1)))
    choice = run(source, target, methods="source-only,source-trees", metric="rmse")
    header, rows = choice.cells()
    assert header[2:5] == ["RMSE on target", "R2", "gain over source-trees"]
    assert [row[0] for row in rows] == ["source-trees", "source-only", "constant"]
    assert float(rows[0][2]) < float(rows[1][2]) and float(rows[1][4]) < 0


def test_the_better_model_of_the_source_is_the_baseline():
    source, target = (table(n, lambda X: np.sin(3 * X[:, 0]), seed) for n, seed in ((301, 0), (203, 1)))
    choice = run(source, target, methods="scaled")
    assert choice.outcomes[0].name == "source-trees"
    assert [outcome.model for outcome in choice.outcomes if outcome.name == "scaled"] == [
        "scaled by table + boosted trees"
    ]
    assert choice.remarks()[0].startswith("baseline: source-trees (R2 on SOURCE, cross-validated: source-only ")
    straight = run(source.assign(y=source["a"]), target.assign(y=target["a"]), methods="scaled")
    assert straight.outcomes[0].name == "source-only"
