"""Checks of lesson 05/street_3, the model.

The oracles are loops over images, heads and cells that follow the definitions, in float64.
"""

import math

import numpy as np

from dlroadmap.check._frame import Wrong, call, close, exercise, same

_NONE, _IGNORE = 10, -100


def _rows(log_p):
    """Log-probabilities by a plain log-sum-exp, (…, 11) float64."""
    top = log_p.max(-1, keepdims=True)
    return log_p - top - np.log(np.exp(log_p - top).sum(-1, keepdims=True))


def _scalar(loss, scores, about):
    """The loss is one tensor of the right kind from which a gradient flows."""
    import torch

    if loss is None:
        raise Wrong(f"with {about} it returned None: is the return line missing?")
    if not isinstance(loss, torch.Tensor):
        raise Wrong(f"with {about} it returned a {type(loss).__name__}; a torch tensor was asked "
                    "for: no .item(), no NumPy.")
    if loss.ndim:
        raise Wrong(f"with {about} the loss has shape {tuple(loss.shape)}; it is one number.")
    if scores.requires_grad and not loss.requires_grad:
        raise Wrong(f"with {about} no gradient can flow back from the loss: detach(), .data or "
                    "torch.no_grad() cuts the graph.")


def _judge(loss, want, about, tolerance, mistakes):
    """A number against the right one; a recognised mistake gets its sentence."""
    got = loss.detach().item()
    if close(got, want, tolerance, tolerance):
        return
    hint = next((text for value, text in mistakes
                 if close(got, value, 10 * tolerance, 10 * tolerance)), "")
    raise Wrong(f"the loss, with {about}, is {got:.6g}, expected {want:.6g}. {hint}".rstrip())


# --- fixed length -------------------------------------------------------------------------


@exercise
def heads_loss(candidate):
    import torch

    rng = np.random.default_rng(0)
    for N, H, scale, dtype in [(4, 6, 1, "float64"), (3, 5, 2, "float64"), (7, 2, 200, "float64"),
                               (1, 1, 1, "float64"), (5, 11, 1, "float32")]:
        about = f"scores {(N, H, 11)}, {dtype}" + (", large ones" if scale > 100 else "")
        s = rng.normal(size=(N, H, 11)) * scale
        t = np.where(rng.random((N, H)) < 0.4, _NONE, rng.integers(0, 11, (N, H)))
        t[0, 0] = 3
        scores = torch.tensor(s, dtype=getattr(torch, dtype), requires_grad=True)
        labels = torch.tensor(t)
        if N == 4:  # a view that is not contiguous
            scores = torch.tensor(np.moveaxis(s, 0, 1).copy(), requires_grad=True).transpose(0, 1)
        loss = call(candidate, scores, labels, about=about, hints=[
            (RuntimeError, "view size", "A view is impossible here: use flatten or reshape."),
            (RuntimeError, "xpected target size", "The classes belong on axis 1: flatten the "
             "first two axes of the scores, or transpose."),
            (ValueError, "batch_size", "Scores and labels must be flattened alike: (N·H, 11) and "
             "(N·H,)."),
            (IndexError, "out of bounds", "How many heads are there? Take it from the shape.")])
        _scalar(loss, scores, about)
        each = np.array([[-_rows(s[n, h])[t[n, h]] for h in range(H)] for n in range(N)])
        digit = t != _NONE
        p = np.exp(_rows(s))
        twice = np.array([[-_rows(p[n, h])[t[n, h]] for h in range(H)] for n in range(N)])
        _judge(loss, each.mean(), about, 1e-9 if dtype == "float64" else 1e-5, [
            (each.mean() * H, "It is the sum over the heads: take their mean."),
            (each.mean() * N, "It is the sum over the images: take their mean."),
            (each.sum(), "It is the sum over all answers: take the mean."),
            (each[digit].mean() if digit.any() else 0.0,
             'Class 10 is left out; "no digit here" is an answer like any other.'),
            (each[:, 0].mean(), "Only the first head counts."),
            (each[:, :-1].mean() if H > 1 else 0.0, "The last head is missing."),
            (each[:, :-1].mean(0).sum() / H, "The last head is missing in the sum."),
            (each[:, :5].mean(0).sum() / 6, "It takes five heads and divides by six: take the "
                                            "number of heads from the shape."),
            (twice.mean(), "F.cross_entropy does the softmax itself: give it the scores."),
            (-each.mean(), "The sign is wrong."),
            (_moved(s, t), "The scores are reshaped where they should be transposed: the numbers "
                           "of one answer are torn apart."),
        ])
    return "5 batches with 1 to 11 heads against a loop, with large scores, float32, a strided view"


