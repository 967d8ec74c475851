"""Clients that no library would let one write: bytes on a socket, and what they may not do to a gateway."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from service import Service, wait_until

# gRPC opens and closes a few descriptors and threads of its own as it likes; what the hostile ones leave would be a hundred.
GRPC_S_OWN = 6
# The page's threads begin when they are first needed: four in each of two workers.
PAGE_S_OWN = 8

# How long an answer is waited for, on the busiest machine: without a protection none would come. `python -m benchmarks.hostile` measures.
ANSWER_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        return json.loads(self.body)["status"]["detail"]


class Raw:
    """A connection of its own to `service`."""

    def __init__(self, service: Service, seconds: float = ANSWER_SECONDS, segment: int | None = None) -> None:
        """`segment`: so few bytes in a packet, of which the kernel holds few then."""
        self.socket = socket.socket()
        self.socket.settimeout(seconds)
        if segment:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        self.socket.connect(("127.0.0.1", service.port))
        self._read = b""

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer | None:
        """The next answer, or None where the gateway has ended."""
        while b"\r\n\r\n" not in self._read:
            data = self.socket.recv(65536)
            if not data:
                assert not self._read, self._read
                return None
            self._read += data
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._read) < length:
            data = self.socket.recv(65536)
            assert data, "the gateway ended in the middle of an answer"
            self._read += data
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(first.split()[1]), headers, body)

    def ended(self) -> bool:
        """Whether the gateway has ended the connection, or does so before the time is up; what it says before is thrown away."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True


def assert_envelope(answer: Answer | None, status: int) -> None:
    """`answer` has the form of every other one, and tells nothing of what is behind."""
    assert answer is not None, "the gateway ended without an answer"
    assert answer.status == status, answer
    body = json.loads(answer.body)
    assert list(body) == ["status", "data"]
    assert list(body["status"]) == ["code", "message", "error", "detail"]
    assert (body["status"]["code"], body["data"]) == (status, None)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    # No answer tells a version.
    assert not re.search(r"\d", answer.headers.get("server", ""))
    assert "x-powered-by" not in answer.headers
    assert not re.search(rb"<|Invalid|Exception|Traceback|\.py|\bip=", answer.body), answer.body


def multipart(picture: bytes, path: str = "/prediction", headers: str = "") -> bytes:
    """A whole request that sends `picture`."""
    body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n%s\r\n--x--\r\n' % picture
    lines = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return lines.encode() + body


class Watch:
    """What must be as before when the hostile ones have gone: the workers, their descriptors, their threads."""

    def __init__(self, service: Service, picture: bytes) -> None:
        self._service, self._picture = service, picture
        self.assert_others_are_answered()
        self._before = self._state()

    def assert_others_are_answered(self) -> None:
        """On connections of their own, so that both workers are asked."""
        for _ in range(4):
            answer = self._service.post(self._picture, query="")
            assert answer.status_code == 200, answer.text
            assert requests.get(f"{self._service.address}/healthz", timeout=ANSWER_SECONDS).status_code == 200

    def assert_nothing_is_left(self) -> None:
        workers, descriptors, threads = self._before

        def as_before() -> bool:
            now = self._state()
            return now[0] == workers and now[1] <= descriptors + GRPC_S_OWN and now[2] <= threads + GRPC_S_OWN + PAGE_S_OWN

        wait_until(as_before, what=f"the state before, {self._before}; last seen {self._state()}")

    def memory(self) -> int:
        """Bytes that are resident in all workers together."""
        return sum(int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) * 1024 for pid in self._before[0])

    def _state(self) -> tuple[tuple[int, ...], int, int]:
        workers = tuple(sorted(self._service.gateway.children()))
        descriptors, threads = (sum(len(list(Path(f"/proc/{pid}/{what}").iterdir())) for pid in workers) for what in ("fd", "task"))
        return workers, descriptors, threads


@contextmanager
def connections(service: Service, count: int, seconds: float = ANSWER_SECONDS) -> Iterator[list[Raw]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Raw(service, seconds)) for _ in range(count)]
