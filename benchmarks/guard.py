"""Does TransferGuard refuse where transfer hurts and accept where it helps? On simulated problems and real pairs.

Run ``python benchmarks/guard.py`` beside ``../shared/data``, or with SKTL_DATA set (some half an hour of one processor;
``--quick`` for a few). Simulated: 200 problems a line, half of them helpful and half harmful by construction. With
target labels the domains' columns differ in offset or unit, by the instrument's doing (standardising each domain mends
it) or truly (it hides what matters). Without labels p(y|x) is the same: weights help a line where the boundary is
curved, and centring hurts a straight one. First the mean true gain in points over the best baseline (source-only,
target-only, pooled), then % accepted. "+ circular": circular validation counts beside the labels, as by default.

    simulated, % accepted at alpha       helps 0.01 0.05  0.1  0.2  0.3  0.4   hurts 0.01 0.05  0.1  0.2  0.3  0.4
       no labels, weighted               +23.9   82   93   97  100  100  100   -16.2    0    0    1   10   11   11
       no labels, circular               +23.9   18   29   35   47   52   56   -16.2    0    3    8   15   19   31
       no labels, circular, margin 0.1   +23.9    0    0    1    1    2    2   -16.2    0    0    0    0    0    0
       10 labels, zero_one                +7.0    1    5    9   20   28   33   -13.7    0    0    1    3   10   10
       10 labels, brier                   +7.0    4   16   20   29   42   45   -13.7    0    0    1    4    6   13
       10 labels, brier + circular        +7.0   15   25   30   38   43   45   -13.7    1    5    8    9    9   10
       20 labels, zero_one                +5.6    4   12   13   28   30   35   -13.1    0    2    1    4    5   10
       20 labels, brier                   +5.6   10   19   27   37   49   55   -13.1    0    0    2    3    4    6
       20 labels, brier + circular        +5.6   21   29   35   39   44   50   -13.1    0    2    2    3    4    4
       50 labels, zero_one                +3.3    9   12   18   22   30   43   -11.2    0    2    1    5    7   10
       50 labels, brier                   +3.3    8   21   32   46   63   72   -11.2    0    0    0    1    4    6
       50 labels, brier + circular        +3.3   20   40   44   49   58   63   -11.2    0    2    2    3    3    4

Harmful acceptances by the defaults (Brier + circular, 0.05; without labels weighted) are 5 % at most. With the labels
alone (Brier) there is none; circular validation beside them adds up to twice the power, but is no test of the gain on
the target: with 10 labels harm reaches the level. With 5 it is above: 6 % of the harmful ones are accepted at 0.05, and
22 % of the helpful ones (0 and 6 % by Brier scores alone, none by the 0/1 loss); so 10 labels are the least that
decide.

Real: 30 pairs (``_pool.py``, 200 rows of a domain), three methods (CORAL, TCA, OTMapping), four draws of 20 or 50
target labels. A cell has the share of runs, in %, that lose more than a point to the source alone, and the gain kept,
in % of that of the best of transfer and baselines. "held out": alpha is chosen on three of the data sets (the most
gain of those that lose on 10 % at most) and judged on the fourth. "three at once": the guard has all three methods
(``alternatives``). "no transfer offered": only the baselines, in % of the same oracle.

    real pairs                            0.01      0.05       0.1       0.2       0.3       0.4  held out    always
       no labels, weighted              0/   0    0/   0    0/   0    1/  23    2/  41    3/  43    3/  43   31/   0
       no labels, circular              8/  34   10/  48   12/  47   12/  47   13/  35   14/  36   11/   5   31/   0
       no labels, circular, margin 0.1    1/  37    1/  45    2/  50    2/  56    2/  57    3/  60    3/  60   31/   0
       20 labels, zero_one              0/  12    0/  29    1/  40    5/  52   13/  44   14/  44   11/  36   27/  48
       20 labels, brier                 3/  34    4/  49    6/  57    8/  66    9/  66   12/  61   12/  57   27/  48
       20 labels, brier + circular      3/  50    4/  64    5/  69    7/  72    9/  71   11/  65   11/  63   27/  48
          + circular, three at once     4/  47    5/  59    6/  66    7/  69    8/  68   10/  64    7/  69
          no transfer offered           2/  31    2/  44    4/  50    6/  56    8/  56   11/  48
       50 labels, zero_one              1/  56    2/  64    4/  70    5/  74    7/  76    7/  78    7/  76   21/  65
       50 labels, brier                 4/  78    4/  82    5/  84    6/  86    6/  85    6/  86    6/  86   21/  65
       50 labels, brier + circular      4/  81    4/  85    5/  87    6/  88    6/  87    6/  88    6/  87   21/  65
          + circular, three at once     4/  75    4/  80    5/  81    6/  82    6/  83    6/  83    6/  83
          no transfer offered           4/  77    4/  80    5/  82    6/  83    7/  83    7/  84
    by data set, + circular             office    amazon     heart    digits
       20 labels, alpha 0.05            6/  68    1/  49   10/  -1    0/  91
       20 labels, alpha 0.2             8/  75    3/  50   19/  51    0/  91
       20 labels, oracle's gain, points       8.0       3.4       4.2      26.1
       50 labels, alpha 0.05            6/  91    0/  70   12/  44    0/  96
       50 labels, alpha 0.2             6/  92    0/  80   25/  45    0/  97
       50 labels, oracle's gain, points      14.0       4.8       5.0      36.2

With 50 labels the goal (10 % lost at most, 80 % kept) is met by the defaults, 4 and 85 %, and held out, 6 and 87 %.
With 20 labels it is not: 4 and 64 % by the defaults, 7 and 72 % with alpha = 0.2, 11 and 63 % held out. Gains of 3
points (Amazon) are beyond 20 labels, and on heart the class shares differ, which per-domain scaling and circular
validation take for a shift. Most of the gain comes from using the target's labels at all: without any transfer the
baselines keep 44 and 80 %. Without target labels, weighted losses take nothing on these pairs at 0.05, and
circular validation with a margin of 10 points keeps 45 % and loses on 1 %; the margin comes from
``model_selection.py``, on the same pairs.
"""

