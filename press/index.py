"""What is made out of all sources together: lessons.json and the lists in the READMEs."""

import json
import re
from pathlib import Path

from press.source import ROOT, STAGES, PressError, lessons, read_text, stored, write_atomically

INDEX = "dlroadmap/assets/lessons.json"
BEGIN, END = "<!-- {} (made by `make {}`) -->", "<!-- end of {} -->"


def contents(root=ROOT):
    """path → text of every file that holds a generated part."""
    root, every = Path(root), lessons(root)
    made = {INDEX: json.dumps({"source": "source/, by make notebooks", "lessons": [
        {"name": x.name, "stage": x.stage, "title": x.title, "path": x.path,
         "minutes": x.minutes, "days": x.days,
         "exercises": [{"name": n, "level": level} for n, level in x.exercises]}
        for x in every]}, ensure_ascii=False, indent=1) + "\n"}
    for stage in STAGES:
        path = f"{stage}/README.md"
        made[path] = fill(root, path, "lessons", table([x for x in every if x.stage == stage],
                                                       stage, root))
    made["README.md"] = fill(root, "README.md", "lessons", table(every, "", root))
    return made


def table(every, here, root):
    """The list of lessons as a Markdown table."""
    if not every:
        return "No lesson of this stage is written yet."
    rows = ["| lesson | path | reading | days | runs in | exercises |", "|---|---|---|---|---|---|"]
    for x in every:
        base = f"{here}/" if here else ""
        seconds = ((stored(root, x.notebook) or {}).get("metadata", {})
                   .get("dlroadmap", {}).get("seconds"))
        other = [f"[{len(x.exercises)} exercises]({x.exercise_notebook.removeprefix(base)})"
                 ] if x.exercises else []
        if x.chinese:
            other.append(f"[中文]({'../' if here else ''}{x.chinese_notebook})")
        runs = "–" if seconds is None else f"{max(1, round(seconds))} s"
        rows.append(f"| [{x.title}]({x.notebook.removeprefix(base)}) | {x.path} | "
                    f"{x.minutes} min | {x.days:g} | {runs} | {' · '.join(other) or '–'} |")
    return "\n".join(rows)


def fill(root, path, name, text, command="notebooks"):
    """The file's text with the part between the two marks replaced."""
    old = read_text(Path(root) / path)
    begin, end = BEGIN.format(name, command), END.format(name)
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if not pattern.search(old):
        raise PressError(f"{path} has no part between '{begin}' and '{end}'")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", old)


def stale(root=ROOT):
    return [path for path, text in contents(root).items()
            if not (Path(root) / path).exists() or read_text(Path(root) / path) != text]


def write(root=ROOT):
    changed = stale(root)
    made = contents(root)
    for path in changed:
        write_atomically(Path(root) / path, made[path])
    return changed
