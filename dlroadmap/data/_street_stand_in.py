"""Draws the stand-in of the street-view numbers: one image from (part, index) alone.

No pixel and no annotation of the competition is in here, only published statistics of its
annotations (:data:`PUBLISHED`) and a world that looks a little like it. The recipe:

1. *Lettering* (:func:`_lettering`). Digits of Matplotlib's own fonts or of strokes drawn here,
   condensed, thickened, bent, side by side on a flat panel one digit high.
2. *Layout* (:func:`_layout`). Box height, its ratio to the image height, and aspect by the tables.
3. *Geometry* (:func:`_view`). A perspective map carries the panel into the image; a box runs
   through the middles of the mapped sides of its digit.
4. *Scene* (:func:`_scene`). A wall, perhaps with bricks or a band, a plate, colours, shadows.
5. *Camera* (:func:`_camera`). Blur, uneven light, noise, JPEG.

Nothing that is decided about an image depends on its size in pixels, so that ``max_height`` draws
the same image, only smaller; the noise comes from a stream of its own.
"""

import io
import math
from collections import namedtuple
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

PARTS = {"train": 0, "val": 1, "test": 2}
SEED = 531795

#: The levels of the tables below: 0 is the minimum, 1 the maximum.
QUANTILES = (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)
#: Statistics of the real annotations (30,000 training and 10,000 validation images) and pixel
#: means of 256 images of each.
PUBLISHED = {
    "train": {
        "digits": (0.1545, 0.5421, 0.2604, 0.0427, 0.0003, 0.00003),
        "digit": (0.0676, 0.1892, 0.1449, 0.1157, 0.1022, 0.0935, 0.0782, 0.0765, 0.0686, 0.0637),
        "first": (0.0026, 0.2765, 0.1904, 0.1304, 0.1057, 0.0839, 0.0644, 0.0557, 0.0467, 0.0437),
        "width": (25, 39, 48, 72, 104, 158, 301, 410, 876),
        "height": (12, 16, 20, 33, 47, 71, 130, 184, 501),
        "aspect": (0.91, 1.54, 1.82, 2.06, 2.23, 2.43, 2.92, 3.50, 5.42),
        "box_height": (9, 12, 14, 21, 29, 41, 68, 98, 360),
        "box_width": (1, 4, 6, 10, 14, 21, 36, 54, 207),
        "box_aspect": (0.03, 0.21, 0.28, 0.40, 0.48, 0.58, 0.71, 0.85, 1.93),
        "height_ratio": (0.09, 0.21, 0.33, 0.54, 0.66, 0.75, 0.86, 0.93, 1.31),
        "number_ratio": (0.04, 0.09, 0.14, 0.22, 0.29, 0.36, 0.46, 0.55, 0.95),
        "mean": (0.424, 0.415, 0.408),
        "std": (0.206, 0.201, 0.203),
    },
    "val": {
        "digits": (0.1918, 0.6393, 0.1569, 0.0118, 0.0002, 0.0),
        "digit": (0.0683, 0.1948, 0.1609, 0.1113, 0.0980, 0.0901, 0.0763, 0.0757, 0.0634, 0.0612),
        "first": (0.0016, 0.2819, 0.2053, 0.1241, 0.0946, 0.0799, 0.0647, 0.0563, 0.0488, 0.0428),
        "width": (31, 49, 63, 94, 130, 208, 421, 632, 1083),
        "height": (13, 21, 27, 39, 53, 84, 175, 282, 516),
        "aspect": (1.09, 1.60, 1.88, 2.18, 2.39, 2.63, 3.41, 4.14, 6.06),
        "box_height": (10, 13, 15, 19, 24, 32, 54, 78, 208),
        "box_width": (3, 5, 7, 10, 13, 18, 31, 47, 133),
        "box_aspect": (0.10, 0.26, 0.33, 0.47, 0.56, 0.65, 0.80, 0.93, 1.82),
        "height_ratio": (0.07, 0.12, 0.18, 0.33, 0.47, 0.59, 0.72, 0.85, 1.0),
        "number_ratio": (0.02, 0.05, 0.07, 0.14, 0.20, 0.27, 0.37, 0.48, 1.0),
        "mean": (0.421, 0.412, 0.399),
        "std": (0.221, 0.220, 0.232),
    },
}

