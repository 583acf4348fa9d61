"""The domain convention, to the letter: which labels are missing, what names a domain, and that nothing is lost."""

import copy
import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import read_only
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sktl import split_domains, stack_domains, target_mask
from sktl.domains import class_codes, known_labels, labeled_rows, read_domains, take_rows, warn_unconverged
from sktl.exceptions import SingleDomainWarning, UnlabeledSourceWarning

NAN = float("nan")
BIG = 2**53 + 1  # the first integer that float64 can't hold
EDGE = 2**53 - 1


def table(n):
    """n read-only rows that tell themselves apart."""
    return read_only(np.arange(2.0 * n).reshape(n, 2))


def objects(*values):
    """A read-only object array of the values, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return read_only(array)


def array(values, dtype=None):
    """A read-only array."""
    return read_only(np.array(values, dtype=dtype))


def series(values, dtype=None, index=(7, 7, 3, 0)):
    """A pandas Series whose index is neither sorted nor unique."""
    return pd.Series(values, dtype=dtype, index=list(index)[: len(values)])


def assert_same(left, right):
    """Equal in kind, type and every value, with missing equal to missing."""
    assert type(left) is type(right)
    if isinstance(left, np.ndarray):
        assert left.dtype == right.dtype and left.shape == right.shape
        assert repr(left.tolist()) == repr(right.tolist())
    elif isinstance(left, pd.Series):
        pd.testing.assert_series_equal(left, right)
    elif isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    elif isinstance(left, pl.Series | pl.DataFrame):
        assert left.equals(right)
    elif sparse.issparse(left):
        assert left.dtype == right.dtype and (left != right).nnz == 0
    else:
        assert repr(left) == repr(right)


# --- missing labels: oracles ---

#: id -> (y, its missing rows, the labels of the others, the kind of dtype that they come back in)
MISSING = {
    "float64": (array([0, NAN, 2, NAN]), "_x_x", [0, 2], "i"),
    "float32": (array([0, NAN, 2, 1], np.float32), "_x__", [0, 2, 1], "i"),
    "float16": (array([NAN, 3], np.float16), "x_", [3], "i"),
    "float, not integral": (array([0, NAN, 2.5]), "_x_", [0, 2.5], "f"),
    "float, beyond int64": (array([1e20, NAN]), "_x", [1e20], "f"),
    "float, inf": (array([np.inf, NAN, 1]), "_x_", [np.inf, 1], "f"),
    "float, -1": (array([-1, NAN, 1]), "_x_", [-1, 1], "i"),
    "object, every missing": (objects("a", None, NAN, pd.NA, pd.NaT, np.float32(NAN), ""), "_xxxxx_", ["a", ""], "O"),
    "object of ints": (objects(3, None, BIG), "_x_", [3, BIG], "i"),
    "object of numpy ints": (objects(np.int8(3), pd.NA, np.int64(BIG)), "_x_", [3, BIG], "i"),
    "object of bools": (objects(True, None, False), "_x_", [True, False], "b"),
    "object of floats": (objects(0.5, None, 1.0), "_x_", [0.5, 1.0], "f"),
    "object of integral floats": (objects(2.0, None, 1.0), "_x_", [2, 1], "i"),
    "object of big int and float": (objects(BIG, None, 1.0), "_x_", [BIG, 1.0], "O"),
    "object of strings and ints": (objects("a", NAN, 1), "_x_", ["a", 1], "O"),
    "list of ints": ([0, None, 2], "_x_", [0, 2], "i"),
    "list of floats": ([0.0, NAN, 2.0], "_x_", [0, 2], "i"),
    "list of bools": ([True, NAN, False], "_x_", [True, False], "b"),
    "list of big ints": ([BIG, NAN, 1], "_x_", [BIG, 1], "i"),
    "list of strings": (["a", NAN, "nan"], "_x_", ["a", "nan"], "O"),
    "list with pd.NA": ([1, pd.NA, 0], "_x_", [1, 0], "i"),
    "tuple": ((1, None, 0), "_x_", [1, 0], "i"),
    "Series float": (series([0, NAN, 2, 1]), "_x__", [0, 2, 1], "i"),
    "Series object": (series(["a", None, NAN, "b"], object), "_xx_", ["a", "b"], "O"),
    "Series object of bools": (series([True, None, False], object), "_x_", [True, False], "b"),
    "Series string": (series(["a", None, "", "b"], "string"), "_x__", ["a", "", "b"], "O"),
    "Series str by default": (series(["a", None, "", "b"]), "_x__", ["a", "", "b"], "O"),
    "Series Int64": (series([BIG, None, 2, 1], "Int64"), "_x__", [BIG, 2, 1], "i"),
    "Series UInt8": (series([255, None], "UInt8"), "_x", [255], "u"),
    "Series boolean": (series([True, None, False], "boolean"), "_x_", [True, False], "b"),
    "Series Float64": (series([0.5, None, 2], "Float64"), "_x_", [0.5, 2], "f"),
    "Series category": (series(["b", None, "a"], "category"), "_x_", ["b", "a"], "O"),
    "Series category of ints": (series([5, None, 4], "category"), "_x_", [5, 4], "i"),
    "pandas array": (pd.array([BIG, None, 1], dtype="Int64"), "_x_", [BIG, 1], "i"),
    "pandas Categorical": (pd.Categorical(["b", None, "a"]), "_x_", ["b", "a"], "O"),
    "pandas Index": (pd.Index(["b", None, "a"], dtype=object), "_x_", ["b", "a"], "O"),
    "polars int": (pl.Series([BIG, None, 1]), "_x_", [BIG, 1], "i"),
    "polars float": (pl.Series([0.5, None, NAN, 1]), "_xx_", [0.5, 1], "f"),
    "polars bool": (pl.Series([True, None, False]), "_x_", [True, False], "b"),
    "polars string": (pl.Series(["a", None, ""]), "_x_", ["a", ""], "O"),
    "polars categorical": (pl.Series(["b", None, "a"], dtype=pl.Categorical), "_x_", ["b", "a"], "O"),
    "polars enum": (pl.Series(["b", None, "a"], dtype=pl.Enum(["a", "b"])), "_x_", ["b", "a"], "O"),
    "2-d float": (array([[0, 1], [NAN, NAN]]), "_x", [[0, 1]], "i"),
    "2-d object": (objects(*"abcd", None, NAN).reshape(3, 2), "__x", [["a", "b"], ["c", "d"]], "O"),
    "2-d list of strings": ([["a", "b"], [NAN, NAN]], "_x", [["a", "b"]], "O"),
    "one column": (array([[0.0], [NAN]]), "_x", [[0]], "i"),
    "DataFrame": (pd.DataFrame({"p": [1, NAN], "q": [2.5, None]}, index=[4, 4]), "_x", [[1, 2.5]], "f"),
    "polars DataFrame": (pl.DataFrame({"p": [1, None], "q": ["x", None]}), "_x", [[1, "x"]], "O"),
}


@pytest.mark.parametrize("y, rows, labels, kind", MISSING.values(), ids=MISSING)
def test_missing_labels_are_the_target_and_the_others_keep_their_type(y, rows, labels, kind):
    before = copy.deepcopy(y)
    target = np.array([row == "x" for row in rows])
    assert_same(target_mask(table(len(rows)), y), target)
    known = known_labels(y, ~target)
    assert known.tolist() == labels and known.dtype.kind == kind
    assert {type(value) for value in np.ravel(known.tolist())} == {type(value) for value in np.ravel(labels)}
    assert_same(y, before)


#: Labels that look as if they were missing.
PRESENT = {
    "-1": array([-1, 1, -1]),
    "-1.0": array([-1.0, 1.0]),
    "inf": array([np.inf, -np.inf, 0.0]),
    "least int": array([np.iinfo(np.int64).min, 0]),
    "int8": array([-128, 127], np.int8),
    "uint8": array([0, 255], np.uint8),
    "bool": array([False, True]),
    "empty string": array(["", "a"]),
    "words": objects("nan", "None", "NA", "<NA>", "NaT", "null"),
    "object of falsy": objects(0, False, "", 0.0),
    "list of words": ["", "nan"],
    "Series": series([-1, 0]),
    "Series of words": series(["", "nan"]),
    "Series Int64": series([-1, 0], "Int64"),
    "polars of words": pl.Series(["", "nan"]),
    "polars inf": pl.Series([np.inf, -1.0]),
    "2-d": array([[-1, 0], [0, 0]]),
    "no labels at all": None,
}


@pytest.mark.parametrize("y", PRESENT.values(), ids=PRESENT)
def test_other_labels_are_never_missing(y):
    n = 3 if y is None else len(y)
    with pytest.warns(SingleDomainWarning, match="No label is missing and no sample_domain was passed: all"):
        domains = read_domains(table(n), y)
    assert domains.single and domains.labeled.all() and domains.source.all() and not domains.target.any()
    assert domains.names.tolist() == ["source"] * n


@pytest.mark.parametrize("kind", [array, series, pl.Series, list], ids=lambda kind: kind.__name__)
def test_floats_without_nan_stay_floats(kind):
    known = known_labels(kind([1.0, 2.0]), np.array([True, True]))
    assert known.tolist() == [1.0, 2.0] and known.dtype.kind == "f"


def test_floats_beside_nan_stay_floats_for_a_regressor():
    assert known_labels(array([1.0, NAN]), np.array([True, False]), discrete=False).dtype == np.float64


@pytest.mark.parametrize(
    "y",
    [
        array([[0, 1], [1, NAN], [NAN, NAN]]),
        [[0, 1], [None, 1], [None, None]],
        pd.DataFrame({"p": ["a", "b", None], "q": ["a", None, None]}),
        pl.DataFrame({"p": [1, 2, None], "q": ["a", None, None]}),
    ],
    ids=["array", "list", "pandas", "polars"],
)
def test_a_row_labelled_in_some_outputs_is_an_error(y):
    with pytest.raises(ValueError, match="Row 1 of y has some of its 2 outputs missing.*Drop such rows, or fit one"):
        target_mask(table(3), y)


def test_the_order_of_rows_and_the_names_of_labels_do_not_matter():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 101).astype(float)
    y[rng.random(101) < 0.4] = NAN
    target = target_mask(table(101), read_only(y))
    order = rng.permutation(101)
    assert_array_equal(target_mask(table(101), y[order]), target[order])
    assert_array_equal(target_mask(table(101), [None if v != v else f"class {v}" for v in y]), target)


# --- sample_domain: oracles ---

TRUE_LAST = ["source", "source", "target"]

#: id -> (sample_domain of 3 rows, the names of the rows)
FORMS = {
    "bool": (array([False, False, True]), TRUE_LAST),
    "list of bools": ([False, False, True], TRUE_LAST),
    "object of bools": (objects(False, np.bool_(False), True), TRUE_LAST),
    "Series bool": (series([False, False, True]), TRUE_LAST),
    "Series boolean": (series([False, False, True], "boolean"), TRUE_LAST),
    "polars bool": (pl.Series([False, False, True]), TRUE_LAST),
    "int": (array([0, 7, -1]), [0, 7, "target"]),
    "int8": (array([0, 127, -128], np.int8), [0, 127, "target"]),
    "list of ints": ([0, 7, -1], [0, 7, "target"]),
    "tuple of ints": ((0, 7, -1), [0, 7, "target"]),
    "object of ints": (objects(0, np.int64(7), -3), [0, 7, "target"]),
    "Series int": (series([0, 7, -1]), [0, 7, "target"]),
    "Series Int64": (series([0, 7, -1], "Int64"), [0, 7, "target"]),
    "Series category of ints": (series([0, 7, -1], "category"), [0, 7, "target"]),
    "pandas array": (pd.array([0, 7, -1]), [0, 7, "target"]),
    "polars int": (pl.Series([0, 7, -1]), [0, 7, "target"]),
    "string": (array(["lab", "field", "target"]), ["lab", "field", "target"]),
    "object": (objects("lab", "field", "target"), ["lab", "field", "target"]),
    "list of strings": (["lab", "field", "target"], ["lab", "field", "target"]),
    "Series string": (series(["lab", "field", "target"], "string"), ["lab", "field", "target"]),
    "Series category": (series(["lab", "field", "target"], "category"), ["lab", "field", "target"]),
    "pandas Index": (pd.Index(["lab", "field", "target"]), ["lab", "field", "target"]),
    "polars string": (pl.Series(["lab", "field", "target"]), ["lab", "field", "target"]),
    "polars categorical": (pl.Series(["lab", "f", "target"], dtype=pl.Categorical), ["lab", "f", "target"]),
    "spelled otherwise": (["Target", "targets", "target"], ["Target", "targets", "target"]),
    "ints beside the name": ([-1, 2023, "target"], [-1, 2023, "target"]),
    "other labels": (objects(("lab", 1), frozenset("a"), "target"), [("lab", 1), frozenset("a"), "target"]),
    "list of other labels": ([("lab", 1), ("lab", 2), "target"], [("lab", 1), ("lab", 2), "target"]),
}


@pytest.mark.parametrize("y", [None, array([0, 1, 1]), array([0, 1, NAN]), array([NAN, 1, 0])], ids=str)
@pytest.mark.parametrize("sample_domain, names", FORMS.values(), ids=FORMS)
def test_forms_of_sample_domain(sample_domain, names, y):
    before = copy.deepcopy(sample_domain)
    domains = read_domains(table(3), y, sample_domain)
    assert domains.names.tolist() == names and not domains.single
    assert_same(domains.target, np.array([False, False, True]))
    assert_array_equal(domains.source, ~domains.target)
    assert_array_equal(domains.labeled, [True] * 3 if y is None else ~np.isnan(y))  # labels and domains are two things
    assert_same(target_mask(table(3), y, sample_domain), domains.target)
    assert_same(sample_domain, before)


def test_the_mask_is_not_the_callers_own_array():
    domain = np.array([True, False])
    assert not np.shares_memory(target_mask(table(2), None, domain), domain)


#: id -> (sample_domain, y, the names of the rows): no row says "target"
FALLBACK = {
    "one domain unlabelled": (list("abb"), [1, None, None], ["a", "target", "target"]),
    "two domains unlabelled": (list("abc"), [1, None, None], ["a", "target", "target"]),
    "a source with gaps": (list("aab"), [1, None, None], ["a", "a", "target"]),
    "several sources": (list("abc"), [NAN, 1.0, 0.0], ["target", "b", "c"]),
    "scattered": (list("abab"), [NAN, 1.0, NAN, NAN], ["target", "b", "target", "b"]),
    "integers": ([0, 1, 1], [1, None, None], [0, "target", "target"]),
    "unsigned": (array([255, 1, 1], np.uint8), ["x", None, None], [255, "target", "target"]),
    "polars": (pl.Series(list("abb")), pl.Series(["x", None, None]), ["a", "target", "target"]),
}


@pytest.mark.parametrize("sample_domain, y, names", FALLBACK.values(), ids=FALLBACK)
def test_if_none_is_named_the_unlabelled_domains_are_the_target(sample_domain, y, names):
    domains = read_domains(table(len(names)), y, sample_domain)
    assert domains.names.tolist() == names
    assert domains.target.tolist() == [name == "target" for name in names]


def test_a_named_target_goes_before_unlabelled_domains():
    domains = read_domains(table(4), [None, 1, 0, None], ["a", "b", "target", "target"])
    assert domains.names.tolist() == ["a", "b", "target", "target"]
    assert domains.labeled.tolist() == [False, True, True, False]


def test_no_label_is_needed_where_sample_domain_tells():
    assert target_mask(table(2), [None, None], ["a", "target"]).tolist() == [False, True]


KINDS = r"booleans \(True = target\), integers \(negative = target\) or names \('target'\); got dtype float64\. Convert"
WAY_OUT = r"Mark target rows 'target' \(or True, or a negative integer\), or leave their labels missing\."

#: id -> (sample_domain of 3 rows, y, error, its sentence)
WRONG = {
    "short": ([True, False], None, ValueError, r"one value per row, shape \(3,\); got shape \(2,\)"),
    "2-d": (np.zeros((3, 1), bool), None, ValueError, r"one value per row, shape \(3,\); got shape \(3, 1\)"),
    "frame": (pd.DataFrame({"d": [1, 2, -1]}), None, ValueError, r"value per row, shape \(3,\); got shape \(3, 1\)"),
    "one name": ("target", None, ValueError, r"one value per row, shape \(3,\); got shape \(\)"),
    "pairs": ([("a", 1), ("a", 2), ("b", 1)], None, ValueError, r"one value per row, shape \(3,\); got shape \(3, 2\)"),
    "None": (["a", None, "target"], None, ValueError, "missing in row 1: every row needs a domain. Name it, or drop"),
    "NaN in a list": ([0, -1, NAN], None, ValueError, "missing in row 2"),
    "NaN": (array([0, NAN, -1]), None, ValueError, "missing in row 1"),
    "NA": (series([0, None, -1], "Int64"), None, ValueError, "missing in row 1"),
    "NA among categories": (series(["a", None, "target"], "category"), None, ValueError, "missing in row 1"),
    "null": (pl.Series([None, True, False]), None, ValueError, "missing in row 0"),
    "floats": (array([0.0, -1.0, -1.0]), None, TypeError, KINDS),
    "object of floats": (objects(0.0, -1.0, -1.0), None, TypeError, KINDS),
    "ints and floats": ([0, 1.5, -1], None, TypeError, KINDS),
    "polars floats": (pl.Series([0.0, -1.0, 1.0]), None, TypeError, KINDS),
    "dates": (np.array(["2023", "2024", "2024"], "datetime64[D]"), None, TypeError, "got dtype datetime64"),
    "no target": (list("ABA"), [1, 2, 3], ValueError, r"no target: found the domains \['A', 'B'\], none.*" + WAY_OUT),
    "no target, gaps": (list("ABA"), [1, 2, None], ValueError, r"no target: found the domains \['A', 'B'\], none of"),
    "no target, no y": (list("ABA"), None, ValueError, r"no target: found the domains \['A', 'B'\], none of"),
    "no target, no label": (list("ABA"), [NAN] * 3, ValueError, r"no target: found the domains \['A', 'B'\], all of"),
    "no negative": ([2, 0, 2], [1, 2, 3], ValueError, r"no target: found the domains \[0, 2\], none of them entirely"),
    "unsigned": (np.array([2, 0, 255], np.uint8), None, ValueError, r"no target: found the domains \[0, 2, 255\]"),
    "all False": ([False] * 3, [1, 2, NAN], ValueError, r"no target: found the domains \[False\]"),
    "capitals": (["a", "Target", "a"], None, ValueError, r"no target: found the domains \['Target', 'a'\]"),
    "no source": (["target"] * 3, None, ValueError, r"no source: all 3 rows are target rows .*\['target'\]\). Give"),
    "all True": ([True] * 3, [1, 2, NAN], ValueError, r"no source: all 3 rows are target rows \(domains \[True\]\)"),
    "all negative": ([-1, -2, -1], None, ValueError, r"no source: all 3 rows are target rows \(domains \[-1, -2\]\)"),
}


@pytest.mark.parametrize("sample_domain, y, error, sentence", WRONG.values(), ids=WRONG)
def test_wrong_sample_domain(sample_domain, y, error, sentence):
    with pytest.raises(error, match=f"sample_domain .*{sentence}"):
        target_mask(table(3), y, sample_domain)


def test_only_ten_domains_are_listed():
    with pytest.raises(ValueError, match=re.escape("'d08', 'd09', ...], none")):
        target_mask(table(99), None, [f"d{i:02}" for i in range(99)])


@pytest.mark.parametrize(
    "y", [array([NAN] * 3), [None] * 3, series([None] * 3), pl.Series([None] * 3), np.full((3, 2), NAN)], ids=type
)
def test_all_labels_missing_is_an_error(y):
    with pytest.raises(ValueError, match="labels of all 3 rows are missing, .* one source row is needed. Pass"):
        target_mask(table(3), y)


@pytest.mark.parametrize("y", [[0, None], array([0.0, 1, 1, NAN]), pl.Series([1])], ids=len)
@pytest.mark.parametrize("sample_domain", [None, [True, False, False]], ids=str)
def test_another_number_of_labels_is_an_error(y, sample_domain):
    with pytest.raises(ValueError, match=f"X and y must have the same number of rows: X has 3, y has {len(y)}."):
        target_mask(table(3), y, sample_domain)
    with pytest.raises(ValueError, match=f"X has 3, y has {len(y)}."):
        labeled_rows(table(3), y)


@pytest.mark.parametrize("function", [target_mask, split_domains])
def test_the_warning_points_at_the_users_line(function):
    with pytest.warns(SingleDomainWarning) as caught:
        function(table(2), [0, 1])  # this line
    assert caught[0].filename == __file__
    with open(__file__) as lines:
        assert lines.readlines()[caught[0].lineno - 1].strip().endswith("# this line")


# --- stack_domains ---


def test_stack_two_domains():
    X, y, domain = stack_domains(source=(table(3), array([1, 0, 1])), target=table(2))
    assert_same(X, np.concatenate([table(3), table(2)]))
    assert_same(y, np.array([1, 0, 1, NAN, NAN]))
    assert_same(domain, np.array(["source"] * 3 + ["target"] * 2, dtype=object))


def test_stack_named_sources_in_their_order():
    sources = {"z": (table(1), ["x"]), 2023: (table(2), ["y", "x"]), ("a", 1): (table(1), ["y"])}
    X, y, domain = stack_domains(sources, (table(2), [None, "x"]))
    assert X.shape == (6, 2) and y.tolist() == ["x", "y", "x", "y", None, "x"]
    assert domain.tolist() == ["z", 2023, 2023, ("a", 1), "target", "target"]
    assert target_mask(X, y, domain).tolist() == [False] * 4 + [True] * 2


#: id -> (labels a domain, the target's last; the stacked labels; their dtype)
STACKED = {
    "ints": ([[1, 2], [3]], [1, 2, 3], np.int64),
    "int8": ([array([1, 2], np.int8), array([-1], np.int8)], [1, 2, -1], np.int8),
    "uint8 and nothing": ([array([1, 255], np.uint8), None], [1, 255, NAN], np.float64),
    "int8 and NaN": ([array([1, -128], np.int8), [NAN]], [1, -128, NAN], np.float64),
    "ints, the first unlabelled": ([None, [3], [4]], [NAN, 3, 4], np.float64),
    "ints and floats": ([[1, 2], [0.5]], [1, 2, 0.5], np.float64),
    "ints and inf": ([[1, 2], [np.inf, NAN]], [1, 2, np.inf, NAN], np.float64),
    "float32": ([array([1, 2.5], np.float32), array([1], np.float32)], [1, 2.5, 1], np.float32),
    "huge floats and ints": ([[1e300], [1, None]], [1e300, 1, NAN], np.float64),
    "the last that floats hold": ([[EDGE, -EDGE], None], [EDGE, -EDGE, NAN], np.float64),
    "big ints": ([[BIG], [3]], [BIG, 3], np.int64),
    "big ints and nothing": ([[BIG, -BIG], None], [BIG, -BIG, None], object),
    "big ints with gaps": ([[BIG, NAN], [3]], [BIG, None, 3], object),
    "big ints beside floats": ([[BIG], [0.5]], [BIG, 0.5], object),
    "big ints beside uint64": ([[BIG], array([BIG], np.uint64)], [BIG, BIG], object),
    "big Int64": ([series([BIG, None], "Int64"), None], [BIG, None, None], object),
    "big polars ints": ([pl.Series([BIG, None]), None], [BIG, None, None], object),
    "bools": ([[True, False], [True]], [True, False, True], bool),
    "bools and nothing": ([[True, False], None], [True, False, None], object),
    "bools with gaps": ([objects(True, None), [False]], [True, None, False], object),
    "boolean": ([series([True, None], "boolean"), None], [True, None, None], object),
    "strings": ([array(["a", "bcd"]), array(["ef"])], ["a", "bcd", "ef"], "<U3"),
    "strings and nothing": ([["a", "b"], None], ["a", "b", None], object),
    "strings with gaps": ([["a", NAN], [pd.NA, "b"]], ["a", None, None, "b"], object),
    "strings and ints": ([["a"], [1], None], ["a", 1, None], object),
    "array and list of strings": ([array(["a"]), ["b"]], ["a", "b"], object),
    "category and polars": ([series(["a", "b"], "category"), pl.Series(["c", None])], ["a", "b", "c", None], object),
    "partly labelled target": ([[1, 2], [NAN, 1.0]], [1, 2, NAN, 1], np.float64),
    "target of None": ([[1, 2], [None]], [1, 2, NAN], np.float64),
    "two outputs": ([array([[1, 2]]), [[3, 4]]], [[1, 2], [3, 4]], np.int64),
    "two outputs and nothing": ([array([[1, 2]]), None], [[1, 2], [NAN, NAN]], np.float64),
    "two outputs of strings": ([[["a", "b"]], [[None, None]]], [["a", "b"], [None, None]], object),
}


@pytest.mark.parametrize("labels, stacked, dtype", STACKED.values(), ids=STACKED)
def test_stacked_labels_lose_nothing(labels, stacked, dtype):
    before = copy.deepcopy(labels)
    parts = [(table(1 if y is None else len(y)), y) for y in labels]
    X, y, domain = stack_domains(dict(enumerate(parts[:-1])), parts[-1])
    assert_same(y, np.array(stacked, dtype=dtype))
    assert repr(y.tolist()) == repr(np.array(stacked, dtype=dtype).tolist())  # True is not 1, 1.0 is not 1
    for left, right in zip(labels, before, strict=True):
        assert_same(left, right)
    sources, target = split_domains(X, y, domain)
    for (_, returned), given in zip([*sources.values(), target], labels, strict=True):
        if given is None:
            assert returned is None
        elif returned is not None:
            absent = ~labeled_rows(table(len(given)), given)
            assert_array_equal(~labeled_rows(table(len(given)), returned), absent)
            assert known_labels(returned, ~absent).tolist() == known_labels(given, ~absent).tolist()


# --- split_domains: the inverse ---


def frame_of(library, n, offset=0):
    """Mixed columns: numbers, words with a gap, booleans; categories in pandas."""
    columns = {"x": [float(i + offset) for i in range(n)], "word": ["a", None, "b", "a"][:n], "flag": [True] * n}
    data = library.DataFrame(columns)
    return data.astype({"word": pd.CategoricalDtype(["a", "b"])}) if library is pd else data


#: id -> a function of (number of rows, offset) that makes a table
TABLES = {
    "array": lambda n, offset: read_only(np.arange(3.0 * n).reshape(n, 3) + offset),
    "float32": lambda n, offset: read_only((np.arange(3 * n).reshape(n, 3) + offset).astype(np.float32)),
    "object": lambda n, offset: read_only(np.array([["a", offset], [None, 1]] * n, dtype=object)[:n]),
    "1-d": lambda n, offset: read_only(np.arange(n) + offset),
    "csr_matrix": lambda n, offset: sparse.csr_matrix(np.eye(n, 3) * (offset + 1)),
    "csr_array": lambda n, offset: sparse.csr_array(np.eye(n, 3) * (offset + 1)),
    "pandas": lambda n, offset: frame_of(pd, n, offset),
    "polars": lambda n, offset: frame_of(pl, n, offset),
}


def reset(X):
    """Stacking gives rows a new index."""
    return X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else X


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_split_is_the_inverse_of_stack(make):
    X_lab, X_field, X_target = make(4, 0), make(1, 10), make(2, 20)
    given = {"lab": (X_lab, array(list("abca"))), "field": (X_field, array(["c"]))}
    before = copy.deepcopy(given)
    sources, target = split_domains(*stack_domains(given, X_target))
    assert list(sources) == ["lab", "field"] and target[1] is None
    assert_same(reset(target[0]), X_target)
    for name, (X, y) in sources.items():
        assert_same(reset(X), given[name][0])
        assert y.tolist() == given[name][1].tolist()
        assert_same(given[name][0], before[name][0])


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_stack_is_the_inverse_of_split(make):
    X, y = make(4, 0), array([1, NAN, 0, NAN])
    source, (X_target, y_target) = split_domains(X, y)
    assert y_target is None and source["source"][1].tolist() == [1, 0]
    stacked, labels, domain = stack_domains(*(source, X_target))
    for rows, part in ((domain == "source", source["source"][0]), (domain == "target", X_target)):
        assert_same(reset(take_rows(stacked, rows)), reset(part))
    assert_array_equal(labels, [1, 0, NAN, NAN])


@pytest.mark.parametrize("seed", range(20))
def test_split_rows_scattered_at_random(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    X, y = table(n), read_only(rng.integers(0, 3, n).astype(float))
    names = np.array(["b", "a", "target", "c"], dtype=object)
    domain = read_only(np.concatenate([names, rng.choice(names, n - 4)])[rng.permutation(n)])
    sources, (X_target, y_target) = split_domains(X, y, domain)
    assert set(sources) == set("abc")
    assert list(sources) == [name for name in dict.fromkeys(domain) if name != "target"]  # in the order of appearance
    for name, (X_part, y_part) in {**sources, "target": (X_target, y_target)}.items():
        assert_same(X_part, X[domain == name])
        assert_same(y_part, y[domain == name])  # floats, as none is missing


@pytest.mark.parametrize("container", [sparse.csc_matrix, sparse.coo_matrix, sparse.csc_array, sparse.coo_array])
def test_other_sparse_formats_become_csr(container):
    dense = np.array([[0, 1.0], [2, 0], [0, 0]])
    X, y, domain = stack_domains((container(dense), [0, 1, 1]), container(dense[:1]))
    assert X.format == "csr" and type(X).__name__.endswith(container.__name__[4:])
    assert_array_equal(X.toarray(), dense[[0, 1, 2, 0]])
    sources, (X_target, _) = split_domains(container(dense), [0, None, 1])
    assert_array_equal(sources["source"][0].toarray(), dense[[0, 2]])
    assert_array_equal(X_target.toarray(), dense[[1]])


def test_lists_become_arrays():
    X, y, domain = stack_domains(source=([[0.0], [1.0]], ["a", "b"]), target=[[3.0]])
    assert_same(X, np.array([[0.0], [1.0], [3.0]]))
    sources, (X_target, y_target) = split_domains([[0.0], [1.0], [3.0]], ["a", "b", None])
    assert_same(sources["source"][0], np.array([[0.0], [1.0]]))
    assert_same(sources["source"][1], np.array(["a", "b"], dtype=object))
    assert_same(X_target, np.array([[3.0]]))
    assert y_target is None


@pytest.mark.parametrize(
    "y, known",
    [([1.0, 0.0, NAN], [1, 0]), ([0.5, 1.0, NAN], [0.5, 1.0]), (objects(True, False, None), [True, False])],
    ids=["integral", "floats", "bools"],
)
def test_split_restores_the_type_of_labels(y, known):
    sources, _ = split_domains(table(3), y)
    assert_same(sources["source"][1], np.array(known))


def test_split_without_labels_or_in_one_domain():
    sources, target = split_domains(table(3), None, ["a", "target", "b"])
    assert sources["a"][1] is None and sources["b"][1] is None and target[1] is None
    with pytest.warns(SingleDomainWarning):
        sources, (X_target, y_target) = split_domains(table(3), [0, 1, 2])
    assert_array_equal(sources["source"][0], table(3))
    assert X_target.shape == (0, 2) and y_target is None


def test_split_keeps_gaps_and_labels_on_both_sides():
    y = objects("a", None, "b", None, "c", None)
    sources, (X_target, y_target) = split_domains(table(6), y, ["s", "s", "u", "v", "target", "target"])
    assert sources["s"][1].tolist() == ["a", None] and sources["u"][1].tolist() == ["b"] and sources["v"][1] is None
    assert y_target.tolist() == ["c", None]


@pytest.mark.parametrize("sample_domain", [[False, True], [3, -1], ["s", "target"], [("s", 1), "target"]], ids=str)
def test_split_takes_every_form(sample_domain):
    sources, (X_target, _) = split_domains(table(2), [1, 0], sample_domain)
    assert list(sources) == [sample_domain[0] or "source"]
    assert_array_equal(X_target, table(2)[1:])


# --- frames ---


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_columns_are_matched_by_name(library):
    source, target = frame_of(library, 4), frame_of(library, 2, 10)
    shuffled = target[["flag", "x", "word"]]
    X, _, _ = stack_domains((source, [0, 1, 0, 1]), shuffled)
    assert list(X.columns) == ["x", "word", "flag"] and list(shuffled.columns) == ["flag", "x", "word"]
    assert_same(X, stack_domains((source, [0, 1, 0, 1]), target)[0])
    assert [str(kind) for kind in X.dtypes] == [str(kind) for kind in source.dtypes]


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_columns_that_differ_are_an_error(library):
    source = library.DataFrame({"a": [1], "b": [2], "c": [3]})
    with pytest.raises(ValueError, match=r"same columns; not in all of them: \['b', 'd'\]"):
        stack_domains((source, [0]), library.DataFrame({"a": [1], "d": [2], "c": [3]}))


def test_a_column_name_may_come_twice():
    source = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    X, y, domain = stack_domains((source, [0, 1]), source)
    assert X.shape == (4, 2)
    assert_array_equal(X, np.concatenate([source, source]))


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_integers_beside_floats_widen(library):
    X, _, _ = stack_domains((library.DataFrame({"a": [1, 2]}), [0, 1]), library.DataFrame({"a": [0.5, 1.5]}))
    assert X["a"].to_list() == [1.0, 2.0, 0.5, 1.5]


def test_other_categories_keep_every_value():
    source, target = (pd.DataFrame({"a": pd.Categorical(values)}) for values in (["x", "y"], ["z", "y"]))
    assert stack_domains((source, [0, 1]), target)[0]["a"].tolist() == ["x", "y", "z", "y"]


def test_an_index_that_repeats_does_not_matter():
    X = pd.DataFrame({"a": [1, 2, 3]}, index=[0, 0, 0])
    y = pd.Series([1, None, 0], index=[5, 5, 1])  # another index than X's: rows go by their place
    sources, (X_target, _) = split_domains(X, y)
    assert sources["source"][0]["a"].tolist() == [1, 3] and X_target["a"].tolist() == [2]
    stacked, _, _ = stack_domains((X, y.fillna(1)), X)
    assert stacked.index.tolist() == list(range(6))


def test_children_of_frames_are_frames():
    class Table(pd.DataFrame):
        """What geopandas does."""

        _constructor = property(lambda self: Table)

    X = Table({"a": [1, 2], "b": [3, 4]})
    assert take_rows(X, np.array([True, False])).columns.tolist() == ["a", "b"]
    assert stack_domains((X, [0, 1]), X)[0].columns.tolist() == ["a", "b"]


# --- errors of stack_domains ---

ROWS = np.zeros((2, 2))
CSR = sparse.csr_matrix(ROWS)

#: id -> (source, target, error, its sentence)
UNSTACKABLE = {
    "no tuple": (
        [ROWS, [0, 1]],
        ROWS,
        TypeError,
        r"tuple \(X_source, y_source\) or a dict of name -> \(X, y\); got list",
    ),
    "X alone": (ROWS, ROWS, TypeError, "got ndarray"),
    "three": ((ROWS, [0, 1], [1, 1]), ROWS, TypeError, "got tuple"),
    "no source": ({}, ROWS, TypeError, "got a dict without entries"),
    "dict of X": ({"a": ROWS}, ROWS, TypeError, "got dict"),
    "named target": ({"target": (ROWS, [0, 1])}, ROWS, ValueError, "may not be named 'target'.*Choose another name"),
    "empty source": ((ROWS[:0], []), ROWS, ValueError, "'source' has no rows; each domain needs at least one"),
    "empty named": ({"a": (ROWS, [0, 1]), "b": (ROWS[:0], None)}, ROWS, ValueError, "The domain 'b' has no rows"),
    "empty target": ((ROWS, [0, 1]), ROWS[:0], ValueError, "The domain 'target' has no rows"),
    "empty frame": ((pd.DataFrame({"a": []}), []), pd.DataFrame({"a": [1]}), ValueError, "'source' has no rows"),
    "labels short": ((ROWS, [0]), ROWS, ValueError, "The domain 'source' has 2 rows of X but 1 labels"),
    "target's labels": ((ROWS, [0, 1]), (ROWS, [0, 1, 1]), ValueError, "'target' has 2 rows of X but 3 labels"),
    "columns": ((ROWS, [0, 1]), ROWS[:, :1], ValueError, r"same number of columns; got \[1, 2\]"),
    "sparse columns": ((CSR, [0, 1]), CSR[:, :1], ValueError, r"same number of columns; got \[1, 2\]"),
    "sparse and dense": ((CSR, [0, 1]), ROWS, TypeError, "same kind of table; got csr_matrix, ndarray"),
    "frame and array": ((pd.DataFrame(ROWS), [0, 1]), ROWS, TypeError, "same kind of table; got DataFrame, ndarray"),
    "two libraries": ((pd.DataFrame({"a": [1]}), [0]), pl.DataFrame({"a": [1]}), TypeError, "Convert them to one kind"),
    "no labels": ((ROWS, None), ROWS, ValueError, "No domain has labels. Pass the labels of at least one"),
    "only missing labels": ((ROWS, [NAN, None]), ROWS, ValueError, "No domain has labels"),
    "outputs": ((ROWS, [[0, 1], [1, 1]]), (ROWS, [0, 1]), ValueError, r"same number of outputs; got \[\(\), \(2,\)\]"),
    "some outputs": ((ROWS, [[0, NAN], [1, 1]]), ROWS, ValueError, "Row 0 of y has some of its 2 outputs missing"),
}


@pytest.mark.parametrize("source, target, error, sentence", UNSTACKABLE.values(), ids=UNSTACKABLE)
def test_what_can_not_be_stacked(source, target, error, sentence):
    with pytest.raises(error, match=sentence):
        stack_domains(source, target)


# --- what sktl imports, and what taking rows costs ---


WITHOUT_FRAMES = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pandas", "polars"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import numpy as np, sktl
from sklearn.dummy import DummyClassifier

X, y, domain = sktl.stack_domains((np.eye(2), ["a", "b"]), np.eye(2))
sktl.split_domains(X, y, domain)
print(sktl.OnLabeled(DummyClassifier()).fit(X, y).classes_.tolist(), {"pandas", "polars"}.isdisjoint(sys.modules))
"""


