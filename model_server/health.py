"""grpc.health.v1: NOT_SERVING while no version is served, SERVING otherwise; for the whole server and by service name."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

# TensorFlow Serving knows its services without their package.
_SERVICES = ("", "PredictionService", "ModelService")


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """The library's own servicer never ends a Watch: a server that lets its calls finish would wait for each of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._status = HealthCheckResponse.NOT_SERVING
        self._ended = False

    def report(self, *, serving: bool) -> None:
        with self._changed:
            if not self._ended:
                self._status = HealthCheckResponse.SERVING if serving else HealthCheckResponse.NOT_SERVING
            self._changed.notify_all()

    def shut_down(self) -> None:
        """NOT_SERVING for good; every Watch is told so and ends."""
        with self._changed:
            self._ended = True
            self._status = HealthCheckResponse.NOT_SERVING
            self._changed.notify_all()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 the protocol's name
        """HealthCheckRequest -> HealthCheckResponse."""
        if request.service not in _SERVICES:
            context.abort(grpc.StatusCode.NOT_FOUND, "")
        return HealthCheckResponse(status=self._status)

    def Watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802
        """HealthCheckRequest -> a HealthCheckResponse now and after each change. Takes a thread."""
        known = request.service in _SERVICES
        context.add_callback(self._wake)
        last = None
        while True:
            status, ended = self._await_other(last, known, context)
            if not context.is_active():
                return
            if status != last:
                yield HealthCheckResponse(status=status)
                last = status
            if ended:
                return

    def _await_other(self, last: int | None, known: bool, context: grpc.ServicerContext) -> tuple[int, bool]:
        """The status once it is not `last`, or once nobody waits for it any more; and whether it is so for good."""
        with self._changed:
            self._changed.wait_for(lambda: self._current(known) != last or self._ended or not context.is_active())
            return self._current(known), self._ended

    def _current(self, known: bool) -> int:
        return int(self._status if known else HealthCheckResponse.SERVICE_UNKNOWN)

    def _wake(self) -> None:
        """For the end of a call."""
        with self._changed:
            self._changed.notify_all()
