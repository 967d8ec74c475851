"""Work for nobody: the client has gone, or the time for its request is over."""

from flask import request

from gateway.environ import ABANDONED
from gateway.errors import ClientGone


def stop_if_abandoned() -> None:
    """To be called before each piece of work that takes long. Raises ClientGone."""
    is_abandoned = request.environ.get(ABANDONED)
    if is_abandoned is not None and is_abandoned():
        raise ClientGone
