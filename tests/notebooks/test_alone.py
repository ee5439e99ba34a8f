"""The learner's place: one notebook, copied alone into an empty folder, as Colab has it.

The package comes from a wheel of this checkout, installed without dependencies and without
an index into a folder of its own; the checkout is not on the path; ``google.colab`` is a
stub; the network is off. The setup cell's ``%pip`` line is really run, with a stand-in for
the download.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from press.run import environment, execute
from press.source import ROOT, lessons

# Makes the first `import dlroadmap` fail as in a fresh Colab, until %pip has "installed" it.
FRESH = '''
import sys
site_of_the_test = {target!r}
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name == "dlroadmap":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
asked_of_pip = []
def pip(line):
    asked_of_pip.append(line)
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "Hide"]
    sys.path.insert(0, site_of_the_test)
get_ipython().register_magic_function(pip)
import google.colab
'''
AFTER = '''
import dlroadmap
assert dlroadmap.__file__.startswith(site_of_the_test), dlroadmap.__file__
assert len(asked_of_pip) == 1 and "git+https://" in asked_of_pip[0] and "==" not in asked_of_pip[0], asked_of_pip
'''


@pytest.fixture(scope="session")
def colab(tmp_path_factory):
    """A folder with the installed package, built from a copy of the checkout."""
    base = tmp_path_factory.mktemp("colab")
    copy, target, wheels = base / "copy", base / "site", base / "wheels"
    shutil.copytree(ROOT / "dlroadmap", copy / "dlroadmap",
                    ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    offline = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "-w", wheels, copy],
                   check=True, env=os.environ | {"PIP_CONFIG_FILE": os.devnull})
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([*pip, "install", *offline, "--target", target, wheel], check=True)
    (base / "stub/google/colab").mkdir(parents=True)
    (base / "stub/google/colab/__init__.py").write_text("")
    return base


# The first lesson of each stage: the way in is the same for all, and nbval runs them all.
FIRST = {x.stage: x.name for x in reversed(lessons(ROOT))}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FIRST.values()))
def test_a_notebook_alone(name, colab, tmp_path):
    target = str(colab / "site")
    shutil.copy(ROOT / f"{name}.ipynb", tmp_path / "alone.ipynb")
    book = nbformat.read(tmp_path / "alone.ipynb", as_version=4)
    book.cells.insert(0, nbformat.v4.new_code_cell(FRESH.format(target=target)))
    book.cells.append(nbformat.v4.new_code_cell(AFTER))
    env = environment() | {"PYTHONPATH": os.pathsep.join(
        [str(ROOT / "tests/offline"), str(colab / "stub")])}
    facts = execute(book, tmp_path, env=env)
    assert all(Path(f).is_relative_to(target) for f in facts["modules"].values())
    assert [p.name for p in tmp_path.iterdir()] == ["alone.ipynb"]  # it leaves nothing behind
