"""How good is a model on a target without labels, and with a few: expected accuracy on real pairs of domains.

    python benchmarks/expected_score.py pairs --store pairs.pkl     # a quarter of an hour of one core; goes on
    python benchmarks/expected_score.py tables --store pairs.pkl    # errors and intervals without labels
    python benchmarks/expected_score.py labels --store pairs.pkl    # with 10, 20 and 50
    python benchmarks/expected_score.py scores --store pairs.pkl    # other scores; segments; numbers
    python benchmarks/expected_score.py worlds                      # pure covariate and label shift
    python benchmarks/expected_score.py cost                        # a million target rows

Reviews, hospitals, incomes and tables served to choose; Office and digits were seen; bikes, newsgroups and mushrooms
judge alone (``_score_pairs.py``). The table of errors stands in ``TargetScoreEstimator``. Means of "auto" against
the naive answer:

                          error           90 % intervals hold   interval score, that of [chance, source]
    reviews           .051  .058                .92                  .26   .38
    hospitals         .085  .138                .97                  .37   .78
    incomes           .057  .102                .92                  .41   .75
    tables            .054  .119               1.00                  .41  1.27
    first three       .060  .103                .92                  .39   .71
    Office            .138  .267                .75                  .45   .58
    digits            .170  .485               1.00                  .65   .82
    bikes             .053  .069               1.00                  .35   .41
    newsgroups        .096  .207                .88                  .35   .49
    mushrooms         .240  .341                .52                 1.71  1.06
    all 398           .092  .154                .87                  .57   .75

*The pull to chance* (of 302 pairs kept before): by the share that is not covered (PULL .7) tables lost .088, without
.060, by the geometric mean of that and of how far the answers moved .062 (reviews .053 > .058, hospitals .087 > .087,
incomes .044 > .045, Office .123 > .133). With the constant chosen on three of the sets and judged on the fourth: .072
by the uncovered share, .063 by the geometric mean.

*Labels* (every second pair, two draws): mean absolute error

                reviews   hosp. incomes  tables  Office  digits   bikes  groups  mushr.   first  judges
    10 labels      .103    .094    .095    .121    .120    .050    .116    .128    .117    .095    .119
    10 ppi         .097    .093    .090    .116    .110    .061    .114    .114    .120    .091    .117
    10 auto        .064    .062    .050    .073    .118    .041    .054    .086    .115    .053    .089
    20 labels      .074    .059    .063    .062    .094    .037    .079    .102    .080    .063    .084
    20 ppi         .076    .058    .061    .060    .087    .036    .080    .101    .080    .062    .084
    20 auto        .053    .043    .045    .050    .084    .064    .044    .082    .098    .046    .077
    50 labels      .036    .034    .038    .047    .055    .020    .043    .045    .053    .037    .048
    50 ppi         .037    .032    .035    .046    .058    .025    .045    .046    .052    .035    .048
    50 auto        .025    .026    .029    .036    .060    .027    .027    .043    .061    .028    .046

*Numbers* (88 pairs): median error of R2, and of the root mean squared error as a share of it; intervals held

                       tables  concrete  boston  auto_mpg  bikes    all
    R2     source        .12      .21      .52      .26     .08     .14
           importance    .20      .22      .49      .15     .10     .18
           loss_model    .14      .22      .43      .13     .06     .14
           auto          .24      .26      .46      .18     .14     .22    77 %
    root   source        .16      .30      .38      .25     .18     .19
           importance    .15      .24      .41      .22     .20     .19
           loss_model    .13      .20      .26      .28     .15     .15
           auto          .12      .11      .22      .13     .18     .13    80 %

*Worlds*, 5,000 rows, accuracy: mean absolute error, deviation over draws and that of the jackknife, and coverage of
nominal 90 %. With 20 groups (400 draws) the jackknife was wrong the same way in each draw, since its groups are fixed
places of the sorted rows; with 80 (200 draws, standard error 2 points) it is not:

    20 groups   importance .0055  .0069 .0070  89.2 %   pape .0057  .0068 .0066  88.0 %
                label      .0056  .0072 .0062  86.5 %   mlls .0047  .0059 .0060  90.5 %
    80 groups   label      .0054  .0067 .0066  88.5 %   mlls .0044  .0053 .0057  93.0 %

The interval of "auto" is made for real pairs, where no assumption holds, and covered all of an earlier form's draws.
With 200 more draws "label" held 88.0 and "mlls" 92.0 % over 400.
"""

