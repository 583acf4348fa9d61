"""Contract of what starts from a source model: kept as it is if fitted, else fitted on the source rows first."""

import warnings

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sktl._checks import BOOLEAN, HasMethods, InstanceOf
from sktl.base._wrappers import weight_parameter
from sktl.domains import (
    ONE_DOMAIN_IS_MEANT,
    known_labels,
    one_domain_is_meant,
    read_domains,
    read_target_domain,
    take_rows,
    user_level,
)
from sktl.exceptions import NoTargetLabelsError, SingleDomainWarning

# --- telling fitted from unfitted ---


def is_fitted(model):
    """Whether a model can predict as it is: it is fitted, or there is nothing to fit it by."""
    if not hasattr(model, "fit"):
        return True
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    return True


def named_sources(source):
    """The (name, model) pairs of ``source``, a model or a list of such pairs."""
    return [tuple(pair) for pair in source] if isinstance(source, (list, tuple)) else [("source", source)]


def all_fitted(source):
    """Whether ``source`` is fitted; an error if some models of a list are and others are not."""
    if source is None:
        return False
    fitted = {name: is_fitted(model) for name, model in named_sources(source)}
    if len(set(fitted.values())) > 1:
        raise ValueError(
            "The models of source must be all fitted or all unfitted; fitted: "
            f"{[name for name, is_it in fitted.items() if is_it]}, not fitted: "
            f"{[name for name, is_it in fitted.items() if not is_it]}."
        )
    return all(fitted.values())


def check_named(source):
    """Raise unless a list of sources holds (name, model) pairs of distinct names."""
    if not isinstance(source, (list, tuple)):
        return
    for pair in source:
        if not (isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str)):
            raise TypeError(f"source must be a model or a list of (name, model) pairs; got the entry {pair!r}.")
        if isinstance(pair[1], type) or not hasattr(pair[1], "predict"):
            raise TypeError(f"The source {pair[0]!r} must be a model with predict; got {pair[1]!r}.")
    names = [name for name, _ in source]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"source must hold at least one model, each under its own name; got the names {names}.")


# --- what a fitted source must fit ---


def check_columns(name, model, n_features, feature_names=None):
    """Raise where a fitted source knows other columns than the target rows have."""
    wanted = getattr(model, "n_features_in_", n_features)
    if wanted != n_features:
        raise ValueError(
            f"The source {name!r} was fitted on {wanted} columns; X has {n_features}. Pass the target rows with the "
            "columns that the source knows, in their order."
        )
    names = getattr(model, "feature_names_in_", None)
    if names is None or feature_names is None or list(names) == list(feature_names):
        return
    absent = [column for column in names if column not in set(feature_names)]
    how = f"X lacks {absent[:5]}" if absent else "the order differs: pass X[source.feature_names_in_]"
    raise ValueError(
        f"The source {name!r} was fitted on the columns {list(names)[:5]}{', ...' if len(names) > 5 else ''}; {how}."
    )


def check_kind(name, model, wanted):
    """Raise where a source is a classifier and a regressor is wanted, or the other way round."""
    kind = get_tags(model).estimator_type if hasattr(model, "__sklearn_tags__") else None
    if kind in ("classifier", "regressor") and wanted in ("classifier", "regressor") and kind != wanted:
        raise ValueError(f"The source {name!r} must be a {wanted}, as what starts from it; got the {kind} {model!r}.")


def fit_source(model, X, y, sample_weight=None):
    """A clone fitted on source rows; of rows of one class, a model that always says that class."""
    if get_tags(model).estimator_type == "classifier" and len(np.unique(y)) == 1:
        from sklearn.dummy import DummyClassifier  # here, to keep `import sktl` quick

        return DummyClassifier().fit(X, y)
    if sample_weight is None:
        return clone(model).fit(X, y)
    with config_context(enable_metadata_routing=False):  # the weights are for the source's last step, asked or not
        return clone(model).fit(X, y, **{weight_parameter(model): sample_weight})