def _moved(s, t):
    """(N, H, 11) reshaped, not transposed, to (N, 11, H)."""
    torn = _rows(np.swapaxes(s.reshape(len(s), 11, -1), 1, 2))
    return -np.take_along_axis(torn, t[..., None], 2).mean()


def _texts(numbers, N, about):
    """A list of N texts."""
    if numbers is None:
        raise Wrong(f"with {about} it returned None: is the return line missing?")
    if not isinstance(numbers, list) or len(numbers) != N:
        what = f"a list of {len(numbers)}" if isinstance(numbers, list) else type(numbers).__name__
        raise Wrong(f"with {about} it returned {what}, expected a list of {N} texts.")
    for i, number in enumerate(numbers):
        if not isinstance(number, str):
            raise Wrong(f"with {about} entry {i} is {number!r}, a {type(number).__name__}; a text "
                        'was asked for: "05" is not 5.')


def _compare(numbers, want, about, mistakes):
    """Two lists of texts; ``mistakes``: (list, sentence)."""
    if numbers == want:
        return
    hint = next((text for wrong, text in mistakes if wrong == numbers), "")
    i = next(i for i, (a, b) in enumerate(zip(numbers, want, strict=True)) if a != b)
    raise Wrong(f"with {about} image {i} is read as {numbers[i]!r}, expected {want[i]!r}. "
                f"{hint}".rstrip())


def _heads(answers):
    """Scores whose best classes are ``answers``; the others in no order."""
    import torch

    rng = np.random.default_rng(len(answers))
    s = rng.normal(size=(*np.shape(answers), 11))
    np.put_along_axis(s, np.array(answers)[..., None], s.max(-1, keepdims=True) + 1, -1)
    return torch.tensor(s - 3)


@exercise
def decode_heads(candidate):
    rng = np.random.default_rng(1)
    some = [[1, 9, 10, 10, 10, 10], [0, 5, 10, 10, 10, 10], [10] * 6, [7, 7, 7, 10, 10, 10],
            [1, 2, 3, 4, 5, 6], [1, 10, 9, 10, 10, 10], [10, 8, 10, 10, 10, 0]]
    cases = [some, [[3], [10]], [[2, 10, 10, 10, 10]], rng.integers(0, 11, (11, 11)).tolist()]
    found = []
    for answers in cases:
        about = f"scores {(*np.shape(answers), 11)}, best classes {answers[:7]}"
        numbers = call(candidate, _heads(answers), about=about)
        _texts(numbers, len(answers), about)
        found.append(numbers)
    for answers, numbers in zip(cases, found, strict=True):
        about = f"scores {(*np.shape(answers), 11)}"
        s = _heads(answers).numpy()
        at = s[..., :10].argmax(-1).tolist()

        def text(row):
            return "".join(str(d) for d in row if d < 10)

        _compare(numbers, [text(row) for row in answers], about, [
            ([text(row[:row.index(10)] if 10 in row else row) for row in answers],
             "It stops at the first 10; drop every 10 and go on."),
            (["".join(map(str, row)) for row in answers], "Class 10 is written out; leave it out."),
            ([text(row).lstrip("0") for row in answers],
             'A leading zero is lost: "05" is not "5".'),
            ([text([d for d in row if d]) for row in answers],
             "Zeros are left out: 0 is a digit, 10 is none."),
            ([text(row[::-1]) for row in answers], "The order of the heads is reversed."),
            (["".join(map(str, row)) for row in at],
             "The best of the ten digits is taken although class 10 is better."),
            ([text(dict.fromkeys(row)) for row in answers], "Repeated digits are lost."),
            ([text(row).rstrip("0") for row in answers], "A zero at the end is lost."),
        ])
    return "21 images with 1 to 11 heads: no digit, a gap, leading zeros, repeated digits"