import argparse
import time
import warnings

import numpy as np
from _score_pairs import (
    CHOOSING,
    FIRST,
    JUDGING,
    NUMBERS,
    PAIRS,
    SEEN,
    Remembered,
    collect,
    stored,
)
from sklearn.linear_model import LogisticRegression

from sktl._core.expected_numbers import NUMBER_SCORES, weighted_moments
from sktl._core.prediction_powered import powered_mean
from sktl._core.soft_scores import SCORES, one_hot
from sktl.model_selection import expected_score
from sktl.model_selection._expected_evidence import ClassQuestion, NumberQuestion
from sktl.model_selection._expected_record import values_by_method, with_labels, without_labels

N_LABELS = (10, 20, 50)
N_DRAWS = 2  # of the labels
OTHERS = ("roc_auc_ovr", "f1_macro", "balanced_accuracy", "neg_log_loss", "neg_brier_score")


def question(row, name="accuracy", labeled=slice(0, 0)):
    """A score of a pair's model, the target's rows ``labeled`` being known."""
    evidence, y = row["evidence"], row["y"][labeled]
    if row["group"] in NUMBERS:
        rest = evidence.new[labeled], y, evidence.new_losses[labeled], True
        return NumberQuestion(NUMBER_SCORES[name], name, evidence, *rest)
    return ClassQuestion(SCORES[name], name == "accuracy", evidence, evidence.new.at(labeled), y, True)


def truth_of(row, name, rows=slice(None)):
    """The score itself on the target."""
    evidence, y = row["evidence"], row["y"][rows]
    if row["group"] in NUMBERS:
        return NUMBER_SCORES[name](weighted_moments(y, evidence.new[rows], np.ones(len(y))))
    if name == "accuracy":
        return float(np.mean(evidence.new.decided[rows] == y))
    return SCORES[name](evidence.new.at(rows), one_hot(y, evidence.n_classes))


def judged(row, name="accuracy", with_ends=True):
    """One row of the table: what each method says, the truth, and the ends of the interval."""
    asked = question(row, name)
    found = values_by_method(asked, 0)
    cell = {"truth": truth_of(row, name), "chance": row["evidence"].chance(asked.score), "group": row["group"]}
    if with_ends:
        expected = without_labels(asked, found, row["overlap"])
        low, high = (expected.belief.quantile(level) for level in (0.05, 0.95))
        if row["reason"]:
            low, high = min(low, cell["chance"]), max(high, cell["chance"])
        found["auto"] = expected.value
        cell |= {"low": low, "high": high, "expected": expected}
    return cell | {"by_method": found}


def interval_score(low, high, truth, alpha=0.1):
    """Width, and 2 / alpha for what is missed (Gneiting & Raftery, 2007); smaller is better."""
    return high - low + 2 / alpha * (np.maximum(low - truth, 0) + np.maximum(truth - high, 0))


def by_sets(cells):
    """The rows of each data set, and of sets of them."""
    group = np.array([cell["group"] for cell in cells])
    several = {
        "first": FIRST,
        "chosen on": CHOOSING,
        "seen": SEEN,
        "judging": JUDGING,
        "all": CHOOSING + SEEN + JUDGING,
    }
    sets = {g: group == g for g in dict.fromkeys(group)} | {k: np.isin(group, v) for k, v in several.items()}
    return {name: rows for name, rows in sets.items() if rows.any()}


def line(name, values, sets):
    """Print a mean for each set."""
    print(f"  {name:12s}", "  ".join(f"{g} {values[rows].mean():.3f}" for g, rows in sets.items()), flush=True)


