"""What a test returns: small frozen records."""

from dataclasses import dataclass, field, fields

import numpy as np

SHOWN = 20  # rows of a table that str() shows
SHOWN_VALUES = 5  # new categories of a column that it names


@dataclass(frozen=True)
class TwoSampleResult:
    """Result of a test that two samples have one distribution.

    Attributes
    ----------
    statistic : float
        The distance that was tested; the test's docstring says which.
    pvalue : float
        Probability of a statistic at least as large if the distributions are equal.
    method : str
        Where the p-value comes from.
    n_source, n_target : int
        Rows that were used.
    n_permutations : int
        Random relabellings behind the p-value.
    """

    statistic: float
    pvalue: float
    method: str
    n_source: int
    n_target: int
    n_permutations: int


@dataclass(frozen=True, eq=False)
class MMDTestResult(TwoSampleResult):
    """Result of :func:`~sktl.metrics.mmd_test`.

    Attributes
    ----------
    gamma : float
        Width at which plain MMD has the smallest p-value, that of ``statistic``; NaN for kernels without a width.
    gammas, statistics, pvalues : ndarray of shape (n_kernels,)
        The width of every kernel tried, its (regularised) MMD^2, and the p-value of a test with that kernel alone.
    regularized : ndarray of shape (n_kernels,), dtype bool
        Whether the statistic is the regularised MMD^2.
    """

    gamma: float = np.nan
    gammas: np.ndarray = field(default=None, repr=False)
    regularized: np.ndarray = field(default=None, repr=False)
    statistics: np.ndarray = field(default=None, repr=False)
    pvalues: np.ndarray = field(default=None, repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class FeatureShiftResult:
    """Result of :func:`~sktl.metrics.feature_shift_test`: a table, one row per column of the data.

    Attributes
    ----------
    feature : ndarray of shape (n_features,)
        Names, or positions for arrays.
    kind : ndarray of shape (n_features,)
        "number" or "category".
    statistic, pvalue, adjusted_pvalue : ndarray of shape (n_features,)
        Of the test of the values: Kolmogorov-Smirnov for numbers, chi-squared (Fisher for two levels) for categories.
    psi : ndarray of shape (n_features,)
        Population stability index.
    wasserstein : ndarray of shape (n_features,)
        Wasserstein distance in standard deviations of the source; NaN for categories.
    missing_source, missing_target : ndarray of shape (n_features,)
        Shares of rows in which the value is missing.
    missing_pvalue, missing_adjusted_pvalue : ndarray of shape (n_features,)
        Of Fisher's test that these shares are equal; 1 where nothing is missing.
    unseen : ndarray of shape (n_features,)
        Share of the target's values whose category does not occur in the source; 0 for numbers.
    shifted : ndarray of shape (n_features,), dtype bool
        Whether an adjusted p-value is at most ``alpha``.
    unseen_categories : dict
        For each column that has some, the categories of the target that do not occur in the source.
    alpha : float
    correction : str
    """

    feature: np.ndarray
    kind: np.ndarray
    statistic: np.ndarray
    pvalue: np.ndarray
    adjusted_pvalue: np.ndarray
    psi: np.ndarray
    wasserstein: np.ndarray
    missing_source: np.ndarray
    missing_target: np.ndarray
    missing_pvalue: np.ndarray
    missing_adjusted_pvalue: np.ndarray
    unseen: np.ndarray
    shifted: np.ndarray
    unseen_categories: dict
    alpha: float
    correction: str

    def to_frame(self):
        """The table as a pandas frame, one row per column of the data, in their order."""
        import pandas  # here: pandas is an extra

        return pandas.DataFrame(self._columns())

    def _columns(self):
        """Names and arrays of the table's columns."""
        values = ((entry.name, getattr(self, entry.name)) for entry in fields(self))
        return {name: value for name, value in values if isinstance(value, np.ndarray)}

    def __repr__(self):
        """The table, the columns with the smallest p-values first, and the categories that the source never has."""
        least = np.minimum(self.adjusted_pvalue, self.missing_adjusted_pvalue)
        order = np.lexsort((-self.psi, least))
        width = max(7, *(len(str(name)) for name in self.feature[order[:SHOWN]]))
        lines = [
            f"{int(self.shifted.sum())} of {len(order)} columns shifted (*; level {self.alpha:g}, {self.correction}); "
            "smallest p-value first; to_frame() keeps the order of the data",
            f"  {'feature':<{width}}  {'kind':<8}{'adj. p':>9}{'psi':>8}{'W / sd':>8}"
            f"{'missing':>16}{'p of it':>9}{'unseen':>8}",
        ]
        for i in order[:SHOWN]:
            missing, mark = f"{self.missing_source[i]:.1%} -> {self.missing_target[i]:.1%}", " *"[int(self.shifted[i])]
            lines.append(
                f"{mark} {self.feature[i]!s:<{width}}  {self.kind[i]:<8}{self.adjusted_pvalue[i]:>9.2g}"
                f"{self.psi[i]:>8.3f}{self.wasserstein[i]:>8.3f}{missing:>16}"
                f"{self.missing_adjusted_pvalue[i]:>9.2g}{self.unseen[i]:>8.1%}"
            )
        if len(order) > SHOWN:
            lines.append(f"and {len(order) - SHOWN} more: to_frame() has all")
        lines += [
            f"not in the source: {name} = {', '.join(map(str, values[:SHOWN_VALUES]))}"
            + (f" and {len(values) - SHOWN_VALUES} more" if len(values) > SHOWN_VALUES else "")
            for name, values in list(self.unseen_categories.items())[:SHOWN]
        ]
        return "\n".join(lines)
