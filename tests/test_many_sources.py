"""The page on several sources says what happens: sources of three names against the same rows under one."""

import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest
from battery import domains_for, outcome
from discovery import instances, missing_extra
from sklearn.base import clone

DOCS = Path(__file__).parents[1] / "docs"


def page_script():
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("many_sources", DOCS / "many_sources.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    assert (DOCS / "many_sources.md").read_text() == page_script().page(), "python docs/many_sources.py"


def test_the_list_names_members():
    script = page_script()
    assert set(script.APART) <= {name for _, name in script.members()}


NEED_PAIRS = ("DirectStandardization", "PiecewiseDirectStandardization", "SpectralSpaceTransformation")
ONE_EACH = list(
    {type(e): e for e in instances(["default"]) if "sample_domain" in inspect.signature(e.fit).parameters}.values()
)


@pytest.mark.filterwarnings("ignore")  # whatever few rows of a source bring
@pytest.mark.parametrize("estimator", ONE_EACH, ids=lambda e: type(e).__name__)
def test_sources_are_told_apart_where_the_page_says_so(estimator, two_domains):
    if missing_extra(estimator):
        pytest.skip(missing_extra(estimator))
    X, y, _ = domains_for(estimator, two_domains)
    target = np.isnan(two_domains[1])
    rows = np.arange(len(X))
    third, fourth = ~target & (rows % 3 == 1), ~target & (rows % 3 == 2)
    X = X + 2.0 * third[:, None] * [1, 0, 0, -1, 0] + fourth[:, None]  # sources that lie elsewhere
    one = np.where(target, "target", "lab")
    many = np.select([third, fourth], ["field", "ship"], one)
    more = {}
    if type(estimator).__name__ in NEED_PAIRS:
        estimator, more = (
            clone(estimator).set_params(reference="lab"),
            {"sample_id": np.where(target, rows - 101, rows // 3)},
        )
    said = []
    for domain in (one, many):
        np.random.seed(0)
        said.append(np.asarray(outcome(clone(estimator).fit(X, y, sample_domain=domain, **more), X[target])))
    alike = said[0].shape == said[1].shape and np.allclose(*said, rtol=1e-6, atol=1e-9)
    assert alike == (type(estimator).__name__ not in page_script().APART)
