"""What the boosting family shares: the base estimator, the labelled rows, rounds and votes."""

import warnings
from numbers import Integral

import numpy as np
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import assert_all_finite, check_random_state, column_or_1d, get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import BOOLEAN, N_JOBS, RANDOM_STATE, HasMethods, Interval, check_parameters
from sktl._core.boosting import ERROR_TOL, is_chance, weighted_median
from sktl._progress import ReportsProgress
from sktl.base import BaseTransferClassifier, BaseTransferRegressor, validate_rows, weight_parameter
from sktl.domains import known_labels, user_level
from sktl.exceptions import EarlyStopWarning, NoTargetLabelsError

LOSSES_OF_RESIDUALS = ("linear", "square", "exponential")
#: What all boosters say of their parameters; each has those of its ``__init__``.
CONSTRAINTS = {
    "estimator": (None, HasMethods("fit")),
    "n_estimators": (Interval(Integral, 1),),
    "store_weights": BOOLEAN,
    "target_weight": (None, Interval(low=0, closed="neither")),
    "n_jobs": N_JOBS,
    "random_state": RANDOM_STATE,
}


# --- the base estimator ---


def set_random_states(estimator, rng):
    """Give every ``random_state`` of an estimator, nested ones too, an integer drawn from ``rng``."""
    names = [name for name in sorted(estimator.get_params()) if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**{name: int(rng.randint(np.iinfo(np.int32).max)) for name in names})


def fit_learner(base, X, y, weights, rng=None):
    """Fit a clone of ``base`` under ``weights``; ``rng`` seeds it if there is one."""
    learner = clone(base)
    if rng is not None:
        set_random_states(learner, rng)
    # With routing on, a nested learner would want requests set for these weights, which are none of the user's.
    with config_context(enable_metadata_routing=False):
        return learner.fit(X, y, **{weight_parameter(learner): weights})


# --- what all boosters share: functions of a booster, an estimator with ``estimator``, ``n_estimators``, ... ---


def base_of(booster):
    """Return the base estimator, or the default one."""
    return booster._default_base() if booster.estimator is None else booster.estimator


def check_base(booster, is_kind, kind, y):
    """Raise, before any work, on what boosting can't use."""
    check_parameters(booster)
    base = base_of(booster)
    weight_parameter(base)
    if not is_kind(base):
        raise TypeError(f"The base estimator must be a {kind}; got {base!r}.")
    if y is None:
        raise ValueError(f"{type(booster).__name__} requires y to be passed, but the target y is None.")


def generator(booster):
    """Generator for the learners' seeds; None leaves their own settings alone."""
    return None if booster.random_state is None else check_random_state(booster.random_state)


def nan_checks(booster):
    """How X is checked: missing values pass where the base estimator takes them."""
    return {"ensure_all_finite": "allow-nan" if get_tags(booster).input_tags.allow_nan else True}


def check_new(booster, X):
    """Rows to predict, checked against those of ``fit``."""
    check_is_fitted(booster)
    return validate_rows(booster, X, reset=False, accept_sparse="csr", **nan_checks(booster))


def split_labeled(booster, domains):
    """Masks of the labelled rows (n_samples,), and of the target rows among these (n_labeled,)."""
    rows, name = domains.labeled, type(booster).__name__
    target = np.ones(np.count_nonzero(rows), dtype=bool) if domains.single else domains.target[rows]
    if not target.any():
        raise NoTargetLabelsError(
            f"{name} needs labelled target rows; the {np.count_nonzero(domains.target)} target rows have no label. "
            "Label a few of them and pass sample_domain to say which rows are the target's, or use a method that "
            "needs no target labels, such as KMM."
        )
    if target.all() and not domains.single:
        raise ValueError(
            f"{name} needs labelled source rows; the {np.count_nonzero(domains.source)} source rows have no label. "
            "Label some, or fit the base estimator on the labelled target rows alone."
        )
    return rows, target


