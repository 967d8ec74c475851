"""What lies in a version directory, read without TensorFlow: SavedModel and warm-up records."""

from pathlib import Path

import pytest

from gateway.contract import EXPLAIN_SIGNATURE, IMAGE_INPUT, PREDICT_SIGNATURE
from gateway.serving.messages import saved_model_pb2
from model_server.batching import read_batching
from model_server.saved_model import callable_signature, read_signature_defs
from model_server.status import StatusError
from model_server.warmup import WARMUP_FILE, warmup_requests

REPOSITORY = Path(__file__).resolve().parents[3] / "model_repository"
PUBLISHED = sorted(path for path in (REPOSITORY / "painting_genre").iterdir() if path.name.isdigit())


@pytest.mark.parametrize("version", PUBLISHED, ids=lambda path: path.name)
def test_a_published_version_has_its_signatures_and_warms_up_each_within_a_batch(version: Path) -> None:
    """TensorFlow Serving does not load a version that has a record with more rows than max_batch_size."""
    signatures = read_signature_defs(version)
    for name in (PREDICT_SIGNATURE, EXPLAIN_SIGNATURE):
        assert list(callable_signature(signatures, name).inputs) == [IMAGE_INPUT]
    # TensorFlow writes one that is no Predict signature into every SavedModel.
    with pytest.raises(StatusError, match='Serving signature key "__saved_model_init_op" not found'):
        callable_signature(signatures, "__saved_model_init_op")
    requests = list(warmup_requests(version))
    assert {request.model_spec.signature_name for request in requests} >= {PREDICT_SIGNATURE, EXPLAIN_SIGNATURE}
    most = read_batching((REPOSITORY / "batching.config").read_text()).max_batch_size
    assert 1 <= max(request.inputs[IMAGE_INPUT].tensor_shape.dim[0].size for request in requests) <= most


def test_a_saved_model_with_nothing_to_serve(tmp_path: Path) -> None:
    message = saved_model_pb2.SavedModel()
    message.meta_graphs.add().meta_info_def.tags.append("train")
    (tmp_path / "saved_model.pb").write_bytes(message.SerializeToString())
    with pytest.raises(StatusError, match="Could not find meta graph def matching supplied tags"):
        read_signature_defs(tmp_path)


def test_a_damaged_warm_up_record_is_data_loss(tmp_path: Path) -> None:
    records = (PUBLISHED[0] / WARMUP_FILE).read_bytes()
    # Bits that fell over anywhere, and ends within the first of three records.
    flipped = [records[:at] + bytes([records[at] ^ 4]) + records[at + 1 :] for at in range(0, len(records), 7)]
    cut = [records[:length] for length in range(1, len(records) // 3 - 20, 5)]
    (tmp_path / WARMUP_FILE).parent.mkdir()
    for damaged in flipped + cut:
        (tmp_path / WARMUP_FILE).write_bytes(damaged)
        with pytest.raises(StatusError, match="corrupted record at") as error:
            list(warmup_requests(tmp_path))
        assert error.value.code.name == "DATA_LOSS"
