"""Street-view numbers: the stand-in's form, the competition's files, and each way they can be wrong."""

import dataclasses
import hashlib
import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dlroadmap.data import DataError, _frame, street_view

REAL = Path(os.environ.get("DLROADMAP_REAL_DATA") or "nowhere") / "street_view"
needs_real = pytest.mark.skipif(not REAL.is_dir(),
                                reason="DLROADMAP_REAL_DATA holds no folder street_view")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """No test may reach the official address; each has a cache folder of its own."""
    def never(url, target):
        raise AssertionError(f"a download of {url} was started")

    monkeypatch.setattr(_frame, "_download", never)
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DLROADMAP_DATA", raising=False)
    return tmp_path / "cache"


# One image of each quirk: two digits; one digit with floats; a box over the edge; the digits of
# the number not from left to right; a leading zero.
ENTRIES = {
    "000000.png": {"label": [1, 9], "left": [4, 10], "top": [3, 4], "width": [5, 6], "height": [12, 11]},
    "000001.png": {"label": 5.0, "left": 7.0, "top": 2.0, "width": 6.0, "height": 14.0},
    "000002.png": {"label": [2], "left": [-3], "top": [2], "width": [9], "height": [30]},
    "000003.png": {"label": [7, 8], "left": [20, 5], "top": [3, 3], "width": [5, 5], "height": [10, 10]},
    "000004.png": {"label": [0, 5], "left": [1, 9], "top": [3, 3], "width": [5, 5], "height": [10, 10]},
}
SIZES = [(30, 20), (22, 18), (26, 24), (40, 16), (200, 100)]


def png(size, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def folder_of(place, part="train", entries=ENTRIES, zipped=False, below="mchar_train/"):
    """Write a part in the competition's form; return its folder."""
    place.mkdir(parents=True, exist_ok=True)
    name = street_view.FOLDERS[part]
    images = {f"{i:06d}.png": png(size, i) for i, size in enumerate(SIZES)}
    if zipped:
        with zipfile.ZipFile(place / f"{name}.zip", "w") as archive:
            for file, content in images.items():
                archive.writestr(below + file, content)
            archive.writestr("__MACOSX/" + below + "._000000.png", b"no image")
    else:
        (place / name).mkdir()
        for file, content in images.items():
            (place / name / file).write_bytes(content)
        (place / name / ".DS_Store").write_bytes(b"no image")
    if part != "test":
        (place / f"{name}.json").write_text(json.dumps(entries))
    return place


# --- reading the competition's form -------------------------------------------------------


@pytest.mark.parametrize("zipped", [False, True])
def test_folder_and_zip_give_the_same(tmp_path, zipped):
    part = street_view.read(folder_of(tmp_path / "x", zipped=zipped))
    assert part.names == list(ENTRIES)
    assert part.numbers == ["19", "5", "2", "78", "05"]  # the order of the file, not of left
    assert part.sizes.tolist() == [list(s) for s in SIZES]
    image, boxes = part[0]
    assert image.mode == "RGB"
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(io.BytesIO(png(SIZES[0])))))
    assert boxes.tolist() == [[1, 4, 3, 5, 12], [9, 10, 4, 6, 11]]
    assert part.boxes_of(2).tolist() == [[2, -3, 2, 9, 30]]  # over the edge: left as it is
    assert len(list(part)) == 5  # ends with IndexError
    assert part[-1][0].size == SIZES[-1]


@pytest.mark.parametrize("below", ["", "a/b/"])
def test_a_zip_may_have_its_images_anywhere(tmp_path, below):
    part = street_view.read(folder_of(tmp_path / "x", zipped=True, below=below))
    assert part.image(1).size == SIZES[1]


def test_the_table_of_boxes(tmp_path):
    table = street_view.read(folder_of(tmp_path / "x")).boxes
    assert list(table.columns) == ["image", "label", "left", "top", "width", "height"]
    assert table["image"].tolist() == [0, 0, 1, 2, 3, 3, 4, 4]
    assert table["label"].tolist() == [1, 9, 5, 2, 7, 8, 0, 5]
    assert table["left"].dtype == float


