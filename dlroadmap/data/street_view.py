"""Street-view numbers (街景字符编码识别, Tianchi 531795): photos of house numbers.

:func:`load` returns three parts, ``train``, ``val`` (images with a box round each digit) and
``test`` (images only). An image is drawn or read when you ask for it, never all at once.

**Full** (``DLROADMAP_DATA=full`` or ``source="full"``): the competition's own files, 30,000 /
10,000 / 40,000 images, in ``<cache folder>/street_view/``: ``mchar_train.zip`` (346 MB) and
``mchar_train.json``, the same for ``mchar_val``, ``mchar_test_a.zip`` and
``mchar_sample_submit_A.csv``; fetched once, or put there by hand. A folder ``mchar_train`` of
unpacked images does as well as its zip. The images are those of SVHN (Netzer et al. 2011, The
Street View House Numbers), which may be used for non-commercial purposes only.

What the real annotations hold, and what is done about it: boxes that stick out over the edge
are kept as they are (:func:`clip` cuts them); the digits of a number stand in the order of the
file, which for a handful of images is not the order from left to right; images with one digit
have floats where the others have whole numbers, so boxes are floats everywhere.

**Embedded** (the default): a stand-in drawn here, one image at a time, the same on every
machine with the same fonts; ``dlroadmap/data/_street_stand_in.py`` has the recipe. It follows the
published statistics of the training images. It is not a photo, and a score on it is not a score
on the competition: ``benchmarks/street_transfer.py`` measures how far it is from reality. Its
``val`` resembles its ``train``; the real ``val`` does not quite (its numbers are smaller in
their frames): ``shifted_val=True`` draws that.
"""

import io
import json
import os
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from dlroadmap.data._frame import DataError, File, announce, cache_folder, choose, fetch
from dlroadmap.data._street_stand_in import PUBLISHED, QUANTILES, draw

__all__ = ["BOX", "MAX_DIGITS", "PUBLISHED", "QUANTILES", "Part", "StreetView", "check_submission",
           "clip", "load", "read", "results", "submission"]

#: Where the real files lie inside the cache folder.
SUBFOLDER = "street_view"
#: Images of the real parts, and of the stand-in's where no other number is asked for.
REAL_SIZES = {"train": 30_000, "val": 10_000, "test": 40_000}
STAND_IN_SIZES = {"train": 3000, "val": 1000, "test": 1000}
#: The columns of a box: the digit, and pixels from the image's left upper corner.
BOX = ["label", "left", "top", "width", "height"]
#: No number of the data has more digits.
MAX_DIGITS = 6

_ADDRESS = "http://tianchi-competition.oss-cn-hangzhou.aliyuncs.com/531795/"
_PAGE = "https://tianchi.aliyun.com/competition/entrance/531795/information"


def _file(name, megabytes=None, sha256=()):
    return File(name, _ADDRESS + name, frozenset(sha256), _PAGE, login=True, megabytes=megabytes)


FOLDERS = {"train": "mchar_train", "val": "mchar_val", "test": "mchar_test_a"}
IMAGES = {"train": _file("mchar_train.zip", 345.91), "val": _file("mchar_val.zip", 200.16),
          "test": _file("mchar_test_a.zip", 370.6)}
ANNOTATIONS = {
    "train": _file("mchar_train.json", sha256=[
        "68418473028ef28e7eef8b7140ec10aada9b490c1be97c24333ce5fde927dc61"]),
    "val": _file("mchar_val.json", sha256=[
        "9cfaf0f894028ce3a1989f3a7d4e15ab3ce5951d564abc173e631848fcfcdcaf"])}
SAMPLE = _file("mchar_sample_submit_A.csv", 0.50783)


@dataclass(frozen=True)
class StreetView:
    """The three parts, and the form of an answer.

    train, val : :class:`Part` with boxes
    test : :class:`Part` without
    sample : DataFrame (N, 2), text columns file_name and file_code, a row a test image: an
        answer in the competition's form, all of it wrong
    source : "stand-in" (drawn here) or "tianchi" (the competition's own files)
    """

    train: object
    val: object
    test: object
    sample: object
    source: str


