"""Paired tests of a gain, and what they let pass: shared by the guard and ``sktl compare``."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

CIRCULAR_CAP = 2.5  # standard errors: the most that circular validation counts for beside target labels


@dataclass(frozen=True)
class Gain:
    """What transfer brings over the best baseline: in score, so that more is better.

    Attributes
    ----------
    estimate : float
        Mean gain.
    low, high : float
        Interval of confidence 1 - 2 alpha (alpha over the number of transfer models).
    pvalue : float
        One-sided: of a gain as large, if there were none beyond the margin.
    """

    estimate: float
    low: float
    high: float
    pvalue: float


def paired_gain(differences, alpha, margin, inflation):
    """Student's paired test of a mean above ``margin``; ``inflation`` is the variance of the mean in units of one's."""
    mean, variance, n = differences.mean(), differences.var(ddof=1), len(differences)
    error = np.sqrt(inflation * variance)
    reach = stats.t.ppf(1 - alpha, n - 1) * error
    excess = mean - margin
    pvalue = stats.t.sf(excess / error, n - 1) if error > 0 else float(excess <= 0)
    return Gain(float(mean), float(mean - reach), float(mean + reach), float(pvalue))


def gain_of_rows(differences, alpha, margin):
    """Gain from one paired difference of losses a row; by McNemar's mid-p (one-sided) where these are -1, 0 and 1."""
    gain = paired_gain(differences, alpha, margin, 1 / len(differences))
    if margin == 0 and np.isin(differences, (-1, 0, 1)).all():
        wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
        changed = stats.binom(wins + losses, 0.5)
        pvalue = float(changed.sf(wins) + changed.pmf(wins) / 2) if wins + losses else 1.0
        return Gain(gain.estimate, gain.low, gain.high, pvalue)
    return gain


def weighted_mean(values, weights):
    """Weighted mean of rows, its standard error, and how many equally weighted rows the weights are worth."""
    share = weights / weights.sum()
    mean, n = np.sum(share * values), 1 / np.sum(share**2)
    return mean, np.sqrt(np.sum((share * (values - mean)) ** 2) * n / max(n - 1, 1e-9)), n


def gain_of_weighted_rows(differences, weights, alpha, margin):
    """Gain from weighted differences of losses: Student's test, with as many rows as the weights are worth."""
    mean, error, n = weighted_mean(differences, weights)
    reach = stats.t.ppf(1 - alpha, n - 1) * error if n > 1 else np.inf
    pvalue = stats.t.sf((mean - margin) / error, n - 1) if error > 0 and n > 1 else float(n <= 1 or mean <= margin)
    return Gain(float(mean), float(mean - reach), float(mean + reach), float(pvalue))


def gain_of_folds(differences, n_folds, alpha, margin):
    """Gain from one difference of scores a fold, whose training rows overlap (Nadeau & Bengio 2003)."""
    return paired_gain(differences, alpha, margin, 1 / len(differences) + 1 / (n_folds - 1))


# --- what passes ---


def with_circular(pvalue, differences):
    """P-value of two pieces of evidence: a test on target labels, and paired gains a row by circular validation.

    Stouffer's sum of their z-values, of equal weight; that of circular validation counts as ``CIRCULAR_CAP`` at most,
    so that labels that speak against it can overrule it.
    """
    mean, error = differences.mean(), differences.std(ddof=1) / np.sqrt(len(differences))
    z = mean / error if error > 0 else CIRCULAR_CAP * np.sign(mean)
    total = stats.norm.isf(pvalue) + np.clip(z, -CIRCULAR_CAP, CIRCULAR_CAP)
    return float(stats.norm.sf(total / np.sqrt(2)))


@dataclass(frozen=True)
class Verdict:
    """What the tests let pass.

    Attributes
    ----------
    fallback : str
        The model to use without transfer.
    baseline_gains : dict of str -> Gain
        Of the other models without transfer over the usual one.
    gains : dict of str -> Gain
        Of the rivals over the fallback.
    pvalues : dict of str -> float
        Of the rivals, by all evidence.
    alpha, margin : float
        Level of the tests, for all rivals together; gain that these must exceed.
    """

    fallback: str
    baseline_gains: dict
    gains: dict
    pvalues: dict
    alpha: float
    margin: float = 0.0

    @property
    def best(self):
        """The rival of the least p-value."""
        return min(self.gains, key=self.pvalues.get)

    @property
    def accepted(self):
        """The rivals whose gain is beyond chance (Bonferroni), in their order."""
        level = self.alpha / max(len(self.gains), 1)
        return [name for name, p in self.pvalues.items() if p < level and self.gains[name].estimate > self.margin]

    @property
    def chosen(self):
        """The accepted rival of the least p-value, else the fallback."""
        return min(self.accepted, key=self.pvalues.get, default=self.fallback)


def judge(losses, usual, others, rivals, alpha, margin=0.0, circular=None):
    """Find what to use without transfer, and test the gain of each rival over it.

    Without transfer it is the ``usual`` model, or the best of the ``others`` that beat it at level ``alpha``. Rivals
    share the level (Bonferroni).

    Parameters
    ----------
    losses : dict of str -> ndarray of shape (n_rows,)
        Losses of the same rows, by model.
    usual : str
        The model that needs no evidence.
    others, rivals : list of str
        The other models without transfer, and those with.
    alpha, margin : float
        As in :class:`Verdict`.
    circular : dict of str -> ndarray, default=None
        Gains by circular validation, row by row, of the rivals that have them: they count beside the losses.

    Returns
    -------
    Verdict
    """
    own = {name: gain_of_rows(losses[usual] - losses[name], alpha, 0.0) for name in others}
    better = [name for name, gain in own.items() if gain.pvalue < alpha and gain.estimate > 0]
    fallback, share = min(better, key=lambda name: losses[name].mean(), default=usual), alpha / max(len(rivals), 1)
    gains = {name: gain_of_rows(losses[fallback] - losses[name], share, margin) for name in rivals}
    pvalues = {name: gain.pvalue for name, gain in gains.items()}
    pvalues |= {name: with_circular(pvalues[name], values) for name, values in (circular or {}).items()}
    return Verdict(fallback, own, gains, pvalues, alpha, margin)
