"""The steam data: the stand-in and its statistics, and every way the real files can be wrong."""

import dataclasses
import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from dlroadmap.data import DataError, _frame, steam
from dlroadmap.data._frame import File

REAL = Path(os.environ.get("DLROADMAP_REAL_DATA") or "nowhere") / "steam"
needs_real = pytest.mark.skipif(not REAL.is_dir(),
                                reason="DLROADMAP_REAL_DATA holds no folder steam")

# Measured on the real files: mean, std, skew, distinct values, KS distance train/test.
PUBLISHED = {
    "V0": (0.123, 0.928, -1.28, 1801, 0.157), "V1": (0.056, 0.942, -1.64, 1759, 0.076),
    "V2": (0.290, 0.911, -0.30, 1948, 0.308), "V5": (-0.559, 0.518, -0.75, 1452, 0.742),
    "V9": (-0.169, 0.954, -2.74, 72, 0.297), "V11": (-0.364, 0.859, -0.90, 1766, 0.379),
    "V17": (-0.043, 0.656, -0.38, 99, 0.320), "V22": (0.303, 0.639, 0.30, 73, 0.504),
    "V23": (0.156, 0.979, -3.42, 760, 0.291), "V24": (-0.022, 1.033, 0.03, 682, 0.098),
    "V27": (0.272, 0.270, -1.10, 983, 0.266), "V28": (0.138, 0.930, 1.00, 576, 0.159),
    "V35": (0.198, 0.986, -2.12, 224, 0.278),
}
R_TARGET = {"V0": 0.873, "V1": 0.872, "V8": 0.832, "V27": 0.813, "V31": 0.750, "V2": 0.639,
            "V37": -0.566, "V5": -0.315, "V24": -0.265, "V14": 0.008, "V34": -0.006}
PAIRS = {("V15", "V29"): 0.951, ("V4", "V12"): 0.928, ("V10", "V36"): 0.922,
         ("V6", "V7"): 0.918, ("V0", "V1"): 0.909, ("V8", "V27"): 0.901, ("V2", "V37"): -0.735}
LAG1 = {"target": 0.70, "V0": 0.70, "V9": 0.71, "V24": 0.89}


@pytest.fixture(autouse=True)
def no_download(tmp_path, monkeypatch):
    """No test may reach the official address; each has a cache folder of its own."""
    def never(url, target):
        raise AssertionError(f"a download of {url} was started")

    monkeypatch.setattr(_frame, "_download", never)
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DLROADMAP_DATA", raising=False)


@pytest.fixture(scope="module")
def made():
    return steam.load("embedded")


# --- the stand-in: form -------------------------------------------------------------------


def test_form(made):
    assert made.source == "stand-in"
    assert made.train.shape == (2888, 39)
    assert made.test.shape == (1925, 38)
    assert list(made.train.columns) == [*(f"V{i}" for i in range(38)), "target"]
    assert list(made.test.columns) == [f"V{i}" for i in range(38)]
    for frame in (made.train, made.test):
        assert set(map(str, frame.dtypes)) == {"float64"}
        assert np.isfinite(frame.to_numpy()).all()
        assert not frame.duplicated().any()
        assert np.array_equal(frame.round(3), frame)
        assert isinstance(frame.index, pd.RangeIndex)


def test_it_says_what_it_is(capsys):
    steam.load()
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    for word in ("[stand-in]", "generated", "not a score on the competition"):
        assert word in said


def test_it_is_frozen(made):
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.train = None


def test_each_load_is_the_same_and_independent(made):
    again = steam.load()
    assert again.train.equals(made.train)
    assert again.test.equals(made.test)
    again.train.iloc[0, 0] = 99.0
    assert steam.load().train.equals(made.train)


def test_the_same_numbers_on_every_machine(made):
    """If this fails alone, the generator or its asset changed: every steam notebook is stale."""
    def digest(frame):
        return hashlib.sha256(np.round(frame.to_numpy() * 1000).astype("<i4").tobytes()).hexdigest()

    assert digest(made.train) == "a36a92a6a33c7a86f55e50599cd32bcb2197c08988cdb395397c2c965e2d4b73"
    assert digest(made.test) == "56c1ab4ac134e7e9e243e1b4c7a27e0bc6b364eb5233e14ffee4edc2dd0f209a"


def test_it_ignores_and_keeps_the_global_random_state(made):
    np.random.seed(1)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    assert steam.load().train.equals(made.train)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_it_is_quick():
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        steam.load()
        best = min(best, time.perf_counter() - start)
    assert best < 1.5