import argparse
import json
import tempfile
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from _pool import BASELINE, GROUPS, pipelines, problems
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled
from sktl.base import default_classifier, fit_on_domains, on_missing_labels
from sktl.domains import TARGET
from sktl.feature import DomainScaler
from sktl.instance import DiscriminatorWeighter, ImportanceWeighted
from sktl.model_selection import TargetKFold, TransferGuard, hide_labels
from sktl.model_selection.evidence import judge, label_folds, there_and_back

TRANSFER, SOURCE_ONLY = "transfer", "source-only"
BASELINES = (SOURCE_ONLY, "target-only", "pooled")
ALPHAS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
METHODS = ("CORAL, kernel form", "TCA m", "OTMapping")
N_LABELED, LOSSES = (20, 50), ("zero_one", "brier")
N_DRAWS = 4  # of the rows that have labels
FOLDS = 5
FRESH = 4000  # target rows that tell what a model is worth
WITH_LABELS = (("zero_one", False), ("brier", False), ("brier", True))  # loss, circular validation beside it
WITHOUT_LABELS = (("weighted", 0.0), ("circular", 0.0), ("circular", 0.1))  # evidence, margin

# --- simulated problems ---


def instrument(helps, kind, n_labeled, rng):
    """Columns of the target in another unit or from another zero: the instrument's, or a true change of the rows.

    Each domain standardised by itself mends the first and hides the second.
    """
    d, n_source, n_target = rng.integers(3, 25), rng.integers(100, 400), rng.integers(100, 300)
    change = rng.uniform(0.05, 1) * np.sign(rng.normal(size=d) + 1)
    if kind == "units":
        change = np.exp(rng.uniform(0.2, 1.2) * rng.normal(size=d))
    noise = rng.uniform(0.3, 1.5) * np.sqrt(d)

    def draw(n, target):
        latent = rng.normal(size=(n, d))
        shown = latent + change * target if kind == "offset" else latent * (change if target else 1)
        meant = latent if helps else shown
        return shown, (meant.sum(axis=1) + noise * rng.normal(size=n) > 0).astype(float)

    scaler = DomainScaler(with_mean=kind == "offset", with_std=kind == "units")
    return make_pipeline(scaler, OnLabeled(LogisticRegression())), *tables(draw, n_source, n_target, n_labeled)


