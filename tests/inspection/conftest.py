"""A table of both domains as users have them, and its report."""

import numpy as np
import pytest
from made_shifts import TARGET, N
from threadpoolctl import threadpool_limits

from sktl.inspection import DomainReport


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """No threads for trees of a few hundred rows: waiting for each other on a busy machine costs ten times the work."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def mixed():
    """Numbers, texts with odd characters, gaps, two sources, some target labels, as a pandas frame."""
    pandas = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(size=(N, 3)), columns=["age", '<b>rent</b> & "more"', "height " * 9])
    frame["age"] += TARGET
    frame["city"] = np.where(TARGET, rng.choice(["Bonn", "Lyon", "Oslo"], N), rng.choice(["Bonn", "Lyon", "Tu<rin"], N))
    frame.loc[rng.random(N) < 0.1, "height " * 9] = np.nan
    y = np.where(frame["age"] + rng.normal(size=N) > 0.5, "yes", "no").astype(object)
    y[TARGET & (rng.random(N) < 0.5)] = None
    return frame, y, np.where(TARGET, "target", np.where(np.arange(N) < 150, "north", "south"))


@pytest.fixture(scope="session")
def report(mixed):
    return DomainReport.from_data(*mixed)
