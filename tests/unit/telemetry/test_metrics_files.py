"""Metrics on a full disk. tests/faults has the real one; here the reservation is refused."""

import errno
import os

import pytest
from prometheus_client.mmap_dict import MmapedDict

from gateway.telemetry.metrics_files import FIRST_BYTES, ReservedDict


@pytest.fixture
def full(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(os, "posix_fallocate", refuse)


def stored(path):
    return {key: value for key, value, _, _ in MmapedDict.read_all_values_from_file(path)}


def test_the_bytes_are_there_before_they_are_written_to(tmp_path):
    path = tmp_path / "counter_1.db"
    metrics = ReservedDict(str(path))
    assert path.stat().st_blocks * 512 >= FIRST_BYTES
    for number in range(1000):
        metrics.write_value(f"{number:0100}", number, 0)
    assert path.stat().st_blocks * 512 >= path.stat().st_size > FIRST_BYTES
    assert len(stored(path)) == 1000
    metrics.close()


def test_a_folder_that_was_swept_is_made_again(tmp_path, monkeypatch):
    folder = tmp_path / "metrics"
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    metrics = ReservedDict(str(folder / "counter_1.db"))
    metrics.write_value("answers", 1, 0)
    assert stored(folder / "counter_1.db") == {"answers": 1}
    assert folder.stat().st_mode & 0o777 == 0o700
    metrics.close()


def test_a_full_disk_leaves_no_file_that_cannot_be_read(tmp_path, full, caplog):
    full()
    metrics = ReservedDict(str(tmp_path / "counter_1.db"))
    for number in range(1000):
        metrics.write_value(f"{number:0100}", number, 0)
    assert metrics.read_value(f"{7:0100}") == (7, 0)
    assert not list(tmp_path.iterdir())
    assert "the disk is full" in caplog.text
    metrics.close()


def test_a_disk_that_is_full_when_a_file_must_grow(tmp_path, full):
    path = tmp_path / "counter_1.db"
    metrics = ReservedDict(str(path))
    metrics.write_value("before", 1, 0)
    full()
    for number in range(1000):
        metrics.write_value(f"{number:0100}", number, 0)
    metrics.write_value("before", 2, 0)
    assert metrics.read_value("before") == (2, 0)
    assert metrics.read_value(f"{999:0100}") == (999, 0)
    assert 1 < len(stored(path)) < 1000
    metrics.close()


def test_what_is_no_full_disk_is_an_error(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="no"):
        ReservedDict(str(tmp_path / "counter_1.db"))