#: Fonts inside Matplotlib whose digits can be used; a line's number says how often each is.
FACES = {
    face: often
    for often, faces in (
        (0.5, "DejaVuSans-Oblique DejaVuSansMono-Oblique DejaVuSansMono-BoldOblique"),
        (0.6, "DejaVuSans-BoldOblique DejaVuSerif-Italic DejaVuSerif-BoldItalic"),
        (0.6, "STIXGeneralItalic STIXGeneralBolIta"),
        (1.2, "DejaVuSansMono DejaVuSansMono-Bold DejaVuSerif STIXGeneral cmb10 cmtt10"),
        (2.2, "DejaVuSans DejaVuSans-Bold DejaVuSerif-Bold STIXGeneralBol cmss10"),
    )
    for face in faces.split()
}
_FACE_CHANCES = np.cumsum(list(FACES.values()))[:-1] / sum(FACES.values())
_WEIGHTS = (-0.03, 0.0, 0.025, 0.05, 0.08)  # thinner or thicker by this share of the height
_MASTER = 72  # pixels: the height of a cached glyph
_BLUE, _BROWN = np.array([-0.3, -0.05, 0.45]), np.array([0.2, 0.0, -0.22])
_GREY, _LUMINANCE = np.array([0.06, 0.0, -0.06]), np.array([0.299, 0.587, 0.114])
_LETTERS = "ABCDEFGHKLMNPRST"
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_SMOOTH = Image.Resampling.BILINEAR

#: How digits may be written, in a unit square with y downwards: a digit, and points x y of its
#: strokes, which "/" parts, ways "|"; with a "~" a curve joins them. A 9 is a 6 upside down.
STROKES = """
0 ~ .5 0 .88 .14 1 .5 .88 .86 .5 1 .12 .86 0 .5 .12 .14 .5 0
1 0 .24 .75 0 .75 1 | .5 0 .5 1 | .05 .25 .55 0 .55 1 / .05 1 1 1
2 ~ .02 .26 .2 .05 .52 0 .88 .08 1 .28 .84 .52 .4 .78 0 1 / 0 1 1 1
2 ~ .05 .2 .3 0 .75 .02 .95 .22 .85 .45 .3 .72 .05 1 / .05 1 1 .98
3 ~ .02 .13 .42 0 .86 .1 .9 .34 .4 .47 / ~ .4 .47 .92 .56 .98 .84 .5 1 0 .88
3 .05 0 .95 0 .42 .4 / ~ .42 .4 .88 .48 .98 .76 .58 1 0 .9
4 .76 1 .76 0 0 .7 1 .7 | .3 0 0 .62 1 .62 / .72 .3 .72 1
5 .92 0 .16 0 .08 .46 / ~ .08 .46 .5 .36 .92 .48 .97 .8 .5 1 0 .88
5 .95 0 .2 0 .1 .42 / ~ .1 .42 .62 .38 1 .64 .75 .94 .3 1 0 .92
6 ~ .86 .04 .38 .16 .06 .52 .08 .86 .5 1 .93 .86 .93 .58 .52 .42 .08 .62
6 ~ .95 .17 .6 0 .16 .14 0 .5 .12 .9 .5 1 .95 .86 .94 .56 .5 .42 .04 .62
7 0 0 1 0 .36 1 | 0 0 1 0 .36 1 / .28 .5 .9 .5 | 0 .1 0 0 1 0 / ~ 1 0 .6 .42 .42 1
8 ~ .5 .46 .87 .35 .87 .1 .5 0 .13 .1 .13 .35 .5 .46 1 .62 .96 .9 .5 1 .04 .9 0 .62 .5 .46
"""


