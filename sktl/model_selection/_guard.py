"""Transfer only where the evidence says that it helps."""

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
    none), and none without labels under covariate shift; of 100 helpful ones 25, 29 and 40 (16, 19 and 21), and 86
    without labels. On 30 real pairs, three methods and four draws of the labels it lost more than a point to the source
    alone on 4 % of the runs, with 20 labels and with 50 (always to transfer: 27 and 21 %), and kept 64 and 85 % of the
    oracle's gain (always to transfer: 48 and 65 %); with alpha = 0.2 it kept 72 and 88 %, and lost on 7 and 6 %
    (``benchmarks/guard.py``). Most of that comes from using the target's labels at all: with no transfer offered, 44
    and 80 %. *When it hurts*: true but small gains are given up where labels are few; a larger ``alpha`` gives up
    fewer. Where circular validation is wrong (class shares that differ, a p(y|x) that does) and the labels are few, the
    level is not exact: ``with_labels="labels"`` keeps it. Without target labels no test can see that p(y|x) differs:
    weighted losses keep their level under covariate shift alone, and took no transfer on the real pairs. Where the
    source does not cover half of the target for certain, nobody can know, and the guard refuses: of models that go
    wrong three to eight deviations away all (without that question 40 to 80 % were accepted,
    ``benchmarks/guard_overlap.py``), and some that would help one or two deviations away. On the real pairs
    ``without_labels="circular", margin=0.1`` kept 45 % and lost on 1 %. A gain by Brier scores may be one of
    calibration: ask for ``loss="zero_one"`` where accuracy alone counts.

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
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row. "auto": "squared_error" for regressors; for classifiers "zero_one", but with target labels
        "brier" (squared error of the class probabilities, which says more a row) where all models have
        ``predict_proba``.
    with_labels : {"circular", "labels"}, default="circular"
        What decides with 10 or more target labels: these and circular validation beside them, or these alone, for whom
        the level matters more than what is given up. Models that can't be fitted without target labels are judged by
        these alone.
    without_labels : {"weighted", "circular"} or callable, default="weighted"
        What decides without. "weighted": losses of source rows, with the weights of
        :class:`sktl.instance.AutoWeighter`, on the columns as they came or, if these are not all numbers, as
        the first steps of the pipeline encode them. "circular": source rows, learned back from the
        predictions of the target (see :class:`CircularValidationScorer`), row by row. Or a scorer that needs no target
        labels, ``scorer(estimator, X, y, sample_domain=...)``, such as those of this module.
    cv : int >= 2, default=5
        Folds.
    n_repeats : int >= 1, default=3
        Repetitions of the folds for a scorer.
    n_jobs : int or None, default=None
        Fits in parallel, by joblib.
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
        What decided: "target labels", "weighted source labels", "circular validation" or "scorer"; or why nothing
        could, and transfer is refused: "too few rows" (of a domain than folds), "no overlap" (the source does not cover
        half of the target for certain, or its weighted rows are worth fewer than 10 of the target's). "one domain":
        there was nothing to decide.
    verdict_ : Verdict
        All that the tests say; ``print`` says it in a sentence.
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
        """Gather the evidence, decide, and fit the model that is to be used.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Labels, missing (NaN, None, ``pd.NA``) where unknown.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target, as when target rows have labels.

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
        if min(domains.source.sum(), domains.target.sum()) < self.cv:
            return self._no_verdict(usual, f"a domain has fewer rows than the {self.cv} folds"), "too few rows"
        if n_labels >= MIN_LABELS:
            return WITH_LABELS[self.with_labels](Comparison(models, usual, X, y, domains, self)), "target labels"
        if usual != SOURCE_ONLY:
            few = f"no source row has a label, and only {n_labels} target rows have one"
            return self._no_verdict(usual, few), "too few rows"
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
        level = self.alpha / (1 + len(self.alternatives))
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

    def _router(self):
        return super()._router().add_self_request(self)
