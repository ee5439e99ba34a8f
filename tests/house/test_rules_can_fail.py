"""Each house rule passes a good case and refuses a broken one: a rule that cannot fail is none."""

import base64
import copy

import pytest

from press.source import project
from tests.conftest import ROOT
from tests.house import rules

NAME = "04_dl_theory/08_good.ipynb"
ADDRESS = project(ROOT)[0]


def picture(width):
    """A display output with the first bytes of a PNG of that width."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + (10).to_bytes(4, "big")
    return {"output_type": "display_data", "metadata": {},
            "data": {"image/png": base64.b64encode(head).decode()}}


PNG = picture(900)


def md(source):
    return {"cell_type": "markdown", "id": f"m{abs(hash(source)) % 10**8}", "metadata": {},
            "source": source}


def cell(source, *outputs, tags=()):
    return {"cell_type": "code", "id": f"c{abs(hash(source)) % 10**8}", "execution_count": 1,
            "metadata": {"tags": list(tags)}, "source": source, "outputs": list(outputs)}


def said(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


GOOD = {
    "nbformat": 4, "nbformat_minor": 5,
    "metadata": {"dlroadmap": {"source": "pyproject.toml", "code": "", "prose": "", "modules": {},
                               "seconds": 1, "peak_mib": 100, "versions": {}, "path": "core",
                               "minutes": 5}},
    "cells": [
        md("# 8 Good\n\n[![Open in Colab](https://x)](https://colab.research.google.com/github/"
           f"{ADDRESS.removeprefix('https://github.com/')}/blob/main/{NAME})"),
        cell("try:\n    import dlroadmap\nexcept ImportError:\n"
             f'    %pip install -q "dlroadmap @ git+{ADDRESS}"'),
        cell("import numpy as np\nimport dlroadmap\ndlroadmap.setup(seed=0)"),
        cell("assert 1\nassert 2\nassert 3", PNG),
        md("**Figure in words.** A point. See [the map](../README.md)."),
        cell("def f(x):\n    return x", tags=["exercise"]),
        cell("check.f(f)", said("f: right.\n")),
    ],
}


def change(function):
    book = copy.deepcopy(GOOD)
    function(book)
    return book


def source(i, text):
    return lambda b: b["cells"][i].update(source=text)


def outputs(i, *new):
    return lambda b: b["cells"][i].update(outputs=list(new))


BROKEN = {
    "is_valid": [lambda b: b["cells"][0].pop("metadata")],
    "holds_no_error": [outputs(3, {"output_type": "error", "ename": "E", "evalue": "",
                                   "traceback": []})],
    "is_executed": [lambda b: b["cells"][3].update(execution_count=None)],
    "names_its_source": [lambda b: b["metadata"].pop("dlroadmap"),
                         lambda b: b["metadata"]["dlroadmap"].update(source="source/gone.py")],
    "has_badge_and_setup": [source(0, "# 8 Good"), source(1, "import dlroadmap"),
                            source(1, GOOD["cells"][1]["source"] + "\nnumpy==2.0")],
    "sets_the_seed": [source(2, "import dlroadmap")],
    "imports_what_is_declared": [source(3, "import seaborn"),
                                 source(3, "from statsmodels.api import OLS"),
                                 source(3, "if True:\n    import nbformat")],
    "runs_no_magic": [source(3, "%matplotlib inline"), source(3, "!false"),
                      source(3, "%no_such_magic"), source(3, "%pip install x"),
                      source(3, "get_ipython().system('x')")],
    "has_no_absolute_path": [source(3, "open('/home/me/x.csv')"),
                             outputs(3, said("saved to /root/x\n"))],
    "has_no_widgets": [lambda b: b["metadata"].update(widgets={}),
                       outputs(3, {"output_type": "display_data", "metadata": {}, "data": {
                           "application/vnd.jupyter.widget-view+json": {}}})],
    "stays_small": [outputs(3, said("x" * 1_000_001))],
    "keeps_its_budget": [lambda b: b["metadata"]["dlroadmap"].update(seconds=61),
                         lambda b: b["metadata"]["dlroadmap"].update(peak_mib=2049)],
    "describes_its_figures": [source(4, "A point."), lambda b: b["cells"].pop(4)],
    "figures_fit": [outputs(3, picture(901))],
    "links_resolve": [source(4, "[x](gone.ipynb)"), source(4, "![x](gone.png)")],
    "warns_only_on_purpose": [outputs(3, said("FutureWarning: x\n", "stderr"))],
    "prints_no_address": [outputs(3, said("<object at 0x7f3a2b1c>\n"))],
    "knows_its_tags": [lambda b: b["cells"][3]["metadata"].update(tags=["excercise"])],
    "checks_each_exercise": [source(6, "check.g(f)"), lambda b: b["cells"].pop(6)],
    "proves_its_claims": [source(3, "assert 1")],
}

GOOD_SOURCE = ('# %% [markdown]\n# # 1 T\n#\n# The term `just` in code is fine.\n\n'
               '# %% tags=["exercise"]\nx = 1\n')
BROKEN_SOURCES = {
    "cell_marks_are_plain": ["# %% exercise\nx = 1\n", '# %% [markdown] tags="x"\n# a\n'],
    "nothing_looks_like_a_magic": ["# %pip install x\n", "%matplotlib inline\n", "!ls\n"],
    "prose_has_no_filler": ["# %% [markdown]\n# This is just a line.\n",
                            "# %% [markdown]\n# Obviously.\n"],
    "cells_are_short": ["# %%\n" + "x = 1\n" * 31],
    "passes_ruff": ["# %%\nimport os, sys\n"],
}


def write(path, text):
    def act(project):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")

    return act


BROKEN_REPOSITORIES = {
    "nothing_is_stale": [lambda p: None],  # the fixture's lesson is not built
    "readme_links_resolve": [write("NOTES.md", "[x](gone.md)")],
    "indexes_list_the_lessons": [write("01_basics/01_new.ipynb", "{}"),
                                 write("01_basics/README.md", "[x](gone.ipynb)")],
    "names_no_registry": [write("x.cfg", f"index = https://{rules.REGISTRIES[0]}/simple")],
    "package_imports_what_is_declared": [write("dlroadmap/x.py", "import seaborn\n")],
    "arrows_go_one_way": [write("dlroadmap/x.py", "from press import build\n")],
    "exercises_have_mutants": [lambda p: None],
}


@pytest.mark.parametrize("rule", rules.NOTEBOOK)
def test_notebook_rule(rule):
    judge = rules.NOTEBOOK[rule]
    assert list(judge(GOOD, NAME, ROOT)) == []
    for breaks in BROKEN[rule]:
        assert list(judge(change(breaks), NAME, ROOT)), breaks


def test_exercise_notebooks_are_stored_without_outputs():
    name = "04_dl_theory/exercises/08_good_exercise.ipynb"
    assert list(rules.is_executed(GOOD, name, ROOT))


@pytest.mark.parametrize("rule", rules.SOURCE)
def test_source_rule(rule):
    assert list(rules.SOURCE[rule](GOOD_SOURCE, "source/x.py")) == []
    for text in BROKEN_SOURCES[rule]:
        assert list(rules.SOURCE[rule](text, "source/x.py")), text


@pytest.mark.parametrize("rule", rules.REPOSITORY)
def test_repository_rule(rule, mini):
    import subprocess

    for breaks in BROKEN_REPOSITORIES[rule]:
        breaks(mini)
        subprocess.run(["git", "init", "-q"], cwd=mini, check=True)
        rules.tracked.cache_clear()
        rules.declared.cache_clear()
        assert list(rules.REPOSITORY[rule](mini)), breaks
    rules.tracked.cache_clear()
    rules.declared.cache_clear()
