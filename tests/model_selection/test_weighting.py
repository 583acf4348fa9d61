"""The rows that a weighter sees: as they came if they are numbers, else as the first steps encode them."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sktl import OnLabeled
from sktl.model_selection._weighting import numeric_rows


def test_rows_are_numbers_or_are_encoded_by_the_first_steps():
    frame = pd.DataFrame({"place": ["town", "village", "town"], "kind": ["a", "b", "b"]})
    pipe = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(frame, [0, 1, 0])
    assert numeric_rows(OnLabeled(pipe), frame).shape == (3, 4)
    numbers = np.zeros((4, 1))
    assert numeric_rows(pipe, numbers) is numbers
    assert numeric_rows(LogisticRegression(), frame) is frame  # nothing encodes it: the weighter says why it can't
