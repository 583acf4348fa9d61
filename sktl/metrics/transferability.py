"""How well a source model, or its features, will serve a new task: scores from one pass over labelled target rows.

Each compares *candidates* (source models, feature maps) for one target: higher is better, and values of different
targets can't be compared. ``h_score``, ``log_me`` and ``trans_rate`` look at features; ``leep`` and ``nce`` at the
predictions of a source classifier, whose classes need not be those of the target. ``benchmarks/transferability.py``
measures how well each agrees with the accuracy that transfer then reaches.
"""

from numbers import Integral

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from sktl._checks import Interval, checked
from sktl._core import transferability as core

__all__ = ["h_score", "leep", "log_me", "nce", "trans_rate"]


@checked(shrinkage=("auto", None, Interval(low=0, high=1)))
def h_score(X, y, *, shrinkage=None):
    r"""H-score: how much of the features' spread lies between the classes, in units of their covariance.

    .. math:: H = \operatorname{tr}(\Sigma^{-1} B)

    with the covariance Sigma of the features and the covariance B of their class means. *Range*: 0 (no class mean
    differs) to min(d, number of classes - 1); free of units and of any invertible linear map. *When it hurts*: with as
    many columns as rows the features always separate the classes, and H says nothing. The shrunk form [2]_ mends that,
    but depends on the units of the columns: standardise first.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features of target rows under the source model.
    y : array-like of shape (n_samples,)
        Their classes.
    shrinkage : {"auto"}, float in [0, 1] or None, default=None
        Share s of the identity: H = (1 - s) tr(((1 - s) Sigma + s m I)^-1 B), m the mean variance of a column. "auto"
        is the optimum of Ledoit and Wolf; None is the plain form, with the pseudo-inverse.

    Returns
    -------
    float
        H-score.

    Raises
    ------
    ValueError
        If X is not finite, lengths differ, or there is one class.

    See Also
    --------
    log_me : Evidence of a linear model, which guards against many columns by itself.

    Notes
    -----
    Cost O(n d min(n, d)).

    References
    ----------
    .. [1] Y. Bao et al., "An information-theoretic approach to transferability in task transfer learning", ICIP 2019.
    .. [2] S. Ibrahim, N. Ponomareva, R. Mazumder, "Newer is not always better: rethinking transferability metrics,
       their peculiarities, stability and performance", ECML PKDD 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics.transferability import h_score
    >>> y = np.repeat([0, 1], 50)
    >>> good, bad = np.random.default_rng(0).normal(size=(2, 100, 3))
    >>> h_score(good + 2 * y[:, None], y) > h_score(bad, y)
    True
    """
    X, codes, n_classes = _features_and_classes(X, y)
    if shrinkage == "auto":
        shrinkage = core.ledoit_wolf_shrinkage(X)
    return core.h_score(X, codes, n_classes, shrinkage)


