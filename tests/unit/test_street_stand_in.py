"""The drawn street-view numbers: the same every time, in form, and with the published statistics."""

from collections import Counter

import numpy as np
import pytest

from dlroadmap.data._street_stand_in import (
    _MASTER,
    FACES,
    PUBLISHED,
    QUANTILES,
    _glyph,
    _stroke_glyph,
    draw,
)

TRAIN, VAL = PUBLISHED["train"], PUBLISHED["val"]
N = 600


@pytest.fixture(scope="module")
def images():
    """The first 600 training images in full size."""
    return [draw("train", i) for i in range(N)]


@pytest.fixture(scope="module")
def shifted():
    """200 validation images with the statistics of the real val, in full size."""
    return [draw("val", i, shifted=True) for i in range(200)]


def columns(images):
    """What the published tables hold, per image and per box."""
    boxes = [b for _, b in images]
    shape = np.array([p.shape for p, _ in images])
    every = np.concatenate(boxes)
    span = np.array([(b[:, 1] + b[:, 3]).max() - b[:, 1].min() for b in boxes])
    tall = np.repeat(shape[:, 0], [len(b) for b in boxes])
    return {
        "width": shape[:, 1],
        "height": shape[:, 0],
        "aspect": shape[:, 1] / shape[:, 0],
        "box_height": every[:, 4],
        "box_width": every[:, 3],
        "box_aspect": every[:, 3] / every[:, 4],
        "height_ratio": every[:, 4] / tall,
        "number_ratio": span / shape[:, 1],
    }


# --- the same every time ------------------------------------------------------------------


def test_an_image_depends_on_its_part_and_index_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    keys = [(part, i) for part in ("train", "val", "test") for i in (0, 7)]
    first = {key: draw(*key, 64) for key in keys}
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    draw("val", 99)
    for key in reversed(keys):
        pixels, boxes = draw(*key, 64)
        assert (pixels == first[key][0]).all()
        assert (boxes == first[key][1]).all()
    assert len({pixels.tobytes() for pixels, _ in first.values()}) == len(keys)


def test_max_height_draws_the_same_image_smaller(images):
    smaller = 0
    for i in range(60):
        pixels, boxes = images[i]
        small, small_boxes = draw("train", i, 32)
        if len(pixels) <= 32:
            assert (pixels == small).all()
            assert (boxes == small_boxes).all()
            continue
        smaller += 1
        scale = np.array(small.shape[:2]) / pixels.shape[:2]
        assert len(small) == 32
        assert small.shape[1] == pytest.approx(pixels.shape[1] * scale[0], abs=0.51)
        assert (small_boxes[:, 0] == boxes[:, 0]).all()
        exact = boxes[:, 1:] * scale[[1, 0, 1, 0]]
        assert np.abs(small_boxes[:, 1:] - exact).max() <= 0.51 or small_boxes[:, 3:].min() == 1
        # Its pixels resemble: the same scene under the same light.
        assert small.mean() == pytest.approx(pixels.mean(), abs=6)
    assert smaller > 30


def test_images_differ_in_the_shifted_world():
    assert draw("val", 3)[0].shape != draw("val", 3, shifted=True)[0].shape


# --- form ----------------------------------------------------------------------------------


def test_the_form_of_an_image(images, shifted):
    for pixels, boxes in images + shifted:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert boxes.dtype == np.int64
        assert boxes.shape[1] == 5
        assert 1 <= len(boxes) <= 6
        assert boxes[:, 0].min() >= 0
        assert boxes[:, 0].max() <= 9
        assert boxes[:, 3:].min() >= 1
    assert np.mean([(np.diff(b[:, 1]) < 0).any() for _, b in images]) < 0.01  # left to right
    assert images[0][0].flags.writeable


def test_boxes_stay_near_their_image(images):
    outside = 0
    for pixels, boxes in images:
        h, w = pixels.shape[:2]
        _, left, top, wide, high = boxes.T
        assert ((left + wide / 2 > 0) & (left + wide / 2 < w)).all()
        assert ((top + high / 2 > 0) & (top + high / 2 < h)).all()
        outside += bool(
            min(left.min(), top.min()) < 0 or (left + wide).max() > w or (top + high).max() > h
        )
    assert outside < 0.08 * N


