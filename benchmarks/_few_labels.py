"""Real tasks for models that start from a source: a labelled source, a target of which a few rows have labels."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sktl.datasets import load_npz

DATA = Path(os.environ.get("SKTL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SPLIT_BY = {"concrete": "water", "boston": "ptratio"}  # terciles of a column
BIKE_COLUMNS = [
    "season",
    "yr",
    "mnth",
    "hr",
    "holiday",
    "weekday",
    "workingday",
    "weathersit",
    "temp",
    "atemp",
    "hum",
    "windspeed",
]
TABLES = {  # the label of each table, and the label of its class 1 where it has two
    "wage_2003_2009": "wage",
    "graduation_private_public": "Grad.Rate",
    "salary_europe_us": "Salary",
    "lending_grades": "int_rate",
    "hotel_months": "avg_price_per_room",
    "deliveries_week_weekend": "time_to_delivery",
    "houses_gas_electric": "price",
    "maths_majority_minority": "MathAch",
    "teen_years": "weight",
    "visits_sites": "mdvis",
    "wages_women_years": "ln_wage",
    "wages_1978_1985": "lwage",
    "gpa_students_athletes": "colgpa",
    "births_smokers": "BirthWeightGm",
    "airfare_years": "fare",
}
CLASS_TABLES = {
    "attrition_research_sales": "Attrition",
    "churn_monthly_yearly": "churn",
    "credit_owner_renter": "Status",
    "survival_years": "death",
    "happiness_years": "vhappy",
    "pension_income": "p401k",
    "recidivism": "cens",
}


@dataclass(frozen=True)
class Task:
    """A source with labels, and target rows with theirs; ``group`` is the data set that the task is of."""

    group: str
    name: str
    X_source: np.ndarray
    y_source: np.ndarray
    X_target: np.ndarray
    y_target: np.ndarray

    def draw(self, n_labeled, seed):
        """Positions of ``n_labeled`` target rows to learn from, and of the others; of two classes at least."""
        order = np.random.default_rng(seed).permutation(len(self.y_target))
        return order[:n_labeled], order[n_labeled:]


def _parts(group, X, y, domain, names):
    """Each domain as the target of all others."""
    return [Task(group, f"{group} {n}", X[domain != n], y[domain != n], X[domain == n], y[domain == n]) for n in names]


def small_regressions():
    """Concrete by thirds of water, boston by thirds of ptratio, auto_mpg by origin: each part from the others."""
    tasks = []
    for group in ("concrete", "boston", "auto_mpg"):
        data = load_npz(group, data_home=DATA)
        X, domain = data.X.astype(float), getattr(data, "domain", None)
        if group in SPLIT_BY:  # the column that splits is left out
            column, domain = list(data.feature_names).index(SPLIT_BY[group]), np.empty(len(X), dtype=int)
            for third, rows in enumerate(np.array_split(X[:, column].argsort(kind="stable"), 3)):
                domain[rows] = third
            X = np.delete(X, column, axis=1)
        tasks += _parts(group, X, data.y.astype(float), domain, np.unique(domain))
    return tasks


def bike_regressions(n_rows=1200, seed=0):
    """Square root of the hourly count of bikes, 1,200 rows drawn: year 1 from year 0, each season from the others."""
    data = load_npz("bike_sharing_hour", data_home=DATA)
    X, y = np.column_stack([data[c] for c in BIKE_COLUMNS]).astype(float), np.sqrt(data.cnt)
    rows = np.random.default_rng(seed).permutation(len(y))[:n_rows]
    X, y = X[rows], y[rows]
    years = _parts("bike", np.delete(X, 1, axis=1), y, X[:, 1], [1.0])
    return years + _parts("bike", np.delete(X, 0, axis=1), y, X[:, 0], np.unique(X[:, 0]))


def regressions():
    """The fourteen tasks of the issue's second figure."""
    return [*small_regressions(), *bike_regressions()]


def load_table(name, label):
    """Two frames and their labels; rows without a label are left out."""
    parts = []
    for side in ("source", "target"):
        frame = pd.read_parquet(DATA / "tables" / f"{name}.{side}.parquet")
        frame = frame[frame[label].notna()].reset_index(drop=True)
        parts += [frame.drop(columns=label), frame[label].to_numpy()]
    return parts


def encoder(X, max_levels=20):
    """Numbers as they are (gaps by the median), the frequent values of a text column as 0 and 1."""
    numbers = [c for c in X if pd.api.types.is_numeric_dtype(X[c])]
    names = [c for c in X if c not in numbers]
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="unknown"),
        OneHotEncoder(max_categories=max_levels, handle_unknown="infrequent_if_exist", sparse_output=False),
    )
    numeric = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    return ColumnTransformer([("numbers", numeric, numbers), ("names", categories, names)])


def _table_task(name, label):
    X_source, y_source, X_target, y_target = load_table(name, label)
    both = pd.concat([X_source, X_target], ignore_index=True)
    both[both.select_dtypes(exclude="number").columns] = both.select_dtypes(exclude="number").astype(object)
    encoded = encoder(both).fit_transform(both)
    if label in CLASS_TABLES.values():
        classes = np.unique(np.concatenate([y_source, y_target]).astype(str))
        y_source, y_target = (np.searchsorted(classes, y.astype(str)) for y in (y_source, y_target))
    n = len(y_source)
    return Task("tables", name, encoded[:n], y_source, encoded[n:], y_target)


def table_regressions():
    """The mixed tables whose label is a number."""
    return [_table_task(name, label) for name, label in TABLES.items()]


def table_classifications():
    """The mixed tables whose label is one of two classes."""
    return [_table_task(name, label) for name, label in CLASS_TABLES.items()]
