"""The house rules: each a function that returns complaints, each saying what to do.

Three kinds: over a notebook (``book`` is its JSON), over a source text, over the repository.
``test_rules.py`` applies them; ``test_rules_can_fail.py`` shows each of them one broken case.
"""

import ast
import base64
import functools
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

ALT = ("**Figure in words.**", "**图中所见。**")
TAGS = {"exercise", "challenge", "nbval-check-output", "warns", "needs-solution",
        "raises-exception"}
SETUP = "dlroadmap.setup(seed="
FILLER = r"\b(simply|just|obviously|trivial(?:ly)?|of course|easy|easily)\b"
# Written in pieces: this file must not hold what it forbids.
REGISTRIES = [".".join(p) for p in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"),
                                    ("deb", "debian", "org"), ("download", "pytorch", "org"))]
CODE_LINES, NOTEBOOK_BYTES, SECONDS, MEBIBYTES, PIXELS = 30, 1_000_000, 60, 2048, 900

NOTEBOOK, SOURCE, REPOSITORY = {}, {}, {}


def _rule(table):
    def add(function):
        table[function.__name__] = function
        return function

    return add


def text(cell):
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def code(book):
    return [c for c in book["cells"] if c["cell_type"] == "code"]


def is_exercise(name):
    return "/exercises/" in name


# --- notebooks ----------------------------------------------------------------------------


@_rule(NOTEBOOK)
def is_valid(book, name, root):
    import nbformat

    try:
        nbformat.validate(nbformat.from_dict(book))
    except nbformat.ValidationError as error:
        yield f"{name} is no valid notebook ({error.message}): run `make notebooks`"


@_rule(NOTEBOOK)
def holds_no_error(book, name, root):
    for cell in code(book):
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"{name} stores an error ({output['ename']}): mend the cell, build again"


@_rule(NOTEBOOK)
def is_executed(book, name, root):
    """nbval compares nothing where there is no execution count."""
    for cell in code(book):
        count = cell["execution_count"]
        if is_exercise(name) and (count is not None or cell["outputs"]):
            yield f"{name}: an exercise notebook is stored without outputs; run `make notebooks`"
        elif not is_exercise(name) and count is None:
            yield f"{name}: a cell was never executed: {text(cell)[:40]!r}; run `make notebooks`"


@_rule(NOTEBOOK)
def names_its_source(book, name, root):
    meta = book["metadata"].get("dlroadmap", {})
    missing = [k for k in ("source", "code", "prose", "modules", "seconds", "peak_mib",
                           "versions", "path", "minutes") if k not in meta]
    if missing:
        yield f"{name}: metadata lack {', '.join(missing)}: a notebook is made by `make notebooks`"
    elif not (root / meta["source"]).is_file():
        yield f"{name}: its source {meta['source']} is not there; run `make notebooks`"


