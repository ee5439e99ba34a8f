"""CIFAR-10: 60,000 colour photographs of 32 × 32 pixels, ten classes (Krizhevsky 2009).

No package ships these pictures, so there is no embedded part: :func:`load` works with
``DLROADMAP_DATA=full`` or ``source="full"`` only. It reads the *binary* archive, fetched once
into ``<cache folder>/cifar10/`` or put there by hand. The Python archive, which torchvision
reads, is made of pickles, and a pickle can run code: nothing here opens one.
"""

import tarfile
from dataclasses import dataclass

import numpy as np

from dlroadmap.data._frame import DataError, File, announce, choose, fetch

#: Where the archive lies inside the cache folder.
SUBFOLDER = "cifar10"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer",
           "dog", "frog", "horse", "ship", "truck")

_PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
ARCHIVE = File(
    "cifar-10-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    frozenset({"c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}), _PAGE)
_RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue pictures


@dataclass(frozen=True)
class Cifar10:
    """The two parts.

    X_train (50000, 3, 32, 32), X_test (10000, 3, 32, 32) : float32, 0 to 1, channels R, G, B
    y_train, y_test : (N,) int64, positions in ``classes``
    classes : tuple of ten names
    source : "real"
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    classes: tuple
    source: str


def load(source=None):
    """Load CIFAR-10 and print one line that says so.

    Parameters
    ----------
    source : "full" or None
        None takes ``DLROADMAP_DATA``.

    Returns
    -------
    Cifar10

    Raises
    ------
    DataError
        The source is "embedded"; or the archive is missing, damaged or not the right one.
    """
    if choose(source) != "full":
        raise DataError("CIFAR-10 ships in no package, so there is no embedded copy. Set "
                        "DLROADMAP_DATA=full (or call load(source=\"full\")) to fetch it, "
                        "162 MiB, into the cache folder.")
    path = fetch(ARCHIVE, SUBFOLDER)
    train = [_records(path, f"data_batch_{i}.bin") for i in range(1, 6)]
    X_train, y_train = (np.concatenate(part) for part in zip(*train, strict=True))
    X_test, y_test = _records(path, "test_batch.bin")
    announce("CIFAR-10", "real", f"{len(X_train):,} training and {len(X_test):,} test pictures.")
    return Cifar10(X_train, y_train, X_test, y_test, CLASSES, "real")


def _records(path, name):
    """(N, 3, 32, 32) float32 and (N,) int64 of one file inside the archive."""
    try:
        with tarfile.open(path) as archive:
            content = archive.extractfile(f"cifar-10-batches-bin/{name}").read()
        rows = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise DataError(f"{name} cannot be read from {path} ({error}). Move the archive away and "
                        f"run this again to fetch it from {ARCHIVE.url}.") from error
    pixels = rows[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / np.float32(255)
    return pixels, rows[:, 0].astype(np.int64)
