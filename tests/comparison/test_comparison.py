import numpy as np
import pytest

from sktl.comparison import Comparison


@pytest.fixture
def far_tables():
    """A source and a target six deviations away; no target label."""
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    rng = np.random.default_rng(0)
    source, target = (
        pandas.DataFrame(rng.normal(size=(n, 2)) + place, columns=["a", "b"]) for n, place in ((83, 0), (71, [6, 0]))
    )
    return source.assign(up=source["a"] + 0.1 * rng.normal(size=83) > 0), target


def test_without_labels_and_without_overlap_nothing_is_judged(far_tables):
    source, target = far_tables
    choice = Comparison.from_tables(source, target, "up", methods="tca,coral,target-only").run()
    assert choice.chosen.name == choice.verdict.chosen == "source-only" and choice.overlap < 0.1
    assert [outcome.name for outcome in choice.outcomes if outcome.scored] == ["source-only"]
    assert [row[2] + row[4] + row[-1] for row in choice.cells()[1]] == ["--can't be judged"]
    assert "cannot be judged: the tables hardly overlap (SOURCE covers about" in str(choice.expected)
    assert "whether transfer helps can't be judged: SOURCE covers only about" in " ".join(choice.words())
    skipped = next(line for line in choice.remarks() if "can't be judged: SOURCE covers" in line)
    assert "tca" in skipped and "coral" in skipped
    assert len(choice.predict()) == 71


def test_target_labels_judge_whatever_the_source_covers(far_tables):
    source, target = far_tables
    choice = Comparison.from_tables(source, target.assign(up=target["b"] > 0), "up", methods="coral").run()
    assert np.isnan(choice.overlap) and not choice.verdict.unknown
    assert all(outcome.scored for outcome in choice.outcomes)
