"""Do intervals and sets keep their promise on the target? Coverage and width, made worlds and real pairs.

Run ``python benchmarks/conformal.py WHAT`` with WHAT among ``covariate``, ``label``, ``far``, ``labels``, ``real``,
``speed`` (each up to a few minutes of one processor; ``--draws`` sets the number of worlds).

Measured, 90 % asked for.

*covariate* (200 worlds, 50 of AutoWeighter and quantile; half of the rows are source rows, half of these calibrate;
standard errors .002 to .004; 4,000 fresh target rows). Coverage, median width, share that is infinite:

    rows                           300                500               1,000               2,000
    plain                  .754  4.82         .740  4.56         .737  4.49         .737  4.46
    known ratio            .937  8.05 .103    .923  7.67 .039    .914  7.91 .008    .912  7.98 .001
      own mass left out    .867  7.12         .875  7.34         .891  7.82         .900  7.83
    DiscriminatorWeighter  .904  6.99 .068    .892  6.93 .023    .896  7.41 .007    .899  7.57 .001
      cross                .892  7.06 .019    .877  6.83 .005    .887  7.27 .001    .890  7.46 .000
      normalized           .924  7.58 .068    .912  7.09 .023    .905  6.93 .007    .905  6.96 .001
      quantile             .902  8.41 .069    .902  7.96 .028    .893  7.13 .006    .900  6.94 .001
    AutoWeighter           .905  6.55 .080    .915  7.61 .033    .904  7.64 .006    .898  7.51 .001
    KLIEP                  .865  6.43 .024    .859  6.42 .004    .864  6.80 .000    .871  6.89 .000

One width, model and law known: 7.88. The known ratio is above .90 by what a row's own mass is worth where the scores
jump; a smooth ratio (KLIEP) promises too much.

*label* (200 worlds, standard errors .002 to .007): coverage, mean size of a set. Scores are those of the target's
probabilities; by the source's, "lac" held as much with 2.3 classes, and "aps" all three.

    rows                           300           1,000           2,000
    lac, plain             .731   1.74     .719   1.61     .719   1.57
    lac, label shift       .878   1.50     .893   1.43     .898   1.40
    aps, plain             .785   1.91     .775   1.87     .783   1.87
    aps, label shift       .895   1.80     .903   1.75     .901   1.73

(aps without randomisation.) *far* (40 worlds of 2,000 rows): the target moves by s, where no line fits.

       s   plain    ours  of finite  infinite  overlap
       1    .732    .889       .889      .000      .99
       2    .511    .929       .917      .141      .95
       3    .314    .966       .918      .578      .74
       4    .177    .990       .907      .891      .34
       6    .052   1.000       .853      .999      .01

*labels* (200 worlds): 300 source rows, some target labels of weight 1, or pooled with the source's; known ratio.

       s  labels    weight 1 (coverage, width, infinite)    pooled
     1.0   10 20 50   .906 .908 .906  3.9 4.0 4.0  .00     .903 .904 .903  3.9 4.0 4.0    .00
     2.5   10 20 50   .968 .966 .974  9.7 9.3 9.8  .46     .934 .912 .907 11.5 10.4 10.2  .04 .00 .00

*real* (coverage of ridge or logistic regression, share of infinite intervals or of full sets, overlap):

                       plain  covariate  inf.  overlap                           plain  covariate  full  label  full
    concrete 0          .698       .901   .58      .33    adult Male>             .908       .908   .15   .876   .00
    concrete 1          .939       .948   .00      .97    adult Female>           .726       .947   .56   .886   .22
    concrete 2          .840       .936   .17      .86    adult White>            .931       .878   .00   .854   .00
    boston 0            .692       .947   .14      .80    adult United-States>    .906       .908   .09   .884   .02
    boston 1            .882       .864   .00      .98    heart rest>clev         .851       .934   .45   .871   .22
    boston 2            .363      1.000   .60     1.00    heart rest>hung         .935       .912   .28   .861   .15
    auto_mpg 0          .759       .992   .67      .28    heart rest>swit         .927       .943   .56   .919   .00
    auto_mpg 1          .765       .838   .01      .87    heart rest>va_l         .765       .885   .37   .600   .00
    auto_mpg 2          .797       .962   .00      .98    attrition               .904      1.000   .97   .852   .07
    bike, year          .801       .799   .00     1.00    churn                   .951       .923   .10   .929   .00
    bike, season 1      .947       .989   .66      .43    credit                  .800       .888   .46   .816   .43
    bike, season 2      .884       .957   .45      .45    survival                .928       .938   .23   .843   .00
    bike, season 3      .906       .925   .40      .46    happiness               .889      1.000  1.00   .805   .64
    bike, season 4      .837       .854   .00     1.00    pension                 .980      1.000  1.00   .492   .00
    15 tables: mean     .768       .887   .47             recidivism              .878       .886   .47   .642   .00
      salary            .380       .405   .00     1.00    mean                    .885       .930         .809
      lending           .636       .641   .00     1.00
    mean of 29          .780       .904   .37

*in theory* (``covariate``, known ratio; 200, 120, 120 worlds): given which scores and weights came, the coverage is a
sum over which row is the new one. Rows 300 / 1,000 / 2,000: .936 .915 .907 in theory, .937 .913 .914 (+- .004)
measured: what lies above .90 is the weight of the row across the level, not a mistake of the method.

*helped* (29 real pairs of numbers, ridge; some target labels calibrate, 3 draws): coverage, its mean distance from
.90, infinite share, median width over that of the labels:

    labels      plain                     covariate
         0      .781  .129  .00   .76     .904  .085  .37   .88
        20      .798  .112  .00   .76     .869  .075  .00   .83
        50      .806  .106  .00   .76     .869  .064  .00   .85

What it shows: where rows are covered and p(y|x) is the same, the promise holds. On tables of numbers 52 % of the pairs
hold less than 85 % by the plain method, 21 % by the weighted one, and most of that is intervals that say "unknown".
Where p(y|x) differs (salary by continent, lending by grade, bikes a year later) weights mend nothing. Class shares
mend the promise on few real pairs, and break it on 6 of 15: classes of a table do not look the same in both domains.

*speed* (two cores): 100,000 intervals from 20,000 calibration rows .1 s, by "cross" 3.4 s (fits 1.8 and 1.9 s); 100,000
sets of three classes by "aps" .3 s.
"""

