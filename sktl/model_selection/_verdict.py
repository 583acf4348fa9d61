"""One verdict on transfer: the model to use without it, those that beat this beyond chance, and the choice."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import stats

from sktl._checks import InstanceOf, Interval, checked
from sktl.model_selection._gains import gain_of_rows

#: Labelled target rows from which on they decide; fewer say too little, and evidence without labels is asked instead.
#: By the guard's defaults at level 5 %, 5 / 10 / 20 labels accept 6 / 5 / 2 of 100 harmful models and 22 / 25 / 29 of
#: 100 helpful ones (``benchmarks/guard.py``): 10 is the least number whose level holds. With 5, McNemar's test of
#: accuracies can't reach 5 % among three models at all, whatever the labels say.
MIN_LABELS = 10

TEXT = InstanceOf(str, noun="a string")
NAMES = (InstanceOf(list, tuple, noun="a list of names"),)
LEVEL = Interval(low=0, high=0.5, closed="neither")
CIRCULAR_CAP = 2.5  # standard errors: the most that circular validation counts for beside target labels


def with_circular(pvalue, differences, margin):
    """P-value of two pieces of evidence: a test on target labels, and paired gains per row by circular validation.

    Stouffer's sum of their z-values, of equal weight; that of circular validation counts as ``CIRCULAR_CAP`` at most,
    so that labels that speak against it can overrule it.
    """
    excess, error = differences.mean() - margin, differences.std(ddof=1) / np.sqrt(len(differences))
    z = excess / error if error > 0 else CIRCULAR_CAP * np.sign(excess)
    total = stats.norm.isf(pvalue) + np.clip(z, -CIRCULAR_CAP, CIRCULAR_CAP)
    return float(stats.norm.sf(total / np.sqrt(2)))  # the sum of two independent z-values has variance 2


@dataclass(frozen=True)
class Verdict:
    """The outcome of the tests; ``print`` shows it in words.

    Parameters
    ----------
    usual : str
        The model that is used without any evidence.
    fallback : str
        The model to use without transfer: the usual one, or another one without transfer that beats it.
    baseline_gains : dict of str -> Gain
        Gains of the other models without transfer over the usual one.
    gains : dict of str -> Gain
        Gains of the transfer models (rivals) over the fallback.
    pvalues : dict of str -> float
        P-values of the rivals, by all evidence together.
    alpha : float
        Level of the tests, for all rivals together.
    margin : float
        Gain that the rivals must exceed.
    evidence : str
        What was compared, such as ``"target labels"``.
    unknown : str
        Why nothing can be judged; empty if it can.

    Examples
    --------
    >>> from sktl.model_selection.evidence import Verdict
    >>> print(Verdict("source-only", "source-only", {}, {}, {}, 0.05, unknown="no target row has a label"))
    use source-only: whether transfer helps can't be judged: no target row has a label
    """

    usual: str
    fallback: str
    baseline_gains: dict
    gains: dict
    pvalues: dict
    alpha: float
    margin: float = 0.0
    evidence: str = "target labels"
    unknown: str = ""

    @property
    def best(self):
        """The rival of the least p-value; None where nothing was compared."""
        return min(self.gains, key=self.pvalues.get, default=None)

    @property
    def accepted(self):
        """The rivals whose gain is beyond chance (Bonferroni), in their order."""
        level = self.alpha / max(len(self.gains), 1)
        return [name for name, p in self.pvalues.items() if p < level and self.gains[name].estimate > self.margin]

    @property
    def chosen(self):
        """The accepted rival of the least p-value, else the fallback."""
        return min(self.accepted, key=self.pvalues.get, default=self.fallback)

    @property
    def test(self):
        """The test in words, for a sentence such as "it gains ... more than chance would (...)"."""
        more = f" and more than {self.margin:g}" if self.margin else ""
        count = f"{len(self.gains)} model{'' if len(self.gains) == 1 else 's'} tried"
        return f"more than chance would{more} (paired test at {100 * self.alpha:.2g} %, {count}, by {self.evidence})"

    def __str__(self):
        """Return one sentence: what to use, and why."""
        use = f"use {self.chosen}"
        if self.unknown:
            return f"{use}: whether transfer helps can't be judged: {self.unknown}"
        if self.chosen in self.gains:
            return f"{use}: it gains over {self.fallback} ({self._interval(self.chosen)}) {self.test}"
        beats = f"it beats {self.usual}, and " if self.fallback != self.usual else ""
        nearest = "" if self.best is None else f"; the best is {self.best} ({self._interval(self.best)})"
        return f"{use}: {beats}no transfer model gains over it {self.test}{nearest}"

    def _interval(self, name):
        gain = self.gains[name]
        return f"{gain.estimate:+.3f}, {gain.low:+.3f} to {gain.high:+.3f}"


@checked(
    losses=(InstanceOf(dict, noun="a dict of losses"),),
    usual=(TEXT,),
    others=NAMES,
    rivals=NAMES,
    alpha=(LEVEL,),
    margin=(Interval(low=0),),
    circular=(None, InstanceOf(dict, noun="a dict of gains")),
    min_changed=(Interval(Integral, 1),),
    evidence=(TEXT,),
)
def judge(losses, usual, others, rivals, alpha, margin=0.0, circular=None, min_changed=1, evidence="target labels"):
    """Find what to use without transfer, and test the gain of each rival over it.

    Without transfer it is the ``usual`` model, or the best of the ``others`` that beat it at level ``alpha``. Rivals
    share the level (Bonferroni).

    Parameters
    ----------
    losses : dict of str -> ndarray of shape (n_rows,)
        Losses of the same rows, by model.
    usual : str
        The model that is used without any evidence.
    others, rivals : list of str
        The other models without transfer, and those with.
    alpha, margin : float
        As in :class:`Verdict`.
    circular : dict of str -> ndarray, default=None
        Gains by circular validation, row by row, of the rivals that have them: they count together with the losses.
    min_changed : int >= 1, default=1
        A model is used instead of the usual one only if its loss differs on at least this many rows; others still count
        as tried.
    evidence : str, default="target labels"
        What the losses were measured on, for the sentence.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.model_selection.evidence import judge
    >>> source, transfer = np.tile([1.0, 0.0, 1.0], 10), np.tile([0.0, 0.0, 1.0], 10)
    >>> verdict = judge({"source": source, "transfer": transfer}, "source", [], ["transfer"], alpha=0.05)
    >>> verdict.chosen, round(verdict.gains["transfer"].estimate, 3)
    ('transfer', 0.333)
    """
    own = {name: gain_of_rows(losses[usual] - losses[name], alpha, 0.0) for name in others}
    able = {name for name in (*others, *rivals) if np.sum(losses[name] != losses[usual]) >= min_changed}
    better = [name for name, gain in own.items() if name in able and gain.pvalue < alpha and gain.estimate > 0]
    fallback, share = min(better, key=lambda name: losses[name].mean(), default=usual), alpha / max(len(rivals), 1)
    gains = {name: gain_of_rows(losses[fallback] - losses[name], share, margin) for name in rivals}
    pvalues = {name: gain.pvalue for name, gain in gains.items()}
    pvalues |= {name: with_circular(pvalues[name], values, margin) for name, values in (circular or {}).items()}
    pvalues = {name: p if name in able else 1.0 for name, p in pvalues.items()}
    return Verdict(usual, fallback, own, gains, pvalues, alpha, margin, evidence)
