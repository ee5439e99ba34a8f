"""What width, data, time, augmentation and learning rate buy the street-view grid network.

    python benchmarks/street_tuning.py                # half an hour on one core; writes the table
    python benchmarks/street_tuning.py --real FOLDER  # also tests on real images in FOLDER
    python benchmarks/street_tuning.py --seeds 1      # one seed

One thing changes at a time, the rest is the recipe of ``street_common.py`` with 6 epochs. The table
(dlroadmap/assets/street_tuning.csv) has a row for each setting and seed; lesson street_4_train
shows it. Scores are whole-number accuracies.
"""

import sys
from pathlib import Path

import street_common as common
import torch

from dlroadmap import grid

RESULT = common.RESULTS / "street_tuning.csv"
COLUMNS = ["seed", "setting", "parameters", "images", "epochs", "numbers_stand_in",
           "numbers_real"]
MEASURED = [*common.MEASURED, Path(__file__)]
#: Fewer than in street_common, because there are many settings.
EPOCHS = 6
#: Setting → what differs from the recipe.
SETTINGS = {
    "baseline": {},
    "half the width": {"width": 0.5},
    "twice the width": {"width": 2},
    "no augmentation": {"augment": False},
    "1,000 images": {"images": 1000},
    "2,000 images": {"images": 2000},
    "8,000 images": {"images": 8000},
    "twice the epochs": {"epochs": 2 * EPOCHS},
    "learning rate a quarter": {"lr": common.LR / 4},
    "learning rate times four": {"lr": common.LR * 4},
}


def main():
    options = common.options(__doc__)
    street = common.load(n_train=8000)
    pixels, boxes = grid.pixels_and_boxes(street.train)
    tests = common.held_out(street, options.real)
    rows = []
    for seed in range(options.seeds):
        for setting in SETTINGS:
            changes = {"epochs": EPOCHS, **SETTINGS[setting]}
            images = changes.pop("images", common.N_TRAIN)
            model = common.train_grid(pixels[:images], boxes[:images], seed=seed, **changes)
            rows.append({"seed": seed, "setting": setting,
                         "parameters": sum(p.numel() for p in model.parameters()),
                         "images": images, "epochs": changes["epochs"],
                         **{f"numbers_{name}": common.score(model, x, truth)
                            for name, (x, truth) in tests.items()}})
            common.say(rows[-1])
    if not options.dry_run:
        common.write(RESULT, COLUMNS, rows, "street_tuning.py", MEASURED)
    print(f"{len(rows)} runs, torch {torch.__version__}")


if __name__ == "__main__":
    sys.exit(main())