# --- the grid -----------------------------------------------------------------------------

_BOXES = [  # label, centre x, centre y, width, height
    ("one digit", [[7, 42.0, 18.0, 8.0, 16.0]]),
    ("no digit", []),
    ("two digits that stand close", [[1, 30.0, 15.0, 7.0, 20.0], [4, 35.0, 16.0, 18.0, 21.0]]),
    ("the second zone over the first centre", [[4, 35.0, 16.0, 6.0, 21.0],
                                               [1, 30.0, 15.0, 20.0, 20.0]]),
    ("a zero", [[0, 62.5, 9.0, 11.0, 13.0]]),
    ("a large digit", [[8, 40.0, 16.5, 30.0, 29.0]]),
    ("a small digit", [[2, 11.0, 5.0, 2.0, 3.0]]),
    ("centres over the left upper and the right lower edge", [[3, -1.0, -2.5, 6.0, 9.0],
                                                              [6, 81.0, 33.0, 7.0, 9.0]]),
]


def _cells(boxes, size, cells, core, *, digit=lambda label: label >= 0, empty=_NONE, near=None,
           corner=0.5, edge="nearest", last_wins=False, zones_last=False, zone=True, swapped=False):
    """The targets by definition, cell by cell; the options are mistakes."""
    (rows, columns), out = cells, np.full(cells, empty)
    sy, sx = size[0] / rows, size[1] / columns
    near = near or (lambda dx, dy, w, h: dx <= core * w and dy <= core * h)
    boxes = [b for b in boxes if digit(b[0])]
    for r, c in np.ndindex(rows, columns):
        covered = False
        for label, x, y, w, h in boxes:
            dx, dy = abs((c + corner) * sx - x), abs((r + corner) * sy - y)
            if zone and near(dx, dy, w, h):
                covered = True
                if last_wins or out[r, c] == empty:
                    out[r, c] = _IGNORE
            row, column = (math.floor(v) for v in ((x / sy, y / sx) if swapped else
                                                   (y / sy, x / sx)))
            if edge == "nearest":
                row, column = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
            elif edge == "round":
                row, column = row % rows, column % columns
            if (row, column) == (r, c):
                out[r, c] = int(label)
        if zones_last and covered:
            out[r, c] = _IGNORE
    return out


_SLIPS = [
    ({"zone": False}, "No cell is left out: IGNORE, -100, for those near a centre."),
    ({"zones_last": True}, "The zones cover the labels: first all zones, then the centres' own "
                           "cells."),
    ({"last_wins": True}, "A digit's label is covered by the zone of a later digit: first all "
                          "zones, then all labels."),
    ({"factor": (0.5, 0.5)}, "The zone is half as large as asked for: within core·height on "
                             "either side."),
    ({"square": True}, "The zone is as wide as it is high: core·width horizontally."),
    ({"corner": 0}, "The middle of cell r lies at (r + 0.5) steps; r steps is its corner."),
    ({"edge": "round"}, "A centre outside went to the opposite edge (% goes round, and negative "
                        "indices count from the end): take the nearest cell."),
    ({"edge": "dropped"}, "A digit whose centre lies outside is lost: it counts for the nearest "
                          "cell."),
    ({"swapped": True}, "x and y are exchanged: rows count y."),
    ({"empty": 0}, "Empty cells hold 0, which is a digit: fill with NONE, 10."),
    ({"digit": lambda label: label > 0}, "A zero is lost: only label -1 means no digit."),
    ({"digit": lambda label: True}, "Rows with label -1 are no digits: skip them."),
]


def _with_slip(boxes, size, cells, core, slip):
    slip = dict(slip)
    if slip.pop("square", False):
        slip["near"] = lambda dx, dy, w, h: dx <= core * h and dy <= core * h
    if slip.pop("factor", None):
        slip["near"] = lambda dx, dy, w, h: dx <= core * w / 2 and dy <= core * h / 2
    return _cells(boxes, size, cells, core, **slip)