def draw(part, index, max_height=None, shifted=False):
    """One image of the stand-in.

    Parameters
    ----------
    part : "train", "val" or "test"
    index : int, from 0
    max_height : int or None; an image that would be higher is drawn this high, boxes with it
    shifted : bool, draw by the published statistics of the real val, not of train

    Returns
    -------
    pixels : (H, W, 3) uint8, RGB
    boxes : (n, 5) int64, left to right: label, left, top, width, height; may stick out
    """
    _check(part, index, max_height)
    stream, name = [SEED, PARTS[part], int(index)], "val" if shifted else "train"
    rng, noise = np.random.default_rng(stream), np.random.default_rng([*stream, 1])
    digits = _digits(rng, name)
    panel = _lettering(rng, digits, 1.15 if shifted else 1.0)
    layout = _layout(rng, name, panel)
    view = _view(rng, layout, panel)
    boxes = _boxes(rng, digits, layout, panel, view)
    scale = 1.0 if max_height is None else min(1.0, max_height / layout.height)
    width, height = max(1, round(layout.width * scale)), max(1, round(layout.height * scale))
    sx, sy = width / layout.width, height / layout.height
    digit = layout.box_height * sy
    image = _scene(rng, (width, height), digit, panel, np.diag([sx, sy, 1.0]) @ view)
    pixels = _camera(rng, noise, image, digit)
    boxes = np.rint(boxes * [1, sx, sy, sx, sy]).astype(np.int64)
    boxes[:, 3:] = np.maximum(boxes[:, 3:], 1)
    return pixels, boxes


def _check(part, index, max_height):
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; it can be {', '.join(map(repr, PARTS))}")
    if index < 0 or int(index) != index:
        raise ValueError(f"index must be a whole number from 0, not {index!r}")
    if max_height is not None and max_height < 1:
        raise ValueError(f"max_height must be at least 1 pixel, not {max_height!r}")


#: Width and height of an image and height of its boxes, in pixels of the full size.
_Layout = namedtuple("_Layout", "width height box_height")


@cache
def _chances(name, kind):
    """Cumulative chances by table ``name`` of digits "alone", "first", "later", or "count"."""
    table = {k: np.array(PUBLISHED[name][k]) for k in ("digits", "digit", "first")}
    p = {
        "count": table["digits"],
        "alone": np.array([0.01, 0.135, 0.125, 0.115, 0.11, 0.105, 0.1, 0.09, 0.09, 0.09]),
        "first": table["first"],  # and what the first digits leave over of all digits:
        "later": table["digit"] * (table["digits"] @ range(1, 7)) - table["first"],
    }[kind].clip(0)
    return np.cumsum(p / p.sum())[:-1]


def _digits(rng, name):
    """The number, a tuple of digits, by the shares of table ``name``."""
    n = 1 + int(np.searchsorted(_chances(name, "count"), rng.random()))
    kinds = ["alone"] if n == 1 else ["first"] + ["later"] * (n - 1)
    return tuple(int(np.searchsorted(_chances(name, k), rng.random())) for k in kinds)


def _quantile(name, key, z):
    """Value of a quantile table at the normal score z; in logarithms linear between levels."""
    level = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    return math.exp(np.interp(level, QUANTILES, np.log(PUBLISHED[name][key])))


def _layout(rng, name, panel):
    """Sizes for the number of a panel, by the tables of ``name``."""
    a, b, c = rng.normal(size=3).tolist()
    # A long number has a wide and relatively high image: real correlations .6 and -.3.
    long = (math.log(panel.length) + 0.05) / 0.42
    box_height = _quantile(name, "box_height", a)
    aspect = _quantile(name, "aspect", 0.6 * long - 0.25 * a + 0.75 * b)
    ratio = _quantile(name, "height_ratio", -0.3 * long + 0.2 * a + 0.86 * c)
    ratio = min(ratio, 1 / (1 + np.ptp(panel.drops)))  # a stair of digits needs room
    height = round(np.clip(box_height / ratio, *PUBLISHED[name]["height"][::8]))
    width = round(np.clip(height * aspect, *PUBLISHED[name]["width"][::8]))
    return _Layout(width, height, min(box_height, 1.3 * height))


#: A flat piece with the number on it; lengths in digit heights, the number's centre is 0, 0.
#: masks: list of n or n + 1 masks, ``PIL.Image`` "L", to be stretched over their spans; one more
#: than the digits is a sign beside the number, which no box names. spans: (n or n + 1, 2), left
#: and right of each. drops: (n or n + 1,), a sign reaches from -.5 to .5 plus this, downwards.
#: length: width of the number alone.
_Panel = namedtuple("_Panel", "masks spans drops length")


