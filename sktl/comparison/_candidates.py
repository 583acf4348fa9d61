"""The methods that ``sktl compare`` can try: one entry of :data:`METHODS` each, an ordinary scikit-learn pipeline.

A new method is a function that builds its pipeline, and an entry. What it may learn from (``learns_from``,
``unlabeled``) decides which rows and labels ``fit`` gets; the protocols in ``_protocols.py`` do the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer
from sklearn.utils.class_weight import compute_sample_weight

from sktl._tables.encoder import Columns, table_encoder
from sktl.base import OnLabeled
from sktl.comparison._metrics import METRICS, Metric
from sktl.feature import CORAL, TCA, DomainScaler, FeatureAugmentation, TransferVotingClassifier
from sktl.instance import KMM, ImportanceWeighted, TrAdaBoostClassifier, TrAdaBoostRegressor
from sktl.parameter import HypothesisTransferClassifier, HypothesisTransferRegressor

TASKS = ("classification", "regression")
MAX_COMPONENTS = 30
# of weighted rows scikit-learn 1.9 finds each border by a sort: 255 took two thirds of the time of the command. On ten
# tables the scores on the target are .453 with 255, .466 with 64, .470 with 32
MAX_BINS = 64
GIVEN = "given"  # the method that is a model which exists already


@dataclass(frozen=True)
class Setting:
    """What a pipeline is built for."""

    task: str
    columns: Columns
    seed: int
    trees: bool = False  # the learner that methods end in: boosted trees, or a linear model
    metric: Metric = METRICS["accuracy"]
    n_classes: int = 0
    given: object = None  # a fitted model that came with the tables: the baseline then
    start: dict = field(default_factory=dict)  # the source's models, fitted, the baseline first: for ``starts``

    @property
    def class_weight(self):
        """Classes weigh the same where they are scored so: a rare one would never be predicted."""
        return "balanced" if self.metric.name == "balanced_accuracy" else None

    def pick(self, classifier, regressor):
        """Pick the one of two that suits the task."""
        return classifier if self.task == "classification" else regressor


@dataclass(frozen=True)
class Method:
    """A way to get from the two tables to a model.

    Attributes
    ----------
    name : str
        Its name for ``--methods``.
    model : callable
        Function of a :class:`Setting`: what it is, in a few words.
    build : callable
        Function of a :class:`Setting`: the pipeline.
    learns_from : {"source", "target", "both"}
        Whose labels ``fit`` sees.
    unlabeled : bool
        Whether ``fit`` also sees the rows without a label.
    tasks : tuple of str
        The tasks it can do.
    fit_params : callable
        Function of the rows' labels, their target mask and the setting: further arguments of the pipeline's ``fit``.
    by_name : bool
        Whether it is tried only where ``--methods`` names it: it is slow.
    starts : bool
        Whether it begins with models fitted on the source (``setting.start``), and sees rows of the target only.
    """

    name: str
    model: Callable
    build: Callable
    learns_from: str = "source"
    unlabeled: bool = False
    tasks: tuple = TASKS
    fit_params: Callable = lambda y, target, setting: {}
    by_name: bool = False
    starts: bool = False

    def reason_to_skip(self, task, labels_are_used):
        """Say why it can't be tried, or None."""
        if task not in self.tasks:
            return f"made only for {' and '.join(self.tasks)}"
        if self.learns_from != "source" and not labels_are_used:
            return "they need target labels: --target-labels use"
        return None


# --- the parts of the pipelines ---


def pipeline(setting, *steps, scaled=True):
    """Put the columns' preparation in front of ``steps``; the last one is called "model"."""
    *between, model = steps
    named = [(type(step).__name__.lower(), step) for step in between]
    encoder = table_encoder(setting.columns, scaled, setting.task, setting.seed)
    return Pipeline([("prepare", encoder), *named, ("model", model)])


def linear(setting):
    """Build the linear model."""
    return setting.pick(LogisticRegression(max_iter=1000, class_weight=setting.class_weight), Ridge())


def linear_name(setting):
    """Name the model of :func:`linear`."""
    return setting.pick("logistic regression", "ridge")


def trees(setting):
    """Build boosted trees."""
    if setting.task == "regression":
        return HistGradientBoostingRegressor(max_bins=MAX_BINS, random_state=setting.seed)
    weights = setting.class_weight
    return HistGradientBoostingClassifier(max_bins=MAX_BINS, class_weight=weights, random_state=setting.seed)


def trees_name(setting):
    """Name the model of :func:`trees`."""
    return "boosted trees"


def learner(setting):
    """Build the baseline's model, in which the methods that adapt end too, so that gains are the method's."""
    return trees(setting) if setting.trees else linear(setting)


def learner_name(setting):
    """Name the model of :func:`learner`."""
    return trees_name(setting) if setting.trees else linear_name(setting)


def start_name(setting, several=False):
    """Name the model, or models, that are corrected."""
    if setting.given is not None:
        return "the given model"
    return "models of SOURCE" if several else learner_name(setting)


def build_linear(setting):
    """Scaled rows and the linear model."""
    return pipeline(setting, linear(setting))


def build_trees(setting):
    """Boosted trees, which take missing numbers as they are."""
    return pipeline(setting, trees(setting), scaled=False)


def build_kmm(setting):
    """Source rows weighted by kernel mean matching."""
    return pipeline(setting, ImportanceWeighted(learner(setting), KMM()))


