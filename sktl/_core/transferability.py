"""What the features or the outputs of a source model say about the labels of another task."""

import numpy as np

RANK_TOL = 1e-10  # eigenvalues below this share of the largest are zero


def class_means(X, codes, n_classes: int):
    """Means of the rows of each class, shape (n_classes, n_features), and the numbers of rows."""
    counts = np.bincount(codes, minlength=n_classes)
    onehot = np.eye(n_classes)[codes]
    return onehot.T @ X / counts[:, None], counts


def h_score(X, codes, n_classes: int, shrinkage: float | None) -> float:
    """tr(S^-1 B) with the covariance S of the rows, shrunk or not, and the covariance B of their class means.

    B = M'M with the rows sqrt(n_c / n) mean_c of M, so that only its n_classes rows meet the inverse of S.
    """
    X = X - X.mean(axis=0)
    n, d = X.shape
    if shrinkage is None:  # the score is the same in any units; the rank is found in units of the columns' deviations
        spread = X.std(axis=0)
        X = X / np.where(spread > 0, spread, 1.0)
    means, counts = class_means(X, codes, n_classes)
    means *= np.sqrt(counts / n)[:, None]
    _, singular, axes = np.linalg.svd(X / np.sqrt(n), full_matrices=False)
    spectrum, within = singular**2, (means @ axes.T) ** 2
    if shrinkage is None:
        kept = spectrum > RANK_TOL * spectrum.max(initial=0)
        return float((within[:, kept] / spectrum[kept]).sum())
    mu = spectrum.sum() / d  # mean variance of a column
    shrunk = (1 - shrinkage) * spectrum + shrinkage * mu
    return float((1 - shrinkage) * (within[:, shrunk > 0] / shrunk[shrunk > 0]).sum())


def ledoit_wolf_shrinkage(X) -> float:
    """Optimal share of the identity in the covariance of the rows (Ledoit and Wolf 2004), at most O(n d min(n, d))."""
    X = X - X.mean(axis=0)
    n, d = X.shape
    spectrum = np.linalg.svd(X / np.sqrt(n), compute_uv=False) ** 2
    mu, squared = spectrum.sum() / d, np.sum(spectrum**2)
    distance = squared - d * mu**2  # |S - mu I|^2
    noise = (np.sum(np.einsum("ij,ij->i", X, X) ** 2) / n - squared) / n  # error of S as an estimate
    return float(np.clip(noise / distance, 0, 1)) if distance > RANK_TOL * squared else 1.0


def log_evidence(alpha, beta, spectrum, projections, residual, n: int, d: int):
    """Log marginal likelihood of a linear model with prior precision alpha and noise precision beta.

    ``spectrum`` holds the squared singular values of the features, ``projections`` the squares of U'y, ``residual`` is
    |y - UU'y|^2.
    """
    inner = alpha + beta * spectrum
    misfit = residual + np.sum(projections * (alpha / inner) ** 2)
    weights = np.sum(spectrum * projections * (beta / inner) ** 2)
    log_det = np.sum(np.log(inner)) + (d - len(spectrum)) * np.log(alpha)
    return 0.5 * (
        n * np.log(beta) + d * np.log(alpha) - n * np.log(2 * np.pi) - beta * misfit - alpha * weights - log_det
    )


def max_log_evidence(X, y, max_iter: int, tol: float) -> float:
    """Largest log evidence over alpha and beta, by the fixed point of MacKay (1992) as You et al. (2021) use it.

    X and y are brought to unit size first; the evidence of y itself follows by the change of variables.
    """
    n, d = X.shape
    size = np.sqrt(y @ y / n)
    U, singular, _ = np.linalg.svd(X, full_matrices=False)
    spectrum = (singular / (singular.max(initial=0) or 1.0)) ** 2 * n
    projections = (U.T @ (y / size)) ** 2
    residual = max(float(n - projections.sum()), 0.0)
    alpha, beta, value = 1.0, 1.0, -np.inf
    for _ in range(max_iter):
        inner = alpha + beta * spectrum
        effective = np.sum(beta * spectrum / inner)
        weights = np.sum(spectrum * projections * (beta / inner) ** 2)
        misfit = residual + np.sum(projections * (alpha / inner) ** 2)
        # bounded, so that features without any signal, or without noise, have a finite evidence
        alpha = np.clip(effective / max(weights, 1e-12), 1e-12, 1e12)
        beta = np.clip((n - effective) / max(misfit, 1e-12), 1e-12, 1e12)
        before, value = value, log_evidence(alpha, beta, spectrum, projections, residual, n, d)
        if abs(value - before) <= tol * n:
            break
    return float(value - n * np.log(size))


def expected_log_prediction(proba, codes, n_classes: int) -> float:
    """Mean log of sum_z P(y | z) P(z | x), with P(y | z) from the joint of labels and predicted classes (LEEP)."""
    joint = np.eye(n_classes)[codes].T @ proba / len(codes)
    mass = joint.sum(axis=0)
    conditional = joint / np.where(mass > 0, mass, 1)
    predicted = np.einsum("ij,ij->i", conditional[codes], proba)
    return float(np.mean(np.log(predicted)))


def negative_conditional_entropy(source_codes, codes) -> float:
    """-H(Y | Z) = sum p(y, z) log p(y | z) of two label columns, in nats."""
    joint = np.zeros((source_codes.max() + 1, codes.max() + 1))
    np.add.at(joint, (source_codes, codes), 1 / len(codes))
    conditional = joint / joint.sum(axis=1, keepdims=True)
    return float(np.sum(joint[joint > 0] * np.log(conditional[joint > 0])))


def coding_rate(X, eps: float) -> float:
    """1/2 log det(I + X'X / (n eps)): nats to code the rows to the distortion eps."""
    n = len(X)
    gram = X @ X.T if n < X.shape[1] else X.T @ X
    return float(0.5 * np.linalg.slogdet(np.eye(len(gram)) + gram / (n * eps))[1])