class BaseParameterTransfer:
    """Contract of what starts from a source model, a mixin: the parameters ``source`` and ``per_source``.

    ``source`` is a fitted model, an unfitted one, a list of (name, model) pairs of either kind, or None for
    ``_default_source(X)``, unfitted. A fitted one is never changed and is kept through ``clone``; ``fit`` then takes
    every row for a target row (rows that ``sample_domain`` gives another domain are left out). An unfitted one is
    cloned and fitted on the labelled source rows first: all in one pool, or, with ``per_source``, one per source
    domain.
    """

    _needs_target_labels = True
    _constraints = {
        "source": (
            None,
            HasMethods("predict", noun="a model"),
            InstanceOf(list, tuple, noun="a list of (name, model) pairs"),
        ),
        "per_source": BOOLEAN,
    }

    def _default_source(self, X):
        """Return the unfitted model that ``source=None`` stands for."""
        raise NotImplementedError

    @property
    def _fits_its_source(self):
        """Whether the source is not fitted yet, so that ``fit`` does it on the source rows."""
        return not all_fitted(self.source)

    def _split(self, X, y, sample_domain):
        """The *split* act of ``fit``: the :class:`~sktl.domains.Domains` of the rows, by what ``source`` is."""
        check_named(self.source)
        for name, model in [] if self.source is None else named_sources(self.source):
            check_kind(name, model, get_tags(self).estimator_type)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        if all_fitted(self.source):
            return read_target_domain(X, y, sample_domain)
        meant = ONE_DOMAIN_IS_MEANT.get()
        with one_domain_is_meant():  # the general warning does not know that a fitted source is the usual way out
            domains = read_domains(X, y, sample_domain)
        if domains.single and not meant:
            warnings.warn(
                f"{'No source was passed' if self.source is None else 'The source is not fitted'}, no label is missing "
                "and there is no sample_domain: all rows are one domain, and nothing is adapted. Pass a fitted source "
                "(in a grid search FrozenEstimator(model), since a search clones it), or mark the target rows by "
                "sample_domain.",
                SingleDomainWarning,
                stacklevel=user_level(),
            )
        return domains

    def _fitted_sources(self, X, y, domains, sample_weight=None):
        """Pairs (name, fitted model): ``source`` itself, or its clones fitted on the labelled source rows."""
        if all_fitted(self.source):
            for name, model in named_sources(self.source):
                check_columns(name, model, self.n_features_in_, getattr(self, "feature_names_in_", None))
            return named_sources(self.source)
        unfitted = named_sources(self._default_source(X) if self.source is None else self.source)
        rows = domains.source & domains.labeled
        if not rows.any():
            raise ValueError(
                f"{type(self).__name__} needs labelled source rows, since its source is not fitted; the "
                f"{np.count_nonzero(domains.source)} source rows have no label. Label some, or pass a fitted source."
            )
        if not self.per_source:
            return [(name, self._fit_on(model, X, y, rows, sample_weight)) for name, model in unfitted]
        pools = {name: rows & (domains.names == name) for name in domains.sources}
        return [
            (f"{domain}" if len(unfitted) == 1 else f"{domain}, {name}", self._fit_on(model, X, y, pool, sample_weight))
            for domain, pool in pools.items()
            if pool.any()
            for name, model in unfitted
        ]

    def _fit_on(self, model, X, y, rows, sample_weight):
        """A clone of an unfitted source fitted on the labelled ``rows``."""
        labels = known_labels(y, rows, discrete=get_tags(self).estimator_type == "classifier")
        return fit_source(model, take_rows(X, rows), labels, None if sample_weight is None else sample_weight[rows])

    def _labeled_target(self, domains):
        """Mask of the labelled target rows; none in a single domain, where the source is all there is to know."""
        rows = domains.target & domains.labeled
        if not rows.any() and not domains.single:
            raise NoTargetLabelsError(
                f"{type(self).__name__} needs labelled target rows; the {np.count_nonzero(domains.target)} target rows "
                "have no label. Label a few of them and, if source is not fitted yet, pass sample_domain to mark "
                "the target rows. Without target labels there is nothing to learn: use the source model as it is."
            )
        return rows

    def set_params(self, **params):
        """Set parameters; those inside a fitted source can't be set, since it is never changed.

        Parameters
        ----------
        **params : dict
            Parameters by name; ``source__name`` reaches into an unfitted source.

        Returns
        -------
        self
        """
        inner = [name for name in params if name.startswith("source__")]
        source = params.get("source", self.source)
        if inner and source is not None and all_fitted(source):
            raise ValueError(f"The source is fitted and is never changed: {inner} can't be set. Pass another source=.")
        return super().set_params(**params)

    def __sklearn_clone__(self):
        copy = super().__sklearn_clone__()
        check_named(self.source)
        if self.source is not None and all_fitted(self.source):
            copy.source = self.source  # as FrozenEstimator does: the same object, fitted
        return copy
