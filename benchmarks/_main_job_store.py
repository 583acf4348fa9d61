"""What every candidate of ``main_job.py`` says, kept in files so that a run can be stopped and rules judged again."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from _main_job_pairs import pairs

from sktl.comparison import METHODS, Comparison
from sktl.exceptions import InputError

SOURCE_ROWS, TEST_ROWS = 600, 500
LEAST_TEST = 60  # rows of TARGET without a label that a score needs
LABELS = (50, 0, 200, 20)  # the order of a run: what matters most first
LEFT_OUT = ("kmm",)  # without labels: half of the time


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
    if pd.api.types.is_numeric_dtype(pair.source[pair.label]):
        target[pair.label] = target[pair.label].astype(float)
    return source, target, truth


def truths(problem, truth):
    """True labels of all target rows as the problem numbers them."""
    values = truth[problem.row[problem.target]]
    if problem.labels.classes is None:
        return values.astype(float)
    codes = {str(label): k for k, label in enumerate(problem.labels.classes)}
    return np.array([codes.get(str(value), -1) for value in values], dtype=float)


def run_cell(cell, load):
    """Arrays of a cell, and a record; or the reason why there are none."""
    pair = load()
    rows = drawn(pair, cell.n_labels, cell.draw)
    if rows is None:
        return {}, {"skipped": "too few rows"}
    source, target, truth = rows
    methods = [name for name in METHODS if not METHODS[name].by_name and (cell.n_labels or name not in LEFT_OUT)]
    choice = Comparison.from_tables(source, target, pair.label, methods=",".join(methods)).run()
    protocol, problem = choice.protocol, choice.protocol.problem
    setting, targets = protocol.setting, np.flatnonzero(problem.target)
    hidden = np.isnan(problem.y[targets])
    arrays = {"truth": protocol.truth, "rest": truths(problem, truth)[hidden]}
    arrays |= {"constant|judged": choice.floor.answers, "source labels": problem.y[~problem.target]}
    for outcome in (o for o in choice.outcomes if o.scored or METHODS[o.name].learns_from == "source"):
        if outcome.scored:
            arrays[f"{outcome.name}|judged"] = outcome.answers
        arrays[f"{outcome.name}|rest"] = protocol.predict_target(METHODS[outcome.name])[hidden]
    record = {
        "group": pair.group,
        "task": setting.task,
        "metric": setting.metric.name,
        "baseline": choice.outcomes[0].name,
        "chosen": choice.chosen.name,
        "usable": choice.usable,
        "source": {name: outcome.score for name, outcome in choice.source.items()},
        "floor": choice.floor.score,
        "overlap": choice.overlap,
        "expected": {name: [e.value, e.low, e.high, e.reason] for name, e in choice.expectations.items()},
        "failed": {outcome.name: outcome.failed for outcome in choice.outcomes if outcome.failed},
    }
    return arrays, record


def claimed(path):
    """Take a cell, so that two runs may share a folder; a claim of over ten minutes is of a run that was stopped."""
    if path.exists() and time.time() - path.stat().st_mtime < 600:
        return False
    path.touch()
    return True


def fill(folder, n_draws, limit):
    """Run the cells that the folder lacks, until ``limit`` seconds have passed."""
    folder, loaders, stop = Path(folder), dict(pairs()), time.time() + limit
    folder.mkdir(parents=True, exist_ok=True)
    for cell in cells(n_draws):
        path = folder / cell.file
        if time.time() > stop:
            return
        if path.exists() or not claimed(path.with_suffix(".claim")):
            continue
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
            arrays = {key: np.atleast_2d(file[key].astype(float))[0] for key in file.files if key != "record"}
            yield Cell(name, int(n_labels), int(draw)), json.loads(str(file["record"])), arrays