@cache
def _glyph(face, sign, weight):
    """Mask of a sign, :data:`_MASTER` pixels high, cut at its ink; weight as in _WEIGHTS."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"
    font = ImageFont.truetype(path, round(_MASTER / 0.72))  # a digit is about a master high
    left, top, right, bottom = font.getbbox(sign)
    mask = Image.new("L", (right - left + 32, bottom - top + 32))  # room to grow
    ImageDraw.Draw(mask).text((16 - left, 16 - top), sign, font=font, fill=255)
    kind = ImageFilter.MaxFilter(3) if weight > 0 else ImageFilter.MinFilter(3)
    for _ in range(round(abs(weight) * _MASTER / 2)):  # a pixel on either side each time
        mask = mask.filter(kind)
    mask = mask.crop(mask.getbbox())
    return mask.resize((max(2, round(mask.width * _MASTER / mask.height)), _MASTER), _SMOOTH)


@cache
def _ways(digit):
    """Ways to write a digit: lists of (is it a curve, (k, 2) array of points)."""
    if digit == 9:
        return [[(curve, 1 - points) for curve, points in way] for way in _ways(6)]
    texts = [line[1:] for line in STROKES.split("\n") if line.startswith(str(digit))]
    ways = [[t.split() for t in way.split("/")] for way in "|".join(texts).split("|")]
    pairs = [[(t[0] == "~", np.array(t[len(t) % 2 :], float)) for t in way] for way in ways]
    return [[(curve, numbers.reshape(-1, 2)) for curve, numbers in way] for way in pairs]


def _smooth(points, steps=4):
    """Catmull-Rom curve through (k, 2) points → ((k-1)·steps + 1, 2)."""
    p = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _stroke_glyph(rng, digit, way, width, aspect):
    """A digit of strokes, :data:`_MASTER` pixels high; width and aspect against the height."""
    lines = _ways(digit)[int(way * len(_ways(digit)))]
    narrow = 0.5 if digit == 1 and len(lines) == 1 else 1.0
    inner = np.array([max(0.02, aspect * narrow - width), 1 - width]) * _MASTER
    half = width * _MASTER / 2
    mask = Image.new("L", (int(inner[0] + 2 * half) + 2, _MASTER))
    pen = ImageDraw.Draw(mask)
    for curve, points in lines:
        points = points + rng.normal(0, 0.025, points.shape)
        path = (_smooth(points) if curve else points) * inner + half
        pen.line(path.ravel().tolist(), fill=255, width=max(1, round(2 * half)))
        for box in np.hstack([path - half, path + half]).tolist():  # round joints and ends
            pen.ellipse(box, fill=255)
    left, _, right, _ = mask.getbbox()
    return mask.crop((left, 0, right, _MASTER))


def _bend(rng, mask, strength=0.05):
    """The mask on a 2 × 2 mesh whose knots have moved by ``strength`` of its size."""
    (w, h), wide = mask.size, ImageOps.expand(mask, _MASTER // 12)
    knots = np.mgrid[0:3, 0:3].transpose(1, 2, 0) / 2 * wide.size  # at [i, j]: x, y
    knots = (knots + rng.normal(0, strength, knots.shape) * (w, h)).tolist()
    xs, ys = ((0, n // 2, n) for n in wide.size)
    mesh = []
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        quad = knots[i][j] + knots[i][j + 1] + knots[i + 1][j + 1] + knots[i + 1][j]
        mesh.append(((xs[i], ys[j], xs[i + 1], ys[j + 1]), quad))
    bent = wide.transform(wide.size, Image.Transform.MESH, mesh, _SMOOTH)
    return bent.crop(bent.getbbox() or (0, 0, *bent.size))


def _lettering(rng, digits, wide):
    """Choose how the number is written, ``wide`` times as wide as usual → :data:`_Panel`."""
    strokes, bends = rng.random() < 0.30, rng.random() < 0.40
    face = list(FACES)[int(np.searchsorted(_FACE_CHANCES, rng.random()))]
    weight = _WEIGHTS[rng.integers(len(_WEIGHTS))]
    condense = wide * (1.0 if strokes else math.exp(rng.normal(-0.43, 0.26)))
    pen, ways = (rng.uniform(0.09, 0.24), rng.uniform(0.36, 0.62)), rng.random(10)
    masks = [_glyph(face, str(d), weight) for d in digits]
    masks = [_stroke_glyph(rng, d, ways[d], *pen) for d in digits] if strokes else masks
    widths = condense / _MASTER * np.array([mask.width for mask in masks])
    masks = [_bend(rng, mask) for mask in masks] if bends else masks
    gap = max(-0.04, rng.normal(0.09, 0.08))
    rights = np.cumsum(widths + gap) - gap
    length = float(rights[-1])
    spans = np.stack([rights - widths, rights], 1) - length / 2
    stair = (rng.random() < 0.10) * rng.normal(0, 0.25)  # each digit lower than the one before
    drops = rng.normal(0, 0.015, len(digits)) + stair * spans.mean(1) / 0.5
    if rng.random() < 0.12:  # a letter or a digit beside it
        other = rng.integers(10) if rng.random() < 0.4 else _LETTERS[rng.integers(len(_LETTERS))]
        mask, away = _glyph(face, str(other), weight), length / 2 + rng.uniform(0.25, 0.8)
        wide = math.exp(-0.43) * mask.width / _MASTER
        span = [away, away + wide] if rng.random() < 0.6 else [-away - wide, -away]
        masks, spans, drops = [*masks, mask], np.vstack([spans, span]), np.append(drops, 0.0)
    return _Panel(masks, spans, drops, length)


def _view(rng, layout, panel):
    """(3, 3) homography from the flat panel to pixels of the full-size image."""
    turn = math.radians(rng.normal(-2, 5) if rng.random() < 0.85 else rng.normal(0, 14))
    reach = max(0.05, 1.1 * layout.height / layout.box_height - 1) / panel.length
    turn = min(max(turn, -reach), reach)  # nor may a long number turn out of its image
    q = rng.normal(0, 0.10, 2) * (rng.random() < 0.5) / max(panel.length, 0.6)
    limit = 0.3 * layout.box_height / max(layout.width, layout.height)
    q = np.clip(q, -limit, limit)  # the vanishing line stays out of the image
    centre = rng.normal((0.5, 0.492), (0.025, 0.035))
    cos, sin, high = math.cos(turn), math.sin(turn), layout.box_height / 1.07
    narrow = min(1.0, 0.92 * layout.width / (layout.box_height * panel.length))  # it must fit
    linear = np.array([[cos, -sin], [sin, cos]]) @ [[narrow, rng.normal(0, 0.1)], [0, 1]] * high
    middle = centre * (layout.width, layout.height)
    view = np.vstack([np.column_stack([linear, middle]), [0, 0, 1]])
    return view @ [[1, 0, 0], [0, 1, 0], [*q, 1]]


def _boxes(rng, digits, layout, panel, view):
    """(n, 5) integer boxes in full-size pixels: through the middles of the mapped sides."""
    n = len(digits)
    (left, right), drop = panel.spans[:n].T, panel.drops[:n]
    middle = (left + right) / 2
    x, y = np.stack([left, right, middle, middle]), drop + np.array([[0], [0], [-0.5], [0.5]])
    x, y, z = (view @ np.stack([x, y, np.ones_like(x)]).reshape(3, -1)).reshape(3, 4, n)
    (x0, x1), (y0, y1) = (x / z)[:2], (y / z)[2:]
    # People draw boxes a little too large, by eye, and all of a number equally high.
    loose = rng.normal(0.035, 0.035, (2, n)) * layout.box_height
    high = np.mean(y1 - y0) + rng.normal(0.09, 0.025) * layout.box_height
    wide = np.maximum(np.rint(x1 - x0 + loose.sum(0)), 1)
    rows = [digits, np.rint(x0 - loose[0]), np.rint((y0 + y1 - high) / 2), wide]
    return np.stack([*rows, np.full(n, max(1, round(high)))], 1).astype(np.int64)


def _scene(rng, size, digit, panel, view):
    """The picture before the camera, a ``PIL.Image``; digit: the digits' height in pixels."""
    light, plate = rng.random() < 0.44, rng.random() < 0.55
    contrast = min(0.85, math.exp(rng.normal(math.log(0.30), 0.38)))
    low, high = (0.03, 0.97 - contrast) if light else (0.03 + contrast, 0.97)
    ground = min(max(rng.normal(0.43, 0.17), low), high)
    ink = ground + contrast * (1 if light else -1)
    wall = min(max(rng.normal(0.43, 0.23), 0.03), 0.97) if plate else ground
    # Enamel: white on blue, or blue on white.
    ground_colour = _colour(rng, ground, 0.4 if plate and light else 0.05)
    ink_colour = _colour(rng, ink, 0.05 if light else 0.35)
    wall_colour = _colour(rng, wall, 0.05) if plate else ground_colour
    inked, plated, bordered = _masks(rng, size, digit, panel, view, plate)
    image = _wall(rng, size, wall_colour, digit)
    if plate:
        image.paste(ground_colour, None, plated)
        image.paste(ink_colour if rng.random() < 0.7 else wall_colour, None, bordered)
    _relief(rng, image, inked, digit)
    image.paste(ink_colour, None, inked)
    return image


