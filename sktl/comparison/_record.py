"""What a comparison or a report found, for programs: plain values, None for what is not known."""

import dataclasses
import math
import platform
import sys
from importlib.metadata import version

import numpy as np

from sktl._checks import HasMethods, checked
from sktl.comparison._figures import figures
from sktl.comparison._words import COLUMNS


def versions():
    """Versions of what did the work."""
    found = {name: version(name) for name in ("numpy", "scipy", "scikit-learn")}
    return {"sktl": sys.modules["sktl"].__version__, "python": platform.python_version(), **found}


def plain(value):
    """A value in the types of strict JSON: NaN and infinities are None, records are dicts."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [plain(item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def decision_record(decision):
    """All that a :class:`Decision` found, as :func:`plain` values."""
    choice, comparison, ranking = decision.choice, decision.comparison, decision.ranking
    problem, setting = comparison.problem, choice.protocol.setting
    columns, target = problem.columns, problem.target
    sources = (
        []
        if ranking is None
        else zip(ranking.names, ranking.n_rows, ranking.distances, ranking.standard_errors, strict=True)
    )
    names = ("source", "rows", "distance", "standard_error")
    return plain(
        {
            "format": 1,
            "versions": versions(),
            "label": problem.labels.name,
            "task": setting.task,
            "classes": problem.labels.classes,
            "metric": setting.metric.name,
            "evidence": choice.protocol.evidence,
            "rows": {
                "source": int((~target).sum()),
                "target": int(target.sum()),
                "target_labels": int((target & ~np.isnan(problem.y)).sum()),
            },
            "sources": [dict(zip(names, row, strict=True)) for row in sources],
            "columns": {
                "numbers": columns.numeric,
                "categories": list(columns.levels),
                "texts": columns.words,
                "dates": list(columns.dates),
            },
            "notes": comparison.notes,
            "distance": decision.distance,
            "methods": figures(choice),
            "skipped": {outcome.name: outcome.skipped for outcome in choice.outcomes if outcome.skipped},
            "on_source": {name: setting.metric.sign * outcome.score for name, outcome in choice.source.items()},
            "overlap": choice.overlap,
            "expected": choice.expectations,
            "chosen": choice.chosen.name,
            "usable": choice.usable,
            "why_not_usable": choice.useless,
            "verdict": choice.words(),
            "advice": choice.advice(),
            "seed": setting.seed,
        }
    )


@checked(report=(HasMethods("to_html", noun="a DomainReport"),), notes=COLUMNS)
def report_record(report, notes=()):
    """All figures of a report, for programs.

    Parameters
    ----------
    report : DomainReport
    notes : list of str, default=()
        Notes on the tables.

    Returns
    -------
    dict
        Of values that strict JSON knows; None where nothing is known.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sktl.comparison import report_record, report_tables
    >>> rng = np.random.default_rng(0)
    >>> source, target = (pd.DataFrame(rng.normal(size=(40, 1)), columns=["a"]) for _ in range(2))
    >>> found = report_record(*report_tables(source, target))
    >>> found["kind"], found["n_source"], found["features"][0]["feature"]
    ('none', 40, 'a')
    """
    fields = {f.name: getattr(report, f.name) for f in dataclasses.fields(report) if f.name not in ("pictures", "map")}
    return plain({"format": 1, "versions": versions(), **fields, "notes": [*notes, *report.notes]})
