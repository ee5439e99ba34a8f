"""Blank exercise notebooks run too: only what waits for an answer may stop, and says so.

And the learner's end of it: with the solutions pasted in, every check says "right".
"""

import nbformat
import pytest

from press.run import execute
from press.source import ROOT, lessons, notebooks
from press.stamp import parse, solved
from tests.checks.test_mutants import MODULES, needed_cells

BLANK = [p for p in notebooks(ROOT) if p.parent.name == "exercises"]
ALLOWED = ("NotImplementedError", "NameError")


def code(book):
    return [c for c in book.cells if c.cell_type == "code"]


def offline():
    import os

    from press.run import environment

    return environment() | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}


@pytest.mark.slow
@pytest.mark.parametrize("path", BLANK, ids=lambda p: p.stem)
def test_a_blank_notebook_stops_only_where_an_answer_is_missing(path):
    book = nbformat.read(path, as_version=4)
    execute(book, path.parent, allow_errors=True, env=offline())
    reported = 0
    for cell in code(book):
        errors = [o for o in cell.outputs if o.output_type == "error"]
        waits = "needs-solution" in cell.metadata.get("tags", [])
        assert all(e.ename in ALLOWED for e in errors), (cell.source, errors)
        assert bool(errors) == waits, f"the tags are out of date: {cell.source!r}"
        reported += sum("not attempted yet" in o.get("text", "") for o in cell.outputs)
    assert reported == sum("exercise" in c.metadata.get("tags", []) for c in code(book))


@pytest.mark.slow
@pytest.mark.parametrize("path", BLANK, ids=lambda p: p.stem)
def test_a_solved_exercise_notebook_records_progress(path, tmp_path):
    """Only the setup, the imports, the exercises (with cells they need) and their checks."""
    book = nbformat.read(path, as_version=4)
    lesson = next(x for x in lessons(ROOT) if (ROOT / x.exercise_notebook) == path)
    answers = {c.source.split("(")[0]: solved(c.source) for c in parse(lesson).cells
               if "exercise" in c.metadata.get("tags", [])}
    needed = needed_cells({m.LESSON: m for m in MODULES}[lesson.name])
    kept, after = [], False
    for i, cell in enumerate(code(book)):
        is_exercise = "exercise" in cell.metadata.get("tags", [])
        if is_exercise:
            cell.source = answers[cell.source.split("(")[0]]
        if i < 3 or is_exercise or after or cell.source in needed:
            kept.append(cell)
        after = is_exercise
    book.cells = kept
    log = tmp_path / "progress.jsonl"
    execute(book, tmp_path, env=offline() | {"DLROADMAP_PROGRESS": str(log)})
    from dlroadmap import progress

    states, damaged = progress.read(log)
    assert states == {(lesson.name, name): "passed" for name, _ in lesson.exercises}
    assert damaged == []
