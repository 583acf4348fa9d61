"""Read a real data set of the project's benchmarks from a folder on this machine."""

import json
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from sktl._checks import InstanceOf, checked


@checked(
    data_home=(None, InstanceOf(str, os.PathLike, noun="a folder")),
    name=(InstanceOf(str, noun="the name of a file"),),
)
def load_npz(name, data_home=None):
    """Read the arrays of one ``.npz`` file, and the JSON string ``meta`` that says where they come from.

    The file is looked for in ``data_home``, then in the folder that the environment variable ``SKTL_DATA`` names, then
    in ``~/sktl_data``. Nothing is downloaded, and nothing is unpickled.

    Parameters
    ----------
    name : str
        Name of the file, with or without ``.npz``.
    data_home : str or path-like, default=None
        Folder to look in first.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        One array for each name in the file, and ``meta``, a dict (empty where the file has none).

    Raises
    ------
    FileNotFoundError
        If no folder has the file; the message lists them.
    ValueError
        If the file is damaged, or holds anything but plain arrays.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from sktl.datasets import load_npz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/tiny.npz", X=np.eye(2), meta='{"source": "made up"}')
    ...     data = load_npz("tiny", data_home=folder)
    >>> data.X.shape, data.meta["source"]
    ((2, 2), 'made up')
    """
    path = _find(name, data_home)
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:  # closed whatever numpy finds
            arrays = {key: file[key] for key in file.files}
        meta = json.loads(str(arrays.pop("meta", "{}")))
    except (AttributeError, EOFError, TypeError, OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is not a file of plain arrays as numpy.savez writes them ({type(error).__name__}: {error}). "
            "It may be incomplete, hold Python objects, or be another kind of file: fetch it again."
        ) from error
    return Bunch(**arrays, meta=meta)


def _find(name, data_home):
    """Path of the file, or an error that says where it was looked for."""
    name = name.removesuffix(".npz") + ".npz"
    if Path(name).name != name:
        raise ValueError(
            f"name must be the name of a file, without a folder; got {name!r}. Pass its folder as data_home."
        )
    folders = [data_home, os.environ.get("SKTL_DATA"), "~/sktl_data"]
    folders = [Path(folder).expanduser() for folder in folders if folder]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"No file {name} in {', '.join(map(str, folders))}. "
        "Pass data_home, or set the environment variable SKTL_DATA to the folder that holds it."
    )
