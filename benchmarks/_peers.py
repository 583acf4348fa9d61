"""Density-ratio estimators of other libraries, for the benchmarks; those that are not installed are left out."""

import warnings
from importlib.util import find_spec

import numpy as np

PEERS = ("skada", "densratio")


def missing_peers():
    """Names of the peers that are not installed."""
    return [name for name in PEERS if find_spec(name) is None]


def skada_weights(adapter, X_source, X_target):
    """Weights of the source rows by an adapter of skada."""
    X = np.concatenate([X_source, X_target])
    domain = np.repeat([1, -2], [len(X_source), len(X_target)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return adapter.fit(X, sample_domain=domain).compute_weights(X, sample_domain=domain)[: len(X_source)]


def densratio_weights(method, X_source, X_target, seed=0, **parameters):
    """Weights of the source rows by densratio, whose centres come from numpy's global generator."""
    import densratio

    np.random.seed(seed)
    result = densratio.densratio(X_target, X_source, method=method, verbose=False, **parameters)
    return result.compute_density_ratio(X_source)


def peers():
    """Functions (X_source, X_target) -> weights of the source rows, by name, at the peers' defaults.

    skada's KLIEP has no default width: it chooses among those of ours.
    """
    found = {}
    if find_spec("skada"):
        import skada

        widths = [0.03, 0.1, 0.3, 1.0, 3.0]
        for name, make in {
            "KMM": lambda scale: skada.KMMReweightAdapter(),
            "KLIEP": lambda scale: skada.KLIEPReweightAdapter(gamma=[w / scale for w in widths], random_state=0),
            "DensityReweight (KDE)": lambda scale: skada.DensityReweightAdapter(),
            "GaussianReweight": lambda scale: skada.GaussianReweightAdapter(),
            "DiscriminatorReweight": lambda scale: skada.DiscriminatorReweightAdapter(),
            "NearestNeighborReweight": lambda scale: skada.NearestNeighborReweightAdapter(laplace_smoothing=True),
        }.items():
            found[f"skada {name}"] = lambda source, target, make=make: skada_weights(
                make(median_square(source, target)), source, target
            )
    if find_spec("densratio"):
        for method in ("uLSIF", "RuLSIF", "KLIEP"):
            found[f"densratio {method}"] = lambda source, target, method=method: densratio_weights(
                method, source, target
            )
    return found


def median_square(X_source, X_target):
    """Squared median distance, the unit of our widths."""
    from sktl._core.kernels import median_distance

    return median_distance(np.concatenate([X_source, X_target]), "euclidean") ** 2
