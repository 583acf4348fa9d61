"""Find every public estimator of sktl, so that those of later issues join the common tests by existing."""

import importlib.util
import inspect
import pkgutil

from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import sktl
from sktl._checks import HasMethods, constraints_of
from sktl.instance import RLLS, GaussianWeighter

#: Instances beside the default one, for what a default instance does not run through.
VARIANTS = {
    "ARTLClassifier": [{"kernel": "linear"}, {"n_landmarks": 20, "estimator": LogisticRegression()}],
    "BBSE": [{"confusion": "hard"}],
    "CORAL": [{"form": "kernel"}, {"reg": 0.0, "shrinkage": "auto", "align_means": False}],
    "AnchorRegression": [{"factor": 10.0, "reg": 1.0}],
    "BDA": [{"balance": 0.7, "class_balanced": True}],
    "ClassRelationTransfer": [{"estimator": GaussianNB(), "relation": "confusion", "local": "target"}],
    "ConformalClassifier": [
        {"estimator": LogisticRegression(), "shift": "label", "method": "cross", "conformity": "raps"}
    ],
    "ConformalRegressor": [{"estimator": Ridge(), "method": "cross", "conformity": "normalized"}],
    "ComBat": [
        {"method": "nonparametric", "reference": "target"},
        {"with_std": False, "covariates": [0]},
    ],
    "CMMSClassifier": [{"n_components": 2, "graph_weight": 0.0}],
    "DASVMClassifier": [{"estimator": LogisticRegression(), "rho": 3}],
    "DIPLSRegressor": [{"center": "labeled", "invariance": 0.5, "n_components": 3}],
    "DirectStandardization": [{"keep_rest": False, "reg": 0, "reference": "target"}],
    "DiscriminatorWeighter": [{"estimator": GaussianNB(), "calibrate": True}],
    "DistributionWeightedCombination": [{"estimator": LogisticRegression(), "weighter": GaussianWeighter()}],
    "DomainScaler": [{"with_mean": False, "reference": "target"}, {"method": "robust"}],
    "EPO": [{"n_components": 2}],
    "EasyTLClassifier": [{"align": "coral"}],
    "FineTunedClassifier": [{"source": GaussianNB(), "learning_rate": 0.1}],
    "GFK": [{"n_components": 1}],
    "GaussianWeighter": [{"pooling": 0.8, "shrinkage": 0.1}],
    "GaussianProcessTransferRegressor": [{"source_variance": True, "weights": "ball"}],
    "GradualSelfTraining": [{"estimator": GaussianNB(), "path": "given", "drop": 0.2}],
    "GraphTransferClassifier": [
        {"neighbors": "by_domain", "n_neighbors": 3},
        {"neighbors": None, "feature_share": 1.0},
    ],
    "HypothesisTransferClassifier": [{"source": LogisticRegression(), "estimator": LogisticRegression()}],
    "HypothesisTransferRegressor": [{"source": Ridge(), "estimator": Ridge()}],
    "ImportanceWeighted": [{"estimator": LogisticRegression(), "flattening": 0.5, "resample": "auto"}],
    "JDOTClassifier": [{"reg": 0.1}],
    "JDOTRegressor": [{"reg": 0.1}],
    "JDA": [{"kernel": "rbf"}, {"kernel": "rbf", "n_landmarks": 8, "estimator": LogisticRegression()}],
    "KLIEP": [{"n_centers": 20}],
    "KMM": [{"kernel": "linear"}, {"solver": "cvxpy"}, {"max_rank": 20}],
    "LabelShiftClassifier": [{"weighter": RLLS()}],
    "LeafRefitClassifier": [{"shrinkage": 2.0}],
    "LabelPlanner": [{"estimator": LogisticRegression(), "purpose": "model", "n": 5}],
    "MSDA": [{"n_layers": 3, "n_frequent": 2, "stack": False}],
    "MIDA": [{"kernel": "rbf", "label_weight": 0.5}, {"kernel": "rbf", "n_landmarks": 8}],
    "MEDAClassifier": [{"n_components": 2, "n_neighbors": 3}],
    "MultiSourceVote": [{"estimator": GaussianNB(), "weights": "distance"}],
    "NearestNeighborWeighter": [{"n_centers": None}],
    "MultiTaskTransferRidge": [{"reg": 1.0, "shared": 0.5}],
    "OTMapping": [
        {"class_reg": None, "reg": 0},
        {"class_reg": "laplace", "reg": 0.1},
        {"class_reg": None, "reg": 0.1, "metric": "euclidean", "norm": "max", "max_samples": 50},
    ],
    "PiecewiseDirectStandardization": [{"half_width": 1, "reg": 1e-3, "reference": "target"}],
    "RULSIF": [{"alpha": 0.5, "n_centers": 20, "nonnegative": "exact"}],
    "SCL": [{"loss": "modified_huber", "reg": 0.1}],
    "SFA": [{"pivots": "frequency", "stack": False}],
    "SSTCA": [{"kernel": "rbf"}, {"kernel": "rbf", "n_landmarks": 8}],
    "SpectralSpaceTransformation": [{"n_components": 2, "reference": "target"}],
    "SourceSelector": [{"estimator": LogisticRegression(), "weights": "distance"}],
    "SPLClassifier": [{"n_components": 2, "max_iter": 3}],
    "TCA": [{"kernel": "rbf"}, {"kernel": "rbf", "n_landmarks": 8}],
    "TJM": [{"kernel": "rbf"}, {"kernel": "rbf", "n_landmarks": 8}],
    "UnionColumns": [{"fill": "mean"}],
    "TaskTrAdaBoostClassifier": [{"loss": "zero_one"}],
    "TrAdaBoostClassifier": [{"loss": "zero_one"}],
    "TrAdaBoostRegressor": [{"loss": "linear", "target_weight": 1.0}],
    "TransferForestClassifier": [{"method": "strut", "shrinkage": 1.0, "bootstrap": False}],
    "TransferCalibratedClassifier": [
        {"estimator": GaussianNB(), "method": "isotonic"},
        {"estimator": LogisticRegression(), "method": "sigmoid", "shift": "label"},
    ],
    "TransferGuard": [
        {
            "estimator": LogisticRegression(),
            "without_labels": "circular",
            "alternatives": [("tree", DecisionTreeClassifier(max_depth=2, random_state=0))],
        }
    ],
    "TargetScoreEstimator": [{"estimator": GaussianNB(), "scoring": "log_loss", "method": "mlls"}],
    "TransGLM": [{"family": "binomial"}, {"family": "poisson", "sources": "all"}],
    "TransferLinearSVC": [{"weights": "simplex", "reg": 1.0}],
    "TransferLogisticRegression": [{"weights": "simplex", "reg": 1.0, "fit_intercept": False}],
    "TransferPoissonRegressor": [{"weights": "simplex", "reg": 0.1, "fit_intercept": False}],
    "TransferRidge": [{"weights": "simplex", "reg": 1.0, "fit_intercept": False}],
    "ULSIF": [{"nonnegative": "coef", "reg": 0.1, "clip": 0.9}],
}

