"""Executing a notebook in a fresh kernel, and making its outputs fit to be stored."""

import base64
import io
import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

# Runs after the last cell and leaves no trace: which modules of dlroadmap did the run load
# (from which folder), how much memory at most, which versions.
PROBE = """
import json as _j, sys as _s, importlib.metadata as _m
try:
    import resource as _r
    _peak = _r.getrusage(_r.RUSAGE_SELF).ru_maxrss / (2**20 if _s.platform == "darwin" else 2**10)
except ImportError:
    import psutil as _p
    _peak = _p.Process().memory_info().peak_wset / 2**20
_mods = {n: getattr(m, "__file__", None) for n, m in list(_s.modules.items())
         if n.split(".")[0] == "dlroadmap"}
_vers = {n: _m.version(n) for n in
         "numpy pandas scipy scikit-learn xgboost torch torchvision matplotlib".split()}
print(_j.dumps({"modules": _mods, "peak_mib": _peak, "versions": _vers}))
"""


def environment(threads=1):
    """The environment of a kernel under press and in tests: nothing of the user's leaks in."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DLROADMAP_")}
    env |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
                         str(threads))
    env |= {"DLROADMAP_PROGRESS": "off", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    env.pop("MPLBACKEND", None)
    return env


def execute(book, folder, timeout=240, threads=1, allow_errors=False, env=None):
    """Execute ``book`` in place.

    Returns
    -------
    dict with modules (name → file), seconds (of the cells), peak_mib, versions

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed and ``allow_errors`` is False.
    """
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell

    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    book.cells.append(new_code_cell(PROBE))
    with tempfile.TemporaryDirectory() as scratch:
        client = NotebookClient(book, timeout=timeout, kernel_name="python3",
                                allow_errors=allow_errors,
                                extra_arguments=["--log-level=40"],  # errors only
                                resources={"metadata": {"path": str(folder)}})
        env = dict(env or environment(threads), IPYTHONDIR=scratch)
        try:
            client.execute(env=env)
        finally:
            probe = book.cells.pop()
    facts = json.loads("".join(o.get("text", "") for o in probe.outputs))
    facts["seconds"] = sum(filter(None, map(cell_seconds, book.cells)))
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = tidy(cell.outputs)
    book.metadata.pop("widgets", None)
    book.metadata.language_info = {"name": "python"}
    return facts


def cell_seconds(cell):
    """Seconds that one executed cell took, or None."""
    times = cell.metadata.get("execution", {})
    try:
        start, end = times["iopub.execute_input"], times["shell.execute_reply"]
    except KeyError:
        return None
    start, end = (datetime.fromisoformat(t.replace("Z", "+00:00")) for t in (start, end))
    return (end - start).total_seconds()


def tidy(outputs):
    """Join split streams, shrink pictures; what depends on timing goes."""
    kept = []
    for output in outputs:
        if (output.output_type == "stream" and kept and kept[-1].output_type == "stream"
                and kept[-1].name == output.name):
            kept[-1].text += output.text
            continue
        if "data" in output and "image/png" in output.data:
            output.data["image/png"] = shrink(output.data["image/png"])
        output.pop("transient", None)
        kept.append(output)
    return kept


def shrink(png):
    """A PNG with 256 colours where that is smaller; figures look the same, photos nearly so."""
    from PIL import Image

    raw = base64.b64decode(png)
    picture = Image.open(io.BytesIO(raw)).convert("RGB")
    small = io.BytesIO()
    colours = picture.getcolors(256)
    method = Image.Quantize.MEDIANCUT
    palette = picture.quantize(256, method=method, dither=Image.Dither.NONE if colours
                               else Image.Dither.FLOYDSTEINBERG)
    palette.save(small, "PNG", optimize=True)
    best = small.getvalue() if len(small.getvalue()) < len(raw) else raw
    return base64.b64encode(best).decode()


def where_is_dlroadmap(root):
    """The file of ``dlroadmap`` in a fresh kernel started as press and the tests start theirs."""
    from nbformat.v4 import new_notebook

    facts = execute(new_notebook(cells=[_import_cell()]), Path(root))
    return Path(facts["modules"]["dlroadmap"])


def _import_cell():
    from nbformat.v4 import new_code_cell

    return new_code_cell("import dlroadmap")
