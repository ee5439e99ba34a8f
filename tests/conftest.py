"""Shared by all tests: the checkout's root, and a tiny project for the tests of press."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MINI = '''\
# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 5
#     days: 1
#     needs: []
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 Mini (迷你)
#
# What you will do.

# %% [markdown] lang="zh"
# # 1 迷你
#
# 本课做什么。

# %%
import dlroadmap

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Double a number

# %% tags=["exercise"]
def double(x):
    """x → 2x"""
    # BEGIN SOLUTION  multiply
    out = 2 * x
    # END SOLUTION
    return out

# %%
twice = double(21)
print(twice)

# %% [markdown]
# What to notice: see [the stage](README.md).

# %%
print(twice + 1)
'''


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def mini(tmp_path, monkeypatch):
    """A project with one lesson, whose kernels import that project's own ``dlroadmap``."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "dlroadmap", project / "dlroadmap",
                    ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", project)
    marks = ("<!-- lessons (made by `make notebooks`) -->\n<!-- end of lessons -->\n"
             "<!-- timings (made by `make timings`) -->\n<!-- end of timings -->\n")
    (project / "README.md").write_text(marks)
    from press.source import STAGES

    for stage in STAGES:
        (project / stage).mkdir()
        (project / stage / "README.md").write_text(marks)
        (project / "source" / stage).mkdir(parents=True)
    (project / "source/04_dl_theory/01_mini.py").write_text(MINI, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(
        [str(project), *filter(None, [os.environ.get("PYTHONPATH")])]))
    return project
