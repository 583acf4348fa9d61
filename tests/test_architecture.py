"""The structure that design.md promises: import order, public names, docstrings, and what importing sktl costs."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from battery import domains_for
from discovery import estimator_classes, instances, missing_extra, public_modules
from numpydoc.docscrape import FunctionDoc, get_doc_object

import sktl

PACKAGE = Path(sktl.__file__).parent
FAMILIES = ("instance", "feature", "parameter", "relation", "network")
# a part may import what stands in a row above its own, or the same part
RANKS = [
    {"exceptions"},
    {"_checks", "_files", "_progress", "_threads", "_words"},
    {"_core"},
    {"domains"},
    {"_tables"},
    {"base"},
    {"metrics", "datasets"},
    set(FAMILIES),
    {"calibration"},
    {"model_selection"},
    {"inspection"},
    {"comparison"},
    {"cli"},
    {"__main__"},
]
RANK = {part: rank for rank, row in enumerate(RANKS) for part in row}
SHARED = (
    "_core",
    "_checks",
    "_files",
    "_progress",
    "_tables",
    "_threads",
    "_words",
)  # private to sktl, shared by its parts
TESTS = Path(__file__).parent
TEST_FILES = sorted(path for path in TESTS.rglob("*.py") if path.name != Path(__file__).name)
BENCHMARKS = sorted((TESTS.parent / "benchmarks").glob("*.py"))
CONTRACTS = "".join(path.read_text() for path in (PACKAGE / "base").glob("*.py"))
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path):
    """First name below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path):
    """Parts of sktl that a file imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the part they name"
            names = [node.module] if node.module != "sktl" else [f"sktl.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name == "sktl":
                yield "sktl"
            elif name.startswith("sktl."):
                yield name.split(".")[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_left(path):
    own = part_of(path)
    assert own in RANK, f"{own} is not in the layout: say where it stands"
    for part in imported_parts(path):
        if own in ("cli", "__main__") and part not in RANK:
            continue  # the command line may use the names that `sktl` itself offers
        assert part == own or RANK[part] < RANK[own], f"sktl.{own} may not import sktl.{part}"


def test_the_import_rule_can_fail(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("from sktl.feature import TCA\nimport sktl.instance\nfrom sktl import metrics\n")
    assert list(imported_parts(bad)) == ["feature", "instance", "metrics"]


def private_imports(path):
    """(part, name) of each private module or name of another part that a file imports."""
    own = part_of(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, (ast.ImportFrom, ast.Import)):
            continue
        module = (getattr(node, "module", None) or "").split(".")
        for alias in node.names:
            name = [*filter(None, module), *alias.name.split(".")]
            elsewhere = name[0] == "sktl" and len(name) > 2 and name[1] not in (own, *SHARED)
            if elsewhere and any(part.startswith("_") for part in name[2:]):
                yield ".".join(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_private_names_stay_inside_their_part(path):
    assert list(private_imports(path)) == []


def test_the_rule_of_private_names_can_fail(monkeypatch):
    path = PACKAGE / "cli" / "bad.py"
    text = "from sktl.feature._tca import TCA\nfrom sktl._core.kernels import Kernel\nimport sktl.cli._output\n"
    monkeypatch.setattr(Path, "read_text", lambda path: text)
    assert list(private_imports(path)) == ["sktl.feature._tca.TCA"]


# --- private names in tests and benchmarks ---


def reached_names(tree):
    """(dotted name or attribute, line) of all that a script reaches: names of sktl, and ``_attributes`` of objects.

    Names of sktl stand in imports, in attributes of what was imported, and in strings that are such a name and nothing
    else (for monkeypatch). Attributes of ``self`` are the class's own.
    """
    bound, chains = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sktl":
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}", node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "sktl":
                    bound[alias.asname or "sktl"] = alias.name if alias.asname else "sktl"
                    yield alias.name, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"sktl(\.\w+)+", node.value):
                yield node.value, node.lineno
        elif isinstance(node, ast.Attribute):
            chains.add(node)
    for node in chains:
        root, *rest = ast.unparse(node).split(".")
        if root in bound:
            yield ".".join([bound[root], *rest]), node.lineno
        elif re.fullmatch(r"_[a-z]\w*[a-z0-9]", node.attr) and root not in ("self", "cls", "super()"):
            yield node.attr, node.lineno


OF_NAMED_TUPLES = ("_asdict", "_replace")  # public all the same: named so as not to meet the names of fields


def is_private(name):
    """Whether a name of sktl, or an attribute, is private: below the modules that all parts share, or elsewhere."""
    first, *parts = name.split(".")
    if first == "sktl" and parts and parts[0] in SHARED:
        parts = parts[1:]
    parts = parts if first == "sktl" else [first]
    return any(part.startswith("_") and not part.startswith("__") and part not in OF_NAMED_TUPLES for part in parts)


def mirrored(path):
    """Modules that a test file mirrors by its place: ``sktl/a/_x.py`` or ``sktl/a/x.py`` for ``tests/a/test_x.py``."""
    folder = path.relative_to(TESTS).parts[:-1]
    stem = path.stem.removeprefix("test_")
    return [".".join(("sktl", *folder, name)) for name in (stem, f"_{stem}")]


def text_of(module):
    """Source of a module, or nothing where there is none of this name."""
    path = PACKAGE.parent / Path(*module.split("."))
    return "".join(file.read_text() for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists())


def strangers(path, tree):
    """Private names that a test file has no right to reach."""
    own = mirrored(path)
    hooks = "".join(text_of(module) for module in own) + CONTRACTS
    for name, line in reached_names(tree):
        if not is_private(name):
            continue
        if name.startswith("sktl."):
            fine = any(name == module or name.startswith(f"{module}.") for module in own)
        else:
            fine = re.search(rf"\b{name}\b", hooks)
        if not fine:
            yield f"line {line}: {name}"


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_a_test_reaches_private_names_of_its_module_alone(path):
    """Private names of the module that a test file mirrors may be used in it, and no others.

    ``tests/part/test_x.py`` mirrors ``sktl/part/_x.py`` (or ``x.py``, or that package). The modules that all parts
    share (``_core`` and so on) are public by their names to tests as to the parts; an ``_underscored`` name in them is
    private. An ``_attribute`` of an object may be asked if the mirrored module has it, or if it is a hook of the
    contracts in ``sktl/base``, which every part fills in.
    """
    assert list(strangers(path, ast.parse(path.read_text()))) == []


def test_the_rule_of_tests_can_fail():
    code = """