class Part:
    """Images in a fixed order, drawn or read when asked for; works as a PyTorch data set.

    ``part[i]`` → (image, boxes): an RGB ``PIL.Image`` and an (n, 5) float array, a row a digit
    with the columns :data:`BOX` (``None`` in a part without annotations).

    Attributes
    ----------
    names : list of N file names, "000000.png" …
    sizes : (N, 2) int array, width and height of each image
    boxes : DataFrame with a row a digit: image (position in the part), then :data:`BOX`
    numbers : list of N texts, the digits in the order of the annotation: "05" is not "5"
    """

    def __init__(self, names, reader, annotated=True):
        self.names, self._reader, self._annotated = list(names), reader, annotated

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        return self.image(i), self.boxes_of(i)

    def image(self, i):
        """Image i as a ``PIL.Image`` in RGB."""
        return self._reader.image(self._place(i))

    def boxes_of(self, i):
        """(n, 5) float array of image i, or None."""
        return self._reader.boxes(self._place(i)) if self._annotated else None

    @cached_property
    def sizes(self):
        return np.array([self._reader.size(i) for i in range(len(self))]).reshape(-1, 2)

    @cached_property
    def boxes(self):
        import pandas as pd

        self._need_annotations()
        rows = [self._reader.boxes(i) for i in range(len(self))]
        table = pd.DataFrame(np.concatenate(rows) if rows else np.empty((0, 5)), columns=BOX)
        table["label"] = table["label"].astype(int)
        table.insert(0, "image", np.repeat(np.arange(len(rows)), [len(r) for r in rows]))
        return table

    @cached_property
    def numbers(self):
        self._need_annotations()
        return ["".join(str(int(d)) for d in self._reader.boxes(i)[:, 0]) for i in range(len(self))]

    def first(self, n):
        """A part of the first n images (all of them where n is None)."""
        return self if n is None else Part(self.names[:n], self._reader, self._annotated)

    def _need_annotations(self):
        if not self._annotated:
            raise DataError("this part has no annotations: what its images show is for you to "
                            "find out. train and val have boxes and numbers.")

    def _place(self, i):
        if not -len(self) <= i < len(self):
            raise IndexError(f"image {i} of {len(self)}")
        return int(i) % len(self)


def load(source=None, *, n_train=None, n_val=None, n_test=None, max_height=None,
         shifted_val=False):
    """Load the street-view numbers and print one line that says what they are.

    Parameters
    ----------
    source : "embedded", "full" or None
        None takes ``DLROADMAP_DATA``, and "embedded" where that is not set.
    n_train, n_val, n_test : int or None
        Only the first n images of a part; None: all real ones, or :data:`STAND_IN_SIZES`. The
        stand-in draws as many as you ask for.
    max_height : int or None
        Shrink higher images to this height in pixels, and their boxes with them. For speed.
    shifted_val : bool
        Stand-in only: draw ``val`` with the published statistics of the real ``val``.

    Returns
    -------
    StreetView

    Raises
    ------
    DataError
        An unknown source; with "full", a file that is missing, damaged or not the right one.
    ValueError
        A size below 1.
    """
    asked = {"train": n_train, "val": n_val, "test": n_test}
    for name, value in [*((f"n_{k}", v) for k, v in asked.items()), ("max_height", max_height)]:
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    if choose(source) == "full":
        parts = {part: _real(part, max_height).first(n) for part, n in asked.items()}
        sample = _sample(parts["test"].names)
        announce("Street view", "tianchi", "the competition's own files, " + _counts(parts))
        return StreetView(**parts, sample=sample, source="tianchi")
    parts = {part: Part([f"{i:06d}.png" for i in range(n or STAND_IN_SIZES[part])],
                        _Drawn(part, max_height, shifted_val and part == "val"), part != "test")
             for part, n in asked.items()}
    announce("Street view", "stand-in", f"drawn here with the published statistics, "
             f"{_counts(parts)} A score on it is not a score on the competition.")
    return StreetView(**parts, sample=submission(parts["test"].names, ["0"] * len(parts["test"])),
                      source="stand-in")


