"""Are probabilities right on the target? Calibration error and log-loss, made worlds with known truth and real pairs.

Run ``python benchmarks/calibration.py WHAT`` with WHAT among ``made``, ``real`` and ``few`` (``--draws`` sets the
number of worlds), some five minutes each.

Not run yet: no figures.
"""

import argparse
import warnings

import numpy as np
from _few_labels import Task, table_classifications
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tabular import adult_tasks, heart_tasks, prepared

from sktl import stack_domains
from sktl._core.calibration import (
    calibration_scores,
    calibration_weights,
    expected_calibration_error,
    fit_calibration_map,
)
from sktl._core.overlap import covered_sample_size, domain_overlap
from sktl.base import BaseRatioWeighter
from sktl.calibration import TransferCalibratedClassifier
from sktl.instance import DiscriminatorWeighter

METHODS = ("temperature", "sigmoid", "isotonic")
MODELS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    "trees": HistGradientBoostingClassifier(max_iter=50, random_state=0),
}


class KnownRatio(BaseRatioWeighter):
    """The ratio of N(e_1, I) to N(0, I)."""

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return np.exp(X[:, 0] - 0.5)


def world(kind, n_rows, seed, n_fresh=5000, s=1.0):
    """N(0, I_5) > N(s e_1, I_5) with one p(y|x) ("straight", or no line fits it), or other class shares ("label")."""
    rng = np.random.default_rng(seed)
    half = n_rows // 2
    X = rng.normal(size=(2 * half + n_fresh, 5))
    if kind == "label":
        y = (rng.random(len(X)) < np.where(np.arange(len(X)) < half, 0.5, 0.15)).astype(int)
        X += 0.8 * y[:, None]
    else:
        X[half:, 0] += s
        x = X[:, 0]
        f = {"bent": x**2 - 1, "straight": x, "wave": 2 * np.sin(2 * x)}[kind] + X[:, 1]
        y = (f + rng.normal(size=len(X)) * (1 if kind == "wave" else np.exp(0.5 * x)) > 0).astype(int)
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


RULES = {"source": None, "weights": 0, "below 20 source": 0, "+ 3": 3, "+ 5": 5, "+ 10": 10, "+ 30": 30}
BANDS = (1, 3, 6, 10, 20, 40, 80, 160, np.inf)


def judged(X_source, y_source, X_target, X, y, base, cal):
    """What the weighted rows are worth, and for each method and rule the error and log-loss on the rows X, y."""
    fitted = clone(base).fit(X_source[~cal], y_source[~cal])
    stacked, target = np.vstack([X_source, X_target]), np.arange(len(X_source) + len(X_target)) >= len(X_source)
    weights = DiscriminatorWeighter().fit(stacked, None, target).predict_weights(X_source[cal])
    worth = covered_sample_size(weights, domain_overlap(X_source, X_target))
    codes, known = np.searchsorted(fitted.classes_, y_source[cal]), np.searchsorted(fitted.classes_, y)
    found = {}
    for method in METHODS:
        scores, new = (calibration_scores(fitted.predict_proba(Z), method, True) for Z in (X_source[cal], X))
        for rule, prior in RULES.items():
            source = prior is None or (rule.startswith("below") and worth < 20)
            mixed = np.ones(len(weights)) if source else calibration_weights(weights, worth, prior)
            proba = fit_calibration_map(method, scores, codes, mixed)(new)
            bounded = np.clip(proba, 1e-4, 1)
            loss = log_loss(known, bounded / bounded.sum(axis=1, keepdims=True), labels=range(len(fitted.classes_)))
            found[method, rule] = expected_calibration_error(proba, known), loss
    return worth, found


def few(n_draws):
    """Error against what the weighted rows are worth, by rules of falling back on the source's own calibration."""
    models, records = {"bent": LogisticRegression(), "straight": GaussianNB(), "wave": LogisticRegression()}, []
    for seed in range(n_draws):
        for kind, base in models.items():
            for n_rows in (200, 400, 1000, 4000):
                for s in (0.5, 1.0, 1.5, 2.0, 3.0):
                    X, shown, fresh, y = world(kind, n_rows, seed, s=s)
                    half, known = n_rows // 2, shown[: n_rows // 2]
                    cal = np.random.default_rng(seed).permutation(half) < half // 2
                    if min(np.bincount(known[rows].astype(int), minlength=2).min() for rows in (cal, ~cal)) > 1:
                        records.append(judged(X[:half], known, X[half:], fresh, y, base, cal))
    print_bands("made worlds", records)
    records = []
    for base in MODELS.values():
        for task in class_tasks(2000):
            for n_rows in (100, 400, len(task.y_source)):
                for seed in range(2):
                    rows = np.random.default_rng(seed).permutation(len(task.y_source))[:n_rows]
                    y, cal = task.y_source[rows], np.arange(len(rows)) < len(rows) // 2
                    if min(np.bincount(y[part], minlength=2).min() for part in (cal, ~cal)) > 1:
                        whole = task.X_source[rows], y, task.X_target, task.X_target, task.y_target
                        records.append(judged(*whole, base, cal))
    print_bands("real pairs", records)


def print_bands(name, records):
    """A block a method: error, log-loss, share of the draws where the log-loss is worse by more than .01."""
    for method in METHODS:
        print(f"{name}, {method:<22}" + "".join(f"{rule:>20}" for rule in RULES))
        for low, high in zip(BANDS, BANDS[1:], strict=False):
            found = [f for worth, f in records if low <= worth < high]
            if not found:
                continue
            values = np.array([[f[method, rule] for rule in RULES] for f in found])
            worse = np.mean(values[:, :, 1] > values[:, :1, 1] + 0.01, axis=0)
            cells = "".join(f"{e:>8.3f} {b:.3f} {w:.2f} " for (e, b), w in zip(values.mean(axis=0), worse, strict=True))
            print(f"  worth {low:>4} to {high:<6}{len(found):>5}   {cells}", flush=True)


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
    options, means = [(m, s) for m in METHODS for s in (None, "covariate")], {}
    print(f"{'':<39}" + "".join(f"{m:>28}" for m in METHODS) + "   worth")
    for name, base in MODELS.items():
        for task in class_tasks(2000):
            X, shown, _ = stack_domains((task.X_source, task.y_source), task.X_target)
            models = [TransferCalibratedClassifier(base, m, shift=s).fit(X, shown) for m, s in options]
            found = [errors(model, task.X_target, task.y_target) for model in models]
            means.setdefault(task.group, []).append(found)
            print_pairs(f"{name} {task.name}", found, f"{models[-1].effective_sample_size_:>8.0f}")
    for group, found in means.items():
        print_pairs(f"mean of {len(found)}: {group}", np.mean(found, axis=0), "")


def print_pairs(name, found, end):
    """Errors of the source's calibration, and of ours; a method each."""
    (e, loss), methods = np.transpose(found), range(0, len(found), 2)
    cells = "".join(f"{e[k]:>9.3f} {loss[k]:.3f} {e[k + 1]:>6.3f} {loss[k + 1]:.3f}" for k in methods)
    print(f"{name:<39}{cells}{end}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    studies = {"made": made, "real": real, "few": few}
    parser.add_argument("what", choices=studies)
    parser.add_argument("--draws", type=int, default=20, help="worlds a line")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    studies[arguments.what](arguments.draws)
