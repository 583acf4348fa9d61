"""A chosen model to take along: in one file, with its columns, what is known of it, and no row."""

import sys
from pathlib import Path

import numpy as np
from sklearn.base import is_regressor

from sktl._checks import InstanceOf, Interval, checked, import_extra
from sktl._core.dates import are_dates
from sktl._files import replacing
from sktl._tables.encoder import Columns
from sktl._threads import quiet
from sktl.calibration import ConformalRegressor
from sktl.comparison._candidates import METHODS
from sktl.comparison._record import versions
from sktl.comparison._sketch import far_note, sketch_rows
from sktl.comparison._suspects import stray_text
from sktl.comparison._tables import kind_of, plain_rows
from sktl.comparison._threshold import class_numbers
from sktl.comparison._units import other_units
from sktl.comparison._words import columns_named, few_names, pandas
from sktl.exceptions import InputError, LowEffectiveSampleSizeWarning

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)  # of the intervals that a file has
OURS = ("sktl", "sklearn", "scipy", "numpy")  # packages whose classes a file may hold
READABLE = {  # kinds of columns that can be taken for what the model learned
    "numbers": ("numbers", "booleans", "durations"),
    "dates": ("dates", "text"),
    "text": ("text", "numbers", "booleans", "dates", "durations"),
}
PATH = (InstanceOf(str, Path, noun="a path"),)


