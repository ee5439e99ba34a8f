"""``python -m dlroadmap lab | progress | data | env``."""

import argparse
import importlib.util
import os
import subprocess
import sys


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m dlroadmap", description="The hands-on companion to a roadmap: "
        "deep learning from zero.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("lab", help="prepare the environment, open JupyterLab on the next "
                                          "lesson of the core path")
    one.add_argument("rest", nargs=argparse.REMAINDER, help="passed on to jupyter lab")
    one = commands.add_parser("progress", help="which exercises are passed, open, next")
    one.add_argument("--done", metavar="LESSON", help="mark a lesson without exercises as read, "
                                                      "e.g. 02_ml_theory/ch02_perceptron")
    commands.add_parser("data", help="which data files are in the cache folder")
    one = commands.add_parser("env", help="make or update the checkout's .venv")
    one.add_argument("extra", nargs="?", default="lab", choices=("lab", "dev"))
    args = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):  # a C locale must not stop a Chinese title
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    from dlroadmap import _env

    bare = importlib.util.find_spec("platformdirs") is None
    if bare and args.command in ("progress", "data") and _env.python().exists():
        sys.exit(subprocess.run([str(_env.python()), "-m", "dlroadmap", *(argv or sys.argv[1:])],
                                cwd=_env.ROOT).returncode)
    if args.command == "lab":
        lab(args.rest)
    elif args.command == "env":
        _env.ensure(args.extra)
    elif args.command == "progress":
        show_progress(args.done)
    else:
        show_data()


def lab(rest):
    """Open JupyterLab on the next lesson of the core path, from the checkout's environment."""
    from dlroadmap import _env, progress

    interpreter = _env.ensure("lab")
    # The learner's progress is read inside the environment: this interpreter may be bare.
    code = "from dlroadmap import progress; print(progress.next_notebook())"
    found = subprocess.run([str(interpreter), "-c", code], cwd=_env.ROOT, capture_output=True,
                           text=True, encoding="utf-8")
    first = found.stdout.strip() or progress.FIRST
    # In a container the learner is often root; the server listens on this machine only.
    root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    command = [str(interpreter), "-m", "jupyter", "lab", *root, *(rest or []), first]
    print("Opening JupyterLab on", first, flush=True)
    if os.name == "nt":
        sys.exit(subprocess.run(command, cwd=_env.ROOT).returncode)
    os.chdir(_env.ROOT)
    os.execv(command[0], command)


def show_progress(done):
    from dlroadmap import progress

    if done:
        names = [x["name"] for x in progress.lessons()]
        if done not in names:
            sys.exit(f"There is no lesson {done!r}. The lessons are: {', '.join(names)}")
        if progress.path() is None:
            sys.exit("Recording is off (DLROADMAP_PROGRESS=off or CI).")
        progress.mark(done, "lesson", "passed")
    print(progress.report())


def show_data():
    from dlroadmap import data

    folder = data.cache_folder()
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []
    mode = os.environ.get("DLROADMAP_DATA") or "embedded"
    print(f"DLROADMAP_DATA is {mode}. Cache folder: {folder}"
          + ("" if files else " (empty or not there yet)"))
    for path in files:
        print(f"  {path.relative_to(folder)}  {path.stat().st_size:,} bytes")
    if mode == "embedded":
        print("The lessons use the data inside the package: nothing has to be downloaded.")


if __name__ == "__main__":
    main()