import argparse
import time
import warnings

import numpy as np
from _few_labels import bike_regressions, small_regressions, table_regressions
from calibration import class_tasks
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl import stack_domains
from sktl._core.conformal import WeightedScores, needed_level, own_share, pooled_weights
from sktl.base import BaseRatioWeighter
from sktl.calibration import ConformalClassifier, ConformalRegressor
from sktl.instance import KLIEP, AutoWeighter

TILT = np.array([1.0, 0.5, 0.0, 0.0, 0.0])


class KnownRatio(BaseRatioWeighter):
    """The ratio of N(TILT, I) to N(0, I)."""

    def _weigh(self, X_source, X_target):
        return self._ratio(X_source)

    def _ratio(self, X):
        return np.exp(X @ TILT - TILT @ TILT / 2)


def tilted(n_rows, seed, n_fresh=4000, tilt=TILT):
    """N(0, I_5) > N(TILT, I_5), half of ``n_rows`` each, errors that grow with x_1; fresh target rows."""
    rng = np.random.default_rng(seed)
    half = n_rows // 2
    X = rng.normal(size=(2 * half + n_fresh, 5))
    X[half:] += tilt
    y = X @ [1, -1, 0.5, 0, 1] + np.exp(0.6 * X[:, 0]) * rng.normal(size=len(X))
    shown = np.where(np.arange(2 * half) < half, y[: 2 * half], np.nan)
    return X[: 2 * half], shown, X[2 * half :], y[2 * half :]


