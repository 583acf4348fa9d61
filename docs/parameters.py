"""Write docs/parameters.md, the table of all public parameters: ``python docs/parameters.py``.

One name stands for one notion; a paper's own symbol says so. The tests hold the page to the code, and the code to
this list.
"""

import collections
import importlib
import inspect
import pkgutil
from pathlib import Path

from sklearn.base import BaseEstimator

import sktl

#: What a name stands for, wherever it is used.
NOTIONS = {
    "B": "upper bound of a weight (the paper's symbol)",
    "adjacency": "links of the rows, given",
    "affinity": "relative chance that two classes are linked",
    "align": "how source rows are brought to the target first",
    "align_means": "whether the source's mean is moved onto the target's",
    "alpha": "level of a test",
    "alternatives": "further transfer models, by name",
    "average": "how classes are averaged, as in scikit-learn",
    "balance": "share of the class-conditional terms",
    "bandwidth": "standard deviation of a kernel, in standard deviations of the columns",
    "baseline": "the model that transfer has to beat",
    "beta": "weight of the penalty on the projection (the paper's symbol)",
    "biased": "whether an estimate keeps its bias, and so is never negative",
    "block_size": "pairs of rows, or permutations, held at once",
    "bootstrap": "whether each tree sees a draw of the rows",
    "calibrate": "whether probabilities are calibrated",
    "calibration": "how probabilities are calibrated",
    "axis_shift": "shift of the second instrument's axis, in columns",
    "categorical_features": "columns tested as categories",
    "center": "which mean is taken from the rows",
    "class_balanced": "whether class means count by their class's share",
    "class_reg": "the penalty that keeps classes together",
    "class_shares": "shares of the classes in the target",
    "clip": "upper bound of the weights",
    "coef0": "constant of a kernel, as in scikit-learn",
    "column": "the column by which a table is cut",
    "columns": "whether frames must have the same columns",
    "conditional": "whether the promise holds for each class",
    "conformity": "score by which labels of a row are compared with those of calibration rows",
    "confusion": "confusion matrix of probabilities or of classes",
    "correction": "correction for many tests",
    "covariates": "columns that are kept as they are, with what goes along with them",
    "crop": "which of the digits are cropped alike",
    "cv": "folds, or a splitter",
    "data_home": "folder of the data",
    "degree": "degree of a kernel, as in scikit-learn",
    "drop": "share of the least confident rows left out",
    "eps": "tolerance of a constraint",
    "estimator": "any model handed in",
    "estimators": "models handed in, by name",
    "eta": "weight of the class penalty (the paper's symbol)",
    "factor": "factor of the mean residuals of domains",
    "fill": "what stands in a gap",
    "family": "loss and link of a generalised linear model",
    "feature_scale": "size of the new features beside the old",
    "feature_share": "share of the features beside the links of rows",
    "fit_intercept": "whether an intercept of the target's own is fitted",
    "flattening": "power of the weights",
    "form": "which of two equal forms of a map",
    "free_ranks": "classes that a set may hold without a penalty",
    "gain": "relative gain of the second instrument at the last column",
    "gamma": "width of a kernel, in 1 / squared units",
    "graph_weight": "weight of the neighbours' graph",
    "groups": "columns that count as one",
    "half_width": "neighbouring columns on each side",
    "higher_is_nearer": "whether a metric is a score of nearness",
    "interference": "largest amount of a shape that the second instrument adds to each sample",
    "invariance": "weight of the difference between the domains' covariances",
    "keep": "columns used although they look like names of rows",
    "keep_rest": "whether what the pairs do not span stays",
    "kernel": "a pairwise kernel",
    "label": "the label's column",
    "label_cost": "cost of joining rows of different labels",
    "label_shift": "what is added to the target's labels",
    "label_weight": "weight of the labels beside the variance",
    "learning_rate": "length of a step, as in scikit-learn",
    "local": "which labelled rows a model of single rows learns from",
    "loss": "loss of a row",
    "margin": "gain that must be exceeded",
    "max_epochs": "largest number of passes over the rows",
    "max_exact": "rows up to which the exact form is used",
    "max_iter": "largest number of iterations",
    "max_pairs": "pairs of rows up to which an exact plan is tried",
    "max_rank": "largest rank of a factor",
    "max_samples": "largest number of rows drawn",
    "method": "which of several estimates or solvers",
    "metric": "a distance",
    "min_rows": "rows that a feature must occur in",
    "mmd_weight": "weight of the distance between the domains' means",
    "mode": "which question is asked",
    "mu": "the components' penalty",
    "n": "labels to ask for",
    "n_annealing": "rounds of annealing",
    "n_bootstrap": "bootstrap samples",
    "n_centers": "centres of kernels or cells",
    "n_classes": "number of classes",
    "n_compounds": "compounds of a mixture",
    "n_components": "number of new features or dimensions",
    "n_estimators": "rounds of boosting",
    "n_features": "number of columns or random features",
    "n_folds": "folds that rows are dealt to",
    "n_frequent": "number of frequent columns",
    "n_interpolated": "domains to make between two",
    "n_iter_no_change": "passes without a smaller held-out loss before it ends",
    "n_jobs": "parallel jobs, by joblib",
    "n_labeled": "labelled target rows",
    "n_landmarks": "rows that a function is expanded in",
    "n_layers": "number of layers",
    "n_links": "links of a row",
    "n_neighbors": "number of neighbours",
    "n_pairs": "samples measured in both domains",
    "n_penalties": "penalties along a path",
    "n_permutations": "relabellings of a test",
    "n_pivots": "number of pivots",
    "n_projections": "number of directions",
    "n_repeats": "repetitions",
    "n_restarts_optimizer": "restarts of the search for a kernel's parameters",
    "n_source": "rows of the source",
    "n_source_estimators": "rounds of boosting on each source",
    "n_sources": "number of sources kept",
    "n_steps": "steps of the first stage",
    "n_target": "rows of the target",
    "name": "name of a file",
    "names": "methods, by name",
    "neighbors": "among which rows the nearest are sought",
    "noise": "size of the noise, or share of features deleted",
    "nonnegative": "how a ratio is kept from being negative",
    "norm": "unit of the distances",
    "offset": "height of the second instrument's offset",
    "p": "order of a distance",
    "path": "domains to go through",
    "per_source": "whether each source domain has a source model of its own",
    "pivots": "how pivots are chosen",
    "pooling": "how far covariances are drawn together",
    "prior_links": "links that a carried relation counts for",
    "purpose": "what labels are for",
    "quantile_estimators": "models of a low and a high quantile",
    "random_state": "seed or generator",
    "randomize": "whether ties of a discrete score are broken by chance",
    "rank_penalty": "cost of each further class of a set",
    "reach": "how far the weights of sources reach",
    "reference": "the domain that the others are brought to",
    "reg": "a ridge or an entropic penalty",
    "relation": "what is learned of the links between classes",
    "resample": "whether rows are drawn instead of weighted",
    "residual_estimator": "model of the sizes of residuals",
    "rho": "rows that join a round (the paper's symbol)",
    "role": "which of the two tables, for messages",
    "scale": "standard deviation of the target",
    "scoring": "a scorer",
    "separation": "standard deviation of the class means",
    "shared": "share of the coefficients' prior variance that domains have in common",
    "shift": "what differs between the domains",
    "shrinkage": 'how far an estimate is drawn to a simple one; "auto" by the data',
    "smoothing": "rows added to each cell",
    "solver": "which solver",
    "source": "a source model or models that exist already",
    "source_variance": "whether what the source is unsure of joins the prior",
    "sources": "which source domains are taken",
    "squared": "whether the square is returned",
    "stack": "whether old features stand beside the new",
    "start": "the target's first time",
    "start_weight": "cost of a row that has just joined",
    "store_weights": "whether the weights of all rounds are kept",
    "target_shares": "shares of the classes in the target",
    "target_weight": "total weight of the target rows relative to the source's",
    "targets": "which domains play the target",
    "task": "classification or regression",
    "test_size": "share of the rows held out",
    "threshold": "bar that must be passed",
    "methods": "methods to try, by name",
    "target_labels": "whether labels of the target are learned from, or only score",
    "id": "column that names the rows",
    "source_model": "a model of the source that exists already",
    "trust_pickle": "whether a pickle may be loaded",
    "notes": "notes on the tables",
    "report": "a DomainReport",
    "max_rows": "rows of each table that are looked at",
    "tell": "takes each line of words as soon as it is known",
    "tol": "tolerance at which iteration ends",
    "transitions": "chances of the next class along a chain",
    "uniform": "share of the chances that is the same for all rows",
    "weighter": "estimates importance weights",
    "weighters": "weighters to choose among, by name",
    "weights": "how much each source counts",
    "with_labels": "what decides where target labels are known",
    "with_mean": "whether the centre is taken away",
    "with_std": "whether the scale is divided out",
    "without_labels": "what decides where no target label is known",
}
#: A paper's own symbol, kept where its readers expect it.
SYMBOLS = {
    ("alpha", "CMMSClassifier"): "weight of the distances to centroids (the paper's symbol)",
    ("alpha", "GraphTransferClassifier"): "share of a row's scores that comes from its links (as in `LabelSpreading`)",
    ("alpha", "JDOTClassifier"): "weight of the distances beside the losses (the paper's symbol)",
    ("alpha", "JDOTRegressor"): "weight of the distances beside the losses (the paper's symbol)",
    ("shift", "make_covariate_shift"): "distance of the means",
    ("alpha", "RULSIF"): "share of the target in the denominator (the paper's symbol)",
    ("alpha", "pearson_divergence"): "share of the target in the denominator (the paper's symbol)",
}
#: Data, not options.
DATA = {"X", "y", "X_source", "X_target", "y_source", "y_target", "y_proba", "sample_domain", "target", "rows", "argv"}
DATA |= {"table"}
DATA |= {"prior_target", "proba_target", "sample_id"}


