"""The socket that the gateway listens on. It is made here and handed to gunicorn as fd://, so that a stop can empty its queue.

uvicorn closes what it listens on while there may be somebody in the queue, who would be reset with the last process that closes it.
connections.py closes this socket, which keeps the queue, after uvicorn's, once it has taken who was left.
"""

import os
import socket
import sys
from functools import cache

BACKLOG = 2048


@cache
def listener(host: str, port: int) -> socket.socket:
    """One socket a process, however often gunicorn reads its configuration. Raises OSError where the address cannot be had."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def bind(host: str, port: int) -> str:
    """The setting of that name for gunicorn. It closes the descriptor that it is given, so that gets one of its own."""
    try:
        return f"fd://{os.dup(listener(host, port).fileno())}"
    except OSError as error:
        sys.exit(f"The gateway cannot listen on {host} port {port}: {error.strerror}. Set RAGAM_HOST or RAGAM_PORT to another.")
