"""What every candidate of ``main_job.py`` says, kept in files so that a run can be stopped and rules judged again."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from _main_job_pairs import pairs

from sktl.comparison import METHODS, Comparison
from sktl.comparison._compare import choose_baseline, floor_of
from sktl.comparison._protocols import answers_of
from sktl.exceptions import InputError
from sktl.model_selection import TargetScoreEstimator
from sktl.parameter import HypothesisTransferClassifier, HypothesisTransferRegressor

SOURCE_ROWS, TEST_ROWS = 600, 500
LEAST_TEST = 60  # rows of TARGET without a label that a score needs
LABELS = (50, 0, 200, 20)  # the order of a run: what matters most first
PLAIN = ("pooled", "pooled-trees")
SHARE = 0.25  # of the target in the variants that weigh it less


@dataclass(frozen=True)
class Cell:
    """A pair, how many labels of the target are known, and which draw of rows it is."""

    name: str
    n_labels: int
    draw: int

    @property
    def file(self):
        """Name of its file."""
        return f"{self.name.replace(' ', '_')}.{self.n_labels}.{self.draw}.npz"


def cells(n_draws):
    """All cells, the first draw of all first; reversed tables have one draw."""
    for draw in range(n_draws):
        for n_labels in LABELS:
            yield from (Cell(name, n_labels, draw) for name, _ in pairs() if draw == 0 or not name.endswith("back"))


def drawn(pair, n_labels, draw):
    """Source rows, and target rows of which ``n_labels`` keep their label; the others' labels; None of too few rows."""
    rng = np.random.default_rng(draw)
    source = pair.source.iloc[rng.permutation(len(pair.source))[:SOURCE_ROWS]].reset_index(drop=True)
    rows = rng.permutation(len(pair.target))[: n_labels + TEST_ROWS]
    if len(rows) - n_labels < LEAST_TEST:
        return None
    target = pair.target.iloc[rows].reset_index(drop=True)
    truth = target[pair.label].to_numpy().copy()
    target[pair.label] = target[pair.label].astype(object).where(np.arange(len(target)) < n_labels, None)
    if np.issubdtype(pair.source[pair.label].dtype, np.number):
        target[pair.label] = target[pair.label].astype(float)
    return source, target, truth


def light_params(y, target, setting):
    """Weigh the target's labels as a quarter of all, where they are fewer."""
    share = max(SHARE, target.mean())
    return {"model__sample_weight": np.where(target, share / (1 - share) * (~target).sum() / target.sum(), 1.0)}


def variants(protocol, draw):
    """Candidates that the command does not have: judged here alone, the slow ones in one draw."""
    light = [replace(METHODS[name], name=f"light {name}", fit_params=light_params) for name in PLAIN[: 2 - (draw > 0)]]
    models = [(name, protocol.fit_final(METHODS[name])) for name in ("source-only", "source-trees")]
    start = [(name, model) for name, model in models if hasattr(model, "predict")]

    def build(setting):
        return setting.pick(HypothesisTransferClassifier, HypothesisTransferRegressor)(start)

    both = replace(METHODS["corrected"], name="both corrected", build=build)
    return [*light, both]


def truths(problem, truth):
    """True labels of all target rows as the problem numbers them."""
    values = truth[problem.row[problem.target]]
    if problem.labels.classes is None:
        return values.astype(float)
    codes = {str(label): k for k, label in enumerate(problem.labels.classes)}
    return np.array([codes.get(str(value), -1) for value in values], dtype=float)


def say(model, X, setting):
    """Answers, and the second of two classes' probability (NaN where there is none)."""
    answers = answers_of(model, X, setting)
    chance = np.full(len(X), np.nan)
    if setting.n_classes == 2 and hasattr(model, "predict_proba") and len(model.classes_) == 2:
        chance = model.predict_proba(X)[:, 1]
    return np.stack([answers, chance])


def run_method(method, protocol, rest):
    """What it says of the rows that judge, and, fitted on all that it may see, of the ``rest`` of the target."""
    setting, X = protocol.setting, protocol.problem.X
    model = protocol.fit_final(method)
    if protocol.uses_labels and method.learns_from == "source":
        judged = say(model, X.iloc[protocol.scored], setting)
    else:
        judged = np.stack([protocol.predict(method, 1)[0], np.full(len(protocol.scored), np.nan)])
    return judged, say(model, X.iloc[rest], setting)


