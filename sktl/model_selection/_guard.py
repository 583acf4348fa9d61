"""Transfer only where the evidence says that it helps."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse, stats
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktl._checks import check_number, check_option
from sktl.base import BaseOnLabeled
from sktl.base._routing import fit_on_domains, on_missing_labels
from sktl.domains import TARGET, draw_rows, known_labels, missing_values, n_rows, read_domains
from sktl.instance import DiscriminatorWeighter
from sktl.model_selection._by_domain import respond
from sktl.model_selection._hide import hide_labels
from sktl.model_selection._losses import LOSSES, choose_loss
from sktl.model_selection._splitters import SourceTargetKFold, TargetKFold

MIN_LABELS = 10  # labelled target rows below which they say too little, and a scorer without labels decides
WEIGHTED = "weighted source labels"
TRANSFER, SOURCE_ONLY, TARGET_ONLY = "transfer", "source-only", "target-only"


@dataclass(frozen=True)
class Gain:
    """What transfer brings over the best baseline: in score, so that more is better.

    Attributes
    ----------
    estimate : float
        Mean gain.
    low, high : float
        Interval of confidence 1 - 2 alpha: transfer is used where ``low`` is above the margin, or nearly so.
    pvalue : float
        One-sided: of a gain as large, if there were none beyond the margin.
    """

    estimate: float
    low: float
    high: float
    pvalue: float


# --- tests ---


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


# --- candidates ---


def default_baseline(estimator, X):
    """Linear model on standardised columns, of the estimator's kind."""
    from sklearn.linear_model import LogisticRegression, Ridge  # here, to keep `import sktl` quick

    model = Ridge() if is_regressor(estimator) else LogisticRegression(max_iter=1000, tol=1e-6)
    return make_pipeline(StandardScaler(with_mean=not sparse.issparse(X)), model)


def fit_candidate(name, model, X, y, names):
    """A clone, fitted on the rows that the candidate may learn from; a constant where these are of one class."""
    if name == TRANSFER:
        return fit_on_domains(model, X, y, names)
    rows = np.array([domain == TARGET for domain in names.tolist()]) == (name == TARGET_ONLY)
    rows &= ~missing_values(y)
    labels = known_labels(y, rows)
    if not is_regressor(model) and len(np.unique(labels)) == 1:
        from sklearn.dummy import DummyClassifier

        model = DummyClassifier()
    return clone(model).fit(draw_rows(X, np.flatnonzero(rows)), labels)


def labels_at(y, domains, rows):
    """Labels of some labelled rows, in their own type."""
    return known_labels(y, domains.labeled)[np.searchsorted(np.flatnonzero(domains.labeled), rows)]


