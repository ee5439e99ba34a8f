"""A small network that reads a whole number at once: a grid of cells, each cell a classifier.

Lesson 05/street_3 builds it in front of the learner; lessons 4 to 6 and the benchmarks import the
same thing. The idea is that of one-stage detectors (Redmon et al. 2016, You Only Look Once),
with everything left out that reading a line of digits does not need: a cell says which digit has
its centre there, or "none"; boxes are used to teach, and none is predicted.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from dlroadmap.data.street_view import MAX_DIGITS

#: Rows and columns of the network's input in pixels, and of its output in cells.
SIZE = (32, 80)
CELLS = (8, 20)
#: The class "no digit has its centre here", and the target of a cell that is left out of the loss.
NONE, IGNORE = 10, -100


def pixels_and_boxes(part, size=SIZE):
    """A part of the street-view data, small and grey, in memory.

    Parameters
    ----------
    part : dlroadmap.data.street_view.Part of N images
    size : (height, width) in pixels; the aspect of an image is not kept

    Returns
    -------
    pixels : (N, 1, height, width) uint8 tensor
    boxes : (N, 6, 5) float32 tensor: label, centre x, centre y, width, height, in pixels of
        ``size``; label -1 where there is no further digit. None for a part without boxes.
    """
    from PIL import Image

    height, width = size
    pixels = np.empty((len(part), 1, height, width), np.uint8)
    boxes = np.full((len(part), MAX_DIGITS, 5), -1, np.float32)
    for i in range(len(part)):
        image, found = part[i]
        pixels[i, 0] = image.convert("L").resize((width, height), Image.Resampling.BILINEAR)
        if found is None:
            boxes = None
        else:
            boxes[i, :len(found)] = scaled(found, (width / image.width, height / image.height))
    return torch.from_numpy(pixels), None if boxes is None else torch.from_numpy(boxes)


def scaled(boxes, scale):
    """(n, 5) label, left, top, width, height → label, centre x, centre y, width, height, scaled."""
    label, left, top, width, height = boxes.T
    x, y = scale
    return np.column_stack([label, (left + width / 2) * x, (top + height / 2) * y,
                            width * x, height * y])


def standardise(pixels):
    """(N, 1, H, W) of any type → float32 with mean 0 and standard deviation 1 in each image."""
    x = pixels.float()
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) / (x.std((1, 2, 3), keepdim=True) + 1e-3)


def targets(boxes, size=SIZE, cells=CELLS, core=0.3):
    """What each cell should say.

    Parameters
    ----------
    boxes : (N, M, 5) tensor: label (-1 for none), centre x, centre y, width, height in pixels
    core : float
        Cells within ``core`` × the box's size of its centre, the centre's own cell aside, are
        left out of the loss: they see the digit too, and neither answer would be wrong.

    Returns
    -------
    (N, rows, columns) int64 tensor: 0 … 9, :data:`NONE`, or :data:`IGNORE`. A centre outside the
    image goes to the nearest cell at the edge.
    """
    rows, columns = cells
    step_y, step_x = size[0] / rows, size[1] / columns
    out = torch.full((len(boxes), rows, columns), NONE, dtype=torch.int64)
    y = (torch.arange(rows) + 0.5) * step_y
    x = (torch.arange(columns) + 0.5) * step_x
    label, cx, cy, w, h = boxes.unbind(-1)
    there = label >= 0
    near_y = (y - cy[..., None]).abs() <= core * h[..., None]
    near_x = (x - cx[..., None]).abs() <= core * w[..., None]
    near = near_y[..., :, None] & near_x[..., None, :] & there[..., None, None]
    out[near.any(1)] = IGNORE
    n, m = there.nonzero(as_tuple=True)
    row = (cy[n, m] / step_y).long().clamp(0, rows - 1)
    column = (cx[n, m] / step_x).long().clamp(0, columns - 1)
    out[n, row, column] = label[n, m].long()
    return out


class GridNet(nn.Module):
    """(N, 1, 32, 80) → (N, 11, 8, 20) scores: for each cell ten digits and "none".

    Parameters
    ----------
    dropout : float
        Share of channels set to zero before the last layer (``nn.Dropout2d``).
    width : float
        Factor on the number of channels (16, 32, 64).
    """

    def __init__(self, dropout=0.0, width=1):
        super().__init__()
        a, b, c = (round(channels * width) for channels in (16, 32, 64))

        def block(i, o):
            return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

        self.features = nn.Sequential(
            *block(1, a), nn.MaxPool2d(2),
            *block(a, b), *block(b, b), nn.MaxPool2d(2),
            *block(b, c), *block(c, c), *block(c, c), nn.Dropout2d(dropout))
        self.head = nn.Conv2d(c, 11, 1)
        with torch.no_grad():  # most cells are empty: start by saying so
            self.head.bias[NONE] = 2.0

    def forward(self, x):
        return self.head(self.features(x))


def grid_loss(scores, target, empty=0.5):
    """Cross entropy of the cells, divided by the number of digits rather than of cells.

    Parameters
    ----------
    scores : (N, 11, rows, columns)
    target : (N, rows, columns) from :func:`targets`
    empty : float
        Weight of an empty cell against a digit's.

    Returns
    -------
    scalar tensor
    """
    weight = torch.ones(11, device=scores.device)
    weight[NONE] = empty
    total = F.cross_entropy(scores, target, weight, ignore_index=IGNORE, reduction="sum")
    digits = (target >= 0) & (target != NONE)
    return total / digits.sum().clamp(min=1)


def decode(scores, threshold=0.4, window=(5, 3)):
    """Read the numbers: cells that are surer of a digit than their neighbours, left to right.

    Parameters
    ----------
    scores : (N, 11, rows, columns), or probabilities with ``softmax`` already taken (as of an
        ensemble): rows of probabilities sum to 1, and are used as they are
    threshold : float
        How sure a cell must be that there is a digit.
    window : (rows, columns), odd
        Only the surest cell of a window counts.

    Returns
    -------
    list of N texts of at most six digits (the surest six); "" where no cell is sure
    """
    p = probabilities(scores)
    digit = 1 - p[:, NONE]
    around = F.max_pool2d(digit[:, None], window, 1, (window[0] // 2, window[1] // 2))[:, 0]
    peaks = (digit == around) & (digit > threshold)
    best = p[:, :NONE].argmax(1)
    numbers = []
    for n in range(len(p)):
        row, column = peaks[n].nonzero(as_tuple=True)
        keep = digit[n, row, column].argsort(descending=True)[:MAX_DIGITS]
        keep = keep[column[keep].argsort()]
        numbers.append("".join(str(int(d)) for d in best[n, row[keep], column[keep]]))
    return numbers


def probabilities(scores):
    """Softmax over the classes, unless that has been taken already."""
    done = scores.min() >= 0 and torch.allclose(scores.sum(1), torch.ones(()), atol=1e-4)
    return scores if done else scores.softmax(1)


def augment(pixels, boxes, generator, scale=0.12, shift=0.08, shear=0.1, invert=0.5):
    """Another view of each image: polarity, size, place and slant change; the number does not.

    Parameters
    ----------
    pixels : (N, 1, H, W) float tensor, standardised (so that 0 is the mean grey)
    boxes : (N, M, 5) tensor as from :func:`pixels_and_boxes`
    generator : torch.Generator
    scale, shift, shear : float
        Standard deviations: of the log of the size, of the place as a share of the image, of the
        slant.
    invert : float
        Share of images whose light and dark change places.

    Returns
    -------
    pixels, boxes of the same shapes (boxes keep upright sides; their centres are exact)
    """
    n, _, height, width = pixels.shape

    def normal(columns, spread):
        return torch.randn(n, columns, generator=generator) * spread

    size = torch.exp(normal(2, scale / 2) + normal(1, scale))  # x, y: mostly together
    slant = normal(1, shear)[:, 0]
    move = normal(2, shift) * torch.tensor([width, height])
    # grid_sample asks, for each pixel of the result, where it comes from: the inverse map.
    inverse = torch.zeros(n, 2, 3)
    aspect = height / width
    inverse[:, 0, 0], inverse[:, 1, 1] = 1 / size[:, 0], 1 / size[:, 1]
    inverse[:, 0, 1] = -slant * aspect / size[:, 1]
    centre = move / torch.tensor([width, height]) * 2
    inverse[:, :, 2] = -(inverse[:, :, :2] @ centre[:, :, None])[:, :, 0]
    grid = F.affine_grid(inverse, pixels.shape, align_corners=False)
    out = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    flip = torch.rand(n, 1, 1, 1, generator=generator) < invert
    out = torch.where(flip, -out, out)

    moved = boxes.clone()
    x, y = boxes[..., 1] - width / 2, boxes[..., 2] - height / 2
    moved[..., 2] = y * size[:, 1:] + height / 2 + move[:, 1:]
    # forward map: x' = size_x · (x + slant · y) + move_x
    moved[..., 1] = size[:, :1] * (x + slant[:, None] * y) + width / 2 + move[:, :1]
    moved[..., 3:] = boxes[..., 3:] * size[:, None]
    return out, torch.where(boxes[..., :1] >= 0, moved, boxes)


class GridData(Dataset):
    """Batches for the grid network: standardised pixels and the cells' targets.

    Parameters
    ----------
    pixels, boxes : from :func:`pixels_and_boxes`
    generator : torch.Generator, optional
        With it every batch is augmented anew; without it nothing is changed.
    **options : of :func:`augment`
    """

    def __init__(self, pixels, boxes, generator=None, **options):
        self.x, self.boxes = standardise(pixels), boxes
        self.generator, self.options = generator, options

    def __len__(self):
        return len(self.x)

    def __getitems__(self, indices):
        """A whole batch at once: DataLoader calls this where it exists, which is faster."""
        x, boxes = self.x[indices], self.boxes[indices]
        if self.generator is not None:
            x, boxes = augment(x, boxes, self.generator, **self.options)
        return x.contiguous(memory_format=torch.channels_last), targets(boxes)

    def __getitem__(self, i):
        x, target = self.__getitems__([i])
        return x[0], target[0]

    def loader(self, batch_size=64, shuffle=False):
        """A DataLoader that yields ((B, 1, H, W), (B, rows, columns))."""
        return DataLoader(self, batch_size, shuffle=shuffle, collate_fn=_as_it_is)


def _as_it_is(batch):
    return batch


@torch.no_grad()
def predict(model, pixels, batch_size=250):
    """Probabilities (N, 11, rows, columns) of a model for (N, 1, H, W) pixels, in eval mode."""
    was_training = model.training
    model.eval()
    x = standardise(pixels).contiguous(memory_format=torch.channels_last)
    out = torch.cat([model(part).softmax(1) for part in x.split(batch_size)])
    model.train(was_training)
    return out


def accuracy(numbers, truth):
    """Share of whole numbers read without any mistake: the competition's score."""
    if len(numbers) != len(truth):
        raise ValueError(f"{len(numbers)} readings for {len(truth)} numbers")
    return float(np.mean([a == b for a, b in zip(numbers, truth, strict=True)]))