def warn_if_ended_at_once(booster, error, n_classes, target, ways_out):
    """Say why boosting ended in the first of several rounds, where there is something to do about it."""
    if booster.n_estimators == 1:
        return
    if is_chance(error, n_classes):
        message = (
            f"The first learner is no better than chance on the labelled target rows (error {error:.3g}), so that "
            f"boosting ended there. {ways_out[0]}"
        )
    elif error <= ERROR_TOL and not target.all():
        message = (
            f"The first learner makes no error on the labelled target rows, so that boosting ended there. {ways_out[1]}"
        )
    else:
        return
    warnings.warn(message, EarlyStopWarning, stacklevel=user_level())


def store_rounds(booster, rounds):
    """Keep learners, errors and weights of the votes, the first three things of each round."""
    booster.estimators_ = [kept[0] for kept in rounds]
    booster.estimator_errors_ = np.array([kept[1] for kept in rounds], dtype=float)
    booster.estimator_weights_ = np.array([kept[2] for kept in rounds], dtype=float)
    booster.n_iter_ = len(rounds)


def store_row_weights(booster, row_weights, rows):
    """Keep weights of the labelled rows, one array per round, in the caller's row order."""
    vars(booster).pop("sample_weights_", None)  # of an earlier fit
    if booster.store_weights:
        booster.sample_weights_ = np.zeros((len(row_weights), len(rows)))
        booster.sample_weights_[:, rows] = row_weights


# --- classification: losses and votes ---


def vote_of(learner, X, classes, loss):
    """Vote of one learner, (n_samples, n_classes): its probabilities ("soft"), or 1 for the class that it predicts."""
    if loss == "zero_one":
        return (np.asarray(learner.predict(X))[:, None] == classes).astype(float)
    shares = learner.predict_proba(X)
    if shares.shape[1] == len(classes):
        return shares
    vote = np.zeros((len(shares), len(classes)))  # the learner's rows were not of all classes
    vote[:, np.searchsorted(classes, learner.classes_)] = shares
    return vote


def loss_of(vote, codes):
    """Loss of each row, (n_samples,): one minus the vote for its class."""
    return 1 - vote[np.arange(len(codes)), codes].astype(float)


def source_masks(names, target):
    """Names of the sources, sorted, and the mask (n_labeled,) of each one's rows; [] and [] without a source."""
    found = sorted(set(names[~target].tolist()), key=lambda name: (isinstance(name, str), name))
    return found, [np.array([name == one for name in names.tolist()], dtype=bool) & ~target for one in found]


def first_smallest(values):
    """Index of the smallest value; of the first one, where rounding alone tells several apart."""
    values = np.asarray(values)
    return int(np.flatnonzero(values <= values.min() + 1e-12)[0])