def _colour(rng, grey, blue):
    """(r, g, b), 0 to 255, of the luminance ``grey``: near grey mostly, sometimes blue."""
    kind, strength = rng.random(), rng.uniform(0.4, 1.1)
    any_hue = rng.normal(0, 1, 3)
    coloured = _BLUE if kind < blue else _BROWN if kind < blue + 0.16 else 0.25 * any_hue
    tint = coloured if kind < blue + 0.2 else _GREY + 0.045 * any_hue
    colour = grey * (1 + strength * tint)
    colour += grey - colour @ _LUMINANCE
    return tuple(min(max(round(255 * c), 0), 255) for c in colour.tolist())


def _wall(rng, size, colour, digit):
    """An RGB ``PIL.Image``: bricks, siding or a plain wall, and perhaps a band on one side."""
    (w, h), image = size, Image.new("RGB", size, colour)
    x = (np.arange(w, dtype=np.float32)[None] - w / 2) / digit
    y = (np.arange(h, dtype=np.float32)[:, None] - h / 2) / digit
    tilt, kind, phase = rng.normal(0, 0.05), rng.random(), rng.random(4).tolist()
    period, depth, reach = rng.uniform(0.35, 1.6), rng.uniform(0.05, 0.35), rng.uniform(0.45, 0.95)
    other = _colour(rng, min(max(colour[1] / 255 + rng.normal(0, 0.33), 0.02), 0.98), 0.05)
    course = (y + tilt * x) / period + phase[0]
    if kind < 0.2:  # bricks: joints between courses, and between the bricks of a course
        brick = x / (2.4 * period) + 0.5 * (np.floor(course) % 2) + phase[1]
        _paint(image, other, 0.7 * ((course % 1 < 0.16) | (brick % 1 < 0.07)))
    elif kind < 0.3:  # siding: each board darker towards its lower edge
        _paint(image, _BLACK, depth * (course % 1))
    if phase[2] < 0.5:  # a door frame, a wall's end, a neighbouring house
        side, edge = 1 if phase[3] < 0.5 else -1, reach * w / 2 / digit
        _paint(image, other, np.clip((side * (x + tilt * y) - edge) * digit, 0, 1))
    return image


