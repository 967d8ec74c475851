"""Where converted models are kept, and what becomes of a conversion that fails."""

import errno
import os
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from model_server import converted
from model_server.converted import Stopped, Unconverted, default_cache

# The process that converts, in little: notes that it ran and waits, as long as it is told to.
SCRIPT = """
import os, pathlib, sys, time
folder, code, seconds, complaint, path, out = sys.argv[1:]
(pathlib.Path(folder) / str(os.getpid())).write_text(out)
time.sleep(float(seconds))
pathlib.Path(out).write_bytes(b"lite")
print("1.0e-06")
sys.stderr.write(complaint)
sys.exit(int(code))
"""


class Conversions:
    """What becomes of the next ones, and the process ids of those that have begun."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.monkeypatch = monkeypatch
        folder.mkdir()
        self.will()

    def will(self, code=0, complaint="", seconds=0.0):
        command = (sys.executable, "-S", "-c", SCRIPT, str(self.folder), str(code), str(seconds), complaint)
        self.monkeypatch.setattr(converted, "_COMMAND", command)

    def outs(self):
        return [file.read_text() for file in self.folder.iterdir()]

    def begun(self):
        return [int(file.name) for file in self.folder.iterdir()]


@pytest.fixture
def version(tmp_path):
    path = tmp_path / "1"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"graph")
    return path


@pytest.fixture
def conversions(monkeypatch, tmp_path):
    return Conversions(tmp_path / "conversions", monkeypatch)


def convert(version, cache, stopping=lambda: False):
    return converted.converted(version, cache, stopping)


def test_once_for_the_same_content(version, tmp_path, conversions):
    cache = tmp_path / "cache"
    first = convert(version, cache)
    assert first.read_bytes() == b"lite"
    assert convert(version, cache) == first
    assert len(conversions.begun()) == 1
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert [file.name for file in cache.iterdir()] == [first.name], "nothing half made is left"
    (version / "variables" / "variables.index").write_bytes(b"weights")
    second = convert(version, cache)
    (version / "model.tflite").write_bytes(b"given")
    third = convert(version, cache)
    assert len({first, second, third}) == 3


def test_the_oldest_are_forgotten(version, tmp_path, conversions):
    made = []
    for number in range(6):
        (version / "saved_model.pb").write_bytes(str(number).encode())
        made.append(convert(version, tmp_path / "cache"))
        os.utime(made[-1], (number, number))
    assert [file.exists() for file in made] == [False, False, True, True, True, True]


def test_a_reason_is_passed_on(version, tmp_path, conversions):
    conversions.will(code=3, complaint="a warning of the converter\nit cannot be converted: 'tf.Timestamp' op\n")
    with pytest.raises(Unconverted, match=r"^it cannot be converted: 'tf.Timestamp' op$"):
        convert(version, tmp_path / "cache")
    with pytest.raises(Unconverted, match="it cannot be converted"):
        convert(version, tmp_path / "cache")
    assert len(conversions.begun()) == 1, "asked once for all"


def test_a_conversion_that_died_is_tried_again(version, tmp_path, conversions):
    conversions.will(code=9)
    for _ in range(2):
        with pytest.raises(Unconverted, match="ended with exit code 9"):
            convert(version, tmp_path / "cache")
    assert len(conversions.begun()) == 2
    assert not list((tmp_path / "cache").iterdir())


def test_a_cache_that_cannot_be_used(version, tmp_path, conversions):
    (tmp_path / "file").touch()
    with pytest.raises(Unconverted, match="cannot be used"):
        convert(version, tmp_path / "file" / "cache")


def foreign(cache, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4711)


def writable_for_the_group(cache, monkeypatch):
    cache.chmod(0o770)


def writable_for_all(cache, monkeypatch):
    cache.chmod(0o1777)


def elsewhere(cache, monkeypatch):
    cache.rename(cache.with_name("elsewhere"))
    cache.symlink_to(cache.with_name("elsewhere"))


@pytest.mark.parametrize(
    ("plant", "reason"),
    [
        (foreign, "belongs to another user"),
        (writable_for_the_group, "can be written to by other users"),
        (writable_for_all, "can be written to by other users"),
        (elsewhere, "is a link, not a directory"),
    ],
)
@pytest.mark.parametrize("suffix", [".tflite", ".refused"])
def test_what_somebody_else_may_have_planted_is_not_read(version, tmp_path, conversions, monkeypatch, plant, reason, suffix):
    cache = tmp_path / "cache"
    planted = convert(version, cache)
    planted.rename(planted.with_suffix(suffix))
    plant(cache, monkeypatch)
    with pytest.raises(Unconverted, match=reason):
        convert(version, cache)
    assert len(conversions.begun()) == 1


def test_a_cache_that_can_only_be_read(version, tmp_path, conversions, monkeypatch):
    file = convert(version, tmp_path / "cache")

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("utime", "open", "replace", "unlink"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(Path, "touch", refuse)
    assert convert(version, tmp_path / "cache") == file


def test_two_at_a_time_with_one_process_id(version, tmp_path, conversions, monkeypatch):
    """As two containers have it that share a cache, where each server is process 1."""
    conversions.will(seconds=0.5)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    cache = tmp_path / "cache"
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(convert(version, cache).read_bytes())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [b"lite"] * 2
    assert len(set(conversions.outs())) == 2, "each has written a file of its own"
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("code", [0, 3])
def test_what_can_be_found_is_on_the_disk_first(version, tmp_path, conversions, monkeypatch, code):
    conversions.will(code=code, complaint="a reason")
    events = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: (events.append(os.fstat(number).st_ino), fsync(number)))
    monkeypatch.setattr(Path, "replace", lambda part, file: (events.append(part.stat().st_ino), replace(part, file))[1])
    if code:
        with pytest.raises(Unconverted, match="a reason"):
            convert(version, tmp_path / "cache")
    else:
        convert(version, tmp_path / "cache")
    [kept] = (tmp_path / "cache").iterdir()
    assert events == [kept.stat().st_ino] * 2


def test_what_a_killed_server_left_is_cleared_away(version, tmp_path, conversions):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    old, new = cache / "a.x.part", cache / "b.x.part"
    for part, age in ((old, 3600), (new, 0)):
        part.touch()
        os.utime(part, (time.time() - age,) * 2)
    convert(version, cache)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_server_that_stops_does_not_wait_for_it(version, tmp_path, conversions):
    conversions.will(seconds=60)
    began = time.monotonic()
    with pytest.raises(Stopped):
        convert(version, tmp_path / "cache", lambda: bool(conversions.begun()))
    assert time.monotonic() - began < 30
    [child] = conversions.begun()
    assert not Path(f"/proc/{child}").exists()
    assert not list((tmp_path / "cache").iterdir())


def test_nor_for_one_that_takes_too_long(version, tmp_path, conversions, monkeypatch):
    monkeypatch.setattr(converted, "_PATIENCE_S", 1)
    conversions.will(seconds=60)
    with pytest.raises(Unconverted, match="took more than 1 seconds"):
        convert(version, tmp_path / "cache")
    assert not [child for child in conversions.begun() if Path(f"/proc/{child}").exists()]


def test_the_cache_is_the_user_s(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "ragam"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "ragam"
    monkeypatch.setattr(os, "access", lambda *_: False)  # a container's user has no home
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    assert default_cache() == Path(f"/tmp/ragam-{os.getuid()}")
