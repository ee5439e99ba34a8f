"""The frame of the data sets: the switch, the cache folder, fetching, reading, and each error."""

import hashlib
import tempfile

import pytest

from dlroadmap import data
from dlroadmap.data import _frame
from dlroadmap.data._frame import DataError, File, choose, fetch, frame_from_text

GOOD = b"a\tb\n1.5\t-2\n0\t3e2\n"
COLUMNS = ["a", "b"]
FILE = File("table.txt", "http://no.such.address.invalid/table.txt",
            frozenset({hashlib.sha256(GOOD).hexdigest()}), "https://no.such.page.invalid")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DLROADMAP_DATA", raising=False)
    monkeypatch.setattr(_frame, "_download", never)
    return tmp_path / "cache"


def never(url, target):
    raise AssertionError(f"a download of {url} was started")


def put(folder, content, name="table.txt"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def says(caught, *words):
    text = str(caught.value)
    for word in words:
        assert str(word) in text, f"{word!r} is not in: {text}"


# --- the switch and the folder ------------------------------------------------------------


def test_the_default_is_embedded(monkeypatch):
    monkeypatch.delenv("DLROADMAP_DATA", raising=False)
    assert choose() == "embedded"
    monkeypatch.setenv("DLROADMAP_DATA", "")
    assert choose() == "embedded"


def test_the_argument_beats_the_environment(monkeypatch):
    monkeypatch.setenv("DLROADMAP_DATA", "full")
    assert choose() == "full"
    assert choose("embedded") == "embedded"


def test_an_unknown_source_is_named(monkeypatch):
    with pytest.raises(DataError) as caught:
        choose("real")
    says(caught, "source", "'real'", "embedded", "full")
    monkeypatch.setenv("DLROADMAP_DATA", "Full ")
    with pytest.raises(DataError) as caught:
        choose()
    says(caught, "DLROADMAP_DATA", "'Full '")


def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path))
    assert data.cache_folder() == tmp_path
    monkeypatch.delenv("DLROADMAP_CACHE")
    assert data.cache_folder().name == "dlroadmap"


def test_an_unknown_data_set_lists_the_known():
    with pytest.raises(AttributeError, match="steam"):
        data.steem


# --- fetching -----------------------------------------------------------------------------


def test_a_file_by_hand_is_found_and_left_alone(cache):
    path = put(cache / "set", GOOD)
    assert fetch(FILE, "set") == path
    assert path.read_bytes() == GOOD


@pytest.mark.parametrize("ends", ["CRLF", "mixed"])
def test_line_ends_do_not_matter(cache, ends):
    content = GOOD.replace(b"\n", b"\r\n", -1 if ends == "CRLF" else 1)
    path = put(cache / "set", content)
    assert fetch(FILE, "set") == path
    assert path.read_bytes() == content
    frame = frame_from_text(path, COLUMNS)
    assert frame.to_numpy().tolist() == [[1.5, -2.0], [0.0, 300.0]]


@pytest.mark.parametrize(("content", "looks"), [
    (b"", "it is empty"),
    (GOOD[:-5], "bytes long, cut short or changed"),
    (GOOD.replace(b"1.5", b"1.6"), "bytes long, cut short or changed"),
    (b"\n <!DOCTYPE html><html>login</html>", "a web page"),
    (b"<html></html>", "a web page"),
    (b"PK\x03\x04rest", "a zip archive"),
    (b"\x1f\x8brest", "a gzip archive"),
    (b"\x89PNG\0\0", "a binary file"),
], ids=["empty", "cut short", "changed", "html", "html 2", "zip", "gzip", "binary"])
def test_a_wrong_file_is_named_and_kept(cache, content, looks):
    path = put(cache / "set", content)
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, path, looks, "left alone", "Move it away", FILE.url, FILE.page, "DLROADMAP_DATA")
    assert path.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == ["table.txt"]


def test_a_folder_in_the_place_of_the_file(cache):
    (cache / "set/table.txt").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, cache / "set/table.txt", "cannot be read")


def test_a_download_arrives_whole(cache, monkeypatch):
    monkeypatch.setattr(_frame, "_download", lambda url, target: target.write_bytes(GOOD))
    path = fetch(FILE, "set")
    assert path.read_bytes() == GOOD
    assert [p.name for p in path.parent.iterdir()] == ["table.txt"]
    monkeypatch.setattr(_frame, "_download", never)
    assert fetch(FILE, "set") == path       # the second time it is there


def test_no_network(cache, monkeypatch):
    def broken(url, target):
        raise OSError("network is unreachable")

    monkeypatch.setattr(_frame, "_download", broken)
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, "table.txt", cache / "set", FILE.url, "network is unreachable", "run this again",
         FILE.page, "unset DLROADMAP_DATA")
    assert isinstance(caught.value.__cause__, OSError)
    assert list((cache / "set").iterdir()) == []


