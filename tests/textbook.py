"""The dense n x n problems of the transfer-component papers, written as they are printed there."""

import numpy as np
from numpy.testing import assert_allclose
from scipy.linalg import eigh
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize


def contrast(positive, negative, scale=(1, 1)):
    e = np.zeros(len(positive))
    e[positive] = scale[0] / positive.sum()
    e[negative] = -scale[1] / negative.sum()
    return e


def mmd_matrix(target, codes, n_classes, balance=0.5, weighted=False):
    """(1 - balance) C M_0 + balance sum_c M_c over its Frobenius norm; codes are -1 without a label."""
    e = contrast(~target, target)
    M = (1 - balance) * n_classes * np.outer(e, e)
    known = [(codes >= 0) & ~target, (codes >= 0) & target]
    common = [c for c in range(n_classes) if all((codes[rows] == c).any() for rows in known)]
    if not common:
        M = np.outer(e, e)
    totals = [sum((codes[rows] == c).sum() for c in common) for rows in known]
    for c in common:
        shares = [
            np.sqrt((codes[rows] == c).sum() / n) if weighted else 1 for rows, n in zip(known, totals, strict=True)
        ]
        e = contrast(~target & (codes == c), target & (codes == c), shares)
        M = M + balance * np.outer(e, e)
    M = M / np.linalg.norm(M)
    H = np.eye(len(target)) - 1 / len(target)
    return H @ M @ H if weighted else M  # W-BDA's contrasts do not sum to 0; ours act on centred rows


def leading(C, B, k):
    """Largest solutions of C v = lambda B v, falling; columns of unit norm."""
    values, vectors = eigh(C, B, subset_by_index=[len(C) - k, len(C) - 1])
    return values[::-1], vectors[:, ::-1] / np.linalg.norm(vectors[:, ::-1], axis=0)


def squared_unit(F, diagonal=None):
    """What mu = 1 stands for: the rows' total variance, or the square of that in the feature space of a kernel.

    F are then values of the kernel, and ``diagonal`` is k(x, x) of the rows.
    """
    return F.var(axis=0).sum() if diagonal is None else (np.mean(diagonal) - F.mean()) ** 2


def components(F, M, mu, k, diagonal=None):
    """Solutions of F'HF v = lambda (F'MF + mu I) v, with mu in the square of the unit of F."""
    H = np.eye(len(F)) - 1 / len(F)
    return leading(F.T @ H @ F, F.T @ M @ F + mu * squared_unit(F, diagonal) * np.eye(F.shape[1]), k)


def turns(F, codes, target, mu, k, n_iter, balance=0.5, diagonal=None):
    """JDA as printed: components and 1-nearest-neighbour on rows of unit norm in turns; the last components, guess."""
    guess = codes.copy()
    n_classes = codes.max() + 1
    for _ in range(n_iter):
        values, V = components(F, mmd_matrix(target, guess, n_classes, balance), mu, k, diagonal)
        Z = normalize(F @ V)
        rows = target & (codes < 0)
        guess = codes.copy()
        guess[rows] = KNeighborsClassifier(1).fit(Z[codes >= 0], codes[codes >= 0]).predict(Z[rows])
    return values, V, guess


def same_up_to_sign(A, B, **tolerance):
    signs = np.sign(np.sum(A * B, axis=0))
    assert_allclose(A * signs, B, **tolerance)


def three_classes(n_source=101, n_target=67, n_features=6, seed=0):
    """(X, y, y_true, target): three classes whose shift differs by class; y is NaN on target rows."""
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, 3, n_source + n_target).astype(float)
    target = np.arange(len(y_true)) >= n_source
    centres = rng.normal(size=(3, n_features)) * 1.5
    shifts = rng.normal(size=(3, n_features)) * 0.7 + rng.normal(size=n_features)
    codes = y_true.astype(int)
    X = rng.normal(size=(len(y_true), n_features)) * np.linspace(0.5, 1.5, n_features) + centres[codes]
    X[target] += shifts[codes[target]]
    return X, np.where(target, np.nan, y_true), y_true, target
