"""Every parameter of every public class and function: in a table, checked in one clear sentence, of one notion."""

import importlib.util
import inspect
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from discovery import estimator_classes, instances, missing_extra, public_modules
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from sktl._checks import constraints_of

DOCS = Path(__file__).parents[1] / "docs"
#: Arguments of functions that are data: read as data, not as options.
DATA = {"X", "y", "X_source", "X_target", "y_source", "y_target", "y_proba", "y_true", "sample_domain", "source"}
DATA |= {"target", "rows", "argv", "prior_target", "proba_target", "ax", "weights", "true_weights", "sample_weight"}
DATA |= {"sample_id", "table"}

#: Values that fit required options, where another option is looked at.
FITTING = {"estimator": LogisticRegression(), "before": LogisticRegression(), "after": LogisticRegression()}
FITTING |= {"label": "y", "path": "table.csv", "values": [1.0], "fit": print, "guess": [], "held_out": []}
FITTING |= {"rng": np.random.RandomState(0), "n_folds": 2, "labels": [], "losses": {}, "usual": "a", "others": []}
FITTING |= {"rivals": [], "alpha": 0.05, "column": "site"}
FITTING |= {"report": SimpleNamespace(to_html=print)}


class Wrong:
    """A value of no use to any parameter."""

    def __repr__(self):
        return "<a wrong value>"


def parameters(cls):
    """Names of the parameters of a class."""
    return list(inspect.signature(cls).parameters)


@pytest.mark.parametrize("name, cls", estimator_classes().items(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_parameter_of_a_class_is_in_its_table(name, cls):
    table = constraints_of(cls)
    assert set(parameters(cls)) <= set(table), f"{name} says nothing of {sorted(set(parameters(cls)) - set(table))}"


def each_parameter():
    """(class, parameter, an instance) of all."""
    seen = {}
    for estimator in instances(["default"]):
        seen.setdefault(type(estimator), estimator)
    return [
        pytest.param(estimator, name, id=f"{cls.__name__}-{name}")
        for cls, estimator in seen.items()
        for name in parameters(cls)
    ]


@pytest.mark.parametrize("estimator, name", each_parameter())
def test_a_wrong_typed_value_is_one_clear_sentence(estimator, name, two_domains):
    if missing_extra(estimator):
        pytest.skip(missing_extra(estimator))
    X, _, y_true = two_domains
    target = np.isnan(two_domains[1])
    values = [Wrong()]
    if isinstance(inspect.signature(type(estimator)).parameters[name].default, bool):
        values += ["no", 1]  # truthy, and no boolean
    for value in values:
        wrong = clone(estimator)
        setattr(wrong, name, value)
        with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b.*{value!r}"):
            wrong.fit(X, y_true, sample_domain=target) if _takes_domain(wrong) else wrong.fit(X, y_true)


def _takes_domain(estimator):
    return "sample_domain" in inspect.signature(estimator.fit).parameters


def functions():
    """Every public function, and every ``from_...`` of a public class that is no estimator, by name."""
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            # those of the contracts are for developers: they pass on what an estimator has checked
            if inspect.isfunction(value) and not module.__name__.startswith(("sktl.cli", "sktl.base")):
                yield f"{module.__name__}.{name}", value
            if inspect.isclass(value) and value not in estimator_classes().values():
                for maker, function in inspect.getmembers(value, inspect.ismethod):
                    if maker.startswith("from_"):
                        yield f"{module.__name__}.{name}.{maker}", function


@pytest.mark.parametrize("name, function", dict(functions()).items(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_option_of_a_function_is_in_its_table(name, function):
    table = getattr(function, "_constraints", {})
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    options = {p.name for p in inspect.signature(function).parameters.values() if p.kind not in kinds} - DATA
    assert options <= set(table), f"{name} says nothing of {sorted(options - set(table))}"
    for option in options:
        values = [Wrong()]
        default = inspect.signature(function).parameters[option].default
        values += ["no", 1] if isinstance(default, bool) else []
        for value in values:
            with pytest.raises((TypeError, ValueError), match=rf"\b{option}\b.*{value!r}"):
                _call(function, **{option: value})


def _call(function, **given):
    """Call with nothing but one option: options are checked before any data is looked at."""
    needed = [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    return function(**{name: FITTING.get(name) for name in needed} | given)


def test_the_table_of_parameters_is_up_to_date():
    spec = importlib.util.spec_from_file_location("parameters", DOCS / "parameters.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == (DOCS / "parameters.md").read_text(), "run python docs/parameters.py"
