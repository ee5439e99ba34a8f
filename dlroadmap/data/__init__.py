"""Data sets of the lessons: one module each, ``dlroadmap.data.<set>.load(source=None)``.

``load`` returns a small frozen dataclass and prints one line that says what the data is:
"stand-in" (generated here, never a result on the real competition), "real" (ships inside a
Python package) or "tianchi" (the competition's own files). ``DLROADMAP_DATA`` chooses:
``embedded`` (the default; no network) or ``full`` (the competition's files, fetched once
into the cache folder or put there by hand).
"""

from importlib import import_module as _import_module
from pathlib import Path as _Path

from dlroadmap.data._frame import DataError, cache_folder

__all__ = ["DataError", "cache_folder"]


def _sets():
    return sorted(p.stem for p in _Path(__file__).parent.glob("[a-z]*.py"))


def __getattr__(name):
    if name in _sets():
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"there is no data set {name!r}; there are: {', '.join(_sets())}")


def __dir__():
    return sorted([*__all__, *_sets()])
