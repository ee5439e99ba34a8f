"""The checks are tested: each right answer passes, each blank is reported, each mutant fails.

``tests/checks/s<stage>_<lesson>.py`` lists, for each exercise, wrong solutions as text
patches on the solution taken from the source. A patch must match exactly once, so none goes
stale, and the messages of an exercise's mutants must differ.
"""

import importlib
import re
from pathlib import Path

import pytest

from press.source import ROOT, lessons
from press.stamp import blank, parse, solved

MODULES = [importlib.import_module(f"tests.checks.{p.stem}")
           for p in sorted(Path(__file__).parent.glob("s[0-9]*.py"))]
LESSONS = {x.name: x for x in lessons(ROOT)}
EXERCISES = [(m, name) for m in MODULES for name, _ in LESSONS[m.LESSON].exercises]
MUTANTS = [(m, name, mutant) for m in MODULES for name, all_ in m.MUTANTS.items()
           for mutant in all_]


def exercise_cells(lesson):
    """function name → text of its exercise cell, in the order of the lesson."""
    return {re.search(r"^(?:def|class) (\w+)", c.source, re.M)[1]: c.source
            for c in parse(LESSONS[lesson]).cells if "exercise" in c.metadata.get("tags", [])}


def ordinary_cells(module):
    """Texts of the ordinary cells that define what ``NEEDS_CELLS`` of the module names."""
    texts = {}
    for c in parse(LESSONS[module.LESSON]).cells:
        if c.cell_type == "code" and "exercise" not in c.metadata.get("tags", []):
            texts |= dict.fromkeys(re.findall(r"^def (\w+)", c.source, re.M), c.source)
    return [texts[name] for name in getattr(module, "NEEDS_CELLS", ())]


def define(module, name, text):
    """Run the lesson's other exercise cells and the given text; return the object ``name``.

    First come the ordinary cells that the module names in ``NEEDS_CELLS``.
    """
    import numpy as np

    space = {"np": np}
    if getattr(module, "NEEDS_TORCH", False):
        import torch

        space["torch"] = torch
    for source in ordinary_cells(module):
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
@pytest.mark.parametrize(("module", "name", "mutant"), MUTANTS,
                         ids=[f"{n}-{x[0].replace(' ', '_')}" for _, n, x in MUTANTS])
def test_a_mutant_is_rejected(module, name, mutant):
    _, old, new, words = mutant
    text = exercise_cells(module.LESSON)[name]
    assert text.count(old) == 1, f"the patch {old!r} matches {text.count(old)} times"
    with pytest.raises(AssertionError) as caught:
        the_check(name)(define(module, name, text.replace(old, new)))
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert words in message, message


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.LESSON)
def test_every_exercise_has_mutants(module):
    names = {n for n, _ in LESSONS[module.LESSON].exercises}
    assert set(module.MUTANTS) == names
    least = 6 if module.LESSON.startswith("04") else 3
    few = {n: len(x) for n, x in module.MUTANTS.items() if len(x) < least}
    # A one-line exercise has fewer real mistakes; its module says so by name.
    assert set(few) <= set(getattr(module, "FEW", ())), few


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.LESSON)
def test_mutants_are_rejected_for_different_reasons(module):
    for name, mutants in module.MUTANTS.items():
        text, seen = exercise_cells(module.LESSON)[name], {}
        for short, old, new, _ in mutants:
            with pytest.raises(AssertionError) as caught:
                the_check(name)(define(module, name, text.replace(old, new)))
            message = str(caught.value)
            assert message not in seen, f"{name}: {short} and {seen[message]} get one message"
            seen[message] = short


def test_checks_are_found_without_importing_them():
    from dlroadmap import check

    for module in MODULES:
        assert set(module.MUTANTS) <= set(dir(check))
    with pytest.raises(AttributeError, match="no check named 'conv_forward_nave'"):
        check.conv_forward_nave