@exercise
def grid_targets(candidate):
    import torch

    cases, found = [], []
    for what, digits in _BOXES:
        for size, cells, core in [((32, 80), (8, 20), 0.3), ((24, 60), (4, 12), 0.45)]:
            boxes = np.full((6, 5), -1.0)
            boxes[:len(digits)] = np.array(digits).reshape(-1, 5) * (
                1, *(2 * (size[1] / 80, size[0] / 32)))
            about = f"{what}, size {size}, cells {cells}, core {core}"
            options = () if core == 0.3 else (size, cells, core)  # the defaults must work
            out = call(candidate, torch.tensor(boxes, dtype=torch.float32), *options, about=about,
                       hints=[(IndexError, "out of bounds", "A centre outside counts for the "
                               "nearest cell: min and max. Steps are size / cells.")])
            if isinstance(out, torch.Tensor) and out.dtype != torch.int64:
                raise Wrong(f"the targets, with {about}, have dtype {out.dtype}; F.cross_entropy "
                            "wants torch.int64.")
            cases.append((about, (boxes.tolist(), size, cells, core)))
            found.append(out)
            if not isinstance(out, torch.Tensor) or out.shape != cells:
                same("the targets", out, torch.tensor(_cells(*cases[-1][1])), about=about)
    wants = [_cells(*args) for _, args in cases]
    if all(np.array_equal(out.numpy(), want) for out, want in zip(found, wants, strict=True)):
        return (f"{len(cases)} grids against a loop over cells: close digits, a zone over a "
                "centre, centres outside, other sizes")
    hint = next((text for slip, text in _SLIPS if
                 all(np.array_equal(out.numpy(), _with_slip(*args, slip))
                     for out, (_, args) in zip(found, cases, strict=True))), "")
    for out, want, (about, _) in zip(found, wants, cases, strict=True):
        if not np.array_equal(out.numpy(), want):
            wrong = np.argwhere(out.numpy() != want)
            r, c = wrong[0]
            raise Wrong(f"with {about}, {len(wrong)} of {want.size} cells are wrong: in row {r}, "
                        f"column {c} stands {out[r, c]}, expected {want[r, c]}. {hint}".rstrip())
    return None


def _grid_loss(s, t, empty, *, per=None, weights=None, ignored=0.0):
    """By a loop over cells; returns the sum of weighted losses and the counts."""
    logs = np.moveaxis(_rows(np.moveaxis(s, 1, -1)), -1, 1)
    total = weight_sum = 0.0
    for n, r, c in np.ndindex(*t.shape):
        k = t[n, r, c]
        if k == _IGNORE:
            total -= ignored * logs[n, _NONE, r, c]
            continue
        w = empty if k == _NONE else 1.0
        w = weights(k) if weights else w
        total -= w * logs[n, k, r, c]
        weight_sum += w
    return total, weight_sum


