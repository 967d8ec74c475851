"""A signal is not lost where another thread than the waiting one takes it. Before and during the wait: tests/contract/test_process.py."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import signal, threading
from model_server.signals import StopSignals

signals = StopSignals()
assert not signals.arrived()
threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT)).start()
signals.wait()
assert signals.arrived()
signals.wait()
"""


def test_a_signal_that_another_thread_takes_ends_the_wait() -> None:
    root = Path(__file__).resolve().parents[3]
    ended = subprocess.run([sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
