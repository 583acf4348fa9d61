"""A mean from few labels and many guesses: prediction-powered inference, with its weight of least variance."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PoweredMean:
    """What :func:`powered_mean` returns.

    Attributes
    ----------
    value : float
        The estimate.
    error : float
        Its standard error; infinite of a single label.
    power : float
        Weight of the guesses, 0 to 1.
    """

    value: float
    error: float
    power: float


def powered_mean(values, guesses, new_guesses) -> PoweredMean:
    r"""Mean of values known at n rows, with guesses there and at N others (PPI++, Angelopoulos et al., 2023).

    .. math:: \hat\theta = \bar y - \lambda (\bar g_n - \bar g_N), \qquad
        \lambda = \frac{\operatorname{cov}_n(y, g)}{(1 + n / N) \operatorname{var}(g)}

    The guesses' variance is that of all n + N of them. Lambda is kept between 0 and 1, so that guesses that say the
    opposite are left out.
    """
    n, n_new = len(values), len(new_guesses)
    if n < 2:
        return PoweredMean(float(np.mean(values)), np.inf, 0.0)
    spread = np.var(np.concatenate([guesses, new_guesses]), ddof=1)
    together = np.sum((values - values.mean()) * (guesses - guesses.mean())) / (n - 1)
    power = float(np.clip(together / ((1 + n / n_new) * spread), 0, 1)) if spread > 0 else 0.0
    value = values.mean() - power * (guesses.mean() - new_guesses.mean())
    variance = np.var(values - power * guesses, ddof=1) / n + power**2 * np.var(new_guesses) / n_new
    return PoweredMean(float(value), float(np.sqrt(variance)), power)
