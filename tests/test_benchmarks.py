"""Benchmarks are too long for the tests, so that their names are checked instead: imports, and keywords of calls."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


def imported(tree):
    """What a script imports from sktl, by the name it has there."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sktl":
            module = importlib.import_module(node.module)
            for alias in node.names:
                value = getattr(module, alias.name, None) or importlib.import_module(f"{node.module}.{alias.name}")
                found[alias.asname or alias.name] = value
    return found


def called(node, names):
    """The sktl object that a call calls by its name (or by ``module.name``), or None."""
    if isinstance(node.func, ast.Name):
        return names.get(node.func.id)
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        module = names.get(node.func.value.id)
        return getattr(module, node.func.attr) if inspect.ismodule(module) else None
    return None


def strangers(tree):
    """Keywords of calls that what is called does not know."""
    names = imported(tree)
    for node in ast.walk(tree):
        value = called(node, names) if isinstance(node, ast.Call) else None
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        known = inspect.signature(value).parameters
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
            continue
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg not in known:
                yield f"line {node.lineno}: {value.__name__} has no {keyword.arg}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_benchmark_uses_names_that_exist(path):
    assert list(strangers(ast.parse(path.read_text()))) == []


def test_the_check_can_fail():
    tree = ast.parse(
        "from sktl import metrics\nfrom sktl.feature import TCA\nTCA(3, mew=1)\nmetrics.mmd(1, 2, bias=True)"
    )
    assert list(strangers(tree)) == ["line 3: TCA has no mew", "line 4: mmd has no bias"]
