"""Where converted models are kept, and what becomes of a conversion that fails."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from model_server import converted
from model_server.converted import Unconverted, default_cache


@pytest.fixture
def version(tmp_path):
    path = tmp_path / "1"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"graph")
    return path


@pytest.fixture
def conversions(monkeypatch):
    """Stands in for the process that converts: [exit status, what it says], and counts."""
    made = []
    answer = {"code": 0, "stderr": ""}

    def run(command, **_):
        made.append(command)
        if answer["code"] == 0:
            Path(command[-1]).write_bytes(b"lite")
        return subprocess.CompletedProcess(command, answer["code"], "1.0e-06\n", answer["stderr"])

    monkeypatch.setattr(converted.subprocess, "run", run)
    return made, answer


def test_once_for_the_same_content(version, tmp_path, conversions):
    cache = tmp_path / "cache"
    first = converted.converted(version, cache)
    assert first.read_bytes() == b"lite"
    assert converted.converted(version, cache) == first
    assert len(conversions[0]) == 1
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert [file.name for file in cache.iterdir()] == [first.name], "nothing half made is left"
    (version / "variables" / "variables.index").write_bytes(b"weights")
    second = converted.converted(version, cache)
    (version / "model.tflite").write_bytes(b"given")
    third = converted.converted(version, cache)
    assert len({first, second, third}) == 3


def test_the_oldest_are_forgotten(version, tmp_path, conversions):
    made = []
    for number in range(6):
        (version / "saved_model.pb").write_bytes(str(number).encode())
        made.append(converted.converted(version, tmp_path / "cache"))
        os.utime(made[-1], (number, number))
    assert [file.exists() for file in made] == [False, False, True, True, True, True]


def test_a_reason_is_passed_on(version, tmp_path, conversions):
    conversions[1].update(code=3, stderr="a warning of the converter\nit cannot be converted: 'tf.Timestamp' op\n")
    with pytest.raises(Unconverted, match=r"^it cannot be converted: 'tf.Timestamp' op$"):
        converted.converted(version, tmp_path / "cache")
    with pytest.raises(Unconverted, match="it cannot be converted"):
        converted.converted(version, tmp_path / "cache")
    assert len(conversions[0]) == 1, "asked once for all"


def test_a_conversion_that_died_is_tried_again(version, tmp_path, conversions):
    conversions[1].update(code=-9)
    for _ in range(2):
        with pytest.raises(Unconverted, match="ended with exit code -9"):
            converted.converted(version, tmp_path / "cache")
    assert len(conversions[0]) == 2
    assert not list((tmp_path / "cache").iterdir())


def test_a_cache_that_cannot_be_used(version, tmp_path, conversions):
    (tmp_path / "file").touch()
    with pytest.raises(Unconverted, match="cannot be used"):
        converted.converted(version, tmp_path / "file" / "cache")


def test_another_user_s_cache_is_not_trusted(version, tmp_path, conversions, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(Unconverted, match="belongs to another user"):
        converted.converted(version, tmp_path / "cache")
    assert not conversions[0]


def test_the_cache_is_the_user_s(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "ragam"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "ragam"
    monkeypatch.setattr(os, "access", lambda *_: False)  # a container's user has no home
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    assert default_cache() == Path(f"/tmp/ragam-{os.getuid()}")
