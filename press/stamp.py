"""From a source's cells to the cells of an edition: stamps, exercise blanks, languages, ids."""

import hashlib
import posixpath
import re
from collections import Counter

from press.source import PressError, digest, neighbours, project

COLAB = "https://colab.research.google.com"


def parse(lesson):
    """The source's cells as a notebook (jupytext reads it, always as py:percent)."""
    import jupytext

    return jupytext.reads(lesson.text, fmt="py:percent")


def code_hash(book):
    """Hash of the code cells and their tags. Stamped cells are not in a source."""
    return digest(*(f"{c.source}\n{sorted(c.metadata.get('tags', []))}"
                    for c in book.cells if c.cell_type == "code"))


def make(lesson, every, edition, seconds=None):
    """The cells of one edition, without outputs.

    Each cell carries ``metadata.press`` = index of the source cell it came from unchanged
    (for ``pull``), which ``build`` removes before writing.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = []
    home = posixpath.dirname(lesson.notebook)
    here = posixpath.dirname(dict(lesson.editions())[edition])
    for number, cell in choose_language(parse(lesson).cells, edition):
        tags = list(cell.metadata.get("tags", []))
        text = cell.source
        if cell.cell_type == "markdown":
            text = relink(expand(text), home, here)
        elif "exercise" in tags:
            text = (blank if edition == "exercise" else solved)(text)
        new = new_markdown_cell(text) if cell.cell_type == "markdown" else new_code_cell(text)
        if tags and cell.cell_type == "code":
            new.metadata["tags"] = tags
        if text == cell.source:
            new.metadata["press"] = number
        cells.append(new)
    stamped = [new_code_cell(setup_cell(lesson))]
    if edition == "exercise":
        stamped.append(new_code_cell(f'dlroadmap.progress.record("{lesson.name}")'))
    cells[1:1] = stamped
    cells.append(new_markdown_cell(end_line(lesson, every, edition, here)))
    number_cells(cells)  # before the run time is in, so that ids do not follow the clock
    heading, _, rest = cells[0].source.partition("\n")
    cells[0].source = f"{heading}\n\n{title_line(lesson, edition, here, seconds)}\n{rest}".rstrip()
    cells[0].metadata.pop("press", None)
    return new_notebook(cells=cells, metadata={
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })


def choose_language(cells, edition):
    """(index, cell) of one language: a Chinese cell stands for the English one before it."""
    chosen = []
    for number, cell in enumerate(cells):
        if cell.cell_type == "raw":
            continue
        if cell.metadata.get("lang") == "zh":
            if not chosen or chosen[-1][1].cell_type != "markdown":
                raise PressError(f"a Chinese cell follows no English one: {cell.source[:40]!r}")
            if edition == "chinese":
                chosen[-1] = (number, cell)
        else:
            chosen.append((number, cell))
    return chosen


def setup_cell(lesson):
    """The first code cell, the same in every notebook."""
    address, version = project(lesson.root)
    return ("try:\n"
            "    import dlroadmap\n"
            "except ImportError:  # Colab, or any fresh kernel\n"
            f'    %pip install -q "dlroadmap @ git+{address}"\n'
            "    import dlroadmap\n"
            f'dlroadmap.made_with("{version}")')


def title_line(lesson, edition, here, seconds):
    """Badge, path, reading and run time, and the way to the other editions."""
    address, _ = project(lesson.root)
    zh = edition == "chinese"
    notebooks = dict(lesson.editions())
    repo = address.removeprefix("https://github.com/")
    badge = (f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]"
             f"({COLAB}/github/{repo}/blob/main/{notebooks[edition]})")
    kind = {"core": ("Core", "必修"), "optional": ("Optional", "选修")}[lesson.path][zh]
    parts = [kind, f"阅读 {lesson.minutes} 分钟" if zh else f"Reading: {lesson.minutes} min"]
    if seconds is not None:
        bound = next((b for b in (5, 10, 20, 30, 45, 60) if seconds < b), int(seconds) + 1)
        parts.append(f"双核运行不到 {bound} 秒" if zh else f"Runs in: under {bound} s on two cores")
    if lesson.needs:
        parts.append(("先修:" if zh else "Before: ") + ", ".join(lesson.needs))
    names = {"lesson": ("Lesson with solutions", "English"), "chinese": ("中文版", "中文版"),
             "exercise": ("Exercise edition", "练习版")}
    parts += [f"[{names[other][zh]}]({relative(path, here)})"
              for other, path in notebooks.items() if other != edition]
    return f"{badge} · " + " · ".join(parts)


def end_line(lesson, every, edition, here):
    """Previous, stage, next: one click each."""
    zh = edition == "chinese"
    previous, following = neighbours(lesson, every)

    def target(other):
        notebooks = dict(other.editions())
        return relative(notebooks.get(edition, other.notebook), here)

    parts = []
    if previous:
        parts.append(f"{'上一课' if zh else 'Previous'}: [{previous.title}]({target(previous)})")
    parts.append(f"[{'本阶段' if zh else 'Stage'} {lesson.stage}]"
                 f"({relative(f'{lesson.stage}/README.md', here)})")
    if following:
        parts.append(f"{'下一课' if zh else 'Next'}: [{following.title}]({target(following)})")
    return "---\n" + " · ".join(parts)


def expand(text):
    """Fill in {{ask …}}, {{say …}} and {{index …}} from the interview questions."""
    if not re.search(r"^\{\{\w+ .*\}\}$", text, re.M):
        return text
    from dlroadmap import interview

    return interview.expand(text)


def relative(path, here):
    return posixpath.relpath(path, here)


def relink(text, home, here):
    """Rewrite relative links for a notebook that lies in another folder than its lesson."""
    if home == here:
        return text

    def moved(match):
        target, anchor = re.match(r"([^#]*)(.*)", match[2]).groups()
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        path = posixpath.normpath(posixpath.join(home, target))
        return f"{match[1]}({relative(path, here)}{anchor})"

    return re.sub(r"(\[[^\]]*\])\(([^)\s]+)\)", moved, text)


SOLUTION = re.compile(
    r"^([ \t]*)# BEGIN SOLUTION[ \t]*([^\n]*)\n(.*?)^[ \t]*# END SOLUTION[ \t]*(?:\n|\Z)",
    re.M | re.S)


def solved(text):
    """An exercise cell with its solution; the hint stays as a comment."""
    return SOLUTION.sub(lambda m: (f"{m[1]}# {m[2]}\n" if m[2] else "") + m[3], text).rstrip("\n")


def blank(text):
    """An exercise cell without its solution: the hint in a TODO line, then NotImplementedError."""
    name = re.search(r"^(?:def|class) (\w+)", text, re.M)[1]

    def todo(match):
        hint = f" {match[2]}" if match[2] else ""
        return (f"{match[1]}# TODO{hint}\n"
                f'{match[1]}raise NotImplementedError("{name}: not written yet")\n')

    return SOLUTION.sub(todo, text).rstrip("\n")


def number_cells(cells):
    """Stable ids: content hash plus a counter for equal cells."""
    seen = Counter()
    for cell in cells:
        key = hashlib.sha256(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:10]
        seen[key] += 1
        cell["id"] = f"{key}-{seen[key]}"