def _paint(image, colour, cover):
    """Paint over the image where cover, an (H, W) array in 0 to 1, says how much."""
    image.paste(colour, None, Image.fromarray((cover * 255).astype(np.uint8)))


def _masks(rng, size, digit, panel, view, plate):
    """Masks of ink, plate and border: three ``PIL.Image`` "L" of the image's size."""
    margin, rim, inset = rng.uniform(0.15, 0.6, 2), rng.uniform(0.03, 0.08), rng.uniform(0, 0.08)
    ellipse, border = rng.random() < 0.12, rng.random() < 0.45
    # Panel pixels per digit height: near what the image needs, so that nothing is wasted.
    unit = min(max(1.25 * digit, 14), 150)
    reach = panel.length / 2 + margin[0]
    x0, x1 = min(panel.spans.min(), -reach) - 0.1, max(panel.spans.max(), reach) + 0.1
    y1 = 0.6 + margin[1] + np.abs(panel.drops).max()
    flat = (max(4, int((x1 - x0) * unit)), max(4, int(2 * y1 * unit)))
    layers = [Image.new("L", flat) for _ in range(3)]
    pens = [ImageDraw.Draw(layer) for layer in layers]
    shapes = [pen.ellipse if ellipse else pen.rectangle for pen in pens]
    for mask, (left, right), drop in zip(panel.masks, panel.spans, panel.drops, strict=True):
        stretched = mask.resize((max(2, round((right - left) * unit)), round(unit)), _SMOOTH)
        place = round((left - x0) * unit), round((drop - 0.5 + y1) * unit)
        layers[0].paste(255, place, stretched)
    if plate:
        box = np.array([-reach - x0, 0.1, reach - x0, 2 * y1 - 0.1]) * unit
        shapes[1](box.tolist(), fill=255)
        if border:
            inner = box + np.array([1, 1, -1, -1]) * inset * unit
            shapes[2](inner.tolist(), outline=255, width=max(1, round(rim * unit)))
    # Pillow asks for the map from the image back to the panel.
    back = [[unit, 0, -x0 * unit], [0, unit, y1 * unit], [0, 0, 1]] @ np.linalg.inv(view)
    data = Image.Transform.PERSPECTIVE, (back / back[2, 2]).ravel().tolist()[:8]
    return Image.merge("RGB", layers).transform(size, *data, _SMOOTH).split()


