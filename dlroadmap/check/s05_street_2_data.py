"""Checks of lesson 05/street_2, Reading and augmenting.

The oracle of the boxes is the definition, pixel by pixel; of the labels, a loop over characters;
of standardising, NumPy image by image; of the folder, pictures written into a temporary one.
"""

import tempfile
from pathlib import Path

import numpy as np

from dlroadmap.check._frame import Wrong, attempt, call, exercise, same

# --- boxes --------------------------------------------------------------------------------


def _touched(start, size, length):
    """First pixel and one past the last that start … start + size touches, by looking at each.

    Pixel k covers k … k + 1. For a box outside, both are the edge that it lies beyond.
    """
    pixels = [k for k in range(length) if k + 1 > start and k < start + size]
    edge = 0 if start + size <= 0 else length
    return (pixels[0], pixels[-1] + 1) if pixels else (edge, edge)


def _cut(
    box,
    width,
    height,
    *,
    up=True,
    first=False,
    edge=0,
    swap=False,
    ends=True,
    low=True,
    high=True,
    near=False,
):
    """The four numbers that a learner's mistake would give."""
    answer = []
    limits = (height, width) if swap else (width, height)
    for start, size, limit in zip(box[:2], box[2:], limits, strict=True):
        begin = round(start) if near else int(np.floor(start))
        stop = start + size if ends else size
        if first:
            stop = min(max(start, 0), limit) + size
        stop = round(stop) if near else int(np.ceil(stop)) if up else int(np.floor(stop))
        begin, stop = (
            min(max(v, 0 if low else v), limit - edge if high else max(v, limit))
            for v in (begin, stop)
        )
        answer.append((begin, stop))
    return answer[0][0], answer[1][0], answer[0][1], answer[1][1]


_BOX_MISTAKES = [
    ({"ends": False}, "The right edge is left + width, the lower edge top + height."),
    (
        {"first": True},
        "The left edge was cut first and the width added then, so that the right "
        "edge moved. Compute both edges first, cut them afterwards.",
    ),
    (
        {"swap": True},
        "Width and height of the image have changed places: left and right lie "
        "between 0 and the image's width.",
    ),
    (
        {"edge": 1},
        "The last pixel is lost: right may be as large as the image's width, because a "
        "slice ends before its end.",
    ),
    ({"low": False}, "A negative start is not cut at 0. NumPy would count it from the other end."),
    ({"high": False}, "An edge beyond the image is not cut at its width or height."),
    (
        {"up": False},
        "The right and lower edge are rounded down: the box loses a pixel that it "
        "touches. Round them up.",
    ),
    (
        {"near": True},
        "The edges are rounded to the nearest pixel: the box loses pixels that it "
        "touches. Round left and top down, right and bottom up.",
    ),
]


@exercise
def clip_box(candidate):
    cases = [
        ((3, 2, 5, 4), 20, 10),
        ((-4, 2, 9, 5), 20, 10),
        ((14, -3, 9, 30), 20, 10),
        ((2.4, 1.6, 5.2, 3.1), 12, 9),
        ((-2.5, -0.5, 4.25, 3.75), 7, 11),
        ((0, 0, 6, 8), 6, 8),
        ((5.5, 7.25, 0.5, 0.75), 6, 8),
        ((-9, 3, 4, 2), 6, 8),
        ((2, 11, 3, 4), 6, 8),
    ]
    answers = []
    for box, width, height in cases:
        about = _about_box(box, width, height)
        # Rows of a table of boxes arrive as float arrays, lists of the annotation as whole numbers.
        answer = call(candidate, np.array(box, float), width, height, about=about)
        if answer is None:
            raise Wrong(f"with {about} it returned None: is the return line missing?")
        if not isinstance(answer, tuple | list) or len(answer) != 4:
            raise Wrong(
                f"with {about} it returned {answer!r}: four whole numbers were asked for, "
                "left, top, right, bottom."
            )
        if not all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in answer):
            raise Wrong(
                f"with {about} it returned {_plain(answer)}: an array can only be cut at "
                "whole numbers, int(…)."
            )
        answers.append(tuple(int(v) for v in answer))
    for (box, width, height), answer in zip(cases, answers, strict=True):
        (left, right), (top, bottom) = (
            _touched(box[0], box[2], width),
            _touched(box[1], box[3], height),
        )
        if answer == (left, top, right, bottom):
            continue
        hint = next(
            (
                sentence
                for options, sentence in _BOX_MISTAKES
                if all(_cut(*case, **options) == a for case, a in zip(cases, answers, strict=True))
            ),
            "",
        )
        if not hint and answer == (left, top, right - left, bottom - top):
            hint = "Those are width and height of the cut box; right and bottom were asked for."
        if not hint and answer == (left, right, top, bottom):
            hint = "The order is left, top, right, bottom."
        raise Wrong(
            f"with {_about_box(box, width, height)} it returned {answer}, expected "
            f"{(left, top, right, bottom)}. {hint}".rstrip()
        )
    if tuple(call(candidate, [-4, 2, 9, 5], 20, 10, about="a list of whole numbers")) != (
        0,
        2,
        5,
        7,
    ):
        raise Wrong("with the box [-4, 2, 9, 5] as a list the answer is another than as an array.")
    return (
        f"{len(cases)} boxes against a loop over pixels: inside, over each edge, with "
        "fractions, the whole image, outside"
    )


