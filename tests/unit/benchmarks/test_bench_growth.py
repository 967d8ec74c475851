"""Two of the means by which growth is measured: the return after a load, and a name with two addresses."""

import math
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from benchmarks.bench import recovery
from benchmarks.bench.recovery import alone_seconds, recovered_after
from benchmarks.bench.two_servers import ADDRESSES, NAME, in_namespace, is_possible
from benchmarks.service import Command

# What a service says after a load: three good answers in a row are a recovery, and two are none.
SAID = [503, 503, 200, 200, 503, 200, 200, 200]


@pytest.fixture
def said():
    """What is still to be said; 200 after that."""
    return list(SAID)


@pytest.fixture
def address(said):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(said.pop(0) if said else 200)
            self.end_headers()

        def log_message(self, *arguments) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_recovery_is_when_answers_are_good_again(address, said, monkeypatch):
    monkeypatch.setattr(recovery, "WATCHED_SECONDS", 300)
    began = time.monotonic()
    assert alone_seconds(address, "/", b"a picture", "JPEG")[0] == SAID[0]
    assert 0 < recovered_after(address, "/", b"a picture", "JPEG", usual=300, ended=began) < time.monotonic() - began
    assert said == []


def test_slow_answers_are_no_recovery(address, monkeypatch):
    monkeypatch.setattr(recovery, "WATCHED_SECONDS", 0.8)
    assert math.isnan(recovered_after(address, "/", b"a picture", "JPEG", usual=1e-9, ended=time.monotonic()))


def test_nobody_there_is_status_0():
    assert alone_seconds("http://127.0.0.1:9", "/", b"", "JPEG")[0] == 0


def test_the_name_has_two_addresses_for_the_command_alone(tmp_path):
    if not is_possible(tmp_path):
        pytest.skip("no mount namespaces here")
    hosts = Path("/etc/hosts").read_text()
    command = in_namespace(replace(Command(("getent", "ahostsv4", NAME), ""), environ={"A": "B"}), tmp_path)
    found = subprocess.run(command.argv, capture_output=True, text=True, check=True, timeout=30).stdout
    assert {line.split()[0] for line in found.splitlines()} == set(ADDRESSES)
    assert command.environ == {"A": "B"}
    assert Path("/etc/hosts").read_text() == hosts
    assert subprocess.run(["getent", "ahostsv4", NAME], capture_output=True, check=False, timeout=30).stdout == b""
