"""Which exercises a learner has passed: a small local file, written only by exercise notebooks.

The file lies in the user's data folder (``DLROADMAP_PROGRESS`` names another place, or is
``off``). It is a log, one JSON object a line, and lines are only ever added: two notebooks
can write at once, and a damaged line costs that line and nothing else. Nothing leaves the
machine.
"""

import contextlib
import json
import os
from datetime import datetime
from pathlib import Path

_lesson = None  # set by record(): only an exercise notebook has one


def path():
    """The progress file as a ``Path``, or None when recording is off (tests, CI)."""
    place = os.environ.get("DLROADMAP_PROGRESS", "")
    if place.lower() == "off" or (not place and os.environ.get("CI")):
        return None
    if place:
        return Path(place).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("dlroadmap", appauthor=False)) / "progress.jsonl"


def record(lesson):
    """Record from here on what this notebook's checks say, under the name of its lesson.

    Called by a cell that ``press`` writes into exercise notebooks.
    """
    global _lesson
    _lesson = lesson
    place = path()
    if place is None:
        print("Progress is not recorded here.")
    else:
        print(f"Checks that you pass are noted in {place} and nowhere else.")


def note(exercise, state):
    """Add one line: ``state`` is "passed" or "attempted". Never raises, never in the way."""
    if _lesson is not None and path() is not None:
        with contextlib.suppress(OSError):
            mark(_lesson, exercise, state)


def mark(lesson, exercise, state):
    """Add one line to the file. Raises OSError where it cannot be written."""
    place = path()
    line = json.dumps({"lesson": lesson, "exercise": exercise, "state": state,
                       "when": datetime.now().isoformat(timespec="seconds")})
    place.parent.mkdir(parents=True, exist_ok=True)
    # One write of one short line in append mode: it arrives whole or not at all, also
    # beside another notebook's. The leading newline ends a torn last line.
    torn = place.exists() and place.read_bytes()[-1:] not in (b"", b"\n")
    with open(place, "ab", buffering=0) as file:
        file.write((b"\n" if torn else b"") + line.encode() + b"\n")


def read(place=None):
    """Read the log.

    Returns
    -------
    states : dict
        ``(lesson, exercise)`` → "passed" or "attempted"; once passed stays passed.
    damaged : list of int
        Numbers of the lines that could not be read. They are left in the file.
    """
    place = place or path()
    states, damaged = {}, []
    if place is None or not place.exists():
        return states, damaged
    for number, line in enumerate(place.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            key, state = (entry["lesson"], entry["exercise"]), entry["state"]
            if state not in ("passed", "attempted") or not all(isinstance(k, str) for k in key):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            damaged.append(number)
            continue
        if states.get(key) != "passed":
            states[key] = state
    return states, damaged


def lessons():
    """The lessons in order, from the index that ``press`` makes out of their sources.

    Each is a dict: name ("02_ml_theory/ch02_perceptron"), title, path ("core" or
    "optional"), minutes, days, exercises (list of {"name", "level"}).
    """
    index = Path(__file__).parent / "assets" / "lessons.json"
    return json.loads(index.read_text(encoding="utf-8"))["lessons"]


FIRST = "README.md"


def _standing(lesson, states):
    """(passed, attempted, open core names) of one lesson's exercises; core ones decide."""
    name, exercises = lesson["name"], lesson["exercises"]
    state = {e["name"]: states.get((name, e["name"]), "open") for e in exercises}
    core = [e["name"] for e in exercises if e["level"] == "core"] or list(state)
    if not exercises:
        core, state = ["lesson"], {"lesson": states.get((name, "lesson"), "open")}
    return ([n for n, s in state.items() if s == "passed"],
            [n for n, s in state.items() if s == "attempted"],
            [n for n in core if state[n] != "passed"])


def following(index, states):
    """The first core lesson that is not done, or None. Never an optional one."""
    return next((x for x in index if x["path"] == "core" and _standing(x, states)[2]), None)


def next_notebook():
    """The notebook for ``lab`` to open: the next core lesson, its exercise edition if any."""
    lesson = following(lessons(), read()[0])
    if lesson is None:
        return FIRST
    stage, short = lesson["name"].split("/")
    return (f"{stage}/exercises/{short}_exercise.ipynb" if lesson["exercises"]
            else f"{lesson['name']}.ipynb")


def report(index=None, states=None, damaged=()):
    """The text of ``python -m dlroadmap progress``: by stage and lesson, then what is next."""
    index = lessons() if index is None else index
    if states is None:
        states, damaged = read()
    lines, stage = [], None
    for lesson in index:
        if lesson["stage"] != stage:
            stage = lesson["stage"]
            lines.append(f"\n{stage}")
        passed, attempted, todo = _standing(lesson, states)
        if not todo:
            word = "done"
        elif not lesson["exercises"]:
            word = "to read"
        else:
            word = f"{len(passed)} of {len(lesson['exercises'])} exercises passed"
        if attempted:
            word += f"; attempted: {', '.join(attempted)}"
        if todo and lesson["exercises"]:
            word += f"; open: {', '.join(n for n in todo if n not in attempted) or 'none'}"
        lines.append(f"  {lesson['title']} ({lesson['path']}, {lesson['minutes']} min, "
                     f"{lesson['days']:g} d): {word}")
    upcoming = following(index, states)
    if upcoming:
        how = ("" if upcoming["exercises"] else
               f"\nWhen you have read it: python -m dlroadmap progress --done {upcoming['name']}")
        lines.append(f"\nNext on the core path: {upcoming['title']} ({upcoming['name']}){how}")
    else:
        lines.append("\nThe core path is done.")
    if damaged:
        lines.append(f"\nCould not read line {', '.join(map(str, damaged))} of {path()}. "
                     "The file is kept as it is; all other lines count.")
    return "\n".join(lines).lstrip("\n")