class SavedModel:
    """The model that a comparison chose, with what is needed to use it on new tables.

    Parameters
    ----------
    record : dict
        What the file holds: ``pipeline``, ``label``, ``task``, ``classes``, ``numeric``, ``levels``, ``verdict``,
        ``many``, ``words``, ``dates``, ``usable``, ``threshold``, ``units``, ``versions``, ``sketches``, ``widths``,
        all plain but the pipeline.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sktl.comparison import Comparison, SavedModel
    >>> rng = np.random.default_rng(0)
    >>> source = pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"])
    >>> target = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"])
    >>> source["up"] = np.where(source["a"] > 0, "yes", "no")
    >>> choice = Comparison.from_tables(source, target, "up", methods="source-only").run()
    >>> model = SavedModel.of_choice(choice)
    >>> new = pd.DataFrame({"a": [-2.0, 2.0], "c": 0})
    >>> model.predict(new).tolist()
    ['no', 'yes']
    >>> model.read(new)[1][0]
    "taken as missing, since the table lacks it: column 'b'"
    """

    def __init__(self, record):
        self.record = record

    @classmethod
    def of_choice(cls, choice):
        """Take along what a comparison chose.

        Parameters
        ----------
        choice : Choice

        Returns
        -------
        SavedModel
        """
        problem, setting = choice.protocol.problem, choice.protocol.setting
        classes, target = problem.labels.classes, problem.target
        return cls(
            {
                "format": 2,
                "pipeline": choice.model,
                "method": choice.chosen.name,
                "label": problem.labels.name,
                "task": setting.task,
                "classes": None if classes is None else classes.tolist(),
                "numeric": list(problem.columns.numeric),
                "levels": {name: list(levels) for name, levels in problem.columns.levels.items()},
                "many": list(problem.columns.many),
                "words": list(problem.columns.words),
                "dates": {name: [order, dict(parts)] for name, (order, parts) in problem.columns.dates.items()},
                "verdict": choice.words(),
                "usable": choice.usable,
                # of many classes the one of the largest probability is said
                "threshold": choice.threshold.value if setting.n_classes == 2 else None,
                "units": problem.units,
                "versions": versions(),
                "sketches": [sketch_rows(problem.X[rows], problem.columns) for rows in (~target, target)],
                "widths": interval_widths(choice) if setting.task == "regression" else None,
            }
        )

    @checked(path=PATH)
    def save(self, path):
        """Write the model to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Name of the file, which ends in ``.skops``.
        """
        skops = import_extra("skops.io", "cli", "Saving a model")
        with replacing(path) as beside:
            skops.dump(self.record, beside)
            foreign = _foreign(skops, beside)
            if foreign:  # a file that nobody could read is worse than none
                raise InputError(
                    f"--save: the model holds {few_names(foreign)}, foreign to sktl: no file of it is read."
                )

    @classmethod
    @checked(path=PATH)
    def load(cls, path):
        """Read a model from a file that :meth:`save` wrote; nothing but classes of sktl and scikit-learn is loaded.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        SavedModel

        Raises
        ------
        InputError
            If it is no such file, or holds anything else.
        """
        return cls.of_record(load_skops(path), path)

    @classmethod
    def of_record(cls, record, path):
        """Check that what a file held is a record of this version.

        Parameters
        ----------
        record : dict
            What the file holds.
        path : str or path
            Its name, for the error.

        Returns
        -------
        SavedModel
        """
        if not isinstance(record, dict) or record.get("format") != 2:
            raise InputError(f"MODEL: {str(path)!r} is no model that --save of this version of sktl wrote.")
        return cls(record)

    @property
    def columns(self):
        """The :class:`Columns` that the pipeline reads."""
        dates = {name: (order, parts) for name, (order, parts) in self.record["dates"].items()}
        return Columns(*(self.record[kind] for kind in ("numeric", "levels", "many", "words")), dates)

    def read(self, table):
        """Read the rows of a new table as the model needs them.

        Parameters
        ----------
        table : DataFrame

        Returns
        -------
        X : DataFrame
            The model's columns in plain types; NaN where ``table`` lacks one.
        notes : list of str
            What is missing, new, or far from the rows that the model was chosen on.
        """
        columns, label = self.columns, self.record["label"]
        missing = self._missing(table)
        new = [name for name in table if name not in columns.names and name != label]
        notes = [f"taken as missing, since the table lacks {_it(missing)}: {columns_named(missing)}"] if missing else []
        notes += [f"not used, since the model was fitted without {_it(new)}: {columns_named(new)}"] if new else []
        notes += [note for name in columns.dates if name in table and (note := _malformed(name, table[name]))]
        X = self._rows(table)
        gone = [*missing, *(part for name in missing for part in columns.dates.get(name, ("", {}))[1].values())]
        sketches = [_without(sketch, gone) for sketch in self.record["sketches"]]
        notes += other_units(self.record["units"], table.attrs.get("units", {}), ("SOURCE", "NEW"))
        return X, notes + far_note(X.drop(columns=gone, errors="ignore"), sketches)

    def _missing(self, table):
        """Columns of the model that a table lacks; all of them are an error."""
        missing = [name for name in self.columns.names if name not in table]
        if len(missing) == len(self.columns.names):
            raise InputError(f"NEW has none of the model's columns: {few_names(missing)}.")
        return missing

    def _rows(self, table):
        """The model's columns of a table in plain types; of such a frame, itself."""
        columns = self.columns
        plain = [*columns.numeric, *columns.levels, *columns.words]
        if columns.dates and all(name in table for name in plain):  # dates are parts already
            return table[plain]
        table = table.reset_index(drop=True).assign(**dict.fromkeys(self._missing(table), pandas().NA))
        problems = [words for name in columns.names if (words := _why_unreadable(name, table[name], columns))]
        if problems:
            raise InputError(" ".join(problems))
        for name in columns.numeric:
            if name in table and table[name].isna().all():
                table[name] = np.nan
        return plain_rows(table, columns)

    def predict(self, X):
        """Labels of rows, in their original type.

        Parameters
        ----------
        X : DataFrame
            Rows of a table with the model's columns; those that it lacks count as missing.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        pipeline, classes, X = self.record["pipeline"], self.record["classes"], self._rows(X)
        if classes is None:
            return np.asarray(pipeline.predict(X)).astype(float)
        numbers = class_numbers(pipeline, X, self.record["threshold"])
        return np.array(classes, dtype=object if isinstance(classes[0], str) else None)[numbers]

    def predict_proba(self, X):
        """Probabilities of the classes.

        Parameters
        ----------
        X : DataFrame
            Rows of a table with the model's columns; those that it lacks count as missing.

        Returns
        -------
        dict of label -> ndarray of shape (n_rows,)
        """
        pipeline, classes = self.record["pipeline"], self.record["classes"]
        if classes is None or not hasattr(pipeline, "predict_proba"):
            raise InputError(f"--proba: the model ({self.record['method']}, {self.record['task']}) gives none.")
        said, codes = pipeline.predict_proba(self._rows(X)), pipeline.classes_.astype(int)
        return {classes[code]: said[:, k] for k, code in enumerate(codes)}

    @checked(level=(Interval(low=0, high=LEVELS[-1], closed="right"),))
    def predict_interval(self, X, level=0.9):
        """Intervals that hold that share of the target's numbers, by conformal prediction.

        Parameters
        ----------
        X : DataFrame
            Rows of a table with the model's columns; those that it lacks count as missing.
        level : float in (0, 0.99], default=0.9
            The share. A file has widths for 50, 60, 70, 80, 90, 95 and 99 %: the next one above is taken.

        Returns
        -------
        ndarray of shape (n_rows, 2)
            Lower and upper ends; infinite where the labels say too little.
        """
        if self.record["widths"] is None:
            raise InputError("--interval: the model predicts classes; ask for --proba.")
        width = next(width for share, width in zip(LEVELS, self.record["widths"], strict=True) if share >= level)
        answers = self.predict(X)
        return np.column_stack([answers - width, answers + width])

    def file_columns(self, X, level=None, proba=False):
        """Columns of a file of predictions.

        Parameters
        ----------
        X : DataFrame
            Rows of a table with the model's columns; those that it lacks count as missing.
        level : float, default=None
            As for :meth:`predict_interval`; None: no interval.
        proba : bool, default=False
            Whether probabilities are wanted.

        Returns
        -------
        dict of str -> ndarray of shape (n_rows,)
            "prediction", "probability" of each class, "low" and "high".
        """
        columns = {"prediction": self.predict(X)}
        if proba:
            columns |= {f"probability {label}": values for label, values in self.predict_proba(X).items()}
        if level is not None:
            columns |= dict(zip(("low", "high"), self.predict_interval(X, level).T, strict=True))
        return columns


# --- what goes into the record ---


def interval_widths(choice):
    """Half widths of the intervals of ``LEVELS``.

    Where target labels judged, quantiles of the sizes of the residuals that they gave; else those that weighted
    conformal prediction from the source gives nine of ten target rows.
    """
    protocol, chosen = choice.protocol, choice.chosen
    if protocol.evidence == "target labels":
        sizes = np.append(np.sort(np.abs(protocol.truth - chosen.answers)), np.inf)  # the new row counts as one
        return [float(sizes[min(int(np.ceil(level * len(sizes))) - 1, len(sizes) - 1)]) for level in LEVELS]
    pipeline, problem = METHODS[chosen.name].build(protocol.setting), protocol.problem
    if not is_regressor(pipeline):
        return [np.inf] * len(LEVELS)
    y = np.where(problem.target, np.nan, problem.y)
    model = ConformalRegressor(pipeline, method="cross", cv=3, random_state=protocol.setting.seed)
    rows = problem.X[problem.target]
    model.fit(problem.X, y, sample_domain=problem.target)
    with quiet(
        category=LowEffectiveSampleSizeWarning
    ):  # infinite widths are written as they are, and predictions show them
        ends = model.predict_interval(rows, [1 - level for level in LEVELS])
    return np.quantile((ends[:, 1] - ends[:, 0]) / 2, 0.9, axis=0, method="higher").tolist()


# --- what a file may hold, and a table ---


def load_skops(path):
    """What a skops file holds, if these are plain values and classes of ours alone."""
    skops = import_extra("skops.io", "cli", "Reading a model")
    if not Path(path).is_file():
        raise InputError(f"MODEL: there is no file {str(path)!r}.")
    try:
        foreign = _foreign(skops, path)
        held = None if foreign else skops.load(path, trusted=skops.get_untrusted_types(file=path))
    except Exception as error:  # whatever the file is, it is no model
        raise InputError(f"MODEL: can't read {str(path)!r} as a model that --save wrote: {error}") from error
    if foreign:
        raise InputError(f"MODEL: {str(path)!r} is not loaded: it holds {few_names(foreign)}, foreign to sktl.")
    return held


def _foreign(skops, path):
    """Names in a file that are no classes of ours."""
    return [name for name in skops.get_untrusted_types(file=path) if not _is_class_of_ours(name)]


def _is_class_of_ours(name):
    """Whether a name is a class, no function, of a module of ours that is imported already."""
    module, _, attribute = name.rpartition(".")
    return module.split(".")[0] in OURS and isinstance(getattr(sys.modules.get(module), attribute, None), type)


def _why_unreadable(name, column, columns):
    """Say that a column holds another kind of values than the model learned: a sentence, or nothing."""
    kind = kind_of(column)
    wanted = "numbers" if name in columns.numeric else "dates" if name in columns.dates else "text"
    if kind in READABLE[wanted] or column.isna().all():
        return ""
    found = stray_text(column, "NEW") if kind == "text" else ""
    found = found or f"the first is {column.dropna().iloc[0]!r}"
    return f"Column {name!r} of NEW holds {kind}; the model learned it as {wanted} ({found})."


def _malformed(name, column):
    """Say that texts in a column of dates are none: a note, or nothing."""
    wrong = [] if kind_of(column) == "dates" else [text for text in column.dropna() if not are_dates([str(text)])]
    return f"no dates, taken as missing: {len(wrong)} of the values of column {name!r} ({wrong[0]!r})" if wrong else ""


def _without(sketch, names):
    """Leave columns out of a sketch."""
    kept = {part: {k: v for k, v in sketch[part].items() if k not in names} for part in ("numbers", "shares")}
    return {"rows": sketch["rows"], **kept}


def _it(names):
    return "it" if len(names) == 1 else "them"