@_rule(NOTEBOOK)
def has_badge_and_setup(book, name, root):
    with open(root / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    address = project["urls"]["Repository"]
    repo = address.removeprefix("https://github.com/")
    if f"colab.research.google.com/github/{repo}/blob/main/{name})" not in text(book["cells"][0]):
        yield f"{name}: the badge does not open this notebook of {repo}; run `make notebooks`"
    cells = code(book)
    first = text(cells[0]) if cells else ""
    if f'"dlroadmap @ git+{address}"' not in first or "import dlroadmap" not in first:
        yield f"{name}: the first code cell is not the setup cell; run `make notebooks`"
    if "==" in first:
        yield f"{name}: the setup cell pins a version; it must take what Colab has"


@_rule(NOTEBOOK)
def sets_the_seed(book, name, root):
    if not any(SETUP in text(c) for c in code(book)[1:4]):
        yield f"{name}: the cell of imports must end with dlroadmap.setup(seed=0)"


@_rule(NOTEBOOK)
def imports_what_is_declared(book, name, root):
    allowed = declared(root)
    for cell in code(book):
        for module in imported(text(cell)):
            if module not in allowed:
                yield (f"{name} imports {module}, which pyproject.toml does not declare "
                       "in its core dependencies: add it there or do without")


@_rule(NOTEBOOK)
def runs_no_magic(book, name, root):
    """nbval passes a failing %pip, an unknown magic and a failing !command."""
    for cell in code(book)[1:]:
        for line in text(cell).splitlines():
            if re.match(r"\s*[!%?]", line) or re.search(r"get_ipython\(\)", line):
                yield f"{name}: {line.strip()!r} is not plain Python; tests cannot see it fail"


@_rule(NOTEBOOK)
def has_no_absolute_path(book, name, root):
    pattern = r"(/home/|/root/|/Users/|/work/|/tmp/|[A-Z]:\\\\?Users)[^\s'\"]*"
    for cell in book["cells"]:
        found = re.search(pattern, text(cell))
        outputs = json.dumps(cell.get("outputs", []), ensure_ascii=False)
        found = found or re.search(pattern, re.sub(r'"image/png": "[^"]*"', "", outputs))
        if found:
            yield f"{name}: the path {found[0]!r} exists on one machine only"


@_rule(NOTEBOOK)
def has_no_widgets(book, name, root):
    if "widgets" in book["metadata"] or "application/vnd.jupyter.widget" in json.dumps(book):
        yield f"{name} holds widget state: print a line instead"


@_rule(NOTEBOOK)
def stays_small(book, name, root):
    size = len(json.dumps(book, indent=1, ensure_ascii=False).encode())
    if size > NOTEBOOK_BYTES:
        yield f"{name} has {size:,} bytes, allowed are {NOTEBOOK_BYTES:,}: fewer, smaller figures"


@_rule(NOTEBOOK)
def keeps_its_budget(book, name, root):
    meta = book["metadata"].get("dlroadmap", {})
    if meta.get("seconds", 0) > SECONDS or meta.get("peak_mib", 0) > MEBIBYTES:
        yield (f"{name} took {meta['seconds']} s and {meta['peak_mib']} MiB; allowed are "
               f"{SECONDS} s and {MEBIBYTES} MiB")


@_rule(NOTEBOOK)
def describes_its_figures(book, name, root):
    cells = book["cells"]
    for i, cell in enumerate(cells):
        if any("image/png" in o.get("data", {}) for o in cell.get("outputs", [])):
            following = next((c for c in cells[i + 1:] if c["cell_type"] == "markdown"), None)
            if following is None or not any(a in text(following) for a in ALT):
                yield (f"{name}: after the figure of {text(cell)[:40]!r} the text lacks a paragraph "
                       f"that begins with {ALT[0]}")


@_rule(NOTEBOOK)
def figures_fit(book, name, root):
    for cell in code(book):
        for output in cell["outputs"]:
            png = base64.b64decode("".join(output.get("data", {}).get("image/png", "")))
            width = int.from_bytes(png[16:20], "big") if png[1:4] == b"PNG" else 0
            if width > PIXELS:
                yield (f"{name}: the figure of {text(cell)[:40]!r} is {width} pixels wide, allowed "
                       f"are {PIXELS}: figsize 8.8 wide fits")


@_rule(NOTEBOOK)
def links_resolve(book, name, root):
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            yield from broken_links(text(cell), name, root)


@_rule(NOTEBOOK)
def warns_only_on_purpose(book, name, root):
    for cell in code(book):
        if "warns" in cell["metadata"].get("tags", []):
            continue
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                said = "".join(output["text"])[:80]
                yield f"{name} stores a warning ({said!r}): mend it, or catch and explain it"


@_rule(NOTEBOOK)
def prints_no_address(book, name, root):
    for cell in code(book):
        for output in cell["outputs"]:
            said = json.dumps({k: v for k, v in output.items() if k != "data"})
            said += json.dumps(output.get("data", {}).get("text/plain", ""))
            if re.search(r" at 0x[0-9a-f]{6,}", said):
                yield f"{name}: an output shows a memory address: {text(cell)[:40]!r}"


@_rule(NOTEBOOK)
def knows_its_tags(book, name, root):
    for cell in book["cells"]:
        for tag in cell["metadata"].get("tags", []):
            if tag not in TAGS:
                yield f"{name}: unknown tag {tag!r}; there are {', '.join(sorted(TAGS))}"


@_rule(NOTEBOOK)
def checks_each_exercise(book, name, root):
    cells = code(book)
    for i, cell in enumerate(cells):
        if "exercise" in cell["metadata"].get("tags", []):
            function = re.search(r"^(?:def|class) (\w+)", text(cell), re.M)
            following = text(cells[i + 1]) if i + 1 < len(cells) else ""
            if not function or f"check.{function[1]}({function[1]})" not in following:
                yield f"{name}: after the exercise {text(cell)[:40]!r} comes no check of it"


@_rule(NOTEBOOK)
def proves_its_claims(book, name, root):
    asserts = sum(text(c).count("assert ") for c in code(book))
    if asserts < 3 and not is_exercise(name):
        yield f"{name} has {asserts} asserts: what proves its claims?"


# --- sources ------------------------------------------------------------------------------


@_rule(SOURCE)
def cell_marks_are_plain(source, name):
    for line in source.splitlines():
        if line.startswith("# %%") and not re.fullmatch(
                r'# %%( \[markdown\]( lang="zh")?| tags=\[("[a-z-]+"(, )?)+\])?', line):
            yield f'{name}: {line!r} is a title, not a tag; write # %% tags=["exercise"]'


@_rule(SOURCE)
def nothing_looks_like_a_magic(source, name):
    """jupytext would guess another format."""
    for line in source.splitlines():
        if re.match(r"#\s*%(?!%)\w|^%\w|^!\w", line):
            yield f"{name}: {line!r} looks like a magic"


@_rule(SOURCE)
def prose_has_no_filler(source, name):
    for cell in re.findall(r"^# %% \[markdown\]\n(.*?)(?=^# %%|\Z)", source, re.M | re.S):
        for line in cell.splitlines():
            found = re.search(FILLER, re.sub(r"`[^`]*`|\"[^\"]*\"|“[^”]*”", "", line), re.I)
            if found:
                yield f"{name}: drop the word {found[0]!r} in {line.strip()!r}"


@_rule(SOURCE)
def cells_are_short(source, name):
    for head, cell in re.findall(r"^(# %%[^\n]*)\n(.*?)(?=^# %%|\Z)", source, re.M | re.S):
        lines = [x for x in cell.splitlines() if x.strip()]
        if "[markdown]" not in head and len(lines) > CODE_LINES:
            yield f"{name}: a code cell of {len(lines)} lines (at most {CODE_LINES}): {lines[0]!r}"


@_rule(SOURCE)
def passes_ruff(source, name):
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--output-format=concise",
                           "--stdin-filename", name, "-"], input=source, capture_output=True,
                          text=True, encoding="utf-8", cwd=Path(__file__).parents[2])
    if done.returncode:
        yield f"{name}: ruff says\n{done.stdout}{done.stderr}"


