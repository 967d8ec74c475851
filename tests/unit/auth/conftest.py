"""API keys in a file, and the time by which rate limits count."""

import hashlib
import time
from types import SimpleNamespace

import pytest

KEYS = {name: f"ragam_of-{name}" for name in ("alice", "bob")}


@pytest.fixture
def keys_file(tmp_path):
    file = tmp_path / "api_keys"
    file.write_text("".join(f"{hashlib.sha256(key.encode()).hexdigest()} {name}\n" for name, key in KEYS.items()))
    return str(file)


@pytest.fixture
def clock(monkeypatch):
    """The time of rate limits in memory, which stands until a test moves it."""
    clock = SimpleNamespace(now=time.time())
    monkeypatch.setattr("gateway.auth.moving_window.time", SimpleNamespace(time=lambda: clock.now, monotonic=lambda: clock.now))
    return clock
