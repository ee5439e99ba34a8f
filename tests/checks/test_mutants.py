"""The checks are tested: each right answer passes, each blank is reported, each mutant fails.

``tests/checks/s<stage>_<lesson>.py`` lists, for each exercise, wrong solutions as text
patches on the solution taken from the source. A patch must match exactly once, so none goes
stale, and the messages of an exercise's mutants must differ.
"""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from press.source import ROOT, lessons
from press.stamp import blank, parse, solved

MODULES = [importlib.import_module(f"tests.checks.{p.stem}")
           for p in sorted(Path(__file__).parent.glob("s[0-9]*.py"))]
LESSONS = {x.name: x for x in lessons(ROOT)}
EXERCISES = [(m, name) for m in MODULES for name, _ in LESSONS[m.LESSON].exercises]


@cache
def code_cells(lesson):
    return [c for c in parse(LESSONS[lesson]).cells if c.cell_type == "code"]


def exercise_cells(lesson):
    """function name → text of its exercise cell, in the order of the lesson."""
    return {re.search(r"^(?:def|class) (\w+)", c.source, re.M)[1]: c.source
            for c in code_cells(lesson) if "exercise" in c.metadata.get("tags", [])}


def imports(lesson):
    """The import statements of the lesson's first code cell."""
    tree = ast.parse(code_cells(lesson)[0].source)
    return "\n".join(ast.unparse(x) for x in tree.body if isinstance(x, ast.Import | ast.ImportFrom))


def needed_cells(module):
    """Texts of the ordinary cells that define what ``NEEDS_CELLS`` of the module names."""
    texts = {name: c.source for c in code_cells(module.LESSON)
             if "exercise" not in c.metadata.get("tags", [])
             for name in re.findall(r"^def (\w+)", c.source, re.M)}
    return [texts[name] for name in getattr(module, "NEEDS_CELLS", ())]


def define(module, name, text):
    """Run the given text and what it may use; return the object ``name``.

    That is: the lesson's imports, the ordinary cells that the module names in ``NEEDS_CELLS``,
    and the other exercises.
    """
    space = {}
    for source in [imports(module.LESSON), *needed_cells(module)]:
        exec(compile(source, "<ordinary cell>", "exec"), space)
    for other, source in exercise_cells(module.LESSON).items():
        exec(compile(solved(source if other != name else text), f"<{other}>", "exec"), space)
    return space[name]


def the_check(name):
    from dlroadmap import check

    return getattr(check, name)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=[n for _, n in EXERCISES])
def test_the_solution_passes(module, name, capsys):
    the_check(name)(define(module, name, exercise_cells(module.LESSON)[name]))
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: right. Checked ")
    assert out.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=[n for _, n in EXERCISES])
def test_the_blank_is_reported(module, name, capsys):
    the_check(name)(define(module, name, blank(exercise_cells(module.LESSON)[name])))
    assert capsys.readouterr().out.startswith(f"{name}: not attempted yet.")


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=[n for _, n in EXERCISES])
def test_each_mutant_is_rejected_for_a_reason_of_its_own(module, name):
    text, seen, complaints = exercise_cells(module.LESSON)[name], {}, []
    for short, old, new, words in module.MUTANTS[name]:
        if text.count(old) != 1:
            complaints.append(f"{short}: the patch {old!r} matches {text.count(old)} times")
            continue
        try:
            the_check(name)(define(module, name, text.replace(old, new)))
        except AssertionError as error:
            message = str(error)
        else:
            complaints.append(f"{short}: the check accepts it")
            continue
        if not message.startswith(f"{name}: ") or words not in message:
            complaints.append(f"{short}: expected {words!r} in {message!r}")
        if message in seen:
            complaints.append(f"{short} and {seen[message]} get one message: {message!r}")
        seen[message] = short
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.LESSON)
def test_every_exercise_has_mutants(module):
    names = {n for n, _ in LESSONS[module.LESSON].exercises}
    assert set(module.MUTANTS) == names
    least = 6 if module.LESSON.startswith("04") else 3
    few = {n: len(x) for n, x in module.MUTANTS.items() if len(x) < least}
    # A one-line exercise has fewer real mistakes; its module says so by name.
    assert set(few) <= set(getattr(module, "FEW", ())), few


def test_checks_are_found_without_importing_them():
    from dlroadmap import check

    for module in MODULES:
        assert set(module.MUTANTS) <= set(dir(check))
    with pytest.raises(AttributeError, match="no check named 'conv_forward_nave'"):
        check.conv_forward_nave
