"""Batching on, with the parameters of the repository's file: rows keep to themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from calls import pixels, predict_request, status_of
from processes import ROOT, Server

from gateway.contract import MAX_BATCH, SCORES_OUTPUT


def test_calls_at_the_same_time_each_get_their_own_rows(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> None:
    (base_path / "1").symlink_to(models["first"])
    server = start(base_path, "--enable_batching", f"--batching_parameters_file={ROOT / 'model_repository' / 'batching.config'}")
    images = [pixels(rows, seed) for seed, rows in enumerate((1, 2, 3, 4, 1, 2, 3))]
    wrong = [np.zeros((1, 100, 100, 3), np.float32), np.float32(0), pixels().astype(np.float64), pixels(MAX_BATCH + 1)]
    with ThreadPoolExecutor(len(images) + len(wrong)) as pool:
        refused = [pool.submit(status_of, lambda rows=rows: server.predict(predict_request(rows))) for rows in wrong]
        together = list(pool.map(lambda rows: server.predict(predict_request(rows)).outputs[SCORES_OUTPUT], images))
    for rows, scores in zip(images, together, strict=True):
        assert scores.tensor_shape.dim[0].size == len(rows)
        alone = server.predict(predict_request(rows)).outputs[SCORES_OUTPUT]
        np.testing.assert_allclose(scores.float_val, alone.float_val, atol=1e-5)
    assert {future.result()[0] for future in refused} == {"INVALID_ARGUMENT"}
    # A real one never answers this while batching is on.
    assert server.predict(predict_request(pixels(0))).outputs[SCORES_OUTPUT].tensor_shape.dim[0].size == 0
