"""The same notebooks on the competition's real files, where samples of them are at hand."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest

from press.run import environment, execute
from press.source import ROOT, lessons

REAL = os.environ.get("DLROADMAP_REAL_DATA", "")
STEAM = Path(REAL or "nowhere") / "steam"
NAMES = [x.name for x in lessons(ROOT) if x.name.startswith("03_ml_competition/steam")]


@pytest.mark.slow
@pytest.mark.skipif(not STEAM.is_dir(), reason="DLROADMAP_REAL_DATA holds no folder steam")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_steam_on_the_real_files(name, ends, tmp_path):
    folder = tmp_path / "cache/steam"
    folder.mkdir(parents=True)
    for file in STEAM.glob("zhengqi_*.txt"):
        lines = file.read_bytes().replace(b"\r\n", b"\n")
        (folder / file.name).write_bytes(lines.replace(b"\n", ends))
    shutil.copy(ROOT / f"{name}.ipynb", tmp_path)
    book = nbformat.read(tmp_path / f"{Path(name).name}.ipynb", as_version=4)
    env = environment() | {"DLROADMAP_DATA": "full", "DLROADMAP_CACHE": str(tmp_path / "cache"),
                           "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    execute(book, tmp_path, env=env)
    said = "".join(o.get("text", "") for c in book.cells for o in c.get("outputs", []))
    assert "[tianchi]" in said
    assert "[stand-in]" not in said
