"""The checkout's environment ``.venv``: made and brought up to date, standard library only.

Runs before anything is installed, so it imports nothing else of the package.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


def python(root=ROOT):
    """The environment's interpreter."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted(extra, root=ROOT):
    """What decides whether the environment is up to date: contents, never times."""
    text = b"\0".join((root / f).read_bytes().replace(b"\r\n", b"\n")
                      for f in ("pyproject.toml", "constraints.txt"))
    return {"extra": extra, "files": hashlib.sha256(text).hexdigest(),
            "python": list(sys.version_info[:2]), "torch": os.environ.get("DLROADMAP_TORCH", "")}


def up_to_date(extra, root=ROOT):
    if not python(root).exists():
        return False
    try:
        have = json.loads((root / ".venv/dlroadmap.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    want = wanted(extra, root)
    if extra == "lab" and have.get("extra") == "dev":  # dev holds lab
        want["extra"] = "dev"
    if not os.environ.get("DLROADMAP_TORCH"):
        want["torch"] = have.get("torch", "")
    return have == want


def commands(extra, root=ROOT):
    """The commands that fill the environment.

    ``DLROADMAP_TORCH=cpu`` installs PyTorch's CPU build (uv knows where it lies): on Linux
    that saves several GB, for a machine without an NVIDIA card.
    """
    run, goal = str(python(root)), ["-c", "constraints.txt", "-e", f".[{extra}]"]
    kind = os.environ.get("DLROADMAP_TORCH")
    if kind:
        return [[run, "-m", "pip", "install", "--quiet", "uv"],
                [run, "-m", "uv", "pip", "install", "--python", run,
                 f"--torch-backend={kind}", *goal]]
    return [[run, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *goal]]


def ensure(extra="lab", root=ROOT):
    """Make ``.venv``, or bring it up to date if pyproject.toml or constraints.txt changed."""
    if sys.version_info < OLDEST:
        sys.exit(f"dlroadmap needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is "
                 f"{sys.version.split()[0]}. Install a newer one, then run it with "
                 "`make PYTHON=python3.12 lab` or `python3.12 -m dlroadmap lab`.")
    if not (root / "pyproject.toml").exists():
        sys.exit(f"{root} is not a checkout of dlroadmap: clone the repository, change into its "
                 "folder and run this there.")
    if up_to_date(extra, root):
        return python(root)
    mark = root / ".venv/dlroadmap.json"
    have = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if have.get("extra") == "dev":  # never take a contributor's tools away
        extra = "dev"
    mark.unlink(missing_ok=True)  # a broken install must not look finished
    print(f"Preparing the environment {root / '.venv'} (once, a few minutes: PyTorch is large) …",
          flush=True)
    if not python(root).exists() or have.get("python") not in (None, wanted(extra)["python"]):
        shutil.rmtree(root / ".venv", ignore_errors=True)
        venv.create(root / ".venv", with_pip=True)
    for command in commands(extra, root):
        done = subprocess.run(command, cwd=root)
        if done.returncode:
            sys.exit(f"The installation stopped (exit {done.returncode}): {' '.join(command)}\n"
                     "Read the message above; with a network and about 8 GB of free disk, "
                     "run the same command again.")
    mark.write_text(json.dumps(wanted(extra, root)), encoding="utf-8")
    return python(root)
