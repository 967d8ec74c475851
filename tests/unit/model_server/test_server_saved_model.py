"""Signatures read from saved_model.pb, without TensorFlow."""

from pathlib import Path

import pytest

from gateway.contract import EXPLAIN_SIGNATURE, IMAGE_INPUT, PREDICT_SIGNATURE
from gateway.serving.messages import saved_model_pb2
from model_server.saved_model import callable_signature, read_signature_defs
from model_server.status import StatusError

PUBLISHED = Path(__file__).resolve().parents[3] / "model_repository" / "painting_genre" / "2"


def test_the_published_signatures():
    signatures = read_signature_defs(PUBLISHED)
    for name in (PREDICT_SIGNATURE, EXPLAIN_SIGNATURE):
        assert list(callable_signature(signatures, name).inputs) == [IMAGE_INPUT]
    # TensorFlow writes one that is no Predict signature into every SavedModel.
    for name in ("__saved_model_init_op", "nothing"):
        with pytest.raises(StatusError, match=f'Serving signature key "{name}" not found'):
            callable_signature(signatures, name)


def test_nothing_to_serve_in_it(tmp_path):
    message = saved_model_pb2.SavedModel()
    message.meta_graphs.add().meta_info_def.tags.append("train")
    (tmp_path / "saved_model.pb").write_bytes(message.SerializeToString())
    with pytest.raises(StatusError, match="Could not find meta graph def matching supplied tags"):
        read_signature_defs(tmp_path)
