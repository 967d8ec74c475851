"""Batching on, with the parameters of the repository's file: its limits, and rows that keep to themselves."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from calls import Calls, pixels, predict_request, status_of
from processes import ROOT, Server

from gateway.contract import EXPLAIN_SIGNATURE, MAX_BATCH, SCORES_OUTPUT


@pytest.fixture(scope="module")
def batching(start: Callable[..., Server], models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Server:
    base_path = tmp_path_factory.mktemp("painting_genre")
    (base_path / "1").symlink_to(models["first"])
    return start(base_path, "--enable_batching", f"--batching_parameters_file={ROOT / 'model_repository' / 'batching.config'}")


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


def test_more_rows_than_a_batch_holds(batching: Server) -> None:
    assert status_of(lambda: batching.predict(predict_request(pixels(MAX_BATCH)))) == ("OK", "")
    too_large = ("INVALID_ARGUMENT", f"Task size {MAX_BATCH + 1} is larger than maximum input batch size {MAX_BATCH}")
    assert status_of(lambda: batching.predict(predict_request(pixels(MAX_BATCH + 1)))) == too_large
    assert status_of(lambda: batching.predict(predict_request(pixels(MAX_BATCH + 1), signature_name=EXPLAIN_SIGNATURE))) == too_large


def test_calls_at_the_same_time_each_get_their_own_rows(batching: Server) -> None:
    images = [pixels(rows, seed) for seed, rows in enumerate((1, 2, 3, 4, 1, 2, 3))]
    with ThreadPoolExecutor(len(images)) as pool:
        together = list(pool.map(lambda rows: batching.predict(predict_request(rows)).outputs[SCORES_OUTPUT], images))
    for rows, scores in zip(images, together, strict=True):
        assert scores.tensor_shape.dim[0].size == len(rows)
        alone = batching.predict(predict_request(rows)).outputs[SCORES_OUTPUT]
        np.testing.assert_allclose(scores.float_val, alone.float_val, atol=1e-5)


def test_one_wrong_shape_does_not_fail_the_others(batching: Server) -> None:
    wrong = [np.zeros((1, 100, 100, 3), np.float32), np.zeros((224, 224, 3), np.float32), pixels().astype(np.float64)]
    statuses = at_once(batching, [predict_request(pixels()) for _ in range(6)] + [predict_request(images) for images in wrong])
    assert statuses[:6] == [("OK", "")] * 6
    assert {code for code, _ in statuses[6:]} == {"INVALID_ARGUMENT"}


def test_an_empty_batch(batching: Server) -> None:
    """Which TensorFlow Serving never answers while batching is on."""
    assert batching.predict(predict_request(pixels(0))).outputs[SCORES_OUTPUT].tensor_shape.dim[0].size == 0


def test_a_scalar(batching: Server) -> None:
    expected = ("INVALID_ARGUMENT", "Batching Run() input tensors must have at least one dimension")
    assert status_of(lambda: batching.predict(predict_request(np.float32(0)))) == expected
