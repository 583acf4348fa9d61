"""Does TransferGuard refuse where transfer hurts and accept where it helps? On simulated problems and real pairs.

Run ``python benchmarks/guard.py`` beside ``../shared/data``, or with SKTL_DATA set (some 20 minutes of one processor;
``--quick`` for a few). Simulated: 200 problems a line, half of them helpful and half harmful by construction. With
target labels the domains' columns differ in offset or unit, by the instrument's doing (standardising each domain mends
it) or truly (it hides what matters). Without labels p(y|x) is the same: weights help a line where the boundary is
curved, and centring hurts a straight one. First the mean true gain in points over the best baseline, then % accepted.

    simulated, % accepted at alpha       helps  0.01  0.05   0.1   0.2   0.4   hurts  0.01  0.05   0.1   0.2   0.4
      no target labels, zero_one         +23.9    82    93    97   100   100   -16.2     0     0     1    10    11
      no target labels, brier            +23.9    83    95    97    98    98   -16.2     3     4    10    20    41
      10 target labels, zero_one          +8.0     0     0     3    16    35   -13.5     0     0     0     2    11
      10 target labels, brier             +8.0     0     8    12    21    50   -13.5     0     1     1     5    12
      20 target labels, zero_one          +6.6     0     4     7    25    45   -12.8     0     0     0     2    10
      20 target labels, brier             +6.6     3    12    20    35    58   -12.8     0     0     1     1     8
      50 target labels, zero_one          +4.2     1     7    16    25    57   -10.7     0     0     0     4    12
      50 target labels, brier             +4.2     8    23    32    49    74   -10.7     0     0     3     4    13

Harmful acceptances at 0.05 are 1 % at most with labels, and none without by the default there, "zero_one"; the Brier
score has two to four times the power of the 0/1 loss with labels, and is the default there. Power is low: a few labels
tell little.

Real: 30 pairs (``_pool.py``, 200 rows of a domain), three methods (CORAL, TCA, OTMapping), 20 or 50 target labels. A
cell has the share of runs, in %, that lose more than a point to the source alone, and the gain kept, in % of that of
the best of transfer, source-only and target-only.

    real pairs, labels, loss            0.01        0.05         0.1         0.2         0.4      always       never
      20  zero_one  90 runs         0/   0 %    0/  23 %    0/  46 %    9/  57 %   12/  70 %   27/  51 %    0/   0 %
      20  brier     90 runs         3/  23 %    6/  41 %    6/  52 %    6/  59 %   14/  59 %   27/  51 %    0/   0 %
      50  zero_one  90 runs         3/  36 %    7/  54 %   13/  48 %   13/  50 %   14/  62 %   23/  70 %    0/   0 %
      50  brier     90 runs         7/  58 %   10/  61 %   10/  65 %   13/  70 %   17/  77 %   23/  70 %    0/   0 %

By default (Brier, 0.05) the guard loses on 6 and 10 %, and keeps 41 and 61 %: the goal of 10 % is met, that of 80 % is
not. alpha = 0.1 keeps more for no more losses here; 0.4 comes to 77 % with 50 labels, at 17 % of losses. Before
target-only had to be proved as well, it was taken by its mean score: with transfer never used, 13 to 17 % of the runs
lost a point by that alone.
"""

import argparse
import json
import tempfile
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from _pool import BASELINE, GROUPS, pipelines, problems
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled
from sktl.base._routing import on_missing_labels
from sktl.domains import TARGET
from sktl.feature import DomainScaler
from sktl.instance import DiscriminatorWeighter, ImportanceWeighted
from sktl.model_selection import TransferGuard
from sktl.model_selection._guard import SOURCE_ONLY, TARGET_ONLY, TRANSFER, default_baseline, fit_candidate

ALPHAS = (0.01, 0.05, 0.1, 0.2, 0.4)
METHODS = ("CORAL, kernel form", "TCA m", "OTMapping")
N_LABELED, LOSSES = (20, 50), ("zero_one", "brier")
FRESH = 4000  # target rows that tell what a model is worth

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


def judge(model, baseline, X, y, target, fresh, truth, losses):
    """The guard's evidence by each loss, and what each candidate is worth on fresh target rows."""
    found = {"transfer": {}, "target": {}, "accuracy": {}}
    for loss in losses:
        guard = TransferGuard(model, baseline, loss=loss).fit(X, y, sample_domain=target)
        for key, gain in (("transfer", guard.gain_), ("target", guard.target_gain_)):
            found[key][loss] = 1.0 if gain is None or gain.estimate <= 0 else gain.pvalue
    plain = on_missing_labels(default_baseline(model, X) if baseline is None else baseline)
    names = np.where(target, TARGET, "source").astype(object)
    for name in guard.evidence_:
        fitted = fit_candidate(name, on_missing_labels(model) if name == TRANSFER else plain, X, y, names)
        found["accuracy"][name] = float(np.mean(fitted.predict(fresh) == truth))
    return found