@exercise
def grid_loss(candidate):
    import torch

    rng = np.random.default_rng(2)
    cases = [("2 images", (2, 4, 5), 0.5, "float64", 1),
             ("empty=0.2", (3, 3, 7), 0.2, "float64", 1),
             ("no digit at all", (2, 2, 3), 0.5, "float64", 1),
             ("large scores", (1, 3, 4), 0.5, "float64", 100),
             ("only ignored cells", (1, 2, 2), 0.5, "float64", 1),
             ("float32", (2, 4, 5), 0.5, "float32", 1)]
    for what, shape, empty, dtype, scale in cases:
        N, R, C = shape
        about = f"{what}, scores {(N, 11, R, C)}"
        s = rng.normal(size=(N, 11, R, C)) * scale
        t = rng.choice([0, 3, 9, _NONE, _NONE, _NONE, _IGNORE], size=shape)
        t[0, 0, :2] = 0, _IGNORE
        if what == "no digit at all":
            t[...] = _NONE
        if what == "only ignored cells":
            t[...] = _IGNORE
        scores = torch.tensor(s, dtype=getattr(torch, dtype), requires_grad=True)
        args = (scores, torch.tensor(t)) + ((empty,) if empty != 0.5 else ())
        loss = call(candidate, *args, about=about, hints=[
            (RuntimeError, "expected scalar type", "The weights need the dtype of the scores."),
            (IndexError, "Target -100 is out of bounds", "Cells with target -100 are left out: "
             "ignore_index=-100 is what F.cross_entropy does unless told otherwise."),
            (IndexError, "out of bounds", "Targets are 0 … 10 or -100."),
            (RuntimeError, "weight tensor should be", "One weight for each of 11 classes.")])
        _scalar(loss, scores, about)
        if loss.dtype != scores.dtype:
            raise Wrong(f"with {about} the loss has dtype {loss.dtype}, the scores "
                        f"{scores.dtype}: make the weights of the dtype of the scores.")
        total, weight_sum = _grid_loss(s, t, empty)
        P, all_cells = ((t >= 0) & (t < _NONE)).sum(), t.size
        counted = (t != _IGNORE).sum()
        if loss.isnan() or loss.isinf():
            raise Wrong(f"with {about} the loss is {loss.item()}: without a digit divide by 1, "
                        "clamp(min=1).")
        plain = _grid_loss(s, t, 1.0)[0]
        right = total / max(P, 1)

        def variant(P=P, s=s, t=t, **options):
            return _grid_loss(s, t, 0.5, **options)[0] / max(P, 1)

        _judge(loss, right, about, 1e-9 if dtype == "float64" else 1e-4, [
            (total, "It is not divided by the number of digits."),
            (total / weight_sum if weight_sum else 0.0, 'reduction="mean" divides by the sum of '
             'the weights; divide the sum by the number of digits: reduction="sum".'),
            (plain / max(P, 1), "Empty cells count in full: their weight is empty."),
            (_grid_loss(s, t, 0.5)[0] / max(P, 1), "The argument empty is not used."),
            (total / N, "It is divided by the number of images."),
            (total / all_cells, "It is divided by the number of all cells."),
            (total / max(counted, 1), "It is divided by the number of cells that count, empty "
                                      "ones too."),
            (total / max((t != _NONE).sum(), 1), "Left-out cells are counted as digits: -100 is "
                                                 "not 10 either."),
            (total / max(((t > 0) & (t < _NONE)).sum(), 1), "A zero is not counted as a digit: "
                                                            "target >= 0."),
            (total / (P + 1), "It is divided by one too many: clamp(min=1), not + 1."),
            (variant(weights=lambda k, e=empty: e if k == 0 else 1.0),
             "The weight empty went to class 0; none is class 10."),
            (variant(weights=lambda k, e=empty: 1.0 if k == _NONE else e),
             "The weights are exchanged: empty belongs to class 10."),
            (variant(weights=lambda k: 0.0 if k == _NONE else 1.0),
             "Empty cells are left out altogether; they count with the weight empty."),
            (_grid_loss(s, t, empty, ignored=empty)[0] / max(P, 1),
             "Left-out cells are taught to say none; they must not count."),
        ])
    return (f"{len(cases)} batches against a loop over cells: another weight, no digit, only "
            "left-out cells, large scores, float32")


def _scores(digits, size=(8, 20), none=8.0):
    """(11, rows, columns) scores, sure of none but in ``digits``."""
    rng = np.random.default_rng(3)
    s = rng.normal(size=(11, *size)) * 0.1
    s[_NONE] += none
    for label, row, column, sure in digits:
        s[label, row, column] += none + sure
    return s


_GRIDS = [  # what, digits (label, row, column, sureness)
    ("no digit", []),
    ("one digit", [(7, 4, 10, 3)]),
    ("two digits, the right one in the upper row", [(5, 5, 3, 3), (8, 2, 9, 3)]),
    ("a leading zero and a repeated digit", [(0, 4, 2, 3), (1, 4, 6, 4), (1, 4, 10, 3)]),
    ("neighbours in a row", [(1, 4, 5, 3), (7, 4, 6, 4)]),
    ("two columns apart", [(1, 4, 5, 3), (7, 4, 7, 4)]),
    ("two rows above each other", [(1, 2, 5, 3), (7, 4, 5, 4)]),
    ("three rows above each other", [(1, 1, 5, 4), (7, 4, 6, 3)]),
    ("digits at the edges", [(2, 0, 0, 3), (3, 7, 19, 4)]),
    ("an unsure one", [(4, 3, 8, -1.5), (6, 3, 14, 3)]),
    ("a digit less likely than none", [(9, 3, 8, 0.0), (6, 3, 14, 3)]),
    ("nine digits", [(d, 4, 2 * d, 3 + (d * 4 % 9) / 4) for d in range(9)]),
]


