"""grpc.health.v1: NOT_SERVING while no version is served, SERVING otherwise; for the whole server and by service name."""

from collections.abc import Callable
from typing import Any

import grpc
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

_SERVICES = ("", "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService")


class Health(HealthServicer):  # type: ignore[misc]
    """The library's servicer, which never ends a Watch: a server that lets its calls finish would wait for each of them."""

    def __init__(self) -> None:
        super().__init__()
        self._watchers: set[Callable[[Any], None]] = set()
        self.report(serving=False)

    def report(self, *, serving: bool) -> None:
        for service in _SERVICES:
            self.set(service, HealthCheckResponse.SERVING if serving else HealthCheckResponse.NOT_SERVING)

    def Watch(self, request: Any, context: grpc.ServicerContext, send_response_callback: Callable[[Any], None]) -> None:  # noqa: N802
        """As in the library, and remembered."""
        self._watchers.add(send_response_callback)
        context.add_callback(lambda: self._watchers.discard(send_response_callback))
        super().Watch(request, context, send_response_callback)

    def shut_down(self) -> None:
        """NOT_SERVING for good; every Watch is told so and ends."""
        self.enter_graceful_shutdown()
        for send in list(self._watchers):
            send(None)
