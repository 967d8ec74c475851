"""Cores that a container's quota leaves."""

import os

import pytest

from model_server.cores import usable_cores


@pytest.mark.parametrize(
    ("text", "cores"),
    [("max 100000\n", 8), ("200000 100000\n", 2), ("150000 100000\n", 2), ("10000 100000\n", 1), ("9900000 100000\n", 8)],
    ids=["none", "two", "one-and-a-half", "a-tenth", "more-than-there-are"],
)
def test_a_quota(tmp_path, monkeypatch, text, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    (tmp_path / "cpu.max").write_text(text)
    assert usable_cores(tmp_path / "cpu.max") == cores


def test_no_cgroup(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5})
    assert usable_cores(tmp_path / "cpu.max") == 2
