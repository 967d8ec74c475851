"""Which calls get a thread, and which give theirs up.

gRPC gives a call a thread before its message has come. One whose message never comes would hold it for ever, and a few of them would
lock out everybody: so they have threads of their own, and the oldest makes room for the next.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc

# Calls whose message has not come, a millisecond for most; and health watches, of which a client needs one.
_ARRIVING = 256
_WATCHING = 64
# For calls that are just being turned away or ended.
_SPARE = 16


class Arrivals(grpc.ServerInterceptor):
    """At most `limit` calls are answered at a time, and one more gets RESOURCE_EXHAUSTED at once, in TensorFlow Serving's words.

    threads: how many the server must have.
    """

    def __init__(self, limit: int) -> None:
        self.threads = limit + _ARRIVING + _WATCHING + _SPARE
        self._free = threading.Semaphore(limit)
        self._arriving = _Newest(_ARRIVING)
        self._watching = _Newest(_WATCHING)
        self._handlers: dict[str, Any] = {}

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """The service's handler of a unary call as one that reads its message itself."""
        method = handler_call_details.method
        if method not in self._handlers:
            handler = continuation(handler_call_details)
            if handler is None:
                return None
            self._handlers[method] = self._reading(handler)
        return self._handlers[method]

    def _reading(self, handler: Any) -> Any:
        coders = handler.request_deserializer, handler.response_serializer
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(handler.unary_stream), *coders)
        return grpc.stream_unary_rpc_method_handler(self._unary(handler.unary_unary), *coders)

    def _unary(self, method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def call(messages: Iterator[Any], context: grpc.ServicerContext) -> Any:
            # Before the message, too, which is none of the server's to hold when it cannot answer.
            self._take(context)
            self._free.release()
            message = self._message(messages, context)
            self._take(context)
            try:
                return method(message, context)
            finally:
                self._free.release()

        return call

    def _stream(self, method: Callable[[Any, Any], Iterator[Any]]) -> Callable[[Any, Any], Iterator[Any]]:
        def call(messages: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
            message = self._message(messages, context)
            self._watching.add(context)
            try:
                yield from method(message, context)
            finally:
                self._watching.remove(context)

        return call

    def _take(self, context: grpc.ServicerContext) -> None:
        if not self._free.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Server Threadpool Exhausted")

    def _message(self, messages: Iterator[Any], context: grpc.ServicerContext) -> Any:
        self._arriving.add(context)
        try:
            message = next(messages, None)
        finally:
            self._arriving.remove(context)
        if message is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The call has no message.")
        return message


class _Newest:
    """The newest `limit` calls; one that is older is cancelled."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._calls: dict[int, grpc.ServicerContext] = {}

    def add(self, context: grpc.ServicerContext) -> None:
        with self._lock:
            self._calls[id(context)] = context
            oldest = self._calls.pop(next(iter(self._calls))) if len(self._calls) > self._limit else None
        if oldest is not None:
            oldest.cancel()

    def remove(self, context: grpc.ServicerContext) -> None:
        with self._lock:
            self._calls.pop(id(context), None)
