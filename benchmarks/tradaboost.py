"""TrAdaBoost and its baselines with few labelled target rows: 20 Newsgroups and mushroom (Dai et al. 2007, section 4).

TABLE
"""

import argparse
import os
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from sktl.datasets import load_npz
from sktl.instance import TrAdaBoostClassifier

DATA = Path(os.environ.get("SKTL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

# (source, target) sub-groups of the positive class, then of the negative one; figures.md of the project
TASKS = {
    "rec/talk": (
        (["rec.autos", "rec.motorcycles"], ["rec.sport.baseball", "rec.sport.hockey"]),
        (["talk.politics.guns", "talk.politics.misc"], ["talk.religion.misc", "talk.politics.mideast"]),
    ),
    "rec/sci": (
        (["rec.autos", "rec.motorcycles"], ["rec.sport.baseball", "rec.sport.hockey"]),
        (["sci.crypt", "sci.electronics"], ["sci.med", "sci.space"]),
    ),
    "sci/talk": (
        (["sci.crypt", "sci.electronics"], ["sci.med", "sci.space"]),
        (["talk.politics.misc", "talk.religion.misc"], ["talk.politics.guns", "talk.politics.mideast"]),
    ),
}

# at 1 %: linear SVM with balanced classes, 10 seeds, 10 rounds (mushroom: 100); figures.md of the project
REFERENCE = {
    "source only": (0.206, 0.348, 0.260, 0.261),
    "source + target": (0.106, 0.188, 0.204, 0.055),
    "source + target, total x 4": (0.090, 0.156, 0.184, 0.055),
    "TrAdaBoost": (0.081, 0.129, 0.162, 0.053),
}


SHARES = (0.01, 0.02, 0.05, 0.1)


class MarginSVC(LinearSVC):
    """A linear SVM whose "probabilities" are the logistic function of its margin: all that the soft loss needs."""

    def predict_proba(self, X):
        """Logistic function of the margin."""
        positive = expit(self.decision_function(X))
        return np.column_stack([1 - positive, positive])


SVM = "linear SVM, balanced"
MODELS = {
    SVM: MarginSVC(class_weight="balanced"),
    "logistic regression, C=10 (the default)": LogisticRegression(C=10, max_iter=1000),
    "logistic regression, C=1": LogisticRegression(max_iter=1000),
    "logistic regression, C=1, balanced": LogisticRegression(max_iter=1000, class_weight="balanced"),
}


def load_mushroom():
    """One-hot columns, labels and target mask; stalks that taper are the source, those that enlarge the target."""
    data = load_npz("mushroom", data_home=DATA)
    return OneHotEncoder().fit_transform(data.X), data.y.astype(int), data.domain == 0


def load_task(name):
    """Tf-idf rows, labels and target mask of one task; words in 5 rows to 10 % of the rows of the task."""
    data = load_npz("newsgroups16_counts", data_home=DATA)
    group = data.group_names[data.group]
    (source_1, target_1), (source_0, target_0) = TASKS[name]
    rows = np.isin(group, source_1 + target_1 + source_0 + target_0)
    counts = csr_matrix((data.X_data, data.X_indices, data.X_indptr), shape=data.X_shape)[rows].astype(float)
    n_documents = np.bincount(counts.indices, minlength=counts.shape[1])
    words = (n_documents >= 5) & (n_documents <= 0.1 * counts.shape[0])
    X = TfidfTransformer().fit_transform(counts[:, words])
    return X, np.isin(group[rows], source_1 + target_1).astype(int), np.isin(group[rows], target_1 + target_0)


def draw(X, y, target, share, seed):
    """Training rows (source, then labelled target), their target mask, and the rows to test on."""
    source_rows, target_rows = np.flatnonzero(~target), np.flatnonzero(target)
    n_labeled = int(share * len(source_rows))
    labeled = np.random.default_rng(seed).choice(target_rows, n_labeled, replace=False)
    test = np.setdiff1d(target_rows, labeled)
    train = np.concatenate([source_rows, labeled])
    return (X[train], y[train], target[train]), (X[test], y[test])


def baseline_errors(model, train, test):
    """Errors of one weighted fit each, by name."""
    X, y, target = train
    equal = np.ones(len(y))
    weights = {"source only": equal * ~target, "target only": equal * target, "source + target": equal}
    for total in (1, 4):
        raised = np.where(target, total * np.sum(~target) / np.sum(target), 1.0)
        weights[f"source + target, total x {total}"] = raised / raised.mean()
    errors = {}
    for name, weight in weights.items():
        used = weight > 0
        fitted = clone(model).fit(X[used], y[used], sample_weight=weight[used])
        errors[name] = 1 - fitted.score(*test)
    return errors


def boosted_error(model, train, test, **parameters):
    """Error of TrAdaBoost."""
    X, y, target = train
    return 1 - TrAdaBoostClassifier(model, **parameters).fit(X, y, sample_domain=target).score(*test)


def compare(model, train, test):
    """Errors of the baselines, of TrAdaBoost with its defaults and with the other loss, and the gain of the former."""
    errors = baseline_errors(model, train, test)
    errors["TrAdaBoost"] = boosted_error(model, train, test)
    errors["TrAdaBoost, zero_one"] = boosted_error(model, train, test, loss="zero_one")
    errors["TrAdaBoost - (source + target, total x 4)"] = errors["TrAdaBoost"] - errors["source + target, total x 4"]
    return errors


def sweep(model, train, test):
    """Errors of TrAdaBoost over ``target_weight`` and ``n_estimators``."""
    error = partial(boosted_error, model, train, test)
    by_weight = {f"target_weight={w}": error(target_weight=w) for w in (None, 0.1, 0.3, 1.0, 4.0)}
    return by_weight | {f"n_estimators={n}": error(n_estimators=n) for n in (5, 20, 100)}


def cell(values, reference=None):
    """Mean +- standard error over draws, and the reference in brackets."""
    known = "" if reference is None else f" ({reference:.3f})"
    return f"{np.mean(values):.3f} +-{np.std(values, ddof=1) / len(values) ** 0.5:.3f}{known}"


def print_table(results, title, reference):
    """One line a method, one column a task."""
    print(f"\n{title:<42}" + "".join(f"{task:<22}" for task in results).rstrip())
    for method in next(iter(results.values()))[0]:
        known = reference.get(method, [None] * len(results))
        cells = [cell([e[method] for e in draws], r) for draws, r in zip(results.values(), known, strict=True)]
        print(f"{method:<42}" + "".join(f"{text:<22}" for text in cells).rstrip(), flush=True)


def parsed_options():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="draws of the labelled target rows (default 10)")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="labelled target rows / source rows")
    parser.add_argument("--models", action="store_true", help="also with logistic regressions")
    parser.add_argument("--sweep", action="store_true", help="vary target_weight and n_estimators instead")
    return parser.parse_args()


def main():
    """Run the comparison, or the sweep, and print one table a model and share."""
    options = parsed_options()
    # with loss="zero_one" boosting ends at once on so few rows: the table shows it, a warning a fit would bury it
    warnings.filterwarnings("ignore", message="The first learner makes no error")
    warnings.filterwarnings("ignore", category=ConvergenceWarning)  # of the SVM, on weights that grow very unequal
    start = time.perf_counter()
    tables = {name: load_task(name) for name in TASKS} | {"mushroom": load_mushroom()}
    for share in options.shares:
        for title, model in MODELS.items() if options.models else [(SVM, MODELS[SVM])]:
            errors_of = partial(sweep if options.sweep else compare, model)
            results = {
                task: [errors_of(*draw(*table, share, seed)) for seed in range(options.seeds)]
                for task, table in tables.items()
            }
            known = REFERENCE if title == SVM and share == 0.01 else {}
            print_table(results, f"{title}: {share:.0%} labelled", known)
    seconds = time.perf_counter() - start
    print(f"\n{options.seeds} draws of the labelled target rows; in brackets the reference; {seconds:.0f} s.")


if __name__ == "__main__":
    main()
