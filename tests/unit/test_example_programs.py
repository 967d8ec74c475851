"""The examples against answers that are made here: what is sent again, what comes out, and with which exit code."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from service import ROOT

COMMANDS = {"classify.sh": "sh", "classify.py": sys.executable, "classify.mjs": "node", "classify.php": "php"}
DATA = {"image_types_prediction": "Realism", "confidence": 0.5, "certain": True}
GOOD = (200, {"status": {"code": 200, "message": "OK"}, "data": DATA})
BUSY, LIMITED, LATE = (
    (status, {"status": {"code": status, "message": "", "error": word, "detail": "A sentence."}, "data": None})
    for status, word in ((503, "model_busy"), (429, "rate_limited"), (504, "model_timeout"))
)
OF_A_PROXY = (502, "<html>Bad Gateway</html>")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.answers[min(self.server.asked, len(self.server.answers) - 1)]
        self.server.asked += 1
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
def test_the_rule_of_sending_again(server, picture, tmp_path, name):
    (tmp_path / "a.jpg").write_bytes(picture())
    # Answers, how often it asks, its exit code, and what it tells.
    for answers, asked, code, told in (
        ([BUSY, LIMITED, BUSY, LIMITED, BUSY, GOOD], 6, 0, "Realism"),
        ([BUSY], 6, 1, "model_busy"),
        ([LATE, GOOD], 1, 1, "model_timeout"),
    ):
        done = run(name, server, answers, tmp_path / "a.jpg")
        assert (done.returncode, server.asked) == (code, asked), done.stderr
        assert told in done.stdout + done.stderr
        assert ("A sentence." in done.stdout) <= bool(code)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_wrong_is_a_sentence(server, tmp_path, name):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    for answers, arguments, code in (([GOOD], [], 2), ([GOOD], [tmp_path], 2), ([OF_A_PROXY], [tmp_path / "a.jpg"], 1)):
        done = run(name, server, answers, *arguments)
        assert (done.returncode, server.asked) == (code, int(code == 1))
        assert done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "    at " not in done.stderr