def _about_box(box, width, height):
    return f"the box {box} in an image {width} wide and {height} high"


def _plain(values):
    return "(" + ", ".join(f"{v:g}" if isinstance(v, float) else repr(v) for v in values) + ")"


# --- labels -------------------------------------------------------------------------------


@exercise
def pad_label(candidate):
    import torch

    for number, length in [("143", 6), ("05", 6), ("7", 3), ("100200", 6), ("60", 2), ("0", 1)]:
        about = f"number {number!r}, length {length}"
        hints = [
            (IndexError, "", "Is a label given more places than it has?"),
            (ValueError, "", f"{len(number)} digits fit into {length} places."),
        ]
        got = call(candidate, number, length, about=about, hints=hints)
        if got is None:
            raise Wrong(f"with {about} it returned None: is the return line missing?")
        if not isinstance(got, torch.Tensor):
            raise Wrong(
                f"with {about} it returned {type(got).__name__}; a torch tensor was asked "
                "for, torch.tensor(…)."
            )
        want = np.full(length, 10)
        for k, character in enumerate(number):
            want[k] = "0123456789".index(character)
        if got.shape != (length,):
            raise Wrong(
                f"with {about} the label has shape {tuple(got.shape)}, expected "
                f"({length},)."
                + (
                    " The free places are missing: all labels of a batch need one length."
                    if len(got) == len(number)
                    else " A number without its last digits is another number."
                    if got.numel() < len(number)
                    else ""
                )
            )
        if got.dtype != torch.int64:
            raise Wrong(
                f"with {about} the label has dtype {got.dtype}; the cross entropy wants "
                "class numbers as torch.int64, the dtype of torch.tensor of whole numbers."
            )
        if got.tolist() != want.tolist():
            raise Wrong(
                f"with {about} the label is {got.tolist()}, expected {want.tolist()}. "
                f"{_label_hint(got.tolist(), number, length)}".rstrip()
            )
    for number, length in [("143", 2), ("1234567", 6)]:
        about = f"number {number!r}, length {length}"
        try:
            got = candidate(number, length)
        except ValueError:
            continue
        except NotImplementedError:
            raise
        except Exception as error:
            raise Wrong(
                f"with {about} it stopped with {type(error).__name__}; a ValueError was "
                "asked for, so that the caller can tell what happened."
            ) from error
        raise Wrong(
            f"with {about} it returned {got!r}: a number that does not fit must raise a "
            "ValueError, or the network learns a wrong answer."
        )
    return "6 numbers, with a zero in front, with no free place, with many; 2 that do not fit"


def _label_hint(got, number, length):
    digits = [int(c) for c in number]
    free = length - len(digits)
    if got == digits + [0] * free:
        return 'The free places hold 0, and 0 is a digit: "no digit here" is class 10.'
    if got == [10] * free + digits:
        return "The free places stand in front; they follow the digits."
    if set(got[len(digits) :]) <= {-1, 11, -100}:
        return '"No digit here" is class 10, the eleventh of the classes 0 to 10.'
    if number[0] == "0" and got == [int(c) for c in str(int(number))] + [10] * (free + 1):
        return 'The zero in front is lost: int("05") is 5. Take the characters one by one.'
    if got == digits[::-1] + [10] * free:
        return "The digits stand in reverse order."
    if len(got) == length and [v - 48 for v in got[: len(digits)]] == digits:
        return "Those are character codes (ord); use int(character)."
    return ""


