"""Rows of calls on a few machines: order, limits, deadlines."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE, MODEL_NAME
from gateway.serving.messages import predict_pb2, types_pb2
from model_server.batching import Batching
from model_server.labels import Labels
from model_server.litert import Servable
from model_server.repository import Repository
from model_server.rows import Rows
from model_server.servicer import Prediction
from model_server.status import StatusError

PUBLISHED = Path(__file__).resolve().parents[3] / "model_repository" / "painting_genre"
PATIENCE_S = 10


def test_a_machine_computes_one_row_at_a_time_all_of_them_do_and_answers_keep_their_order():
    machines = [threading.Lock(), threading.Lock()]
    rows = Rows(machines, None)
    used = []

    def use(machine, row):
        assert machine.acquire(blocking=False)
        used.append(machine)
        time.sleep(0.001 * (1 + row % 3))
        machine.release()
        return row * row

    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda _: rows.compute(range(8), use, PATIENCE_S), range(4)))
    assert answers == [[row * row for row in range(8)]] * 4
    assert len(used) == 32
    assert set(map(id, used)) == set(map(id, machines))
    rows.close()


@contextmanager
def busy(rows):
    """Its only machine is at work; `submit` is for further calls, which wait for it."""
    began, ended = threading.Event(), threading.Event()
    with ThreadPoolExecutor(5) as callers:
        first = callers.submit(rows.compute, range(2), lambda *_: (began.set(), ended.wait(PATIENCE_S)), PATIENCE_S)
        assert began.wait(PATIENCE_S)
        try:
            yield callers.submit
        finally:
            ended.set()
        first.result(PATIENCE_S)


def itself(_machine, row):
    return row


def test_beyond_the_batches_that_may_wait_a_call_is_turned_away():
    rows = Rows(["a"], Batching(max_batch_size=2, max_enqueued_batches=2))
    with pytest.raises(StatusError, match=r"^Task size 3 is larger than maximum input batch size 2$"):
        rows.compute(range(3), itself, PATIENCE_S)
    # The first does not wait any more: two batches fit.
    with busy(rows) as submit:
        others = [submit(rows.compute, range(2), itself, PATIENCE_S) for _ in range(2)]
        while rows._waiting < 4:
            time.sleep(0.001)
        with pytest.raises(StatusError) as error:
            rows.compute(range(1), itself, PATIENCE_S)
    assert error.value.code.name == "UNAVAILABLE"
    assert error.value.message == (
        "The batch scheduling queue to which this task was submitted is full; currently 2 batches enqueued and max_enqueued_batches is 2"
    )
    assert [call.result(PATIENCE_S) for call in others] == [[0, 1]] * 2
    assert rows._waiting == 0
    rows.close()


def test_what_has_not_begun_by_the_deadline_is_not_computed_and_makes_room():
    rows = Rows(["a"], Batching(max_batch_size=4, max_enqueued_batches=1))
    begun = []
    with busy(rows), pytest.raises(StatusError, match=r"^Deadline Exceeded$") as error:
        rows.compute(range(4), lambda _, row: begun.append(row), 0.05)
    assert error.value.code.name == "DEADLINE_EXCEEDED"
    assert rows.compute(range(4), itself, PATIENCE_S) == [0, 1, 2, 3]
    assert begun == []
    rows.close()


def test_who_has_waited_longest_is_next():
    rows = Rows(["a"], None)
    order = []
    with busy(rows) as submit:
        for caller in range(4):
            submit(rows.compute, [caller], lambda _, row: order.append(row), PATIENCE_S)
            while len(rows._machines._queue) <= caller:
                time.sleep(0.001)
    assert order == [0, 1, 2, 3]
    rows.close()


def test_an_error_of_a_row_is_the_call_s_and_the_machine_goes_on():
    rows = Rows([1], None)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            rows.compute([0, 0], lambda machine, row: machine / row, PATIENCE_S)
    assert rows.compute([2], lambda machine, row: machine / row, PATIENCE_S) == [0.5]
    rows.close()


@pytest.mark.parametrize("left", [0, 1e-9], ids=["none", "too-little"])
def test_the_time_that_a_caller_leaves_reaches_what_computes(left: float) -> None:
    repository = Repository(MODEL_NAME, PUBLISHED, lambda _, path: Servable(path, None))
    repository.poll()
    request = predict_pb2.PredictRequest()
    request.model_spec.name = MODEL_NAME
    image = request.inputs[IMAGE_INPUT]
    image.dtype = types_pb2.DT_FLOAT
    for size in (1, *IMAGE_SHAPE):
        image.tensor_shape.dim.add(size=size)
    ended = []

    def abort(code, message):
        ended.append((code.name, message))
        raise KeyError

    with pytest.raises(KeyError):
        Prediction(MODEL_NAME, repository, Labels(MODEL_NAME)).Predict(request, SimpleNamespace(time_remaining=lambda: left, abort=abort))
    assert ended == [("DEADLINE_EXCEEDED", "Deadline Exceeded")]
    repository.close()
