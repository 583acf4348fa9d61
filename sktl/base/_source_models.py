"""What fitted source models say of rows, in one form: predictions, log-probabilities, coefficients."""

import numpy as np

from sktl._checks import check_answers
from sktl._threads import quiet
from sktl.domains import n_rows


def union_of_classes(sources, labels):
    """All classes of the sources and of the target's labels, sorted.

    Parameters
    ----------
    sources : list of (str, model)
        Fitted classifiers; one without ``classes_`` is taken to know the target's classes.
    labels : ndarray of shape (n_labeled,)
        Labels of target rows.

    Returns
    -------
    ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If the sources and the labels have no class in common.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sktl.base import union_of_classes
    >>> model = DummyClassifier().fit([[0], [0]], ["cat", "dog"])
    >>> union_of_classes([("old", model)], ["dog", "owl"]).tolist()
    ['cat', 'dog', 'owl']
    """
    known = [np.asarray(model.classes_) for _, model in sources if hasattr(model, "classes_")]
    own = np.unique(np.asarray(labels))
    if not known:
        return own
    theirs = np.unique(np.concatenate(known)) if len({_kind(c) for c in known}) == 1 else np.array([], dtype=object)
    if not len(theirs) or _kind(own) != _kind(theirs) or not np.isin(own, theirs).any():
        found = [c.tolist() for c in known]
        raise ValueError(
            f"The source knows the classes {found[0] if len(found) == 1 else found}, the target's labels are "
            f"{own.tolist()}: none in common. Name the target's classes as the source does."
        )
    return np.union1d(theirs, own)


def _kind(classes):
    """Whether classes are numbers or words, which don't mix."""
    if classes.dtype.kind == "O":
        return "numbers" if all(not isinstance(value, str) for value in classes.tolist()) else "words"
    return "numbers" if classes.dtype.kind in "biuf" else "words"


def default_floor(n_source=None):
    """Lower bound for the probabilities of a source: smaller ones are raised to it.

    Parameters
    ----------
    n_source : int, default=None
        Rows that the source was fitted on, where that is known.

    Returns
    -------
    float
        Half a row in ``n_source``; 1e-3 where that is unknown.

    Examples
    --------
    >>> from sktl.base import default_floor
    >>> default_floor(100), default_floor()
    (0.005, 0.001)
    """
    # half a row where its number of rows is known
    return 1e-3 if n_source is None else 1 / (2 * n_source)


def source_log_proba(model, X, classes, floor=1e-3):
    """Log-probabilities of classes by a fitted source.

    Parameters
    ----------
    model : classifier
        Without ``predict_proba`` its decision function is read as log-odds; without both, ``predict`` as probabilities
        of 0 and 1.
    X : array-like of shape (n_samples, n_features)
        Rows.
    classes : ndarray of shape (n_classes,)
        Sorted classes, those of the source among them.
    floor : float, default=1e-3
        Probabilities are clipped at ``floor`` and 1 - ``floor``; classes that the source does not know get ``floor``.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Each row's probabilities sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sktl.base import source_log_proba
    >>> model = DummyClassifier().fit([[0], [0], [0], [0]], [0, 0, 0, 1])
    >>> np.exp(source_log_proba(model, [[0]], np.array([0, 1]))).round(2)
    array([[0.75, 0.25]])
    """
    known = np.asarray(getattr(model, "classes_", classes))
    columns = np.searchsorted(classes, known)
    proba = np.full((n_rows(X), len(classes)), floor)
    answers = _probabilities(model, X, known)
    check_answers(model, answers)
    proba[:, columns] = np.clip(answers, floor, 1 - floor)
    log_proba = np.log(proba)
    return log_proba - np.logaddexp.reduce(log_proba, axis=1, keepdims=True)  # clipped probabilities no longer sum to 1


