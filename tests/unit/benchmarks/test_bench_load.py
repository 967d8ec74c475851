"""The load generator's own judgement, by real wrk where it is installed, and what becomes of its answers."""

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.bench.album import Album, Entry
from benchmarks.bench.load import Answer, Load, Target, send
from benchmarks.bench.upload import BOUNDARY
from benchmarks.pictures import Kind

SECONDS = 0.5
CONNECTIONS = 3
# What is sent and what it is, and how the service answers: status, headers, genre and confidence, or nothing.
TRUTH = ("Realism", 0.9)
ANSWERS = {
    b"right": (200, {}, TRUTH),
    b"another genre": (200, {}, ("Abstract", 0.9)),
    b"another confidence": (200, {}, ("Realism", 0.8)),
    b"later": (503, {"Retry-After": "1"}, TRUTH),
    b"refused": (503, {}, TRUTH),
    b"lost": None,
}
ALBUM = Album(Kind(1, 1), tuple(Entry(content, *TRUTH) for content in ANSWERS))


class NoService:
    def processor_seconds(self) -> float:
        return 0.0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet an answer: the second would wait for the first one's acknowledgement.
    wbufsize = -1

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).partition(b"\r\n\r\n")[2]
        content = sent.partition(f"\r\n--{BOUNDARY}".encode())[0]
        if ANSWERS[content] is None:
            raise ConnectionAbortedError
        status, headers, (genre, confidence) = ANSWERS[content]
        body = json.dumps({"data": {"image_types_prediction": genre, "confidence": confidence}}).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # of callers that hang up: their end is the generator's
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_an_answer_counts_by_what_it_says_of_the_picture_that_was_sent(server, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.bench.load.SETTLE_SECONDS", 0.2)
    # For longer where the machine is so busy that there are few answers.
    for factor in (1, 10, 100):
        found = send(Target(NoService(), f"http://127.0.0.1:{server.server_port}", tmp_path), ALBUM, CONNECTIONS, SECONDS * factor)
        if len(found.answers) > 60:
            break
    figures, statuses = found.figures(), found.statuses()
    assert set(statuses) == {"200", "503", "0"}
    assert figures["correct"] > 3
    assert figures["later"] > 3
    assert figures["correct"] + figures["wrong"] == statuses["200"]
    assert figures["later"] + figures["errors"] == statuses["503"] + statuses["0"]
    # Every connection sends one picture after the other, so all are sent alike, and two of three answers of 200 are wrong.
    assert abs(figures["wrong"] - 2 * figures["correct"]) <= 2 * CONNECTIONS
    assert abs(figures["later"] - figures["correct"]) <= 2 * CONNECTIONS
    assert figures["correct_per_second"] == pytest.approx(figures["correct"] / found.seconds)


def test_figures_are_per_correct_answer_and_the_generator_s_per_answer():
    answers = (Answer(0, 0.1, 200, "correct"), Answer(0, 0.3, 200, "correct"), Answer(0, 0.001, 500, "error"), Answer(0, 0.2, 0, "lost"))
    figures = Load(2.0, answers, service_processor=0.5, generator_processor=0.004).figures()
    assert figures["correct_per_second"] == 1
    assert (figures["p50_ms"], figures["p99_ms"]) == (pytest.approx(100), pytest.approx(300))
    assert (figures["errors"], figures["wrong"]) == (2, 0)
    assert (figures["processor_ms"], figures["generator_ms"]) == (pytest.approx(250), pytest.approx(1))
