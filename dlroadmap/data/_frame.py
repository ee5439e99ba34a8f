"""The frame of the data sets: which source, which folder, fetching and its errors."""

import contextlib
import hashlib
import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

SWITCH = "DLROADMAP_DATA"


class DataError(RuntimeError):
    """A data file is missing, damaged or not what it should be; the message says what to do."""


@dataclass(frozen=True)
class File:
    """One file of a data set.

    name : file name in the cache folder
    url : where public code fetches it
    sha256 : the accepted hashes (public copies differ in their line ends); empty where none is
        known: then the size is checked, and the hash of the first complete copy is written
        beside it, so that a copy which changes later is found out
    page : the page for people, for a download by hand
    login : whether that page asks for an account
    megabytes : the published size (of 2**20 or of 10**6 bytes), for files without a known hash
    """

    name: str
    url: str
    sha256: frozenset
    page: str
    login: bool = False
    megabytes: float | None = None


def cache_folder():
    """The folder for downloaded or hand-dropped files (``DLROADMAP_CACHE`` names another)."""
    place = os.environ.get("DLROADMAP_CACHE")
    if place:
        return Path(place).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("dlroadmap", appauthor=False))


def choose(source=None):
    """"embedded" or "full", from the argument or, where it is None, from ``DLROADMAP_DATA``."""
    chosen = source if source is not None else os.environ.get(SWITCH) or "embedded"
    if chosen not in ("embedded", "full"):
        where = "source" if source is not None else SWITCH
        raise DataError(f"{where} is {chosen!r}; it can be 'embedded' (default, no network) "
                        "or 'full' (the competition's own files).")
    return chosen


def announce(name, source, text):
    """Print the one line that says which data this is."""
    print(f"{name} [{source}]: {text}")


def fetch(file, subfolder):
    """The path of a data set's file, fetched into the cache folder if it is not there.

    The download goes to a temporary file beside the target and is moved into place only when
    its SHA-256 is right, so a torn download leaves nothing behind and a rerun starts clean.
    A file that is there already is checked too, and never overwritten or removed.

    Raises
    ------
    DataError
        Names the file, its address, the folder and what to do.
    """
    folder = cache_folder() / subfolder
    target = folder / file.name
    by_hand = (f"Or get it by hand from {file.page}{' (login)' if file.login else ''} and put it "
               f"into {folder}. To work on the embedded data instead, unset {SWITCH}.")
    try:
        there = target.exists()
    except OSError as error:
        raise DataError(f"the cache folder {folder} cannot be read ({error.strerror or error}). "
                        "Set DLROADMAP_CACHE to a folder of yours, and run this again.") from error
    if there:
        _verify(target, file, by_hand)
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=file.name + ".", suffix=".part", dir=folder)
        os.close(handle)
    except OSError as error:
        raise DataError(
            f"{file.name} is needed, but the cache folder {folder} cannot be written "
            f"({error.strerror or error}). Set DLROADMAP_CACHE to a folder that you may write, "
            "and run this again."
        ) from error
    part = Path(part)
    try:
        _download(file.url, part)
        if not _good(part, file):
            raise DataError(
                f"{file.url} sent something that is not {file.name}: {_looks_like(part)}. "
                f"Nothing was kept in {folder}. Run this again (a download can tear). {by_hand}")
        os.replace(part, target)
        _remember(target, file)
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"{file.name} is not in {folder} and could not be fetched from {file.url} "
            f"({type(error).__name__}: {error}). Nothing half-written was kept. "
            f"With a network, run this again. {by_hand}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def _download(url, target):
    import pooch

    pooch.HTTPDownloader(progressbar=os.isatty(2), timeout=30)(url, str(target), None)


