"""Sparse linear models of a target that borrow from other domains' rows, from those that help (Trans-GLM)."""

from numbers import Integral

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if

from sktl._checks import FOLDS, N_JOBS, SEED, InstanceOf, Interval, check_parameters
from sktl._core.folds import deal_rows
from sktl._core.held_out_lasso import Part
from sktl._core.lasso import Rows
from sktl._core.losses import LOGISTIC, POISSON, SQUARED
from sktl._core.transfer_lasso import Detection, Problem, detect, two_steps
from sktl.base import BaseTransferClassifier, BaseTransferRegressor, validate_rows
from sktl.domains import known_labels, labeled_rows, n_rows, plain_rows, read_domains, take_rows
from sktl.exceptions import NoTargetLabelsError
from sktl.parameter._linear import check_weights, decision, flat_labels, numbers, probabilities

__all__ = ["TransGLM"]

LOSSES = {"gaussian": SQUARED, "binomial": LOGISTIC, "poisson": POISSON}
FEW = 4  # labelled target rows below which nothing can be held out: all sources, and no second step
WIDE, LONG = 0.05, 1e-3  # last penalty as a share of the first, with more columns than rows, and with fewer


def _is_binomial(self):
    return self.family == "binomial"


class TransGLM(BaseTransferRegressor):
    r"""Sparse linear, logistic or Poisson regression that borrows rows from the source domains that help.

    It fits two lassos, one after the other. With the target's rows and those of the sources :math:`A`, weights
    :math:`s_i`, the loss :math:`\ell` of the family, and an intercept :math:`b_g` for each domain,

    .. math::

        \hat w = \arg\min_{w, b} \frac{\sum_{i \in 0 \cup A} s_i \,\ell(y_i, x_i^\top w + b_{g(i)})}{\sum_i s_i}
        + \lambda_1 \|w\|_1, \qquad
        \hat\delta = \arg\min_{\delta, b} \frac{\sum_{i \in 0} s_i \,\ell(y_i, x_i^\top (\hat w + \delta) + b)}
        {\sum_i s_i} + \lambda_2 \|\delta\|_1,

    and the coefficients are :math:`\hat w + \hat\delta`: the shared part is learned from the rows of all these domains,
    and the target's difference from it, sparse or small, from the target's rows. A source is *detected* as helpful, and
    joins :math:`A`, if a fit with its rows predicts held-out target rows better than the target's own lasso. With
    ``family="binomial"`` it is a classifier of two classes. Columns are scaled to unit variance within the domains, so
    that their units do not matter.

    *When it helps*: there are more columns than labelled target rows, and the coefficients are sparse and similar in
    some of the sources, while others may mislead. *When it hurts*: coefficients are dense (see :class:`TransferRidge`),
    or there are fewer than about 20 labelled target rows, too few to tell good sources from bad. With no good source it
    is the target's own lasso.

    Parameters
    ----------
    family : {"gaussian", "binomial", "poisson"}, default="gaussian"
        Loss: half the squared error; log-loss of two classes; half the Poisson deviance with a logarithmic link.
    sources : {"auto", "all"} or list, default="auto"
        Source domains that the first step uses: the detected ones, all, or a list of names.
    n_folds : int, default=5
        Folds of the target's rows, at least 2.
    n_penalties : int, default=30
        Number of penalties of each path, at least 2.
    n_jobs : int, default=None
        Number of sources judged in parallel, through joblib; -1 uses all processors.
    random_state : int, default=0
        Seeds the folds. Equal rows are always in one fold.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,), or (1, n_features) for the binomial family
        Coefficients of the target.
    intercept_ : float, or ndarray of shape (1,) for the binomial family
        Intercept of the target.
    shared_coef_ : ndarray of shape (n_features,)
        Coefficients of the first step.
    own_coef_ : ndarray of shape (n_features,)
        The target's difference from ``shared_coef_``.
    classes_ : ndarray of shape (2,)
        Classes (binomial family).
    detected_sources_ : list
        Names of the sources that the first step uses.
    source_names_ : list
        Names of all sources with labelled rows.
    source_gains_ : ndarray of shape (n_sources,)
        By how much each source alone lowers the mean loss of held-out target rows; NaN if no detection was run.
    source_gain_errors_ : ndarray of shape (n_sources,)
        Standard errors of the gains.
    penalties_ : ndarray of shape (2,)
        Penalties :math:`\lambda_1` and :math:`\lambda_2` for scaled columns; NaN for a step that was not run.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they had names.

    See Also
    --------
    TransferRidge : For dense coefficients; starts from a source model instead of its rows.
    TransferLogisticRegression : The same for classes.
    sktl.model_selection.SourceSelector : Which sources to take, for any model.

    Notes
    -----
    *Detection.* Held-out target rows judge each source by itself, and the source with the largest gain is taken if its
    gain is more than one standard error. From then on held-out rows of the sources taken judge as well, and each
    further source joins unless its loss is worse by more than one standard error. The papers compare each source's loss
    with a threshold of C_0 = 2 standard deviations of three folds of the target; comparing row by row, on more rows, is
    more sensitive.

    *Penalties.* The first has the smallest held-out loss over all rows of target and sources. The second is the largest
    within one standard error of the smallest loss. Each domain has its own intercept, so that a source whose level or
    class shares differ still helps.

    *In a search* over its parameters split the target's rows alone: ``GridSearchCV(TransGLM(), grid,
    cv=TargetKFold()).fit(X, y, groups=sample_domain, sample_domain=sample_domain)``.

    *Few labels.* With fewer than four labelled target rows nothing is held out: all sources are taken, and there is no
    second step. A single domain gets a cross-validated lasso.

    *Cost.* About (n_sources + 3) (n_folds + 1) lasso paths, of which those of a set of rows go down side by side and
    end where smaller penalties only do worse. With the gaussian family and many rows, sums over the rows, O(n p^2)
    once, serve all paths. Else proximal Newton steps on the columns whose coefficients may be nonzero, O(n p) a
    penalty for the others.

    References
    ----------
    .. [1] S. Li, T. T. Cai, H. Li (2022). Transfer learning for high-dimensional linear regression: prediction,
       estimation and minimax optimality. JRSS-B.
    .. [2] Y. Tian, Y. Feng (2023). Transfer learning under high-dimensional generalized linear models. JASA.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.parameter import TransGLM
    >>> rng = np.random.default_rng(0)
    >>> true = np.r_[np.full(5, 1.0), np.zeros(95)]
    >>> slopes = {"target": true, "near": true + 0.02 * rng.normal(size=100), "far": -np.roll(true, 30)}
    >>> domain = np.repeat(["target", "near", "far"], [40, 150, 150])
    >>> X = rng.normal(size=(340, 100))
    >>> y = np.array([x @ slopes[name] for x, name in zip(X, domain)]) + rng.normal(size=340)
    >>> model = TransGLM().fit(X, y, sample_domain=domain)
    >>> model.detected_sources_
    ['near']
    >>> alone = TransGLM(sources=[]).fit(X, y, sample_domain=domain)
    >>> for name, fitted in {"transfer": model, "target alone": alone}.items():
    ...     print(f"{name}: {np.linalg.norm(fitted.coef_ - true):.2f}")
    transfer: 0.35
    target alone: 1.25
    """

    _needs_target_labels = True
    __metadata_request__fit = {"sample_domain": True}
    _constraints = {
        "family": tuple(LOSSES),
        "sources": ("auto", "all", InstanceOf(list, tuple, np.ndarray, noun="a list of names")),
        "n_folds": FOLDS,
        "n_penalties": (Interval(Integral, 2),),
        "n_jobs": N_JOBS,
        "random_state": SEED,
    }

    def __init__(self, family="gaussian", *, sources="auto", n_folds=5, n_penalties=30, n_jobs=None, random_state=0):
        self.family = family
        self.sources = sources
        self.n_folds = n_folds
        self.n_penalties = n_penalties
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, sample_domain=None, sample_weight=None):
        """Detect the sources that help, and fit both steps.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,)
            Numbers, counts, or two classes; rows where they are missing are left out.
        sample_domain : array-like of shape (n_samples,), default=None
            Booleans (True = target), integers (negative = target) or names ("target"); each other name is a source.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter or a domain is not as described, no target row has a label, or labels do not suit the family.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain (no label is missing and no ``sample_domain`` is given): the result is the
            cross-validated lasso of all rows.
        """
        check_parameters(self)
        X = validate_rows(self, X, dtype=np.float64)
        weights = check_weights(sample_weight, n_rows(X))
        if y is None:
            raise ValueError("TransGLM requires y to be passed, but the target y is None.")
        y = flat_labels(y)
        domains = read_domains(X, y, sample_domain)
        rows = domains.labeled if weights is None else domains.labeled & (weights > 0)
        if domains.labeled.any() and not rows.any():
            raise ValueError(
                f"The sample_weight of all {rows.size} rows is zero; at least one labelled row needs a weight above 0."
            )
        self._check_labels(rows, domains)
        labels = self._numbers(y, domains)
        labels, names = labels[rows[domains.labeled]], domains.names[rows]
        target = np.ones(len(labels), dtype=bool) if domains.single else domains.target[rows]
        own = np.ones(len(labels)) if weights is None else weights[rows]
        self._solve(X[rows], labels, own, target, names)
        return self

    def _numbers(self, y, domains):
        """Labels of the labelled rows as numbers: 0 and 1 for two classes."""
        if not _is_binomial(self):
            vars(self).pop("classes_", None)
            labels = numbers(y, domains.labeled)
            if self.family == "poisson" and (labels < 0).any():
                raise ValueError(f"Labels of the poisson family must not be negative; got {labels.min()}.")
            return labels
        _, codes = BaseTransferClassifier._encode(self, y, domains.labeled)
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported by the binomial family. It needs two classes; got "
                f"{len(self.classes_)}: {self.classes_[:5].tolist()}. Wrap it in OneVsRestClassifier."
            )
        return codes.astype(np.float64)

    def _check_labels(self, rows, domains):
        """Raise where no target row, or no source row, is left to learn from."""
        if not (rows & (domains.target | domains.single)).any():
            raise NoTargetLabelsError(
                f"TransGLM needs labelled target rows; the {np.count_nonzero(domains.target)} target rows have no "
                "label. Label a few of them and pass sample_domain to say which rows are the target's."
            )
        if not (rows & domains.source).any():
            raise ValueError(
                f"TransGLM needs labelled source rows; the {np.count_nonzero(domains.source)} source rows have no "
                "label. Label some, or fit a lasso on the labelled target rows alone."
            )

    def _solve(self, X, labels, weights, target, names):
        """Scale, deal folds, detect, fit both steps, and put the coefficients back to the columns' units."""
        self.source_names_ = sorted(set(names[~target].tolist()), key=repr)  # names may be of several types
        members = [target, *((names == name) & ~target for name in self.source_names_)]
        centres = [weights[mask] @ X[mask] / weights[mask].sum() for mask in members]
        scale = within_deviations(X, weights, members, centres)
        problem = self._problem(X, labels, weights, members, centres, scale)
        steps = self._run(problem)
        self.shared_coef_, self.own_coef_ = steps.shared / scale, steps.own / scale
        self.coef_ = self.shared_coef_ + self.own_coef_
        self.intercept_ = steps.intercept - float(self.coef_ @ centres[0])
        if _is_binomial(self):
            self.coef_, self.intercept_ = self.coef_[None], np.array([self.intercept_])
        self.penalties_ = np.array(steps.penalties)

    def _problem(self, X, labels, weights, members, centres, scale):
        """The scaled rows of each domain about its centre (its intercept is its own anyway), with folds."""
        loss, rng = LOSSES[self.family], check_random_state(self.random_state)
        state = rng.get_state()  # the same for each domain: the order of their names says nothing
        smallest = WIDE if X.shape[1] > weights.sum() else LONG
        weights = weights / weights.min()  # sums over rows are merged as of whole rows at least
        parts = []
        for mask, centre in zip(members, centres, strict=True):
            own, y, zeros = X[mask], labels[mask], np.zeros(np.count_nonzero(mask))
            rng.set_state(state)
            stratum = y > 0 if _is_binomial(self) else np.zeros(len(y), dtype=bool)
            folds = deal_rows(own, stratum, self.n_folds, rng)
            # lassos go by column
            rows = Rows(np.asfortranarray((own - centre) / scale), y, zeros, weights[mask], zeros.astype(int))
            parts.append(Part(rows, folds if folds.max() == self.n_folds - 1 or not parts else None))
        target = parts[0]
        if target.n_folds < 2 or (len(target.rows.y) < FEW and len(parts) > 1):
            target = Part(target.rows, None)
        return Problem(loss, target, parts[1:], self.n_penalties, smallest)

    def _run(self, problem):
        """Detect the sources and fit both steps."""
        n_sources, nothing = len(problem.sources), np.full(len(problem.sources), np.nan)
        can_judge = problem.target.folds is not None
        alone, found = None, Detection(np.ones(n_sources, dtype=bool), nothing, nothing)
        if isinstance(self.sources, str):
            if self.sources == "auto" and can_judge and n_sources:
                alone = problem.judge([])
                found = detect(problem, alone, self.n_jobs)
        else:
            unknown = [name for name in self.sources if name not in self.source_names_]
            if unknown:
                raise ValueError(f"sources lists {unknown}; the sources with labels are {self.source_names_}.")
            found = Detection(
                np.isin(np.arange(n_sources), [self.source_names_.index(s) for s in self.sources]), nothing, nothing
            )
        chosen = [int(k) for k in np.flatnonzero(found.chosen)]
        self.detected_sources_ = [self.source_names_[k] for k in chosen]
        self.source_gains_, self.source_gain_errors_ = found.gains, found.errors
        return two_steps(problem, chosen, None if chosen else alone)

    def predict(self, X):
        """Predictions of target rows: means, or the likelier class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        eta = decision(self, X)
        if _is_binomial(self):
            return self.classes_[(eta > 0).astype(int)]
        return np.exp(eta) if self.family == "poisson" else eta

    @available_if(_is_binomial)
    def decision_function(self, X):
        """Log-odds of the second class (binomial family).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return decision(self, X)

    @available_if(_is_binomial)
    def predict_proba(self, X):
        """Class probabilities (binomial family).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            New rows.

        Returns
        -------
        ndarray of shape (n_samples, 2)
        """
        return probabilities(decision(self, X))

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination R^2, or accuracy for the binomial family, on the rows whose label is known.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, taken as target rows.
        y : array-like of shape (n_samples,)
            Labels; rows where they are missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
        """
        if not _is_binomial(self):
            return super().score(X, y, sample_weight)
        X = plain_rows(X)
        rows = labeled_rows(X, y)
        if not rows.any():
            raise ValueError(
                f"The labels of all {len(rows)} rows are missing: a score needs at least one labelled row."
            )
        weights = None if sample_weight is None else take_rows(sample_weight, rows)
        return float(accuracy_score(known_labels(y, rows), self.predict(take_rows(X, rows)), sample_weight=weights))

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.target_tags.positive_only = self.family == "poisson"
        if _is_binomial(self):
            tags.estimator_type, tags.regressor_tags = "classifier", None
            tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags


def within_deviations(X, weights, members, centres):
    """Standard deviations of the columns within the domains, (p,); 1 for a constant column."""
    # centred first: squares less squared means lose the digits of an offset
    squares = sum(weights[mask] @ (X[mask] - centre) ** 2 for mask, centre in zip(members, centres, strict=True))
    deviations = np.sqrt(squares / weights.sum())
    size = np.sqrt(weights @ X**2 / weights.sum())
    # a deviation of rounding's size beside the values is that of a constant column
    return np.where(deviations > 1e-10 * size, deviations, 1.0)
