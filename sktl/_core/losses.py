"""Losses of generalised linear models, with their derivatives by the linear predictor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, logsumexp, softmax

LARGEST_EXPONENT = 500.0  # of a mean exp(eta): a step too long is then refused by its loss, not by an overflow


@dataclass(frozen=True)
class Loss:
    """A convex loss of the linear predictor, with its derivatives by it, each a function of (y, eta) and elementwise.

    ``mean`` is the inverse link; ``is_in_range`` says which y the loss is defined for.
    """

    name: str
    value: Callable
    gradient: Callable
    hessian: Callable
    mean: Callable
    is_in_range: Callable


def _exp(eta):
    return np.exp(np.minimum(eta, LARGEST_EXPONENT))


def _power(eta, exponent):
    """exp(eta)^exponent without overflow."""
    return np.exp(np.clip(exponent * eta, -LARGEST_EXPONENT, LARGEST_EXPONENT))


def _tweedie_value(y, eta, power):
    return _power(eta, 2 - power) / (2 - power) - y * _power(eta, 1 - power) / (1 - power)


def tweedie_loss(power: float) -> Loss:
    """Half the unit deviance of a Tweedie distribution with log link, up to a term of y; 1 is Poisson's, 2 Gamma's."""

    def hessian(y, eta):
        if power == 1:
            return _exp(eta)
        if power > 2:  # not convex: the expected second derivative stands in, which is positive
            return _power(eta, 2 - power)
        return (2 - power) * _power(eta, 2 - power) - (1 - power) * y * _power(eta, 1 - power)

    limits = {1: lambda y, eta: _exp(eta) - y * eta, 2: lambda y, eta: y * _power(eta, -1) + eta}
    return Loss(
        name={1: "poisson", 2: "gamma"}.get(power, f"tweedie({power})"),
        value=limits.get(power, partial(_tweedie_value, power=power)),
        gradient=(lambda y, eta: _exp(eta) - y)  # one exponential instead of three
        if power == 1
        else lambda y, eta: _power(eta, 2 - power) - y * _power(eta, 1 - power),
        hessian=hessian,
        mean=_exp,
        is_in_range=(lambda y: y >= 0) if power < 2 else (lambda y: y > 0),
    )


def _all_real(y):
    return np.isfinite(y)


SQUARED = Loss(
    "squared_error",
    value=lambda y, eta: (y - eta) ** 2 / 2,
    gradient=lambda y, eta: eta - y,
    hessian=lambda y, eta: np.ones_like(eta),
    mean=lambda eta: eta,
    is_in_range=_all_real,
)
#: y is 0 or 1 (or a share between them).
LOGISTIC = Loss(
    "log_loss",
    # as logaddexp(0, eta), in a third of the time
    value=lambda y, eta: np.log1p(np.exp(-np.abs(eta))) + np.maximum(eta, 0) - y * eta,
    gradient=lambda y, eta: expit(eta) - y,
    hessian=lambda y, eta: expit(eta) * expit(-eta),
    mean=expit,
    is_in_range=lambda y: (y >= 0) & (y <= 1),
)
SQUARED_HINGE = Loss(
    "squared_hinge",  # y is 0 or 1; only rows within the margin have a curvature
    value=lambda y, eta: np.maximum(1 - (2 * y - 1) * eta, 0) ** 2,
    gradient=lambda y, eta: -2 * (2 * y - 1) * np.maximum(1 - (2 * y - 1) * eta, 0),
    hessian=lambda y, eta: 2.0 * ((2 * y - 1) * eta < 1),
    mean=lambda eta: eta,
    is_in_range=lambda y: (y == 0) | (y == 1),
)
POISSON = tweedie_loss(1)
GAMMA = tweedie_loss(2)


def multinomial_value(codes, eta):
    """Log-loss of rows of class ``codes`` (n,) under logits (n, K)."""
    return logsumexp(eta, axis=1) - eta[np.arange(len(eta)), codes]


def multinomial_gradient(codes, eta):
    """Derivatives of the log-loss by the logits, (n, K)."""
    gradient = softmax(eta, axis=1)
    gradient[np.arange(len(eta)), codes] -= 1
    return gradient
