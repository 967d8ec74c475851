"""Batching on, with the parameters of a file: its limits, and rows that keep to themselves."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from calls import Calls, pixels, predict_request, status_of
from processes import ROOT, Server

from gateway.contract import EXPLAIN_SIGNATURE, MAX_BATCH, SCORES_OUTPUT

DELAY_MS = 400
PRODUCTS_A_MS = 5  # of the tiny model: one takes 0.25 ms on a fast core


@pytest.fixture
def batching(start: Callable[..., Server], tiny_model: Callable[..., Path], tmp_path: Path) -> Callable[..., Server]:
    """Starts a server of the tiny model with the parameters given, made slow by about `delay_ms` a row."""

    def make(delay_ms: int = 0, **parameters: int) -> Server:
        options = (f"--products={delay_ms * PRODUCTS_A_MS}", "--no-warmup") if delay_ms else ()
        base_path = tmp_path / "painting_genre"
        base_path.mkdir()
        (base_path / "1").symlink_to(tiny_model(*options))
        file = tmp_path / "batching.config"
        file.write_text("".join(f"{name} {{ value: {value} }}\n" for name, value in parameters.items()))
        return start(base_path, "--enable_batching=true", f"--batching_parameters_file={file}")

    return make


def at_once(server: Server, requests: list[object]) -> list[tuple[str, str]]:
    """The status of every request, sent at the same moment by callers of their own."""
    barrier = threading.Barrier(len(requests))

    def call(request: object) -> tuple[str, str]:
        mine = Calls(server.address)
        try:
            mine.status()
            barrier.wait()
            return status_of(lambda: mine.predict(request))
        finally:
            mine.channel.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(call, requests))


def timed(call: Callable[[], object]) -> float:
    """Seconds that `call` takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def test_more_rows_than_a_batch_holds(batching: Callable[..., Server]) -> None:
    server = batching(max_batch_size=8)
    assert status_of(lambda: server.predict(predict_request(pixels(8)))) == ("OK", "")
    too_large = ("INVALID_ARGUMENT", "Task size 9 is larger than maximum input batch size 8")
    assert status_of(lambda: server.predict(predict_request(pixels(9)))) == too_large
    assert status_of(lambda: server.predict(predict_request(pixels(9), signature_name=EXPLAIN_SIGNATURE))) == too_large


def test_a_full_queue(batching: Callable[..., Server]) -> None:
    server = batching(3 * DELAY_MS, max_batch_size=2, max_enqueued_batches=2, num_batch_threads=1)
    # Each fills a batch: one is computed, two wait, the others are turned away at once. A busy core is late to send them all.
    statuses = at_once(server, [predict_request(pixels(2)) for _ in range(8)])
    full = (
        "UNAVAILABLE",
        "The batch scheduling queue to which this task was submitted is full; currently 2 batches enqueued and max_enqueued_batches is 2",
    )
    assert set(statuses) == {("OK", ""), full}
    assert statuses.count(("OK", "")) in (2, 3)


def test_calls_at_the_same_time_each_get_their_own_rows(batching: Callable[..., Server]) -> None:
    server = batching(max_batch_size=16, num_batch_threads=2, max_enqueued_batches=1)
    images = [pixels(rows, seed) for seed, rows in enumerate((1, 2, 3, 4, 1, 2, 3))]  # 16 rows: as many as may wait
    with ThreadPoolExecutor(len(images)) as pool:
        together = list(pool.map(lambda rows: server.predict(predict_request(rows)).outputs[SCORES_OUTPUT], images))
    for rows, scores in zip(images, together, strict=True):
        assert scores.tensor_shape.dim[0].size == len(rows)
        alone = server.predict(predict_request(rows)).outputs[SCORES_OUTPUT]
        np.testing.assert_allclose(scores.float_val, alone.float_val, atol=1e-5)


def test_one_wrong_shape_does_not_fail_the_others(batching: Callable[..., Server]) -> None:
    server = batching(max_batch_size=16, batch_timeout_micros=200_000)
    wrong = [np.zeros((1, 100, 100, 3), np.float32), np.zeros((224, 224, 3), np.float32), pixels().astype(np.float64)]
    statuses = at_once(server, [predict_request(pixels()) for _ in range(6)] + [predict_request(images) for images in wrong])
    assert statuses[:6] == [("OK", "")] * 6
    assert {code for code, _ in statuses[6:]} == {"INVALID_ARGUMENT"}


def test_a_scalar(batching: Callable[..., Server]) -> None:
    server = batching(max_batch_size=8)
    expected = ("INVALID_ARGUMENT", "Batching Run() input tensors must have at least one dimension")
    assert status_of(lambda: server.predict(predict_request(np.float32(0)))) == expected


def test_a_call_past_its_deadline_is_not_computed(batching: Callable[..., Server]) -> None:
    server = batching(DELAY_MS, max_batch_size=1, num_batch_threads=1, max_enqueued_batches=50)
    server.predict()
    # The model is as slow as the machine, so its own time says which deadline is too early.
    one = min(timed(server.predict) for _ in range(2))
    with ThreadPoolExecutor(12) as pool:
        late = list(pool.map(lambda _: status_of(lambda: server.predict(timeout=one / 3)), range(12)))
    assert {code for code, _ in late} == {"DEADLINE_EXCEEDED"}
    # Computed one after the other the twelve would keep this one waiting for twice as long.
    assert status_of(lambda: server.predict(timeout=6 * one)) == ("OK", "")


def test_the_repository_s_own_parameters(start: Callable[..., Server], tiny_model: Callable[..., Path], tmp_path: Path) -> None:
    base_path = tmp_path / "painting_genre"
    base_path.mkdir()
    (base_path / "1").symlink_to(tiny_model())
    server = start(base_path, "--enable_batching", f"--batching_parameters_file={ROOT / 'model_repository' / 'batching.config'}")
    assert status_of(lambda: server.predict(predict_request(pixels(MAX_BATCH)))) == ("OK", "")
    code, message = status_of(lambda: server.predict(predict_request(pixels(MAX_BATCH + 1))))
    assert (code, message) == ("INVALID_ARGUMENT", f"Task size {MAX_BATCH + 1} is larger than maximum input batch size {MAX_BATCH}")