@checked(task=("auto", "classification", "regression"), max_iter=(Interval(Integral, 1),), tol=(Interval(low=0),))
def log_me(X, y, *, task="auto", max_iter=100, tol=1e-8):
    r"""LogME: the largest log evidence per row of a Bayesian linear model from the features to the labels.

    .. math:: \frac{1}{n} \max_{\alpha, \beta} \log \int N(w; 0, \alpha^{-1} I)\, N(y; X w, \beta^{-1} I)\, dw

    with the prior precision alpha of the weights w and the noise precision beta. For classes it is the mean over the
    0/1 columns of the classes. *Range*: any number; higher is better. It depends on the units of a numeric y, but not
    on a common scale of X. The model has no intercept, as in [1]_: add a column of ones to X if its columns have mean
    0. *When it helps*: few rows, many features, regression. *When it hurts*: the model that will be fitted on the
    features is not linear.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features of target rows under the source model.
    y : array-like of shape (n_samples,) or, for regression, (n_samples, n_outputs)
        Their labels.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" is regression for floats that are not all integers, or several outputs, else classification.
    max_iter : int, default=100
        Largest number of steps of the fixed point.
    tol : float, default=1e-8
        It stops when the evidence per row changes by less than this.

    Returns
    -------
    float
        LogME.

    Raises
    ------
    ValueError
        If an input is not finite, lengths differ, there is one class, or an output is 0 in every row.

    See Also
    --------
    h_score : Free of iterations; classes only.

    Notes
    -----
    Cost O(n d min(n, d)) for one singular value decomposition, then O(min(n, d)) a step and output.

    References
    ----------
    .. [1] K. You, Y. Liu, J. Wang, M. Long, "LogME: practical assessment of pre-trained models for transfer learning",
       ICML 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics.transferability import log_me
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> y = X[:, 0] + 0.1 * X[:, 1] ** 2
    >>> log_me(X, y) > log_me(X[:, 1:], y)
    True
    """
    if task == "auto":
        values = np.asarray(y)
        continuous = values.dtype.kind == "f" and np.isfinite(values).all() and (values != np.floor(values)).any()
        task = "regression" if values.ndim == 2 or continuous else "classification"
    if task == "classification":
        X, codes, n_classes = _features_and_classes(X, y)
        outputs = np.eye(n_classes)[codes]
    else:
        X = _features(X)
        outputs = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_consistent_length(X, outputs)
        outputs = outputs.reshape(len(outputs), -1)
        if not outputs.any(axis=0).all():
            raise ValueError("An output of y is 0 in every row, which makes the evidence infinite: leave it out.")
    evidences = [core.max_log_evidence(X, column, max_iter, tol) for column in outputs.T]
    return float(np.mean(evidences) / len(X))  # per row: the evidence of all rows grows with their number


def leep(y_proba, y):
    r"""LEEP: mean log likelihood of the target labels, given the predictions of a source classifier.

    .. math:: \frac{1}{n} \sum_i \log \sum_z P(y_i \mid z)\, P(z \mid x_i)

    with the source classifier's probability P(z | x) of its class z and P(y | z) from the joint frequencies of labels
    and predicted probabilities on the same rows. *Range*: up to 0; it is -H(Y), minus the entropy of
    the labels, if z says nothing. *When it helps*: only the predictions of the source model are available.
    *When it hurts*: a source with fewer classes than the target, or overconfident probabilities.

    Parameters
    ----------
    y_proba : array-like of shape (n_samples, n_source_classes)
        The source classifier's ``predict_proba`` of target rows.
    y : array-like of shape (n_samples,)
        Their classes.

    Returns
    -------
    float
        LEEP, in nats.

    Raises
    ------
    ValueError
        If rows of ``y_proba`` are not probabilities, or lengths differ.

    See Also
    --------
    nce : The same with the predicted class instead of its probabilities.

    References
    ----------
    .. [1] C. Nguyen, T. Hassner, M. Seeger, C. Archambeau, "LEEP: a new measure to evaluate transferability of learned
       representations", ICML 2020.

    Examples
    --------
    >>> from sktl.metrics.transferability import leep
    >>> round(leep([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8]], ["a", "a", "b"]), 2)
    -0.32
    """
    if np.ndim(y_proba) == 1:
        raise ValueError(
            "y_proba must hold a probability for each source class, shape (n_samples, n_source_classes), as "
            "predict_proba gives; got one value per row. For predicted classes use nce."
        )
    proba = check_array(y_proba, dtype=np.float64, input_name="y_proba")
    if (proba < 0).any() or not np.allclose(proba.sum(axis=1), 1, atol=1e-4):
        raise ValueError(
            "Rows of y_proba must be probabilities that sum to 1, such as predict_proba gives; "
            f"got sums from {proba.sum(axis=1).min():.3g} to {proba.sum(axis=1).max():.3g}, least {proba.min():.3g}."
        )
    codes, n_classes = _classes(y, least=1)
    check_consistent_length(proba, codes)
    return core.expected_log_prediction(proba, codes, n_classes)


