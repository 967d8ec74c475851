"""What gunicorn writes an answer to in place of the socket, so that no thread waits for a client that does not read."""

import socket
from collections import deque
from typing import Any

# From here on an answer begins to be sent while the rest of it is made; below, its lines and its body are one packet.
_TOGETHER_BYTES = 64 * 1024


class Outbox:
    """Keeps what the socket does not take. Of a socket it has the methods that gunicorn's Response calls.

    `notes` are what the application is told beside the request, as entries of its environ.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._waiting: deque[memoryview] = deque()
        self.size = 0
        self.sent = 0
        self.notes: dict[str, Any] = {}

    def sendall(self, data: bytes) -> None:
        """Raises OSError where the client is gone."""
        self._waiting.append(memoryview(data))
        self.size += len(data)
        if self.size >= _TOGETHER_BYTES:
            self.flush()

    def flush(self) -> bool:
        """Whether all has been sent. Never waits. Raises OSError where the client is gone."""
        while self._waiting:
            try:
                count = self._socket.sendmsg([self._waiting[index] for index in range(min(len(self._waiting), 16))])
            except BlockingIOError:
                return False
            self.size -= count
            self.sent += count
            while self._waiting and count >= len(self._waiting[0]):
                count -= len(self._waiting.popleft())
            if count:
                self._waiting[0] = self._waiting[0][count:]
        return True

    def close(self) -> None:
        """What is left is not sent. gunicorn asks for it after an answer that broke off."""
        self._waiting.clear()
        self.size = 0

    def shutdown(self, _how: int) -> None:
        """The loop alone ends a connection."""
        raise OSError("this is no socket")
