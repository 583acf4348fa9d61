"""Two accounts of rows that moved, compared by likelihood: the labels are drawn differently, or the columns moved."""

import numpy as np
from scipy.special import xlogy
from scipy.stats import norm

from sktl._core.label_shift import em_prior
from sktl.inspection.report._tests import N_FOLDS, RARE, REACH, responses
from sktl.model_selection.evidence import label_folds

N_BINS = 8  # of numbers to predict, each as a class: fewer hide shifts within a bin, more are too few rows each
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)  # 1 / (n C): spans what 2 columns of 2,000 rows and 40 columns of 200 rows need


def binned(codes):
    """Numbers as codes of ``N_BINS`` bins with as many known values each; NaN stays."""
    edges = np.unique(np.nanquantile(codes, np.linspace(0, 1, N_BINS + 1)[1:-1]))
    return np.where(np.isnan(codes), np.nan, np.searchsorted(edges, codes, side="right"))


def mixture_prior(scores, codes, target):
    """Class shares that make the target's scores most likely, and those of the source."""
    proba = _probabilities(scores)
    source = proba[~target & ~np.isnan(codes)].mean(axis=0)  # of the scores, so that equal domains give equal shares
    return em_prior(proba[target], source).prior, source


def mixture_losses(scores, codes, target):
    """Log losses of the domain if the target is a mixture of the source's classes: odds sum_k (q_k / p_k) P(k | x)."""
    prior, source = mixture_prior(scores, codes, target)
    odds = _probabilities(scores) @ (prior / source) * target.mean() / np.mean(~target)
    return _log_losses(odds / (1 + odds), target)


def label_losses(y, target, are_classes, seed=0):
    """Held-out log losses of the domain given the label alone."""
    columns = responses(y, are_classes)
    return _held_out([columns if are_classes else np.concatenate([columns, columns**2], axis=1)], target, seed)


def moved_losses(X, target, seed=0):
    """Held-out log losses of the domain given the columns, with their squares if these help.

    So much is enough for normal columns with other means and deviations.
    """
    near = np.clip(X, -REACH, REACH)
    return _held_out([near, np.concatenate([near, near**2 - np.mean(near**2, axis=0)], axis=1)], target, seed)


def compare_accounts(one, other):
    """Mean log loss of the other account minus that of the one, and a p-value (Vuong, 1989): above 0, one fits better.

    Both accounts may be wrong; the test asks which is nearer to the truth.
    """
    gains = other - one
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return float(gains.mean()), float(2 * norm.sf(abs(gains.mean()) / error)) if error > 0 else 1.0


def _held_out(tables, target, seed):
    """Log losses of the best logistic regression of the domain on one of some tables of columns."""
    from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

    folds = label_folds(target.astype(int), N_FOLDS, np.random.RandomState(seed), True)
    found = []
    for columns in tables:
        for penalty in PENALTIES:
            proba = np.empty(len(target))
            for fold in range(N_FOLDS):
                train = folds != fold
                model = LogisticRegression(C=1 / (penalty * train.sum())).fit(columns[train], target[train])
                proba[~train] = model.predict_proba(columns[~train])[:, 1]
            found.append(_log_losses(np.clip(proba, RARE, 1 - RARE), target))
    return min(found, key=np.mean)


def _probabilities(scores):
    """Scores of classes as probabilities, none of them nearly 0."""
    proba = np.clip(scores, RARE, 1)
    return proba / proba.sum(axis=1, keepdims=True)


def _log_losses(proba, target):
    """Negative log-likelihood of each row's domain."""
    return -xlogy(target, proba) - xlogy(~target, 1 - proba)
