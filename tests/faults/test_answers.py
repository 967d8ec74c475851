"""A model server that answers late, wrongly, or not in its own language."""

import socket
import threading
import time

import grpc
import pytest
import stand_in as behaviours
from callers import Callers, ask
from faulty import DEADLINE_SECONDS, GATEWAY, logged
from service import wait_until

NAN, INFINITE = float("nan"), float("inf")


def scores(*values):
    def edit(response):
        del response.outputs["scores"].float_val[:]
        response.outputs["scores"].float_val.extend(values)

    return behaviours.changed(edit)


def set_dtype(response):
    response.outputs["scores"].dtype = 2


def not_utf8(response):
    response.outputs["classes"].string_val[0] = b"\xff\xfe"


@pytest.mark.parametrize(
    ("fault", "behaviour", "status", "log"),
    [
        ("scores are NaN", scores(*[NAN] * 7), 502, "WrongModel: scores are not all"),
        ("scores are infinite", scores(INFINITE, *[0] * 6), 502, "WrongModel: scores are not all"),
        ("scores are no probabilities", scores(12, -11, *[0] * 5), 502, "WrongModel: scores are not all"),
        ("too few scores", scores(0.5, 0.5), 502, "WrongModel: output 'scores' has shape"),
        ("scores of another type", behaviours.changed(set_dtype), 502, "WrongModel: output 'scores' is DT_DOUBLE"),
        (
            "an output is missing",
            behaviours.changed(lambda response: response.outputs.pop("classes")),
            502,
            "WrongModel: the answer has no",
        ),
        ("names that are no UTF-8", behaviours.changed(not_utf8), 502, "WrongModel: a name is no UTF-8"),
        ("bytes that are no message", behaviours.garbage, 502, "WrongModel: <_InactiveRpcError"),
        ("wrong signature", behaviours.failing(grpc.StatusCode.FAILED_PRECONDITION), 502, "WrongModel: <_InactiveRpcError"),
        ("an error of its own", behaviours.failing(grpc.StatusCode.INTERNAL), 500, "unexpected error"),
        ("slow, beyond the deadline", behaviours.slow(DEADLINE_SECONDS + 1), 504, "ServingTimeout: <_InactiveRpcError"),
    ],
)
def test_answers_that_cannot_be_used(service, stand_in, picture, table, metric, fault, behaviour, status, log):
    data = picture()
    assert ask(service.address, data).status == 200
    stand_in.predict = behaviour
    seen = ask(service.address, data)
    assert seen.status == status
    assert seen.body["data"] is None
    assert "RpcError" not in str(seen.body)
    if status == 504:
        assert seen.seconds >= DEADLINE_SECONDS
    wait_until(lambda: any(line["message"].startswith(log) for line in logged(service.gateway)), what=log)
    assert metric(service, "ragam_requests_total", status=str(status)) == 1
    assert metric(service, "ragam_requests_in_flight") == 0
    stand_in.predict = behaviours.good
    mended = time.monotonic()
    after = ask(service.address, data)
    assert after.status == 200
    name = "unexpected error" if status == 500 else log.split(":")[0]
    table.add(f"model server: {fault}", str(status), seen.seconds, f"`{name}`, with the cause", after.answered - mended)


def test_slow_answers_within_the_deadline_are_answers(service, stand_in, picture):
    stand_in.predict = behaviours.slow(1)
    with Callers(service.address, picture()).running(4) as callers:
        time.sleep(3)
    assert callers.statuses() == {200}


def test_a_model_with_another_signature_is_never_ready(service, stand_in, picture, table):
    stand_in.input_name = "picture"
    seen = time.monotonic()
    wait_until(lambda: not service.ready(), what="the end of readiness")
    noticed = time.monotonic() - seen
    assert "its inputs are ['picture']" in service.gateway.text()
    stand_in.input_name = "image"
    mended = time.monotonic()
    wait_until(service.ready, what="readiness")
    table.add(
        "model server: another signature", "`/readyz` 503", noticed, "`not ready: WrongModel`, with what differs", time.monotonic() - mended
    )


def test_what_answers_speaks_no_grpc(service, picture, table):
    with socket.create_server(("127.0.0.1", service.serving_port)) as listener:

        def babble():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

        thread = threading.Thread(target=babble, daemon=True)
        thread.start()
        service.gateway = service.start_gateway(**GATEWAY)
        wait_until(lambda: ask(service.address, picture()).status > 0, what="the gateway")
        seen = ask(service.address, picture())
        assert (seen.status, seen.retry_after) == (503, "1")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    with behaviours.serving(behaviours.StandIn(), service.serving_port):
        mended = time.monotonic()
        with Callers(service.address, picture()).running(1) as callers:
            back = callers.recovered(mended)
        service.gateway.stop()
    table.add("model server: speaks no gRPC", "503", seen.seconds, "`ServingUnavailable`, with the cause", back)
