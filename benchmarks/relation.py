"""Links that carry over: what graphs and relations of classes bring beyond rows alone, and whether the gate holds.

Run ``python benchmarks/relation.py text`` (newsgroups, beside ``../shared/data`` or with SKTL_DATA set), ``links``
(made networks and chains) or ``gate`` (200 draws of relations that do not carry over).

Measured, ``gate --draws 200``, in % of draws in which the relation is used:

    classes  labels   as it is   source labels   entries   target links
          2      40       71.5             3.5      39.0            5.0
          3      40       70.5             4.0      10.0            5.0
          4      40       88.0             3.5      12.5            2.0
          6      40       95.5             3.0       2.5            1.5

``text``, alpha .9 and the share of the features 0 (label spreading), .05 and .2: rec/talk 84.0, 85.0, 82.2; rec/sci
71.3, 73.4, 76.4; sci/talk 78.6, 79.0, 74.7; logistic regression 83.7, 70.7, 76.7. ``links --draws 5``: the docstring of
``ClassRelationTransfer`` has its figures. ``whole`` has not been run.
"""

import argparse
import time

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from text_features import TASKS, newsgroups

from sktl._core.graphs import neighbor_graph
from sktl.datasets import make_block_links, make_chain_links
from sktl.relation import ClassRelationTransfer, GraphTransferClassifier

ALPHAS = (0.2, 0.5, 0.8, 0.9, 0.95)
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)


# --- text: GraphTransferClassifier ---


def task_rows(task):
    """Tf-idf rows, labels with NaN on the target, all labels, target mask of a task."""
    X, y, source, target = newsgroups(task)[:4]
    rows = np.flatnonzero(source | target)
    truth, is_target = y[rows], target[rows]
    truth = (truth == np.unique(truth)[1]).astype(float)
    return sparse.csr_array(X[rows]), np.where(is_target, np.nan, truth), truth, is_target


def text():
    """Accuracy on the target of each task: the source alone, and graphs with every share of the features."""
    for task in TASKS:
        X, y, truth, target = task_rows(task)
        plain = LogisticRegression(max_iter=3000).fit(X[~target], truth[~target])
        print(f"\n{task}  logistic regression {100 * plain.score(X[target], truth[target]):.1f}", flush=True)
        graphs = {"pooled": neighbor_graph(X, 10), "features": None}
        print("alpha  share " + "".join(f"{s:7.2f}" for s in SHARES) + "   predict(X) of the default share")
        for alpha in ALPHAS:
            cells = []
            for share in SHARES:
                model = GraphTransferClassifier(adjacency=graphs["pooled"], alpha=alpha, feature_share=share).fit(X, y)
                cells.append(100 * np.mean(model.predict(X[target], np.flatnonzero(target)) == truth[target]))
            start = time.perf_counter()
            model = GraphTransferClassifier(alpha=alpha).fit(X, y)
            seconds = time.perf_counter() - start
            new = 100 * model.score(X[target], truth[target])
            line = "".join(f"{c:7.1f}" for c in cells)
            print(f"{alpha:5.2f}        {line}   {new:5.1f}  {seconds:.1f} s", flush=True)
        for neighbors in ("by_domain",):
            cells = [
                100 * GraphTransferClassifier(neighbors, alpha=a).fit(X, y).score(X[target], truth[target])
                for a in ALPHAS
            ]
            print(f"{neighbors}, one step, by alpha: " + " ".join(f"{c:.1f}" for c in cells), flush=True)


def whole():
    """Seconds for all of newsgroups, half of the rows without a label."""
    from text_features import DATA

    from sktl.datasets import load_npz

    data = load_npz("newsgroups16_counts", DATA)
    X = sparse.csr_array((data.X_data.astype(float), data.X_indices, data.X_indptr), shape=tuple(data.X_shape))
    X = sparse.csr_array(X @ sparse.diags_array(data.idf.astype(float)))
    y = np.where(np.arange(X.shape[0]) % 2, np.nan, np.arange(X.shape[0]) % 16)
    for neighbors in ("pooled", None):
        start = time.perf_counter()
        model = GraphTransferClassifier(neighbors, feature_share=0.2 if neighbors else 1.0).fit(X, y)
        print(
            f"{X.shape}, neighbors={neighbors}: {time.perf_counter() - start:.1f} s, {model.n_iter_} steps", flush=True
        )


# --- made links: ClassRelationTransfer ---


def accuracy(shares, data, rows):
    """Share of right classes in %, and the mean over classes of what is found of each."""
    right = shares[rows].argmax(axis=1) == data.y_true[rows]
    by_class = [right[data.y_true[rows] == k].mean() for k in np.unique(data.y_true[rows])]
    return 100 * right.mean(), 100 * np.mean(by_class)


