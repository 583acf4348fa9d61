"""The model of few rows that ``HypothesisTransfer*`` builds its modes from: averaged over how much it may move."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.sparse import issparse
from scipy.spatial.distance import cdist

from sktl._core.averaging import Part, average_logistic, average_squared, kernel_of, linear_kernel_of

BLOCK = 8192  # new rows whose kernel with the labelled ones is held at a time
MAX_SMOOTH_ROWS = 500  # labelled rows up to which there is a kernel, of n x n numbers, beside the linear part
NOISE_SHARE = 0.05  # the prior's squared error, in units of the source's variance: about that of a good model
TEMPER = 0.5
#: Beyond this many labelled rows the data decide between neighbours in a grid by themselves, so that it is thinned.
FEW_ROWS = 150
#: Beyond this many effective columns labelled rows are so unlike each other that a function of them must be large to
#: say anything of a new row: its variances go on to a hundredfold, and left-out rows decide. Tables have up to 60,
#: texts 200 and more.
WIDE = 100
FURTHER = np.sqrt(10.0) ** np.arange(1, 5)
HALF_DECADES = np.sqrt(10.0) ** np.arange(-4, 4)  # 0.01 to 31.6, of the linear and smooth parts' variances


@dataclass(frozen=True)
class Plan:
    """What a mode adds to what: ``on_source`` to the source's prediction, else to the mean label.

    ``slope`` is a basis column of the source's prediction; ``linear`` and ``smooth`` functions of the row. The grids
    hold prior variances in units of the noise's (squared loss), of log-odds (log-loss).
    """

    on_source: bool
    slopes: tuple = ()
    linear: bool = False
    smooth: bool = False
    intercepts: tuple = (0.1, 0.3, 1.0, 3.0, 10.0)
    kappas: tuple = tuple(HALF_DECADES)

    def basis_variances(self, few):
        """The grid of the variances of intercept and slope, (g, 1) or (g, 2)."""
        intercepts, slopes = (v if few else v[len(v) // 2 :][:1] for v in (self.intercepts, self.slopes))
        return np.array(list(product(intercepts, slopes) if slopes else product(intercepts)))


FLAT = (0.3, 3.0, 30.0)  # of an intercept beside the source's mean prediction
PLANS = {
    "shift": Plan(True),
    "affine": Plan(True, slopes=(0.03, 0.1, 0.3, 1.0, 3.0)),
    "offset": Plan(True, linear=True, smooth=True),
    "stack": Plan(False, slopes=(1.0, 10.0, 100.0), linear=True, intercepts=FLAT, kappas=tuple(10 * HALF_DECADES)),
    "target": Plan(False, linear=True, smooth=True, intercepts=FLAT, kappas=tuple(10 * HALF_DECADES)),
}
LOGISTIC_PLANS = {
    "shift": Plan(True, intercepts=(0.1, 0.3, 1.0, 3.0)),
    "affine": Plan(True, slopes=(0.03, 0.1, 0.3), intercepts=(0.1, 0.3, 1.0, 3.0)),
    "offset": Plan(True, linear=True, smooth=True, intercepts=(0.3, 3.0), kappas=tuple(HALF_DECADES[:7])),
    "stack": Plan(False, slopes=(0.3, 1.0), linear=True, intercepts=(3.0,), kappas=tuple(HALF_DECADES[:7])),
    "target": Plan(False, linear=True, smooth=True, intercepts=(3.0,), kappas=tuple(3 * HALF_DECADES)),
}


class FewRows:
    """One mode for one output: source's prediction or mean, plus shift, slope, linear and smooth function of a row.

    ``wide`` says that labelled rows are unlike each other (see ``WIDE``); ``shrink`` multiplies the prior variance of a
    shift of the source.
    """

    def __init__(self, plan, squared, wide=False, shrink=1.0):
        self.plan, self.squared, self.wide, self.shrink = plan, squared, wide, shrink

    def fit(self, y, source, Z, weights, centre, scale):
        """Fit to labels y (n,), what the source says (n,) and standardised rows Z (n, d).

        ``centre`` and ``scale`` are mean and deviation of the source over all target rows (0 and 1 for log-odds).
        """
        plan, n = self.plan, len(y)
        self.centre_, self.scale_ = centre, scale
        self.base_ = 0.0 if plan.on_source else centre  # not the mean label: a left-out row has no part in it
        few = n <= FEW_ROWS
        variances = plan.basis_variances(few)
        if plan.on_source:
            variances = variances * np.array([self.shrink, *([1.0] * (variances.shape[1] - 1))])
        kappas = np.array(plan.kappas if few else plan.kappas[::2])
        kernels = self._kernels(Z) if plan.linear else [None]
        if self.wide and plan.linear:
            kappas = np.concatenate([kappas, kappas[-1] * FURTHER])
        parts = [Part(kernel, kappas, variances) for kernel in kernels]
        offset = source if plan.on_source else np.full(n, self.base_)
        basis = self._basis(source)
        if self.squared:
            noise = NOISE_SHARE * scale**2
            fit = average_squared(y, offset, basis, parts, weights=weights, noise=noise, temper=TEMPER)
        else:
            fit = average_logistic(y, offset, basis, parts, weights=weights, temper=TEMPER, by_left_out=self.wide)
        self.basis_coef_, self.left_out_ = fit.basis_coef, fit.left_out
        self.coef_ = Z.T @ fit.duals[0] / max(Z.shape[1], 1) if plan.linear else None
        smooth = len(kernels) > 1
        self.rows_, self.dual_ = (Z, fit.duals[1]) if smooth else (None, None)
        return self

    def _kernels(self, Z):
        """Kernels of the linear and of the smooth part; none where no column varies."""
        if Z.shape[1] == 0:
            return [None]
        # a diagonal of about 1, whatever the number of columns
        kernels = [linear_kernel_of(Z / np.sqrt(max(Z.shape[1], 1)))]
        if self.plan.smooth and Z.shape[0] <= MAX_SMOOTH_ROWS:
            kernels.append(kernel_of(smooth_kernel(Z, Z)))
        return kernels

    def _basis(self, source):
        """Basis columns: one, and the source's standardised prediction."""
        one = np.ones((len(source), 1))
        return np.column_stack([one, (source - self.centre_) / self.scale_]) if self.plan.slopes else one

    def predict(self, source, Z):
        """Predictions (or log-odds) of rows, from what the source says of them."""
        base = source if self.plan.on_source else self.base_
        values = base + self._basis(source) @ self.basis_coef_
        if self.coef_ is not None:
            values = values + Z @ self.coef_
        if self.dual_ is None:
            return values
        blocks = [Z[i : i + BLOCK] for i in range(0, Z.shape[0], BLOCK)]
        return values + np.concatenate([smooth_kernel(block, self.rows_) @ self.dual_ for block in blocks])


def smooth_kernel(Z, rows):
    """Gaussian kernel between standardised rows whose width is the distance of typical rows, sqrt(2 d)."""
    if issparse(Z):
        squares = [np.asarray(A.multiply(A).sum(axis=1)).ravel() for A in (Z, rows)]
        # rounding may put a distance below 0
        distances = np.maximum(squares[0][:, None] + squares[1] - 2 * (Z @ rows.T).toarray(), 0)
    else:
        distances = cdist(Z, rows, "sqeuclidean")
    return np.exp(-distances / (2 * max(Z.shape[1], 1)))
