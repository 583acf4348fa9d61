"""The pairs of ``main_job.py``: two frames with a label column each, from every data set of the folder that fits."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from _few_labels import CLASS_TABLES, DATA, TABLES, bike_regressions, small_regressions
from tabular import load_adult, load_heart

from sktl.datasets import load_npz

LABEL = "label"
ADULT = {  # which rows are the target's
    "native_country": lambda column: column != "United-States",
    "education_num": lambda column: column <= 9,
    "marital_status": lambda column: column == "Never-married",
    "sex": lambda column: column == "Female",
    "race": lambda column: column != "White",
}


@dataclass(frozen=True)
class Pair:
    """Two frames of one kind of thing; ``group`` is the data set, by which pairs go to one half or the other."""

    group: str
    name: str
    source: pd.DataFrame
    target: pd.DataFrame
    label: str = LABEL


def pairs():
    """Yield (name, function that loads the :class:`Pair`)."""
    for name, label in (TABLES | CLASS_TABLES).items():
        yield name, lambda name=name, label=label: table_pair(name, label)
        yield f"{name} back", lambda name=name, label=label: table_pair(name, label, back=True)
    X, y, site = load_heart()
    for name in np.unique(site):
        yield f"heart {name}", lambda name=name: split("heart", f"heart {name}", X, y, site == name)
    for column in ADULT:
        yield f"adult {column}", lambda column=column: adult_pair(column)
    for k, task in enumerate((*small_regressions(), *bike_regressions(n_rows=6000))):
        name = f"{task.group} {k}"
        yield name, lambda name=name, task=task: arrays_pair(name, task)
    for goods in range(4):
        yield f"amazon {goods}", lambda goods=goods: amazon_pair(goods)
    for shape in (0, 1):
        yield f"mushroom {shape}", lambda shape=shape: mushroom_pair(shape)


def table_pair(name, label, back=False):
    """One of the mixed tables, or its reverse."""
    sides = [pd.read_parquet(DATA / "tables" / f"{name}.{side}.parquet") for side in ("source", "target")]
    sides = [frame[frame[label].notna()].reset_index(drop=True) for frame in sides]
    return Pair(name, f"{name} back" if back else name, *(sides[::-1] if back else sides), label)


def split(group, name, X, y, target):
    """A frame's rows by a mask."""
    frame = X.assign(**{LABEL: y})
    return Pair(group, name, *(frame[rows].reset_index(drop=True) for rows in (~target, target)))


def adult_pair(column):
    """Incomes of some from those of the others; the column that splits them is left out."""
    X, y = load_adult()
    known = X[column].notna().to_numpy()
    rows = ADULT[column](X[column][known]).to_numpy()
    return split("adult", f"adult {column}", X[known].drop(columns=column), y[known], rows)


def arrays_pair(name, task):
    """A task of arrays as frames."""
    frames = [
        pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])]).assign(**{LABEL: y})
        for X, y in ((task.X_source, task.y_source), (task.X_target, task.y_target))
    ]
    return Pair(task.group, name, *frames)


def amazon_pair(goods):
    """Reviews of one kind of goods from those of the other three: their 100 commonest words."""
    data = load_npz("amazon_review_400", DATA)
    words = np.sort(np.argsort(-(data.X > 0).mean(axis=0))[:100])
    X = pd.DataFrame((data.X / data.X.sum(axis=1, keepdims=True))[:, words], columns=[f"w{k}" for k in words])
    return split("amazon", f"amazon {goods}", X, np.where(data.y == 1, "good", "bad"), data.domain == goods)


def mushroom_pair(shape):
    """Mushrooms of one shape of the stalk from those of the other."""
    data = load_npz("mushroom", DATA)
    X = pd.DataFrame(np.asarray(data.X).astype(str), columns=[f"c{k}" for k in range(data.X.shape[1])])
    shapes = np.asarray(data.domain)
    return split("mushroom", f"mushroom {shape}", X, np.asarray(data.y).astype(str), shapes == np.unique(shapes)[shape])
