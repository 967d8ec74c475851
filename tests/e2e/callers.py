"""Callers that send one picture after the other, and write down when they asked, when they heard and what."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from service import wait_until

# In place of a status: the connection was lost before the answer; nobody took it.
LOST, REFUSED = 0, -1

# Between two requests of one caller: the machine is to be busy with what happens, not with pictures.
PAUSE_SECONDS = 0.03

# An answer that takes longer counts as lost. A service that is well has answered again, or hundreds of times, long before the others.
MOST_SECONDS, RECOVERY_SECONDS, ANSWERS_SECONDS = 60, 180, 900


@dataclass(frozen=True)
class Seen:
    """One request as its sender saw it; `body` is the answer's, or tells why there is none. `picture` is the number of the one sent."""

    sent: float
    answered: float
    status: int
    body: Any
    retry_after: str | None = None
    picture: int = 0

    @property
    def version(self) -> int:
        return self.body["data"]["model"]["version"]

    @property
    def seconds(self) -> float:
        return self.answered - self.sent


def ask(address: str, picture: bytes, session: requests.Session | None = None, number: int = 0) -> Seen:
    """Sends one picture, without `session` over a connection of its own, so that any worker may take it."""
    sent = time.monotonic()
    try:
        answer = (session or requests).post(
            f"{address}/prediction?details=true",
            files={"image": ("a.jpg", picture)},
            headers={} if session else {"Connection": "close"},
            timeout=MOST_SECONDS,
        )
        return Seen(sent, time.monotonic(), answer.status_code, answer.json(), answer.headers.get("Retry-After"), number)
    except requests.RequestException as error:
        is_refused = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(error)
        return Seen(sent, time.monotonic(), REFUSED if is_refused else LOST, repr(error))


class Callers:
    """Send the pictures in turn. `seen` grows while they run. One that is refused ends: its sender knows that the request was not taken."""

    def __init__(self, address: str, *pictures: bytes, keep_alive: bool = False) -> None:
        self._address, self._keep_alive = address, keep_alive
        self._pictures = itertools.cycle(enumerate(pictures))
        self._stop = threading.Event()
        self.seen: list[Seen] = []

    def _call(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                number, picture = next(self._pictures)
                seen = ask(self._address, picture, session if self._keep_alive else None, number)
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
        return {seen.status for seen in self.since(since)}

    def count(self, *statuses: int) -> int:
        """How many of the requests ended so."""
        return sum(seen.status in statuses for seen in self.seen)

    def slowest(self) -> float:
        return max(seen.seconds for seen in self.seen)

    def versions(self) -> set[int]:
        return {seen.version for seen in self.seen if seen.status == 200}

    def since(self, moment: float) -> list[Seen]:
        """Those that were sent since then."""
        return [seen for seen in self.seen if seen.sent >= moment]

    def await_more(self, count: int = 1) -> list[Seen]:
        """Those that are sent from now on, once there are so many: one sent before may be answered as things were."""
        now = time.monotonic()
        wait_until(lambda: len(self.since(now)) >= count, ANSWERS_SECONDS, f"{count} more")
        return self.since(now)

    def await_status(self, status: int, since: float = 0) -> None:
        wait_until(lambda: status in self.statuses(since), RECOVERY_SECONDS, f"a {status}")

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