def shares(n_rows, seed, n_fresh=4000):
    """Three classes of normals in five columns, of shares .6 .3 .1 > .1 .3 .6; fresh target rows."""
    rng = np.random.default_rng(seed)
    half = n_rows // 2
    y = np.concatenate([rng.choice(3, half, p=[0.6, 0.3, 0.1]), rng.choice(3, half + n_fresh, p=[0.1, 0.3, 0.6])])
    X = rng.normal(size=(len(y), 5)) + 1.3 * np.eye(5)[y]
    shown = np.where(np.arange(2 * half) < half, y[: 2 * half], np.nan)
    return X[: 2 * half], shown, X[2 * half :], y[2 * half :]


def held(model, X, y, alpha=0.1):
    """Coverage, median width (or mean size of a set), and share of infinite intervals (full sets) on target rows."""
    if isinstance(model, ConformalRegressor):
        low, high = model.predict_interval(X, alpha).T
        return np.mean((low <= y) & (y <= high)), np.median(high - low), np.isinf(high - low).mean()
    sets = model.predict_set(X, alpha)
    codes = np.searchsorted(model.classes_, y)
    return sets[np.arange(len(y)), codes].mean(), sets.sum(axis=1).mean(), sets.all(axis=1).mean()


def show(name, records):
    """One line: mean coverage with its standard error, the median of the widths, the share that is infinite."""
    found = np.array(records)
    error = found[:, 0].std() / np.sqrt(len(found))
    print(
        f"{name:<34}{found[:, 0].mean():>8.3f} +- {error:.3f}{np.median(found[:, 1]):>9.2f}{found[:, 2].mean():>8.3f}",
        flush=True,
    )


MAKERS = {
    "plain": {"shift": None},
    "known ratio": {"weighter": KnownRatio()},
    "default": {},
    "KLIEP": {"weighter": KLIEP()},
    "AutoWeighter": {"weighter": AutoWeighter()},
    "default, cross": {"method": "cross"},
    "default, normalized": {"conformity": "normalized"},
    "default, quantile": {"conformity": "quantile"},
}


def without_own_mass(model, X, y):
    """Coverage, median width and infinite share if the new row's own weight is left out; absolute residuals."""
    part = WeightedScores.of(model.calibration_scores_, model.calibration_weights_)
    reach = float(part.quantile(0.9))
    return np.mean(np.abs(y - model.predict(X)) <= reach), 2 * reach, float(np.isinf(reach))


def in_theory(model, X, y, alpha=0.1, n_rows=200):
    """Coverage given which scores and weights came, but not which row was the new one; absolute residuals.

    Each of the n + 1 rows is the new one with its share of the weight; ordered from the largest score, those whose
    cumulated share is at most alpha are missed. What lacks to alpha is part of one row's weight.
    """
    scores, weights = model.calibration_scores_, model.calibration_weights_
    order = np.argsort(-scores)
    scores, weights, missed = scores[order], weights[order], []
    new = np.abs(y[:n_rows] - model.predict(X[:n_rows])), model.weighter_.predict_weights(X[:n_rows])
    for score, weight in zip(*new, strict=True):
        whole = np.insert(weights, np.searchsorted(-scores, -score), weight)
        share = np.cumsum(whole) / whole.sum()
        missed.append(share[share <= alpha].max(initial=0))
    return 1 - np.mean(missed), np.nan, np.nan