def test_neither_pandas_nor_polars_is_needed():
    run = subprocess.run([sys.executable, "-c", WITHOUT_FRAMES], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['a', 'b'] True"


def test_polars_is_not_imported():
    code = "import sys, sktl; print('polars' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_take_rows_keeps_the_container(make):
    X = make(4, 0)
    assert take_rows(X, np.ones(4, dtype=bool)) is X
    some = take_rows(X, np.array([True, False, False, True]))
    assert type(some) is type(X) and some.shape[0] == 2
    assert take_rows(X, np.zeros(4, dtype=bool)).shape[0] == 0


def test_take_rows_of_a_list_stays_a_list():
    documents = ["a long one", "short", ""]
    assert take_rows(documents, np.array([True, False, True])) == ["a long one", ""]


def test_no_warning_where_domains_are_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        target_mask(table(2), [0, None])
        target_mask(table(2), [0, 1], ["a", "target"])


# --- what looks like a slip ---


def test_domains_named_the_wrong_way_round_are_told():
    X, y = np.arange(5.0)[:, None], [0, 1, 1, None, None]
    with pytest.warns(UnlabeledSourceWarning, match="No source row has a label, while 3 target rows do") as caught:
        target_mask(X, y, sample_domain=[True, True, True, False, False])
    assert caught[0].filename == __file__


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_numbers_never_become_text_by_stacking(library):
    frames = pytest.importorskip(library)
    numbers, text = frames.DataFrame({"u": [1.5, 2.5]}), frames.DataFrame({"u": ["1", None]})
    with pytest.raises(TypeError, match="Column 'u' holds numbers in one domain and text in another"):
        stack_domains((numbers, [0, 1]), text)
    nothing = frames.DataFrame({"u": [None, None]})
    assert stack_domains((text, [0, 1]), nothing)[0].shape == (4, 1)


def test_class_codes_of_every_kind_of_label():
    labeled = np.array([True, False, True, True])
    assert class_codes(None, labeled) is None
    assert class_codes([0.5, None, 1.2, 0.5], labeled) is None  # numbers are no classes
    assert class_codes([3.0, np.nan, 1.0, 3.0], labeled).tolist() == [1, -1, 0, 1]
    assert class_codes(["b", None, "a", "b"], labeled).tolist() == [1, -1, 0, 1]
    assert class_codes(np.array([[3.0], [np.nan], [1.0], [3.0]]), labeled).tolist() == [1, -1, 0, 1]
    outputs = np.array([[1.0, 0.0], [np.nan, np.nan], [0.0, 1.0], [1.0, 1.0]])  # a class a combination
    assert class_codes(outputs, labeled).tolist() == [1, -1, 0, 2]
    assert class_codes(np.array([1, None, "1", "b"], dtype=object), labeled)[1] == -1


def test_unconverged_blames_the_line_of_the_user():
    with pytest.warns(ConvergenceWarning, match="short of it") as caught:
        warn_unconverged("It ended short of it.")
    assert caught[0].filename == __file__