def _peaks(s, threshold, *, window=(5, 3), order="column", most=6, classes=10, strict=True,
           by_best=False, surest=True):
    """Peaks by definition, cell by cell → text."""
    p = np.exp(_rows(np.moveaxis(s, 0, -1)))
    sure = p[..., :10].max(-1) if by_best else p[..., :10].sum(-1)
    (rows, columns), (high, wide), found = sure.shape, window, []
    for r in range(rows):
        for c in range(columns):
            near = sure[max(r - high // 2, 0):r + high // 2 + 1,
                        max(c - wide // 2, 0):c + wide // 2 + 1]
            if sure[r, c] > threshold and sure[r, c] >= near.max():
                found.append((r, c))
    if surest:
        found.sort(key=lambda cell: -sure[cell])
    else:
        found.sort(key=lambda cell: cell[1])
    found = found[:most]
    if order == "column":
        found.sort(key=lambda cell: cell[1])
    elif order == "row":
        found.sort()
    return "".join(str(p[r, c, :classes].argmax()) for r, c in found)


@exercise
def decode_grid(candidate):
    import torch

    stacks = [(np.stack([_scores(d) for _, d in _GRIDS]), 0.4),
              (np.stack([_scores(d) for _, d in _GRIDS]), 0.1),
              (np.random.default_rng(4).normal(size=(4, 11, 5, 9)) * 3, 0.7)]
    names = [what for what, _ in _GRIDS]
    found = []
    for s, threshold in stacks:
        about = f"scores {s.shape}, threshold {threshold}"
        args = (torch.tensor(s),) if threshold == 0.4 else (torch.tensor(s), threshold)
        numbers = call(candidate, *args, about=about, hints=[
            (RuntimeError, "pad should be at most half", "The padding keeps the size: (2, 1) for a "
             "window of (5, 3)."),
            (RuntimeError, "must match the size", "max_pool2d must keep the size: stride=1 and "
             "padding=(2, 1).")])
        _texts(numbers, len(s), about)
        found.append(numbers)
    for (s, threshold), numbers in zip(stacks, found, strict=True):
        want = [_peaks(one, threshold) for one in s]
        if numbers == want:
            continue
        hint = next((text for options, text in _GUESSES if
                     [[_peaks(one, options.get("threshold", t), **{
                         k: v for k, v in options.items() if k != "threshold"}) for one in many]
                      for many, t in stacks] == found), "")
        i = next(i for i, (a, b) in enumerate(zip(numbers, want, strict=True)) if a != b)
        what = names[i] if len(s) == len(names) else "random scores"
        raise Wrong(f"with {what}, threshold {threshold}, it read {numbers[i]!r}, expected "
                    f"{want[i]!r}. {hint}".rstrip())
    return (f"{sum(len(s) for s, _ in stacks)} grids against a loop over cells: neighbours, edges, "
            "unsure digits, more than six")


_GUESSES = [
    ({"window": (1, 1)}, "Every sure cell is read: keep only the surest of each neighbourhood."),
    ({"window": (3, 5)}, "The window is turned: 5 rows high, 3 columns wide."),
    ({"window": (3, 3)}, "The window is 3 rows high; asked for are 5."),
    ({"window": (5, 5)}, "The window is 5 columns wide; asked for are 3."),
    ({"order": "row"}, "The peaks are read row by row; sort them by their column."),
    ({"order": "sure"}, "The peaks are read by sureness; sort them by their column."),
    ({"classes": 11}, "The argmax runs over 11 classes and can say none: take the ten digits."),
    ({"most": 99}, "At most six digits: the six surest."),
    ({"surest": False}, "Of more than six peaks the six surest stay, not the six leftmost."),
    ({"by_best": True}, "Sure that there is a digit at all is 1 - p(none), not the largest digit's "
                        "probability."),
    ({"threshold": 0.4}, "The argument threshold is not used."),
    ({"threshold": 0.5}, "The threshold is not used: none need not be beaten, only 1 - p(none) > "
                         "threshold."),
    ({"threshold": -1}, "There is no threshold: unsure peaks are read too."),
]