def covariate(n_draws):
    """Covariate shift in five columns."""
    print(f"{'rows, method':<34}{'coverage':>8}{'':>9}{'width':>9}{'inf.':>8}")
    for n_rows in (300, 500, 1000, 2000):
        found, draws = {}, {"AutoWeighter": n_draws // 4, "default, quantile": n_draws // 4}
        for seed in range(n_draws):
            X, shown, fresh, y = tilted(n_rows, seed)
            for name, kwargs in MAKERS.items():
                if seed >= draws.get(name, n_draws):
                    continue
                model = ConformalRegressor(Ridge(), **kwargs).fit(X, shown)
                found.setdefault(name, []).append(held(model, fresh, y))
                if name == "known ratio":
                    found.setdefault("the same, in theory", []).append(in_theory(model, fresh, y))
                    found.setdefault("the same, own mass left out", []).append(without_own_mass(model, fresh, y))
        for name, records in found.items():
            show(f"{n_rows:>6} {name}", records)
        oracle = [tilted(n_rows, seed) for seed in range(min(n_draws, 20))]
        residuals = [np.quantile(np.abs(y - fresh @ [1, -1, 0.5, 0, 1]), 0.9) for _, _, fresh, y in oracle]
        print(f"{n_rows:>6} {'one width, model and law known':<27}{0.9:>8.3f}{'':>9}{2 * np.mean(residuals):>9.2f}")


def label(n_draws):
    """Label shift, three classes."""
    print(f"{'rows, method':<34}{'coverage':>8}{'':>9}{'size':>9}{'full':>8}")
    for n_rows in (300, 1000, 2000):
        for conformity in ("lac", "aps"):
            for shift in (None, "label"):
                records = []
                for seed in range(n_draws):
                    X, shown, fresh, y = shares(n_rows, seed)
                    model = ConformalClassifier(
                        LogisticRegression(), shift=shift, conformity=conformity, randomize=False
                    )
                    records.append(held(model.fit(X, shown), fresh, y))
                show(f"{n_rows:>6} {conformity}, {'plain' if shift is None else 'label shift'}", records)


def bend(X):
    """What no line fitted to the source foresees: a parabola beyond 2."""
    return np.maximum(X[:, 0] - 2, 0) ** 2


def far(n_draws):
    """A target that moves out of the source's reach: what is refused, and what the others are worth."""
    print(f"{'s':>4}{'plain':>8}{'ours':>8}{'finite ones':>13}{'infinite':>10}{'overlap':>9}")
    for s in (1.0, 2.0, 3.0, 4.0, 6.0, 8.0):
        records = []
        for seed in range(n_draws):
            X, shown, fresh, y = tilted(2000, seed, tilt=np.array([s, 0, 0, 0, 0]))
            shown, y = shown + bend(X), y + bend(fresh)
            plain = ConformalRegressor(Ridge(), shift=None).fit(X, shown)
            ours = ConformalRegressor(Ridge()).fit(X, shown)
            low, high = ours.predict_interval(fresh).T
            hit, finite = (low <= y) & (y <= high), np.isfinite(high)
            among = hit[finite].mean() if finite.any() else np.nan
            records.append([held(plain, fresh, y)[0], hit.mean(), among, 1 - finite.mean(), ours.overlap_])
        mean = np.nanmean(records, axis=0)
        print(f"{s:>4.0f}{mean[0]:>8.3f}{mean[1]:>8.3f}{mean[2]:>13.3f}{mean[3]:>10.3f}{mean[4]:>9.2f}", flush=True)


def labels(n_draws):
    """With some target labels: pooled weights beside weight 1 for target rows, known ratio."""
    print(f"{'s':>4}{'labels':>8}   {'weight 1':<26}pooled (coverage, median width, infinite)")
    for s in (1.0, 2.5):
        for m in (10, 20, 50):
            found = {"one": [], "pooled": []}
            for seed in range(n_draws):
                rng = np.random.default_rng(seed)
                x = np.r_[rng.normal(size=300), s + rng.normal(size=m), s + rng.normal(size=2000)]
                score, r = np.exp(0.6 * x) * np.abs(rng.normal(size=len(x))), np.exp(s * x - s**2 / 2)
                n, new = 300 + m, slice(300 + m, None)
                by = {"one": np.r_[r[:300], np.ones(m), r[new]], "pooled": pooled_weights(r, 300, m)}
                for name, w in by.items():
                    part = WeightedScores.of(score[:n], w[:n])
                    reach = part.quantile(needed_level(0.1, own_share(w[new], part.total)))
                    found[name].append([np.mean(score[new] <= reach), np.median(reach), np.isinf(reach).mean()])
            cells = [np.array(found[name]) for name in found]
            words = [f"{c[:, 0].mean():.3f} {np.median(c[:, 1]):>7.2f} {c[:, 2].mean():>6.3f}" for c in cells]
            print(f"{s:>4}{m:>8}   {words[0]:<26}{words[1]}", flush=True)


def real(n_draws):
    """Real pairs: coverage at .90 on the target, plain, weighted, and by class shares where labels are classes."""
    del n_draws
    number = ConformalRegressor(make_pipeline(StandardScaler(), Ridge()))
    kinds = ConformalClassifier(make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)))
    print(f"{'pair':<28}{'plain':>17}{'covariate, infinite':>24}{'label':>22}   overlap")
    for task in [*real_regressions(), *class_tasks(3000)]:
        is_number = len(np.unique(task.y_source)) > 2
        X, shown, _ = stack_domains((task.X_source, task.y_source), task.X_target)
        cells, overlap = [], 1.0
        for shift in (None, "covariate") if is_number else (None, "covariate", "label"):
            fitted = clone(number if is_number else kinds).set_params(shift=shift).fit(X, shown)
            coverage, width, infinite = held(fitted, task.X_target, task.y_target)
            overlap = min(overlap, fitted.overlap_)
            cells.append(f"{coverage:.3f} {width:>8.2f} {infinite:.2f}" if shift else f"{coverage:.3f} {width:>8.2f}")
        print(f"{task.name:<28}{cells[0]:>17}{cells[1]:>24}{''.join(cells[2:]):>22}   {overlap:.2f}", flush=True)


