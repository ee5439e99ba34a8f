"""Carrying edits that were made in a notebook back into its source."""

import difflib
from pathlib import Path

from press.source import ROOT, PressError, lessons, write_atomically


def pull(notebook, root=ROOT):
    """Carry edits of existing cells back; returns (cells carried, diff of all else).

    A cell is found by its id. Only cells that press copies unchanged can be carried: a
    stamped title, an expanded question or an exercise is shown as a diff instead.
    """
    import nbformat

    from press import stamp

    root = Path(root)
    name = Path(notebook).resolve().relative_to(root).as_posix()
    every = lessons(root)
    match = [(x, e) for x in every for e, path in x.editions() if path == name]
    if not match:
        raise PressError(f"{name} is made from no source in source/")
    lesson, edition = match[0]
    source_cells = stamp.parse(lesson).cells
    edited = nbformat.read(root / name, as_version=4)
    seconds = edited.metadata.dlroadmap.seconds
    built = {c["id"]: c for c in stamp.make(lesson, every, edition, seconds).cells}
    text, carried, rest = lesson.text, 0, []
    for cell in edited.cells:
        base = built.pop(cell.get("id"), None)
        if base is None:
            rest += _diff("", cell.source, f"a new {cell.cell_type} cell")
            continue
        if base.source == cell.source:
            continue
        number = base.metadata.get("press")
        old = None if number is None else _as_text(source_cells[number], base.source)
        if old is None or text.count(old) != 1:
            rest += _diff(base.source, cell.source, "a cell that cannot be carried")
            continue
        text = text.replace(old, _as_text(source_cells[number], cell.source))
        carried += 1
    for cell in built.values():
        rest += _diff(cell.source, "", f"a removed {cell.cell_type} cell")
    if carried:
        write_atomically(root / lesson.source, text)
    return carried, "\n".join(rest)


def _as_text(cell, source):
    if cell.cell_type == "code":
        return source + "\n"
    return "".join(f"# {line}".rstrip() + "\n" for line in source.split("\n"))


def _diff(before, after, what):
    return [f"--- {what}", *list(difflib.unified_diff(before.splitlines(), after.splitlines(),
                                                      lineterm="", n=1))[2:]]
