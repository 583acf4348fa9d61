"""Whether leaving out far sources helps: SourceSelector against all sources at four hospitals (heart disease).

Run ``python benchmarks/sources.py`` beside ``../shared/data``, or with SKTL_DATA set (seconds). Each site is the
target, without labels; the other three are sources. Accuracy in % of logistic regression on columns imputed, one-hot
and standardised, from all sources, from those that SourceSelector keeps, and from each alone.

                      all   auto      2      1   each source alone, nearest first; * kept by auto
    cleveland        77.6   78.2   75.9   78.2   hungarian* 78.2, va_long_beach 74.9, switzerland 45.9
    hungarian        80.6   81.3   84.7   81.3   cleveland* 81.3, va_long_beach 84.0, switzerland 36.1
    switzerland      73.2   73.2   68.3   86.2   va_long_beach* 86.2, hungarian* 59.3, cleveland* 75.6
    va_long_beach    76.0   76.0   78.5   75.5   cleveland* 75.5, switzerland* 74.5, hungarian* 71.5
    mean             76.8   77.2   76.8   80.3

The selector never loses to all sources, and gains half a point on two sites; the nearest source alone gains 3.5 on the
mean, nearly all of it on switzerland. The nearest source is the best one on three of four sites.
"""

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from tabular import load_heart, prepared

from sktl import OnLabeled
from sktl.model_selection import SourceSelector

MODEL = LogisticRegression(max_iter=1000)


def sites():
    """Yield (target, X, y with the target's missing, names of the domains, rows of the target, their labels)."""
    frame, y, site = load_heart()
    for target in np.unique(site):
        here = site == target
        X = prepared(frame[~here]).fit(frame[~here]).transform(frame)
        names = np.where(here, "target", site).astype(object)
        yield str(target), X, np.where(here, np.nan, y), names, X[here], y[here]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"{'target':<16}{'all':>7}{'auto':>7}{'2':>7}{'1':>7}   each source alone, nearest first; * kept by auto")
    means = []
    for target, X, y, names, X_target, y_target in sites():
        models = [SourceSelector(MODEL, n_sources=n).fit(X, y, sample_domain=names) for n in ("auto", 2, 1)]
        scores = [100 * m.score(X_target, y_target) for m in (OnLabeled(MODEL).fit(X, y), *models)]
        ranking, means = models[0].ranking_, [*means, scores]
        cells = []
        for name, distance in zip(ranking.names, ranking.distances, strict=True):
            alone = 100 * MODEL.fit(X[names == name], y[names == name]).score(X_target, y_target)
            mark = "*" if name in models[0].selected_ else ""
            cells.append(f"{name}{mark} {alone:.1f} (distance {distance:.3f})")
        print(f"{target:<16}" + "".join(f"{score:>7.1f}" for score in scores) + "   " + ", ".join(cells))
    print(f"{'mean':<16}" + "".join(f"{score:>7.1f}" for score in np.mean(means, axis=0)))
