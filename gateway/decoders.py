"""Whose turn it is to decode: as many pictures at the same time as the memory and the cores bear."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from gateway.metrics import stage


@contextmanager
def turn(decoders: BoundedSemaphore, milliseconds: dict[str, Any]) -> Iterator[None]:
    """Holds one of `decoders` for its body. The wait for it is the stage `turn`, as metrics.stage has it, and is not the body's time."""
    with stage("turn", milliseconds):
        decoders.acquire()
    try:
        yield
    finally:
        decoders.release()
