import numpy as np
import pytest
from two_tables import pd

from sktl.comparison import split_by_domain, split_by_time
from sktl.exceptions import InputError


def test_by_domain():
    table = pd.DataFrame({"site": [1.0] * 12 + [2.0] * 11 + [None] * 2 + [3.0] * 13, "x": range(38)})
    sources, target, notes = split_by_domain(table, "site", "2")
    assert {name: rows["x"].tolist() for name, rows in sources.items()} == {
        "1": list(range(12)),
        "3": list(range(25, 38)),
    }
    assert target.index.tolist() == list(range(12, 23)) and list(target) == ["x"]
    assert notes == ["left out, since their 'site' is missing: 2 rows"]
    named = table.assign(site=np.where(table["x"] < 20, "target", "A"))
    assert set(split_by_domain(named, "site", "A")[0]) == {"site=target"}


@pytest.mark.parametrize("write", ["%Y-%m-%d", "%d.%m.%Y", None])
def test_by_time(write):
    when = pd.Series(pd.date_range("2011-12-20", periods=30))
    when[4] = None
    table = pd.DataFrame({"when": when.dt.strftime(write) if write else when, "x": range(30)})
    for start in ("2012-01", "2012", "2012-01-01", "1.1.2012" if write == "%d.%m.%Y" else "2012-01-01 00:00"):
        source, target, notes = split_by_time(table, "when", start)
        assert source["x"].tolist() == [j for j in range(12) if j != 4] and target["x"].tolist() == list(range(12, 30))
        assert notes == ["left out, since their 'when' is missing: 1 row"] and list(source) == ["when", "x"]


def test_errors():
    table = pd.DataFrame({"site": ["VA"] * 12 + ["Bonn"] * 5, "year": [2010] * 12 + [2011] * 5, "x": range(17)})
    for call, args, words in (
        (split_by_domain, ("cite", "VA"), "--domain cite: the table has no such column. Did you mean 'site'?"),
        (
            split_by_domain,
            ("site", "va"),
            "--target 'va': column 'site' has no such value; it has 'Bonn', 'VA'.",
        ),
        (split_by_domain, ("site", "VA"), "SOURCE has 5 rows;"),
        (split_by_domain, ("site", "Bonn"), "TARGET has 5 rows;"),
        (split_by_time, ("year", "May"), "--from must be a number, as the column of times is; got 'May'."),
        (
            split_by_time,
            ("year", "2011"),
            "--from '2011': 5 rows of column 'year', whose times are 2010.0 to",
        ),
        (split_by_time, ("site", "2011"), "--time site: the column holds text, no times"),
    ):
        with pytest.raises(InputError, match="^" + words.replace("(", "[(]").replace("?", "[?]")):
            call(table, *args)
    dates = table.assign(when=["2011-01-01"] * 17)
    with pytest.raises(InputError, match="--from must be a date, such as .*; got 'May'"):
        split_by_time(dates, "when", "May")
    with pytest.raises(InputError, match="--domain site: all rows are 'VA'"):
        split_by_domain(table[:12], "site", "VA")