def errors_and_intervals(cells):
    """Errors of each method by data set, and what the intervals are worth."""
    sets, truth = by_sets(cells), np.array([cell["truth"] for cell in cells])
    print("mean absolute error (bias)", {g: int(rows.sum()) for g, rows in sets.items()})
    for method in cells[0]["by_method"]:
        error = np.array([cell["by_method"][method] for cell in cells]) - truth
        words = (f"{g} {np.abs(error[m]).mean():.3f} ({error[m].mean():+.3f})" for g, m in sets.items())
        print(f"  {method:12s}", "  ".join(words), flush=True)
    low, high, chance = (np.array([cell[k] for cell in cells]) for k in ("low", "high", "chance"))
    source = np.array([cell["by_method"]["source"] for cell in cells])
    for name, a, b in (("auto", low, high), ("chance-source", np.minimum(chance, source), np.maximum(chance, source))):
        line(f"{name}: held", ((a <= truth) & (truth <= b)).astype(float), sets)
        line(f"{name}: score", interval_score(a, b, truth), sets)


def few_labels(rows, cells):
    """Errors with a few labels of the target."""
    sets, found = by_sets(cells), {}
    for row, cell in zip(rows, cells, strict=True):
        for n in N_LABELS:
            errors = []
            for seed in range(N_DRAWS):
                some = np.random.default_rng(seed).permutation(len(row["y"]))[:n]
                asked = question(row, labeled=some)
                alone = asked.of_labels()
                ours = with_labels(asked, cell["expected"], alone, n).value
                errors.append(np.abs(np.array([alone, powered_mean(*asked.powered()).value, ours]) - cell["truth"]))
            found.setdefault(n, []).append(np.mean(errors, axis=0))
    for n, errors in found.items():
        for k, name in enumerate(("labels", "ppi", "auto")):
            line(f"{n} {name}", np.array(errors)[:, k], sets)


def segments(rows):
    """Quarters of each target by their density ratio, of which the last lies farthest from the source."""
    cells, errors = [], {}
    for row in rows:
        quarter = np.argsort(np.argsort(row["new_ratio"])) * 4 // len(row["y"])
        whole = judged(row, with_ends=False)["by_method"]["source"]
        parts = [np.flatnonzero(quarter == k) for k in range(4)]
        truths = np.array([truth_of(row, "accuracy", part) for part in parts])
        asked = [question(row).at(part, slice(0, 0)) for part in parts]
        found = [values_by_method(one, 0) for one in asked]
        errors.setdefault("source", []).append(np.abs(whole - truths).mean())
        for method in ("confidence", "cbpe", "pape", "mlls"):
            errors.setdefault(method, []).append(np.abs([f[method] for f in found] - truths).mean())
        ends = [without_labels(one, values, row["overlap"]) for one, values in zip(asked, found, strict=True)]
        errors.setdefault("auto", []).append(np.abs([end.value for end in ends] - truths).mean())
        held = [
            end.belief.quantile(0.05) <= truth <= end.belief.quantile(0.95)
            for end, truth in zip(ends, truths, strict=True)
        ]
        errors.setdefault("auto: held", []).append(np.mean(held))
        cells.append({"group": row["group"]})
    for method, values in errors.items():
        line(method, np.array(values), by_sets(cells))


def show_scores(rows):
    """Other scores of classifiers, every third pair."""
    for name in OTHERS:
        cells = [judged(row, name) for row in rows]
        cells = [cell for cell in cells if np.isfinite([cell["truth"], *cell["by_method"].values()]).all()]
        sets, truth = by_sets(cells), np.array([cell["truth"] for cell in cells])
        print(name, {g: int(m.sum()) for g, m in sets.items()})
        for method in ("source", "importance", "confidence", "cbpe", "pape", "mlls", "auto"):
            line(method, np.abs(np.array([cell["by_method"][method] for cell in cells]) - truth), sets)
        line("auto: held", np.array([cell["low"] <= cell["truth"] <= cell["high"] for cell in cells]) * 1.0, sets)