class BoostedClassifier(ReportsProgress, BaseTransferClassifier):
    """A classifier by weighted vote. A child has a parameter ``loss``, "soft" or "zero_one"."""

    _needs_target_labels = True
    _constraints = CONSTRAINTS | {"loss": ("soft", "zero_one")}

    def _default_base(self):
        """Return the base estimator that None stands for."""
        from sklearn.linear_model import LogisticRegression  # here, to keep `import sktl` quick

        return LogisticRegression(C=10, max_iter=1000)

    def _check_parameters(self, y):
        """Raise, before any work, on parameters and base estimators that boosting can't use."""
        check_base(self, is_classifier, "classifier", y)
        base = base_of(self)
        if self.loss == "soft" and not hasattr(base, "predict_proba"):
            raise ValueError(
                f"loss='soft' needs predict_proba, which {base!r} does not have. Choose loss='zero_one', or a base "
                "estimator with probabilities (for instance CalibratedClassifierCV around this one)."
            )

    def _loss(self, learner, X, codes):
        """|h_t(x_i) - c(x_i)| of the papers for each row: one minus the vote for its class."""
        return loss_of(vote_of(learner, X, self.classes_, self.loss), codes)

    def _vote(self, t, X):
        """Vote of round ``t``'s learner, (n_samples, n_classes)."""
        return vote_of(self.estimators_[t], X, self.classes_, self.loss)

    def _tally(self, votes, n_rounds):
        """Weighted mean of the votes of the last rounds up to ``n_rounds``."""
        return np.average(votes, axis=0, weights=self.estimator_weights_[n_rounds - len(votes) : n_rounds])

    def predict(self, X):
        """Predict the class with the largest share of the vote.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]

    def predict_proba(self, X):
        """Share of each class in the weighted vote.

        With ``loss="soft"`` this is the weighted mean of the learners' probabilities; with "zero_one" each learner
        votes for the class that it predicts. Neither is calibrated.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns in the order of ``classes_``.
        """
        X = check_new(self, X)
        voters = range(self._first_voter(self.n_iter_), self.n_iter_)
        return self._tally([self._vote(t, X) for t in voters], self.n_iter_)

    def staged_predict(self, X):
        """Predict as if boosting had ended after round 1, 2, ..., ``n_iter_``.

        Each stage uses the rounds that would vote if boosting had ended there; the last stage is ``predict``. The row
        weights are those of a run of ``n_estimators`` rounds.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        X = check_new(self, X)
        votes = []
        for n_rounds in range(1, self.n_iter_ + 1):
            votes.append(self._vote(n_rounds - 1, X))
            votes = votes[self._first_voter(n_rounds) - n_rounds :]
            yield self.classes_[self._tally(votes, n_rounds).argmax(axis=1)]

    def _first_voter(self, n_rounds):
        """Index of the first round that votes if boosting ends after ``n_rounds``."""
        return 0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = get_tags(base_of(self)).input_tags.allow_nan
        return tags


# --- regression ---


class BoostedRegressor(ReportsProgress, BaseTransferRegressor):
    """A regressor by weighted median. A child has a parameter ``loss``, one of ``LOSSES_OF_RESIDUALS``."""

    _needs_target_labels = True
    _constraints = CONSTRAINTS | {"loss": LOSSES_OF_RESIDUALS}

    def _default_base(self):
        """Return the base estimator that None stands for."""
        from sklearn.tree import DecisionTreeRegressor  # here, to keep `import sktl` quick

        return DecisionTreeRegressor(min_samples_leaf=3, max_features=0.5)

    def _check_parameters(self, y):
        """Raise, before any work, on parameters and base estimators that boosting can't use."""
        check_base(self, is_regressor, "regressor", y)

    def _numbers(self, y, rows):
        """Known labels as floats, (n_labeled,)."""
        y = column_or_1d(known_labels(y, rows, discrete=False), warn=True).astype(float)
        assert_all_finite(y, input_name="y")
        return y

    def predict(self, X):
        """Predict the weighted median of the learners that vote.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = check_new(self, X)
        first = self._first_voter(self.n_iter_)
        values = np.column_stack([learner.predict(X) for learner in self.estimators_[first:]])
        return weighted_median(values, self.estimator_weights_[first:])

    def staged_predict(self, X):
        """Predict as if boosting had ended after round 1, 2, ..., ``n_iter_``.

        Each stage uses the rounds that would vote if boosting had ended there; the last stage is ``predict``. The row
        weights are those of a run of ``n_estimators`` rounds.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows, taken as target rows.

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        X = check_new(self, X)
        values = []
        for n_rounds, learner in enumerate(self.estimators_, start=1):
            values.append(learner.predict(X))
            first = self._first_voter(n_rounds)
            yield weighted_median(np.column_stack(values[first:]), self.estimator_weights_[first:n_rounds])

    def _first_voter(self, n_rounds):
        """Index of the first round that votes if boosting ends after ``n_rounds``."""
        return 0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = get_tags(base_of(self)).input_tags.allow_nan
        return tags
