"""Copies of pictures for the canary, asked in the background and only compared: nobody waits for them, and nobody sees them."""

from collections.abc import Callable
from queue import Full, Queue
from threading import Lock, Thread

import numpy as np
import numpy.typing as npt

from gateway.prediction import Prediction
from gateway.telemetry.metrics import CANARY_COMPARISONS

# Copies that may wait, 0.6 MB each. One that finds no place is dropped: the canary is slower than what it is sent.
PLACES = 16

Ask = Callable[[npt.NDArray[np.float32]], Prediction]


class Shadow:
    """One thread that asks `ask` for one copy after the other. It starts with the first: a thread does not survive gunicorn's fork."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._copies: Queue[tuple[npt.NDArray[np.float32], str]] = Queue(PLACES)
        self._lock = Lock()
        self._thread: Thread | None = None

    def compare(self, images: npt.NDArray[np.float32], genre: str) -> None:
        """Compare later what the canary says of `images`, float32 (1, 224, 224, 3), with `genre`. Never waits."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="shadow", daemon=True)
                self._thread.start()
        try:
            self._copies.put_nowait((images, genre))
        except Full:
            CANARY_COMPARISONS.labels("dropped", "none").inc()

    def _work(self) -> None:
        while True:
            images, genre = self._copies.get()
            try:
                answer = self._ask(images)
            except Exception:  # noqa: BLE001 - whatever the canary does, the next copy is asked for
                CANARY_COMPARISONS.labels("failed", "none").inc()
            else:
                CANARY_COMPARISONS.labels("agree" if answer.genre == genre else "disagree", answer.version).inc()