# --- pixels -------------------------------------------------------------------------------


@exercise
def standardise(candidate):
    import torch

    rng = np.random.default_rng(3)
    flat = np.full((2, 1, 4, 5), 7)
    flat[1] = rng.integers(0, 9, (1, 4, 5))
    spread = np.array([1, 20, 6, 3]).reshape(4, 1, 1, 1)
    cases = [
        ("(3, 3, 6, 4)", rng.integers(0, 255, (3, 3, 6, 4)) // np.array([1, 2, 5])[:, None, None]),
        ("(4, 1, 5, 7)", (rng.integers(0, 12, (4, 1, 5, 7)) * spread).astype(np.uint8)),
        ("(1, 3, 8, 8)", rng.integers(90, 255, (1, 3, 8, 8))),
        ("(2, 1, 4, 5), the first picture one grey", flat),
    ]
    for shape, pixels in cases:
        given = torch.from_numpy(pixels.astype(np.uint8))
        _standardised(candidate, given, pixels, f"uint8 pixels {shape}")
    wide = torch.from_numpy(cases[0][1].astype(np.float32)).transpose(2, 3)
    _standardised(candidate, wide, wide.numpy(), "float32 pixels (3, 3, 4, 6), a strided view")
    return (
        "5 batches against NumPy, picture by picture: grey and colour, one all of one grey, a view"
    )


_STANDARD_HINTS = [
    (
        RuntimeError,
        "mean(): could not infer output dtype",
        "A mean of whole numbers is not defined: make them float first, pixels.float().",
    ),
    (
        RuntimeError,
        "std and var only support",
        "A standard deviation of whole numbers is not defined: pixels.float() first.",
    ),
    (
        RuntimeError,
        "must match the size",
        "keepdim=True keeps the axes that were averaged, so that the shapes fit.",
    ),
]


def _standardised(candidate, given, pixels, about):
    import torch

    got = call(candidate, given, about=about, hints=_STANDARD_HINTS)
    if got is None:
        raise Wrong(f"with {about} it returned None: is the return line missing?")
    if isinstance(got, torch.Tensor) and got.isnan().any():
        raise Wrong(
            f"with {about} the result has NaN: a picture of one grey has the standard "
            "deviation 0; add 1e-3 before you divide."
        )
    x = pixels.astype(np.float64)

    def by(axes, eps=1e-3, ddof=1, centre=None, each=None):
        mean = x.mean(axis=axes if centre is None else centre, keepdims=True)
        return (x - mean) / (
            x.std(axis=axes if each is None else each, ddof=ddof, keepdims=True) + eps
        )

    def flat(function):  # the frame compares and shows two axes well
        value = function() if callable(function) else function
        return value.reshape(len(x), -1)

    picture = (1, 2, 3)
    wants = [by(picture), by(picture, ddof=0)]  # torch divides by n - 1, NumPy by n: both will do
    right = torch.from_numpy(wants[0].astype(np.float32))
    if not isinstance(got, torch.Tensor) or got.shape != x.shape:
        same("the result", got, right, about=about)
    if got.dtype != torch.float32:
        raise Wrong(
            f"with {about} the result has dtype {got.dtype}; networks compute in torch.float32."
        )
    if any(np.allclose(got.numpy(), want, rtol=1e-4, atol=1e-4) for want in wants):
        return
    mean = x.mean(axis=picture, keepdims=True)
    std = x.std(axis=picture, ddof=1, keepdims=True)
    mistakes = [
        (
            by((0, 1, 2, 3)),
            "Mean and deviation are those of the whole batch: each picture needs its own, or its "
            "neighbours decide what it looks like.",
        ),
        (by((0, 2, 3)), "Mean and deviation are those of each channel over the batch."),
        (
            by((2, 3)),
            "Mean and deviation are those of each channel alone: red, green and blue of a picture "
            "share one, or the colours are lost.",
        ),
        (x - mean, "The division by the standard deviation is missing."),
        (x / (std + 1e-3), "The mean is not subtracted."),
        (x / 255, "That is a division by 255; mean and deviation of each picture were asked for."),
        (
            (x - mean) / (std**2 + 1e-3),
            "It is divided by the variance, not by its root, the standard deviation.",
        ),
        (
            by(picture, eps=0) if std.all() else x,
            "The 1e-3 beside the standard deviation is missing: a picture of one single grey "
            "would be divided by 0.",
        ),
        (by(picture, centre=(0, 1, 2, 3)), "The mean is that of the whole batch."),
        (by(picture, each=(0, 1, 2, 3)), "The standard deviation is that of the whole batch."),
    ]
    rows = len(x)  # the frame compares and shows two axes well
    same(
        "the result, a row a picture,",
        got.reshape(rows, -1),
        right.reshape(rows, -1),
        about=about,
        rtol=1e-4,
        atol=1e-4,
        mistakes=[(value.reshape(rows, -1), text) for value, text in mistakes],
    )


# --- a folder -----------------------------------------------------------------------------


def _painted(width, height, seed):
    """A picture whose four corners can be told apart."""
    from PIL import Image

    small = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.NEAREST)


