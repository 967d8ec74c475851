"""What tests/conftest.py promises: a test that fails, times out or leaves something open fails alone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Each guilty test is followed by one in which the collector finds whatever was left.
TESTS = """
import gc, socket, subprocess, threading, time, urllib.error
import pytest

class Cycle:
    def __init__(self):
        self.itself, self.socket = self, socket.socket()

@pytest.fixture
def unclosed():
    return socket.socket()

@pytest.fixture
def stuck_at_first():
    held = socket.socket()
    time.sleep(300)

@pytest.fixture
def stuck_in_the_end():
    held = socket.socket()
    yield held
    time.sleep(300)

def test_1_guilty_of_a_cycle():
    Cycle()

def test_2_guilty_of_a_fixture(unclosed):
    pass

def test_3_guilty_of_an_assertion():
    held, child = socket.socket(), subprocess.Popen(["sleep", "300"])
    try:
        assert child.poll()
    finally:
        child.kill()

def test_4_guilty_of_an_error_in_an_error():
    held = socket.socket()
    try:
        raise KeyError(held)
    except KeyError as error:
        raise ValueError(socket.socket()) from error

@pytest.mark.timeout(1)
def test_5_guilty_of_time_with_a_thread():
    held = socket.socket()
    threading.Thread(target=lambda: (time.sleep(3), held.fileno())).start()
    time.sleep(300)

@pytest.mark.timeout(1)
def test_6_guilty_of_time_at_first(stuck_at_first):
    pass

@pytest.mark.timeout(1)
def test_7_guilty_of_time_in_the_end(stuck_in_the_end):
    pass
"""


def test_each_fails_alone(tmp_path):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    names = re.findall(r"def (test_\d)", TESTS)
    tests = re.sub(r"(?ms)^def (test_\d)\w+.*?\n(?=\n|\Z)", r"\g<0>\ndef \1_innocent():\n    gc.collect()\n", TESTS)
    (tmp_path / "test_leaks.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}", "-p", "no:cacheprovider", "-v"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE))
    assert {name[:6] for name in failed} == set(names), done.stdout
    assert not [name for name in failed if "innocent" in name], done.stdout
    assert len(re.findall(r"_innocent PASSED", done.stdout)) == len(names)