def _digest(path):
    """SHA-256 of the bytes, read in pieces: an archive may be larger than the memory."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hashes(path):
    """SHA-256 of the bytes, and of the same text with LF line ends and a final newline."""
    plain = path.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    return {_digest(path), hashlib.sha256(plain).hexdigest()}


def _good(path, file):
    """Is this the known file: by its hash, or else by its published size?"""
    if file.sha256:
        return bool(_hashes(path) & file.sha256)
    size = path.stat().st_size
    return file.megabytes is None or any(
        abs(size / unit - file.megabytes) < 0.0051 for unit in (2**20, 10**6))


def _note(path):
    return path.with_name(path.name + ".sha256")


def _remember(path, file):
    """Write the hash of a complete file without a known hash beside it (where that may be)."""
    if file.sha256 or file.megabytes is None or _note(path).exists():
        return
    with contextlib.suppress(OSError):
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(_digest(path), encoding="ascii")
        os.replace(part, _note(path))


def _changed(path, file):
    """Does a file without a known hash differ from the copy that was complete once?"""
    if file.sha256 or not _note(path).exists():
        return False
    return _note(path).read_text(encoding="ascii").strip() != _digest(path)


def _verify(path, file, by_hand):
    try:
        good, changed = _good(path, file), _changed(path, file)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}). Check its "
                        f"permissions, or remove it and run this again. {by_hand}") from error
    if good and not changed:
        return _remember(path, file)
    why = (f"its SHA-256 is not the one noted in {_note(path).name}" if changed else
           "its SHA-256 is not the known one" if file.sha256 else
           f"the published size is {file.megabytes} MB")
    raise DataError(
        f"{path} is not the known {file.name}: {_looks_like(path)}; {why}. The file was left "
        f"alone. Move it away and run this again to fetch it from {file.url}. {by_hand}")


def _looks_like(path):
    """What a wrong file seems to be, in a few words."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(512)
    start = head.lstrip().lower()
    if size == 0:
        return "it is empty"
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return f"it is a web page ({size:,} bytes), perhaps a login or error page"
    if head.startswith(b"PK") and path.suffix != ".zip":
        return f"it is a zip archive ({size:,} bytes): unpack it first"
    if head.startswith(b"\x1f\x8b"):
        return f"it is a gzip archive ({size:,} bytes): unpack it first"
    if b"\0" in head and path.suffix != ".zip":
        return f"it is a binary file ({size:,} bytes)"
    return f"it is {size:,} bytes long, cut short or changed"


def frame_from_text(path, columns, sep="\t", dtype=float):
    """Read a table of numbers whose columns are known, with errors that name file and line.

    Parameters
    ----------
    path : path of a text file with a header line; LF, CRLF and mixed line ends are accepted
    columns : list of str
        The header that the file must have, in this order.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        Wrong separator, header or number of fields; a field that is no number.
    """
    import pandas as pd

    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a text file in UTF-8 ({error.reason}).") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    header = lines[0].split(sep)
    if header != columns:
        if len(header) == 1 and len(columns) > 1:
            found = next((s for s in (",", ";", "\t", " ") if len(lines[0].split(s)) > 1), None)
            raise DataError(f"{path}, line 1: expected {len(columns)} columns separated by "
                            f"{sep!r}, found one" + (f"; the separator seems to be {found!r}"
                                                     if found else "") + ".")
        missing = [c for c in columns if c not in header]
        extra = [c for c in header if c not in columns]
        twice = sorted({c for c in header if header.count(c) > 1})
        raise DataError(
            f"{path}, line 1: the header is not the expected one"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; unexpected: {', '.join(extra)}" if extra else "")
            + (f"; twice: {', '.join(twice)}" if twice else "")
            + ("; the order differs" if not (missing or extra or twice) else "") + ".")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split(sep)
        if len(fields) != len(columns):
            raise DataError(f"{path}, line {number}: {len(fields)} fields, "
                            f"expected {len(columns)}.")
        if all(_is(f, dtype) for f in fields):
            rows.append([dtype(f) for f in fields])
        else:
            bad = next(i for i, f in enumerate(fields) if not _is(f, dtype))
            raise DataError(f"{path}, line {number}: column {columns[bad]} holds "
                            f"{fields[bad]!r}, not a number.")
    if not rows:
        raise DataError(f"{path} has a header and no rows.")
    return pd.DataFrame(rows, columns=columns)


def _is(text, dtype):
    """Is the field a number? "nan" and "inf" are none: the files hold neither."""
    try:
        return math.isfinite(dtype(text))
    except ValueError:
        return False