def _counts(parts):
    train, val, test = (f"{len(part):,}" for part in parts.values())
    return f"{train} training, {val} validation and {test} test images."


def read(folder, part="train", max_height=None):
    """Images and annotations in the competition's form from a folder of your own.

    Parameters
    ----------
    folder : path
        Holds ``mchar_train`` (or ``mchar_train.zip``) and ``mchar_train.json``; for "test" the
        images of ``mchar_test_a`` alone. Any number of images will do.
    part : "train", "val" or "test"
    max_height : as in :func:`load`

    Returns
    -------
    Part

    Raises
    ------
    DataError
        Names the file, the image and what is wrong with it.
    """
    if part not in FOLDERS:
        raise ValueError(f"part is {part!r}; it can be {', '.join(map(repr, FOLDERS))}")
    folder, name = Path(folder), FOLDERS[part]
    place = folder / name if (folder / name).is_dir() else folder / f"{name}.zip"
    images = _Images(place)
    if part == "test":
        return Part(images.names(), _Files(images, None, max_height), annotated=False)
    annotations = _annotations(folder / f"{name}.json")
    missing = sorted(set(annotations) - set(images.names()))
    if missing:
        raise DataError(f"{place} lacks {len(missing)} of the {len(annotations)} images that "
                        f"{name}.json names, the first is {missing[0]}. Unpack or fetch it again.")
    names = sorted(annotations)
    return Part(names, _Files(images, [annotations[n] for n in names], max_height, names))


def _real(part, max_height):
    """A part of the competition's own files, fetched where they are not there."""
    folder = cache_folder() / SUBFOLDER
    if not (folder / FOLDERS[part]).is_dir():
        fetch(IMAGES[part], SUBFOLDER)
    if part in ANNOTATIONS:
        fetch(ANNOTATIONS[part], SUBFOLDER)
    found = read(folder, part, max_height)
    if len(found) != REAL_SIZES[part]:
        raise DataError(f"{folder / FOLDERS[part]} holds {len(found):,} images, expected "
                        f"{REAL_SIZES[part]:,}: it is not complete. Move it away and run this "
                        f"again to fetch {IMAGES[part].name} from {IMAGES[part].url}.")
    return found


def _sample(names):
    """The competition's own sample submission, its first rows where less was asked for."""
    return check_submission(_read_submission(fetch(SAMPLE, SUBFOLDER)).iloc[:len(names)], names)


class _Drawn:
    """Draws the stand-in's images; keeps what it has drawn, up to half a gigabyte."""

    KEEP = 2**29

    def __init__(self, part, max_height, shifted):
        self.part, self.max_height, self.shifted = part, max_height, shifted
        self._kept, self._bytes = {}, 0

    def _drawn(self, i):
        if i not in self._kept:
            pixels, boxes = draw(self.part, i, self.max_height, self.shifted)
            if self._bytes + pixels.nbytes > self.KEEP:
                return pixels, boxes
            self._kept[i] = pixels, boxes
            self._bytes += pixels.nbytes
        return self._kept[i]

    def image(self, i):
        from PIL import Image

        return Image.fromarray(self._drawn(i)[0])

    def size(self, i):
        height, width = self._drawn(i)[0].shape[:2]
        return width, height

    def boxes(self, i):
        return self._drawn(i)[1].astype(float)

    def __getstate__(self):  # a worker process draws its own
        return self.__dict__ | {"_kept": {}, "_bytes": 0}


