"""TFRecords of warm-up requests, without TensorFlow."""

from pathlib import Path

import pytest

from model_server.batching import read_batching
from model_server.status import StatusError
from model_server.warmup import WARMUP_FILE, warmup_requests

REPOSITORY = Path(__file__).resolve().parents[3] / "model_repository"
PUBLISHED = REPOSITORY / "painting_genre" / "2"
VERSIONS = sorted(path for path in PUBLISHED.parent.iterdir() if path.name.isdigit())


def asked(version: Path) -> list[tuple[str, int]]:
    return [(request.model_spec.signature_name, request.inputs["image"].tensor_shape.dim[0].size) for request in warmup_requests(version)]


@pytest.fixture
def records():
    return (PUBLISHED / WARMUP_FILE).read_bytes()


@pytest.fixture
def version(tmp_path):
    (tmp_path / WARMUP_FILE).parent.mkdir()
    return tmp_path


def test_the_published_records():
    assert asked(PUBLISHED) == [("serving_default", 1), ("serving_default", 8), ("explain", 1)]


@pytest.mark.parametrize("published", VERSIONS, ids=lambda path: path.name)
def test_every_record_fits_into_a_batch(published):
    """TensorFlow Serving does not load a version that has a record with more rows than max_batch_size."""
    batching = read_batching((REPOSITORY / "batching.config").read_text())
    assert 1 <= max(rows for _, rows in asked(published)) <= batching.max_batch_size


def test_no_file_is_no_record(tmp_path):
    assert list(warmup_requests(tmp_path)) == []


def test_a_bit_that_fell_over_anywhere(version, records):
    for at in range(0, len(records), 7):
        broken = bytearray(records)
        broken[at] ^= 4
        (version / WARMUP_FILE).write_bytes(broken)
        with pytest.raises(StatusError, match="corrupted record at") as error:
            list(warmup_requests(version))
        assert error.value.code.name == "DATA_LOSS"


def test_cut_short_anywhere(version, records):
    whole = len(records) // 3  # three records of one size, or nearly
    for length in range(1, whole - 20, 5):
        (version / WARMUP_FILE).write_bytes(records[:length])
        with pytest.raises(StatusError, match="corrupted record at 0"):
            list(warmup_requests(version))
