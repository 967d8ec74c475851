"""The load generator of all peers: wrk, with a script that knows which picture each of its connections sent (load.lua)."""

import contextlib
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.bench.album import Album
from benchmarks.bench.figures import percentile
from benchmarks.bench.upload import http_request
from benchmarks.service import Service, processor_seconds

SCRIPT = Path(__file__).with_name("load.lua")
PATH = "/prediction"

# Before anything counts: connections are made, queues fill, batches take their size.
SETTLE_SECONDS = 1.0
TIMEOUT_SECONDS = 30
END_SECONDS = 10
# Scores of one picture differ between decoders and batch sizes by less, those of two pictures of an album by more.
TOLERANCE = 0.01


class NoGenerator(Exception):
    """wrk is not installed."""


@dataclass(frozen=True)
class Answer:
    """Seconds on the monotonic clock; `what` is correct, wrong, later (with Retry-After), error, or lost where none came (status 0)."""

    began: float
    ended: float
    status: int
    what: str

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class Load:
    """What came back in `seconds`; the processor time, in seconds, that the service and the generator took for it.

    refused: connections that could not be made, while they settled too.
    """

    seconds: float
    answers: tuple[Answer, ...]
    service_processor: float
    generator_processor: float
    refused: int = 0

    def figures(self) -> dict[str, float]:
        """Answers a second, milliseconds, counts. Percentiles are of correct answers; NaN where there is none."""
        counts = Counter(answer.what for answer in self.answers)
        correct = [answer.seconds * 1000 for answer in self.answers if answer.what == "correct"]
        later = [answer.seconds * 1000 for answer in self.answers if answer.what == "later"]
        answered = len(self.answers) or float("nan")
        return {
            "correct_per_second": len(correct) / self.seconds,
            "p50_ms": percentile(correct, 50),
            "p95_ms": percentile(correct, 95),
            "p99_ms": percentile(correct, 99),
            "correct": len(correct),
            "wrong": counts["wrong"],
            "errors": counts["error"] + counts["lost"] + self.refused,
            "later": counts["later"],
            "later_p99_ms": percentile(later, 99),
            "processor_ms": self.service_processor / (len(correct) or float("nan")) * 1000,
            "generator_ms": self.generator_processor / answered * 1000,
        }

    def line(self) -> str:
        """For whoever watches."""
        found = self.figures()
        return (
            f"{found['correct_per_second']:7.1f}/s  p50 {found['p50_ms']:6.0f}  p99 {found['p99_ms']:6.0f} ms  "
            f"wrong {found['wrong']:.0f}  errors {found['errors']:.0f}  later {found['later']:.0f} (p99 {found['later_p99_ms']:.0f} ms)  "
            f"processor {found['processor_ms']:.1f} ms  generator {found['generator_ms']:.2f} ms  statuses {self.statuses()}"
        )

    def statuses(self) -> dict[str, int]:
        return dict(sorted(Counter(str(answer.status) for answer in self.answers).items()))


def require_generator() -> None:
    if shutil.which("wrk") is None:
        raise NoGenerator("make bench needs wrk. On Debian: apt-get install wrk")


@dataclass(frozen=True)
class Target:
    """A service that runs, its address (http://host:port), and a folder for the requests and the log, which are overwritten."""

    service: Service
    address: str
    folder: Path


def send(target: Target, album: Album, connections: int, seconds: float) -> Load:
    """Load `target` with the pictures of `album` from so many connections, each one picture at a time."""
    service, folder = target.service, target.folder
    write_requests(folder, target.address, album)
    log = folder / "log"
    log.unlink(missing_ok=True)
    command = [
        "wrk", f"--threads={connections}", f"--connections={connections}", f"--duration={int(SETTLE_SECONDS + seconds) + 60}s",
        f"--timeout={TIMEOUT_SECONDS}s", f"--script={SCRIPT}", target.address + PATH, "--", str(folder), str(log), str(TOLERANCE),
    ]  # fmt: skip
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        time.sleep(SETTLE_SECONDS)
        generator = psutil.Process(wrk.pid)
        began, service_before, generator_before = time.monotonic(), service.processor_seconds(), processor_seconds([generator])
        time.sleep(seconds)
        ended, service_after, generator_after = time.monotonic(), service.processor_seconds(), processor_seconds([generator])
    finally:
        with contextlib.suppress(ProcessLookupError):
            wrk.send_signal(signal.SIGINT)
        said = last_words(wrk)
    answers = tuple(answer for answer in read_log(log) if began <= answer.ended < ended)
    refused = sum(map(int, re.findall(r"Socket errors: connect (\d+)", said)))
    return Load(ended - began, answers, service_after - service_before, generator_after - generator_before, refused)


def last_words(wrk: "subprocess.Popen[str]") -> str:
    """What it says in the end. Its threads look up only between two answers, which a peer that is stuck keeps from them."""
    try:
        said, _ = wrk.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        wrk.kill()
        said, _ = wrk.communicate()
    return said


def write_requests(folder: Path, address: str, album: Album) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, entry in enumerate(album.entries):
        name = f"{number}.request"
        (folder / name).write_bytes(http_request(address.removeprefix("http://"), PATH, entry.picture, album.kind.format))
        lines.append(f"{name} {entry.genre} {entry.confidence:.6f}\n")
    (folder / "pictures.txt").write_text("".join(lines), encoding="utf-8")


def read_log(log: Path) -> list[Answer]:
    if not log.exists():
        return []
    rows = (line.split() for line in log.read_text(encoding="utf-8").splitlines())
    return [Answer(float(began), float(ended), int(status), what) for began, ended, status, what in rows]
