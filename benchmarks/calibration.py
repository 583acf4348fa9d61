"""Are probabilities right on the target? Calibration error and log-loss, made worlds with known truth and real pairs.

Run ``python benchmarks/calibration.py WHAT`` with WHAT among ``made``, ``real`` and ``few`` (``--draws`` sets the
number of worlds), some five minutes each.

Measured: expected calibration error and log-loss on the target, of the source's calibration, ours, and ours with the
known ratio.

*made* (4 worlds each, shift by one deviation):

    world      rows            temperature                       sigmoid                           isotonic
    bent      1,000  .079 .693  .026 .663  .038 .666   .078 .693  .023 .647  .025 .648   .133 .732  .043 .683  .047 .681
    bent      4,000  .089 .694  .022 .658  .022 .658   .089 .693  .020 .639  .019 .639   .115 .699  .035 .651  .031 .650
    straight  1,000  .037 .547  .030 .536  .030 .536   .039 .548  .032 .537  .035 .536   .045 .628  .040 .625  .040 .625
    straight  4,000  .048 .537  .018 .521  .020 .521   .046 .538  .025 .520  .026 .521   .046 .542  .026 .534  .026 .534
    label     1,000  .023 .413  .014 .271              .022 .415  .012 .271              .094 .453  .031 .308
    label     4,000  .012 .409  .011 .265              .012 .411  .011 .265              .092 .421  .015 .273

Under covariate shift the error is 62 % lower (temperature; 60 % sigmoid, 57 % isotonic; least, 11 %, for a staircase of
250 effective rows in a world where the source's is off by little).

*real* (15 pairs, two models: means by kind, source's and ours; **with the former prior of 10 rows**, see *pairs*):

                                  temperature                 sigmoid                   isotonic
    adult, logistic      .030 .307  .033 .308    .034 .310  .042 .312    .033 .323  .036 .325
    adult, trees         .050 .353  .054 .360    .052 .355  .055 .358    .058 .364  .064 .375
    heart, logistic      .064 .481  .064 .483    .069 .483  .057 .464    .075 .513  .102 .528
    heart, trees         .068 .517  .067 .518    .064 .522  .074 .485    .126 .553  .111 .538
    tables, logistic     .062 .516  .063 .516    .069 .516  .070 .512    .072 .520  .067 .518
    tables, trees        .076 .521  .067 .516    .086 .524  .076 .513    .089 .538  .078 .530

By a temperature the error is more than .01 higher on 7 of 30 (adult United-States> .019 > .040, recidivism .073 > .090
and .086 > .098, heart va_l .048 > .061, clev .033 > .045, adult Male> .016 > .027, survival .034 > .045) and more than
.01 lower on 4 (churn .091 > .041, credit .087 > .067 and .075 > .051, heart hung .076 > .057); sigmoids (more
than .01 higher on 9, recidivism .062 > .098) and staircases move further either way. The default is the temperature,
whose error is less on adult and on the tables, and which leaves the predicted classes as they are; the sigmoid's
log-loss is less on heart. Nothing in X shows which pairs lose: there p(y|x) differs.

*pairs* (303 pairs of ``expected_score.py pairs`` without newsgroups: what a prior of so many rows of the source's own
calibration makes of the error, by a temperature; and the share of pairs where it is more than .01 higher / lower):

    prior   reviews  hospitals  incomes  tables  Office  digits   bikes  mushrooms   higher / lower
        0    -.0195     +.0068   +.0033  -.0066  -.0023  +.0215  +.0009     +.0049      .20 / .22
       10    -.0162     +.0009   +.0005  -.0044  -.0026  +.0003  +.0000     -.0001      .13 / .18
       30    -.0107     +.0006   -.0007  -.0039  -.0033  -.0002  +.0002     -.0011      .08 / .15
      100    -.0049     -.0011   -.0011  -.0030  +.0001  +.0000  -.0002     -.0010      .06 / .11

    worth              to 6     6 to 30   30 to 125   125 to 300   300 on
    prior 10      .04 / .09   .25 / .16   .20 / .42    .13 / .22  .06 / .08
    prior 30      .01 / .03   .18 / .15   .05 / .38    .13 / .22  .06 / .06

A gain of the weighted held-out log-loss in units of its error was tried as a switch: of the pairs where it was above 0,
16 % lost more than .01, of all 13 %; it tells nothing.

*few* (one model and one part of the source to calibrate on; log-loss and share of draws where it is worse by more than
.01 than the source's; a temperature). A prior of 10 rows of the source's own calibration was chosen by looking at all
of this table: no data set was kept aside to judge it. Of 178 real draws 20, worth less than one row, are in no line.

    worth      made worlds                                     real pairs
               source  weights    + 5       + 10      + 30      source  weights    + 5       + 10      + 30
    1 to 3     1.140  .872 .33  .978 .33 1.038 .33 1.099 .00     .558  .585 .42  .557 .00  .558 .00  .558 .00
    3 to 6     1.092  .806 .21  .887 .21  .939 .17 1.015 .12     .457  .390 .00  .415 .00  .427 .00  .443 .00
    6 to 10    1.031  .731 .10  .764 .07  .794 .07  .873 .00     .524  .537 .44  .523 .22  .521 .22  .521 .11
    10 to 20    .941  .801 .15  .799 .14  .805 .14  .835 .13     .576  .631 .54  .600 .42  .590 .33  .580 .25
    20 to 40    .777  .699 .18  .699 .17  .701 .16  .712 .13     .501  .495 .24  .493 .21  .492 .09  .493 .06
    40 to 80    .702  .655 .07  .655 .07  .656 .06  .658 .06     .449  .446 .09  .446 .09  .445 .06  .445 .03
    80 to 160   .679  .631 .05  .631 .05  .631 .05  .633 .05     .455  .461 .28  .461 .28  .460 .28  .459 .22
    160 on      .632  .605 .00  .605 .00  .605 .00  .605 .00     .438  .433 .06  .433 .06  .433 .06  .433 .06

A threshold of 20 rows, below which the source's map alone was taken, threw away most of what weights bring below it.
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
