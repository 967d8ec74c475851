"""The transport of a connection as uvicorn's protocol has it: what uvicorn would answer by itself becomes the application's refusal."""

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.front.connection import Connection


class Guarded(asyncio.Transport):
    """`transport`, of which `connection` says what may be written."""

    def __init__(self, connection: "Connection", transport: asyncio.Transport) -> None:
        super().__init__()
        self._connection, self._transport = connection, transport

    def write(self, data: Any) -> None:
        if self._connection.is_closing or self._connection.is_lost:
            return
        if self._connection.answering or data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        else:
            self._connection.give_up("not parsed")

    def close(self) -> None:
        # uvicorn closes what is idle as soon as it stops. What has come on it by then would have no answer: its deadline ends it.
        if self._connection.is_active and not self._connection.refusal:
            self._connection.close()

    def is_closing(self) -> bool:
        return self._connection.is_closing or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._connection.set_full(is_full=True)

    def resume_reading(self) -> None:
        self._connection.set_full(is_full=False)