def members():
    """Public classes and functions that take options, by name."""
    found = {}
    for info in pkgutil.iter_modules(sktl.__path__, "sktl."):
        if not info.ispkg or info.name.rpartition(".")[2].startswith("_") or info.name in ("sktl.base", "sktl.cli"):
            continue
        module = importlib.import_module(info.name)
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or (inspect.isclass(value) and issubclass(value, BaseEstimator)):
                found[name] = value
    return dict(sorted(found.items()))


def uses():
    """For each (parameter, notion): the members that have it, by default."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for name, value in members().items():
        for parameter in inspect.signature(value).parameters.values():
            if parameter.name in DATA or (parameter.name == "source" and inspect.isfunction(value)):
                continue
            notion = SYMBOLS.get((parameter.name, name)) or NOTIONS.get(parameter.name)
            if notion is None:
                raise KeyError(f"{name} has the parameter {parameter.name!r}: say in docs/parameters.py what it means.")
            default = "required" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
            found[parameter.name, notion][default].append(f"`{name}`")
    return found


def page():
    """The page as text."""
    found = uses()
    idle = sorted(set(NOTIONS) - {name for name, _ in found})
    if idle:
        raise KeyError(f"No member has the parameters {idle}: take them out of docs/parameters.py.")
    lines = [
        "# Parameters",
        "",
        "One name, one notion. Written by `python docs/parameters.py`; the tests hold it to the code.",
        "",
        "| parameter | what it is | default: where |",
        "|---|---|---|",
    ]
    for (name, notion), defaults in sorted(found.items()):
        where = "; ".join(f"{default}: {', '.join(names)}" for default, names in sorted(defaults.items()))
        lines.append(f"| `{name}` | {notion} | {where} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "parameters.md").write_text(page())