def build_tca(setting):
    """Components in which the two tables look alike: at least one direction fewer than there are columns."""
    n_components = min(MAX_COMPONENTS, max(1, setting.columns.width - 1))  # all of them would only turn the rows
    tca = TCA(n_components=n_components, kernel="linear", random_state=setting.seed)
    return pipeline(setting, tca, OnLabeled(learner(setting)))


def build_scaled(setting):
    """Each table's columns standardised by that table's own means and deviations."""
    return pipeline(setting, DomainScaler(), OnLabeled(learner(setting)))


def build_coral(setting):
    """Each table standardised by itself, then both turned towards one covariance."""
    return pipeline(setting, DomainScaler(), CORAL(form="kernel"), OnLabeled(learner(setting)))


def build_votes(setting):
    """Two classifiers that adapt as they fit: the best on many columns of one kind (benchmarks/office_caltech.py)."""
    return pipeline(setting, DomainScaler(), Normalizer(), TransferVotingClassifier())


def build_tradaboost(setting):
    """Boosting that lowers the weights of source rows that disagree with the target's labels."""
    # of trees for numbers: a linear model has no rounds to gain from
    boosted = setting.pick(TrAdaBoostClassifier(linear(setting), n_estimators=10), TrAdaBoostRegressor())
    return pipeline(setting, boosted)


def build_augmented(setting):
    """A linear model whose coefficients may differ between the tables, as far as the labels say so."""
    return pipeline(setting, FeatureAugmentation(), linear(setting))


def starting(mode):
    """Build a correction of the baseline: ``mode`` of hypothesis transfer."""

    def build(setting):
        return correction(setting)(next(iter(setting.start.values())), mode=mode)

    return build


def build_corrected(setting):
    """All corrections of both models of the source, averaged by what each says of labels left out."""
    return correction(setting)(list(setting.start.items()))


def correction(setting):
    """Pick the class of hypothesis transfer."""
    return setting.pick(HypothesisTransferClassifier, HypothesisTransferRegressor)


def even_weights(y, target):
    """Sample weights under which the labelled rows of both tables weigh the same in total."""
    return np.where(target, (~target).sum() / target.sum(), 1.0)


def pooled_params(y, target, setting):
    """Weigh the tables evenly."""
    return {"model__sample_weight": even_weights(y, target)}


def augmented_params(y, target, setting):
    """Say which table a row is of, and weigh the tables evenly."""
    return pooled_params(y, target, setting) | {"featureaugmentation__sample_domain": target}


def class_params(y, target, setting):
    """Weigh the labelled rows as the baseline does: classes evenly where they are scored so.

    The weights sum to the number of rows that they are worth, (sum w)^2 / sum w^2: a correction trusts the labels the
    more, the more they weigh, and five rows of a rare class are no twenty-five.
    """
    if setting.class_weight is None:
        return {}
    weights, known = np.ones(len(y)), ~np.isnan(y)
    even = compute_sample_weight(setting.class_weight, y[known])
    weights[known] = even * even.sum() / np.square(even).sum()
    return {"sample_weight": weights}


# --- the registry ---

METHODS = {
    method.name: method
    for method in (
        Method("source-only", linear_name, build_linear),
        Method("source-trees", trees_name, build_trees),
        Method(GIVEN, lambda setting: "the model that was given", lambda setting: setting.given, by_name=True),
        Method("kmm", lambda setting: f"KMM weights + {learner_name(setting)}", build_kmm, unlabeled=True),
        Method("tca", lambda setting: f"TCA + {learner_name(setting)}", build_tca, unlabeled=True),
        Method("scaled", lambda setting: f"scaled by table + {learner_name(setting)}", build_scaled, unlabeled=True),
        Method(
            "coral", lambda setting: f"scaled by table, CORAL + {learner_name(setting)}", build_coral, unlabeled=True
        ),
        Method(
            "votes",
            lambda setting: "scaled by table, unit rows, MEDA + SPL",
            build_votes,
            unlabeled=True,
            tasks=("classification",),
            by_name=True,
        ),
        Method("target-only", linear_name, build_linear, learns_from="target"),
        Method("target-trees", trees_name, build_trees, learns_from="target"),
        Method(
            "pooled",
            lambda setting: f"{linear_name(setting)}, equal weight per table",
            build_linear,
            learns_from="both",
            fit_params=pooled_params,
        ),
        Method(
            "pooled-trees",
            lambda setting: f"{trees_name(setting)}, equal weight per table",
            build_trees,
            learns_from="both",
            fit_params=pooled_params,
        ),
        *(
            Method(
                name,
                words,
                build,
                learns_from="target",
                unlabeled=True,
                fit_params=class_params,
                starts=True,
            )
            for name, words, build in (
                (
                    "corrected",
                    lambda setting: f"{start_name(setting, True)}, corrected by target labels",
                    build_corrected,
                ),
                ("recalibrated", lambda setting: f"{start_name(setting)}, recalibrated", starting("affine")),
                ("offset", lambda setting: f"{start_name(setting)}, shifted", starting("shift")),
            )
        ),
        Method(
            "augmented",
            lambda setting: f"shared and own columns + {linear_name(setting)}",
            build_augmented,
            learns_from="both",
            fit_params=augmented_params,
        ),
        Method(
            "tradaboost",
            lambda setting: setting.pick("TrAdaBoost", "TrAdaBoost.R2"),
            build_tradaboost,
            learns_from="both",
            fit_params=lambda y, target, setting: {"model__sample_domain": target},
        ),
    )
}
SOURCE_MODELS = ("source-only", "source-trees")  # the better of them on SOURCE is the baseline