def _relief(rng, image, ink, digit):
    """Paint shadow, outline or embossing under the digits, whose height is ``digit`` pixels."""
    shadow, outline, emboss = (rng.random(3) < (0.25, 0.12, 0.15)).tolist()
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.04, 0.12) * digit
    strong, tone = rng.uniform(0.25, 0.75), _BLACK if rng.random() < 0.5 else _WHITE
    dx, dy = depth * math.cos(angle), depth * math.sin(angle)
    layers = [(_BLACK, dx, dy, strong)] * shadow
    layers += [(tone, d * depth, (1 - abs(d)) * depth, strong / 2) for d in (-1, 0, 1)] * outline
    layers += [(_WHITE, dx / 2, dy / 2, 0.3), (_BLACK, -dx / 2, -dy / 2, 0.3)] * emboss
    for colour, x, y, strength in layers:  # moved by whole pixels; leaves here, comes in there
        cover = ImageChops.offset(ink, round(x), round(y))
        cover = ImageChops.multiply(cover, Image.new("L", ink.size, round(255 * strength)))
        image.paste(colour, None, cover)


def _camera(rng, noise, image, digit):
    """``PIL.Image`` → (H, W, 3) uint8: blur, uneven light, noise, JPEG; digit as in _scene."""
    sigma = min(0.12, math.exp(rng.normal(math.log(0.022), 0.6))) * digit
    gain, offset = math.exp(rng.normal(0, 0.1)), rng.normal(0, 0.03)
    strength = math.exp(rng.normal(math.log(0.0055), 0.45))
    jpeg, quality = rng.random() < 0.5, int(rng.integers(35, 91))
    knots = gain * np.exp(rng.normal(0, 0.12, (3, 4)))
    w, h = image.size
    # Three columns a pixel, one for each of its colours: NumPy is slow on an axis of three.
    light = Image.fromarray(knots.astype(np.float32)).resize((3 * w, h), Image.Resampling.BICUBIC)
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)))
    pixels = blurred.reshape(h, 3 * w) * np.asarray(light)
    grain = noise.standard_normal((h, w), np.float32) * np.float32(255 * strength)
    pixels += np.repeat(grain, 3, axis=1) + np.float32(255 * offset)
    pixels = np.clip(pixels, 0, 255).astype(np.uint8).reshape(h, w, 3)
    if not jpeg:
        return pixels
    Image.fromarray(pixels).save(file := io.BytesIO(), "JPEG", quality=quality)
    return np.array(Image.open(file, formats=["JPEG"]))