def covariate(helps, n_labeled, rng):
    """Covariate shift: weights help a line where the boundary is curved; centring hurts a straight one."""
    n_source, n_target, noise = rng.integers(200, 500), rng.integers(150, 400), rng.uniform(0.2, 0.6)
    where, width, d = rng.uniform(0.8 if helps else 0.1, 1.6), rng.uniform(0.4, 0.8), rng.integers(2, 6)
    slopes = rng.uniform(0, 1, size=d)

    def draw(n, target):
        X = rng.normal(size=(n, d))
        if target:
            X[:, 0] = where + width * X[:, 0]
        value = X[:, 1:] @ slopes[1:] + (X[:, 0] ** 2 - 1 if helps else X[:, 0] - where / 2)
        return X, (value + noise * rng.logistic(size=n) > 0).astype(float)

    if helps:
        model = ImportanceWeighted(LogisticRegression(), DiscriminatorWeighter(LogisticRegression()))
    else:
        model = make_pipeline(DomainScaler(with_std=False), OnLabeled(LogisticRegression()))
    return model, *tables(draw, n_source, n_target, n_labeled)


def tables(draw, n_source, n_target, n_labeled):
    """(X, y, sample_domain, fresh target rows, their labels); ``n_labeled`` target labels are known."""
    (X_source, y_source), (X_target, y_target), fresh = draw(n_source, False), draw(n_target, True), draw(FRESH, True)
    y_target[n_labeled:] = np.nan
    target = np.repeat([False, True], [n_source, n_target])
    return np.concatenate([X_source, X_target]), np.concatenate([y_source, y_target]), target, *fresh


# --- evidence, and what the guard makes of it ---


def candidates(rivals, baseline, n_labeled):
    """The models that the guard compares, by name."""
    names = BASELINES if n_labeled else (SOURCE_ONLY,)
    models = dict.fromkeys(names, baseline) | rivals
    return {name: on_missing_labels(model) for name, model in models.items()}


def fit_candidate(name, model, X, y, target):
    """A clone, fitted on the rows that the candidate may learn from; a constant where these are of one class."""
    if name not in BASELINES:
        return fit_on_domains(model, X, y, np.where(target, TARGET, "source").astype(object))
    rows = ~np.isnan(y) & {SOURCE_ONLY: ~target, "target-only": target, "pooled": np.ones(len(y), dtype=bool)}[name]
    if len(np.unique(y[rows])) == 1:
        model = DummyClassifier()
    return clone(model).fit(X[rows], y[rows].astype(int))


def circular_losses(name, model, X, y, target):
    """Whether a source row is labelled wrongly when learned back from the target rows, as the model labels these."""

    def fit(X, y, names):
        return fit_candidate(name, model, X, y, names == TARGET)

    hidden, rows = np.where(target, np.nan, y), np.flatnonzero(~target)
    folds, losses = label_folds(y[rows], 3, np.random.RandomState(0)), np.zeros(len(rows))
    for fold in range(3):
        held = rows[folds == fold]
        back = there_and_back(fit, X, hidden, np.where(target, TARGET, "source").astype(object), held)
        losses[folds == fold] = back.predict(X[held]) != y[held]
    return losses


