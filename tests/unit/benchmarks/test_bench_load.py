"""The load generator's own judgement: real wrk where it is installed, and what is made of its log."""

import json
import math
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.bench.album import APART, STEADY, Album, Entry, TooAlike, choose
from benchmarks.bench.load import TOLERANCE, Answer, Load, Target, last_words, read_log, send
from benchmarks.bench.upload import BOUNDARY, http_request
from benchmarks.pictures import KINDS, Kind, picture

ANSWERS = {b"first": ("Realism", 0.9), b"second": ("Realism", 0.8), b"third": ("Abstract", 0.9)}
SECONDS = 0.5
ALBUM = Album(Kind(1, 1), tuple(Entry(content, *answer) for content, answer in ANSWERS.items()))


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr("benchmarks.bench.load.SETTLE_SECONDS", 0.2)


class NoService:
    def processor_seconds(self) -> float:
        return 0.0


def content_of(body: bytes) -> bytes:
    return body.partition(b"\r\n\r\n")[2].partition(f"\r\n--{BOUNDARY}".encode())[0]


@pytest.fixture
def serve():
    """Starts a server whose `behave(content)` gives status, headers and what it says the picture is."""
    servers = []

    def start(behave) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet an answer: the second would wait for the first one's acknowledgement.
            wbufsize = -1

            def do_POST(self) -> None:
                status, headers, (genre, confidence) = behave(content_of(self.rfile.read(int(self.headers["Content-Length"]))))
                body = json.dumps({"data": {"image_types_prediction": genre, "confidence": confidence}}).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, *arguments) -> None:
                pass

        ThreadingHTTPServer.request_queue_size = 64
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # of callers that hang up: their end is the generator's
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def load(address: str, folder, connections: int = 3, seconds: float = SECONDS) -> Load:
    """For longer where the machine is so busy that there are few answers."""
    for factor in (1, 10, 100):
        found = send(Target(NoService(), address, folder), ALBUM, connections, seconds * factor)
        if len(found.answers) > 40:
            break
    return found


needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


@needs_wrk
def test_the_right_answers_count_as_correct(serve, tmp_path):
    found = load(serve(lambda content: (200, {}, ANSWERS[content])), tmp_path)
    figures = found.figures()
    assert figures["correct"] > 10
    assert figures["wrong"] == figures["errors"] == figures["later"] == 0
    assert figures["correct_per_second"] == pytest.approx(figures["correct"] / found.seconds)
    assert found.seconds >= SECONDS
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]


@needs_wrk
def test_every_connection_sends_all_the_time(serve, tmp_path):
    # Nobody is answered before all of them have sent.
    together = threading.Barrier(8)

    def behave(content):
        together.wait(300)
        return 200, {}, ANSWERS[content]

    found = load(serve(behave), tmp_path, connections=together.parties)
    together.abort()
    assert found.figures()["correct"] > 40


@needs_wrk
def test_an_answer_to_another_picture_is_wrong_even_if_the_genre_or_the_confidence_is_the_same(serve, tmp_path):
    mixed = {b"first": ANSWERS[b"second"], b"second": ANSWERS[b"first"], b"third": ("Symbolism", ANSWERS[b"third"][1])}
    figures = load(serve(lambda content: (200, {}, mixed[content])), tmp_path).figures()
    assert figures["correct"] == 0
    assert figures["wrong"] > 40
    assert math.isnan(figures["p99_ms"])


@needs_wrk
def test_a_refusal_counts_by_whether_it_says_when_to_come_again_and_no_answer_is_an_error(serve, tmp_path):
    def behave(content):
        if content == b"third":
            raise ConnectionAbortedError
        return 503, {"Retry-After": "1"} if content == b"first" else {}, ANSWERS[content]

    found = load(serve(behave), tmp_path)
    figures, statuses = found.figures(), found.statuses()
    assert set(statuses) == {"503", "0"}
    assert figures["correct"] == figures["wrong"] == 0
    assert 3 < figures["later"] < statuses["503"] - 3
    assert figures["errors"] == statuses["0"] + statuses["503"] - figures["later"]


def test_the_log_is_read_as_it_is_written(tmp_path):
    (tmp_path / "log").write_text("1.500000 1.750000 200 correct\n2.000000 2.010000 503 later\n")
    assert read_log(tmp_path / "log") == [Answer(1.5, 1.75, 200, "correct"), Answer(2.0, 2.01, 503, "later")]
    assert read_log(tmp_path / "none") == []


def test_figures_are_per_correct_answer_and_the_generator_s_per_answer():
    answers = (Answer(0, 0.1, 200, "correct"), Answer(0, 0.3, 200, "correct"), Answer(0, 0.001, 500, "error"), Answer(0, 0.2, 0, "lost"))
    figures = Load(2.0, answers, service_processor=0.5, generator_processor=0.004).figures()
    assert figures["correct_per_second"] == 1
    assert (figures["p50_ms"], figures["p99_ms"]) == (pytest.approx(100), pytest.approx(300))
    assert (figures["errors"], figures["wrong"]) == (2, 0)
    assert (figures["processor_ms"], figures["generator_ms"]) == (pytest.approx(250), pytest.approx(1))


def test_an_album_takes_only_pictures_that_are_told_apart():
    candidates = [Entry(b"", "Realism", 0.5 + number * 0.01) for number in range(40)]
    chosen = choose(candidates)
    confidences = [entry.confidence for entry in chosen]
    assert all(abs(a - b) >= APART for a in confidences for b in confidences if a is not b)
    assert APART > 2 * TOLERANCE > 2 * STEADY
    unsteady = [Entry(b"", "Realism", number / 10, difference=2 * STEADY) for number in range(1, 9)]
    assert not set(unsteady) & set(choose([*unsteady, *candidates]))
    with pytest.raises(TooAlike):
        choose(candidates[:4])


def test_a_request_is_the_picture_and_nothing_else():
    data = picture(KINDS["small"], 3)
    head, _, body = http_request("host:1", "/prediction", data, "JPEG").partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert content_of(body) == data
    assert data != picture(KINDS["small"], 4)


def test_a_generator_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr("benchmarks.bench.load.END_SECONDS", 1)
    talk = "import time; print('said', flush=True); time.sleep(60)"
    stuck = subprocess.Popen([sys.executable, "-c", talk], stdout=subprocess.PIPE, text=True)
    assert last_words(stuck) == "said\n"
    assert stuck.returncode == -signal.SIGKILL