def test_the_asset_is_small_and_holds_no_row():
    assert steam._ASSET.stat().st_size < 60 * 1024
    with np.load(steam._ASSET) as stored:
        assert all(2888 not in stored[name].shape and 1925 not in stored[name].shape
                   for name in stored.files)


# --- the stand-in: statistics -------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_margins(made, name):
    mean, std, skew, distinct, distance = PUBLISHED[name]
    x = made.train[name]
    assert x.mean() == pytest.approx(mean, abs=0.006)
    assert x.std() == pytest.approx(std, abs=0.03)
    assert x.skew() == pytest.approx(skew, abs=0.1)
    assert ks_2samp(x, made.test[name]).statistic == pytest.approx(distance, abs=0.006)
    if distinct < 100:
        assert x.nunique() == distinct
    elif name in steam.STEPPED:
        assert distinct / 2 < x.nunique() < distinct
    else:
        assert x.nunique() >= distinct


def test_target(made):
    y = made.train["target"]
    assert (y.min(), y.max()) == (-3.044, 2.538)
    assert y.mean() == pytest.approx(0.1264, abs=0.002)
    assert y.std() == pytest.approx(0.9840, abs=0.002)
    assert y.skew() == pytest.approx(-0.898, abs=0.01)
    assert y.kurt() == pytest.approx(0.755, abs=0.02)


def test_ranges_and_spikes(made):
    assert made.train["V9"].min() == -12.891
    assert made.test["V27"].min() == -6.874
    assert (made.train["V9"] == 0.042).sum() == 1219
    assert abs((made.train["V35"] == 0.364).sum() - 1157) < 10


def test_ks_counts(made):
    p = {c: ks_2samp(made.train[c], made.test[c]).pvalue for c in steam.FEATURES}
    assert sorted(c for c in p if p[c] >= 0.05) == ["V12", "V33"]


def test_correlations(made):
    r = made.train.corr()
    for name, value in R_TARGET.items():
        assert r.loc[name, "target"] == pytest.approx(value, abs=0.004), name
    for pair, value in PAIRS.items():
        assert r.loc[pair] == pytest.approx(value, abs=0.012), pair
    weak = r["target"].abs()
    assert sorted(weak.index[weak < 0.1]) == ["V14", "V21", "V25", "V26", "V32", "V33", "V34"]


def test_vif(made):
    vif = np.diag(np.linalg.inv(made.train[steam.FEATURES].corr()))
    assert vif.argmax() == 6
    assert vif[6] == pytest.approx(27.0, abs=1.5)
    assert vif[8] == pytest.approx(18.0, abs=1.5)


def test_memory(made):
    for name, value in LAG1.items():
        x = made.train[name].to_numpy()
        assert np.corrcoef(x[1:], x[:-1])[0, 1] == pytest.approx(value, abs=0.06), name


def scores(made, model):
    from sklearn.model_selection import KFold, cross_val_score

    X, y = made.train[steam.FEATURES].to_numpy(), made.train["target"].to_numpy()
    return [-cross_val_score(model, X, y, cv=folds, scoring="neg_mean_squared_error").mean()
            for folds in (KFold(5, shuffle=True, random_state=2019), KFold(5))]


def test_linear_score(made):
    from sklearn.linear_model import LinearRegression

    shuffled, in_order = scores(made, LinearRegression())
    assert shuffled == pytest.approx(0.1116, abs=0.002)
    assert in_order == pytest.approx(0.1196, abs=0.006)


@pytest.mark.slow
def test_flexible_scores(made):
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR
    from sklearn.tree import DecisionTreeRegressor
    from xgboost import XGBRegressor

    knn = scores(made, make_pipeline(StandardScaler(), KNeighborsRegressor(8)))
    assert knn == pytest.approx([0.1949, 0.2161], abs=0.025)
    svr = scores(made, make_pipeline(StandardScaler(), SVR()))
    assert svr == pytest.approx([0.1331, 0.1807], abs=0.012)
    tree = scores(made, DecisionTreeRegressor(random_state=0))
    assert tree == pytest.approx([0.2692, 0.2988], abs=0.03)
    boosting = scores(made, XGBRegressor(n_estimators=200, max_depth=4, learning_rate=0.08,
                                         subsample=0.8, colsample_bytree=0.5, random_state=0,
                                         n_jobs=1))
    assert boosting == pytest.approx([0.1101, 0.1363], abs=0.01)    # real, the same settings


