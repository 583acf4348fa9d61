"""Transfer only if the evidence says that it helps."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import is_classifier

from sktl._checks import FOLDS, N_JOBS, SEED, InstanceOf, Interval, check_parameters, check_value
from sktl._threads import threads_by_size
from sktl.base import BaseOnLabeled, fit_on_domains, on_missing_labels
from sktl.domains import known_labels, one_column, plain_rows, read_domains
from sktl.model_selection._by_domain import LEARNER
from sktl.model_selection._candidates import (
    BASELINES,
    POOLED,
    SOURCE_ONLY,
    TARGET_ONLY,
    TRANSFER,
    default_baseline,
    fit_candidate,
)
from sktl.model_selection._gains import gain_of_rows
from sktl.model_selection._guard_evidence import WITH_LABELS, WITHOUT_LABELS, Comparison, Found, by_scorer
from sktl.model_selection._losses import LOSSES, check_outputs
from sktl.model_selection._verdict import LEVEL, MIN_LABELS, Verdict


class TransferGuard(BaseOnLabeled):
    r"""Use a transfer model only if the evidence says that it beats the models without transfer.

    With labels of at least 10 target rows, the transfer model and plain baselines are compared by cross-validation on
    these rows (losses are paired row by row). *The fallback* is the model of the source's labels, unless that of the
    target's labels, or of both together, beats it by a one-sided test at level ``alpha``: a few labels fit a poor model
    and rarely show that it is poor. *Transfer* is used if its gain over the fallback is above ``margin`` by the same
    test. A few dozen labels only show large gains, so circular validation, which needs no labels, counts as well: the
    two z-values are added, that of circular validation at most 2.5, so that labels that speak against transfer overrule
    it. Without target labels, transfer is compared to the source's model by the losses of held-out source rows,
    weighted to look like the target, or by circular validation, or by a scorer.

    *When it helps*: a wrong choice would do harm. With the defaults and 10, 20 and 50 target labels, 5, 2 and 2 of 100
    simulated harmful transfer models were accepted (by the labels alone none), and 25, 29 and 40 of 100 helpful ones
    (16, 19 and 21); without labels, under covariate shift, 0 and 86. On 30 real pairs, with three methods and four
    draws of 20 and of 50 labels, the guard lost more than a point to the source alone in 4 % of the runs (always
    transferring: 27 and 21 %), and kept 64 and 85 % of the oracle's gain (always transferring: 48 and 65 %); with alpha
    = 0.2 it kept 72 and 88 %, and lost in 7 and 6 % (``benchmarks/guard.py``). Most of that gain comes from using the
    target's labels at all: 44 and 80 % with no transfer model. *When it hurts*: with few labels, true but small gains
    are given up; a larger ``alpha`` gives up fewer. If class shares or p(y|x) differ, circular validation can be wrong,
    and with few labels the level is then not exact: ``with_labels="labels"`` keeps it. Without target labels no test
    can see that p(y|x) differs: weighted losses keep their level under covariate shift only; on the real pairs they
    accepted no transfer, while ``without_labels="circular", margin=0.1`` kept 45 % and lost in 1 %. If it is not
    certain that the source covers half of the target, nothing can be judged and the guard refuses transfer: it refused
    all models that go wrong three to eight standard deviations away (without this rule 40 to 80 % were accepted,
    ``benchmarks/guard_overlap.py``), but also some that would have helped one or two away. A gain in the Brier score
    may be one of calibration only: set ``loss="zero_one"`` if only accuracy counts.

    Parameters
    ----------
    estimator : estimator object
        The transfer model: classifier, regressor or pipeline. It is cloned. If it asks for ``sample_domain``, or ends
        in ``OnLabeled``, it gets all rows; else the labelled ones.
    baseline : estimator object, default=None
        The model to beat; None: ``LogisticRegression`` or ``Ridge`` on standardised columns, after those first steps of
        the estimator's pipeline that encode and impute, where X has text or gaps. It is fitted on the source's labels
        ("source-only") and, with enough target labels, on these ("target-only") and on both ("pooled").
    alternatives : list of (str, estimator) tuples, default=()
        Further transfer models, by name: the one with the smallest p-value is used. All share ``alpha`` (Bonferroni).
    alpha : float in (0, 0.5), default=0.05
        Level of the tests.
    margin : float >= 0, default=0.0
        Gain that transfer must exceed, in units of the score.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row. "auto": "squared_error" for regressors; for classifiers "zero_one", but with target labels
        "brier" (squared error of the class probabilities, which carries more information per row) if all models have
        ``predict_proba``.
    with_labels : {"circular", "labels"}, default="circular"
        What decides with 10 or more target labels: "circular" is the labels together with circular validation; "labels"
        is the labels alone, if an exact level matters more than missed gains. Models that can't be fitted without
        target labels are always judged by the labels alone.
    without_labels : {"weighted", "circular"} or callable, default="weighted"
        What decides with fewer. "weighted": losses of source rows, with the weights of
        :class:`sktl.instance.AutoWeighter`, estimated on the columns of X or, if these are not all numbers, on what the
        first steps of the pipeline make of them. "circular": losses of source rows that are learned back from the
        predicted target labels (see :class:`CircularValidationScorer`). Or a scorer that needs no target labels,
        ``scorer(estimator, X, y, sample_domain=...)``, such as those of this module.
    cv : int >= 2, default=5
        Folds.
    n_repeats : int >= 1, default=3
        Repetitions of the folds for a scorer.
    n_jobs : int or None, default=None
        Number of fits in parallel, by joblib.
    random_state : int, default=0
        Seed of the folds.

    Attributes
    ----------
    estimator_ : estimator object
        The chosen model, fitted on all rows that it can use.
    decision_ : str
        Its name: "transfer", the name of an alternative, "source-only", "target-only" or "pooled".
    fallback_ : str
        The model without transfer that transfer had to beat.
    criterion_ : str
        What decided: "target labels", "weighted source labels", "circular validation" or "scorer"; or why nothing
        could, so that transfer is refused: "too few rows" (a domain has fewer rows than folds), "no overlap" (it is not
        certain that the source covers half of the target, or its weighted rows are worth fewer than 10 target rows).
        "one domain": there was nothing to decide.
    verdict_ : Verdict
        The results of all tests; ``print`` shows them in a sentence.
    evidence_ : dict of str -> dict
        For each candidate its mean ``score`` (the accuracy for the loss "zero_one", minus the mean loss for others, or
        what the scorer says) and the ``standard_error`` of that.
    gain_ : Gain or None
        Gain of transfer (with several models, that of the smallest p-value) over ``fallback_``, with its p-value and a
        confidence interval of level 1 - 2 alpha (alpha divided by the number of models); None if nothing could be
        compared.
    gains_ : dict of str -> Gain
        The same for each transfer model.
    circular_gain_ : Gain or None
        Its gain over the source's model by circular validation, if that counted together with target labels.
    pvalue_ : float or None
        P-value of all evidence together, which was compared to ``alpha``; that of ``gain_``, unless circular validation
        counted as well.
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
    negative_transfer_gap : What transfer costs, as a number.
    CircularValidationScorer : Circular validation as a scorer.

    Notes
    -----
    Cost in fits: with target labels 3 cv + 2, and 12 more for circular validation (three folds of the source, forth and
    back, for two models; no target label is used in them); without target labels 2 cv + 1 and a fit of the weights, 13
    with circular validation, or 2 cv n_repeats + 1 with a scorer. The test on labels (Student's, or McNemar's mid-p if
    losses are 0 and 1) treats rows as independent, though rows of a fold share their models. The sum of z-values is
    Stouffer's; it assumes that circular validation and labels answer the same question. Weighted rows count as the
    number of equally weighted rows that they are worth. Scores of folds are tested with the variance correction of [1].
    Held-out target rows stay in the fit, without their labels.

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

    _constraints = {
        "estimator": LEARNER,
        "baseline": (None, *LEARNER),
        "alternatives": (InstanceOf(list, tuple, noun="a list of (name, estimator) tuples"),),
        "alpha": (LEVEL,),
        "margin": (Interval(low=0),),
        "loss": ("auto", *LOSSES, callable),
        "with_labels": (*WITH_LABELS,),
        "without_labels": (*WITHOUT_LABELS, callable),
        "cv": FOLDS,
        "n_repeats": (Interval(Integral, 1),),
        "n_jobs": N_JOBS,
        "random_state": SEED,
    }
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
        with_labels="circular",
        without_labels="weighted",
        cv=5,
        n_repeats=3,
        n_jobs=None,
        random_state=0,
    ):
        self.estimator = estimator
        self.baseline = baseline
        self.alternatives = alternatives
        self.alpha = alpha
        self.margin = margin
        self.loss = loss
        self.with_labels = with_labels
        self.without_labels = without_labels
        self.cv = cv
        self.n_repeats = n_repeats
        self.n_jobs = n_jobs
        self.random_state = random_state

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Gather the evidence, decide, and fit the chosen model.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: without it, a target row with a label counts as a
            source row.

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
        check_parameters(self)
        self._check_names()
        X, domains = plain_rows(X), read_domains(X, y, sample_domain)
        if domains.single:
            self.estimator_ = fit_on_domains(on_missing_labels(self.estimator), X, y, None)
            return self._store(self._no_verdict(TRANSFER, "there is one domain"), "one domain")
        y = one_column(y)
        self._check_classes(y, domains)
        models = self._candidates(X, domains)
        self._store(*self._decide(models, X, y, domains))
        self.estimator_ = fit_candidate(self.decision_, models[self.decision_], X, y, domains.names)
        return self

    def _decide(self, models, X, y, domains):
        """What the evidence says, and which it was: the first kind that there is enough of."""
        n_labels = int((domains.target & domains.labeled).sum())
        usual = SOURCE_ONLY if SOURCE_ONLY in models else TARGET_ONLY
        # a fold without a row of a domain could not be judged
        if min(domains.source.sum(), domains.target.sum()) < self.cv:
            return self._no_verdict(usual, f"a domain has fewer rows than the {self.cv} folds"), "too few rows"
        if n_labels >= MIN_LABELS:
            return WITH_LABELS[self.with_labels](Comparison(models, usual, X, y, domains, self)), "target labels"
        if usual != SOURCE_ONLY:
            few = f"no source row has a label, and only {n_labels} target rows have one"
            return self._no_verdict(usual, few), "too few rows"
        # too few labels to judge models that are fitted on them
        models = {name: model for name, model in models.items() if name not in (TARGET_ONLY, POOLED)}
        by = self.without_labels
        by = partial(by_scorer, by) if callable(by) else WITHOUT_LABELS[by]
        found = by(Comparison(models, usual, X, y, domains, self))
        return found, found.verdict.evidence

    def _no_verdict(self, usual, reason):
        """What is kept where nothing can be compared."""
        return Found(Verdict(usual, usual, {}, {}, {}, self.alpha, self.margin, unknown=reason), {})

    def _store(self, found, criterion):
        """Keep what the evidence says."""
        verdict = self.verdict_ = found.verdict
        self.criterion_, self.evidence_, self.decision_ = criterion, found.scores, verdict.chosen
        self.fallback_, self.baseline_gains_, self.gains_ = verdict.fallback, verdict.baseline_gains, verdict.gains
        self.gain_, self.pvalue_ = verdict.gains.get(verdict.best), verdict.pvalues.get(verdict.best)
        circular = found.circular.get(verdict.best)
        level = self.alpha / (1 + len(self.alternatives))  # all transfer models share the level (Bonferroni)
        self.circular_gain_ = None if circular is None else gain_of_rows(circular, level, self.margin)
        return self

    def _check_classes(self, y, domains):
        """Raise unless the labels of a classifier are of two classes or more."""
        if not domains.labeled.any():
            raise ValueError(
                f"The labels of all {len(domains.labeled)} rows are missing: TransferGuard needs at least those of the "
                "source rows."
            )
        labels = known_labels(y, domains.labeled)
        check_outputs(type(self).__name__, self.estimator, labels)
        if is_classifier(self.estimator) and len(np.unique(labels)) < 2:
            raise ValueError(
                f"At least two classes are needed; the labelled rows are of one class, {labels.tolist()[0]!r}. "
                "Add rows of another class."
            )

    def _check_names(self):
        """Raise unless the alternatives are estimators with names of their own."""
        for pair in self.alternatives:
            if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
                raise TypeError(f"alternatives must be a list of (name, estimator) tuples; got {pair!r} among them.")
            check_value(f"alternatives, {pair[0]!r},", pair[1], LEARNER)
        names = [TRANSFER, *BASELINES, *(name for name, _ in self.alternatives)]
        if len(set(names)) < len(names):
            raise ValueError(f"alternatives need unique names, other than {names[:4]}; got {names[4:]}.")

    def _candidates(self, X, domains):
        """The models to compare, by name."""
        baseline = default_baseline(self.estimator, X) if self.baseline is None else self.baseline
        models = {TRANSFER: self.estimator} | dict(self.alternatives)
        known = [(rows & domains.labeled).any() for rows in (domains.source, domains.target)]
        for name, there in zip(BASELINES, (*known, all(known)), strict=True):
            if there:
                models[name] = baseline
        return {name: on_missing_labels(model) for name, model in models.items()}

    def _router(self):
        return super()._router().add_self_request(self)
