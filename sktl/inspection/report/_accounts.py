"""Two accounts of rows that moved, without target labels: other labels were drawn, or columns moved. Which fits better?"""

import numpy as np
from scipy.special import xlogy

from sktl._core.label_shift import em_prior
from sktl.inspection.report._tests import N_FOLDS, RARE, REACH
from sktl.model_selection.evidence import label_folds

N_BINS = 5  # of numbers to predict: rows whose labels are of one fifth count as a class
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)  # 1 / (n C) spans what 40 columns of 200 rows and 2 columns of 2,000 rows need


def binned(codes, known):
    """Numbers as codes of ``N_BINS`` bins of equal shares of those ``known``; NaN elsewhere."""
    edges = np.unique(np.quantile(codes[known], np.linspace(0, 1, N_BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, codes, side="right"), np.nan)


def mixture_prior(scores, codes, target):
    """Shares of the classes that make the target's scores likeliest, and those of the source."""
    proba = _probabilities(scores)
    source = proba[~target & ~np.isnan(codes)].mean(axis=0)  # of the scores, so that equal domains give equal shares
    return em_prior(proba[target], source).prior, source


def accounts_test(X, scores, codes, target, seed=0):
    """How much better a mixture of the source's classes tells the rows' domain than columns that moved: z, gain.

    Each account gives the odds that a row is the target's: of other class shares q, sum_k (q_k / p_k) P(k | x), with a
    model of the source's labels; of columns that moved, a logistic regression on them and their squares (what means and
    deviations of normal columns need). The rows' log losses under the one minus those under the other are averaged
    (Vuong, 1989); above 0 the mixture fits better.

    Returns
    -------
    (float, float)
        Mean gain of the mixture in standard errors, and in nats a row.
    """
    prior, source = mixture_prior(scores, codes, target)
    odds = _probabilities(scores) @ (prior / source)
    share = target.mean()
    mixture = _log_losses(share * odds / (1 - share + share * odds), target)
    gains = moved_losses(X, target, seed) - mixture
    return float(gains.mean() / max(gains.std() / np.sqrt(len(gains)), np.finfo(float).tiny)), float(gains.mean())


def moved_losses(X, target, seed=0):
    """Held-out log losses of the best logistic regression of the domain on columns, or on them and their squares."""
    from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

    near = np.clip(X, -REACH, REACH)
    folds = label_folds(target.astype(int), N_FOLDS, np.random.RandomState(seed), True)
    best = np.full(len(X), np.inf)
    for columns in (near, np.concatenate([near, near**2 - np.mean(near**2, axis=0)], axis=1)):
        for penalty in PENALTIES:
            proba = np.empty(len(X))
            for fold in range(N_FOLDS):
                train = folds != fold
                model = LogisticRegression(C=1 / (penalty * train.sum())).fit(columns[train], target[train])
                proba[~train] = model.predict_proba(columns[~train])[:, 1]
            losses = _log_losses(proba, target)
            best = min(best, losses, key=np.mean)
    return best


def _probabilities(scores):
    """Scores of classes as probabilities, none of them nearly 0."""
    proba = np.clip(scores, RARE, 1)
    return proba / proba.sum(axis=1, keepdims=True)


def _log_losses(proba, target):
    """Negative log-likelihood of each row's domain."""
    return -xlogy(target, proba) - xlogy(~target, 1 - proba)
