"""Stops of the gateway under load, and the requests that they lose.

    python -m benchmarks.stops [--stops 100] [--signal TERM] [--callers 8]

Starts the embedded model server once and a gateway for each stop, each as `make serve` does. Half of twice `callers` callers keep their
connection, the other half open one for each request; each sends one small picture after the other. Once all of them have had an answer
the gateway gets the signal, at a moment by chance. A caller ends when its connection is refused: nobody listens any more, and it knows.
A connection that ends or is reset before the answer to a request that was sent on it is a lost request. So is an answer other than 200.
With --signal HUP the gateway goes on with new workers, and a refused connection is lost, too.
"""

import argparse
import os
import random
import signal
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException

from benchmarks.bench.upload import http_request
from benchmarks.pictures import KINDS, picture
from benchmarks.service import LOGS, Command, Service, free_port, gateway, model_server

MOST_SECONDS = 60
AFTER_RELOAD_SECONDS = 3.0


class Callers:
    """Threads that ask until nobody listens, or until `stop` is set."""

    def __init__(self, port: int, count: int) -> None:
        kind = KINDS["small"]
        head, _, self._body = http_request(f"127.0.0.1:{port}", "/prediction", picture(kind), kind.format).partition(b"\r\n\r\n")
        self._headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        self._port = port
        self.stop = threading.Event()
        self.outcomes: Counter[str] = Counter()
        self.threads = [threading.Thread(target=self._run, args=(number % 2 == 0,)) for number in range(2 * count)]
        self._answered = set[int]()
        for thread in self.threads:
            thread.start()

    def wait(self) -> None:
        """Until each has had an answer."""
        end = time.monotonic() + MOST_SECONDS
        while len(self._answered) < len(self.threads) and time.monotonic() < end:
            time.sleep(0.02)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(MOST_SECONDS)
            self.outcomes["still waits for an answer"] += thread.is_alive()

    def _run(self, keeps: bool) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=MOST_SECONDS)
        while not self.stop.is_set():
            try:
                if connection.sock is None:
                    connection.connect()
            except ConnectionRefusedError:
                self.outcomes["refused"] += 1
                return
            try:
                connection.request("POST", "/prediction", self._body, self._headers | ({} if keeps else {"Connection": "close"}))
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException) as error:
                self.outcomes[f"lost: {error!r}"] += 1
                connection.close()
                continue
            self.outcomes["answered" if answer.status == 200 else f"lost: {answer.status}"] += 1
            self._answered.add(threading.get_ident())
        connection.close()


def one(command: Command, port: int, number: signal.Signals, count: int) -> Counter[str]:
    with Service((command,), LOGS / "stops.log") as service:
        callers = Callers(port, count)
        callers.wait()
        time.sleep(random.random())  # noqa: S311 - no secret
        os.kill(service.pids[0], number)
        if number == signal.SIGHUP:
            time.sleep(AFTER_RELOAD_SECONDS)
            callers.stop.set()
        callers.join()
        if number == signal.SIGHUP:
            callers.outcomes["lost: refused"] += callers.outcomes.pop("refused", 0)
        return callers.outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stops", type=int, default=100)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--signal", choices=("TERM", "HUP"), default="TERM")
    arguments = parser.parse_args()
    serving, port = free_port(), free_port()
    command = gateway(port, f"127.0.0.1:{serving}", RAGAM_WORKERS="2", RAGAM_LOG_LEVEL="warning")
    number = signal.Signals[f"SIG{arguments.signal}"]
    total: Counter[str] = Counter()
    with Service((model_server(serving),), LOGS / "stops_model_server.log"):
        for stop in range(1, arguments.stops + 1):
            outcomes = one(command, port, number, arguments.callers)
            total.update(outcomes)
            if any(outcomes[what] for what in outcomes if what not in ("answered", "refused")):
                print(f"stop {stop}: {dict(outcomes)}", flush=True)
    lost = sum(count for what, count in total.items() if what not in ("answered", "refused"))
    print(f"{arguments.stops} stops by SIG{arguments.signal}: {total['answered']} requests answered, {lost} lost.")


if __name__ == "__main__":
    main()
