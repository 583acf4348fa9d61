"""Transfer only where the evidence says that it helps."""

from numbers import Integral

import numpy as np
from scipy.stats import sem
from sklearn.base import is_classifier

from sktl._checks import check_number, check_option
from sktl.base import BaseOnLabeled, fit_on_domains, on_missing_labels
from sktl.domains import draw_rows, known_labels, n_rows, one_column, read_domains
from sktl.instance import DiscriminatorWeighter
from sktl.model_selection._by_domain import respond
from sktl.model_selection._candidates import (
    BASELINES,
    POOLED,
    SOURCE_ONLY,
    TARGET_ONLY,
    TRANSFER,
    circular_losses,
    default_baseline,
    fit_candidate,
    labels_at,
    losses_on_labels,
)
from sktl.model_selection._evidence import (
    Verdict,
    gain_of_folds,
    gain_of_rows,
    gain_of_weighted_rows,
    judge,
    weighted_mean,
)
from sktl.model_selection._losses import LOSSES, check_outputs, choose_loss
from sktl.model_selection._splitters import SourceTargetKFold

MIN_LABELS = 10  # labelled target rows below which they say too little, and evidence without labels decides


class TransferGuard(BaseOnLabeled):
    r"""Use a transfer model only where the evidence says that it beats doing without.

    With labels of target rows, the transfer model and plain baselines are compared by cross-validation on these (every
    row's loss is paired). *Without transfer* one would use the source's model, or that of the target's labels, or of
    both, if it beats the source's by a one-sided test at level ``alpha``: a few labels fit a poor model, and can't tell
    well that it is. *Transfer* is used if its gain over that model is above ``margin`` by the same test. A few dozen
    labels see large gains alone; so circular validation, which needs none, counts beside them: the z-values are summed,
    its own at most 2.5, so that labels that speak against transfer overrule it. Without target labels, transfer is
    compared to the source's model by the losses of held-out source rows, weighted to look like the target, or by
    circular validation, or by a scorer.

    *When it helps*: there is a choice, and somebody would be hurt by the wrong one. By the defaults, of 100 simulated
    problems harmful by construction 5, 2 and 2 were accepted with 10, 20 and 50 target labels (by the labels alone
    none), and none without labels under covariate shift; of 100 helpful ones 25, 29 and 40 (16, 19 and 21), and 93
    without labels. On 30 real pairs, three methods and four draws of the labels it lost more than a point to the source
    alone on 4 % of the runs, with 20 labels and with 50 (always to transfer: 27 and 21 %), and kept 64 and 85 % of the
    oracle's gain (always to transfer: 48 and 65 %); with alpha = 0.2 it kept 72 and 88 %, and lost on 7 and 6 %
    (``benchmarks/guard.py``). Most of that comes from using the target's labels at all: with no transfer offered, 44
    and 80 %. *When it hurts*: true but small gains are given up where labels are few; a larger ``alpha`` gives up
    fewer. Where circular validation is wrong (class shares that differ, a p(y|x) that does) and the labels are few, the
    level is not exact: ``circular=False`` keeps it. Without target labels no test can see that p(y|x) differs: weighted
    losses keep their level under covariate shift alone, and took no transfer on the real pairs; ``scorer="circular",
    margin=0.1`` kept 45 % there and lost on 1 %. A gain by Brier scores may be one of calibration: ask for
    ``loss="zero_one"`` where accuracy alone counts.

    Parameters
    ----------
    estimator : estimator object
        The transfer model: classifier, regressor or pipeline. It is cloned. If it asks for ``sample_domain``, or ends
        in ``OnLabeled``, it gets all rows; else the labelled ones.
    baseline : estimator object, default=None
        What to beat; None: ``LogisticRegression`` or ``Ridge`` on standardised columns. It is fitted on the source's
        labels ("source-only") and, where there are enough, on the target's ("target-only") and on both ("pooled").
    alternatives : list of (str, estimator) tuples, default=()
        Further transfer models, by name: the one of the least p-value is used. They share ``alpha`` (Bonferroni).
    alpha : float in (0, 0.5), default=0.05
        Level of the tests.
    margin : float >= 0, default=0.0
        Gain that transfer must exceed, in units of the score.
    loss : {"auto", "zero_one", "log", "brier", "squared", "absolute"} or callable, default="auto"
        Loss of a row. "auto": "squared" for regressors; for classifiers "zero_one", but with target labels "brier"
        (squared error of the class probabilities, which says more a row) where all models have ``predict_proba``.
    circular : bool, default=True
        Whether circular validation counts beside target labels. False: the labels must prove the gain alone, for whom
        the level matters more than what is given up; so it is too for models that can't be fitted without them.
    scorer : callable or "circular", default=None
        What decides without (10 or more) target labels. None: weighted losses of source rows, with the weights of
        :class:`sktl.instance.DiscriminatorWeighter` (numeric columns). "circular": source rows, learned back from the
        predictions of the target (see :class:`CircularValidationScorer`), row by row. A callable is
        ``scorer(estimator, X, y, sample_domain=...)``.
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
    decision_ : str
        Which it is: "transfer", the name of an alternative, "source-only", "target-only" or "pooled".
    fallback_ : str
        The model without transfer, which transfer had to beat.
    criterion_ : str
        What decided: "target labels", "weighted source labels", "circular validation", "scorer", "one domain", or "too
        few rows": with fewer rows of a domain than folds there is no evidence, and transfer is refused.
    evidence_ : dict of str -> dict
        For each candidate its mean ``score`` and the ``standard_error`` of that.
    gain_ : Gain or None
        Gain of transfer (of several models, the one of the least p-value) over ``fallback_``, with its interval of
        confidence 1 - 2 alpha (alpha over the number of models) and p-value; None where nothing could be compared.
    gains_ : dict of str -> Gain
        The same of each transfer model.
    circular_gain_ : Gain or None
        Its gain over the source's model by circular validation, where that counted beside target labels.
    pvalue_ : float or None
        Of all evidence: what was compared to alpha. That of ``gain_``, unless circular validation counted.
    baseline_gains_ : dict of str -> Gain
        Gains of "target-only" and "pooled" over the source's model.
    classes_ : ndarray of shape (n_classes,)
        Class labels (classifiers).
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    negative_transfer_gap : The loss that transfer causes, as a number.
    CircularValidationScorer : Circular validation as a scorer.

    Notes
    -----
    Cost: 3 cv + 2 fits with target labels, and 12 for circular validation (three folds of the source, there and back,
    of two models; no target label is in them); without, 2 cv + 1 and a fit of the weights, 13 with circular validation,
    or 2 cv n_repeats + 1 with a scorer. The test on labels takes the rows as independent, though rows of a fold share
    their models: Student's, or McNemar's mid-p where losses are 0 and 1. The sum of z-values is Stouffer's, a p-value
    if circular validation is about the same question as the labels: an assumption. Weighted rows count as the number of
    equally weighted ones that they are worth. The scores of folds are tested with the variance correction of [1]. The
    held-out target rows stay in the fit without their labels.

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
        alternatives=(),
        alpha=0.05,
        margin=0.0,
        loss="auto",
        circular=True,
        scorer=None,
        cv=5,
        n_repeats=3,
        random_state=0,
    ):
        self.estimator = estimator
        self.baseline = baseline
        self.alternatives = alternatives
        self.alpha = alpha
        self.margin = margin
        self.loss = loss
        self.circular = circular
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
        domains = read_domains(X, y, sample_domain)
        self.evidence_, self.gains_, self.gain_, self.pvalue_ = {}, {}, None, None
        self.baseline_gains_, self.circular_gain_ = {}, None
        if domains.single:
            self.decision_, self.fallback_, self.criterion_ = TRANSFER, TRANSFER, "one domain"
            self.estimator_ = fit_on_domains(on_missing_labels(self.estimator), X, y, None)
            return self
        y = one_column(y)
        self._check_classes(y, domains)
        models, n_labels = self._candidates(X, domains), int((domains.target & domains.labeled).sum())
        self.decision_ = self.fallback_ = SOURCE_ONLY if SOURCE_ONLY in models else TARGET_ONLY
        if min(domains.source.sum(), domains.target.sum()) < self.cv:
            self.criterion_ = "too few rows"
        elif n_labels >= MIN_LABELS:
            self.criterion_ = "target labels"
            self._store(self._by_labels(models, X, y, domains))
        elif SOURCE_ONLY not in models:
            self.criterion_ = "too few rows"
        else:
            models = {name: model for name, model in models.items() if name not in (TARGET_ONLY, POOLED)}
            by = (
                self._by_weights
                if self.scorer is None
                else self._by_scorer
                if callable(self.scorer)
                else self._by_circular
            )
            gains = by(models, X, y, domains)
            pvalues = {name: gain.pvalue for name, gain in gains.items()}
            self._store(Verdict(SOURCE_ONLY, {}, gains, pvalues, self.alpha, self.margin))
        self.estimator_ = fit_candidate(self.decision_, models[self.decision_], X, y, domains.names)
        return self

    def _store(self, verdict):
        """Keep what the tests say."""
        self.fallback_, self.baseline_gains_ = verdict.fallback, verdict.baseline_gains
        self.gains_, self.decision_ = verdict.gains, verdict.chosen
        self.gain_, self.pvalue_ = verdict.gains[verdict.best], verdict.pvalues[verdict.best]

    def _check_classes(self, y, domains):
        """Raise unless the labels of a classifier are of two classes or more."""
        labels = known_labels(y, domains.labeled)
        check_outputs(type(self).__name__, self.estimator, labels)
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
        check_option("circular", self.circular, (True, False))
        if not callable(self.loss):
            check_option("loss", self.loss, ("auto", *LOSSES))
        if self.scorer is not None and self.scorer != "circular" and not callable(self.scorer):
            raise TypeError(
                "scorer must be None or a scorer, such as ImportanceWeightedScorer(), or 'circular'; got "
                f"{self.scorer!r}."
            )
        names = [TRANSFER, *BASELINES, *(name for name, _ in self.alternatives)]
        if len(set(names)) < len(names):
            raise ValueError(f"alternatives need names of their own, none of {names[:4]}; got {names[4:]}.")

    def _candidates(self, X, domains):
        """The models to compare, by name."""
        baseline = default_baseline(self.estimator, X) if self.baseline is None else self.baseline
        models = {TRANSFER: self.estimator} | dict(self.alternatives)
        known = [(rows & domains.labeled).any() for rows in (domains.source, domains.target)]
        for name, there in zip(BASELINES, (*known, all(known)), strict=True):
            if there:
                models[name] = baseline
        return {name: on_missing_labels(model) for name, model in models.items()}

    def _level(self):
        """Level of each transfer model's test."""
        return self.alpha / (1 + len(self.alternatives))

    def _note(self, loss, losses):
        """Keep the mean scores of the candidates."""
        self.evidence_ = {
            name: {"score": float(loss.score(values.mean())), "standard_error": float(sem(values))}
            for name, values in losses.items()
        }

    def _by_labels(self, models, X, y, domains):
        """Compare by losses of held-out target labels, and by circular validation beside them."""
        sure = self.loss == "auto" and all(hasattr(model, "predict_proba") for model in models.values())
        loss = choose_loss("brier" if sure else self.loss, self.estimator)
        losses = losses_on_labels(models, loss, X, y, domains, self.cv, self.random_state)
        self._note(loss, losses)
        rivals = [name for name in models if name not in BASELINES]
        others = [name for name in models if name in BASELINES and name != self.fallback_]
        use = self.circular and SOURCE_ONLY in models
        circular = self._circular_gains(models, rivals, X, y, domains) if use else {}
        verdict = judge(losses, self.fallback_, others, rivals, self.alpha, self.margin, circular)
        if verdict.best in circular:
            self.circular_gain_ = gain_of_rows(circular[verdict.best], self._level(), 0.0)
        return verdict

    def _circular_gains(self, models, rivals, X, y, domains):
        """Gains over the source alone by circular validation, of the models that can do without target labels."""
        loss, found = choose_loss(self.loss, self.estimator), {}
        for name in (SOURCE_ONLY, *rivals):
            try:
                found[name] = circular_losses(name, models[name], loss, X, y, domains, self.random_state)
            except ValueError:  # it needs target labels, or a class has too few rows: the labels decide alone
                if name == SOURCE_ONLY:
                    return {}
        usual = found.pop(SOURCE_ONLY)
        return {name: usual - values for name, values in found.items()}

    def _by_circular(self, models, X, y, domains):
        """Gains over the source alone by circular validation."""
        self.criterion_, loss = "circular validation", choose_loss(self.loss, self.estimator)
        losses = {
            name: circular_losses(name, model, loss, X, y, domains, self.random_state) for name, model in models.items()
        }
        self._note(loss, losses)
        usual = losses.pop(SOURCE_ONLY)
        return {name: gain_of_rows(usual - values, self._level(), self.margin) for name, values in losses.items()}

    def _by_scorer(self, models, X, y, domains):
        """Gains over the source alone by a scorer that needs no target labels."""
        self.criterion_, scores = "scorer", {name: [] for name in models}
        for test, fits in self._folds(models, X, y, domains, self.n_repeats):
            for name, fitted in fits:
                score = self.scorer(fitted, draw_rows(X, test), draw_rows(y, test), sample_domain=domains.names[test])
                scores[name].append(score)
        self.evidence_ = {
            name: {"score": float(np.mean(values)), "standard_error": float(sem(values))}
            for name, values in scores.items()
        }
        usual = scores.pop(SOURCE_ONLY)
        return {
            name: gain_of_folds(np.subtract(values, usual), self.cv, self._level(), self.margin)
            for name, values in scores.items()
        }

    def _by_weights(self, models, X, y, domains):
        """Gains over the source alone by the weighted losses of held-out source rows, through the source's own map."""
        self.criterion_, loss = "weighted source labels", choose_loss(self.loss, self.estimator)
        rows = np.flatnonzero(domains.source & domains.labeled)
        weights = DiscriminatorWeighter().fit(X, y, sample_domain=domains.target).weights_[rows]
        losses = {name: np.zeros(n_rows(X)) for name in models}
        for test, fits in self._folds(models, X, y, domains, 1):
            test = np.intersect1d(test, rows)
            truth = labels_at(y, domains, test)
            for name, fitted in fits:
                answer = respond(fitted, draw_rows(X, test), domains.names[test], loss.method)
                losses[name][test] = loss.of_rows(truth, answer, getattr(fitted, "classes_", None))
        for name, values in losses.items():
            mean, error, _ = weighted_mean(values[rows], weights)
            self.evidence_[name] = {"score": float(loss.score(mean)), "standard_error": float(error)}
        usual = losses.pop(SOURCE_ONLY)
        return {
            name: gain_of_weighted_rows((usual - values)[rows], weights, self._level(), self.margin)
            for name, values in losses.items()
        }

    def _folds(self, models, X, y, domains, n_repeats):
        """Yield the held-out rows of each fold, and (name, fitted model) of the models fitted on the others."""
        for repeat in range(n_repeats):
            splitter = SourceTargetKFold(self.cv, random_state=self.random_state + repeat)
            for train, test in splitter.split(X, y, domains.names):
                seen = draw_rows(X, train), draw_rows(y, train), domains.names[train]
                yield test, [(name, fit_candidate(name, model, *seen)) for name, model in models.items()]

    def _router(self):
        return super()._router().add_self_request(self)
