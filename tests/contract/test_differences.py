"""What the embedded server does otherwise than TensorFlow Serving on purpose: it turns away what would crash or mislead the real one."""

from typing import Any

import numpy as np
import pytest
from calls import Calls, pixels, predict_request, status_of

from gateway import contract


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        pytest.param((224, 224, 3), "[224,224,3]", id="no-batch-dimension"),
        pytest.param((), "[]", id="scalar"),
        pytest.param((1, 100, 100, 3), "[1,100,100,3]", id="another-size"),
    ],
)
def test_a_wrong_shape_is_an_error_and_no_crash(embedded: Calls, shape: tuple[int, ...], given: str) -> None:
    images = np.zeros(shape, np.float32)
    message = f"Input image must have shape [?,224,224,3] but {given} is provided"
    assert status_of(lambda: embedded.predict(predict_request(images))) == ("INVALID_ARGUMENT", message)
    assert embedded.predict().model_spec.version.value


def test_one_value_cannot_grow_beyond_a_message(embedded: Calls) -> None:
    request = predict_request()
    image: Any = request.inputs[contract.IMAGE_INPUT]
    image.tensor_content = b""
    image.float_val.append(0)
    image.tensor_shape.dim[0].size = 1_000_000
    code, message = status_of(lambda: embedded.predict(request))
    assert code == "INVALID_ARGUMENT"
    assert message.startswith("Input image of shape [1000000,224,224,3] is larger than")


@pytest.mark.parametrize("size", [-1, 0])
def test_a_dimension_below_one(embedded: Calls, size: int) -> None:
    request = predict_request()
    request.inputs[contract.IMAGE_INPUT].tensor_shape.dim[0].size = size
    assert status_of(lambda: embedded.predict(request)) == ("INVALID_ARGUMENT", "tensor parsing error: image")


def test_methods_without_an_implementation(embedded: Calls) -> None:
    assert status_of(lambda: embedded.method("Classify"))[0] == "UNIMPLEMENTED"


def test_a_message_that_is_too_large(embedded: Calls) -> None:
    assert status_of(lambda: embedded.predict(predict_request(pixels(5 * contract.MAX_BATCH))))[0] == "RESOURCE_EXHAUSTED"
