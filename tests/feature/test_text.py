"""Measured gains on real text: the figures of benchmarks/text_features.py, on a part of its pairs."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktl import OnLabeled, stack_domains
from sktl.feature import MSDA, SFA


def accuracy(X, y, source, target, *steps):
    table, labels, _ = stack_domains((X[source], y[source]), X[target])
    model = make_pipeline(*steps, OnLabeled(LogisticRegression(max_iter=1000))).fit(table, labels)
    return 100 * model.score(X[target], y[target])


def test_msda_gains_on_reviews(real_data):
    data = real_data("amazon_review_400")
    X = TfidfTransformer(sublinear_tf=True).fit_transform(csr_matrix(data.X, dtype=float)).toarray()
    pairs = [(X, data.y, data.domain == s, data.domain == t) for s, t in ((0, 1), (2, 1))]
    plain, adapted = [accuracy(*pair) for pair in pairs], [accuracy(*pair, MSDA()) for pair in pairs]
    assert np.mean(plain) > 77 and np.mean(adapted) - np.mean(plain) > 2


def test_sfa_gains_on_newsgroups(real_data):
    data = real_data("newsgroups16_counts")
    group = data.group_names[data.group]
    source = np.isin(group, ["rec.autos", "rec.motorcycles", "talk.politics.guns", "talk.politics.misc"])
    target = np.isin(group, ["rec.sport.baseball", "rec.sport.hockey", "talk.religion.misc", "talk.politics.mideast"])
    rows = source | target
    counts = csr_matrix((data.X_data, data.X_indices, data.X_indptr), shape=data.X_shape)[rows].astype(float)
    n_documents = np.bincount(counts.indices, minlength=counts.shape[1])
    X = TfidfTransformer().fit_transform(counts[:, (n_documents >= 5) & (n_documents <= 0.1 * counts.shape[0])])
    y = np.char.startswith(group[rows], "rec").astype(int)
    plain = accuracy(X, y, source[rows], target[rows])
    assert 82 < plain < 85 and accuracy(X, y, source[rows], target[rows], SFA()) > plain + 5
