"""A signal is never lost, whenever it comes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import os, signal, threading
from model_server.signals import StopSignals

signals = StopSignals()
assert not signals.arrived()
{send}
signals.wait()
assert signals.arrived()
signals.wait()
print("stopped")
"""


@pytest.mark.parametrize(
    "send",
    [
        pytest.param("os.kill(os.getpid(), signal.SIGTERM)", id="before"),
        pytest.param("threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()", id="while-waiting"),
        # Delivered to another thread than the one that waits.
        pytest.param(
            "threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()", id="to-another-thread"
        ),
    ],
)
def test_wait(send: str) -> None:
    program = PROGRAM.format(send=send)
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stopped\n", "")
