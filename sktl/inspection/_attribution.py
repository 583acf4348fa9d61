"""Why a model does worse on the target: the drop of its score, split into what other rows and another relation cost."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.base import is_classifier

from sktl._checks import ESTIMATOR, FOLDS, N_JOBS, SEED, InstanceOf, Interval, checked, import_extra
from sktl._core.kernels import canonical_order, subsample
from sktl._tables.columns import encode, expand_dates, read_columns
from sktl._threads import limited_threads
from sktl.domains import one_column, plain_rows
from sktl.inspection._domains import domains_of
from sktl.inspection.report._held_out import MIN_SOURCE, held_out_losses
from sktl.inspection.report._loss_parts import Columns, attribute
from sktl.inspection.report._loss_words import summary, text
from sktl.model_selection.evidence import LOSSES, MIN_LABELS


@dataclass(frozen=True, eq=False, repr=False)
class ShiftAttribution:
    """A drop of a model's score from the source to the target, split into its causes.

    Made by :func:`shift_attribution`; ``print`` shows it in words and a table. All terms are differences of mean
    losses, target minus source: positive where the target loses. Intervals hold jointly: ``rows`` and ``relation``
    together, and all columns of one kind together, with probability 1 - ``alpha``.

    Parameters
    ----------
    drop : float
        Mean loss on the target minus that on held-out rows of the source: ``rows + relation``.
    rows : float
        What other rows cost, p(x): ``source_to_shared + shared_to_target``.
    relation : float
        What another relation of the label to the row costs, p(y|x), over the rows that both domains have.
    source_to_shared, shared_to_target : float
        The two steps of ``rows``: from the source to the shared rows, and from these to the target.
    intervals : dict of str -> (float, float)
        Of the five terms above.
    columns : list of ColumnAttribution
        What each column (or group) carries, that which carries most first: ``column``, ``rows`` and
        ``rows_interval``, ``relation`` and ``relation_pvalue`` (adjusted for the number of columns), and whether it is
        named, ``by_rows``, ``by_relation``. Empty beyond 150 columns, counted once texts are indicators.
    rest : float
        ``rows`` less the sum over the columns: what a loss that is a sum over columns can't show.
    level_share : float
        Part of ``relation`` of no column: labels are higher or lower at all rows alike; NaN without columns.
    shared : float
        Mean of 4 pi (1 - pi): 1 where the domains have the same rows, 0 where they share none.
    loss : str
        Which loss.
    loss_source, loss_target : float
        The mean losses.
    n_source, n_target_labeled : int
        Rows that the terms were computed from.
    alpha : float
        1 minus the level of the intervals.
    """

    drop: float
    rows: float
    relation: float
    source_to_shared: float
    shared_to_target: float
    intervals: dict
    columns: list
    rest: float
    level_share: float
    shared: float
    loss: str
    loss_source: float
    loss_target: float
    n_source: int
    n_target_labeled: int
    alpha: float

    @property
    def summary(self):
        """What is known, in one or two sentences: a part is named only if its interval leaves out zero."""
        return summary(self)

    def __str__(self):
        """The summary and the tables."""
        return text(self)

    def __repr__(self):
        """One line; print shows the whole."""
        return f"<ShiftAttribution: {self.summary}>"

    def to_frame(self):
        """The columns' parts as a pandas frame.

        Returns
        -------
        DataFrame
            One row a column: what :attr:`columns` holds.
        """
        frames = import_extra("pandas", "cli", "ShiftAttribution.to_frame")
        return frames.DataFrame([vars(row) for row in self.columns])


@checked(
    estimator=ESTIMATOR,
    loss=("auto", *LOSSES, callable),
    groups=(None, InstanceOf(dict, noun="a dict of names -> lists of columns")),
    cv=FOLDS,
    alpha=(Interval(low=0, high=1, closed="neither"),),
    max_samples=(Interval(Integral, 100),),
    n_jobs=N_JOBS,
    random_state=SEED,
)
def shift_attribution(
    estimator,
    X,
    y,
    sample_domain,
    *,
    loss="auto",
    groups=None,
    cv=5,
    alpha=0.05,
    max_samples=5000,
    n_jobs=None,
    random_state=0,
):
    r"""Split the drop of a model's score from source to target into what other rows and another relation cost.

    With densities p (source) and q (target) of the rows, and mean losses :math:`R_p(x), R_q(x)` of the model given the
    row, DISDE [1]_ goes from the one domain to the other over the rows that both have, of density
    :math:`s \propto p q / (p + q)`:

    .. math:: E_q[R_q] - E_p[R_p] = \underbrace{E_s[R_p] - E_p[R_p]}_{\text{rows}}
              + \underbrace{E_s[R_q] - E_s[R_p]}_{\text{relation}}
              + \underbrace{E_q[R_q] - E_s[R_q]}_{\text{rows}}.

    With :math:`\pi(x) = q / (p + q)`, the chance that a row is the target's if both domains count half, :math:`s / p
    \propto \pi` and :math:`s / q \propto 1 - \pi`: source rows that look like the target's weigh more, target rows that
    look like the source's. With D = 1 for target rows and m(x) the mean loss given x over both domains, the relation
    term is

    .. math:: E_s[R_q - R_p] = \sum (D - \pi)(\ell - m) \Big/ \sum (D - \pi)^2,

    where each domain counts half [2]_. What :math:`\pi` misses does no harm as long as m sees it, and the other way
    round, and errors of both move no term at first order, so that each row's influence on a term, and with it the
    intervals, are known.

    By column: *rows* for a loss that is a sum of functions of single columns (a line and a square), so that a column's
    Shapley value is the mean of its function over the target less that over the source [3]_. *Relation*: the change of
    the residuals at equal rows, fitted by such functions; what each explains of its square, averaged over the orders
    of the columns (Shapley; all orders of up to 5, else 120), scaled to the relation term. Columns are looked for one
    at a time, the clearest first, then others beyond those found, by score tests whose largest is compared with that
    of residuals with random signs, so that the chance of a false name is at most ``alpha``.

    *When it helps*: a model does worse after a move, and the next step depends on why: weights and alignment for other
    rows, target labels for another relation. *When it hurts*: with few target labels little can be told, and the
    summary says so. A change of what was not measured counts as another relation. A column that goes with the one that
    changed may be named in its place.

    Parameters
    ----------
    estimator : estimator object
        Classifier, regressor or pipeline; it is cloned. It learns from the source's labels and, if it adapts, from the
        target's rows; never from a target label.
    X : array-like, pandas or polars frame of shape (n_samples, n_features)
        Rows of both domains; numbers, texts and missing values as the estimator takes them.
    y : array-like of shape (n_samples,)
        Labels; at least 10 target rows have one.
    sample_domain : array-like of shape (n_samples,)
        Domains, as ``fit`` takes them.
    loss : {"auto", "zero_one", "log_loss", "brier", "squared_error", "absolute_error"} or callable, default="auto"
        Loss of a row. "auto": "zero_one" for classifiers, "squared_error" for regressors. Or a function (y_true,
        y_pred) -> losses of the rows.
    groups : dict of str -> list, default=None
        Columns (names, or positions) that count as one. None: each by itself.
    cv : int >= 2, default=5
        Folds of the source: each row of it is judged by a model that has not seen it, each target row by all of them
        (their mean loss), so that both domains are judged by models of as many rows.
    alpha : float in (0, 1), default=0.05
        1 minus the level of the intervals.
    max_samples : int >= 100, default=5000
        Rows of each domain that are looked at; more are drawn. The models learn from all.
    n_jobs : int or None, default=None
        Folds fitted in parallel, by joblib.
    random_state : int, default=0
        Seed of the folds, the drawn rows, the orders and the signs.

    Returns
    -------
    ShiftAttribution
        ``summary``, ``drop``, ``rows``, ``relation``, ``intervals``, ``columns`` and more.

    Raises
    ------
    ValueError
        If there is one domain, or fewer than 10 target rows or 20 source rows have a label.
    TypeError
        If an argument is not as described, or ``X`` is sparse.

    See Also
    --------
    AttributionDisplay : The parts as a picture.
    DomainReport : The kind of shift, whatever the model.

    Notes
    -----
    Cost: ``cv`` fits, and passes over the drawn rows that are linear in them (.1 seconds for 2,000 rows of 5 columns,
    cubic in the number of columns). :math:`\pi` is a logistic regression and m a ridge regression on the columns,
    numbers with their squares (beyond 150 columns: on 50 principal components), each row's value that of a fit without
    it. Intervals are those of the rows' influence (Student's, by the labelled rows of the smaller domain).

    Measured on made data (``benchmarks/attribution.py``: 1,000 rows a domain, 5 columns, a logistic model, 10 points
    lost, 200 draws; 1,000, 200, 50 target labels): one altered slope: the relation named in 100, 88, 30 %, the rows
    falsely in 2 to 6 %; one moved column: the rows named in 100, 100, 71 %, the relation falsely in 2 to 4 %; of the
    columns named, 95 to 100 % are the right ones; nothing altered: the relation named in 2 to 5 %, the rows in 2 to 4
    %. On four hospitals, where 6 points are lost, no part is sure with 50 labels or with all.

    Where fewer than 10 target rows' worth is shared, only ``drop`` is told.

    References
    ----------
    .. [1] T. Cai, H. Namkoong, S. Yadlowsky, "Diagnosing model performance under distribution shift", 2023.
    .. [2] P. Robinson, "Root-n-consistent semiparametric regression", Econometrica 56, 1988.
    .. [3] J. Gelbach, "When do covariates matter?", Journal of Labor Economics 34, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sktl.inspection import shift_attribution
    >>> rng = np.random.default_rng(0)
    >>> X, target = rng.normal(size=(800, 3)), np.arange(800) >= 400
    >>> y = X[:, 0] + np.where(target, -1, 1) * X[:, 2] + rng.normal(size=800)  # x2 means the opposite on the target
    >>> found = shift_attribution(LinearRegression(), X, y, target)
    >>> found.columns[0].column, found.columns[0].by_relation, found.columns[0].by_rows
    ('x2', True, False)
    >>> abs(found.rows) < 0.3 * found.relation
    True
    """
    X, y = plain_rows(X), one_column(y)
    domains = domains_of(X, y, sample_domain, two=True)
    _check_labels(y, domains)
    expanded, times = expand_dates(X)
    columns, _ = read_columns(expanded, domains.target, times)
    encoded, owners = encode(columns)
    members, names = _members(columns, groups)
    rows = _drawn_rows(encoded, domains, max_samples, random_state)
    with limited_threads(*encoded.shape):
        losses, residuals = held_out_losses(estimator, loss, X, y, domains, rows, encoded, cv, n_jobs, random_state)
        parts = attribute(
            losses,
            residuals,
            Columns(encoded[rows], members[owners], np.array([c.is_number for c in columns])[owners], names),
            domains.target[rows],
            alpha,
            random_state,
        )
    return ShiftAttribution(loss=_name(loss, estimator), alpha=alpha, **parts)


def _check_labels(y, domains):
    """Raise unless both domains have labels enough, one a row."""
    if y is None or np.ndim(y) > 1:
        came = "None" if y is None else f"{np.shape(y)[1]} columns"
        raise ValueError(f"y must hold one label per row, some of target rows; got {came}.")
    for name, rows, least in (("source", domains.source, MIN_SOURCE), ("target", domains.target, MIN_LABELS)):
        known = int((rows & domains.labeled).sum())
        if known < least:
            way_out = "Without them see TransferGuard." if name == "target" else "Add labelled source rows."
            raise ValueError(
                f"An attribution needs at least {least} labelled {name} rows; there are {known} (target labels count "
                f"only with sample_domain). {way_out}"
            )


def _name(loss, estimator):
    """What the loss is called."""
    if loss == "auto":
        return "zero_one" if is_classifier(estimator) else "squared_error"
    return loss if isinstance(loss, str) else getattr(loss, "__name__", "loss")


def _members(columns, groups):
    """Group of each column, and the groups' names."""
    names, members = [], np.full(len(columns), -1)
    known = {column.name: k for k, column in enumerate(columns)} | {c.position: k for k, c in enumerate(columns)}
    for name, parts in (groups or {}).items():
        for part in parts:
            if part not in known:
                raise ValueError(
                    f"groups names {part!r}, which is no column of X that can be compared: {[*known][:5]}."
                )
            if members[known[part]] >= 0:
                raise ValueError(f"groups names the column {part!r} twice; each may be in one group.")
            members[known[part]] = len(names)
        names.append(name)
    for k, column in enumerate(columns):
        if members[k] < 0:
            members[k] = len(names)
            names.append(column.name)
    return members, names


def _drawn_rows(encoded, domains, most, seed):
    """Positions of the rows that are looked at: labelled source rows, target rows with a label, target rows without.

    In an order that depends on their values alone, so that results do not depend on that of the table.
    """
    rng = np.random.RandomState(seed)
    parts = [domains.source & domains.labeled, domains.target & domains.labeled, domains.target & ~domains.labeled]
    chosen = [np.flatnonzero(part) for part in parts]
    rows = np.concatenate([rows[subsample(encoded[rows], most, rng)] for rows in chosen if len(rows)])
    return rows[canonical_order(encoded[rows])]
