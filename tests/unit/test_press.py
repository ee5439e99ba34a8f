"""press: editions, stamps, the two hashes, stable ids, pull, orphans."""

import json
import re

import nbformat
import pytest

from press import build, index, pull, run, source, stamp

LESSON = "04_dl_theory/01_mini"
SOURCE = f"source/{LESSON}.py"


def edit(project, old, new, path=SOURCE):
    text = (project / path).read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    (project / path).write_text(text.replace(old, new), encoding="utf-8")


def read(project, notebook=f"{LESSON}.ipynb"):
    return nbformat.read(project / notebook, as_version=4)


def code(book):
    return [c for c in book.cells if c.cell_type == "code"]


@pytest.mark.slow
def test_the_life_of_a_lesson(mini, capsys):
    # A new lesson: executed once, its blank edition once, the Chinese one not at all.
    assert build.build(mini) == 2
    book = read(mini)
    assert [c.execution_count for c in code(book)] == list(range(1, len(code(book)) + 1))
    assert code(book)[3].outputs[0].text == "42\n"
    meta = book.metadata.dlroadmap
    assert meta.source == SOURCE
    assert meta.path == "core"
    assert meta.minutes == 5
    assert "dlroadmap" in meta.modules
    assert "dlroadmap.plot" not in meta.modules
    assert meta.peak_mib > 10
    assert "numpy" in meta.versions
    assert not any("execution" in c.metadata for c in book.cells)
    assert "NotImplementedError" not in str(book.cells)
    assert "# multiply\n    out = 2 * x" in code(book)[2].source

    # Nothing to do: nothing is done.
    assert build.stale(mini) == []
    before = {p: p.read_bytes() for p in mini.rglob("*.ipynb")}
    assert build.build(mini) == 0
    assert before == {p: p.read_bytes() for p in mini.rglob("*.ipynb")}

    # The blank edition waits at the cells that depend on the blank, and nowhere else.
    exercise = read(mini, "04_dl_theory/exercises/01_mini_exercise.ipynb")
    assert '# TODO multiply\n    raise NotImplementedError("double: not written yet")' in str(
        code(exercise)[3].source)
    assert not any(c.outputs for c in code(exercise))
    waiting = ["needs-solution" in c.metadata.get("tags", []) for c in code(exercise)]
    assert waiting == [False, False, False, False, True, True]
    assert f'dlroadmap.progress.record("{LESSON}")' in code(exercise)[1].source

    # The Chinese edition: Chinese where there is some, the same outputs.
    chinese = read(mini, f"zh/{LESSON}.ipynb")
    assert chinese.cells[0].source.startswith("# 1 迷你")
    assert [c.outputs for c in code(chinese)] == [c.outputs for c in code(book)]
    assert "(../../04_dl_theory/README.md)" in str(chinese.cells[-3].source)

    # One prose edit: text rewritten, outputs kept, nothing executed, other ids unchanged.
    ids = [c.id for c in book.cells]
    edit(mini, "# ## Double a number", "# ## Double one number")
    assert build.stale(mini) == [f"{LESSON}.ipynb its text changed"]
    assert build.build(mini) == 0
    after = read(mini)
    changed = [i for i, c in enumerate(after.cells) if c.id != ids[i]]
    assert [after.cells[i].source for i in changed] == ["## Double one number"]
    assert [c.outputs for c in code(after)] == [c.outputs for c in code(book)]

    # One code edit: executed.
    edit(mini, "double(21)", "double(4)")
    assert build.build(mini) == 2
    assert code(read(mini))[3].outputs[0].text == "8\n"

    # A module that the lesson loaded changed: executed. One that it did not load: nothing.
    (mini / "dlroadmap/plot.py").write_text("# other\n")
    assert build.stale(mini) == []
    with open(mini / "dlroadmap/__init__.py", "a") as file:
        file.write("\n# edited\n")
    assert "dlroadmap changed" in build.stale(mini)[0]
    assert build.build(mini) == 2

    # A broken edit: clear message, the old notebook stays.
    good = (mini / f"{LESSON}.ipynb").read_bytes()
    edit(mini, "print(twice + 1)", "print(twice + one)")
    with pytest.raises(source.PressError, match="1 of 1 lessons did not build"):
        build.build(mini)
    assert "NameError" in capsys.readouterr().out
    assert (mini / f"{LESSON}.ipynb").read_bytes() == good

    # A removed source removes its notebooks.
    (mini / SOURCE).unlink()
    build.build(mini)
    assert list(source.notebooks(mini)) == []
    assert json.loads((mini / index.INDEX).read_text(encoding="utf-8"))["lessons"] == []


@pytest.mark.slow
def test_an_exercise_that_breaks_otherwise_is_refused(mini, capsys):
    edit(mini, "# %%\ntwice = double(21)", "# %%\nopen('no such file')\ntwice = double(21)")
    with pytest.raises(source.PressError):
        build.build(mini)
    assert "FileNotFoundError" in capsys.readouterr().out


@pytest.mark.slow
def test_pull_carries_edits_and_shows_the_rest(mini):
    build.build(mini)
    book = read(mini)
    assert book.cells[3].source == "## Double a number"
    book.cells[3].source = "## Double it"
    code(book)[4].source = "print(twice + 2)"
    code(book)[2].source += "\n# mine"  # an exercise cell: cannot be carried
    book.cells.append(nbformat.v4.new_markdown_cell("A new thought"))
    nbformat.write(book, mini / f"{LESSON}.ipynb")
    carried, rest = pull.pull(mini / f"{LESSON}.ipynb", mini)
    text = (mini / SOURCE).read_text(encoding="utf-8")
    assert carried == 2
    assert "# ## Double it\n" in text
    assert "print(twice + 2)\n" in text
    assert "+# mine" in rest
    assert "A new thought" in rest


