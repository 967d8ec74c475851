"""Whose turn it is to decode: as many pictures at a time as `capacity.py` says, the others wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flask import current_app, g

from gateway.metrics import stage


@contextmanager
def turn() -> Iterator[None]:
    """Its body has one of the decoders. The wait for it is the stage `turn`, in metrics, log and trace."""
    decoders: BoundedSemaphore = current_app.extensions["decoders"]
    with stage("turn", g.fields):
        decoders.acquire()
    try:
        yield
    finally:
        decoders.release()
