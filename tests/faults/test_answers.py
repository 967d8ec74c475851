"""A model server that answers late, wrongly, or with an error."""

import time

import grpc
from callers import ask
from faulty import DEADLINE_SECONDS, logged
from service import wait_until

# What the model server is told, and what comes of it. Each other way to break the contract of an answer is tests/unit/serving's.
FAULTS = [
    ("bytes that are no message", {"raw": b"\xff\xff\xff\xffno message of any kind"}, 502, "WrongModel: <_InactiveRpcError"),
    ("an error of its own", {"failures": [grpc.StatusCode.INTERNAL]}, 500, "unexpected error"),
    ("always UNAVAILABLE", {"failures": [grpc.StatusCode.UNAVAILABLE] * 2}, 503, "ServingUnavailable: <_InactiveRpcError"),
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
        wait_until(lambda: any(line["message"].startswith(log) for line in logged(service.gateway)[lines:]), what=log)  # noqa: B023 - called here
        assert metric(service, "ragam_requests_total", status=str(status)) == before + 1, fault
        assert metric(service, "ragam_requests_in_flight") == 0
        fake.is_well()
        mended = time.monotonic()
        after = ask(service.address, data)
        assert after.status == 200
        table(f"model server: {fault}", str(status), seen.seconds, f"`{log.split(':')[0]}`, with the cause", after.answered - mended)
