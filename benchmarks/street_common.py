"""What the street-view benchmarks share: the data, the training recipe, the result table."""

import argparse
import csv
import hashlib
import platform
import time
from datetime import date
from pathlib import Path

import torch

from dlroadmap import grid
from dlroadmap.data import _street_stand_in, street_view

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "dlroadmap/assets"  # lessons show the tables, also where there is no checkout
#: The code whose results the tables hold.
MEASURED = [*(Path(m.__file__) for m in (grid, _street_stand_in)), Path(__file__)]
N_TRAIN, N_VAL, EPOCHS, LR = 4000, 1000, 10, 4e-3


def options(text, folder=False):
    """The options of a script; ``--real FOLDER`` or, with ``folder``, FOLDER itself."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("folder" if folder else "--real", type=Path, metavar="FOLDER",
                        help="real images in the competition's form: mchar_train and "
                             "mchar_train.json")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    return parser.parse_args()


def load(n_train=N_TRAIN):
    """The stand-in as the benchmarks use it: 4,000 training and 1,000 validation images."""
    return street_view.load("embedded", n_train=n_train, n_val=N_VAL, max_height=64)


def held_out(street, folder=None):
    """Name → (pixels, true numbers): the stand-in's val and, with a folder, real images."""
    parts = {"stand_in": street.val} | ({"real": street_view.read(folder)} if folder else {})
    return {k: (grid.pixels_and_boxes(part)[0], part.numbers) for k, part in parts.items()}


def train_grid(pixels, boxes, *, seed, epochs=EPOCHS, lr=LR, augment=True, cycles=1, dropout=0.0,
               width=1, keep=None):
    """The grid network as in lesson street_4_train, without its display.

    Parameters
    ----------
    cycles : int
        So many one-cycle schedules in a row, in the same number of epochs together.
    keep : list, optional
        A copy of the state at the end of each cycle is appended: the snapshots.

    Returns
    -------
    GridNet in eval mode
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed) if augment else None
    model = grid.GridNet(dropout, width).to(memory_format=torch.channels_last)
    loader = grid.GridData(pixels, boxes, generator).loader(shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)
    for _ in range(cycles):
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, lr, total_steps=epochs // cycles * len(loader), pct_start=0.2)
        for _ in range(epochs // cycles):
            for x, target in loader:
                optimizer.zero_grad()
                grid.grid_loss(model(x), target).backward()
                optimizer.step()
                schedule.step()
        if keep is not None:
            keep.append({k: v.clone() for k, v in model.state_dict().items()})
    return model.eval()


def restored(state):
    """A grid network in eval mode from a kept state."""
    model = grid.GridNet().to(memory_format=torch.channels_last)
    model.load_state_dict(state)
    return model.eval()


#: Views for test-time augmentation: shift right and down in pixels, light and dark exchanged.
#: Whole cells only (4 pixels), so that the scores can be moved back exactly.
VIEWS = [(0, 0, False), (0, 0, True), (4, 0, False), (-4, 0, True)]


def seen(model, pixels, view):
    """Probabilities for a view of the images, moved back to where the digits are."""
    right, down, inverted = view
    step_y, step_x = grid.SIZE[0] // grid.CELLS[0], grid.SIZE[1] // grid.CELLS[1]
    x = 255 - pixels if inverted else pixels
    x = moved(x, right, down)
    return moved(grid.predict(model, x), -right // step_x, -down // step_y)


def moved(x, right, down):
    """(N, C, H, W) shifted; what comes in at the edge repeats the edge."""
    height, width = x.shape[2:]
    rows = (torch.arange(height) - down).clamp(0, height - 1)
    columns = (torch.arange(width) - right).clamp(0, width - 1)
    return x[:, :, rows][:, :, :, columns]


def score(model, pixels, truth):
    return grid.accuracy(grid.decode(grid.predict(model, pixels)), truth)


def say(row):
    print(", ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}"
                    for k, v in row.items()), flush=True)


def fingerprint(files):
    """Hash of the code that was measured: a test compares it with today's."""
    text = b"".join(p.read_bytes().replace(b"\r\n", b"\n") for p in files)
    return hashlib.sha256(text).hexdigest()[:16]


def write(path, columns, rows, command, files):
    """The table with the command, the date, the versions, the machine and the code's hash."""
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(f"# python benchmarks/{command}, {date.today()}\n"
                   f"# torch {torch.__version__}, Python {platform.python_version()}, "
                   f"{platform.machine()}, {torch.get_num_threads()} threads, device cpu\n"
                   f"# code {fingerprint(files)}\n")
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()})
    print(f"wrote {path.relative_to(ROOT)} at {time.strftime('%H:%M')}")