def circular_gains(models, X, y, target):
    """Gains over the source alone by circular validation, a source row, of each rival."""
    losses = {name: circular_losses(name, model, X, y, target) for name, model in models.items()}
    return {name: (losses[SOURCE_ONLY] - losses[name]).tolist() for name in models if name not in BASELINES}


def weighted_gains(rivals, baseline, X, y, target):
    """Estimate and p-value by weighted source labels, of each rival; no evidence where the guard can't judge."""
    gains = {
        name: TransferGuard(model, baseline).fit(X, y, sample_domain=target).gain_ for name, model in rivals.items()
    }
    return {name: (gain.estimate, gain.pvalue) if gain else (0.0, 1.0) for name, gain in gains.items()}


def label_losses(models, X, y, target):
    """Losses on held-out target labels, by loss and model: of one set of fits."""
    rows = np.flatnonzero(target & ~np.isnan(y))
    found = {kind: {name: np.zeros(len(y)) for name in models} for kind in LOSSES}
    for _, test in TargetKFold(FOLDS, random_state=0).split(X, y, target):
        for name, model in models.items():
            fitted = fit_candidate(name, model, X, hide_labels(y, test), target)
            shares, hits = fitted.predict_proba(X[test]), y[test][:, None] == fitted.classes_
            found["zero_one"][name][test] = fitted.classes_[shares.argmax(axis=1)] != y[test]
            found["brier"][name][test] = ((shares - hits) ** 2).sum(axis=1) + ~hits.any(axis=1)
    return {kind: {name: values[rows].tolist() for name, values in losses.items()} for kind, losses in found.items()}


def accuracies(models, X, y, target, fresh, truth):
    """Accuracy of each candidate on fresh target rows."""
    fitted = {name: fit_candidate(name, model, X, y, target) for name, model in models.items()}
    return {name: float(np.mean(model.predict(fresh) == truth)) for name, model in fitted.items()}


def evidence(rivals, baseline, X, y, target, fresh, truth):
    """Everything that the guard's rules look at, and the truth."""
    n_labeled = int((target & ~np.isnan(y)).sum())
    models = candidates(rivals, baseline, n_labeled)
    found = {"accuracy": accuracies(models, X, y, target, fresh, truth)}
    if n_labeled:
        return found | {"losses": label_losses(models, X, y, target)}
    return found | {"weighted": weighted_gains(rivals, baseline, X, y, target)}


def choice(record, loss, both, alpha):
    """What the guard chooses by target labels; by circular validation too, with ``both``."""
    losses = {name: np.array(values) for name, values in record["losses"][loss].items()}
    circular = {name: np.array(record["circular"][name]) for name in record["rivals"]} if both else None
    return judge(losses, SOURCE_ONLY, BASELINES[1:], record["rivals"], alpha, circular=circular).chosen


def choice_without(record, by, margin, alpha):
    """What the guard chooses without target labels, of one rival."""
    (rival,) = record["rivals"]
    if by == "weighted":
        estimate, pvalue = record["weighted"][rival]
    else:
        gains = np.array(record["circular"][rival])
        losses = {SOURCE_ONLY: gains, rival: np.zeros(len(gains))}  # whose difference is the gain
        gain = judge(losses, SOURCE_ONLY, [], [rival], alpha, margin).gains[rival]
        estimate, pvalue = gain.estimate, gain.pvalue
    return rival if pvalue < alpha and estimate > margin else SOURCE_ONLY


def rules(n_labeled):
    """The guard's rules, by name: functions of a record and of alpha."""
    if not n_labeled:
        return {
            f"   no labels, {by}" + (f", margin {margin}" if margin else ""): (
                lambda record, alpha, e=by, m=margin: choice_without(record, e, m, alpha)
            )
            for by, margin in WITHOUT_LABELS
        }
    return {
        f"{n_labeled:>5} labels, {loss}" + (" + circular" if both else ""): (
            lambda record, alpha, x=loss, b=both: choice(record, x, b, alpha)
        )
        for loss, both in WITH_LABELS
    }