@pytest.mark.parametrize("raises", [True, False])
def test_a_torn_download_leaves_nothing(cache, monkeypatch, raises):
    def torn(url, target):
        target.write_bytes(GOOD[: len(GOOD) // 2])
        if raises:
            raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(_frame, "_download", torn)
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, "table.txt", FILE.url, "run this again" if raises else "Run this again")
    assert list((cache / "set").iterdir()) == []


def test_an_interrupted_download_leaves_nothing(cache, monkeypatch):
    def stopped(url, target):
        target.write_bytes(GOOD[:4])
        raise KeyboardInterrupt

    monkeypatch.setattr(_frame, "_download", stopped)
    with pytest.raises(KeyboardInterrupt):
        fetch(FILE, "set")
    assert list((cache / "set").iterdir()) == []


def test_a_login_page_instead_of_the_file(cache, monkeypatch):
    monkeypatch.setattr(_frame, "_download",
                        lambda url, target: target.write_bytes(b"<html>please log in</html>"))
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, FILE.url, "a web page", "Nothing was kept")
    assert list((cache / "set").iterdir()) == []


def test_a_cache_below_a_regular_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DLROADMAP_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(_frame, "_download", never)
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, "table.txt", tmp_path / "file/set", "cannot be written", "DLROADMAP_CACHE")


def test_a_read_only_cache(cache, monkeypatch):
    def refused(**where):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    with pytest.raises(DataError) as caught:
        fetch(FILE, "set")
    says(caught, "table.txt", cache / "set", "Permission denied", "DLROADMAP_CACHE")


# --- reading ------------------------------------------------------------------------------


def test_a_table_is_read(tmp_path):
    frame = frame_from_text(put(tmp_path, b"\xef\xbb\xbf" + GOOD), COLUMNS)
    assert list(frame.columns) == COLUMNS
    assert frame.shape == (2, 2)
    assert set(map(str, frame.dtypes)) == {"float64"}


def test_the_last_newline_may_be_missing(tmp_path):
    assert len(frame_from_text(put(tmp_path, GOOD[:-1]), COLUMNS)) == 2


@pytest.mark.parametrize(("content", "words"), [
    (b"a,b\n1,2\n", ["line 1", "separator seems to be ','"]),
    (b"a b\n1 2\n", ["line 1", "separator seems to be ' '"]),
    (b"a\n1\n", ["line 1", "found one"]),
    (b"a\tc\n1\t2\n", ["line 1", "missing: b", "unexpected: c"]),
    (b"a\tb\tx\n1\t2\t3\n", ["line 1", "unexpected: x"]),
    (b"a\ta\n1\t2\n", ["line 1", "missing: b", "twice: a"]),
    (b"b\ta\n1\t2\n", ["line 1", "the order differs"]),
    (b"1\t2\n3\t4\n", ["line 1", "missing: a, b"]),
    (b"", ["line 1"]),
    (b"a\tb\n", ["no rows"]),
    (b"a\tb\n1\t2\n3\n", ["line 3", "1 fields", "expected 2"]),
    (b"a\tb\r\n1\t2\r\n3\t4\t5\r\n", ["line 3", "3 fields"]),
    (b"a\tb\n1\t2\n\n3\t4\n", ["line 3", "1 fields"]),
    (b"a\tb\n1\t2\n3\tx4\n", ["line 3", "column b", "'x4'", "not a number"]),
    (b"a\tb\n\t2\n", ["line 2", "column a", "''", "not a number"]),
    (b"a\tb\n1\t\xff\n", ["not a text file in UTF-8"]),
], ids=["comma", "space", "one column", "wrong name", "too many", "twice", "order", "no header",
        "empty", "no rows", "too few", "too many fields", "blank line", "text", "empty field",
        "not utf-8"])
def test_a_damaged_table_is_refused(tmp_path, content, words):
    path = put(tmp_path, content)
    with pytest.raises(DataError) as caught:
        frame_from_text(path, COLUMNS)
    says(caught, path, *words)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(DataError) as caught:
        frame_from_text(tmp_path / "gone.txt", COLUMNS)
    says(caught, tmp_path / "gone.txt", "cannot be read")


@pytest.mark.parametrize("word", ["nan", "inf", "-Infinity", "", "1,5"])
def test_a_field_that_is_no_finite_number_is_named(tmp_path, word):
    (tmp_path / "t.txt").write_text(f"a\tb\n1\t2\n3\t{word}\n")
    with pytest.raises(DataError, match=r"t\.txt, line 3: column b holds"):
        frame_from_text(tmp_path / "t.txt", ["a", "b"])


def test_a_missing_final_newline_is_no_other_file(tmp_path):
    (tmp_path / "a").write_bytes(b"x\r\n1\r\n2")
    assert hashlib.sha256(b"x\n1\n2\n").hexdigest() in _frame._hashes(tmp_path / "a")
