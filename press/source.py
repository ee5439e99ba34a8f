"""Lessons as text: finding the sources, reading their headers, hashing. No jupytext here.

Everything that "is there something to do?" needs is in this module, so that the answer
comes without importing jupytext or nbformat.
"""

import functools
import hashlib
import json
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("01_basics", "02_ml_theory", "03_ml_competition", "04_dl_theory",
          "05_dl_competition", "06_interview")
HEADER = ("path", "minutes", "days", "needs")


class PressError(Exception):
    """Something in a source or notebook has to be mended by hand; the message says what."""


def digest(*parts):
    """A short SHA-256 over texts; line ends do not count."""
    joined = "\0".join(part.replace("\r\n", "\n") for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def read_text(path):
    return Path(path).read_text(encoding="utf-8").replace("\r\n", "\n")


def write_atomically(path, text):
    """Write a text file whole or not at all, with LF line ends."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


@dataclass(frozen=True)
class Lesson:
    """One source file and what its header and first cells say.

    name is "02_ml_theory/ch02_perceptron"; exercises are (function, "core" or "challenge").
    """

    root: Path
    name: str
    text: str
    title: str
    path: str
    minutes: int
    days: float
    needs: tuple
    order: float
    exercises: tuple
    chinese: bool

    @property
    def stage(self):
        return self.name.split("/")[0]

    @property
    def source(self):
        return f"source/{self.name}.py"

    @property
    def notebook(self):
        return f"{self.name}.ipynb"

    @property
    def exercise_notebook(self):
        stage, short = self.name.split("/")
        return f"{stage}/exercises/{short}_exercise.ipynb"

    @property
    def chinese_notebook(self):
        return f"zh/{self.name}.ipynb"

    def editions(self):
        """(edition, notebook path) of every notebook that this source makes."""
        yield "lesson", self.notebook
        if self.exercises:
            yield "exercise", self.exercise_notebook
        if self.chinese:
            yield "chinese", self.chinese_notebook


def lessons(root=ROOT):
    """All lessons in reading order."""
    found = [read_lesson(root, path) for stage in STAGES
             for path in sorted((Path(root) / "source" / stage).glob("*.py"))]
    return sorted(found, key=lambda x: (x.stage, x.order, x.name))


def read_lesson(root, path):
    """Read one source's header, title and exercises."""
    import yaml

    root, path = Path(root), Path(path)
    text = read_text(path)
    where = path.relative_to(root).as_posix()
    head = re.match(r"# ---\n(.*?)# ---\n", text, re.S)
    try:
        header = yaml.safe_load(re.sub(r"^# ?", "", head[1], flags=re.M))["jupyter"]["dlroadmap"]
        missing = [key for key in HEADER if key not in header]
    except (TypeError, KeyError, yaml.YAMLError):
        header, missing = {}, HEADER
    if missing:
        raise PressError(f"{where}: the header needs jupyter: dlroadmap: with {', '.join(missing)} "
                         "(CONTRIBUTING.md shows one)")
    if header["path"] not in ("core", "optional"):
        raise PressError(f"{where}: path is {header['path']!r}; write core or optional")
    title = re.search(r"^# %% \[markdown\]\n# # (.+)$", text, re.M)
    if not title:
        raise PressError(f"{where}: the first cell must be markdown with a title '# # …'")
    exercises = []
    for tags, body in re.findall(r"^# %% tags=(\[[^\n]*\])\n(.*?)(?=^# %%|\Z)", text, re.M | re.S):
        tags = json.loads(tags)
        if "exercise" in tags:
            name = re.search(r"^(?:def|class) (\w+)", body, re.M)
            if not name or "# BEGIN SOLUTION" not in body or "# END SOLUTION" not in body:
                raise PressError(f"{where}: an exercise cell needs a top-level def or class and "
                                 f"BEGIN/END SOLUTION lines: {body.strip().splitlines()[:1]}")
            exercises.append((name[1], "challenge" if "challenge" in tags else "core"))
    stage, short = path.parent.name, path.stem
    return Lesson(root, f"{stage}/{short}", text, title[1].strip(), header["path"],
                  int(header["minutes"]), float(header["days"]), tuple(header["needs"]),
                  float(header.get("order", 0)), tuple(exercises),
                  '# %% [markdown] lang="zh"' in text)


@functools.cache
def project(root=ROOT):
    """(repository address, package version) from pyproject.toml, the one place that knows."""
    with open(Path(root) / "pyproject.toml", "rb") as file:
        table = tomllib.load(file)["project"]
    return table["urls"]["Repository"].rstrip("/"), table["version"]


def neighbours(lesson, every):
    """(previous, next) lesson. On the core path nobody is sent to an optional lesson."""
    at = next(i for i, other in enumerate(every) if other.name == lesson.name)
    before = [x for x in every[:at] if lesson.path != "core" or x.path == "core"]
    after = [x for x in every[at + 1:] if x.path == "core" or
             (lesson.path == "optional" and x.stage == lesson.stage)]
    return (before[-1] if before else None), (after[0] if after else None)


def prose_hash(lesson, every):
    """Hash of the source text and of all else that the stamped text depends on."""
    previous, following = neighbours(lesson, every)
    own = [read_text(Path(__file__).parent / f) for f in ("source.py", "stamp.py")]
    questions = []
    if re.search(r"^# \{\{(ask|say|index) ", lesson.text, re.M):
        package = lesson.root / "dlroadmap"
        files = [package / "interview.py", *sorted((package / "assets/questions").glob("*.toml"))]
        questions = [read_text(f) for f in files]
    links = [f"{x.name} {x.title}" if x else "-" for x in (previous, following)]
    return digest(lesson.text, *links, *project(lesson.root), *own, *questions)


def module_hash(root, module):
    """Hash of a ``dlroadmap`` module's file, or None where there is no such file."""
    base = Path(root).joinpath(*module.split("."))
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return digest(read_text(file))
    return None


def stored(root, notebook):
    """The notebook as JSON, or None where it is missing or no JSON."""
    try:
        return json.loads((Path(root) / notebook).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def state(lesson, every, edition, notebook):
    """"fresh", "prose" (text to rewrite) or "code" (to execute), with the reason."""
    book = stored(lesson.root, notebook)
    meta = (book or {}).get("metadata", {}).get("dlroadmap", {})
    if not meta:
        return "code", "is not built yet"
    for module, known in meta.get("modules", {}).items():
        if module_hash(lesson.root, module) != known:
            return "code", f"{module} changed"
    if meta.get("prose") != prose_hash(lesson, every):
        from press import stamp

        if meta.get("code") != stamp.code_hash(stamp.parse(lesson)):
            return "code", "its code changed"
        return "prose", "its text changed"
    return "fresh", ""


def orphans(root=ROOT):
    """Built notebooks whose source is gone, or no longer makes that edition."""
    made = {notebook for x in lessons(root) for _, notebook in x.editions()}
    for path in notebooks(root):
        name = path.relative_to(root).as_posix()
        if name not in made and "dlroadmap" in (stored(root, name) or {}).get("metadata", {}):
            yield name


def notebooks(root=ROOT):
    """Every notebook in the stage folders and the Chinese edition, sorted."""
    root = Path(root)
    for folder in (*STAGES, "zh"):
        for path in sorted((root / folder).rglob("*.ipynb")):
            if ".ipynb_checkpoints" not in path.parts:
                yield path