#: Fewer repetitions of the same (folds, rounds, trees, penalties) for the batteries, which fit each instance some fifty
#: times: what an estimator does stays, and :func:`instances` has it with its own numbers by ``light=False``.
LIGHT = {
    "AutoWeighter": {"cv": 2},
    "ClassRelationTransfer": {"n_permutations": 9},
    "FineTunedClassifier": {"n_folds": 3, "max_epochs": 10},
    "FineTunedRegressor": {"n_folds": 3, "max_epochs": 10},
    "LabelPlanner": {"cv": 2},
    "LeafRefitClassifier": {"source": ExtraTreesClassifier(7, min_weight_fraction_leaf=0.01, random_state=0)},
    "LeafRefitRegressor": {"source": ExtraTreesRegressor(7, min_weight_fraction_leaf=0.01, random_state=0)},
    "MultiSourceTrAdaBoostClassifier": {"n_estimators": 4},
    "TargetScoreEstimator": {"cv": 2},
    "TransferForestClassifier": {"source": ExtraTreesClassifier(7, random_state=0)},
    "TransferForestRegressor": {"source": ExtraTreesRegressor(7, random_state=0)},
    "TransferGuard": {"cv": 3, "n_repeats": 1},
    "TransGLM": {"n_folds": 3, "n_penalties": 8},
    "TrAdaBoostClassifier": {"n_estimators": 4},
    "TrAdaBoostRegressor": {"n_estimators": 4},
    "TwoStageTrAdaBoostRegressor": {"n_steps": 2, "n_estimators": 3, "cv": 2},
}

#: For each class that may need the package of an extra: (module, extra, whether an instance needs it).
EXTRAS = {
    "JDOTClassifier": ("ot", "ot", lambda estimator: estimator.reg == 0),
    "JDOTRegressor": ("ot", "ot", lambda estimator: estimator.reg == 0),
    "OTMapping": ("ot", "ot", lambda estimator: estimator.reg == 0),
}


def missing_extra(estimator):
    """Why an instance can't be tested here, or None: the package of an extra that it needs is not installed."""
    module, extra, needs = EXTRAS.get(type(estimator).__name__, (None, None, None))
    if module is None or not needs(estimator) or importlib.util.find_spec(module):
        return None
    return f"{type(estimator).__name__} needs {module}: pip install 'sktl[{extra}]'"


def public_modules():
    """Every module of sktl without an underscore in its path."""
    yield sktl
    for info in pkgutil.walk_packages(sktl.__path__, "sktl."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)


def estimator_classes():
    """Public concrete estimator classes, by name."""
    found = {}
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value) and issubclass(value, BaseEstimator) and not inspect.isabstract(value):
                found[name] = value
    return dict(sorted(found.items()))


def instances(which=("default", "variant"), light=True):
    """One default instance a class (wrappers around a classifier and a regressor), and the variants."""
    for name, cls in estimator_classes().items():
        settings = LIGHT.get(name, {}) if light else {}
        if "default" in which:
            yield from defaults(name, cls, settings)
        for parameters in VARIANTS.get(name, ()) if "variant" in which else ():
            yield cls(**settings | parameters)


def defaults(name, cls, settings):
    """The instances that need no parameters but an estimator to wrap, with some ``settings``."""
    required = [p.name for p in inspect.signature(cls).parameters.values() if p.default is inspect.Parameter.empty]
    if required not in ([], ["estimator"]):
        raise TypeError(f"{name} has required parameters {required}: tell tests/discovery.py how to build it.")
    models = [(LogisticRegression(),), (Ridge(),)] if required else [()]
    kinds = [rule.is_kind for rule in constraints_of(cls).get("estimator", ()) if isinstance(rule, HasMethods)]
    fitting = [model for model in models if all(is_kind(one) for is_kind in kinds for one in model)]
    yield from (cls(*model, **settings) for model in fitting)