def methods(data, relation, seed):
    """Accuracy and mean recall on the target rows without a label, by method; and whether the relation was used."""
    target = data.sample_domain == "target"
    rows = target & np.isnan(data.y)
    known = target & ~rows

    def model(**options):
        options = {"local": "target", "adjacency": data.adjacency} | options
        found = ClassRelationTransfer(LogisticRegression(), relation, random_state=seed, **options)
        return found.fit(data.X, data.y, data.sample_domain)

    source = LogisticRegression().fit(data.X[~target], data.y_true[~target])
    carried = model()
    graph = GraphTransferClassifier(adjacency=data.adjacency, alpha=0.5).fit(data.X, data.y, data.sample_domain)
    own = LogisticRegression().fit(data.X[known], data.y_true[known])
    full = np.zeros((len(data.y), len(carried.classes_)))
    full[:, own.classes_] = own.predict_proba(data.X)
    found = {
        "source, rows alone": source.predict_proba(data.X),
        "target, rows alone": full,
        "spread over links": graph.label_distributions_,
        "target's own relation": model(prior_links=0.0).label_distributions_,
        "carried": carried.label_distributions_,
        "carried, no gate": model(alpha=1 - 1e-9).label_distributions_,
    }
    return {name: accuracy(shares, data, rows) for name, shares in found.items()}, carried.carried_over_


def links(n_draws):
    """Accuracy / mean recall by number of target labels."""
    rare = [0.46, 0.46, 0.04, 0.04]
    cases = {
        "network, affinity": (make_block_links, "affinity", {}),
        "network, rare classes": (make_block_links, "affinity", {"target_shares": rare}),
        "chain, confusion": (make_chain_links, "confusion", {}),
    }
    for name, (make, relation, options) in cases.items():
        for n_labeled in (20, 40, 100):
            draws = [
                methods(make(n_labeled=n_labeled, random_state=seed, **options), relation, seed)
                for seed in range(n_draws)
            ]
            used = np.mean([carried for _, carried in draws])
            print(f"\n{name}, {n_labeled} labels, carried over in {100 * used:.0f} % of {n_draws} draws")
            for method in draws[0][0]:
                values = np.array([found[method] for found, _ in draws])
                error = values.std(axis=0, ddof=1) / np.sqrt(n_draws)
                print(
                    f"  {method:<24}{values[:, 0].mean():6.1f} +-{error[0]:.1f}   recall {values[:, 1].mean():6.1f}",
                    flush=True,
                )


# --- the gate ---


def joined(first, second):
    """The source of one draw with the target of another."""
    s, t = first.sample_domain != "target", second.sample_domain == "target"
    links = sparse.block_diag([first.adjacency[s][:, s], second.adjacency[t][:, t]], format="csr")
    X, y = np.vstack([first.X[s], second.X[t]]), np.concatenate([first.y[s], second.y[t]])
    return X, y, np.concatenate([first.sample_domain[s], second.sample_domain[t]]), sparse.csr_array(links)


def random_affinity(n_classes, rng):
    """Log-normal, symmetric."""
    affinity = np.exp(rng.standard_normal((n_classes, n_classes)))
    return np.triu(affinity) + np.triu(affinity, 1).T


def rearranged(affinity, rng):
    """Its entries in other places."""
    cells, shuffled = np.triu_indices(len(affinity)), np.zeros_like(affinity)
    shuffled[cells] = rng.permutation(affinity[cells])
    return np.triu(shuffled) + np.triu(shuffled, 1).T


def gate(n_draws, n_labels):
    """How often a relation is used: as it is, and shuffled in three ways."""
    print("classes  labels   as it is   source labels   entries   target links    (% used)")
    for n_classes in (2, 3, 4, 6):
        for n_labeled in n_labels:
            used = np.zeros(4)
            for seed in range(n_draws):
                rng = np.random.default_rng(seed)
                affinity = random_affinity(n_classes, rng)
                make = {"n_classes": n_classes, "n_labeled": n_labeled, "n_source": 600, "n_target": 300}
                true = make_block_links(affinity=affinity, random_state=seed, **make)
                other = make_block_links(affinity=rearranged(affinity, rng), random_state=seed + 10**6, **make)
                flat = make_block_links(affinity=np.ones((n_classes, n_classes)), random_state=seed + 10**7, **make)
                X, y, domain, links = joined(true, true)
                shuffled = y.copy()
                shuffled[domain != "target"] = rng.permutation(y[domain != "target"])
                cases = [(X, y, domain, links), (X, shuffled, domain, links), joined(other, true), joined(true, flat)]
                for k, (X, y, domain, links) in enumerate(cases):
                    model = ClassRelationTransfer(
                        LogisticRegression(), adjacency=links, local="target", max_iter=5, tol=1
                    )
                    used[k] += model.fit(X, y, domain).carried_over_
            cells = "".join(f"{100 * u / n_draws:12.1f}" for u in used)
            print(f"{n_classes:7d}{n_labeled:8d}{cells}", flush=True)


def main():
    """Print one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["text", "whole", "links", "gate"])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--labels", type=int, nargs="*", default=[40], help="labels of the target, for gate")
    options = parser.parse_args()
    if options.part in ("text", "whole"):
        {"text": text, "whole": whole}[options.part]()
    elif options.part == "gate":
        gate(options.draws, options.labels)
    else:
        links(options.draws)


if __name__ == "__main__":
    main()