class _Images:
    """The images of a folder or of a zip archive, which may hold them below a folder."""

    def __init__(self, place):
        self.place, self._zip, self._owner = Path(place), None, None
        try:
            if self.place.is_dir():
                self._paths = {p.name: p for p in self.place.iterdir()
                               if p.suffix.lower() == ".png" and not p.name.startswith(".")}
            else:
                with zipfile.ZipFile(self.place) as archive:
                    inside = [n for n in archive.namelist() if n.lower().endswith(".png")]
                self._paths = {n.rsplit("/", 1)[-1]: n for n in inside if "__MACOSX" not in n}
        except FileNotFoundError:
            raise DataError(f"neither the folder {self.place.with_suffix('')} nor "
                            f"{self.place} is there. Put one of them there.") from None
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{self.place} cannot be read ({error}). Fetch or unpack it "
                            "again.") from error
        if not self._paths:
            raise DataError(f"{self.place} holds no .png image.")

    def names(self):
        return sorted(self._paths)

    def open(self, name):
        """A ``PIL.Image`` whose size is known and whose pixels are not read yet."""
        from PIL import Image, UnidentifiedImageError

        try:
            return Image.open(io.BytesIO(self._bytes(name)))
        except (OSError, UnidentifiedImageError, zipfile.BadZipFile) as error:
            raise self._damaged(name, error) from error

    def pixels(self, name):
        """The whole image in RGB."""
        image = self.open(name)
        try:
            return image.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:  # Pillow's errors for a torn file
            raise self._damaged(name, error) from error

    def _damaged(self, name, error):
        return DataError(f"{name} in {self.place} is no readable image ({error}). Replace it, or "
                         "fetch or unpack the images again.")

    def _bytes(self, name):
        if self.place.is_dir():
            return self._paths[name].read_bytes()
        if self._zip is None or self._owner != os.getpid():  # a forked worker opens its own
            self._zip, self._owner = zipfile.ZipFile(self.place), os.getpid()
        return self._zip.read(self._paths[name])

    def __getstate__(self):
        return self.__dict__ | {"_zip": None, "_owner": None}


class _Files:
    """Reads real images; shrinks image and boxes together."""

    def __init__(self, images, boxes, max_height, names=None):
        self.images, self._boxes, self.max_height = images, boxes, max_height
        self.names = names or images.names()

    def image(self, i):
        from PIL import Image

        image = self.images.pixels(self.names[i])
        size = self._shrunk(*image.size)
        return image if size == image.size else image.resize(size, Image.Resampling.BOX)

    def size(self, i):
        return self._shrunk(*self.images.open(self.names[i]).size)

    def boxes(self, i):
        boxes = self._boxes[i].copy()
        if self.max_height:
            before = self.images.open(self.names[i]).size
            after = self._shrunk(*before)
            boxes[:, 1:] *= np.tile(np.divide(after, before), 2)
        return boxes

    def _shrunk(self, width, height):
        if not self.max_height or height <= self.max_height:
            return width, height
        return max(1, round(width * self.max_height / height)), self.max_height


def _annotations(path):
    """File name → (n, 5) float array; each way an annotation can be wrong has its sentence."""
    try:
        table = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}). It belongs beside "
                        "the images.") from error
    except ValueError as error:
        raise DataError(f"{path} is no JSON file, or it is cut short ({error}).") from error
    if not isinstance(table, dict) or not table:
        raise DataError(f"{path} must hold an object: file name → label, left, top, width, height.")
    return {name: _boxes(entry, f"{path}, {name}") for name, entry in table.items()}


def _boxes(entry, where):
    missing = [key for key in BOX if not isinstance(entry, dict) or key not in entry]
    if missing:
        raise DataError(f"{where}: {', '.join(missing)} missing; an image needs "
                        f"{', '.join(BOX)}.")
    lengths = {key: len(np.atleast_1d(entry[key])) for key in BOX}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise DataError(f"{where}: lists of different lengths, or empty ones "
                        f"({', '.join(f'{k} {n}' for k, n in lengths.items())}).")
    try:
        boxes = np.array([np.atleast_1d(entry[key]) for key in BOX], float).T
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: a value is no number ({error}).") from None
    label, size = boxes[:, 0], boxes[:, 3:]
    if not np.isfinite(boxes).all() or not np.isin(label, np.arange(10)).all():
        bad = label[~np.isin(label, np.arange(10))]
        raise DataError(f"{where}: " + (f"label {bad[0]:g} is no digit from 0 to 9 (SVHN's own "
                        "files write 10 for 0)." if len(bad) else "a value is not finite."))
    if (size <= 0).any():
        raise DataError(f"{where}: a box without width or height.")
    return boxes


