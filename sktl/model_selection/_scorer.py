"""What the scorers share: the rows they read, and how a fitted model answers for them."""

from abc import ABCMeta, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRequest

from sktl._checks import check_value, constraints_of
from sktl.base import is_numeric, respond
from sktl.domains import Domains, draw_rows, known_labels, listed, one_column, plain_rows
from sktl.model_selection._folds import read_domains_quietly
from sktl.model_selection._losses import check_outputs

REPRESENTATIONS = ("auto", "input", "transformed")


@dataclass(frozen=True)
class ScoredRows:
    """The rows that a scorer sees, and the fitted model's answers for them, each through its own domain's map.

    Attributes
    ----------
    estimator : estimator object
        Fitted.
    X, y : array-like
        Rows of both domains and their labels.
    domains : Domains
        Their domains.
    sample_domain : array-like
        The same in a form that ``transform`` takes.
    """

    estimator: BaseEstimator
    X: object
    y: object
    domains: Domains
    sample_domain: object

    def answer(self, rows, method="predict"):
        """The model's answer for the rows of a mask; one output is flat, however ``fit`` was given it."""
        index = np.flatnonzero(rows)
        answer = np.asarray(respond(self.estimator, draw_rows(self.X, index), self.sample_domain[index], method))
        return one_column(answer) if method == "predict" else answer

    def probabilities(self, rows):
        """Class probabilities of the rows of a mask, or an error that says who has none."""
        self.check_probabilities()
        return self.answer(rows, "predict_proba")

    def check_probabilities(self):
        """Raise if the model has no class probabilities."""
        if not hasattr(self.estimator, "predict_proba"):
            raise TypeError(
                f"This score needs predict_proba, which {self.last_step!r} does not have. Use a scorer that only "
                "looks at predicted classes (CircularValidationScorer(), ImportanceWeightedScorer(), "
                "MixValScorer()), or a classifier with probabilities; an ordinary classifier gets them by "
                "OnLabeled(CalibratedClassifierCV(...))."
            )

    def representation(self, how):
        """What "auto" stands for: "input" where all rows are finite numbers, else "transformed"."""
        if how != "auto":
            return how
        return "input" if is_numeric(self.X) else "transformed"

    def represent(self, how):
        """All rows as they came, or as the pipeline's steps map them: all that transform, before what predicts."""
        model = getattr(self.estimator, "best_estimator_", self.estimator)
        if self.representation(how) == "input":
            return self.X
        if not hasattr(model, "predict") and hasattr(model, "transform"):
            return respond(model, self.X, self.sample_domain, "transform")
        if not isinstance(model, Pipeline) or len(model) == 1:
            return self.X
        return respond(model[:-1], self.X, self.sample_domain, "transform")

    @property
    def last_step(self):
        """What predicts, for messages: the last step of a pipeline."""
        model = getattr(self.estimator, "best_estimator_", self.estimator)
        return model[-1] if isinstance(model, Pipeline) else model

    @cached_property
    def labeled_source(self):
        """Mask of the source rows whose label is known."""
        return self.domains.source & self.domains.labeled

    def labels(self, rows):
        """Known labels of the rows of a mask; an error if a classifier has seen none of them."""
        labels = known_labels(self.y, rows)
        classes = getattr(self.estimator, "classes_", None)
        if classes is not None and labels.ndim == 1 and not set(labels.tolist()) & set(np.asarray(classes).tolist()):
            raise ValueError(
                f"The model knows none of the labels it is scored on: they are {listed(labels)}, its classes "
                f"{listed(np.asarray(classes))}. Pass y in the form that fit got."
            )
        return labels

    def losses(self, loss):
        """Loss of each labelled source row."""
        rows = self.labeled_source
        answer = self.probabilities(rows) if loss.method == "predict_proba" else self.answer(rows, loss.method)
        return loss.of_rows(self.labels(rows), answer, getattr(self.estimator, "classes_", None))


class DomainScorer(metaclass=ABCMeta):
    """Contract of the scorers: ``scorer(estimator, X, y, sample_domain=None)``, a float, higher is better.

    A child is a frozen dataclass (so the same model gives the same number, always) that implements ``_score``, and says
    by ``_needs`` which rows it looks at, by ``_of_classes`` whether it is defined for classifiers alone, and by
    ``_asks_model`` whether it looks at predictions.
    """

    _needs = ("labelled source", "target")
    _of_classes = False
    _asks_model = True

    def __call__(self, estimator, X, y, sample_domain=None):
        """Score a fitted model.

        Parameters
        ----------
        estimator : estimator object
            Fitted.
        X : array-like of n_samples rows
            Rows of both domains, preferably not those that ``fit`` has seen.
        y : array-like of shape (n_samples,)
            Labels; without ``sample_domain``, those of target rows must be missing. Regressors may have several
            outputs, shape (n_samples, n_outputs).
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, in a form that ``fit`` takes. Without it a target row with a label counts as a source row. A search
            passes it to a scorer only if metadata routing is on.

        Returns
        -------
        float
            Higher is better.
        """
        self._check_params()
        X, y = plain_rows(X), one_column(y)
        domains = read_domains_quietly(X, y, sample_domain)
        if y is None:
            domains = replace(domains, labeled=np.zeros_like(domains.labeled))
        if self._asks_model:
            check_outputs(type(self).__name__, estimator, y)
        rows = ScoredRows(estimator, X, y, domains, domains.target if sample_domain is None else domains.names)
        if self._of_classes and is_regressor(estimator):
            raise TypeError(
                f"{type(self).__name__} looks at predicted classes; got the regressor {rows.last_step!r}. Score "
                "regressors by ImportanceWeightedScorer(), DeepEmbeddedValidationScorer() or "
                "CircularValidationScorer()."
            )
        found = {
            "labelled source": rows.labeled_source.sum(),
            "source": domains.source.sum(),
            "target": domains.target.sum(),
        }
        lacking = [need for need in self._needs if found[need] == 0]
        if lacking:
            one = f"{lacking[0]} row{' (y is None)' if y is None else ''}"
            raise ValueError(
                f"{type(self).__name__} needs {' and '.join(self._needs)} rows; of the {len(domains.target)} rows "
                f"to score none is a {one}. In cross-validation use cv=SourceTargetKFold(), whose folds have rows "
                "of both domains. Rows whose labels are known are source rows unless sample_domain says "
                "otherwise. To score predictions by known labels: best_estimator_.score(X, y), or any metric."
            )
        return float(self._score(rows))

    def _check_params(self):
        """Raise unless the parameters are as the class's table says."""
        for name, rule in constraints_of(type(self)).items():
            check_value(name, getattr(self, name), rule)

    @abstractmethod
    def _score(self, rows):
        """Score of the model on the rows."""

    def get_metadata_routing(self):
        """Routing of metadata: ``sample_domain`` is asked for.

        Returns
        -------
        MetadataRequest
        """
        request = MetadataRequest(owner=type(self).__name__)
        request.score.add_request(param="sample_domain", alias=True)
        return request