import sktl.feature
from sktl._core import kernels
from sktl.feature._tca import TCA
from sktl.feature._jda import JDA
kernels.Kernel(), kernels._rbf_block_function()
monkeypatch.setattr("sktl.feature._jda.leading", sktl.feature._jda.leading)
JDA()._fit_labels(), JDA()._needs_target_labels, self._mine, JDA()._repr_html_()
"""
    found = list(strangers(TESTS / "feature" / "test_tca.py", ast.parse(code)))
    assert sorted(found) == [
        "line 5: sktl.feature._jda.JDA",
        "line 6: sktl._core.kernels._rbf_block_function",
        "line 7: sktl.feature._jda",
        "line 7: sktl.feature._jda.leading",
        "line 7: sktl.feature._jda.leading",
        "line 8: _fit_labels",
    ]
    assert len(list(strangers(TESTS / "_core" / "test_kernels.py", ast.parse(code)))) == 6


#: Benchmarks that look into one part, which they may then reach: which part, and why.
INSIDE = {
    "shift_kinds.py": ("sktl.inspection.report.", "thousands of verdicts without the rest of the report"),
    "_score_pairs.py": ("_question", "what a model said of a pair is kept, so that formulas are judged without a fit"),
    "expected_score.py": ("sktl.model_selection._expected_", "formulas of what was kept"),
}


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.name)
def test_benchmarks_use_public_names(path):
    """A benchmark shows what a user can have: public names, and those of the modules that all parts share."""
    part, _ = INSIDE.get(path.name, ("sktl._core.", ""))
    found = [(name, line) for name, line in reached_names(ast.parse(path.read_text())) if is_private(name)]
    assert [f"line {line}: {name}" for name, line in found if not name.startswith((part, "sktl._core."))] == []


#: The only places that change the filters of warnings, and why they may: the filters are the whole process's.
CHANGES_FILTERS = {
    "_threads.py": "quiet: one thread at a time",
    "comparison/_files.py": "reads a file for the command, which is one thread",
    "comparison/_protocols.py": "lists the warnings of a whole fit; joblib's workers of the command are processes",
    "inspection/report/_labels.py": "lists the warnings of whole fits for the report, which is one thread",
    "inspection/report/_sample.py": "a whole fit for the report, which is one thread",
}


def test_filters_of_warnings_are_changed_in_known_places_only():
    change = re.compile(r"\b(catch_warnings|simplefilter|filterwarnings|resetwarnings)\(")
    found = {str(path.relative_to(PACKAGE)) for path in FILES if change.search(path.read_text())}
    assert found == set(CHANGES_FILTERS)


def local_tasks(tree):
    """Lines on which joblib gets a task that can't be sent to another process: a function made inside a function."""
    for outer in ast.walk(tree):
        calls = [node for node in ast.walk(outer) if isinstance(node, ast.Call)] * isinstance(outer, ast.FunctionDef)
        spread = [call for call in calls if getattr(call.func, "id", "") == "Parallel"]
        if all(any(option.arg == "require" for option in call.keywords) for call in spread):
            continue  # nothing is spread, or over threads of this process alone
        inner = {node.name for node in ast.walk(outer) if isinstance(node, ast.FunctionDef)}
        for call in calls:
            if getattr(call.func, "id", "") == "delayed":
                task = call.args[0]
                if isinstance(task, ast.Lambda) or getattr(task, "id", None) in inner:
                    yield call.lineno


def test_tasks_of_joblib_can_be_sent_to_any_process():
    """The backend "multiprocessing" pickles by name."""
    assert {path.name: lines for path in FILES if (lines := list(local_tasks(ast.parse(path.read_text()))))} == {}