def helped(n_draws):
    """Real pairs of numbers with some target labels among the calibration rows: coverage, infinite share, width."""
    del n_draws
    base, wide = make_pipeline(StandardScaler(), Ridge()), {}
    for task in real_regressions():
        width = 2 * np.quantile(np.abs(task.y_target - task.y_target.mean()), 0.9)
        for m in (0, 20, 50):
            for seed in range(3 if m else 1):
                rows = np.random.default_rng(seed).permutation(len(task.y_target))
                some, rest = rows[:m], rows[m:]
                y = np.full(len(rows), np.nan)
                y[some] = task.y_target[some]
                X, shown, domain = stack_domains((task.X_source, task.y_source), (task.X_target, y))
                for shift in (None, "covariate"):
                    model = ConformalRegressor(base, shift=shift).fit(X, shown, domain)
                    coverage, median, infinite = held(model, task.X_target[rest], task.y_target[rest])
                    found = coverage, abs(coverage - 0.9), infinite, min(median / width, 9.0)
                    wide.setdefault((m, shift), []).append(found)
    print("labels shift      coverage  from .90  infinite  median width (over that of the labels)")
    for (m, shift), records in wide.items():
        means = np.mean(records, axis=0)
        print(f"{m:>6} {shift!s:<10}" + "".join(f"{value:>10.3f}" for value in (*means[:3], np.median(records, 0)[3])))


def real_regressions():
    """Concrete, boston, auto_mpg, bike and the mixed tables."""
    return [*small_regressions(), *bike_regressions(), *table_regressions()]


def speed(n_draws):
    """Seconds for 100,000 predictions from 20,000 calibration rows."""
    del n_draws
    X, shown, _, _ = tilted(80_000, 0)
    fresh, _, _, _ = tilted(200_000, 1)
    for method in ("split", "cross"):
        model = ConformalRegressor(Ridge(), method=method)
        start = time.process_time()
        model.fit(X, shown)
        fitted = time.process_time()
        model.predict_interval(fresh[100_000:])
        print(
            f"regressor, {method}: fit {fitted - start:.1f} s, 100,000 intervals {time.process_time() - fitted:.1f} s"
        )
    X, shown, _, _ = shares(80_000, 0)
    bayes = FrozenEstimator(GaussianNB().fit(X[:40_000], shown[:40_000]))
    model = ConformalClassifier(bayes, conformity="aps", shift="label").fit(X, shown)
    start = time.process_time()
    model.predict_set(fresh[100_000:])
    print(f"classifier: 100,000 sets {time.process_time() - start:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    studies = {f.__name__: f for f in (covariate, label, far, labels, real, helped, speed)}
    parser.add_argument("what", choices=studies)
    parser.add_argument("--draws", type=int, default=200, help="worlds a line")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    studies[arguments.what](arguments.draws)