def test_an_image_and_its_boxes_shrink_together(tmp_path):
    part = street_view.read(folder_of(tmp_path / "x"), max_height=50)
    assert part.sizes.tolist() == [*map(list, SIZES[:4]), [100, 50]]
    assert part.image(4).size == (100, 50)
    assert part.boxes_of(4).tolist() == [[0, 0.5, 1.5, 2.5, 5], [5, 4.5, 1.5, 2.5, 5]]
    assert part.boxes_of(0).tolist() == [[1, 4, 3, 5, 12], [9, 10, 4, 6, 11]]


def test_a_part_without_annotations(tmp_path):
    part = street_view.read(folder_of(tmp_path / "x", "test"), "test")
    assert part[0][1] is None
    for asked in ("boxes", "numbers"):
        with pytest.raises(DataError, match="no annotations"):
            getattr(part, asked)


def test_a_part_travels_to_a_worker(tmp_path):
    part = street_view.read(folder_of(tmp_path / "x", zipped=True))
    part.image(0)  # the archive is open now
    again = pickle.loads(pickle.dumps(part))
    assert again.image(3).size == SIZES[3]
    drawn = street_view.load(n_train=2, max_height=20).train
    drawn.image(0)
    assert np.array_equal(pickle.loads(pickle.dumps(drawn)).image(0), drawn.image(0))


def test_clip():
    cut = street_view.clip([[2, -3, 2, 9, 30], [1, 20, 5, 9, 4], [0, 40, 0, 3, 3]], 26, 24)
    assert cut.tolist() == [[2, 0, 2, 6, 22], [1, 20, 5, 6, 4], [0, 26, 0, 0, 3]]


# --- what can be wrong --------------------------------------------------------------------

WRONG = [
    ({"label": [1], "left": [1], "top": [1], "width": [1]}, "height missing"),
    ([1, 2], "label, left, top, width, height missing"),
    ({"label": [1, 2], "left": [1], "top": [1], "width": [1], "height": [1]}, "label 2, left 1"),
    ({"label": [], "left": [], "top": [], "width": [], "height": []}, "empty ones"),
    ({"label": [10], "left": [1], "top": [1], "width": [1], "height": [1]}, "SVHN's own files"),
    ({"label": [1.5], "left": [1], "top": [1], "width": [1], "height": [1]}, "label 1.5 is no digit"),
    ({"label": [1], "left": ["a"], "top": [1], "width": [1], "height": [1]}, "is no number"),
    ({"label": [1], "left": [float("nan")], "top": [1], "width": [1], "height": [1]}, "not finite"),
    ({"label": [1], "left": [1], "top": [1], "width": [0], "height": [1]}, "without width or height"),
]


@pytest.mark.parametrize(("entry", "words"), WRONG)
def test_a_wrong_annotation_is_named(tmp_path, entry, words):
    folder = folder_of(tmp_path / "x", entries=ENTRIES | {"000003.png": entry})
    with pytest.raises(DataError, match=words) as caught:
        street_view.read(folder)
    assert "mchar_train.json, 000003.png" in str(caught.value)


@pytest.mark.parametrize(("text", "words"), [
    ("", "is no JSON file, or it is cut short"), ('{"000000.png": {"la', "cut short"),
    ("[]", "must hold an object"), ("{}", "must hold an object")])
def test_a_wrong_annotation_file_is_named(tmp_path, text, words):
    folder = folder_of(tmp_path / "x")
    (folder / "mchar_train.json").write_text(text)
    with pytest.raises(DataError, match=words):
        street_view.read(folder)


def test_a_missing_annotation_file(tmp_path):
    folder = folder_of(tmp_path / "x")
    (folder / "mchar_train.json").unlink()
    with pytest.raises(DataError, match="belongs beside"):
        street_view.read(folder)


def test_a_missing_image(tmp_path):
    folder = folder_of(tmp_path / "x")
    (folder / "mchar_train/000002.png").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of the 5 images .* 000002\.png"):
        street_view.read(folder)


@pytest.mark.parametrize("cut", [0, 10, 60, 300])
def test_a_torn_image(tmp_path, cut):
    folder = folder_of(tmp_path / "x")
    path = folder / "mchar_train/000004.png"
    path.write_bytes(path.read_bytes()[:cut])
    part = street_view.read(folder)
    with pytest.raises(DataError, match=r"000004\.png in .* is no readable image"):
        part.image(4)
    assert part.image(0).size == SIZES[0]


