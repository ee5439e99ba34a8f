"""Industrial steam (工业蒸汽量预测, Tianchi 231693): 38 boiler sensors and the steam they make.

:func:`load` returns the two tables of the competition, ``train`` (2888 rows, ``V0`` … ``V37``
and ``target``) and ``test`` (1925 rows, without ``target``).

**Full** (``DLROADMAP_DATA=full`` or ``source="full"``): the competition's own files,
``zhengqi_train.txt`` and ``zhengqi_test.txt``, tab separated, fetched once into
``<cache folder>/steam/`` or put there by hand. Copies with LF, CRLF or mixed line ends are
accepted; anything else than the known files (SHA-256) is refused.

**Embedded** (the default): a stand-in made here in well under a second, the same on every
machine. No row of it is a row of the competition. The recipe:

1. *Memory.* 39 independent series, each a sum of AR(1) processes of five speeds
   (:data:`SPEEDS`), so that a row resembles the rows before it.
2. *Mixing.* A matrix turns them into 38 sensors and a target. It was fitted so that the
   correlation matrix (Pearson) and the lag-1 autocorrelations are near those of the real table.
3. *A planted non-linearity* (:func:`_bend`). A fifth of what a line cannot explain of the
   target becomes steps, waves and products of eight sensors; a small gain drifts through
   time; the rest is noise of changing strength, so that some residuals are far out.
4. *Margins.* Each column's sorted values are replaced by quantiles of the real column, three
   decimals, minimum and maximum included. Train and test have their own, and this is what
   shifts the test set.

What it copies: means, spreads, skews, ranges, spikes, correlations, VIF, memory, the KS
distances between train and test, and, roughly, the cross-validation errors of nine models.
What it does not copy: which rows are outliers and why; the exact dependence beyond
correlations (it is a Gaussian copula); columns that stand still for many rows (V9 repeats its
previous value in 93 % of the real rows, in 43 % here); what ties V27 to V8 in those real test
rows where V27 has not fallen; the one sensor row that stands in both files; the true test
targets, which nobody outside the competition has. A score on it is not a score on the
competition. ``benchmarks/steam_stand_in_statistics.py`` makes the numbers that this module
reads from the real files and measures both side by side.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from dlroadmap.data._frame import DataError, File, announce, choose, fetch, frame_from_text

FEATURES = [f"V{i}" for i in range(38)]
TARGET = "target"
TRAIN_ROWS, TEST_ROWS = 2888, 1925

#: Where the real files lie inside the cache folder.
SUBFOLDER = "steam"

_ADDRESS = "http://tianchi-media.oss-cn-beijing.aliyuncs.com/DSW/Industrial_Steam_Forecast/"
_PAGE = "https://tianchi.aliyun.com/competition/entrance/231693/information"
TRAIN_FILE = File(
    "zhengqi_train.txt", _ADDRESS + "zhengqi_train.txt",
    frozenset({"7eb49d975f3e0db4041c7624efe9ca6d9ade7e7591a763bbadddeec8b28db7c9",    # CRLF
               "0f3926b230da032b54f2e320df50012e62508b267126042766cf8633b3e596d5"}),  # LF
    _PAGE, login=True)
TEST_FILE = File(
    "zhengqi_test.txt", _ADDRESS + "zhengqi_test.txt",
    frozenset({"832d24ab487f6442bfbda502f6b0f29e406312bca513f29dee95b4def50b0440",    # CRLF
               "be2aee19548f19495845cdaca66a4f3e12c1f91495c47a9ed5671696663f69f3"}),  # LF
    _PAGE, login=True)

#: How much of its last value each of the five AR(1) processes keeps from row to row.
SPEEDS = np.array([0.0, 0.5, 0.9, 0.98, 0.998])
#: Columns with few distinct values: their margins are tables of steps, not smooth.
STEPPED = ("V9", "V17", "V22", "V23", "V24", "V28", "V33", "V34", "V35")

_ASSET = Path(__file__).parent.parent / "assets" / "steam_stand_in.npz"
_SEED = 9
_PLANTED = 0.2    # the share of the linear model's residual variance that a bend explains
_DRIFT = 0.2       # how much the gain of three sensors wanders, against the noise
_LEVELS = 129      # quantiles of a smooth margin


@dataclass(frozen=True)
class Steam:
    """The two tables of the competition.

    train : DataFrame (2888, 39), columns V0 … V37 and target, all float64
    test : DataFrame (1925, 38), columns V0 … V37
    source : "stand-in" (generated here) or "tianchi" (the competition's own files)
    """

    train: object
    test: object
    source: str


def load(source=None):
    """Load the steam data and print one line that says what it is.

    Parameters
    ----------
    source : "embedded", "full" or None
        None takes ``DLROADMAP_DATA``, and "embedded" where that is not set.

    Returns
    -------
    Steam

    Raises
    ------
    DataError
        An unknown source; with "full", a file that is missing, damaged or not the right one.
    """
    if choose(source) == "full":
        train = _read(TRAIN_FILE, [*FEATURES, TARGET], TRAIN_ROWS)
        test = _read(TEST_FILE, FEATURES, TEST_ROWS)
        announce("Industrial steam", "tianchi",
                 f"the competition's own files, {TRAIN_ROWS} training and {TEST_ROWS} test rows.")
        return Steam(train, test, "tianchi")
    import pandas as pd

    train, test = _stand_in()
    announce("Industrial steam", "stand-in",
             f"generated here with the statistics of the real files, {TRAIN_ROWS} training and "
             f"{TEST_ROWS} test rows. A score on it is not a score on the competition.")
    return Steam(pd.DataFrame(train, columns=[*FEATURES, TARGET]),
                 pd.DataFrame(test, columns=FEATURES), "stand-in")


def _read(file, columns, rows):
    path = fetch(file, SUBFOLDER)
    frame = frame_from_text(path, columns)
    if len(frame) != rows:
        raise DataError(f"{path} has {len(frame)} rows, expected {rows}: it is cut short or "
                        f"changed. Move it away and run this again to fetch it from {file.url}.")
    return frame


def _stand_in():
    """(2888, 39) training and (1925, 38) test values."""
    return (_table("train", TRAIN_ROWS, np.random.default_rng(_SEED), target=True),
            _table("test", TEST_ROWS, np.random.default_rng([_SEED, 1]), target=False))


def _table(part, rows, rng, target):
    stored = _statistics()
    series = _series(rng, rows, stored[f"{part}_memory"] / 1e4)
    z = _mix(series, stored[f"{part}_mix"] / 1e4)
    if target:
        z = _bend(z, rng)
    return _values(z, _margins(stored, part, z.shape[1]))


@cache
def _statistics():
    with np.load(_ASSET) as stored:
        return {name: stored[name].astype(float) for name in stored.files}


def _series(rng, rows, memory):
    """(rows, k) uncorrelated series with unit variance.

    memory : (k, 5)
        Each series' variance shares of the five AR(1) processes.
    """
    noise = rng.standard_normal((rows, len(memory), len(SPEEDS)))
    fresh = np.sqrt(1 - SPEEDS**2)
    share = np.sqrt(memory / memory.sum(axis=1, keepdims=True))
    state = noise[0]
    out = np.empty((rows, len(memory)))
    out[0] = (state * share).sum(axis=1)
    for t in range(1, rows):
        state = SPEEDS * state + fresh * noise[t]
        out[t] = (state * share).sum(axis=1)
    out -= out.mean(axis=0)
    # Slow series are correlated by chance in a short sample: undo that.
    triangle = np.linalg.cholesky(out.T @ out / rows)
    return np.linalg.solve(triangle, out.T).T


def _mix(series, mix):
    """Columns with unit variance whose correlations are those of ``mix @ mix.T``."""
    mix = mix / np.sqrt((mix**2).sum(axis=1, keepdims=True))
    return series @ mix.T


def _bend(z, rng):
    """Replace a part of the target's residual by a planted non-linearity.

    z : (rows, 39), the target last. What a straight line explains of the target stays as it is,
    so the correlations stay too.
    """
    x, y = z[:, :-1], z[:, -1]
    rows = len(z)
    line = x @ np.linalg.solve(x.T @ x, x.T @ y)
    noise = y - line
    size = noise.std()
    steps = [
        np.sign(np.sin(4 * x[:, 14])),
        np.sign(np.sin(3 * x[:, 19])),
        (np.abs(x[:, 24]) < 0.6) * 1.0,
        np.sign(np.sin(3 * x[:, 3])) * np.sign(x[:, 2]),
        np.sign(x[:, 8] - 0.8) * np.sign(x[:, 37]),
        x[:, 0] * x[:, 2],
    ]
    bend = sum((s - s.mean()) / s.std() for s in steps)
    design = np.column_stack([np.ones(rows), x])
    bend -= design @ np.linalg.solve(design.T @ design, design.T @ bend)
    bend /= bend.std()
    strength = np.exp(0.5 * rng.standard_normal(rows))
    push = rng.standard_normal(rows)
    gain = np.empty(rows)
    gain[0] = push[0]
    for t in range(1, rows):
        gain[t] = 0.985 * gain[t - 1] + np.sqrt(1 - 0.985**2) * push[t]
    noise = noise * strength
    noise += _DRIFT * noise.std() * gain * (x[:, 8] + x[:, 0] - x[:, 31])
    noise /= noise.std()
    y = line + size * (np.sqrt(1 - _PLANTED) * noise + np.sqrt(_PLANTED) * bend)
    return np.column_stack([x, y])


def _margins(stored, part, columns):
    """For each column ("smooth", quantiles) or ("steps", values, counts)."""
    smooth = iter(stored[f"{part}_smooth"] / 1000)
    values, counts = stored[f"{part}_values"] / 1000, stored[f"{part}_counts"]
    ends = np.cumsum(stored[f"{part}_lengths"]).astype(int)
    tables = iter(zip(np.split(values, ends[:-1]), np.split(counts, ends[:-1]), strict=True))
    return [("steps", *next(tables)) if name in STEPPED else ("smooth", next(smooth))
            for name in [*FEATURES, TARGET][:columns]]


def levels():
    """The probabilities of the stored quantiles: dense in both tails."""
    return 0.5 * (1 - np.cos(np.pi * np.arange(_LEVELS) / (_LEVELS - 1)))


def _values(z, margins):
    """Give each column of ``z`` its margin: ranks stay, values become the quantiles."""
    rows = len(z)
    out = np.empty_like(z)
    for j, margin in enumerate(margins):
        rank = np.empty(rows)
        rank[np.argsort(z[:, j], kind="stable")] = np.arange(rows) / (rows - 1)
        if margin[0] == "smooth":
            out[:, j] = np.interp(rank, levels(), margin[1])
        else:
            _, values, counts = margin
            edge = np.cumsum(counts) / counts.sum()
            place = np.searchsorted(edge, rank - 1e-9)
            out[:, j] = values[np.minimum(place, len(values) - 1)]
    return np.round(out, 3)
