"""gunicorn's threaded worker, which turns no caller away when it is told to stop."""

import select

from gunicorn.workers.gthread import ThreadWorker


class DrainingThreadWorker(ThreadWorker):  # type: ignore[misc]
    """Takes the connections that wait in the listener's queue before it closes it.

    gunicorn's own worker leaves the listener open until its last request has ended, and takes nothing from it any more: for
    seconds new connections queue up there, and all of them are reset in the end. Here they are answered, and whoever comes
    later is refused at once and can turn to another gateway.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """As gunicorn has it, which calls this with False when it is full, and, no longer alive, when it stops."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            while select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()
