"""A model server that answers late, wrongly, or not in its own language."""

import socket
import threading
import time

import grpc
from callers import Callers, ask
from fake_serving import FakeServing, serve
from faulty import DEADLINE_SECONDS, GATEWAY, logged
from service import wait_until


def set_nan(answer):
    answer.outputs["scores"].float_val[0] = float("nan")


# What the model server is told, and what comes of it. Each other way to break the contract of an answer is tests/unit/serving's.
FAULTS = [
    ("scores are NaN", {"edit": set_nan}, 502, "WrongModel: scores is not all"),
    ("an output is missing", {"edit": lambda answer: answer.outputs.pop("classes")}, 502, "WrongModel: the answer has no"),
    ("bytes that are no message", {"raw": b"\xff\xff\xff\xffno message of any kind"}, 502, "WrongModel: <_InactiveRpcError"),
    ("wrong signature", {"failures": [grpc.StatusCode.FAILED_PRECONDITION]}, 502, "WrongModel: <_InactiveRpcError"),
    ("an error of its own", {"failures": [grpc.StatusCode.INTERNAL]}, 500, "unexpected error"),
    ("slow, beyond the deadline", {"seconds": DEADLINE_SECONDS + 1}, 504, "ServingTimeout: <_InactiveRpcError"),
]


def test_answers_that_cannot_be_used(service, fake, picture, table, metric):
    data = picture()
    for fault, told, status, log in FAULTS:
        assert ask(service.address, data).status == 200
        before, lines = metric(service, "ragam_requests_total", status=str(status)), len(logged(service.gateway))
        vars(fake).update(told)
        seen = ask(service.address, data)
        assert seen.status == status, fault
        assert seen.body["data"] is None
        assert "RpcError" not in str(seen.body)
        if status == 504:
            assert seen.seconds >= DEADLINE_SECONDS
        wait_until(lambda: any(line["message"].startswith(log) for line in logged(service.gateway)[lines:]), what=log)  # noqa: B023 - called here
        assert metric(service, "ragam_requests_total", status=str(status)) == before + 1, fault
        assert metric(service, "ragam_requests_in_flight") == 0
        fake.is_well()
        mended = time.monotonic()
        after = ask(service.address, data)
        assert after.status == 200
        name = "unexpected error" if status == 500 else log.split(":")[0]
        table.add(f"model server: {fault}", str(status), seen.seconds, f"`{name}`, with the cause", after.answered - mended)


def test_slow_answers_within_the_deadline_are_answers(service, fake, picture):
    fake.seconds = 1
    with Callers(service.address, picture()).running(4) as callers:
        time.sleep(3)
    assert callers.statuses() == {200}


def test_a_model_with_another_signature_is_never_ready(service, fake, picture, table):
    fake.input_name = "picture"
    seen = time.monotonic()
    wait_until(lambda: not service.ready(), what="the end of readiness")
    noticed = time.monotonic() - seen
    assert "its inputs are ['picture']" in service.gateway.text()
    fake.input_name = "image"
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
    server = serve(FakeServing(), service.serving_port)
    mended = time.monotonic()
    with Callers(service.address, picture()).running(1) as callers:
        back = callers.recovered(mended)
    service.gateway.stop()
    server.stop(0).wait()
    table.add("model server: speaks no gRPC", "503", seen.seconds, "`ServingUnavailable`, with the cause", back)