def _probabilities(model, X, known):
    """Probabilities of the classes a source knows, (n_samples, n_known)."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X), dtype=float)
    if hasattr(model, "decision_function"):
        scores = np.asarray(model.decision_function(X), dtype=float)
        if scores.ndim == 1:
            scores = np.column_stack([-scores / 2, scores / 2])  # log-odds s are a softmax of -s / 2 and s / 2
        scores = scores - scores.max(axis=1, keepdims=True)  # so that no exponential overflows
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return (np.asarray(model.predict(X))[:, None] == known).astype(float)


def source_predict(name, model, X):
    """Predictions of a fitted source for a regression.

    Parameters
    ----------
    name : str
        What the source is called in an error.
    model : regressor
        Anything with ``predict``.
    X : array-like of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If the predictions are not one finite number per row.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sktl.base import source_predict
    >>> source_predict("old", DummyRegressor().fit([[0], [0]], [1, 2]), [[5]])
    array([1.5])
    """
    values = np.asarray(model.predict(X), dtype=float)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(
            f"The source {name!r} must predict one finite number per row; its predictions have shape "
            f"{values.shape} and "
            f"{np.count_nonzero(~np.isfinite(values))} values that are not finite."
        )
    return values


def linear_parameters(name, model, n_features, output="predict"):
    """Coefficients and intercepts of a linear source, in the units of X.

    A Pipeline that is linear in its columns (a scaler and a linear model) has no ``coef_``: it predicts at the origin
    and one step along each axis, and at one more point, to check that it is linear.

    Parameters
    ----------
    name : str
        What the source is called in an error.
    model : estimator object
        A fitted linear model, or a Pipeline.
    n_features : int
        Number of columns d.
    output : {"predict", "decision_function", "log_predict"}, default="predict"
        Which output is linear in X; "log_predict" is the logarithm of ``predict``.

    Returns
    -------
    coef : ndarray of shape (n_outputs, n_features)
        One row for a regression and for two classes.
    intercept : ndarray of shape (n_outputs,)
        Intercepts.

    Raises
    ------
    ValueError
        If the model is not linear.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sktl.base import linear_parameters
    >>> model = make_pipeline(StandardScaler(), LinearRegression()).fit([[0.0], [2.0]], [1.0, 5.0])
    >>> coef, intercept = linear_parameters("old", model, 1)
    >>> coef.round(6), intercept.round(6)
    (array([[2.]]), array([1.]))
    """
    if hasattr(model, "coef_"):
        coef = model.coef_.toarray() if hasattr(model.coef_, "toarray") else np.asarray(model.coef_, dtype=float)
        coef = np.atleast_2d(coef)
        return coef, np.broadcast_to(np.asarray(model.intercept_, dtype=float).ravel(), len(coef)).copy()
    method = "predict" if output == "log_predict" else output
    if hasattr(model, method) and hasattr(model, "steps"):
        found = _affine(lambda X: getattr(model, method)(X), n_features, output == "log_predict")
        if found is not None:
            return found
    raise ValueError(
        f"The source {name!r} must be linear: it needs coef_, or to be a Pipeline that is linear in its columns; got "
        f"{model!r}. For any other kind of model use HypothesisTransferRegressor or HypothesisTransferClassifier."
    )


def _affine(function, n_features, log):
    """The (coef, intercept) of an affine function of rows of ``n_features`` numbers, or None if it is not affine."""
    # several columns at once, of both signs: what bends, or joins columns, is found out
    probe = np.linspace(-1, 2, n_features)
    rows = np.vstack([np.zeros(n_features), np.eye(n_features), probe])
    try:
        with quiet("X does not have valid feature names"):  # nor need it here
            values = np.asarray(function(rows), dtype=float).reshape(len(rows), -1)
    except (ValueError, TypeError):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(values) if log else values
    coef, intercept = (values[1:-1] - values[0]).T, values[0]
    if not np.allclose(coef @ probe + intercept, values[-1], rtol=1e-6, atol=1e-8 * np.abs(values).max()):
        return None
    return coef, intercept