def test_boxes_hold_ink(images):
    """There is more contrast inside the boxes than in as many strips of the image's rim."""
    inside, rim = [], []
    for pixels, boxes in images[:300]:
        grey = pixels.mean(2)
        _, x, y, w, h = np.maximum(boxes[0], 0)
        inside.append(grey[y : y + h, x : x + w].std())
        rim.append(grey[: max(2, len(grey) // 10)].std())
    assert np.median(inside) > 1.3 * np.median(rim)


@pytest.mark.parametrize("face", sorted(FACES))
def test_faces_have_ten_different_digits(face):
    masks = [np.asarray(_glyph(face, str(d), 0.0)) for d in range(10)]
    assert {len(m) for m in masks} == {_MASTER}
    assert len({m.tobytes() for m in masks}) == 10
    assert all(m.max() > 250 and 0.1 < (m > 127).mean() < 0.9 for m in masks[2:])


def test_strokes_can_be_thick_or_thin():
    rng = np.random.default_rng(0)
    for digit in range(10):
        for way in (0.0, 0.5, 0.99):
            thin, thick = (np.asarray(_stroke_glyph(rng, digit, way, w, 0.5)) for w in (0.09, 0.24))
            assert len(thin) == len(thick) == _MASTER
            assert (thin > 127).sum() < (thick > 127).sum()


# --- statistics ----------------------------------------------------------------------------


@pytest.mark.parametrize("table", PUBLISHED.values(), ids=PUBLISHED)
def test_the_published_tables_are_tables(table):
    for key in ("digits", "digit", "first"):
        assert sum(table[key]) == pytest.approx(1, abs=2e-3)
    for key in (
        "width",
        "height",
        "aspect",
        "box_height",
        "box_width",
        "box_aspect",
        "height_ratio",
        "number_ratio",
    ):
        assert len(table[key]) == len(QUANTILES)
        assert (np.diff(table[key]) > 0).all()


def test_digits_have_their_shares(images):
    counts = Counter(len(b) for _, b in images)
    share = np.array([counts[n] for n in range(1, 7)]) / N
    assert np.abs(share - TRAIN["digits"]).max() < 0.05
    every = np.concatenate([b[:, 0] for _, b in images])
    assert np.abs(np.bincount(every, minlength=10) / len(every) - TRAIN["digit"]).max() < 0.03
    first = np.array([b[0, 0] for _, b in images if len(b) > 1])
    assert np.abs(np.bincount(first, minlength=10) / len(first) - TRAIN["first"]).max() < 0.05


# How far a quantile may be off, as a factor.
@pytest.mark.parametrize(("key", "middle", "ends"), [
    ("width", 1.12, 1.35), ("height", 1.12, 1.3), ("aspect", 1.05, 1.15),
    ("box_height", 1.12, 1.25), ("box_width", 1.15, 1.35), ("box_aspect", 1.1, 1.15),
    ("height_ratio", 1.1, 1.2), ("number_ratio", 1.12, 1.25),
])  # fmt: skip
def test_sizes_have_the_published_quantiles(images, key, middle, ends):
    found = np.quantile(columns(images)[key], (0.05, 0.25, 0.5, 0.75, 0.95))
    off = np.exp(np.abs(np.log(found / np.array(TRAIN[key][2:7]))))
    assert off[1:4].max() < middle, (found, TRAIN[key][2:7])
    assert off[[0, 4]].max() < ends, (found, TRAIN[key][2:7])


def test_the_shifted_world_has_the_statistics_of_the_real_val(shifted):
    found = columns(shifted)
    for key in ("width", "height", "aspect", "box_height", "height_ratio"):
        assert np.median(found[key]) == pytest.approx(VAL[key][4], rel=0.15), key
    assert np.mean([len(b) for _, b in shifted]) == pytest.approx(1.989, abs=0.15)


def test_pixels_have_the_published_brightness(images):
    mean = np.mean([p.mean((0, 1)) for p, _ in images], 0) / 255
    assert np.abs(mean - TRAIN["mean"]).max() < 0.06
    pixels = np.concatenate([p.reshape(-1, 3)[::19] for p, _ in images]) / 255
    assert np.abs(pixels.std(0) - TRAIN["std"]).max() < 0.05


# --- bad arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "message"), [
    (("training", 0), "part is 'training'; it can be 'train', 'val', 'test'"),
    (("train", -1), "index must be a whole number from 0, not -1"),
    (("train", 0.5), "index must be a whole number from 0, not 0.5"),
    (("train", 0, 0), "max_height must be at least 1 pixel, not 0"),
])  # fmt: skip
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)


@pytest.mark.parametrize("max_height", [1, 3, 12])
def test_tiny_images_can_be_drawn(max_height):
    for i in range(20):
        pixels, boxes = draw("test", i, max_height)
        assert len(pixels) == max_height
        assert boxes[:, 3:].min() >= 1
