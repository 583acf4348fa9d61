"""Two tables as users have them, and what the tests of the command line share."""

import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="the cli extra (pandas) is not installed")

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


def two_moons_apart(n_source, n_target, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_source + n_target, 2))
    table = pd.DataFrame(X, columns=["a", "b"]).assign(mood=(X[:, 0] + 0.3 * rng.normal(size=len(X)) > 0).astype(int))
    table.loc[n_source:, "a"] += 0.7
    return table[:n_source], table[n_source:]


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


def bare(page):
    """A page without what its cells carry for screen readers and phones."""
    return re.sub(r' (role|data-column)="[^"]*"', "", page)
