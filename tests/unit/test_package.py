"""The package itself: light import, setup, versions, plot, the command line."""

import random
import subprocess
import sys

import numpy as np
import pytest

import dlroadmap
from dlroadmap import __main__ as cli
from dlroadmap import _env, plot, progress


def python(code, **more):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          encoding="utf-8", **more)


def test_import_is_light():
    code = ("import sys, time; t = time.perf_counter(); import dlroadmap; "
            "dlroadmap.setup(); dlroadmap.progress; s = time.perf_counter() - t; "
            "print(s, *({'torch', 'pandas', 'numpy', 'matplotlib', 'sklearn'} & set(sys.modules)))")
    best = 9.0
    for _ in range(3):
        seconds, *heavy = python(code).stdout.split()
        assert heavy == []
        best = min(best, float(seconds))
    assert best < 0.3


def test_setup_seeds_what_is_loaded():
    dlroadmap.setup(seed=3)
    draw = np.random.rand
    first = random.random(), draw()
    dlroadmap.setup(seed=3)
    assert (random.random(), draw()) == first


@pytest.mark.slow
def test_setup_seeds_torch():
    import torch

    dlroadmap.setup(seed=3)
    first = torch.rand(2)
    dlroadmap.setup(seed=3)
    assert torch.equal(first, torch.rand(2))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "0", True, None])
