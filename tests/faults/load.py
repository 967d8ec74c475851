"""Callers that write down when they asked, when they heard and what."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

# Between two requests of one caller: the machine is to be busy with faults, not with pictures.
PAUSE_SECONDS = 0.03

# Who waits for longer has been forgotten: it counts as lost, and no test takes that for an answer.
MOST_SECONDS = 60

# Far more than a service takes to answer again on the busiest machine; how long it did take stands in the table.
RECOVERY_SECONDS = 180


@dataclass(frozen=True)
class Seen:
    """One request as its sender saw it: `status` 0 is a connection that was lost before the answer, or refused."""

    sent: float
    answered: float
    status: int
    body: Any
    retry_after: str | None = None

    @property
    def seconds(self) -> float:
        return self.answered - self.sent


def ask(address: str, picture: bytes) -> Seen:
    """Sends one picture over a connection of its own, so that any worker may take it."""
    sent = time.monotonic()
    try:
        answer = requests.post(
            f"{address}/prediction?details=true", files={"image": ("a.jpg", picture)}, headers={"Connection": "close"}, timeout=MOST_SECONDS
        )
    except requests.RequestException as error:
        return Seen(sent, time.monotonic(), 0, repr(error))
    return Seen(sent, time.monotonic(), answer.status_code, answer.json(), answer.headers.get("Retry-After"))


class Load:
    """`seen` grows while it runs."""

    def __init__(self, address: str, picture: bytes) -> None:
        self._address, self._picture = address, picture
        self._stop = threading.Event()
        self.seen: list[Seen] = []

    def _call(self) -> None:
        while not self._stop.is_set():
            self.seen.append(ask(self._address, self._picture))
            self._stop.wait(PAUSE_SECONDS)

    @contextmanager
    def running(self, count: int = 4) -> Iterator["Load"]:
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
        return {seen.status for seen in self.seen if seen.sent >= since}

    def slowest(self) -> float:
        return max(seen.seconds for seen in self.seen)

    def versions(self) -> set[int]:
        return {seen.body["data"]["model"]["version"] for seen in self.seen if seen.status == 200}

    def await_status(self, status: int, since: float) -> None:
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
