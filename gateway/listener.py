"""The socket that the gateway listens on. It is made here and handed to gunicorn as fd://, so that a stop can close it without a loss."""

import contextlib
import ctypes
import os
import socket
import struct
import sys
from functools import cache

BACKLOG = 2048

# Linux' option for a filter on what a socket receives, which Python's socket module does not name.
SO_ATTACH_FILTER = 26

# Classic BPF, which sees a listener's packets from the TCP header on: byte 13 has the flags; what has SYN set is dropped.
NO_NEW_CONNECTIONS = b"".join(
    struct.pack("HBBI", code, if_true, if_false, value)
    for code, if_true, if_false, value in ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
)


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


def refuse_new_connections(sock: socket.socket) -> None:
    """From here on nobody new gets into the queue of `sock`, in any process: what is in it can be accepted to the last.

    Without it a connection that arrives between a worker's last look into the queue and the close is reset.
    """
    program = ctypes.create_string_buffer(NO_NEW_CONNECTIONS, len(NO_NEW_CONNECTIONS))
    option = struct.pack("HP", len(NO_NEW_CONNECTIONS) // struct.calcsize("HBBI"), ctypes.addressof(program))
    # Where there is no such filter the wait before the close remains.
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, option)
