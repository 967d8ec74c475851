"""BatchingParameters in protobuf's text format, as TensorFlow Serving reads it."""

import math
import re
from pathlib import Path

import pytest

from gateway.contract import MAX_BATCH
from gateway.machine import this_machine
from model_server.batching import Batching, read_batching

BATCHING_CONFIG = Path(__file__).resolve().parents[3] / "model_repository" / "batching.config"


def test_the_repository_s_file_takes_the_contract_s_batch() -> None:
    assert read_batching(BATCHING_CONFIG.read_text()) == Batching(
        max_batch_size=MAX_BATCH, batch_timeout_micros=2000, max_enqueued_batches=8, num_batch_threads=math.ceil(this_machine().cores)
    )


def test_what_is_not_set_has_tensorflow_serving_s_defaults() -> None:
    batching = read_batching("")
    assert (batching.max_batch_size, batching.batch_timeout_micros, batching.max_enqueued_batches) == (1000, 0, 10)


def test_every_field() -> None:
    text = """
        max_batch_size { value: 8 }  # a comment
        batch_timeout_micros: { value: 0 };
        max_enqueued_batches { value: 3 }
        num_batch_threads { value: 4 }
        thread_pool_name { value: "batches" }
        allowed_batch_sizes: 1
        allowed_batch_sizes: [4, 8]
    """
    assert read_batching(text) == Batching(8, 0, 3, 4, (1, 4, 8))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("max_batch_size: 16", "max_batch_size"),
        ("max_batch_size { value: 0 }", "max_batch_size is 0, it must be at least 1."),
        ("batch_timeout_micros { value: -1 }", "batch_timeout_micros is -1, it must be at least 0."),
        ("pad_variable_length_inputs: true", 'no field named "pad_variable_length_inputs"'),
        ("allowed_batch_sizes: 8", "end with max_batch_size 1000"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]", "must be positive, rise"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [0, 8]", "must be positive"),
    ],
)
def test_a_mistake_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as error:
        read_batching(text)
    assert "\n" not in str(error.value)
