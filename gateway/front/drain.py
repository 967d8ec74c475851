"""How a worker stops: it is no longer ready, what has connected is still accepted and answered, and then it listens no more."""

import asyncio
import os
import signal
from typing import Any

from gateway.api.health import Readiness
from gateway.front.connections import Connections

# Between the signal to stop and the end of listening: what has connected is accepted, who asks again is answered.
DRAIN_SECONDS = 1.0
# uvicorn sees ten times a second whether it is to stop, and then closes its socket. It waits for what is under way before it says so.
CLOSED_SECONDS = 0.5


class Drain:
    """is_on: whether each answer is its connection's last."""

    def __init__(self) -> None:
        self.is_on = False

    def begin_at_signal(self, connections: Connections, readiness: Readiness) -> None:
        """At SIGTERM; what stops the worker then is what was there for that signal before. To be called in its event loop."""
        loop = asyncio.get_running_loop()
        stop: Any = signal.getsignal(signal.SIGTERM)

        def drain(number: int, _frame: Any) -> None:
            # Who signals the whole process group signals this worker twice.
            if self.is_on:
                return
            self.is_on = True
            readiness.stop()
            loop.call_soon_threadsafe(connections.close_idle, DRAIN_SECONDS / 2)
            loop.call_soon_threadsafe(loop.call_later, DRAIN_SECONDS, stop, number, None)
            loop.call_soon_threadsafe(loop.call_later, DRAIN_SECONDS + CLOSED_SECONDS, connections.listens_no_more)

        signal.signal(signal.SIGTERM, drain)
        # gunicorn's quick stop, which uvicorn-worker notes and does not act on.
        signal.signal(signal.SIGQUIT, lambda *_: os._exit(0))