def test_the_rule_of_tasks_can_fail():
    text = "def f():\n    def g(): pass\n    Parallel({})(delayed(g)() for _ in 'ab')"
    assert list(local_tasks(ast.parse(text.format("n_jobs=2")))) == [3]
    assert list(local_tasks(ast.parse(text.format("n_jobs=2, require='sharedmem'")))) == []


def test_no_private_scikit_learn():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sklearn"):
                names = [*node.module.split("."), *(alias.name for alias in node.names)]
                assert not any(name.startswith("_") for name in names), f"{path.name} imports {node.module}: {names}"


@pytest.mark.parametrize("module", list(public_modules()), ids=lambda module: module.__name__)
def test_all_is_complete(module):
    if module.__name__ in ("sktl.__main__",):
        return
    names = module.__all__
    assert len(set(names)) == len(names)
    for name in names:
        assert hasattr(module, name)
    own = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and (value.__module__ == module.__name__ or module.__file__.endswith("__init__.py"))
        and value.__module__.startswith("sktl")
    }
    # domains and calibration show users a few names, and sktl's own parts more
    for_parts = ("sktl.cli", "sktl.domains", "sktl.calibration")
    if module.__file__.endswith("__init__.py") and module.__name__ not in for_parts:
        assert own <= set(names), f"{module.__name__}.__all__ lacks {sorted(own - set(names))}"


def public_callables():
    """Every public function and class, by its full name."""
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value


def parameters_of(function):
    """Names in a signature, as numpydoc writes them."""
    names = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        prefix = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        names.append(prefix + parameter.name)
    return names


def documented(doc):
    """Names in a docstring's Parameters, with 'a, b : type' taken apart."""
    return [name.strip() for entry in doc["Parameters"] for name in entry.name.split(",")]


@pytest.mark.parametrize(
    "name, value", sorted(dict(public_callables()).items()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_docstrings_name_the_parameters(name, value):
    doc = get_doc_object(value)
    assert doc["Summary"], f"{name} has no summary"
    if inspect.isabstract(value) or not name.startswith("sktl") or issubclass_of_exception(value):
        return
    assert documented(doc) == parameters_of(value), name
    if not name.startswith("sktl.cli") and not name.startswith("sktl.base.Base"):
        assert doc["Examples"], f"{name} has no example"


def issubclass_of_exception(value):
    return inspect.isclass(value) and issubclass(value, BaseException)


@pytest.mark.parametrize("name, cls", estimator_classes().items(), ids=lambda v: v if isinstance(v, str) else "")
def test_methods_are_documented(name, cls):
    for method, function in inspect.getmembers(cls, inspect.isfunction):
        if method.startswith("_") or not function.__module__.startswith("sktl"):
            continue
        doc = FunctionDoc(inspect.unwrap(function))
        assert doc["Summary"], f"{name}.{method} has no summary"
        assert documented(doc) == parameters_of(function), f"{name}.{method}"


@pytest.mark.parametrize("name, cls", estimator_classes().items(), ids=lambda v: v if isinstance(v, str) else "")
def test_fitted_attributes_are_documented(name, cls, two_domains):
    listed = {n.strip() for entry in get_doc_object(cls)["Attributes"] for n in entry.name.split(",")}
    for estimator in instances(light=False):  # here each default is fitted as it is
        if type(estimator) is cls and not missing_extra(estimator):
            X, y, kwargs = domains_for(estimator, two_domains)
            fitted = estimator.fit(X, y, **kwargs)
            found = {key for key in vars(fitted) if key.endswith("_") and not key.startswith("_")}
            assert found <= listed, f"{name} does not document {sorted(found - listed)}"


@pytest.mark.parametrize("name, cls", estimator_classes().items(), ids=lambda v: v if isinstance(v, str) else "")
def test_at_most_two_classes_of_ours_stand_above_an_estimator(name, cls):
    above = [base.__name__ for base in cls.__mro__[1:] if base.__module__.startswith("sktl.")]
    assert len(above) <= 2, f"{name} is read in {len(above) + 1} files: {above}"


def modules_after(statement):
    """Names of the modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_import_brings_nothing_slow():
    loaded = modules_after("import sktl") - modules_after(
        "import sklearn"
    )  # which imports pandas where it is installed
    for heavy in (
        "cvxpy",
        "matplotlib",
        "pandas",
        "polars",
        "ot",
        "dask",
        "distributed",
        "mlxtend",
        "pooch",
        "pyarrow",
    ):
        assert heavy not in loaded, f"import sktl imports {heavy}"


def test_import_changes_no_setting():
    code = """
import logging, os, warnings
import joblib, numpy, scipy.sparse.linalg, sklearn.metrics, sklearn.model_selection, sklearn.pipeline

def state():
    kept = sklearn.get_config(), numpy.geterr(), numpy.get_printoptions(), numpy.random.get_state()[1].tolist()
    return *kept, list(warnings.filters), dict(os.environ), logging.root.level, list(logging.root.handlers)

before = state()
import sktl
assert state() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_version_is_the_package_s():
    metadata = importlib.import_module("importlib.metadata")
    assert metadata.version("sktl") == sktl.__version__
