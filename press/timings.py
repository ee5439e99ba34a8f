"""Measuring every notebook, alone on the machine: seconds, memory, and what nbval adds."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from press.index import fill
from press.run import environment, execute
from press.source import ROOT, notebooks, write_atomically

README = "README.md"


def timings(root=ROOT, only=()):
    """Run every notebook twice, one at a time: by press (seconds, MiB) and by nbval.

    Writes the table into README unless ``only`` names some notebooks.
    """
    import nbformat

    books = [p for p in notebooks(root) if p.parent.name != "exercises"]
    books = [p for p in books if not only or any(o in p.as_posix() for o in only)]
    rows, cells_total = [], 0.0
    for path in books:
        name = path.relative_to(root).as_posix()
        threads = min(2, os.cpu_count() or 1)
        facts = execute(nbformat.read(path, as_version=4), path.parent, threads=threads)
        cells_total += facts["seconds"]
        rows.append((name, facts["seconds"], facts["peak_mib"]))
        print(f"{name}: {facts['seconds']:.1f} s, {facts['peak_mib']:.0f} MiB", flush=True)
    wall, inside = nbval(root, books)
    overhead = (wall - inside) / len(books)
    print(f"nbval over {len(books)} notebooks, one worker: {wall:.1f} s, the cells took "
          f"{inside:.1f} s of it: {overhead:.2f} s a notebook on top")
    if not only:
        write_atomically(root / README, fill(root, README, "timings",
                                             table(rows, cells_total, overhead), "timings"))
    return rows, overhead


def nbval(root, books):
    """(wall seconds, seconds of the cells themselves) of one nbval run with one worker."""
    probe = Path(__file__).parent / "nbval_seconds.py"
    with tempfile.TemporaryDirectory() as scratch:
        times = Path(scratch) / "times"
        env = environment(threads=min(2, os.cpu_count() or 1)) | {
            "IPYTHONDIR": scratch, "PRESS_TIMES": str(times),
            "PYTHONPATH": os.pathsep.join([str(probe.parent), os.environ.get("PYTHONPATH", "")])}
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env",
                        "--nbval-cell-timeout=240", "-p", probe.stem,
                        *map(str, books)], cwd=root, env=env, check=True)
        wall = time.perf_counter() - start
        return wall, sum(map(float, times.read_text().split()))


def table(rows, total, overhead):
    """The Markdown table of README's developer part."""
    machine = f"{platform.machine()}, {min(2, os.cpu_count() or 1)} threads"
    lines = [f"Measured by `make timings` on {date.today()} ({machine}, Python "
             f"{platform.python_version()}, one notebook at a time). nbval adds "
             f"{overhead:.1f} s a notebook to what the cells take.", "",
             "| notebook | seconds | peak MiB |", "|---|---:|---:|"]
    lines += [f"| {name} | {seconds:.1f} | {peak:.0f} |" for name, seconds, peak in rows]
    lines.append(f"| together | {total:.1f} | |")
    return "\n".join(lines)