class TransferGuard(BaseOnLabeled):
    r"""Use a transfer model only where the evidence says that it beats doing without.

    The transfer model and plain baselines are compared: with labels of target rows, by cross-validation on these
    (every row's loss is paired); without, by the losses of held-out source rows, weighted to look like the target (or
    by a scorer that needs no target labels). Transfer is used if its gain over the *best* baseline is above ``margin``
    by a one-sided test at level ``alpha``. Else the source's model is, unless the target's own labels beat it by the
    same test: a few labels fit a poor model, and can't tell well that it is.

    *When it helps*: there is a choice, and somebody would be hurt by the wrong one. By the defaults, of 100 simulated
    problems harmful by construction at most 1 was accepted with 10, 20 or 50 target labels, and none without labels
    under covariate shift; of 100 helpful ones 8, 12 and 23, and 93 without labels. On 30 real pairs and three methods
    it lost more than a point to the source alone on 6 % with 20 target labels and on 10 % with 50 (always to transfer:
    27 and 23 %), and kept 41 and 61 % of the oracle's gain; with alpha = 0.4 it kept 59 and 77 %, and lost on 14 and
    17 % (``benchmarks/guard.py``). *When it hurts*: true but small gains are given up, most of them where labels are
    few: a larger ``alpha`` gives up fewer. Without target labels no test can see that p(y|x) differs: its level holds
    under covariate shift alone. A gain by Brier scores may be one of calibration: ask for ``loss="zero_one"`` where
    accuracy alone counts.

    Parameters
    ----------
    estimator : estimator object
        The transfer model: classifier, regressor or pipeline. It is cloned. If it asks for ``sample_domain``, or ends
        in ``OnLabeled``, it gets all rows; else the labelled ones.
    baseline : estimator object, default=None
        What to beat; None: ``LogisticRegression`` or ``Ridge`` on standardised columns. It is fitted on the source's
        labels ("source-only") and, where there are enough, on the target's ("target-only").
    alpha : float in (0, 0.5), default=0.05
        Level of the test.
    margin : float >= 0, default=0.0
        Gain that transfer must exceed, in units of the score.
    loss : {"auto", "zero_one", "log", "brier", "squared", "absolute"} or callable, default="auto"
        Loss of a row. "auto": "squared" for regressors; for classifiers "zero_one", but with target labels "brier"
        (squared error of the class probabilities, which says more a row) where all models have ``predict_proba``.
    scorer : callable, default=None
        ``scorer(estimator, X, y, sample_domain=...)`` for the case without (10 or more) target labels; None: weighted
        losses of source rows, with the weights of :class:`sktl.instance.DiscriminatorWeighter` (numeric columns).
    cv : int >= 2, default=5
        Folds.
    n_repeats : int >= 1, default=3
        Repetitions of the folds for the scorer.
    random_state : int, default=0
        Seed of the folds.

    Attributes
    ----------
    estimator_ : estimator object
        The model in use, fitted on all rows it may see.
    decision_ : {"transfer", "source-only", "target-only"}
        Which it is.
    criterion_ : {"target labels", "weighted source labels", "scorer", "too few rows", "one domain"}
        What decided. With fewer rows of a domain than folds there is no evidence, and transfer is refused.
    evidence_ : dict of str -> dict
        For each candidate its mean ``score`` and the ``standard_error`` of that.
    gain_ : Gain or None
        Gain of transfer over the best baseline with its interval and p-value; None where nothing could be compared.
    target_gain_ : Gain or None
        Gain of the target's own labels over the source's model, where there were both to compare.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    negative_transfer_gap : The loss that transfer causes, as a number.

    Notes
    -----
    Cost: 2 cv + 2 fits with target labels; without, 2 cv + 1 and a fit of the weights, or 2 cv n_repeats + 1 with a
    scorer. The test on labels takes the rows as independent, though rows of a fold share their models: Student's, or
    McNemar's mid-p where losses are 0 and 1. Weighted rows count as the number of equally weighted ones that they are
    worth. The scores of folds are tested with the variance correction of [1]. The held-out target rows stay in the fit
    without their labels.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
    .. [2] Z. Wang, Z. Dai, B. Poczos, J. Carbonell, "Characterizing and avoiding negative transfer", CVPR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktl.model_selection import TransferGuard
    >>> rng = np.random.default_rng(0)
    >>> y, target = rng.integers(0, 2, 200), np.arange(200) >= 100
    >>> X = rng.normal(size=(200, 1)) + np.where(target, 3, -3)[:, None] * y[:, None]  # the source says the opposite
    >>> guard = TransferGuard(LogisticRegression()).fit(X, y, sample_domain=target)
    >>> guard.decision_, guard.criterion_
    ('target-only', 'target labels')
    """

    __metadata_request__fit = {"sample_domain": True}

    def __init__(
        self,
        estimator,
        baseline=None,
        *,
        alpha=0.05,
        margin=0.0,
        loss="auto",
        scorer=None,
        cv=5,
        n_repeats=3,
        random_state=0,
    ):
        self.estimator = estimator
        self.baseline = baseline
        self.alpha = alpha
        self.margin = margin
        self.loss = loss
        self.scorer = scorer
        self.cv = cv
        self.n_repeats = n_repeats
        self.random_state = random_state

    def fit(self, X, y=None, sample_domain=None):
        """Gather the evidence, decide, and fit the model that is to be used.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, where the labels can't tell: always, if target rows have labels.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, a label or a domain is not as described.

        Warns
        -----
        SingleDomainWarning
            If there is one domain; the estimator is fitted as it is then.
        """
        self._check_params()
        domains, self.target_gain_ = read_domains(X, y, sample_domain), None
        if domains.single:
            self.decision_, self.criterion_, self.evidence_, self.gain_ = TRANSFER, "one domain", {}, None
            self.estimator_ = fit_on_domains(on_missing_labels(self.estimator), X, y, None)
            return self
        self._check_classes(y, domains)
        models, judged = self._candidates(X, domains), domains.target & domains.labeled
        if min(domains.source.sum(), domains.target.sum()) < self.cv:
            self.criterion_, self.evidence_, self.gain_, best = (
                "too few rows",
                {},
                None,
                min(models.keys() - {TRANSFER}),
            )
        elif judged.sum() >= MIN_LABELS:
            self.criterion_ = "target labels"
            best = self._by_labels(models, X, y, domains, judged)
        else:
            self.criterion_ = WEIGHTED if self.scorer is None else "scorer"
            models.pop(TARGET_ONLY, None)
            best = (self._by_weights if self.scorer is None else self._by_scorer)(models, X, y, domains)
        self.decision_ = TRANSFER if self._accepts() else best
        self.estimator_ = fit_candidate(self.decision_, models[self.decision_], X, y, domains.names)
        return self

    def _accepts(self):
        """Whether the evidence speaks for transfer."""
        return self.gain_ is not None and self.gain_.pvalue < self.alpha and self.gain_.estimate > self.margin

    def _check_classes(self, y, domains):
        """Raise unless the labels of a classifier are of two classes or more."""
        labels = known_labels(y, domains.labeled)
        if is_classifier(self.estimator) and len(np.unique(labels)) < 2:
            raise ValueError(
                f"At least two classes are needed; the labelled rows are of one class, {labels.tolist()[0]!r}. "
                "Add rows of another class."
            )

    def _check_params(self):
        check_number("alpha", self.alpha, low=0, high=0.5, closed="neither")
        check_number("margin", self.margin, low=0)
        check_number("cv", self.cv, Integral, low=2)
        check_number("n_repeats", self.n_repeats, Integral, low=1)
        check_number("random_state", self.random_state, Integral, low=0)
        if not callable(self.loss):
            check_option("loss", self.loss, ("auto", *LOSSES))
        if self.scorer is not None and not callable(self.scorer):
            raise TypeError(
                f"scorer must be None or a scorer, such as ImportanceWeightedScorer(); got {self.scorer!r}."
            )

    def _candidates(self, X, domains):
        """The models to compare, by name."""
        baseline = default_baseline(self.estimator, X) if self.baseline is None else self.baseline
        models = {TRANSFER: on_missing_labels(self.estimator)}
        if (domains.source & domains.labeled).any():
            models[SOURCE_ONLY] = on_missing_labels(baseline)
        if (domains.target & domains.labeled).any():
            models[TARGET_ONLY] = on_missing_labels(baseline)
        return models

    def _by_labels(self, models, X, y, domains, judged):
        """Compare by losses of held-out target labels; the name of the baseline to fall back on."""
        losses = {name: np.zeros(n_rows(X)) for name in models}
        splitter = TargetKFold(min(self.cv, int(judged.sum())), random_state=self.random_state)
        once = {name: fit_candidate(name, models[name], X, y, domains.names) for name in models.keys() & {SOURCE_ONLY}}
        sure = self.loss == "auto" and all(hasattr(model, "predict_proba") for model in models.values())
        loss = choose_loss("brier" if sure else self.loss, self.estimator)
        for _, test in splitter.split(X, y, domains.target):
            hidden, truth = hide_labels(y, test), labels_at(y, domains, test)
            for name, model in models.items():  # the source's model sees no target label: one fit serves all folds
                fitted = once[name] if name in once else fit_candidate(name, model, X, hidden, domains.names)
                answer = getattr(fitted, loss.method)(draw_rows(X, test))
                losses[name][test] = loss.of_rows(truth, answer, getattr(fitted, "classes_", None))
        rows = np.flatnonzero(judged)
        means = {name: values[rows].mean() for name, values in losses.items()}
        self.evidence_ = {
            name: {"score": float(loss.score(means[name])), "standard_error": float(stats.sem(values[rows]))}
            for name, values in losses.items()
        }
        baselines = [name for name in models if name != TRANSFER]
        best = min(baselines, key=means.get)
        self.gain_ = gain_of_rows(losses[best][rows] - losses[TRANSFER][rows], self.alpha, self.margin)
        if len(baselines) == 1:
            return best
        own = gain_of_rows(losses[SOURCE_ONLY][rows] - losses[TARGET_ONLY][rows], self.alpha, 0.0)
        self.target_gain_ = own
        return TARGET_ONLY if own.pvalue < self.alpha and own.estimate > 0 else SOURCE_ONLY

    def _by_scorer(self, models, X, y, domains):
        """Compare by a scorer that needs no target labels; the baseline's name."""
        scores = {name: [] for name in models}
        for test, fits in self._folds(models, X, y, domains, self.n_repeats):
            for name, fitted in fits:
                score = self.scorer(fitted, draw_rows(X, test), draw_rows(y, test), sample_domain=domains.names[test])
                scores[name].append(score)
        self.evidence_ = {
            name: {"score": float(np.mean(values)), "standard_error": float(stats.sem(values))}
            for name, values in scores.items()
        }
        differences = np.subtract(scores[TRANSFER], scores[SOURCE_ONLY])
        self.gain_ = gain_of_folds(differences, self.cv, self.alpha, self.margin)
        return SOURCE_ONLY

    def _by_weights(self, models, X, y, domains):
        """Compare by the weighted losses of held-out source rows, through the source's own map; the baseline's name."""
        loss, rows = choose_loss(self.loss, self.estimator), np.flatnonzero(domains.source & domains.labeled)
        weights = DiscriminatorWeighter().fit(X, y, sample_domain=domains.target).weights_[rows]
        losses = {name: np.zeros(n_rows(X)) for name in models}
        for test, fits in self._folds(models, X, y, domains, 1):
            test = np.intersect1d(test, rows)
            truth = labels_at(y, domains, test)
            for name, fitted in fits:
                answer = respond(fitted, draw_rows(X, test), domains.names[test], loss.method)
                losses[name][test] = loss.of_rows(truth, answer, getattr(fitted, "classes_", None))
        self.evidence_ = {}
        for name, values in losses.items():
            mean, error, _ = weighted_mean(values[rows], weights)
            self.evidence_[name] = {"score": float(loss.score(mean)), "standard_error": float(error)}
        differences = losses[SOURCE_ONLY][rows] - losses[TRANSFER][rows]
        self.gain_ = gain_of_weighted_rows(differences, weights, self.alpha, self.margin)
        return SOURCE_ONLY

    def _folds(self, models, X, y, domains, n_repeats):
        """Yield the held-out rows of each fold, and (name, fitted model) of the models fitted on the others."""
        for repeat in range(n_repeats):
            splitter = SourceTargetKFold(self.cv, random_state=self.random_state + repeat)
            for train, test in splitter.split(X, y, domains.names):
                seen = draw_rows(X, train), draw_rows(y, train), domains.names[train]
                yield test, [(name, fit_candidate(name, model, *seen)) for name, model in models.items()]

    def _router(self):
        return super()._router().add_self_request(self)