def test_no_images_at_all(tmp_path):
    with pytest.raises(DataError, match="Put one of them there"):
        street_view.read(tmp_path)
    (tmp_path / "mchar_train").mkdir()
    with pytest.raises(DataError, match=r"holds no \.png"):
        street_view.read(tmp_path)
    (tmp_path / "mchar_val.zip").write_bytes(b"PK\3\4 torn")
    with pytest.raises(DataError, match="cannot be read"):
        street_view.read(tmp_path, "val")
    with pytest.raises(ValueError, match="part is 'valid'"):
        street_view.read(tmp_path, "valid")


# --- full: the competition's files in the cache folder ------------------------------------


@pytest.fixture
def small(monkeypatch, cache):
    """The cache folder with all files in small, and the module told so."""
    place = cache / "street_view"
    for part in street_view.FOLDERS:
        folder_of(place, part, zipped=True, below=f"{street_view.FOLDERS[part]}/")
    names = [f"{i:06d}.png" for i in range(5)]
    (place / "mchar_sample_submit_A.csv").write_text(
        "file_name,file_code\n" + "".join(f"{n},1\n" for n in names))

    def known(file):
        path = place / file.name
        return dataclasses.replace(
            file, megabytes=file.megabytes and path.stat().st_size / 10**6,
            sha256=file.sha256 and frozenset({hashlib.sha256(path.read_bytes()).hexdigest()}))

    monkeypatch.setattr(street_view, "REAL_SIZES", dict.fromkeys(street_view.FOLDERS, 5))
    monkeypatch.setattr(street_view, "IMAGES", {k: known(f) for k, f in street_view.IMAGES.items()})
    monkeypatch.setattr(street_view, "ANNOTATIONS",
                        {k: known(f) for k, f in street_view.ANNOTATIONS.items()})
    monkeypatch.setattr(street_view, "SAMPLE", known(street_view.SAMPLE))
    return place


def test_full(small, capsys, monkeypatch):
    street = street_view.load("full")
    assert capsys.readouterr().out == (
        "Street view [tianchi]: the competition's own files, 5 training, 5 validation and 5 test "
        "images.\n")
    assert street.source == "tianchi"
    assert street.train.numbers == street.val.numbers
    assert street.sample["file_code"].tolist() == ["1"] * 5
    monkeypatch.setenv("DLROADMAP_DATA", "full")
    part = street_view.load(n_train=2, n_val=1, n_test=3)
    assert [len(p) for p in (part.train, part.val, part.test, part.sample)] == [2, 1, 3, 3]


def test_full_from_unpacked_folders(small):
    for part, name in street_view.FOLDERS.items():
        with zipfile.ZipFile(small / f"{name}.zip") as archive:
            archive.extractall(small)
        (small / f"{name}.zip").unlink()
        assert part
    assert street_view.load("full").test.image(4).size == SIZES[4]


def test_the_hash_of_a_complete_archive_is_noted_and_a_change_found(small):
    street_view.load("full")
    path = small / "mchar_val.zip"
    note = small / "mchar_val.zip.sha256"
    assert note.read_text() == hashlib.sha256(path.read_bytes()).hexdigest()
    content = bytearray(path.read_bytes())
    content[100] ^= 1  # the same size
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not the one noted in mchar_val\.zip\.sha256"):
        street_view.load("full")
    assert path.read_bytes() == content  # left alone


def test_an_archive_of_another_size_is_refused(small):
    path = small / "mchar_train.zip"
    path.write_bytes(path.read_bytes() + bytes(20_000))
    with pytest.raises(DataError, match="the published size is"):
        street_view.load("full")


def test_too_few_images_are_found_out(small, monkeypatch):
    monkeypatch.setattr(street_view, "REAL_SIZES", {"train": 6, "val": 5, "test": 5})
    with pytest.raises(DataError, match="holds 5 images, expected 6: it is not complete"):
        street_view.load("full")


def test_a_missing_archive_is_named_with_its_address(small):
    (small / "mchar_test_a.zip").unlink()
    with pytest.raises(DataError) as caught:
        street_view.load("full")
    for words in ("mchar_test_a.zip", "531795/mchar_test_a.zip", "(login)", str(small)):
        assert words in str(caught.value)


# --- the stand-in -------------------------------------------------------------------------