def _write(folder):
    """Pictures of several sizes, modes and endings → name → the RGB picture that is expected."""
    from PIL import Image

    see_through = _painted(9, 7, 3).convert("RGBA")
    lying = _painted(12, 8, 4)
    tag = Image.Exif()
    tag[0x0112] = 6  # "turn me by 90 degrees clockwise"
    pictures = {
        "b.png": _painted(8, 6, 1),
        "a10.png": _painted(5, 9, 2).convert("L"),
        "C.PNG": see_through,
        "palette.png": _painted(6, 6, 5).quantize(4),
    }
    for name, picture in pictures.items():
        picture.save(folder / name)
    lying.save(folder / "a2.jpg", quality=95, subsampling=0, exif=tag)
    _painted(16, 16, 6).save(folder / "d.JPEG", quality=95, subsampling=0)
    _painted(11, 8, 7).save(folder / "e.jpg", quality=95, subsampling=0)
    (folder / "notes.txt").write_text("no picture")
    (folder / "album").mkdir()
    want = {name: picture.convert("RGB") for name, picture in pictures.items()}
    want["a2.jpg"] = lying.transpose(Image.Transpose.ROTATE_270)
    want["d.JPEG"], want["e.jpg"] = _painted(16, 16, 6), _painted(11, 8, 7)
    return want


