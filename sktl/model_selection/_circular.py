"""Circular (reverse) validation: learn the source back from the target rows, with the labels that a model predicts.

If a model labels the target well, then a model fitted on these labels predicts the source, whose labels are known, well
(Zhong et al. 2010).
"""

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from sktl._checks import BOOLEAN, InstanceOf, checked
from sktl.domains import TARGET, draw_rows, n_rows
from sktl.model_selection._candidates import labels_at
from sktl.model_selection._folds import label_folds
from sktl.model_selection._hide import hide_labels

LABELS = (InstanceOf(np.ndarray, list, noun="an array"),)
CIRCULAR_FOLDS = 3  # each is two fits; more folds cost more and left the ranking of models as it is


@checked(fit=(callable,), guess=LABELS, are_classes=BOOLEAN)
def learn_back(fit, X, guess, target, are_classes=True):
    """Fit a model with the roles exchanged: from the target rows, with predicted labels, to the source.

    Parameters
    ----------
    fit : callable
        ``fit(X, y, sample_domain)`` returns a fitted model; labels are missing on its target rows.
    X : array-like of n_samples rows
        Rows of both domains.
    guess : ndarray of shape (n_target,) or (n_target, n_outputs)
        Labels that a model gives the target rows.
    target : ndarray of shape (n_samples,) of bool
        Which rows are the target's.
    are_classes : bool, default=True
        Whether the labels are classes. If so and all predictions are of one class, the model returned is a constant,
        since no classifier can be fitted.

    Returns
    -------
    estimator object
        Fitted; it predicts new rows as rows of the source.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection.evidence import learn_back
    >>> X, target = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([False, False, True, True])
    >>> def fit(X, y, sample_domain):
    ...     return OnLabeled(LogisticRegression()).fit(X, y)
    >>> learn_back(fit, X, np.array([0, 1]), target).predict(X)
    array([0, 0, 0, 1])
    """
    guess = np.asarray(guess)
    if are_classes and guess.ndim == 1 and len(np.unique(guess)) == 1:
        from sklearn.dummy import DummyClassifier  # here, to keep `import sktl` quick

        return DummyClassifier().fit(np.zeros((len(guess), 1)), guess)
    # a dtype in which labels can be missing
    backwards = np.zeros((len(target), *guess.shape[1:]), dtype=float if guess.dtype.kind in "iuf" else object)
    backwards[target] = guess
    return fit(X, hide_labels(backwards, ~target), np.where(target, "source", TARGET).astype(object))


@checked(fit=(callable,), held_out=LABELS, are_classes=BOOLEAN)
def there_and_back(fit, X, y, sample_domain, held_out, are_classes=True):
    """Fit a model, let it label the target, and learn back; the held-out rows are in neither fit.

    Parameters
    ----------
    fit : callable
        As for :func:`learn_back`.
    X : array-like of n_samples rows
        Rows of both domains.
    y : array-like of shape (n_samples,)
        Labels, missing on target rows.
    sample_domain : ndarray of shape (n_samples,)
        Names of the domains; "target" is the target.
    held_out : ndarray of int
        Positions of the source rows that the result is to be judged by.
    are_classes : bool, default=True
        As for :func:`learn_back`.

    Returns
    -------
    estimator object
        Fitted; it predicts new rows as rows of the source.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl import OnLabeled
    >>> from sktl.model_selection.evidence import there_and_back
    >>> X, y = np.arange(8.0)[:, None], np.array([0, 0, 1, 1, np.nan, np.nan, np.nan, np.nan])
    >>> def fit(X, y, sample_domain):
    ...     return OnLabeled(LogisticRegression()).fit(X, y)
    >>> there_and_back(fit, X, y, np.repeat(["source", "target"], 4), [0]).predict(X[:1])
    array([1])
    """
    kept = np.setdiff1d(np.arange(n_rows(X)), held_out)
    X, names = draw_rows(X, kept), np.asarray(sample_domain, dtype=object)[kept]
    target = np.array([name == TARGET for name in names.tolist()])
    there = fit(X, draw_rows(y, kept), names)
    guess = np.asarray(there.predict(draw_rows(X, np.flatnonzero(target))))
    return learn_back(fit, X, guess, target, are_classes)


def circular_losses(fit, loss, model, X, y, domains, random_state, n_jobs=None):
    """Losses of the labelled source rows, learned back from the target rows as the model labels these.

    ``fit`` is as for :func:`learn_back`, ``model`` what it clones. No target label is in any fit.
    """
    hidden, rows = hide_labels(y, domains.target), np.flatnonzero(domains.source & domains.labeled)
    truth, losses = labels_at(y, domains, rows), np.zeros(len(rows))
    folds = label_folds(truth, CIRCULAR_FOLDS, check_random_state(random_state))
    numbers = np.unique(folds)
    answers = Parallel(n_jobs=n_jobs)(
        delayed(_answer_there_and_back)(
            fit, loss.method, X, hidden, domains.names, rows[folds == fold], is_classifier(model)
        )
        for fold in numbers
    )
    for fold, (answer, classes) in zip(numbers, answers, strict=True):
        losses[folds == fold] = loss.of_rows(truth[folds == fold], answer, classes)
    return losses


def _answer_there_and_back(fit, method, X, y, names, held_out, are_classes):
    """What the model that was learned back says of the held-out rows, and its classes."""
    back = there_and_back(fit, X, y, names, held_out, are_classes)
    return getattr(back, method)(draw_rows(X, held_out)), getattr(back, "classes_", None)