def nce(y_source, y):
    r"""Negative conditional entropy -H(Y | Z) of the target labels, given those of the source.

    .. math:: \sum_{y, z} P(y, z) \log P(y \mid z)

    *Range*: -H(Y) (z says nothing) to 0 (z determines y). *What it misses*: the features, which it does not need or
    use.

    Parameters
    ----------
    y_source : array-like of shape (n_samples,)
        Source labels z of the rows: known ones, or those that the source classifier predicts.
    y : array-like of shape (n_samples,)
        Their classes in the target task.

    Returns
    -------
    float
        Negative conditional entropy, in nats.

    Raises
    ------
    ValueError
        If lengths differ.

    See Also
    --------
    leep : Uses the predicted probabilities; at least as large where those come from a calibrated classifier.

    References
    ----------
    .. [1] A. Tran, C. Nguyen, T. Hassner, "Transferability and hardness of supervised classification tasks", ICCV 2019.

    Examples
    --------
    >>> from sktl.metrics.transferability import nce
    >>> nce([0, 0, 1, 1], ["a", "a", "b", "b"])
    0.0
    """
    source_codes, _ = _classes(y_source, least=1, name="y_source")
    codes, _ = _classes(y, least=1)
    check_consistent_length(source_codes, codes)
    return core.negative_conditional_entropy(source_codes, codes)


@checked(eps=(Interval(low=0, closed="neither"),))
def trans_rate(X, y, *, eps=1e-4):
    r"""TransRate: how many nats the classes save in coding the features; estimates the mutual information of the two.

    .. math:: R(X) - \sum_c \frac{n_c}{n} R(X_c), \qquad
              R(X) = \frac{1}{2} \log \det \left( I + \frac{1}{n \epsilon} X^\top X \right)

    with the centred features X, the n_c rows X_c of class c and the distortion epsilon. *Range*: at least 0; it grows
    with the number of features. The features of all candidates must be on one scale: standardise them, or divide them
    by their Frobenius norm. *When it hurts*: candidates with different numbers of columns; and two classes of equal
    size and spread, on which it is 0 however far apart they are: their means, centred, are m and -m, and both give the
    same m m'.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features of target rows under the source model.
    y : array-like of shape (n_samples,)
        Their classes.
    eps : float > 0, default=1e-4
        Distortion, in squared units of X.

    Returns
    -------
    float
        TransRate, in nats.

    Raises
    ------
    ValueError
        If X is not finite, lengths differ, or there is one class.

    See Also
    --------
    h_score : Free of units.

    Notes
    -----
    Cost O(n d min(n, d)). The authors' code gives all classes the same weight. The weights n_c / n of their text give
    the same result for classes of equal size, and keep the score from falling below 0.

    References
    ----------
    .. [1] L.-K. Huang, J. Huang, Y. Rong, Q. Yang, Y. Wei, "Frustratingly easy transferability estimation", ICML 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.metrics.transferability import trans_rate
    >>> y = np.repeat([0, 1, 2], 50)
    >>> X = np.random.default_rng(0).normal(size=(150, 3))
    >>> trans_rate(X + 4 * np.eye(3)[y], y) > trans_rate(X, y)
    True
    """
    X, codes, n_classes = _features_and_classes(X, y)
    X = X - X.mean(axis=0)
    parts = (X[codes == c] for c in range(n_classes))
    return core.coding_rate(X, eps) - sum(len(part) / len(X) * core.coding_rate(part, eps) for part in parts)


# --- checks ---


def _features(X):
    return check_array(X, dtype=np.float64, ensure_min_samples=2, input_name="X")


def _features_and_classes(X, y):
    """Features in double precision, class codes, and the number of classes, at least two."""
    X = _features(X)
    codes, n_classes = _classes(y, least=2)
    check_consistent_length(X, codes)
    return X, codes, n_classes


def _classes(y, least, name="y"):
    """Codes 0, 1, ... of the classes, and how many there are."""
    y = column_or_1d(y)
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < least:
        raise ValueError(f"{name} has one class, {classes.tolist()}; this score needs at least two.")
    return codes, len(classes)