# --- the repository -----------------------------------------------------------------------


@_rule(REPOSITORY)
def nothing_is_stale(root):
    from press.build import stale

    for line in stale(root):
        yield f"{line}: run `make notebooks` and commit what it writes"


@_rule(REPOSITORY)
def readme_links_resolve(root):
    for path in tracked(root):
        if path.suffix == ".md":
            yield from broken_links(path.read_text(encoding="utf-8"),
                                    path.relative_to(root).as_posix(), root)


@_rule(REPOSITORY)
def indexes_list_the_lessons(root):
    """Stage READMEs list exactly the notebooks that exist, whoever wrote the lists."""
    for folder in sorted(root.glob("0[1-6]_*")):
        there = {p.name for p in folder.glob("*.ipynb")}
        listed = set(re.findall(r"\]\(([^/()]+\.ipynb)\)",
                                (folder / "README.md").read_text(encoding="utf-8")))
        for name in sorted(there - listed):
            yield f"{folder.name}/README.md does not list {name}: run `make notebooks`"
        for name in sorted(listed - there):
            yield f"{folder.name}/README.md lists {name}, which is not there"


@_rule(REPOSITORY)
def names_no_registry(root):
    for path in tracked(root):
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for host in REGISTRIES:
            if host in content:
                yield f"{path.relative_to(root)} names the host {host}: use package names only"


@_rule(REPOSITORY)
def package_imports_what_is_declared(root):
    allowed = declared(root) | {"dlroadmap", "jupyter_core"}
    for path in sorted((root / "dlroadmap").rglob("*.py")):
        for module in imported(path.read_text(encoding="utf-8")):
            if module not in allowed:
                yield f"{path.relative_to(root)} imports {module}, not a core dependency"


@_rule(REPOSITORY)
def arrows_go_one_way(root):
    """press → source, notebooks → dlroadmap, tests → all; never back."""
    for path in sorted((root / "dlroadmap").rglob("*.py")):
        if {"press", "tests"} & set(imported(path.read_text(encoding="utf-8"))):
            yield f"{path.relative_to(root)} imports press or tests: dlroadmap knows neither"


@_rule(REPOSITORY)
def exercises_have_mutants(root):
    from press.source import lessons

    for lesson in lessons(root):
        module = f"s{lesson.stage[:2]}_{lesson.name.split('/')[1]}"
        if lesson.exercises:
            for path in (f"dlroadmap/check/{module}.py", f"tests/checks/{module}.py"):
                if not (root / path).is_file():
                    yield f"{lesson.name} has exercises, but {path} is not there"


# --- helpers ------------------------------------------------------------------------------


@functools.cache
def declared(root):
    """Import names that lessons may use: core dependencies, dlroadmap, standard library."""
    with open(root / "pyproject.toml", "rb") as file:
        names = tomllib.load(file)["project"]["dependencies"]
    core = {re.match(r"[\w.-]+", n)[0].lower().replace("_", "-") for n in names}
    modules = {m for m, dists in metadata.packages_distributions().items()
               if any(d.lower().replace("_", "-") in core for d in dists)}
    # google.colab is there in Colab only; IPython comes with every kernel.
    return frozenset(modules | {"dlroadmap", "google", "IPython", "mpl_toolkits"}
                     | sys.stdlib_module_names)


def imported(source):
    """Top-level names of all imports in a cell or file."""
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M)  # the setup cell's magic
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.Import):
            yield from (a.name.split(".")[0] for a in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def broken_links(markdown, name, root):
    """Relative links and pictures that lead to no file."""
    markdown = re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", "", markdown, flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", markdown):
        target = (target[0] or target[1]).split("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            path = Path(os.path.normpath(root / Path(name).parent / target))
            if not path.exists():
                yield f"{name} links to {target}, which is not there"


@functools.cache
def tracked(root):
    """Files under git, or every file where there is no git (a test's small project)."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root,
                          capture_output=True, text=True)
    names = done.stdout.splitlines() if done.returncode == 0 else []
    return tuple(root / n for n in names if (root / n).is_file())