# --- simulated ---


def simulate(n_problems, n_labeled):
    """Records of the simulated problems: half helpful, half harmful."""
    results = {True: [], False: []}
    for seed in range(n_problems):
        rng, helps = np.random.default_rng(seed), seed % 2 == 0
        change = "offset" if seed % 4 < 2 else "units"
        make = covariate(helps, n_labeled, rng) if n_labeled == 0 else instrument(helps, change, n_labeled, rng)
        model, X, y, target, *fresh = make
        rivals, baseline = {TRANSFER: model}, default_classifier(X, tol=1e-6)
        record = {"rivals": [TRANSFER]} | evidence(rivals, baseline, X, y, target, *fresh)
        record["circular"] = circular_gains(candidates(rivals, baseline, 0), X, y, target)
        results[helps].append(record)
    return results


def simulated_table(n_problems):
    """Print true gains, and acceptances of helpful and of harmful problems by level."""
    levels = "".join(f"{alpha:>5}" for alpha in ALPHAS)
    print(f"{'simulated, % accepted at alpha':<34}{'helps':>8}{levels}{'hurts':>8}{levels}")
    for n_labeled in (0, 5, 10, *N_LABELED):  # the guard itself asks for 10
        results = simulate(n_problems, n_labeled)
        for name, rule in rules(n_labeled).items():
            line = f"{name:<34}"
            for found in results.values():
                gains = [
                    f["accuracy"][TRANSFER] - max(v for k, v in f["accuracy"].items() if k != TRANSFER) for f in found
                ]
                line += f"{100 * np.mean(gains):>+8.1f}"
                line += "".join(f"{100 * np.mean([rule(f, a) == TRANSFER for f in found]):>5.0f}" for a in ALPHAS)
            print(line, flush=True)


# --- real pairs ---


def real(groups, n_rows, path):
    """Records of real pairs without target labels and with 20 and 50; the file keeps them for a later call."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {tuple(record[key] for key in ("group", "problem", "n_labeled", "draw")) for record in records}
    for problem in problems(groups, n_rows):
        pool, target = pipelines(problem), np.isnan(problem.y)
        rivals, baseline, circular = {name: pool[name] for name in METHODS}, pool[BASELINE], None
        for n_labeled, draw in [(0, 0), *product(N_LABELED, range(N_DRAWS))]:
            key = dict(group=problem.group, problem=problem.name, n_labeled=n_labeled, draw=draw)
            if tuple(key.values()) in done:
                continue
            record = key | evidence(rivals, baseline, *labelled(problem, target, n_labeled, draw))
            if circular is None:
                circular = circular_gains(candidates(rivals, baseline, 0), problem.X, problem.y, target)
            records.append(record | {"circular": circular})
            with path.open("a") as file:
                print(json.dumps(records[-1]), file=file)
    return records


def labelled(problem, target, n_labeled, draw):
    """(X, y, target, fresh rows, their labels) with ``n_labeled`` target labels, the ``draw``-th set of them."""
    rows = np.arange(target.sum())
    kept = (np.random.RandomState(draw).permutation(rows) if draw else rows)[:n_labeled]
    labeled, y = problem.drawn[kept], problem.y.copy()
    y[np.flatnonzero(target)[kept]] = problem.y_target[labeled]
    fresh = np.setdiff1d(np.arange(len(problem.y_target)), labeled)
    return problem.X, y, target, problem.X_target[fresh], problem.y_target[fresh]


def worth(records, chosen):
    """Gain of the choices over the source alone, and that of the best candidates."""
    base = np.array([record["accuracy"][SOURCE_ONLY] for record in records])
    offered = [[*(set(BASELINES) & record["accuracy"].keys()), *record["rivals"]] for record in records]
    most = [max(r["accuracy"][name] for name in names) for r, names in zip(records, offered, strict=True)]
    taken = [record["accuracy"][name] for record, name in zip(records, chosen, strict=True)]
    return np.array(taken) - base, np.array(most) - base


def cell(gain, most):
    """Share that loses more than a point, and gain kept, in %."""
    return f"{100 * np.mean(gain < -0.01):>5.0f}/{100 * gain.sum() / most.sum():>4.0f}"


def held_out(records, by_alpha):
    """Gains where each data set's alpha is the best of those that lose on at most 10 % of the other data sets."""
    groups = np.array([record["group"] for record in records])
    gains = np.zeros(len(records))
    most = next(iter(by_alpha.values()))[1]
    for group in set(groups.tolist()):
        rest = groups != group
        safe = [gain for gain, _ in by_alpha.values() if rest.any() and np.mean(gain[rest] < -0.01) <= 0.1]
        gains[~rest] = max(safe, key=lambda gain: gain[rest].sum(), default=gains)[~rest]
    return gains, most


