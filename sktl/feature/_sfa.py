"""Spectral feature alignment: features of both domains are clustered around pivot features."""

import numpy as np
from scipy import sparse

from sktl._checks import check_parameters
from sktl._core.pivots import best_features, common_features, counts_by_group, mutual_information, occurrences
from sktl._threads import threads_by_size
from sktl.feature._pivots import (
    PIVOTS,
    domain_codes,
    left_vectors,
    on_all_columns,
    take_pivots,
    take_size,
)
from sktl.feature._stacked import StackedTransformer

MOST_PIVOTS, MOST_COMPONENTS = 100, 25  # benchmarks/text_features.py has the evidence; the paper's are 500 and 100


def normalized_cooccurrence(occurs, pivots, others):
    """D1^-1/2 M D2^-1/2, with M the number of rows in which a feature and a pivot both occur: dense, (others, l)."""
    M = occurs[:, others].T @ occurs[:, pivots]
    M = M.toarray() if sparse.issparse(M) else M
    rows, columns = M.sum(axis=1), M.sum(axis=0)
    M /= np.sqrt(np.where(rows > 0, rows, 1.0))[:, None]  # a feature beside no pivot has degree 0: its row stays 0
    M /= np.sqrt(np.where(columns > 0, columns, 1.0))
    return M


class SFA(StackedTransformer):
    r"""Spectral feature alignment: new features that group those occurring with the same common features (pivots).

    l *pivots* are features that depend little on the domain; the others may occur in one domain only. M counts the rows
    in which an other feature i and a pivot j both occur, a bipartite graph with the degrees D. With U the K leading
    eigenvectors of

    .. math:: L = D^{-1/2} \begin{pmatrix} 0 & M \\ M^\top & 0 \end{pmatrix} D^{-1/2},

    and U_1 their part on the other features, a row x becomes [x, c * x_1 U_1], with x_1 its other features. A
    feature *occurs* where it is positive: counts, tf-idf, indicators, or columns standardised to mean 0.

    *When it helps*: text, where a word of one domain and a word of the other occur with the same common words. *When it
    hurts*: few features, or features that occur in all rows (all then occur together); pivots that mean different
    things in the domains. Logistic regression on tf-idf: Amazon reviews 79.9 % against 78.7 without (mean of 12 pairs,
    the worst loses 0.5); 20 Newsgroups 90.9, 76.1 and 81.5 against 83.7, 70.7 and 76.7
    (``benchmarks/text_features.py``; the defaults do well there, and 500 pivots less so).

    Parameters
    ----------
    n_components : int >= 1 or "auto", default="auto"
        Number K of new features; "auto" is 25 or as many as there can be.
    n_pivots : int >= 1 or "auto", default="auto"
        Number l of pivots; "auto" is 100, at most half of the features.
    pivots : {"domain_information", "frequency"}, default="domain_information"
        Which of the features that occur in ``min_rows`` rows of every domain are pivots: those with the least mutual
        information between their occurrence and the domain, or the most frequent ones.
    min_rows : int >= 1, default=5
        Number of rows of every domain in which a pivot must occur (half of the domain's rows, if that is fewer).
    feature_scale : float >= 0, default=2.0
        Weight of the new features (the paper's 0.6 is for rows of zeros and ones).
    stack : bool, default=True
        Whether the result is [x, new features]; otherwise only the new features.

    Attributes
    ----------
    pivots_ : ndarray of shape (n_pivots,)
        Columns that are pivots, best first.
    components_ : ndarray of shape (n_components, n_features)
        U_1', zero on the pivots; the new features are feature_scale * X @ components_.T. Zero where no structure is
        left.
    singular_values_ : ndarray of shape (n_components,)
        Eigenvalues of L, in falling order; the first is 1.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where they had names.

    See Also
    --------
    SCL : Predicts the pivots from the other features instead of counting.
    MSDA : All features instead of pivots, and nonlinear.

    Notes
    -----
    *Cost*: CSR rows cost their entries, and the l columns of M a product each; the singular value decomposition
    O((d - l) l^2) time and O(d l) memory. With ``stack``, CSR rows give a CSR result whose last columns are full.

    The eigenvectors of L are computed as the singular vectors of its upper right block. The mutual information is that
    of the occurrence (both values) and the domain; the paper sums over occurrences alone. Several sources count as
    domains of their own. With only one domain, the pivots are the most frequent features.

    References
    ----------
    .. [1] S. J. Pan, X. Ni, J.-T. Sun, Q. Yang, Z. Chen, "Cross-domain sentiment classification via spectral feature
       alignment", WWW 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sktl.feature import SFA
    >>> #             good  bad  boring  blurred
    >>> X = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]])
    >>> sfa = SFA(n_components=1, n_pivots=2).fit(X, sample_domain=["book", "book", "target", "target"])
    >>> sfa.pivots_  # "good" and "bad"; "boring" and "blurred" become one feature
    array([0, 1])
    >>> sfa.components_.round(1) + 0.0
    array([[0. , 0. , 0.5, 0.5]])
    """

    _constraints = PIVOTS | {"pivots": ("domain_information", "frequency")}

    def __init__(
        self,
        n_components="auto",
        *,
        n_pivots="auto",
        pivots="domain_information",
        min_rows=5,
        feature_scale=2.0,
        stack=True,
    ):
        self.n_components = n_components
        self.n_pivots = n_pivots
        self.pivots = pivots
        self.min_rows = min_rows
        self.feature_scale = feature_scale
        self.stack = stack

    @threads_by_size
    def fit(self, X, y=None, sample_domain=None):
        """Choose the pivots and learn the components.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n_samples, n_features)
            Rows of all domains.
        y : array-like of shape (n_samples,), default=None
            Labels; only used to find the target rows, whose labels are missing.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, needed if missing labels do not mark the target: booleans (True = target), integers (negative =
            target) or names ("target").

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or a domain is not as described, or there are fewer pivots or components than asked for.

        Warns
        -----
        SingleDomainWarning
            If there is only one domain.
        """
        check_parameters(self)
        X, domains = self._check_rows(X, y, sample_domain, dtype=[np.float64, np.float32])
        occurs = occurrences(X)
        ranked = self._rank(occurs, domain_codes(domains))
        self.pivots_, others = take_pivots(ranked, self.n_pivots, MOST_PIVOTS, X.shape[1], self.min_rows)
        size = take_size(self.n_components, MOST_COMPONENTS, len(self.pivots_), others.sum())
        vectors, self.singular_values_ = left_vectors(normalized_cooccurrence(occurs, self.pivots_, others), size)
        # an eigenvector of L is a pair of singular vectors, of norm 1 together
        self.components_ = on_all_columns(vectors / np.sqrt(2), others, X.dtype)
        self._n_features_out = size
        return self

    def _rank(self, occurs, codes):
        """Candidates, best first."""
        counts, sizes = counts_by_group(occurs, codes)
        frequency = (counts / sizes[:, None]).min(axis=0)
        scores = (frequency,) if self.pivots == "frequency" else (-mutual_information(counts, sizes), frequency)
        return best_features(common_features(counts, sizes, self.min_rows), *scores)

    def _new_features(self, X):
        return np.asarray(X @ self.components_.T.astype(X.dtype, copy=False)) * X.dtype.type(self.feature_scale)
