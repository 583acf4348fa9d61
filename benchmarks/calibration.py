"""Are probabilities right on the target? Calibration error and log-loss, made worlds with known truth and real pairs.

Run ``python benchmarks/calibration.py WHAT`` with WHAT among ``made`` and ``real`` (``--draws`` sets the number of
worlds).

Not run yet: no figures.
"""

import argparse
import warnings

import numpy as np
from _few_labels import Task, table_classifications
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tabular import adult_tasks, heart_tasks, prepared

from sktl import stack_domains
from sktl._core.calibration import expected_calibration_error
from sktl.base import BaseRatioWeighter
from sktl.calibration import TransferCalibratedClassifier

METHODS = ("temperature", "sigmoid", "isotonic")


class KnownRatio(BaseRatioWeighter):
    """The ratio of N(e_1, I) to N(0, I)."""

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return np.exp(X[:, 0] - 0.5)


def world(kind, n_rows, seed, n_fresh=5000):
    """N(0, I_5) > N(e_1, I_5) with one p(y|x) ("bent": no line fits it; "trees": a line), or other class shares."""
    rng = np.random.default_rng(seed)
    half = n_rows // 2
    X = rng.normal(size=(2 * half + n_fresh, 5))
    if kind == "label":
        y = (rng.random(len(X)) < np.where(np.arange(len(X)) < half, 0.5, 0.15)).astype(int)
        X += 0.8 * y[:, None]
    else:
        X[half:, 0] += 1
        f = X[:, 0] ** 2 - 1 + X[:, 1] if kind == "bent" else X[:, 0] + X[:, 1]
        y = (f + rng.normal(size=len(X)) * np.exp(0.5 * X[:, 0]) > 0).astype(int)
    shown = np.where(np.arange(2 * half) < half, y[: 2 * half], np.nan)
    return X[: 2 * half], shown, X[2 * half :], y[2 * half :]


def errors(model, X, y):
    """Expected calibration error and log-loss."""
    proba = model.predict_proba(X)
    codes = np.searchsorted(model.classes_, y)
    bounded = np.clip(proba, 1e-6, 1)
    return expected_calibration_error(proba, codes), log_loss(codes, bounded / bounded.sum(axis=1, keepdims=True))


def made(n_draws):
    """Worlds with known truth: the source's calibration, ours, and ours with the true ratio."""
    models = {"bent": LogisticRegression(), "straight": GaussianNB(), "label": GaussianNB()}
    print(f"{'world':<22}{'as it is':>16}" + "".join(f"{f'{m}: source, ours, known':>44}" for m in METHODS))
    for kind, base in models.items():
        for n_rows in (1000, 4000):
            rows = []
            for seed in range(n_draws):
                X, shown, fresh, y = world(kind, n_rows, seed)
                known = ~np.isnan(shown)
                found = [errors(base.fit(X[known], shown[known]), fresh, y)]
                for method in METHODS:
                    options = [{"shift": None}, {"shift": "label" if kind == "label" else "covariate"}]
                    options += [{"weighter": KnownRatio()}] if kind != "label" else []
                    for option in options:
                        model = TransferCalibratedClassifier(base, method, **option).fit(X, shown)
                        found.append(errors(model, fresh, y))
                rows.append(found)
            mean = np.mean(rows, axis=0)
            print(f"{kind:<10}{n_rows:>8}    " + "  ".join(f"{e:.3f} {loss:.3f}" for e, loss in mean), flush=True)


def class_tasks(n_rows):
    """Adult by four columns, heart disease by hospital, and the mixed tables, of two classes."""
    for name, parts in {**adult_tasks(n_rows, 0), **heart_tasks()}.items():
        if not name.startswith("rest>") and name not in ("Male>", "Female>", "White>", "United-States>"):
            continue
        (X_source, y_source), (X_target, y_target) = parts
        columns = prepared(X_source).fit(X_source)
        group = "heart" if name.startswith("rest") else "adult"
        yield Task(
            group, f"{group} {name}", columns.transform(X_source), y_source, columns.transform(X_target), y_target
        )
    yield from table_classifications()


def real(n_draws):
    """Real pairs: error and log-loss on the target of the source's calibration and of ours."""
    del n_draws
    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "trees": HistGradientBoostingClassifier(max_iter=50, random_state=0),
    }
    options = [(m, s) for m in ("temperature", "isotonic") for s in (None, "covariate")]
    print(f"{'pair':<36}" + "".join(f"{f'{m}, {s}':>26}" for m, s in options) + "   weighted, worth")
    for name, base in models.items():
        for task in class_tasks(2000):
            X, shown, _ = stack_domains((task.X_source, task.y_source), task.X_target)
            cells = []
            for method, shift in options:
                model = TransferCalibratedClassifier(base, method, shift=shift).fit(X, shown)
                cells.append("{:.3f} {:.3f}".format(*errors(model, task.X_target, task.y_target)))
            end = f"   {model.weighted_!s:<6}{model.effective_sample_size_:>6.0f}"
            print(f"{name + ' ' + task.name:<36}" + "".join(f"{c:>26}" for c in cells) + end, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    studies = {"made": made, "real": real}
    parser.add_argument("what", choices=studies)
    parser.add_argument("--draws", type=int, default=20, help="worlds a line")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    studies[arguments.what](arguments.draws)
