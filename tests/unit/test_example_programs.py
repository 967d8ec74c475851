"""The examples against answers that are made here: what is sent again, what comes out, and with which exit code."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"classify.sh": "sh", "classify.py": sys.executable, "classify.mjs": "node", "classify.php": "php"}
DATA = {"image_types_prediction": "Realism", "confidence": 0.5, "certain": True}
GOOD = (200, {"status": {"code": 200, "message": "OK"}, "data": DATA})
BUSY, LIMITED, BROKEN, LATE, UNFIT = (
    (status, {"status": {"code": status, "message": "", "error": word, "detail": "A sentence."}, "data": None})
    for status, word in ((503, "model_busy"), (429, "rate_limited"), (500, "internal"), (504, "model_timeout"), (502, "model_unsuitable"))
)
LOST = (0, None)
OF_A_PROXY = (502, "<html>Bad Gateway</html>")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.answers[min(self.server.asked, len(self.server.answers) - 1)]
        self.server.asked += 1
        if not status:
            self.close_connection = True
            return
        body = answer.encode() if isinstance(answer, str) else f"{json.dumps(answer)}\n".encode()
        self.send_response(status)
        own = {} if isinstance(answer, str) else {"Content-Type": "application/json", "X-Request-ID": "a"}
        for name, value in {**own, "Content-Length": len(body), "Retry-After": 0}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(name, server, answers, *arguments):
    if not shutil.which(COMMANDS[name]):
        pytest.skip(f"{COMMANDS[name]} is not installed")
    server.answers, server.asked = answers, 0
    environ = {**os.environ, "RAGAM_URL": f"http://127.0.0.1:{server.server_port}"}
    command = [COMMANDS[name], ROOT / "examples" / name, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_rule_of_sending_again(server, tmp_path, name):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"picture")
    done = run(name, server, [BUSY, LIMITED, BUSY, LIMITED, BUSY, GOOD], picture)
    assert (done.returncode, server.asked) == (0, 6), done.stderr
    assert "Realism" in done.stdout
    assert "A sentence." not in done.stdout
    done = run(name, server, [BUSY], picture)
    assert (done.returncode, server.asked) == (1, 6)
    assert "model_busy" in done.stdout + done.stderr
    for answer in (BROKEN, LATE, UNFIT):
        done = run(name, server, [answer, GOOD], picture)
        assert (done.returncode, server.asked) == (1, 1)
        assert answer[1]["status"]["error"] in done.stdout + done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_wrong_is_a_sentence(server, tmp_path, name):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"picture")
    cases = (([GOOD], [], 2), ([GOOD], [tmp_path / "none.jpg"], 2), ([GOOD], [tmp_path], 2), ([OF_A_PROXY], [picture], 1))
    for answers, arguments, code in cases:
        done = run(name, server, answers, *arguments)
        assert (done.returncode, server.asked) == (code, int(code == 1))
        assert done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "    at " not in done.stderr


def test_a_lost_connection_is_asked_again(server, tmp_path):
    """In one of them, for it waits a second."""
    (tmp_path / "a.jpg").write_bytes(b"picture")
    done = run("classify.py", server, [LOST, GOOD], tmp_path / "a.jpg")
    assert (done.returncode, server.asked) == (0, 2), done.stderr