def show_numbers(rows):
    """Regressors: the error of R2 (a median: it has no lower bound), and that of the root mean square in its own."""
    for name in ("r2", "root_mean_squared_error"):
        cells = [judged(row, name) for row in rows]
        group, truth = np.array([cell["group"] for cell in cells]), np.array([cell["truth"] for cell in cells])
        sets = {g: group == g for g in dict.fromkeys(group)} | {"all": group != ""}
        print(name, {g: int(m.sum()) for g, m in sets.items()})
        for method in cells[0]["by_method"]:
            error = np.abs(np.array([cell["by_method"][method] for cell in cells]) - truth)
            error = error if name == "r2" else error / truth
            print(f"  {method:12s}", "  ".join(f"{g} {np.median(error[m]):.3f}" for g, m in sets.items()), flush=True)
        line("auto: held", np.array([cell["low"] <= cell["truth"] <= cell["high"] for cell in cells]) * 1.0, sets)


def show(store, what):
    """The tables of the pairs that were stored."""
    rows = stored(store)
    classes = [row for row in rows if row["group"] not in NUMBERS]
    if what == "tables":
        errors_and_intervals([judged(row) for row in classes])
    elif what == "labels":
        few_labels(classes[::2], [judged(row) for row in classes[::2]])
    elif what == "scores":
        show_scores(classes[::3])
    elif what == "segments":
        segments(classes[::3])
    else:
        show_numbers([row for row in rows if row["group"] in NUMBERS])


# --- made worlds ---


def world(shift, n, rng):
    """Rows and labels of a domain: P(y | x) logistic with x ~ N(0, I) > N(.5, I), or class shares .5 > .8."""
    source, target = (0.0, 0.5) if shift == "covariate" else (0.5, 0.8)

    def draw(value, n):
        if shift == "covariate":
            X = rng.normal(value, 1, (n, 3))
            return X, (rng.uniform(size=n) < 1 / (1 + np.exp(-1.5 * X[:, 0] - X[:, 1]))).astype(float)
        y = (rng.uniform(size=n) < value).astype(float)
        return rng.normal(size=(n, 3)) + 1.2 * y[:, None] * np.array([1, 0.5, 0]), y

    return draw(source, n), draw(source, n), draw(target, n), draw(target, 200_000)


def show_worlds(n_draws, n=5000):
    """Error and coverage of the methods whose assumption holds, and of "auto"."""
    for shift, methods in (("covariate", ("importance", "pape", "auto")), ("label", ("label", "mlls", "auto"))):
        rng, errors = np.random.default_rng(0), {m: [] for m in methods}
        for _ in range(n_draws):
            train, held, target, many = world(shift, n, rng)
            model = LogisticRegression().fit(*train)
            truth = model.score(*many)
            for m in methods:
                found = expected_score(model, *held, target[0], method=m, weighter=Remembered())
                errors[m].append((abs(found.value - truth), found.low <= truth <= found.high))
        for m, values in errors.items():
            error, covered = np.mean(values, axis=0)
            print(f"{shift:10s} {m:10s} error {error:.4f}  coverage {covered:.3f}  ({n_draws} draws)", flush=True)


def show_cost(n=1_000_000, d=20):
    """Seconds for a million target rows."""
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(20_000, d)), rng.normal(0.1, 1, (n, d))
    y = (X[:, 0] + rng.normal(size=20_000) > 0).astype(int)
    model, start = LogisticRegression().fit(X[:10_000], y[:10_000]), time.perf_counter()
    print(expected_score(model, X[10_000:], y[10_000:], new), f"{time.perf_counter() - start:.1f} s")


SHOWN = ("tables", "labels", "scores", "segments", "numbers")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("pairs", *SHOWN, "worlds", "cost"))
    parser.add_argument("--store", default="expected_score.pkl")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--groups", nargs="*", default=PAIRS, choices=PAIRS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.what == "pairs":
        collect(options.store, options.groups)
    elif options.what in SHOWN:
        show(options.store, options.what)
    elif options.what == "worlds":
        show_worlds(options.draws)
    else:
        show_cost()
