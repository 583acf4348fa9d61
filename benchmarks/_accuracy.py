"""Accuracies of methods on pairs of domains: one process, one table; results kept in a file let a run go on later."""

import argparse
import csv
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline


class Pair(NamedTuple):
    """Rows of the source, then of the target; labels that are NaN on target rows; true labels of target rows."""

    name: str
    raw: np.ndarray
    scaled: np.ndarray  # columns standardised within each domain
    y: np.ndarray
    y_target: np.ndarray


class Method(NamedTuple):
    """Steps of a pipeline (a function that makes them), the rows they see, the figures of others, the pairs to run."""

    steps: Any
    published: str = ""
    rerun: str = ""
    rows: str = "scaled"
    pairs: Any = None


def accuracy(method, pair):
    """Accuracy in % on the target rows, none of which has a label in training, and processor seconds of it all."""
    X = getattr(pair, method.rows)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = make_pipeline(*method.steps()).fit(X, pair.y)
    score = 100 * model.score(X[np.isnan(pair.y)], pair.y_target)
    return score, time.process_time() - start


class Results:
    """(accuracy, seconds) by (title, method, pair), read from a file and added to it, if there is a file."""

    def __init__(self, path, title):
        self.path, self.title, self.found = path and Path(path), title, {}
        if self.path and self.path.exists():
            with self.path.open(newline="") as lines:
                self.found = {tuple(line[:3]): tuple(map(float, line[3:])) for line in csv.reader(lines)}

    def get(self, name, method, pair):
        """The result of a method on a pair, computed where it is not yet known."""
        key = (self.title, name, pair.name)
        if key not in self.found:
            self.found[key] = accuracy(method, pair)
            if self.path:
                with self.path.open("a", newline="") as lines:
                    csv.writer(lines).writerow([*key, *self.found[key]])
        return self.found[key]


def run(title, methods, pairs, baseline, names=None, path=None):
    """Print a line a method: figures of others, mean, against the baseline on the same pairs, every pair.

    ``gain`` is the difference of the means (less than 0.05 beats nothing), ``worst`` that of the worst pair, ``won``
    how many pairs are better.
    """
    results = Results(path, title)
    base = {pair.name: results.get(baseline, methods[baseline], pair)[0] for pair in pairs}
    width = max(map(len, methods)) + 2
    beats = f"beats {np.mean(list(base.values())):.1f}?"
    print(f"{title:<{width}}{'publ.':>10}{'re-run':>8}{'mean':>7}{beats:>13}{'gain':>7}{'worst':>7}{'won':>7}", end="")
    print(f"{'s':>8}  " + "".join(f"{pair.name:>6}" for pair in pairs), flush=True)
    for name in names or methods:
        method = methods[name]
        chosen = {pair.name: pair for pair in pairs if method.pairs is None or pair.name in method.pairs}
        scores, seconds = np.transpose([results.get(name, method, pair) for pair in chosen.values()])
        gains = scores - [base[pair] for pair in chosen]
        verdict = "yes" if gains.mean() > 0.05 else "no" if gains.mean() < -0.05 else "="
        cells = iter(f"{score:>6.1f}" for score in scores)
        line = "".join(next(cells) if pair.name in chosen else f"{'':>6}" for pair in pairs)
        won = f"{(gains > 0).sum()}/{len(chosen)}"
        print(f"{name:<{width}}{method.published:>10}{method.rerun:>8}{scores.mean():>7.2f}{verdict:>13}", end="")
        print(f"{gains.mean():>7.2f}{gains.min():>7.1f}{won:>7}{seconds.sum():>8.1f}  {line}", flush=True)


def arguments(description, methods, tables=()):
    """What the command line says: which methods, the file of results, which tables."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--methods", nargs="+", metavar="WORD", help="methods whose names contain one of these words")
    parser.add_argument("--results", metavar="FILE", help="keep results in FILE and take those found there as they are")
    if tables:
        parser.add_argument("--tables", nargs="+", choices=list(tables), default=list(tables), help="all, if not given")
    chosen = parser.parse_args()
    words = chosen.methods or [""]
    chosen.names = [name for name in methods if any(word.lower() in name.lower() for word in words)]
    if not chosen.names:
        parser.error(f"no method's name contains {' or '.join(words)}; there are: {'; '.join(methods)}")
    return chosen
