"""What the lessons of dlroadmap share: data sets, checks, layers, training loop, figure style.

Importing this package is light on purpose: no torch, no pandas, no Matplotlib
until something uses them.
"""

from importlib import import_module as _import_module

__version__ = "0.1.0"
__all__ = ["check", "data", "layers", "made_with", "plot", "progress", "setup", "train"]


def __getattr__(name):
    if name in {"check", "data", "layers", "plot", "progress", "train"}:
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)


def setup(seed=0):
    """Start a lesson: seed the random generators and set the figure style.

    Seeds ``random``, and NumPy and torch where they are imported already, so call it
    after the imports. Sets the style of :mod:`dlroadmap.plot` where Matplotlib is
    imported.

    Parameters
    ----------
    seed : int, default 0
        0 ≤ seed < 2**32 (NumPy's limit).
    """
    import random
    import sys

    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, not {seed!r}")
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    if "matplotlib" in sys.modules:
        from dlroadmap import plot

        plot.use_style()


def made_with(version):
    """Say so in one line when a notebook and this package are of different versions.

    The setup cell of each notebook calls it with the version that built the notebook.
    Silent when both are the same.
    """
    if version == __version__:
        return

    def key(text):
        return [int(part) for part in text.split(".") if part.isdigit()]

    if key(version) > key(__version__):
        print(f"This notebook was made with dlroadmap {version}, but {__version__} is installed: "
              "update it (rerun pip install with --upgrade, or git pull) if a name is missing.")
    else:
        print(f"This notebook was made with dlroadmap {version}; {__version__} is installed. "
              "It should work; a newer copy of the notebook may be waiting.")
