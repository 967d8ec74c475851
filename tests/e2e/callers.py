"""Callers that send one picture after the other, and write down when they asked, when they heard and what."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

# In place of a status: the connection was lost before the answer; nobody took it.
LOST, REFUSED = 0, -1

# Between two requests of one caller: the machine is to be busy with what happens, not with pictures.
PAUSE_SECONDS = 0.03

# An answer that takes longer counts as lost.
MOST_SECONDS = 60

# Far more than a service takes to answer again on the busiest machine.
RECOVERY_SECONDS = 180


@dataclass(frozen=True)
class Seen:
    """One request as its sender saw it; `body` is the answer's, or tells why there is none."""

    sent: float
    answered: float
    status: int
    body: Any
    retry_after: str | None = None

    @property
    def seconds(self) -> float:
        return self.answered - self.sent


def ask(address: str, picture: bytes, session: requests.Session | None = None) -> Seen:
    """Sends one picture, without `session` over a connection of its own, so that any worker may take it."""
    sent = time.monotonic()
    try:
        answer = (session or requests).post(
            f"{address}/prediction?details=true",
            files={"image": ("a.jpg", picture)},
            headers={} if session else {"Connection": "close"},
            timeout=MOST_SECONDS,
        )
        return Seen(sent, time.monotonic(), answer.status_code, answer.json(), answer.headers.get("Retry-After"))
    except requests.RequestException as error:
        is_refused = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(error)
        return Seen(sent, time.monotonic(), REFUSED if is_refused else LOST, repr(error))


class Callers:
    """`seen` grows while they run. One that is refused ends: its sender knows that the request was not taken."""

    def __init__(self, address: str, picture: bytes, *, keep_alive: bool = False) -> None:
        self._address, self._picture, self._keep_alive = address, picture, keep_alive
        self._stop = threading.Event()
        self.seen: list[Seen] = []

    def _call(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                seen = ask(self._address, self._picture, session if self._keep_alive else None)
                self.seen.append(seen)
                if seen.status == REFUSED:
                    return
                self._stop.wait(PAUSE_SECONDS)

    @contextmanager
    def running(self, count: int = 4) -> Iterator["Callers"]:
        threads = [threading.Thread(target=self._call) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def statuses(self, since: float = 0) -> set[int]:
        """LOST and REFUSED among them."""
        return {seen.status for seen in self.seen if seen.sent >= since}

    def count(self, *statuses: int) -> int:
        """How many of the requests ended so."""
        return sum(seen.status in statuses for seen in self.seen)

    def slowest(self) -> float:
        return max(seen.seconds for seen in self.seen)

    def versions(self) -> set[int]:
        return {seen.body["data"]["model"]["version"] for seen in self.seen if seen.status == 200}

    def await_more(self, count: int = 1) -> int:
        """How many were seen before, once so many more are."""
        before = len(self.seen)
        end = time.monotonic() + RECOVERY_SECONDS
        while len(self.seen) < before + count:
            assert time.monotonic() < end, f"{count} more did not come within {RECOVERY_SECONDS} s"
            time.sleep(0.02)
        return before

    def await_status(self, status: int, since: float = 0) -> None:
        end = time.monotonic() + RECOVERY_SECONDS
        while status not in self.statuses(since):
            assert time.monotonic() < end, f"no {status} within {RECOVERY_SECONDS} s, but {self.statuses(since)}"
            time.sleep(0.02)

    def recovered(self, since: float, settle: float = 1.5) -> float:
        """Seconds from `since` to the last answer that was no 200, once there has been none for `settle` seconds."""
        end = time.monotonic() + RECOVERY_SECONDS
        while True:
            bad = [seen.answered for seen in self.seen if seen.answered > since and seen.status != 200]
            good = [seen.answered for seen in self.seen if seen.sent >= since and seen.status == 200]
            last = max([since, *bad])
            if good and max(good) > last and time.monotonic() - last > settle:
                return max([min(good), *bad]) - since
            assert time.monotonic() < end, f"it has not recovered within {RECOVERY_SECONDS} s: {self.statuses(since)}"
            time.sleep(0.02)