def accepted(found, alpha, loss):
    """Whether the guard takes transfer at a level."""
    return found["transfer"][loss] < alpha


def value(found, alpha, loss):
    """Accuracy of the guard's choice at a level."""
    if accepted(found, alpha, loss):
        return found["accuracy"][TRANSFER]
    return found["accuracy"][TARGET_ONLY if found["target"][loss] < alpha else SOURCE_ONLY]


# --- simulated ---


def simulate(n_problems, n_labeled):
    """Results of the simulated problems: half helpful, half harmful."""
    results = {True: [], False: []}
    for seed in range(n_problems):
        rng, helps = np.random.default_rng(seed), seed % 2 == 0
        change = "offset" if seed % 4 < 2 else "units"
        make = covariate(helps, n_labeled, rng) if n_labeled == 0 else instrument(helps, change, n_labeled, rng)
        results[helps].append(judge(make[0], None, *make[1:], LOSSES))
    return results


def simulated_table(n_problems):
    """Print true gains, and acceptances of helpful and of harmful problems by level."""
    levels = "".join(f"{alpha:>6}" for alpha in ALPHAS)
    print(f"{'simulated, % accepted at alpha':<34}{'helps':>8}{levels}{'hurts':>8}{levels}")
    for n_labeled in (0, 10, *N_LABELED):
        results = simulate(n_problems, n_labeled)
        for loss in LOSSES:
            line = f"{n_labeled or 'no':>4} target labels, {loss:<14}"
            for found in results.values():
                gains = [
                    f["accuracy"][TRANSFER] - max(v for k, v in f["accuracy"].items() if k != TRANSFER) for f in found
                ]
                line += f"{100 * np.mean(gains):>+8.1f}"
                line += "".join(f"{100 * np.mean([accepted(f, a, loss) for f in found]):>6.0f}" for a in ALPHAS)
            print(line, flush=True)


# --- real pairs ---


def real(groups, n_rows, path):
    """Results on real pairs with 20 and 50 target labels; the file keeps them for a later call."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(r["group"], r["problem"], r["method"], r["n_labeled"]) for r in records}
    for problem in problems(groups, n_rows):
        pool, target = pipelines(problem), np.isnan(problem.y)
        for method, n_labeled in product(METHODS, N_LABELED):
            key = (problem.group, problem.name, method, n_labeled)
            if key in done:
                continue
            y, labeled = problem.y.copy(), problem.drawn[:n_labeled]
            y[np.flatnonzero(target)[:n_labeled]] = problem.y_target[labeled]
            fresh = np.setdiff1d(np.arange(len(problem.y_target)), labeled)
            rows = problem.X, y, target, problem.X_target[fresh], problem.y_target[fresh]
            found = judge(pool[method], pool[BASELINE], *rows, LOSSES)
            records.append(dict(zip(("group", "problem", "method", "n_labeled"), key, strict=True)) | found)
            with path.open("a") as file:
                print(json.dumps(records[-1]), file=file)
    return records


def real_table(records):
    """Print, by level, the share that loses more than a point against the source alone, and the gain kept."""
    print(
        f"{'real pairs, labels, loss':<28}{'':>8}"
        + "".join(f"{a:>12}" for a in ALPHAS)
        + f"{'always':>12}{'never':>12}"
    )
    for n_labeled, loss in product(N_LABELED, LOSSES):
        found = [r for r in records if r["n_labeled"] == n_labeled]
        base = np.array([r["accuracy"][SOURCE_ONLY] for r in found])
        most = np.array([max(r["accuracy"].values()) for r in found]) - base
        cells = ""
        for alpha in (*ALPHAS, None, 0):
            chosen = [r["accuracy"][TRANSFER] if alpha is None else value(r, alpha, loss) for r in found]
            gain = np.array(chosen) - base
            cells += f"{100 * np.mean(gain < -0.01):>5.0f}/{100 * gain.sum() / most.sum():>4.0f} %"
        print(f"{n_labeled:>4}  {loss:<10}{len(found):>8} runs       {cells}", flush=True)


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
