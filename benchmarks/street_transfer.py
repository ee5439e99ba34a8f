"""How far is the street-view stand-in from reality? Train on it alone, test on real photos.

    python benchmarks/street_transfer.py FOLDER            # 6 minutes; writes the table
    python benchmarks/street_transfer.py FOLDER --dry-run  # measured and printed only
    python benchmarks/street_transfer.py FOLDER --seeds 1  # one seed: 2 minutes

FOLDER holds real images in the competition's form (``mchar_train`` and ``mchar_train.json``; any
number of them). Two readers are trained on the stand-in and nothing else, three seeds each:

* a small CNN on 32 × 32 crops of single digits: "digit accuracy". The crops' places are given.
* the grid network of ``dlroadmap.grid`` on whole images: "whole-number accuracy". Nothing is given.

The table (dlroadmap/assets/street_transfer.csv) has a row a seed; lesson street_2_data shows it.
"""

import sys
import time
from pathlib import Path

import numpy as np
import street_common as common
import torch
from torch import nn

from dlroadmap import grid
from dlroadmap.data import street_view

RESULT = common.RESULTS / "street_transfer.csv"
COLUMNS = ["seed", "digits_stand_in", "digits_real", "numbers_stand_in", "numbers_real",
           "real_images", "real_digits", "seconds"]
MEASURED = [*common.MEASURED, Path(__file__)]


def crops(part, size=32):
    """(D, 1, size, size) uint8 crops and (D,) labels: a square round each box, a fifth wider."""
    from PIL import Image

    out, labels = [], []
    for i in range(len(part)):
        image, boxes = part[i]
        grey = image.convert("L")
        for label, left, top, width, height in boxes:
            side = 1.2 * max(width, height)
            x, y = left + width / 2 - side / 2, top + height / 2 - side / 2
            out.append(np.asarray(grey.transform(  # black beyond the edge
                (size, size), Image.Transform.EXTENT, (x, y, x + side, y + side),
                Image.Resampling.BILINEAR)))
            labels.append(int(label))
    return torch.from_numpy(np.stack(out))[:, None], torch.tensor(labels)


def digit_net():
    def block(i, o):
        return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

    return nn.Sequential(
        *block(1, 16), nn.MaxPool2d(2), *block(16, 32), *block(32, 32), nn.MaxPool2d(2),
        *block(32, 64), *block(64, 64), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        nn.Dropout(0.2), nn.Linear(256, 10))


def train_digits(x, y, seed, epochs=6):
    """The crop network, with small shifts, zooms and inversions of light and dark."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = digit_net()
    batches = -(-len(x) // 64)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=epochs * batches)
    x, nowhere = grid.standardise(x), torch.full((64, 1, 5), -1.0)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=generator).split(64):
            seen, _ = grid.augment(x[rows], nowhere[:len(rows)], generator, shift=0.04)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(seen), y[rows]).backward()
            optimizer.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def digit_accuracy(model, x, y):
    scores = torch.cat([model(grid.standardise(part)) for part in x.split(500)])
    return float((scores.argmax(1) == y).float().mean())


def main():
    options = common.options(__doc__, folder=True)
    real = street_view.read(options.folder)
    street = common.load()
    train = grid.pixels_and_boxes(street.train)
    whole = common.held_out(street, options.folder)
    x, y = crops(street.train)
    tests = {"stand_in": crops(street.val), "real": crops(real)}
    rows = []
    for seed in range(options.seeds):
        start = time.perf_counter()
        digits = train_digits(x, y, seed)
        model = common.train_grid(*train, seed=seed)
        row = {"seed": seed,
               **{f"digits_{k}": digit_accuracy(digits, *t) for k, t in tests.items()},
               **{f"numbers_{k}": common.score(model, *t) for k, t in whole.items()},
               "real_images": len(real), "real_digits": len(real.boxes),
               "seconds": time.perf_counter() - start}
        rows.append(row)
        common.say(row)
    if not options.dry_run:
        common.write(RESULT, COLUMNS, rows, "street_transfer.py FOLDER", MEASURED)
    digits, numbers = (np.mean([r[k] for r in rows]) for k in ("digits_real", "numbers_real"))
    print(f"digit accuracy {digits:.3f}, whole-number accuracy {numbers:.3f} on {len(real)} "
          "real images")



if __name__ == "__main__":
    sys.exit(main())
