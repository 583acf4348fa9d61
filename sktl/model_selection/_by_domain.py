"""Checks of what is asked of models by domain."""

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import check_array, check_consistent_length

from sktl._checks import HasMethods, InstanceOf, check_squares
from sktl.domains import as_column, missing_values

#: Constraints that several of the functions and classes share.
LEARNED = "a classifier or regressor, or a pipeline that ends in one: an object such as LogisticRegression(),"
LEARNER = (HasMethods("fit", "predict", noun=LEARNED),)
SCORING = (None, InstanceOf(str, noun="the name of one score"), callable)


def domain_names(X, sample_domain):
    """Name of each row's domain, (n_samples,) objects, "target" one among the others; an error unless there are two."""
    if sample_domain is None:
        raise ValueError("sample_domain is needed, one value per row: the name of each row's domain; got None.")
    check_consistent_length(X, sample_domain)
    if missing_values(sample_domain).any():
        raise ValueError("sample_domain is missing in some rows: every row needs a domain. Name it, or drop the row.")
    names = np.array(as_column(sample_domain).tolist(), dtype=object)
    if len(set(names.tolist())) < 2:
        raise ValueError(f"At least two domains are needed; sample_domain names {sorted(set(names.tolist()))}.")
    return names


def check_numbers(X, what, way_out):
    """Raise unless all rows are finite numbers, which ``what`` needs."""
    try:
        check_squares(check_array(X, accept_sparse="csr"))
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(
            f"{what} needs columns of finite numbers ({reason}). Impute and encode them in a first step, as in "
            f"make_pipeline(preprocessing, ...), {way_out}."
        ) from error


def single_scorer(estimator, scoring):
    """The scorer of one number that ``scoring`` names: a string, a callable, or None."""
    return check_scoring(estimator, scoring)


def check_two_rows(rows_of, way_out):
    """Raise unless each of the domains, name -> mask of rows, has two rows, which the default metric needs."""
    for name, rows in rows_of.items():
        if np.count_nonzero(rows) < 2:
            raise ValueError(
                f"The default metric needs two rows of each domain; {name!r} has {np.count_nonzero(rows)}. Leave "
                f"that domain out, merge it with another, or {way_out}."
            )
