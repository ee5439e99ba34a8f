"""Runs the tests: ``python tests/run.py`` (all) or ``--fast`` (the part without notebooks).

Two pytest runs: the project's own tests, then nbval over every notebook. The Makefile, CI
and a Windows shell all call this file, so there is one definition of "the tests".
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 240  # seconds a cell: four times the budget of a notebook


def environment():
    """No network, no user's settings, one thread a process, nothing recorded."""
    sys.path.insert(0, str(ROOT))
    from press.run import environment as kernel

    env = kernel() | {k: v for k, v in os.environ.items() if k == "DLROADMAP_REAL_DATA"}
    env["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT / "tests/offline"), *filter(None, [os.environ.get("PYTHONPATH")])])
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = str(Path(tempfile.gettempdir()) / "hypothesis")
    return env


def pytest(*args, scratch, label):
    env = environment() | {"IPYTHONDIR": scratch}
    start = time.perf_counter()
    code = subprocess.run([sys.executable, "-m", "pytest", "-q", *args], cwd=ROOT, env=env).returncode
    print(f"-- {label}: {'ok' if code == 0 else f'failed (exit {code})'}, "
          f"{time.perf_counter() - start:.0f} s\n", flush=True)
    return code


def main(args):
    fast, own = "--fast" in args, [a for a in args if a != "--fast"]
    with tempfile.TemporaryDirectory() as scratch:
        codes = [pytest("tests", "-n", "2", "--dist", "worksteal", *(["-m", "not slow"] if fast else []),
                        *own, scratch=scratch, label="unit tests, checks and house rules")]
        if not fast and not own:
            from press.source import notebooks

            # Discovered, no skip list. Blank exercise notebooks have their own test.
            books = [str(p.relative_to(ROOT)) for p in notebooks(ROOT) if p.parent.name != "exercises"]
            codes.append(pytest("--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={TIMEOUT}", "-n", "2",
                                "--dist", "loadscope", *books, scratch=scratch,
                                label=f"nbval over {len(books)} notebooks"))
    sys.exit(next((c for c in codes if c), 0))


if __name__ == "__main__":
    main(sys.argv[1:])
