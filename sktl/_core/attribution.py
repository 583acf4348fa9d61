"""A change of the mean loss between two samples, split into what their rows explain and what is left at equal rows.

Everything rests on two expectations given the row: pi(x) = P(target | x), both domains counting half, and m(x), the
mean loss. What one of them misses does no harm to the split as long as the other sees it (Robinson, 1988), and an error
of either moves no term at first order: the influence of a row on a term is known, and so are the intervals.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.special import expit, logit

from sktl._core.held_out import domain_log_loss
from sktl._core.overlap import newton_logistic

REACH = 4.0  # robust deviations beyond which a value counts as at that bound: a square says nothing of a row far out
DOMAIN_RIDGES = (100.0, 10.0, 1.0)  # in units of a standardised column, as for the overlap of two domains
LOSS_RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # a row's share of the weight counts 1: from hardly any ridge to no slopes
MOST_LEVERAGE = 0.99  # a row that fits itself has no held-out value; this bounds what it is divided by
N_DRAWS = 4000  # of the largest of several t-values: its 95 % point is then known to 1 %
ALL_ORDERS = 5  # groups up to which Shapley values take all orders
N_ORDERS = 60  # pairs of an order and its reverse beyond: the error of a share is then about a hundredth


def balanced_weights(target):
    """Weights of the rows, of sum 1, by which both domains count half."""
    return np.where(target, 0.5 / target.sum(), 0.5 / (~target).sum())


def with_squares(X, numeric, owners):
    """Standardised columns, drawn in to their bulk, and the squares of the ``numeric`` ones; owners of them all."""
    centre = np.median(X, axis=0)
    near = np.clip(X - centre, -REACH, REACH)
    columns = [near, near[:, numeric] ** 2]
    F, owners = np.hstack(columns), np.concatenate([owners, owners[numeric]])
    F = F - F.mean(axis=0)
    scale = F.std(axis=0)
    varies = scale > 1e-10  # columns are standardised: less is the rounding of a constant
    return F[:, varies] / scale[varies], owners[varies]


# --- the two expectations, each row left out of its own ---


def domain_probability(tables, target):
    """P(target | x) with both domains counting half, (n,), by the best of several tables of columns and ridges.

    Each row's is that of a fit without it, to second order (approximate leave-one-out [1]_): with the Hessian H and the
    log-odds eta of the whole fit, eta + h (p - y) / (1 - p (1 - p) h), h = x' H^-1 x.

    .. [1] K. Rad, A. Maleki, JRSS B 82, 2020.
    """
    prior = np.log(target.sum() / (~target).sum())
    found = [held_out_log_odds(F, target, ridge) - prior for F in tables for ridge in DOMAIN_RIDGES]
    best = min(found, key=lambda log_ratio: domain_log_loss(log_ratio[~target], log_ratio[target]))
    return expit(best)


def held_out_log_odds(F, target, ridge):
    """Log-odds of the target by a logistic regression without the row."""
    rows, y = np.column_stack([F, np.ones(len(F))]), target.astype(float)
    start = np.zeros(rows.shape[1])
    start[-1] = logit(y.mean())
    coef = newton_logistic(rows, y, ridge, start)
    p = expit(rows @ coef)
    scaled = rows * np.sqrt(p * (1 - p))[:, None]
    hessian = scaled.T @ scaled
    hessian[np.diag_indices_from(hessian)] += np.append(np.full(F.shape[1], ridge), 1e-8)
    leverage = np.einsum("ij,ij->i", rows @ np.linalg.inv(hessian), rows)
    return rows @ coef + leverage * (p - y) / (1 - np.minimum(p * (1 - p) * leverage, MOST_LEVERAGE))


def expectations(F, V, weights, fitted=None):
    """Mean of each response in the columns of ``V`` given the columns of ``F``: weighted ridge regressions, (n, k).

    A row's is that of a fit without it, exactly; ``fitted`` is a mask of the rows that are fitted (None: all). The
    ridge of each response is the one of the least squared error left out.
    """
    fitted = np.ones(len(F), dtype=bool) if fitted is None else fitted
    w = np.where(fitted, weights, 0.0) / weights[fitted].sum()
    rows = F - w @ F
    centred = V - w @ V
    values, vectors = np.linalg.eigh((rows * w[:, None]).T @ rows)
    Q = rows @ vectors
    moments = Q.T @ (centred * w[:, None])
    # a ridge in units of one row's share: what a standardised column of n rows and a ridge of 1 would be
    unit = (w**2).sum()
    best, least = np.zeros(V.shape), np.full(V.shape[1], np.inf)
    for ridge in LOSS_RIDGES:
        shrunk = 1 / (np.maximum(values, 0) + ridge * unit * 10)
        out = Q @ (shrunk[:, None] * moments)
        leverage = np.minimum(w * ((Q**2) @ shrunk + 1), MOST_LEVERAGE)  # + 1: the mean is fitted too
        out = np.where(fitted[:, None], centred - (centred - out) / (1 - leverage)[:, None], out)
        error = w @ (centred - out) ** 2
        best = np.where(error < least, out, best)
        least = np.minimum(least, error)
    return best + w @ V


# --- the terms ---


@dataclass(frozen=True)
class Split:
    """The terms of a change of the mean loss.

    Attributes
    ----------
    values : ndarray of shape (5,)
        In the order of :data:`TERMS`.
    influence : ndarray of shape (n_samples, 5)
        What each row adds to the error of each, of sum 0 within each domain.
    shared : float
        Mean of 4 pi (1 - pi): 1 where the rows of both domains are alike, 0 where none is shared.
    effective : float
        Rows that the domains share: the least of Kish's size of the target's, and of the sums of shares of each.
    """

    values: np.ndarray
    influence: np.ndarray
    shared: float
    effective: float

    @property
    def errors(self):
        """Standard errors of the terms."""
        return standard_errors(self.influence)


TERMS = ("drop", "rows", "relation", "source_to_shared", "shared_to_target")


def split_drop(losses, target, chance, expected, expected_source):
    r"""Split E_target[loss] - E_source[loss] at the shared distribution: a :class:`Split`.

    With densities p and q of the source's and the target's rows, s is proportional to p q / (p + q), so that with
    pi = q / (p + q) it is the source weighted by pi and the target weighted by 1 - pi. With D = 1 for target rows and
    sums in which each domain counts half,

        relation = E_s[R_q - R_p] = sum (D - pi) (loss - m) / sum (D - pi)^2,
        E_s[R_p] = (sum (D - pi)^2 m_p + sum_source pi (loss - m_p)) / sum (D - pi)^2,

    R_p(x), R_q(x) the mean losses given x, m that of both domains together, m_p that of the source.

    Parameters
    ----------
    losses : ndarray of shape (n,)
    target : ndarray of bool of shape (n,)
    chance, expected, expected_source : ndarray of shape (n,)
        pi, m and m_p at each row.
    """
    w, sign = balanced_weights(target), np.where(target, 1.0, -1.0)
    surprise = target - chance
    shares = w * surprise**2
    total = shares.sum()
    relation = w @ (surprise * (losses - expected)) / total
    of_relation = (w * surprise * (losses - expected) - shares * relation) / total
    weighed = shares * expected_source + w * ~target * chance * (losses - expected_source)
    shared_loss = weighed.sum() / total
    of_shared = (weighed - shares * shared_loss) / total
    means = [losses[~target].mean(), losses[target].mean()]
    of_means = 2 * w * (losses - np.where(target, means[1], means[0]))
    drop, of_drop = means[1] - means[0], sign * of_means
    first, of_first = shared_loss - means[0], of_shared - np.where(target, 0.0, of_means)
    values = np.array([drop, drop - relation, relation, first, drop - relation - first])
    columns = [of_drop, of_drop - of_relation, of_relation, of_first, of_drop - of_relation - of_first]
    kept = (1 - chance)[target]
    worth = [kept.sum() ** 2 / (kept @ kept), 2 * kept.sum(), 2 * chance[~target].sum()]  # 2: a shared row counts 1
    return Split(
        values,
        within_domains(np.column_stack(columns), target),
        float(4 * w @ (chance * (1 - chance))),
        float(min(worth)),
    )


def within_domains(influence, target):
    """Influence less its mean in each domain: how many rows a domain has is no matter of chance."""
    out = influence.copy()
    for rows in (target, ~target):
        n = rows.sum()
        out[rows] = (out[rows] - out[rows].mean(axis=0)) * np.sqrt(n / max(n - 1, 1))
    return out


def standard_errors(influence):
    """Root of the sum of squares."""
    return np.sqrt((influence**2).sum(axis=0))


def joint_quantile(influence, level, dof, seed=0):
    """How many standard errors all terms keep to with probability 1 - ``level``: of the largest of dependent t-values.

    ``dof``: degrees of freedom of the errors, those of the smaller sample.
    """
    errors = standard_errors(influence)
    known = influence[:, errors > 0] / errors[errors > 0]
    rng = np.random.default_rng(seed)
    if known.shape[1] == 0:
        return 0.0
    values, vectors = np.linalg.eigh(known.T @ known)
    draws = rng.standard_normal((N_DRAWS, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    draws /= np.sqrt(rng.chisquare(dof, N_DRAWS) / dof)[:, None]
    return float(np.quantile(np.abs(draws).max(axis=1), 1 - level))


# --- rows, by column ---


def rows_by_group(F, owners, losses, target, n_groups):
    """How much of the rows' term the columns of each group carry, and the rows' influence on it, (n, n_groups).

    For a loss that is a sum of functions of single columns plus a constant in each domain, the Shapley value of a
    column (columns of the target in place of the source's, one after the other) is the mean of its function over the
    target less that over the source, in whatever order: Gelbach's decomposition (2016).
    """
    w = balanced_weights(target)
    D = target - 0.5
    shift = F[target].mean(axis=0) - F[~target].mean(axis=0)
    design = np.column_stack([F, D])
    design = design - w @ design
    gram = (design * w[:, None]).T @ design
    gram[np.diag_indices(F.shape[1])] += (w**2).sum() * 1e-1  # a tenth of a row: keeps equal columns regular
    inverse = np.linalg.inv(gram)
    centred = losses - w @ losses
    coef = inverse @ (design.T @ (w * centred))
    left = centred - design @ coef
    of_coef = ((design * (w * left)[:, None]) @ inverse)[:, :-1]
    means = np.where(target[:, None], F[target].mean(axis=0), F[~target].mean(axis=0))
    of_shift = (2 * w * np.where(target, 1.0, -1.0))[:, None] * (F - means)
    member = (owners[:, None] == np.arange(n_groups)).astype(float)
    values = (shift * coef[:-1]) @ member
    influence = (of_coef * shift + of_shift * coef[:-1]) @ member
    return values, within_domains(influence, target)


# --- the relation, by column ---


def relation_by_group(F, owners, residuals, target, chance, n_groups, level, seed=0, n_draws=999):
    """Which columns the change of the relation depends on: shares, adjusted p-values, and that of a constant.

    ``residuals`` (n, k) are labels less predictions less their expectations given x. Their change eta(x) is fitted by
    least squares of residuals = (D - pi) (a + sum of the columns' functions), and the part of the mean of eta^2 over
    the shared distribution that a group explains is averaged over the orders in which groups may come (Shapley),
    after that of the constant. The tests look for one group at a time, the clearest first, and then for others beyond
    those found (score tests, their largest compared with that of residuals with random signs).
    """
    w = balanced_weights(target)
    surprise = (target - chance)[:, None]
    design = surprise * np.column_stack([np.ones(len(F)), F])
    groups = [np.flatnonzero(owners == g) + 1 for g in range(n_groups)]
    shares = _explained_shares(design, residuals, w, groups, seed)
    pvalues = _found_groups(design, residuals, w, groups, level, np.random.default_rng(seed), n_draws)
    return shares, pvalues


def _explained_shares(design, residuals, w, groups, seed):
    """Explained sums of squares of the constant and of each group, noise taken off, averaged over orders of groups."""
    gram = (design * w[:, None]).T @ design
    unit = (w**2).sum()
    gram[np.diag_indices(len(gram))] += 1e-1 * unit * np.append(0, np.ones(len(gram) - 1))
    moments = (design * w[:, None]).T @ residuals
    scale = np.trace(gram) / len(gram)
    full = np.linalg.solve(gram + 1e-12 * scale * np.eye(len(gram)), moments)
    left = residuals - design @ full
    noise = np.einsum("ni,n,nj->ij", design, w**2 * (left**2).sum(axis=1), design)
    out = np.zeros(1 + len(groups))
    orders = _orders(len(groups), np.random.default_rng(seed))
    for order in orders:
        places = np.concatenate([[0], *(groups[g] for g in order)]).astype(int)
        lower = np.linalg.inv(np.linalg.cholesky(gram[np.ix_(places, places)]))
        gains = ((lower @ moments[places]) ** 2).sum(axis=1)
        gains -= np.einsum("ij,jk,ik->i", lower, noise[np.ix_(places, places)], lower)
        ends = np.cumsum([1, *(len(groups[g]) for g in order)])
        sums = np.diff(np.concatenate([[0.0], np.cumsum(gains)[ends - 1]]))
        out[0] += sums[0]
        out[1 + np.asarray(order, dtype=int)] += sums[1:]
    return out / len(orders)


def _orders(n, rng):
    """All orders of a few groups; of many, random ones, each with its reverse."""
    if n <= ALL_ORDERS:
        return list(permutations(range(n)))
    drawn = [rng.permutation(n) for _ in range(N_ORDERS)]
    return [order for one in drawn for order in (one, one[::-1])]


def _found_groups(design, residuals, w, groups, level, rng, n_draws):
    """Adjusted p-value of each group, beyond those found before it."""
    pvalues, kept = np.ones(len(groups)), [0]
    signs = rng.choice([-1.0, 1.0], (n_draws, len(design)))
    open_groups = [g for g in range(len(groups)) if len(groups[g])]
    floor = 0.0  # adjusted p-values never fall along the steps
    while open_groups:
        places = np.concatenate([groups[g] for g in open_groups])
        member = np.repeat(np.arange(len(open_groups)), [len(groups[g]) for g in open_groups])
        base = design[:, kept]
        both = np.column_stack([design[:, places], residuals])
        solved = np.linalg.lstsq(base * np.sqrt(w)[:, None], both * np.sqrt(w)[:, None], rcond=None)[0]
        rest = both - base @ solved
        scores = rest[:, None, : len(places)] * rest[:, len(places) :, None] * w[:, None, None]
        scores = scores.transpose(0, 2, 1)  # (n, columns, responses)
        sizes = np.sqrt((scores**2).sum(axis=0))
        sizes[sizes == 0] = np.inf
        observed = np.abs(scores.sum(axis=0) / sizes).max(axis=1)
        drawn = np.abs(np.tensordot(signs, scores, axes=(1, 0)) / sizes).max(axis=2)
        by_group = np.array([observed[member == k].max() for k in range(len(open_groups))])
        largest = drawn.max(axis=1)
        found = (1 + (largest[:, None] >= by_group).sum(axis=0)) / (1 + len(signs))
        best = int(np.argmax(by_group))
        floor = max(floor, found[best])
        if floor > level:
            pvalues[open_groups] = np.maximum(found, floor)
            return pvalues
        pvalues[open_groups[best]] = floor
        kept = [*kept, *groups[open_groups[best]]]
        del open_groups[best]
    return pvalues