@exercise
def PhotoFolder(candidate):
    from torch.utils.data import Dataset

    if not (isinstance(candidate, type) and issubclass(candidate, Dataset)):
        raise Wrong("it must be a class, class PhotoFolder(Dataset): DataLoader asks for one.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        want = _write(folder)
        about = f"a folder with {', '.join(sorted(want))}, notes.txt and a subfolder"
        photos = attempt(candidate, folder, about=about)
        count = attempt(len, photos, about=about)
        if count != len(want):
            raise Wrong(
                f"with {about} its length is {count}, expected {len(want)}."
                + _count_hint(count, want)
            )
        names = [_item(photos, k, about)[1] for k in range(count)]
        if names != sorted(want):
            raise Wrong(
                f"with {about} the names are {names}, expected {sorted(want)}. "
                + (
                    "Give the file name alone, path.name."
                    if any("/" in n or "\\" in n for n in names)
                    else "Sort them: the order in which a folder lists its files differs from "
                    "machine to machine."
                    if sorted(names) == sorted(want)
                    else ""
                ).rstrip()
            )
        for k, name in enumerate(names):
            _same_picture(_item(photos, k, about)[0], want[name], name)
        if len(attempt(candidate, str(folder), about="the folder as a text")) != len(want):
            raise Wrong("with the folder as a text, not a Path, its length is another.")
        _refuses(candidate, folder)
    return (
        "7 pictures of different sizes: grey, see-through, with a palette, lying on their "
        "side, endings in capitals; a torn one, a text with a picture's ending, an empty folder"
    )


def _count_hint(count, want):
    capitals = sum(not name.endswith((".png", ".jpg", ".jpeg")) for name in want)
    pngs = sum(name.lower().endswith(".png") for name in want)
    jpgs = sum(name.lower().endswith((".png", ".jpg")) for name in want)
    if count == len(want) + 1 or count == len(want) + 2:
        return " Only files that end in .png, .jpg or .jpeg are pictures."
    if count == len(want) - capitals:
        return " Endings may be written in capitals: compare path.suffix.lower()."
    if count == pngs:
        return " .jpg and .jpeg are pictures too."
    return " .jpeg is a picture too." if count == jpgs else ""


def _item(photos, k, about):
    item = attempt(photos.__getitem__, k, about=f"{about}, item {k},")
    if item is None:
        raise Wrong(f"with {about} item {k} is None: is the return line missing?")
    if not isinstance(item, tuple) or len(item) != 2:
        raise Wrong(
            f"with {about} item {k} is {type(item).__name__}; two things were asked for, "
            "(image, name)."
        )
    image, name = item
    if not isinstance(name, str):
        raise Wrong(
            f"with {about} the name of item {k} is {type(name).__name__}; a text was asked "
            "for, path.name."
        )
    return image, name


def _same_picture(got, want, name):
    from PIL import Image

    if not isinstance(got, Image.Image):
        raise Wrong(f"{name} came as {type(got).__name__}; a PIL image was asked for.")
    if got.mode != "RGB":
        raise Wrong(
            f'{name} came in mode {got.mode!r}: .convert("RGB") makes every picture '
            "three channels, or a batch of them cannot be stacked."
        )
    if got.size != want.size:
        raise Wrong(
            f"{name} came {got.size[0]} × {got.size[1]}, expected {want.size[0]} × "
            f"{want.size[1]}."
            + (
                " The phone noted that it lies on its side: "
                "ImageOps.exif_transpose(image) turns it upright."
                if got.size == want.size[::-1]
                else " Leave the size as it is."
            )
        )
    gap = np.abs(np.asarray(got, float) - np.asarray(want, float)).mean()
    if gap > 12:  # JPEG changes a grey value by a few
        values = np.asarray(want, float)
        turned = {
            "upside down": values[::-1, ::-1],
            "mirrored": values[:, ::-1],
            "with red and blue exchanged": values[..., ::-1],
        }
        how = next(
            (
                text
                for text, other in turned.items()
                if np.abs(np.asarray(got, float) - other).mean() < 12
            ),
            "not as it was written",
        )
        raise Wrong(f"{name} came {how}; grey values differ by {gap:.0f} on average.")


def _refuses(candidate, folder):
    """A damaged file and a folder without pictures must be named in a ValueError."""
    whole = (folder / "b.png").read_bytes()
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    from PIL import Image

    Image.fromarray(noise).save(folder / "torn.jpg")
    torn = (folder / "torn.jpg").read_bytes()
    (folder / "torn.jpg").unlink()
    for name, content in [
        ("zz_text.png", b"<html>not found</html>"),
        ("zz_torn.jpg", torn[: len(torn) // 2]),
    ]:
        (folder / name).write_bytes(content)
        what = f"{name}, which is " + ("a web page" if "text" in name else "cut short")
        photos = attempt(candidate, folder, about=f"a folder with {what}")
        _must_name(lambda photos=photos: photos[len(photos) - 1], name, f"with {what},")
        (folder / name).unlink()
    if (folder / "b.png").read_bytes() != whole:
        raise Wrong("a picture in the folder was changed; a data set only reads.")
    empty = folder / "album"
    _must_name(lambda: candidate(empty), "album", "with a folder without pictures")


def _must_name(action, name, about):
    try:
        action()
    except ValueError as error:
        if name not in str(error):
            raise Wrong(
                f"{about} the ValueError says {str(error)!r}: name the file or folder, "
                f"{name}, so that one can be found among thousands."
            ) from error
    except NotImplementedError:
        raise
    except Exception as error:
        raise Wrong(
            f"{about} it stopped with {type(error).__name__}: {error}; catch it and raise "
            f"a ValueError that names {name}.".replace("\n", " ")
        ) from error
    else:
        raise Wrong(
            f"{about} there was no error: a ValueError that names {name} was asked for, "
            "or training goes on with something else."
        )