def test_the_stand_in(capsys):
    street = street_view.load(n_train=3, n_val=2, n_test=4, max_height=32)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    for words in ("[stand-in]", "3 training, 2 validation and 4 test", "not a score on the competition"):
        assert words in said
    assert (len(street.train), len(street.val), len(street.test)) == (3, 2, 4)
    assert street.source == "stand-in"
    assert street.test[0][1] is None
    assert all(n.isdigit() for n in street.train.numbers)
    assert street.train.sizes[:, 1].max() <= 32
    assert street.train.image(0).size == tuple(street.train.sizes[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        street.source = "tianchi"


def test_more_images_do_not_change_the_first():
    few, many = (street_view.load(n_train=n, max_height=32).train for n in (2, 5))
    assert many.numbers[:2] == few.numbers
    assert np.array_equal(many.image(1), few.image(1))


def test_sizes_of_the_stand_in():
    street = street_view.load()
    assert [len(p) for p in (street.train, street.val, street.test)] == [3000, 1000, 1000]
    assert len(street.sample) == 1000
    for wrong in ({"n_train": 0}, {"n_val": -1}, {"max_height": 0}):
        with pytest.raises(ValueError, match="must be at least 1"):
            street_view.load(**wrong)
    with pytest.raises(DataError, match="source is 'real'"):
        street_view.load("real")


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(street_view._Drawn, "KEEP", 20_000)
    part = street_view.load(n_train=6, max_height=32).train
    first = [np.asarray(part.image(i)) for i in range(6)]
    assert part._reader._bytes <= 20_000
    assert all(np.array_equal(part.image(i), x) for i, x in enumerate(first))


# --- the answer ---------------------------------------------------------------------------

NAMES = ["000000.png", "000001.png", "000002.png"]


def test_a_submission(tmp_path):
    table = street_view.submission(NAMES[::-1], ["7", "05", "123456"])
    assert table["file_name"].tolist() == NAMES
    assert table["file_code"].tolist() == ["123456", "05", "7"]
    table.to_csv(tmp_path / "submission.csv", index=False)
    again = street_view.check_submission(tmp_path / "submission.csv", NAMES)
    pd.testing.assert_frame_equal(again, table)
    assert (tmp_path / "submission.csv").read_text().splitlines()[2] == "000001.png,05"


@pytest.mark.parametrize(("rows", "words"), [
    ([("000000.png", "1"), ("000001.png", "2")], "1 of 3 test images have no row, the first is 000002"),
    ([(n, "1") for n in [*NAMES, NAMES[0]]], r"line 5: 000000\.png stands there twice"),
    ([("a.png", "1")], r"line 2: 'a\.png' is no test image"),
    ([(n, 1) for n in NAMES], "line 2: the number 1 is not a text"),
    ([(n, "") for n in NAMES], "line 2: '' is not a number of 1 to 6 digits"),
    ([(n, "1234567") for n in NAMES], "1 to 6 digits"),
    ([(n, "1.0") for n in NAMES], r"'1\.0' is not a number"),
    ([(n, "²") for n in NAMES], "is not a number"),
])
def test_a_wrong_submission_is_named(rows, words):
    with pytest.raises(DataError, match=words):
        street_view.check_submission(pd.DataFrame(rows, columns=["file_name", "file_code"]), NAMES)


def test_the_columns_of_a_submission(tmp_path):
    street_view.submission(NAMES, ["1"] * 3).to_csv(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"write with index=False"):
        street_view.check_submission(tmp_path / "a.csv", NAMES)
    with pytest.raises(DataError, match="cannot be read as a table"):
        street_view.check_submission(tmp_path / "none.csv", NAMES)
    with pytest.raises(DataError, match="3 file names, but 2 numbers"):
        street_view.submission(NAMES, ["1", "2"])


# --- the real sample ----------------------------------------------------------------------


@needs_real
def test_the_256_real_images():
    part = street_view.read(REAL)
    assert len(part) == 256
    assert part.numbers[:2] == ["19", "23"]
    assert len(part.boxes) == 554
    assert part.sizes.shape == (256, 2)
    cut = street_view.clip(part.boxes_of(0), *part.sizes[0])
    assert np.array_equal(cut, part.boxes_of(0))
    pixels = np.concatenate([np.asarray(part.image(i)).reshape(-1, 3) for i in range(256)]) / 255
    # competitions.md, section 3
    assert pixels.mean(0) == pytest.approx([0.424, 0.415, 0.408], abs=0.0006)
    assert pixels.std(0) == pytest.approx([0.206, 0.201, 0.203], abs=0.0006)