def line_of(records, rule, always=True):
    """Cells of a line of the table, by alpha; then held out, and always."""
    by_alpha = {alpha: worth(records, [rule(record, alpha) for record in records]) for alpha in ALPHAS}
    cells = "".join(f"{cell(*pair):>10}" for pair in by_alpha.values()) + f"{cell(*held_out(records, by_alpha)):>10}"
    return cells + (f"{cell(*worth(records, [r['rivals'][0] for r in records])):>10}" if always else "")


def real_table(records):
    """Print, by level, the share that loses more than a point against the source alone, and the gain kept."""
    print(f"{'real pairs':<32}" + "".join(f"{a:>10}" for a in ALPHAS) + f"{'held out':>10}{'always':>10}")
    for n_labeled in (0, *N_LABELED):
        found = [record for record in records if record["n_labeled"] == n_labeled]
        single = [record | {"rivals": [method]} for record in found for method in METHODS]
        for name, rule in rules(n_labeled).items():
            print(f"{name:<32}{line_of(single, rule)}", flush=True)
        if n_labeled:
            three = [record | {"rivals": METHODS} for record in found]
            print(
                f"{'      + circular, three at once':<32}"
                + line_of(three, lambda r, a: choice(r, "brier", True, a), False)
            )
            own = [worth(single, [choice(r | {"rivals": []}, "brier", False, a) for r in single]) for a in ALPHAS]
            print(f"{'      no transfer offered':<32}" + "".join(f"{cell(*pair):>10}" for pair in own))
    by_group_table(records)


def by_group_table(records):
    """Print the default rule's shares by data set, and all that there is to gain."""
    print(f"{'by data set, + circular':<32}" + "".join(f"{group:>10}" for group in GROUPS))
    for n_labeled in N_LABELED:
        found = [r | {"rivals": [method]} for r in records if r["n_labeled"] == n_labeled for method in METHODS]
        for alpha in (0.05, 0.2, None):
            line = f"{n_labeled:>5} labels, " + (f"alpha {alpha}" if alpha else "oracle's gain, points")
            cells = []
            for group in GROUPS:
                part = [record for record in found if record["group"] == group]
                chosen = [choice(record, "brier", True, alpha or 0.05) for record in part]
                cells.append(cell(*worth(part, chosen)) if alpha else f"{100 * worth(part, chosen)[1].mean():.1f}")
            print(f"{line:<32}" + "".join(f"{text:>10}" for text in cells))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="40 simulated problems, and heart alone")
    parser.add_argument("--only", choices=("simulated", "real"), help="one part")
    parser.add_argument(
        "--store", type=Path, default=Path(tempfile.gettempdir()) / "sktl_guard.jsonl", help="file of runs"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.only != "real":
        simulated_table(40 if options.quick else 200)
    if options.only != "simulated":
        real_table(real(("heart",) if options.quick else GROUPS, 200, options.store))
