"""A model that exists already as the baseline of a comparison: read from a file, fitted into its rows and classes."""

import pickle
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier

from sktl._checks import InstanceOf, checked
from sktl.comparison._saved import SavedModel, load_skops
from sktl.comparison._words import columns_named, few_names
from sktl.exceptions import InputError

PICKLES = (".pkl", ".pickle", ".joblib")


class _Given(BaseEstimator):
    """A frozen model: cloning and fitting keep it."""

    def __init__(self, model, classes=None):
        self.model = model
        self.classes = classes

    def __sklearn_clone__(self):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y=None):
        """Keep the model as it is."""
        return self

    def _ask(self, X, method):
        """Answers of the model on the rows of a comparison."""
        if isinstance(self.model, SavedModel):
            return getattr(self.model, method)(X)
        return getattr(self.model, method)(columns_for(self.model, X))


class GivenRegressor(RegressorMixin, _Given):
    """A given regressor."""

    def predict(self, X):
        """Numbers."""
        return np.asarray(self._ask(X, "predict"), dtype=float)


class GivenClassifier(ClassifierMixin, _Given):
    """A given classifier; ``classes`` are the labels whose numbers it answers."""

    @property
    def classes_(self):
        """The numbers of all classes."""
        return np.arange(len(self.classes))

    def predict(self, X):
        """Class numbers."""
        return np.array([self.classes.index(label) for label in np.asarray(self._ask(X, "predict")).tolist()])

    def predict_proba(self, X):
        """Probabilities of all classes, 0 for those that the model does not know."""
        found = self._ask(X, "predict_proba")
        if not isinstance(found, dict):
            found = dict(zip(np.asarray(self.model.classes_).tolist(), np.asarray(found).T, strict=True))
        return np.column_stack([found.get(label, np.zeros(len(X))) for label in self.classes])


def columns_for(model, X):
    """The columns that a model was fitted on, in its order; all of them where it knows no names but their number."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        missing = [name for name in names if name not in X]
        if missing:
            raise InputError(f"--source-model: the tables lack what the model was fitted on: {columns_named(missing)}.")
        return X[list(names)]
    needed = getattr(model, "n_features_in_", X.shape[1])
    if needed != X.shape[1]:
        raise InputError(
            f"--source-model: the model knows no column names and needs {needed} columns; the tables share "
            f"{X.shape[1]}: {few_names(X.columns)}."
        )
    return X.to_numpy(dtype=float) if all(kind.kind == "f" for kind in X.dtypes) else X.to_numpy()


def as_given(model, problem):
    """A model fitted into a problem: a classifier of its class numbers, or a regressor; tried on a few rows."""
    labels = problem.labels
    saved = isinstance(model, SavedModel)
    task = model.record["task"] if saved else "classification" if is_classifier(model) else "regression"
    if task != labels.task:
        raise InputError(f"--source-model is made for {task}, and the task is {labels.task}.")
    if labels.classes is None:
        given = GivenRegressor(model)
    else:
        known = model.record["classes"] if saved else np.asarray(model.classes_).tolist()
        classes = labels.classes.tolist()
        foreign = [label for label in known if label not in classes]
        if foreign:
            raise InputError(
                f"--source-model knows classes that the label column {labels.name!r} lacks: {few_names(foreign)}; the "
                f"column has {few_names(classes)}."
            )
        given = GivenClassifier(model, classes)
    try:
        given.predict(problem.X.iloc[:3])
    except InputError:
        raise
    except Exception as error:  # a foreign model's errors are its own; the cause stays attached
        line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"--source-model can't predict the rows of the tables: {line}") from error
    return given


@checked(path=(InstanceOf(str, Path, noun="a path"),), trust_pickle=(True, False))
def read_model(path, trust_pickle=False):
    """Read a fitted model from a file.

    Parameters
    ----------
    path : str or path
        A ``.skops`` file, by ``sktl compare --save`` or ``skops.io.dump``, of which nothing but classes of sktl,
        scikit-learn, scipy and numpy is loaded; or a pickle.
    trust_pickle : bool, default=False
        Whether a pickle may be loaded, which can run any code that its writer wished.

    Returns
    -------
    SavedModel or estimator object

    Raises
    ------
    InputError
        If the file can't be read, holds no model, or may not be loaded.

    Examples
    --------
    >>> from sktl.comparison import read_model
    >>> read_model("old.pkl")
    Traceback (most recent call last):
    sktl.exceptions.InputError: MODEL: there is no file 'old.pkl'.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"MODEL: there is no file {str(path)!r}.")
    if path.suffix.lower() in PICKLES:
        model = _read_pickle(path, trust_pickle)
    elif path.suffix.lower() == ".skops":
        model = load_skops(path)
        model = SavedModel.of_record(model, path) if isinstance(model, dict) else model
    else:
        raise InputError(f"MODEL must be a .skops file or a pickle ({', '.join(PICKLES)}); got {str(path)!r}.")
    if not isinstance(model, SavedModel) and not (hasattr(model, "predict") and hasattr(model, "fit")):
        raise InputError(f"MODEL: {str(path)!r} holds no fitted model but {type(model).__name__}.")
    return model


def _read_pickle(path, trusted):
    """Load a pickle, if that was asked for."""
    if not trusted:
        raise InputError(
            f"MODEL: {str(path)!r} is a pickle, which can run any code when it is loaded. If you know who wrote it, "
            "pass --trust-pickle; safer is a .skops file (skops.io.dump)."
        )
    import joblib

    try:
        return joblib.load(path)
    except (pickle.UnpicklingError, OSError, EOFError, ImportError, AttributeError, ValueError, KeyError) as error:
        raise InputError(f"MODEL: can't read {str(path)!r} as a pickle: {error}") from error
