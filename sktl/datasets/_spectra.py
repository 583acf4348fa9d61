"""Made spectra of the same mixtures on two instruments, with what the first one would have measured."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch, check_random_state

from sktl._checks import RANDOM_STATE, Interval, checked
from sktl.domains import stack_domains

WIDTHS = (4.0, 10.0)  # standard deviations of a line, in columns of a spectrum of 100: smooth, as in the near infrared


def lines(n_compounds, n_features, rng):
    """Centres, widths and heights of the lines of each compound, three a compound, in columns."""
    size = n_features / 100
    centers = rng.uniform(0, n_features, (n_compounds, 3))
    widths = rng.uniform(*WIDTHS, (n_compounds, 3)) * size
    return centers, widths, rng.uniform(0.3, 1.0, (n_compounds, 3))


def pure_spectra(centers, widths, heights, columns):
    """Sum of Gaussian lines of each compound at the columns, (n_compounds, n_columns)."""
    return np.sum(heights[..., None] * np.exp(-0.5 * ((columns - centers[..., None]) / widths[..., None]) ** 2), axis=1)


@checked(
    n_source=(Interval(Integral, 1),),
    n_target=(Interval(Integral, 1),),
    n_features=(Interval(Integral, 2),),
    n_compounds=(Interval(Integral, 1),),
    n_pairs=(Interval(Integral, 0),),
    gain=(Interval(),),
    offset=(Interval(),),
    axis_shift=(Interval(),),
    interference=(Interval(low=0),),
    label_shift=(Interval(),),
    noise=(Interval(low=0),),
    random_state=RANDOM_STATE,
)
def make_spectra(
    n_source=100,
    n_target=60,
    n_features=200,
    *,
    n_compounds=4,
    n_pairs=10,
    gain=0.1,
    offset=0.1,
    axis_shift=1.0,
    interference=0.0,
    label_shift=0.0,
    noise=0.001,
    random_state=None,
):
    r"""Make spectra of mixtures on two instruments, some samples measured on both, with the truth.

    A sample is a mixture of compounds with the amounts c (uniform on [0, 1]) and the smooth pure spectra
    :math:`p_k(\lambda)`, sums of three Gaussian lines. The source measures
    :math:`f(\lambda) = \sum_k c_k p_k(\lambda)`, the target

    .. math:: (1 + \text{gain} \cdot u(\lambda)) \, f(\lambda + \text{axis\_shift}) + \text{offset} \cdot v(\lambda)
              + t \, q(\lambda),

    with u rising from 0 to 1 over the columns, v a smooth bow of height 1, q one more pure spectrum and t uniform on
    [0, ``interference``] for each row (a temperature, say), and noise on both. The label is the amount of the first
    compound.

    Parameters
    ----------
    n_source, n_target : int, default=100, 60
        Numbers of rows, at least 1. The first ``n_pairs`` source rows and the first ``n_pairs`` target rows are the
        same samples.
    n_features : int, default=200
        Number of columns (wavelengths).
    n_compounds : int, default=4
        Number of compounds.
    n_pairs : int, default=10
        Samples measured on both instruments, at most ``min(n_source, n_target)``.
    gain, offset, axis_shift : float, default=0.1, 0.1, 1.0
        How the second instrument differs: relative gain at the last column, height of the bow, and shift of the axis in
        columns. 0 means not.
    interference : float, default=0.0
        Largest amount t.
    label_shift : float, default=0.0
        What is added to the first compound's amount in all target rows but the pairs: a difference that belongs to
        the samples and that no map of instruments should remove.
    noise : float, default=0.001
        Standard deviation of the noise (amounts of 1 give spectra of about 1).
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows at each call.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        X : ndarray of shape (n_source + n_target, n_features)
            Source rows, then target rows.
        y : ndarray of shape (n_source + n_target,)
            Amounts of the first compound, NaN on target rows.
        y_true : ndarray of shape (n_source + n_target,)
            All amounts.
        sample_domain : ndarray of shape (n_source + n_target,), dtype object
            "source" or "target".
        sample_id : ndarray of shape (n_source + n_target,)
            0, 1, ... for the pairs, NaN for rows that were measured once.
        X_as_source : ndarray of shape (n_source + n_target, n_features)
            All samples as the source's instrument would measure them without noise.
        pure : ndarray of shape (n_compounds, n_features)
            The pure spectra on the source's instrument.
        amounts : ndarray of shape (n_source + n_target, n_compounds)
            Amounts of all compounds.

    Examples
    --------
    >>> from sktl.datasets import make_spectra
    >>> data = make_spectra(n_pairs=5, random_state=0)
    >>> data.X.shape, (data.sample_id >= 0).sum()  # five samples, measured twice
    ((160, 200), np.int64(10))
    """
    if n_pairs > min(n_source, n_target):
        raise ValueError(
            f"n_pairs={n_pairs} samples measured on both need as many rows of each; got {n_source=}, {n_target=}."
        )
    rng = check_random_state(random_state)
    columns = np.arange(n_features)
    shapes, other = lines(n_compounds, n_features, rng), lines(1, n_features, rng)
    pure = pure_spectra(*shapes, columns)
    amounts = rng.uniform(size=(n_source + n_target, n_compounds))
    amounts[n_source : n_source + n_pairs] = amounts[:n_pairs]
    amounts[n_source + n_pairs :, 0] += label_shift
    place = np.linspace(0, 1, n_features)
    # between the columns the lines themselves say what the shifted axis reads: no interpolation
    seen = (1 + gain * place) * (amounts[n_source:] @ pure_spectra(*shapes, columns + axis_shift))
    seen += offset * np.sin(np.pi * place)
    seen += interference * rng.uniform(size=(n_target, 1)) * pure_spectra(*other, columns)
    clean = amounts @ pure
    X_source, X_target = clean[:n_source], seen
    y_true = amounts[:, 0].copy()
    X, y, sample_domain = stack_domains(source=(X_source, y_true[:n_source]), target=X_target)
    X += noise * rng.standard_normal(X.shape)
    sample_id = np.full(len(X), np.nan)
    sample_id[:n_pairs] = sample_id[n_source : n_source + n_pairs] = np.arange(n_pairs)
    return Bunch(
        X=X,
        y=y,
        y_true=y_true,
        sample_domain=sample_domain,
        sample_id=sample_id,
        X_as_source=clean,
        pure=pure,
        amounts=amounts,
    )
