"""Building what is out of date, in parallel, and nothing else."""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from press import index
from press.source import (
    ROOT,
    PressError,
    lessons,
    module_hash,
    orphans,
    prose_hash,
    state,
    write_atomically,
)


def plan(root=ROOT, names=()):
    """(lesson, work, reason) for each lesson; work is "fresh", "prose" or "code"."""
    every = lessons(root)
    for lesson in every:
        if names and lesson.name not in names:
            continue
        work, reason = "fresh", ""
        for edition, notebook in lesson.editions():
            one, why = state(lesson, every, edition, notebook)
            if (one, work) in (("prose", "fresh"), ("code", "fresh"), ("code", "prose")):
                work, reason = one, f"{notebook} {why}"
        yield lesson, work, reason


def stale(root=ROOT):
    """What ``make notebooks`` would change, one line each."""
    found = [reason for _, work, reason in plan(root) if work != "fresh"]
    found += [f"{name} has no source any more" for name in orphans(root)]
    found += [f"{path} is not what the sources say" for path in index.stale(root)]
    return found


def build(root=ROOT, names=(), jobs=2, force=False):
    """Build what is out of date; returns how many notebooks were executed.

    Raises
    ------
    PressError
        At least one lesson did not build; the old notebooks stay as they were.
    """
    root, started = Path(root), time.perf_counter()
    for name in list(orphans(root)):
        (root / name).unlink()
        print(f"removed {name}: its source is gone")
    todo = [(lesson, "code" if force else work) for lesson, work, _ in plan(root, names)
            if force or work != "fresh"]
    failed, executed = [], 0
    if todo:
        slow_first = sorted(todo, key=lambda x: -_last_seconds(root, x[0]))
        with ProcessPoolExecutor(max(1, min(jobs, len(todo)))) as pool:
            # The budget of a notebook is for two cores: one job alone may use both.
            threads = 2 if jobs == 1 else 1
            futures = {pool.submit(build_one, str(root), lesson.name, work, threads): lesson
                       for lesson, work in slow_first}
            for number, future in enumerate(as_completed(futures), 1):
                name = futures[future].name
                try:
                    line, runs = future.result()
                    executed += runs
                except Exception as error:
                    failed.append(name)
                    line = f"FAILED\n{error}"
                print(f"[{number}/{len(todo)}] {name}: {line}", flush=True)
    changed = index.write(root)
    for path in changed:
        print(f"wrote {path}")
    if failed:
        raise PressError(f"{len(failed)} of {len(todo)} lessons did not build: "
                         f"{', '.join(failed)}. Their old notebooks were left as they were.")
    spent = time.perf_counter() - started
    print(f"{len(todo)} lesson(s) written, {executed} notebook(s) executed, {spent:.1f} s"
          if todo or changed else f"Everything is up to date ({spent:.1f} s).")
    return executed


def _last_seconds(root, lesson):
    from press.source import stored

    return ((stored(root, lesson.notebook) or {}).get("metadata", {})
            .get("dlroadmap", {}).get("seconds", 1e9))