def clip(boxes, width, height):
    """Cut boxes at the image's edge.

    Parameters
    ----------
    boxes : (n, 5) array with the columns :data:`BOX`, pixels
    width, height : of the image, pixels

    Returns
    -------
    (n, 5) float array. A box wholly outside has width or height 0.
    """
    boxes = np.array(boxes, float)
    left, top = np.clip(boxes[:, 1], 0, width), np.clip(boxes[:, 2], 0, height)
    right = np.clip(boxes[:, 1] + boxes[:, 3], 0, width)
    bottom = np.clip(boxes[:, 2] + boxes[:, 4], 0, height)
    return np.column_stack([boxes[:, 0], left, top, right - left, bottom - top])


def submission(names, numbers):
    """The competition's table from N file names and N numbers (texts such as "05").

    Returns
    -------
    DataFrame (N, 2), text columns file_name and file_code, sorted by file name, checked by
    :func:`check_submission`. Write it with ``to_csv("submission.csv", index=False)``.
    """
    import pandas as pd

    names, numbers = list(names), list(numbers)
    if len(names) != len(numbers):
        raise DataError(f"{len(names)} file names, but {len(numbers)} numbers.")
    table = pd.DataFrame({"file_name": names, "file_code": numbers}, dtype=object)
    return check_submission(table.sort_values("file_name", ignore_index=True), names)


def check_submission(table, names):
    """Check an answer before it is sent.

    Parameters
    ----------
    table : DataFrame, or the path of a .csv file
    names : file names of the test images

    Returns
    -------
    The table as a DataFrame of texts.

    Raises
    ------
    DataError
        Names the line of the file (the header is line 1) and what is wrong with it.
    """
    import pandas as pd

    table = table if isinstance(table, pd.DataFrame) else _read_submission(table)
    if list(table.columns) != ["file_name", "file_code"]:
        raise DataError(f"the columns are {', '.join(map(str, table.columns))}; they must be "
                        "file_name, file_code (write with index=False).")
    wanted, seen = set(names), set()
    rows = zip(table["file_name"], table["file_code"], strict=True)
    for line, (name, code) in enumerate(rows, 2):
        if name not in wanted:
            raise DataError(f"line {line}: {name!r} is no test image.")
        if name in seen:
            raise DataError(f"line {line}: {name} stands there twice.")
        if not isinstance(code, str):
            raise DataError(f"line {line}: the number {code!r} is not a text; as a number, 05 "
                            "would become 5, and an empty one NaN. Use texts.")
        if not (code.isascii() and code.isdigit() and len(code) <= MAX_DIGITS):
            raise DataError(f"line {line}: {code!r} is not a number of 1 to {MAX_DIGITS} digits. "
                            "An image without a reading still needs a guess.")
        seen.add(name)
    if wanted - seen:
        raise DataError(f"{len(wanted - seen)} of {len(wanted)} test images have no row, the "
                        f"first is {min(wanted - seen)}.")
    return table.reset_index(drop=True)


def _read_submission(path):
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a table ({error}).") from error
    return table.astype(object)


def results(name):
    """A table that a script under ``benchmarks/`` measured on this data.

    Parameters
    ----------
    name : "street_transfer", "street_tuning" or "street_ensemble"

    Returns
    -------
    DataFrame, as the script wrote it; its command, date and machine stand in the first lines of
    the file ``dlroadmap/assets/<name>.csv``.
    """
    import pandas as pd

    return pd.read_csv(Path(__file__).parent.parent / "assets" / f"{name}.csv", comment="#")
