"""Requests as bytes, and connections that send them: bytes on a socket, for no HTTP library would write them."""

import contextlib
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

TYPE = b"Content-Type: multipart/form-data; boundary=x\r\n"
RESET, ENDED = "reset", "ended"


def form(pictures: Iterable[bytes]) -> bytes:
    parts = (b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n%s\r\n' % picture for picture in pictures)
    return b"".join(parts) + b"--x--\r\n"


def post(path: str, body: bytes, *, chunked: bool = False, kind: bytes = TYPE, headers: bytes = b"") -> bytes:
    """A whole request."""
    head = b"POST %s HTTP/1.1\r\nHost: a\r\n%s%s" % (path.encode(), kind, headers)
    if not chunked:
        return b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
    pieces = (body[at : at + 60_000] for at in range(0, len(body), 60_000))
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


def get(path: str) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()


def connect(port: int, seconds: float = 30, receive_bytes: int = 0) -> socket.socket:
    sock = socket.socket()
    if receive_bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.settimeout(seconds)
    sock.connect(("127.0.0.1", port))
    return sock


def reset(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def answer(sock: socket.socket) -> str:
    """The status of the next answer, all of which is read; ENDED or RESET where none comes, "late" where it comes too late."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            piece = sock.recv(65536)
            if not piece:
                return ENDED
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        left = int(length[1]) - len(body) if length else 0
        while left > 0:
            piece = sock.recv(65536)
            if not piece:
                return ENDED
            left -= len(piece)
    except TimeoutError:
        return "late"
    except OSError:
        return RESET
    return head[9:12].decode("latin-1")


def ask(port: int, request: bytes, seconds: float = 30) -> str:
    """On a connection of its own. Who is refused from the head is reset, or not, while it sends on: it then reads what it can."""
    try:
        with connect(port, seconds) as sock:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(request)
            return answer(sock)
    except TimeoutError:
        return "late"
    except OSError:
        return RESET


def together(count: int, client: Callable[[], str | None]) -> Counter[str]:
    """`count` threads, each of which calls `client` once; what they say, counted."""
    answers: Counter[str] = Counter()

    def run() -> None:
        told = client()
        if told is not None:
            answers[told] += 1

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def until(seconds: float, count: int, client: Callable[[], str | None]) -> Counter[str]:
    """As together, but each calls again and again for so long."""
    end = time.monotonic() + seconds
    answers: Counter[str] = Counter()

    def run() -> None:
        while time.monotonic() < end:
            told = client()
            if told is not None:
                answers[told] += 1

    together(count, run)
    return answers