def test_pull_refuses_a_stranger(mini):
    (mini / "04_dl_theory/mine.ipynb").write_text("{}")
    with pytest.raises(source.PressError, match="made from no source"):
        pull.pull(mini / "04_dl_theory/mine.ipynb", mini)


def test_a_learners_own_notebook_is_never_removed(mini):
    own = mini / "04_dl_theory/my_notes.ipynb"
    own.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    assert list(source.orphans(mini)) == []


@pytest.mark.parametrize(("old", "new", "message"), [
    ("#     minutes: 5\n", "", "minutes"),
    ("path: core", "path: maybe", "core or optional"),
    ("# # 1 Mini (迷你)", "# Mini", "title"),
    ("    # BEGIN SOLUTION  multiply\n", "", "BEGIN/END SOLUTION"),
    ("    # END SOLUTION\n", "", "BEGIN/END SOLUTION"),
])
def test_a_broken_source_is_named(mini, old, new, message):
    edit(mini, old, new)
    with pytest.raises(source.PressError, match=message) as error:
        source.lessons(mini)
    assert SOURCE in str(error.value)


def test_crlf_sources_hash_and_parse_alike(mini):
    lesson = source.lessons(mini)[0]
    data = (mini / SOURCE).read_bytes()
    (mini / SOURCE).write_bytes(data.replace(b"\n", b"\r\n"))
    assert source.lessons(mini)[0] == lesson


def test_setup_cell_and_badge_come_from_pyproject(mini):
    edit(mini, source.project(mini)[0], "https://github.com/me/fork", "pyproject.toml")
    source.project.cache_clear()
    lesson = source.lessons(mini)[0]
    book = stamp.make(lesson, [lesson], "lesson", 3.2)
    assert 'git+https://github.com/me/fork"' in book.cells[1].source
    assert f"colab.research.google.com/github/me/fork/blob/main/{LESSON}.ipynb" in book.cells[0].source
    assert "under 5 s" in book.cells[0].source
    source.project.cache_clear()


def test_core_lessons_never_lead_to_optional_ones(mini):
    for name, path in (("02_side", "optional"), ("03_main", "core"), ("04_more", "optional")):
        text = (mini / SOURCE).read_text(encoding="utf-8").replace("path: core", f"path: {path}")
        (mini / f"source/04_dl_theory/{name}.py").write_text(text, encoding="utf-8")
    every = source.lessons(mini)
    following = {x.name[13:]: (source.neighbours(x, every)[1] or x).name[13:] for x in every}
    assert following == {"01_mini": "03_main", "02_side": "03_main", "03_main": "03_main",
                         "04_more": "04_more"}


def test_links_move_with_the_edition():
    text = "[a](../04_dl_theory/08.ipynb#x) [b](https://x.org/y) ![c](p.png) [d](#here)"
    assert stamp.relink(text, "02_ml", "02_ml") == text
    assert stamp.relink(text, "02_ml", "02_ml/exercises") == (
        "[a](../../04_dl_theory/08.ipynb#x) [b](https://x.org/y) ![c](../p.png) [d](#here)")
    assert "(../../04_dl_theory/08.ipynb#x)" in stamp.relink(text, "02_ml", "zh/02_ml")


def test_blank_keeps_indentation_and_several_solutions():
    text = ("def f(x):\n    # BEGIN SOLUTION\n    y = x\n    # END SOLUTION\n    for i in y:\n"
            "        # BEGIN SOLUTION  add\n        z = 1\n        # END SOLUTION\n    return z")
    empty, full = stamp.blank(text), stamp.solved(text)
    assert empty.count('raise NotImplementedError("f: not written yet")') == 2
    assert "        # TODO add\n        raise" in empty
    assert "z = 1" not in empty
    compile(empty, "blank", "exec")
    compile(full, "full", "exec")
    assert "SOLUTION" not in full


def test_chinese_needs_its_english():
    cell = nbformat.v4.new_markdown_cell("中文", metadata={"lang": "zh"})
    with pytest.raises(source.PressError, match="follows no English"):
        list(stamp.choose_language([nbformat.v4.new_code_cell("1"), cell], "chinese"))


def test_ids_follow_content():
    def cells():
        return [nbformat.v4.new_code_cell(s) for s in ("a", "b", "a")]

    first, second = cells(), cells()
    stamp.number_cells(first)
    second[1].source = "c"
    stamp.number_cells(second)
    same = [x.id == y.id for x, y in zip(first, second, strict=True)]
    assert same == [True, False, True]
    assert len({c.id for c in first}) == 3
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", c.id) for c in first)


def test_streams_are_joined_and_pictures_shrink():
    import base64
    import io

    import numpy as np
    from PIL import Image

    def out(text):
        return nbformat.v4.new_output("stream", name="stdout", text=text)

    assert [o.text for o in run.tidy([out("a\n"), out("b\n")])] == ["a\nb\n"]
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    raw = base64.b64encode(buffer.getvalue()).decode()
    assert len(run.shrink(raw)) < len(raw)


@pytest.mark.slow
def test_the_kernel_runs_this_checkout(root):
    assert root in run.where_is_dlroadmap(root).parents
