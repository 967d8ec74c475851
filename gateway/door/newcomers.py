"""Clients as they come out of a listener's queue, whatever is wrong with them or with this process."""

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_NOBODY = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)


def newcomer(listener: Any, make_room: Callable[[], bool]) -> tuple[socket.socket, tuple[Any, Any]] | None:
    """The next one's socket, which never blocks, and the addresses of both ends; None where there is none, or no room is left for it.

    `make_room` closes a connection, and tells whether there was one.
    """
    try:
        sock, client = listener.accept()
    except OSError as error:
        if error.errno in _NO_ROOM:
            if not make_room():
                time.sleep(0.01)
        elif error.errno not in _NOBODY:
            raise
        return None
    sock.setblocking(False)
    return sock, (client, listener.getsockname())
