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

    ``gain`` is the difference of the means, ``worst`` that of the worst pair, ``won`` how many pairs are better.
    """
    results = Results(path, title)
    width = max(map(len, methods)) + 2
    print(f"{title:<{width}}{'publ.':>10}{'re-run':>8}{'mean':>7}{'gain':>7}{'worst':>7}{'won':>7}", end="")
    print(f"{'s':>8}  " + "".join(f"{pair.name:>7}" for pair in pairs), flush=True)
    for name in names or methods:
        method = methods[name]
        chosen = [pair for pair in pairs if method.pairs is None or pair.name in method.pairs]
        scores, seconds = np.transpose([results.get(name, method, pair) for pair in chosen])
        gains = scores - [results.get(baseline, methods[baseline], pair)[0] for pair in chosen]
        cells = iter(f"{score:>7.1f}" for score in scores)
        line = "".join(next(cells) if pair in chosen else f"{'':>7}" for pair in pairs)
        won = f"{(gains > 0).sum()}/{len(chosen)}"
        print(f"{name:<{width}}{method.published:>10}{method.rerun:>8}{scores.mean():>7.2f}{gains.mean():>7.2f}", end="")
        print(f"{gains.min():>7.1f}{won:>7}{seconds.sum():>8.1f}  {line}", flush=True)


def arguments(description, methods):
    """What the command line says: which methods, and the file of results."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--methods", nargs="+", metavar="WORD", help="methods whose names contain one of these words")
    parser.add_argument("--results", metavar="FILE", help="keep results in FILE and take those found there as they are")
    chosen = parser.parse_args()
    words = chosen.methods or [""]
    chosen.names = [name for name in methods if any(word.lower() in name.lower() for word in words)]
    if not chosen.names:
        parser.error(f"no method's name contains {' or '.join(words)}; there are: {'; '.join(methods)}")
    return chosen