def expectations(protocol):
    """Expected score of the source's models, with the ends of its interval; of each whether it can't be judged."""
    problem, setting, found = protocol.problem, protocol.setting, {}
    y = np.where(problem.target, np.nan, problem.y)
    for name in ("source-only", "source-trees"):
        model = TargetScoreEstimator(METHODS[name].build(setting), scoring=setting.metric.name, cv=3)
        e = model.fit(problem.X, y, sample_domain=problem.target).estimate_
        found[name] = [e.value, e.low, e.high, bool(e.reason), e.by_method]
    return found


def run_cell(cell, load):
    """Arrays of a cell, and a record; or the reason why there are none."""
    pair = load()
    rows = drawn(pair, cell.n_labels, cell.draw)
    if rows is None:
        return {}, {"skipped": "too few rows"}
    source, target, truth = rows
    comparison = Comparison.from_tables(source, target, pair.label)
    ranked, on_source = choose_baseline(comparison.methods, comparison.protocol)
    setting = replace(comparison.protocol.setting, trees=ranked[0].name == "source-trees")
    protocol, problem = replace(comparison.protocol, setting=setting), comparison.problem
    targets = np.flatnonzero(problem.target)
    rest = targets[np.isnan(problem.y[targets])]
    arrays = {"truth": protocol.truth, "rest": truths(problem, truth)[np.isnan(problem.y[targets])]}
    arrays["constant|judged"] = np.stack([protocol.floor(), np.full(len(protocol.scored), np.nan)])
    arrays["source labels"] = problem.y[~problem.target]
    seconds, failed = {}, {}
    tried = [m for m in ranked if not m.reason_to_skip(setting.task, protocol.uses_labels)]
    for method in [*tried, *(variants(protocol, cell.draw) if protocol.uses_labels else [])]:
        start = time.perf_counter()
        try:
            arrays[f"{method.name}|judged"], arrays[f"{method.name}|rest"] = run_method(method, protocol, rest)
        except Exception as error:  # another candidate may do; the table counts them
            failed[method.name] = str(error)[:200]
        seconds[method.name] = time.perf_counter() - start
    expected = {} if protocol.uses_labels else expectations(protocol)
    record = {
        "expected": expected,
        "group": pair.group,
        "task": setting.task,
        "metric": setting.metric.name,
        "baseline": ranked[0].name,
        "source": {name: outcome.score for name, outcome in on_source.items()},
        "floor": floor_of(protocol).score,
        "overlap": float(comparison._overlap()),
        "seconds": seconds,
        "failed": failed,
    }
    return arrays, record


def fill(folder, n_draws, limit):
    """Run the cells that the folder lacks, until ``limit`` seconds have passed."""
    folder, loaders, stop = Path(folder), dict(pairs()), time.time() + limit
    folder.mkdir(parents=True, exist_ok=True)
    for cell in cells(n_draws):
        path = folder / cell.file
        if path.exists():
            continue
        if time.time() > stop:
            return
        start = time.process_time()
        try:
            arrays, record = run_cell(cell, loaders[cell.name])
        except InputError as error:
            arrays, record = {}, {"refused": str(error)}
        record["cpu"] = time.process_time() - start
        print(f"{cell.file:<44} {record['cpu']:.1f} s {record.get('refused', record.get('skipped', ''))}", flush=True)
        small = {name: np.asarray(values, dtype=np.float32) for name, values in arrays.items()}
        np.savez_compressed(path.with_suffix(".part.npz"), record=json.dumps(record), **small)
        path.with_suffix(".part.npz").rename(path)


def read(folder):
    """Yield (cell, record, arrays) of a folder."""
    for path in sorted(Path(folder).glob("*.npz")):
        if path.name.endswith(".part.npz"):
            continue
        name, n_labels, draw = path.name.removesuffix(".npz").rsplit(".", 2)
        with np.load(path) as file:
            arrays = {key: file[key].astype(float) for key in file.files if key != "record"}
            yield Cell(name, int(n_labels), int(draw)), json.loads(str(file["record"])), arrays