def test_train_and_test_are_separable(made):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    both = np.vstack([made.train[steam.FEATURES], made.test])
    label = np.repeat([0, 1], [2888, 1925])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    auc = cross_val_score(model, both, label, scoring="roc_auc",
                          cv=KFold(5, shuffle=True, random_state=2019))
    assert auc.mean() > 0.99


# --- the real files: small copies with hashes of their own --------------------------------


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two small files in the real format, accepted in the place of the real ones."""
    rng = np.random.default_rng(0)
    files = {}
    for attribute, rows, columns in (("TRAIN", 5, [*steam.FEATURES, "target"]),
                                     ("TEST", 3, steam.FEATURES)):
        table = rng.normal(size=(rows, len(columns)))
        lines = ["\t".join(columns), *("\t".join(f"{v:.3f}" for v in row) for row in table)]
        content = ("\n".join(lines) + "\n").encode()
        old = getattr(steam, f"{attribute}_FILE")
        new = File(old.name, old.url, frozenset({hashlib.sha256(content).hexdigest()}), old.page)
        monkeypatch.setattr(steam, f"{attribute}_FILE", new)
        monkeypatch.setattr(steam, f"{attribute}_ROWS", rows)
        files[old.name] = content
    folder = tmp_path / "cache/steam"
    folder.mkdir(parents=True)
    return folder, files


def accept(monkeypatch, content):
    """Take this content as the right training file, so that reading it is what is tested."""
    old = steam.TRAIN_FILE
    monkeypatch.setattr(steam, "TRAIN_FILE", File(
        old.name, old.url, frozenset({hashlib.sha256(content).hexdigest()}), old.page))


def put(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("ends", ["LF", "CRLF", "mixed"])
def test_line_ends_read_alike(small, ends, capsys):
    folder, files = small
    count = {"LF": 0, "CRLF": -1, "mixed": 2}[ends]
    put(folder, {n: c.replace(b"\n", b"\r\n", count) for n, c in files.items()})
    got = steam.load("full")
    assert got.source == "tianchi"
    assert "[tianchi]" in capsys.readouterr().out
    first = files["zhengqi_train.txt"].decode().split("\n")[1].split("\t")
    assert got.train.iloc[0].tolist() == [float(v) for v in first]
    assert got.train.shape == (5, 39)
    assert got.test.shape == (3, 38)
    assert set(map(str, got.train.dtypes)) == {"float64"}


def test_the_environment_chooses_the_full_set(small, monkeypatch):
    put(*small)
    monkeypatch.setenv("DLROADMAP_DATA", "full")
    assert steam.load().source == "tianchi"


def test_the_argument_beats_the_environment(monkeypatch):
    monkeypatch.setenv("DLROADMAP_DATA", "full")
    assert steam.load("embedded").source == "stand-in"


def damaged(content, how):
    lines = content.split(b"\n")
    if how == "truncated":
        return content[: len(content) * 2 // 3]
    if how == "html":
        return b"<!DOCTYPE html>\n<html>please log in</html>"
    if how == "zip":
        return b"PK\x03\x04" + content
    if how == "comma":
        return content.replace(b"\t", b",")
    if how == "missing column":
        return b"\n".join(x.rpartition(b"\t")[0] for x in lines[:-1]) + b"\n"
    if how == "text":
        lines[2] = b"\t".join([b"NA!", *lines[2].split(b"\t")[1:]])
        return b"\n".join(lines)
    if how == "short line":
        lines[3] = lines[3].rpartition(b"\t")[0]
        return b"\n".join(lines)
    if how == "row lost":
        return b"\n".join(lines[:2] + lines[3:])
    return b""


@pytest.mark.parametrize(("how", "words"), [
    ("truncated", ["cut short or changed"]), ("html", ["web page"]), ("zip", ["unpack"]),
    ("empty", ["it is empty"]), ("comma", ["changed"]), ("missing column", ["changed"]),
    ("text", ["changed"]), ("row lost", ["changed"])])
def test_a_file_that_is_not_the_known_one(small, how, words):
    folder, files = small
    bad = damaged(files["zhengqi_train.txt"], how)
    put(folder, files | {"zhengqi_train.txt": bad})
    with pytest.raises(DataError) as caught:
        steam.load("full")
    said = str(caught.value)
    for word in [str(folder / "zhengqi_train.txt"), "SHA-256", "Move it away",
                 steam.TRAIN_FILE.url, steam.TRAIN_FILE.page, "DLROADMAP_DATA", *words]:
        assert word in said
    assert (folder / "zhengqi_train.txt").read_bytes() == bad


@pytest.mark.parametrize(("how", "words"), [
    ("comma", ["line 1", "','"]),
    ("missing column", ["line 1", "missing: target"]),
    ("text", ["line 3", "column V0", "'NA!'"]),
    ("short line", ["line 4", "38 fields", "expected 39"]),
    ("row lost", ["4 rows", "expected 5", "Move it away"])])
def test_a_content_that_is_wrong(small, monkeypatch, how, words):
    """The same damage behind the right hash: the second line of defence names the line."""
    folder, files = small
    bad = damaged(files["zhengqi_train.txt"], how)
    put(folder, files | {"zhengqi_train.txt": bad})
    accept(monkeypatch, bad)
    with pytest.raises(DataError) as caught:
        steam.load("full")
    for word in [str(folder / "zhengqi_train.txt"), *words]:
        assert word in str(caught.value)


def test_the_two_files_mixed_up(small):
    folder, files = small
    put(folder, dict(zip(files, reversed(files.values()), strict=True)))
    with pytest.raises(DataError, match=r"zhengqi_train\.txt"):
        steam.load("full")


def test_no_network(tmp_path, monkeypatch):
    def broken(url, target):
        raise OSError("no network")

    monkeypatch.setattr(_frame, "_download", broken)
    with pytest.raises(DataError) as caught:
        steam.load("full")
    for word in ("zhengqi_train.txt", steam.TRAIN_FILE.url, str(tmp_path / "cache/steam"),
                 "no network", "unset DLROADMAP_DATA"):
        assert word in str(caught.value)
    assert list((tmp_path / "cache/steam").iterdir()) == []


def test_a_torn_download(small, monkeypatch):
    folder, files = small

    def torn(url, target):
        content = files[url.rpartition("/")[2]]
        target.write_bytes(content[: len(content) // 2])

    monkeypatch.setattr(_frame, "_download", torn)
    with pytest.raises(DataError, match="Nothing was kept"):
        steam.load("full")
    assert list(folder.iterdir()) == []


def test_a_download_of_both(small, monkeypatch):
    folder, files = small
    asked = []

    def served(url, target):
        asked.append(url)
        target.write_bytes(files[url.rpartition("/")[2]])

    monkeypatch.setattr(_frame, "_download", served)
    assert steam.load("full").train.shape == (5, 39)
    assert asked == [steam.TRAIN_FILE.url, steam.TEST_FILE.url]
    assert sorted(p.name for p in folder.iterdir()) == sorted(files)
    assert steam.load("full").test.shape == (3, 38)
    assert len(asked) == 2


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written.*DLROADMAP_CACHE"):
        steam.load("full")


@pytest.mark.parametrize("source", ["real", "FULL", ""])
def test_an_unknown_source(source):
    with pytest.raises(DataError, match="'embedded'"):
        steam.load(source)


# --- the real files themselves ------------------------------------------------------------


@needs_real
@pytest.mark.parametrize("ends", ["LF", "CRLF", "mixed"])
def test_the_real_files(tmp_path, ends):
    folder = tmp_path / "cache/steam"
    folder.mkdir(parents=True)
    for file in (steam.TRAIN_FILE, steam.TEST_FILE):
        content = (REAL / file.name).read_bytes().replace(b"\r\n", b"\n")
        count = {"LF": 0, "CRLF": -1, "mixed": 100}[ends]
        (folder / file.name).write_bytes(content.replace(b"\n", b"\r\n", count))
    got = steam.load("full")
    assert got.train.shape == (2888, 39)
    assert got.test.shape == (1925, 38)
    assert got.train["target"].mean() == pytest.approx(0.1264, abs=1e-4)


@needs_real
def test_no_row_of_the_stand_in_is_a_real_row(made):
    for name, frame in (("zhengqi_train.txt", made.train), ("zhengqi_test.txt", made.test)):
        real = steam.frame_from_text(REAL / name, list(frame.columns)).to_numpy()
        assert not set(map(tuple, real)) & set(map(tuple, frame.to_numpy()))
        # Nor nearly one: most values differ even in the most similar pair of sampled rows.
        alike = (real[:, None] == frame.to_numpy()[None, ::50]).sum(axis=2).max()
        assert alike < 20


@needs_real
def test_hashes_are_those_of_the_real_files():
    for file in (steam.TRAIN_FILE, steam.TEST_FILE):
        lf = (REAL / file.name).read_bytes().replace(b"\r\n", b"\n")
        both = {hashlib.sha256(x).hexdigest() for x in (lf, lf.replace(b"\n", b"\r\n"))}
        assert file.sha256 == both
