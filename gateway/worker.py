"""gunicorn's threaded worker, which turns no caller away when the gateway is told to stop, and gives no thread to a slow one."""

import contextlib
import ctypes
import select
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any

from gateway.door.clients import SWEEP_SECONDS
from gateway.door.connection import Phase
from gateway.door.loop import FrontDoor
from gateway.door.shares import Share

# Linux' option for a filter on what a socket receives, which Python's socket module does not name.
SO_ATTACH_FILTER = 26

# Classic BPF, which sees a listener's packets from the TCP header on: the byte of the flags, and nothing that has SYN set.
NO_NEWCOMERS = b"".join(
    struct.pack("HBBI", code, if_true, if_false, value)
    for code, if_true, if_false, value in ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
)

# What a handshake that had begun before may still take.
HANDSHAKE_SECONDS = 0.05

# For how long a worker leaves a newcomer to those with fewer clients, which may have to wait for a core before they can take it. Half
# as long after each time that nobody did, for one of them may hang.
LEAVE_SECONDS = 0.004
LEAST_LEAVE_SECONDS = 0.001

# Newcomers in a turn of the loop where there are more clients than may be answered: a turn is long then, and who waits at the door does
# not even hear to come later.
OF_A_CROWD = 8


def turn_newcomers_away(listeners: Iterable[Any]) -> None:
    """From here on nobody new gets into the queue of `listeners`, in any process; once they are closed, callers are refused.

    Without it a connection that arrives between a worker's last look into the queue and the close is reset. Only for the end of
    the whole gateway, for the listeners are shared by all workers.
    """
    program = ctypes.create_string_buffer(NO_NEWCOMERS, len(NO_NEWCOMERS))
    option = struct.pack("HP", len(NO_NEWCOMERS) // struct.calcsize("HBBI"), ctypes.addressof(program))
    for listener in listeners:
        # Where there is no such filter the worker's own care remains.
        with contextlib.suppress(OSError):
            listener.sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, option)


class DrainingThreadWorker(FrontDoor):
    """Leaves a newcomer to a worker with fewer clients, and takes those that wait in the listener's queue before it closes it.

    gunicorn's own worker leaves the listener open until its last request has ended, and takes nothing from it any more: for
    seconds new connections queue up there, and all of them are reset in the end. Here they are answered, and whoever comes
    later is refused at once and can turn to another gateway.
    """

    share: Share  # given by gunicorn.conf.py
    _leaves = False
    _leaves_until = 0.0
    _leave_seconds = LEAVE_SECONDS

    def accept(self, listener: Any) -> None:
        """As gunicorn has it, which calls this in every turn of its loop in which somebody waits."""
        is_crowd = self.clients.busy > self.desk.most
        if self.alive and not is_crowd and not self._stays_for_newcomer():
            self._leaves_until = time.monotonic() + self._leave_seconds
            self.set_accept_enabled(False)
            return
        for _ in range(OF_A_CROWD if is_crowd else 1):
            super().accept(listener)
        if self.alive:
            self.share.tell(self.clients.busy)

    def _stays_for_newcomer(self) -> bool:
        if self.share.is_small():
            self._leaves, self._leave_seconds = False, LEAVE_SECONDS
        elif self._leaves:
            # Once: whoever still waits afterwards is taken.
            self._leaves, self._leave_seconds = False, max(self._leave_seconds / 2, LEAST_LEAVE_SECONDS)
        else:
            self._leaves = True
        return not self._leaves

    def set_accept_enabled(self, enabled: bool) -> None:
        """As gunicorn has it, which calls this with False when it is full, and, no longer alive, when it stops; else in every turn."""
        if enabled and time.monotonic() < self._leaves_until:
            return
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        self.share.leave()
        for listener in self.sockets:
            # A queue holds no more; where only this worker stops, the others go on filling and emptying it.
            for _ in range(self.cfg.backlog):
                if not select.select([listener], [], [], HANDSHAKE_SECONDS)[0]:
                    break
                self.accept(listener)
            listener.close()

    def murder_keepalived(self, force: bool = False) -> None:
        """As gunicorn has it, which calls it with `force` when its time is up."""
        if force:
            for connection in self.clients.which(lambda connection: connection.phase is not Phase.ANSWERING):
                self.drop(connection)

    def _cap_keepalive(self, deadline: float) -> None:
        """As gunicorn has it, which calls it when it stops."""
        for connection in self.clients.which(lambda connection: connection.phase in (Phase.IDLE, Phase.LINGERING)):
            connection.deadline = min(connection.deadline, deadline)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """As gunicorn has it, which sleeps for a second at a time, also when it only waits for clients to go."""
        if self.alive:
            self.share.tell(self.clients.busy)
            if not self._accepting:
                timeout = min(timeout, max(self._leaves_until - time.monotonic(), LEAST_LEAVE_SECONDS))
        else:
            timeout = min(timeout, SWEEP_SECONDS)
        super().wait_for_and_dispatch_events(timeout)