def build_one(root, name, work, threads=1):
    """Build all editions of one lesson. Returns (what was done, notebooks executed)."""
    from press import stamp

    root = Path(root)
    every = lessons(root)
    lesson = next(x for x in every if x.name == name)
    code = stamp.code_hash(stamp.parse(lesson))
    books, executed, said = {}, 0, []
    old = _read(root / lesson.notebook) if work == "prose" else None
    book = stamp.make(lesson, every, "lesson")
    if old is None or not _same_code(old, book):
        facts = _execute(root, lesson.notebook, book, threads)
        executed += 1
        meta = _metadata(root, lesson, code, facts)
        said.append(f"executed in {facts['seconds']:.1f} s, {facts['peak_mib']:.0f} MiB")
    else:
        _carry(old, book)
        meta = dict(old.metadata["dlroadmap"])
        said.append("text rewritten, outputs kept")
    meta["prose"] = prose_hash(lesson, every)
    meta |= {"path": lesson.path, "minutes": lesson.minutes}
    book.cells[0].source = stamp.make(lesson, every, "lesson", meta["seconds"]).cells[0].source
    books["lesson"] = book
    for edition, notebook in list(lesson.editions())[1:]:
        new = stamp.make(lesson, every, edition, meta["seconds"])
        if edition == "chinese":
            _carry(book, new)
        else:
            previous = _read(root / notebook) if not executed else None
            if previous is None or not _same_code(previous, new):
                tags = _blank_cells(root, notebook, new)
                executed += 1
                said.append(f"blank edition run, {len(tags)} cells wait for an answer")
            else:
                tags = {i for i, c in enumerate(_code(previous))
                        if "needs-solution" in c.metadata.get("tags", [])}
            for i, cell in enumerate(_code(new)):
                if i in tags:
                    cell.metadata["tags"] = [*cell.metadata.get("tags", []),
                                             "needs-solution", "raises-exception"]
        books[edition] = new
    for edition, notebook in lesson.editions():
        _write(root / notebook, books[edition], {**meta, "source": lesson.source,
                                                 "edition": edition})
    return ", ".join(said), executed


def _code(book):
    return [c for c in book.cells if c.cell_type == "code"]


def _same_code(old, new):
    """Do both notebooks hold the same code cells? The stamped setup cell does not count."""
    texts = [[c.source for c in _code(b)][1:] for b in (old, new)]
    return texts[0] == texts[1]


def _carry(old, new):
    for before, after in zip(_code(old), _code(new), strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count


def _execute(root, notebook, book, threads=1):
    from press.run import execute

    folder = (root / notebook).parent
    folder.mkdir(parents=True, exist_ok=True)
    return execute(book, folder, threads=threads)


def _metadata(root, lesson, code, facts):
    wrong = [f for f in facts["modules"].values() if f and root not in Path(f).resolve().parents]
    if wrong:
        raise PressError(f"the kernel took dlroadmap from {wrong[0]}, not from {root}: "
                         "run `make notebooks` (it uses this checkout's environment)")
    modules = {m: h for m in sorted(facts["modules"]) if (h := module_hash(root, m))}
    return {"source": lesson.source, "code": code, "prose": "", "modules": modules,
            "seconds": round(facts["seconds"], 1), "peak_mib": round(facts["peak_mib"]),
            "versions": facts["versions"], "path": lesson.path, "minutes": lesson.minutes}


def _blank_cells(root, notebook, book):
    """Run a blank exercise notebook; which code cells wait for an answer? Nothing else may fail."""
    from press.run import execute

    folder = (root / notebook).parent
    folder.mkdir(parents=True, exist_ok=True)
    execute(book, folder, allow_errors=True)
    waiting, wrong = set(), []
    for i, cell in enumerate(_code(book)):
        for output in cell.outputs:
            if output.output_type == "error":
                if output.ename not in ("NotImplementedError", "NameError"):
                    wrong.append(f"{output.ename}: {output.evalue}\n{cell.source}")
                waiting.add(i)
        cell.outputs, cell.execution_count = [], None
    if wrong:
        raise PressError(f"{notebook}: with blank exercises "
                         + "\n\n".join(f"this cell fails with {text}" for text in wrong))
    return waiting


def _read(path):
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError):
        return None


def _write(path, book, meta):
    import nbformat

    for cell in book.cells:
        cell.metadata.pop("press", None)
    book.metadata["dlroadmap"] = meta
    book.nbformat, book.nbformat_minor = 4, 5
    nbformat.validate(book)
    write_atomically(path, nbformat.writes(book) + os.linesep.replace("\r\n", "\n"))


def main_check(root=ROOT):
    found = stale(root)
    for line in found:
        print(line)
    if found:
        print("\nRun `make notebooks` and commit what it writes.")
        sys.exit(1)
    print("Everything is up to date.")
