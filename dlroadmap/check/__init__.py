"""Exercise checks: ``check.<function_name>(candidate)``.

Each lesson has one module here, named after its stage and lesson
(``s04_08_convolution``), and each check is a function in it. The names are looked up
when they are first used, so that importing this package loads no lesson.
"""

import re
from importlib import import_module as _import_module
from pathlib import Path as _Path


def _where():
    """Name of each check → its module, read from the files without importing them."""
    found = {}
    for file in sorted(_Path(__file__).parent.glob("s[0-9]*.py")):
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r"^@exercise\b.*\ndef (\w+)\(", text, re.M):
            if name in found:
                raise ImportError(f"check {name} stands in {found[name]} and in {file.stem}")
            found[name] = file.stem
    return found


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    where = _where()
    if name not in where:
        import difflib

        near = difflib.get_close_matches(name, where, 1)
        raise AttributeError(
            f"there is no check named {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
    return getattr(_import_module(f"{__name__}.{where[name]}"), name)


def __dir__():
    return sorted(_where())
