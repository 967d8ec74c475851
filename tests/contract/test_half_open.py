"""Calls that are begun and never made: they keep nobody from being answered."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from calls import Calls, status_of, until
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from processes import Server

METHODS = [
    "tensorflow.serving.PredictionService/Predict",
    "tensorflow.serving.PredictionService/GetModelMetadata",
    "tensorflow.serving.ModelService/GetModelStatus",
    "tensorflow.serving.ModelService/HandleReloadConfigRequest",
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/Watch",
]


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Server:
    base_path = tmp_path_factory.mktemp("half-open")
    (base_path / "1").symlink_to(models["first"])
    return start(base_path, "--grpc_max_threads=4")


@contextmanager
def half_open(server: Calls, method: str, count: int) -> Iterator[list[Any]]:
    """As many calls, on one connection, which have sent their headers and no message."""
    ended = threading.Event()

    def nothing() -> Iterator[bytes]:
        ended.wait()
        yield from ()

    caller = Calls(server.address)
    begin = caller.channel.stream_unary(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
    calls = [begin.future(nothing()) for _ in range(count)]
    try:
        caller.status()  # on the same connection: once it is answered, the calls before it have arrived
        yield calls
    finally:
        for call in calls:
            call.cancel()
        ended.set()
        caller.channel.close()


def answers_all(server: Server) -> None:
    other = Calls(server.address)
    assert status_of(other.predict) == ("OK", "")
    assert other.states() == {1: "AVAILABLE"}
    assert other.health() == "SERVING"
    other.channel.close()


def test_as_many_as_may_be_begun_are_kept_and_beyond_them_the_oldest_make_room(server: Server) -> None:
    with half_open(server, METHODS[0], 250) as calls:
        answers_all(server)
        assert not any(call.done() for call in calls)
    with ExitStack() as stack:
        calls = [call for method in METHODS for call in stack.enter_context(half_open(server, method, 100))]
        answers_all(server)
        until(lambda: sum(call.done() for call in calls) >= len(calls) - 256)
        assert {call.code() for call in calls if call.done()} == {grpc.StatusCode.CANCELLED}
        assert not calls[-1].done()
    answers_all(server)


def test_calls_without_a_message_and_with_bytes_that_are_none(server: Server) -> None:
    for method in METHODS[:5]:
        begin = server.channel.stream_unary(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
        assert status_of(lambda begin=begin: begin(iter(()), timeout=60)) == ("INVALID_ARGUMENT", "The call has no message.")
        assert status_of(lambda begin=begin: begin(iter([b"\xff" * 99]), timeout=60))[0] == "INTERNAL"
    answers_all(server)


def test_watches_beyond_their_bound(server: Server) -> None:
    caller = Calls(server.address)
    watches = [HealthStub(caller.channel).Watch(HealthCheckRequest()) for _ in range(80)]
    with ThreadPoolExecutor(len(watches)) as pool:
        ends = [pool.submit(status_of, lambda watch=watch: list(watch)) for watch in watches]
        until(lambda: sum(end.done() for end in ends) == 16)
        answers_all(server)
        assert {end.result()[0] for end in ends if end.done()} == {"CANCELLED"}
        server.stop()  # the last test of it
        assert sorted(end.result()[0] for end in ends) == ["CANCELLED"] * 16 + ["OK"] * 64
    caller.channel.close()
