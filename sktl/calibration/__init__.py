"""What can be promised on the target: intervals, sets of classes, and probabilities.

A model of the source is less sure of the target than it says: where rows of another kind are more frequent, or classes,
its errors there count for more. What is promised here rests on rows that the model has not learned from, weighted as
often as the target has them.

**How.** Source and target rows stand in one table; a row whose label is missing (NaN, None) is a target row. Where some
target rows have labels too, ``sample_domain`` says which rows are the target (True)::

    X, y = np.vstack([X_old, X_new]), np.concatenate([y_old, np.full(len(X_new), np.nan)])
    model = ConformalClassifier(make_pipeline(SimpleImputer(), LogisticRegression())).fit(X, y)
    sets = model.predict_set(X_new, alpha=0.1)  # one column a class, in the order of model.classes_

Each fits the estimator itself, on a part of the labelled rows, and takes new rows for target rows. What imputes and
encodes stands in the estimator, in a pipeline; so does a transformer that adapts.

**Which when.**

=======================================  ==========================================================================
what is wanted                           take
=======================================  ==========================================================================
a number, and how far off it may be      ``ConformalRegressor``; ``conformity="normalized"`` or ``"quantile"`` where
                                         some rows are harder than others
the classes that it may be               ``ConformalClassifier``; ``conformity="aps"`` where hard rows should say so
a probability to act on                  ``TransferCalibratedClassifier``
the same in each group, or each class    ``groups`` in ``fit`` and ``predict_*``; ``conditional="class"``
little data                              ``method="cross"``: each row trains and calibrates
a model that exists already              ``sklearn.frozen.FrozenEstimator(model)``: all calibrate
=======================================  ==========================================================================

**Which shift.** ``"covariate"`` where the target has other rows but the same relation of y to X; ``"label"`` where
classes are more or less frequent but look the same; None where nothing differs, or to see what the others change.
Where the relation itself differs no weights help: some labelled target rows do, and each of them calibrates.

**What cannot be known.** Where the source has no rows like the target's, intervals are infinite, sets are full and
probabilities are the source's own; a warning says so, and names how many equally weighted rows the evidence is worth.
"""

from sktl.calibration._calibrated import TransferCalibratedClassifier
from sktl.calibration._classifier import ConformalClassifier
from sktl.calibration._conformal import WEIGHTER as WEIGHTER
from sktl.calibration._conformal import table_and_ratio as table_and_ratio
from sktl.calibration._held_out import ask_at as ask_at
from sktl.calibration._held_out import check_cross as check_cross
from sktl.calibration._held_out import deal_out as deal_out
from sktl.calibration._held_out import fit_whole as fit_whole
from sktl.calibration._held_out import fit_without as fit_without
from sktl.calibration._held_out import is_frozen as is_frozen
from sktl.calibration._held_out import rows_at as rows_at
from sktl.calibration._regressor import ConformalRegressor

__all__ = ["ConformalClassifier", "ConformalRegressor", "TransferCalibratedClassifier"]
