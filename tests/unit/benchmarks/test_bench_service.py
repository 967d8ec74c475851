"""Whatever a benchmark starts is stopped by its own process ids, however it ends."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from benchmarks.service import ROOT, Command, free_port

# A server with a child that ignores SIGTERM, which is left behind when the server ends.
SERVER = """
import signal, socket, subprocess, sys, time
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
child.stdout.readline()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    time.sleep(300)
"""


@pytest.fixture
def command() -> Command:
    port = free_port()
    return Command((sys.executable, "-c", SERVER, str(port)), f"127.0.0.1:{port}")


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_nothing_is_left_when_the_benchmark_is_interrupted(command, tmp_path):
    script = f"""
import signal, sys, time
from pathlib import Path
from benchmarks.service import Command, Service
signal.signal(signal.SIGTERM, signal.default_int_handler)
with Service((Command({command.argv!r}, {command.ready!r}),), Path({str(tmp_path / "log")!r})) as service:
    assert service.megabytes() > 5 and service.processor_seconds() > 0 and service.seconds > 0
    print(*(process.pid for process in service.processes()), flush=True)
    time.sleep(300)
"""
    benchmark = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        pids = [int(pid) for pid in benchmark.stdout.readline().split()]
        assert len(pids) == 2
        os.kill(benchmark.pid, signal.SIGTERM)
        benchmark.wait(300)
    finally:
        benchmark.kill()
        benchmark.communicate()
    assert alive(pids) == []
