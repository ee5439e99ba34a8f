"""What ensembles of the street-view grid network gain, and what they cost.

    python benchmarks/street_ensemble.py                # half an hour on one core; writes the table
    python benchmarks/street_ensemble.py --real FOLDER  # also tests on real images in FOLDER
    python benchmarks/street_ensemble.py --seeds 1      # one seed

Every method is trained on the same 4,000 images of the stand-in and scored on the same 1,000
others, three times with other seeds. "cost" counts image passes of training in units of one run
(4,000 images, 6 epochs), so that a method can be compared with one longer run at equal cost. No
method looks at the scores of another. The table (dlroadmap/assets/street_ensemble.csv) has a row
for each method and seed; lesson street_5_ensemble shows it.
"""

import sys
import time
from pathlib import Path

import numpy as np
import street_common as common
from sklearn.model_selection import StratifiedKFold

from dlroadmap import grid

RESULT = common.RESULTS / "street_ensemble.csv"
COLUMNS = ["seed", "method", "cost", "numbers_stand_in", "numbers_real", "seconds"]
MEASURED = [*common.MEASURED, Path(__file__)]
RUNS = 3
#: Of one run; fewer than in street_common, because a seed takes ten runs.
EPOCHS = 6


def averaged(models, pixels, views=common.VIEWS[:1]):
    """Mean probabilities of the models over the views → the numbers read."""
    return grid.decode(sum(common.seen(model, pixels, view) for model in models for view in views)
                       / (len(models) * len(views)))


def train(*args, epochs=EPOCHS, **options):
    return common.train_grid(*args, epochs=epochs, **options)


def models_of(seed, pixels, boxes, lengths):
    """Yield (name, its models, cost, seconds): everything that is trained for one seed."""
    start = time.perf_counter()

    def took():
        return time.perf_counter() - start

    singles = [train(pixels, boxes, seed=100 * seed)]
    yield "single", singles, 1, took()
    start = time.perf_counter()
    singles += [train(pixels, boxes, seed=100 * seed + i) for i in range(1, RUNS)]
    yield f"average of {RUNS}", singles, RUNS, took() * RUNS / (RUNS - 1)
    start = time.perf_counter()
    yield "dropout", [train(pixels, boxes, seed=100 * seed, dropout=0.1)], 1, took()
    start, kept = time.perf_counter(), []
    train(pixels, boxes, seed=100 * seed, cycles=RUNS, keep=kept)
    yield "snapshots", [common.restored(state) for state in kept], 1, took()
    start = time.perf_counter()
    folds = StratifiedKFold(RUNS, shuffle=True, random_state=seed).split(pixels, lengths)
    models = [train(pixels[rows], boxes[rows], seed=100 * seed + i)
              for i, (rows, _) in enumerate(folds)]
    yield f"{RUNS} folds", models, RUNS - 1, took()
    start = time.perf_counter()
    longer = train(pixels, boxes, seed=100 * seed, epochs=RUNS * EPOCHS)
    yield f"one run {RUNS} times as long", [longer], RUNS, took()


def main():
    options = common.options(__doc__)
    street = common.load()
    pixels, boxes = grid.pixels_and_boxes(street.train)
    lengths = np.minimum([len(n) for n in street.train.numbers], 4)
    tests = common.held_out(street, options.real)
    rows = []
    for seed in range(options.seeds):
        for method, models, cost, seconds in models_of(seed, pixels, boxes, lengths):
            for name, views in [(method, common.VIEWS[:1]), (method + " + TTA", common.VIEWS)]:
                rows.append({"seed": seed, "method": name, "cost": cost, "seconds": seconds,
                             **{f"numbers_{k}": grid.accuracy(averaged(models, x, views), truth)
                                for k, (x, truth) in tests.items()}})
                common.say(rows[-1])
    if not options.dry_run:
        common.write(RESULT, COLUMNS, rows, "street_ensemble.py", MEASURED)


if __name__ == "__main__":
    sys.exit(main())
