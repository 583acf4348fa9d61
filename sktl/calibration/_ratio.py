"""How often the target has a row, or a class, beside the source: what calibration rows and new rows weigh."""

from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_array

from sktl._core.overlap import Overlap
from sktl.base import BaseRatioWeighter, consumes_domains, overlap_of
from sktl.domains import hidden_labels, n_rows, plain_rows
from sktl.instance import BBSE, MLLS, RLLS, DiscriminatorWeighter

SHIFTS = ("covariate", "label", None)
BY_CLASS = (BBSE, MLLS, RLLS)
WHOLE = Overlap(1.0, 0.0)


@dataclass(frozen=True)
class Ratio:
    """Density ratio p_t / p_s of rows ("covariate"), of classes ("label"), or 1 everywhere (None).

    Attributes
    ----------
    shift : {"covariate", "label", None}
        Which.
    weighter : weighter object or None
        Fitted; None where there is one domain.
    steps : list of transformers
        What makes numbers of the rows for the weighter.
    overlap : Overlap
        How much of the target the source covers.
    beyond : float
        Ratio above which a row is taken to lie where the source has none: as many rows of the target as the source
        lacks for certain.
    """

    shift: str | None = None
    weighter: object = None
    steps: list = field(default_factory=list)
    overlap: Overlap = WHOLE
    beyond: float = np.inf

    def of_rows(self, X) -> np.ndarray:
        """The ratio at rows, as they came; 1 where it hangs on the class."""
        if self.shift != "covariate" or self.weighter is None:
            return np.ones(n_rows(X))
        return self.weighter.predict_weights(numbers_of(self.steps, X))

    def of_new_rows(self, X) -> np.ndarray:
        """The same, infinite at rows beyond the source: nothing is known of them."""
        ratio = self.of_rows(X)
        return np.where(ratio > self.beyond, np.inf, ratio)

    def of_classes(self, classes, lacking: float = 0.0) -> np.ndarray:
        """The ratio of each class, (n_classes,); 1 where it hangs on the row, ``lacking`` where the source has none."""
        if self.shift != "label" or self.weighter is None:
            return np.ones(len(classes))
        weighter = self.weighter
        known = dict(zip(weighter.classes_.tolist(), weighter.class_weights_.tolist(), strict=True))
        return np.array([known.get(label, lacking) for label in classes.tolist()])


def numbers_of(steps, X, way_out="pass shift=None"):
    """Rows as the fitted steps map them, an array or CSR matrix of finite numbers; or an error that says how."""
    for step in steps:
        X = step.transform(X)
    try:
        return plain_rows(check_array(plain_rows(X), accept_sparse="csr", dtype=(np.float64, np.float32)))
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(
            f"The weights of the rows need columns of finite numbers ({reason}). Put what imputes and encodes them in "
            f"front of the estimator, as in make_pipeline(preprocessing, ...), or {way_out}."
        ) from error


def check_weighter(shift, weighter):
    """Raise unless the weighter is of the kind that the shift needs."""
    if weighter is None or shift is None:
        return
    if shift == "covariate" and not isinstance(weighter, BaseRatioWeighter):
        raise TypeError(
            "weighter must weigh new rows too (predict_weights), for shift='covariate'; got "
            f"{weighter!r}. Use DiscriminatorWeighter(), KLIEP(), ..., or shift='label' for weights of classes."
        )
    if shift == "label" and not isinstance(weighter, BY_CLASS):
        raise TypeError(f"weighter must be BBSE(), RLLS() or MLLS() for shift='label'; got {weighter!r}.")


def fit_ratio(shift, weighter, model, table, steps):
    """The ratio that a shift asks for, fitted on the rows of all domains; it sees no label of a target row."""
    domains = table.domains
    if shift is None or domains.single:
        return Ratio(shift)
    y = hidden_labels(table.y, domains.target)
    if shift == "label":
        weighter = MLLS() if weighter is None else clone(weighter)
        if weighter.estimator is None and _can_tell_classes(model, steps):
            weighter.set_params(estimator=model)
        return Ratio(shift, weighter.fit(table.numbers, y, domains.target), steps)
    weighter = DiscriminatorWeighter() if weighter is None else clone(weighter)
    weighter.fit(table.numbers, y, domains.target)
    overlap, beyond = overlap_of(weighter), np.inf
    if overlap.missing > 0 and not (domains.target & domains.labeled).any():
        of_target = weighter.predict_weights(table.numbers[domains.target])
        beyond = float(np.quantile(of_target, 1 - overlap.missing, method="lower"))
    return Ratio(shift, weighter, steps, overlap, beyond)


def _can_tell_classes(model, steps):
    """Whether a model can serve a weighter of classes: it gives probabilities, of these rows, and does not adapt."""
    return not steps and hasattr(model, "predict_proba") and not consumes_domains(model, "fit")