def test_setup_refuses_a_bad_seed(seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        dlroadmap.setup(seed=seed)


def test_versions_are_said_in_one_line(capsys, monkeypatch):
    monkeypatch.setattr(dlroadmap, "__version__", "0.9.0")
    dlroadmap.made_with("0.9.0")
    assert capsys.readouterr().out == ""
    dlroadmap.made_with("0.10.0")
    assert "0.9.0 is installed: update it" in capsys.readouterr().out
    dlroadmap.made_with("0.8.3")
    out = capsys.readouterr().out
    assert "should work" in out
    assert out.count("\n") == 1


def test_the_version_stands_once():
    import tomllib

    with open(_env.ROOT / "pyproject.toml", "rb") as file:
        assert tomllib.load(file)["project"]["version"] == dlroadmap.__version__


def test_unknown_names_are_errors():
    with pytest.raises(AttributeError):
        dlroadmap.no_such_thing
    assert "check" in dir(dlroadmap)


def test_images_draws_and_refuses():
    import matplotlib.pyplot as plt

    fig = plot.images([np.zeros((8, 6)), np.zeros((8, 6, 3))], titles=["a", "b"], title="Two")
    assert fig.get_figwidth() <= 9
    assert len(fig.axes) == 2
    wide = plot.images([np.zeros((4, 40))] * 10)
    assert wide.get_figwidth() <= 9
    plt.close("all")
    with pytest.raises(ValueError, match="at least one"):
        plot.images([])
    with pytest.raises(ValueError, match=r"picture 0 has shape \(3,\)"):
        plot.images([np.zeros(3)])
    with pytest.raises(ValueError, match="1 titles for 2 pictures"):
        plot.images([np.zeros((2, 2))] * 2, titles=["a"])


# --- progress -----------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path, monkeypatch):
    place = tmp_path / "deep" / "progress.jsonl"
    monkeypatch.setenv("DLROADMAP_PROGRESS", str(place))
    monkeypatch.setattr(progress, "_lesson", None)
    return place


INDEX = [
    {"name": "04/a", "stage": "04", "title": "A", "path": "core", "minutes": 20, "days": 1.0,
     "exercises": [{"name": "f", "level": "core"}, {"name": "g", "level": "challenge"}]},
    {"name": "04/b", "stage": "04", "title": "B", "path": "optional", "minutes": 20, "days": 1.0,
     "exercises": []},
    {"name": "05/c", "stage": "05", "title": "C", "path": "core", "minutes": 20, "days": 0.5,
     "exercises": []},
]


def test_nothing_is_recorded_outside_an_exercise_notebook(log):
    progress.note("f", "passed")
    assert not log.exists()


def test_progress_is_kept_and_reported(log, capsys):
    progress.record("04/a")
    assert str(log) in capsys.readouterr().out
    assert "Next on the core path: A" in progress.report(INDEX)
    progress.note("f", "attempted")
    assert "attempted: f" in progress.report(INDEX)
    progress.note("f", "passed")
    progress.note("f", "attempted")  # a later wrong try takes nothing away
    assert progress.read() == ({("04/a", "f"): "passed"}, [])
    text = progress.report(INDEX)
    assert "A (core, 20 min, 1 d): done" in text  # the challenge is not needed
    assert "Next on the core path: C (05/c)" in text  # never the optional one
    progress.mark("05/c", "lesson", "passed")
    assert "The core path is done." in progress.report(INDEX)


def test_a_damaged_file_is_kept_and_reported(log):
    progress.record("04/a")
    progress.note("f", "passed")
    with open(log, "ab") as file:
        file.write(b'\xff\x00 not json\n[1, 2]\n{"lesson": "04/a", "exerc')  # a torn last line
    before = log.read_bytes()
    states, damaged = progress.read()
    assert states == {("04/a", "f"): "passed"}
    assert damaged == [2, 3, 4]
    assert "Could not read line 2, 3, 4" in progress.report(INDEX, states, damaged)
    assert log.read_bytes() == before
    progress.note("g", "passed")  # still works, on a line of its own
    assert progress.read()[0][("04/a", "g")] == "passed"
    assert log.read_bytes().startswith(before)


def test_two_notebooks_write_at_once(log):
    code = ("from dlroadmap import progress\nprogress.record('04/%s')\n"
            "for i in range(200): progress.note(f'e{i}', 'passed')")
    both = [subprocess.Popen([sys.executable, "-c", code % x]) for x in "ab"]
    assert [p.wait() for p in both] == [0, 0]
    states, damaged = progress.read()
    assert len(states) == 400
    assert damaged == []


def test_an_unwritable_place_is_not_in_the_way(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLROADMAP_PROGRESS", str(tmp_path / "file" / "progress.jsonl"))
    monkeypatch.setattr(progress, "_lesson", "04/a")
    progress.note("f", "passed")
    assert progress.read() == ({}, [])


@pytest.mark.parametrize("env", [{"DLROADMAP_PROGRESS": "off"}, {"CI": "true"}])
def test_recording_is_off_in_tests_and_ci(env, monkeypatch, capsys):
    monkeypatch.delenv("DLROADMAP_PROGRESS", raising=False)
    monkeypatch.delenv("CI", raising=False)
    assert progress.path() is not None
    for key, value in env.items():
        monkeypatch.setenv(key, value)
    assert progress.path() is None
    progress.record("04/a")
    assert "not recorded" in capsys.readouterr().out
    progress._lesson = None


def test_next_notebook_is_there(log):
    assert (_env.ROOT / progress.next_notebook()).is_file()


# --- command line -------------------------------------------------------------------------


def test_cli_progress(log, capsys):
    name = progress.lessons()[0]["name"]
    cli.main(["progress", "--done", name])
    assert "Next on the core path" in capsys.readouterr().out
    assert progress.read()[0] == {(name, "lesson"): "passed"}
    with pytest.raises(SystemExit, match="There is no lesson 'nonsense'"):
        cli.main(["progress", "--done", "nonsense"])


def test_cli_data(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path))
    (tmp_path / "steam").mkdir()
    (tmp_path / "steam/x.txt").write_text("abc")
    cli.main(["data"])
    out = capsys.readouterr().out
    assert "embedded" in out
    assert "x.txt" in out
    assert "3 bytes" in out


def test_cli_speaks_in_a_c_locale(tmp_path):
    done = subprocess.run([sys.executable, "-m", "dlroadmap", "progress"], capture_output=True,
                          cwd=_env.ROOT, env={"LC_ALL": "C", "PYTHONUTF8": "0", "PATH": "",
                                              "PYTHONIOENCODING": "ascii", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert b"Next on the core path" in done.stdout


# --- the environment ----------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("\n")
    monkeypatch.delenv("DLROADMAP_TORCH", raising=False)
    ran = []

    class Done:
        returncode = 0

    monkeypatch.setattr(_env.subprocess, "run", lambda c, cwd: ran.append(c) or Done)

    def create(path, with_pip):
        _env.python(tmp_path).parent.mkdir(parents=True)
        _env.python(tmp_path).write_text("")

    monkeypatch.setattr(_env.venv, "create", create)
    return tmp_path, ran, Done


def test_environment_is_made_once_and_again_when_its_files_change(checkout):
    root, ran, _ = checkout
    _env.ensure("lab", root)
    assert ran[-1][-1] == ".[lab]"
    _env.ensure("lab", root)
    assert len(ran) == 1
    _env.ensure("dev", root)
    assert ran[-1][-1] == ".[dev]"
    _env.ensure("lab", root)  # dev holds lab
    assert len(ran) == 2
    (root / "constraints.txt").write_text("numpy==2.4.6\n")
    _env.ensure("lab", root)  # and is never taken away
    assert ran[-1][-1] == ".[dev]"
    assert len(ran) == 3


def test_a_failed_installation_is_tried_again(checkout):
    root, ran, done = checkout
    done.returncode = 1
    with pytest.raises(SystemExit, match="installation stopped"):
        _env.ensure("lab", root)
    done.returncode = 0
    _env.ensure("lab", root)
    assert len(ran) == 2
    assert _env.up_to_date("lab", root)


def test_cpu_torch_is_asked_from_uv(checkout, monkeypatch):
    root, ran, _ = checkout
    monkeypatch.setenv("DLROADMAP_TORCH", "cpu")
    _env.ensure("lab", root)
    assert "--torch-backend=cpu" in ran[-1]


def test_environment_says_what_is_wrong(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="not a checkout"):
        _env.ensure("lab", tmp_path)
    monkeypatch.setattr(_env.sys, "version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        _env.ensure("lab", tmp_path)
