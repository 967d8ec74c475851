"""What is sent to the model's signatures, and what comes back, held to contract.py: their description, and each answer."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gateway import contract
from gateway.prediction import Explanation, Prediction
from gateway.serving.messages import get_model_metadata_pb2, model_pb2, predict_pb2, types_pb2

# None: as many as there are genres.
_SHAPES: dict[str, list[int | None]] = {
    contract.IMAGE_INPUT: [-1, *contract.IMAGE_SHAPE],
    contract.SCORES_OUTPUT: [-1, None],
    contract.CLASSES_OUTPUT: [-1, None],
}
_DTYPES = {
    contract.IMAGE_INPUT: types_pb2.DT_FLOAT,
    contract.SCORES_OUTPUT: types_pb2.DT_FLOAT,
    contract.CLASSES_OUTPUT: types_pb2.DT_STRING,
    contract.HEATMAP_OUTPUT: types_pb2.DT_FLOAT,
}

ROUNDING = 1e-4


class ContractBroken(ValueError):
    """In what the model that is served differs from contract.py: for the log."""


def model_spec(label: str, signature_name: str = contract.PREDICT_SIGNATURE) -> model_pb2.ModelSpec:
    """`label` is a version label, or "" for the latest version."""
    # None leaves the choice of a version out.
    return model_pb2.ModelSpec(name=contract.MODEL_NAME, signature_name=signature_name, version_label=label or None)


def predict_request(images: npt.NDArray[np.float32], label: str, signature_name: str) -> bytes:
    """A serialized PredictRequest that asks `signature_name` about `images`, float32 (n, 224, 224, 3).

    Protobuf's own way copies the pictures into a message and out of it again. They are the last field of a PredictRequest, so that what
    stands before them is the same for all of one shape.

    Raises ValueError for any other shape or type: TensorFlow Serving dies of a wrong rank.
    """
    if images.shape[1:] != contract.IMAGE_SHAPE or images.dtype != np.float32:
        raise ValueError(f"images must be float32 (n, 224, 224, 3), not {images.dtype} {images.shape}")
    return b"".join((_head(images.shape, label, signature_name), np.ascontiguousarray(images).data))


@lru_cache(maxsize=64)
def _head(shape: tuple[int, ...], label: str, signature_name: str) -> bytes:
    request = predict_pb2.PredictRequest(model_spec=model_spec(label, signature_name))
    tensor = request.inputs[contract.IMAGE_INPUT]
    tensor.dtype = types_pb2.DT_FLOAT
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    # Its length stands before it.
    tensor.tensor_content = bytes(shape[0] * contract.IMAGE_BYTES)
    whole: bytes = request.SerializeToString()
    return whole[: len(whole) - len(tensor.tensor_content)]


def compare(signatures: get_model_metadata_pb2.SignatureDefMap) -> None:
    """Raises ContractBroken where serving_default is missing, or has other inputs, outputs, dtypes or shapes."""
    if contract.PREDICT_SIGNATURE not in signatures.signature_def:
        raise ContractBroken(f"the model has no signature {contract.PREDICT_SIGNATURE!r}, only {sorted(signatures.signature_def)}")
    signature = signatures.signature_def[contract.PREDICT_SIGNATURE]
    if set(signature.inputs) != {contract.IMAGE_INPUT}:
        raise ContractBroken(f"its inputs are {sorted(signature.inputs)}, not {[contract.IMAGE_INPUT]}")
    tensors = {**signature.inputs, **signature.outputs}
    for name, expected in _SHAPES.items():
        if name not in tensors:
            raise ContractBroken(f"it has no output {name!r}, only {sorted(signature.outputs)}")
        shape = [dimension.size for dimension in tensors[name].tensor_shape.dim]
        fits = len(shape) == len(expected) and all(want in (None, size) for want, size in zip(expected, shape, strict=True))
        if tensors[name].dtype != _DTYPES[name] or not fits:
            raise ContractBroken(f"{name!r} is {types_pb2.DataType.Name(tensors[name].dtype)} {shape}")


def predictions(response: predict_pb2.PredictResponse, count: int) -> list[Prediction]:
    """The answer to a Predict call with `count` pictures. Raises ContractBroken where it is not what the contract says."""
    scores: npt.NDArray[np.float32] = np.array(_values(response, contract.SCORES_OUTPUT, count), np.float32)
    classes = _values(response, contract.CLASSES_OUTPUT, count)
    if scores.shape != classes.shape:
        raise ContractBroken(f"scores have shape {scores.shape} and classes {classes.shape}")
    # False for NaN too. What the rounding of a sum may add is no fault.
    if not ((scores >= 0) & (scores <= 1 + ROUNDING)).all():
        raise ContractBroken("scores are not all in [0, 1]")
    best_first = np.argsort(-scores, axis=1, kind="stable")
    spec = response.model_spec
    return [
        Prediction(tuple((_name(classes[row, column]), float(scores[row, column])) for column in order), spec.name, spec.version.value)
        for row, order in enumerate(best_first)
    ]


def explanations(response: predict_pb2.PredictResponse, count: int) -> list[Explanation]:
    """The answer of the signature explain, else as `predictions`."""
    heatmaps: npt.NDArray[np.float32] = np.array(_values(response, contract.HEATMAP_OUTPUT, count), np.float32)
    if heatmaps.shape[1:] != contract.HEATMAP_SHAPE:
        raise ContractBroken(f"heat maps have shape {heatmaps.shape}")
    # False for NaN too.
    if not ((heatmaps >= 0) & (heatmaps <= 1)).all():
        raise ContractBroken("heat maps are not all in [0, 1]")
    rows = [tuple(tuple(row) for row in heatmap) for heatmap in heatmaps.tolist()]
    return [Explanation(prediction, heatmap) for prediction, heatmap in zip(predictions(response, count), rows, strict=True)]


def genres(response: predict_pb2.PredictResponse, count: int) -> tuple[str, ...]:
    """The names of the scores, in the model's order, which is the same for each of the `count` pictures. Else as `predictions`."""
    return tuple(_name(name) for name in _values(response, contract.CLASSES_OUTPUT, count)[0])


def _name(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ContractBroken(f"a name is no UTF-8: {value!r}") from error


def _values(response: predict_pb2.PredictResponse, name: str, count: int) -> npt.NDArray[np.object_]:
    """The output `name` as Python floats or bytes (count, ...), at least one for each picture."""
    if name not in response.outputs:
        raise ContractBroken(f"the answer has no output {name!r}")
    tensor = response.outputs[name]
    if tensor.dtype != _DTYPES[name]:
        raise ContractBroken(f"output {name!r} is {types_pb2.DataType.Name(tensor.dtype)}")
    shape = tuple(dimension.size for dimension in tensor.tensor_shape.dim)
    # TensorFlow Serving answers in the typed fields, never in tensor_content.
    values = np.array(tensor.float_val if tensor.dtype == types_pb2.DT_FLOAT else tensor.string_val, object)
    rank = 1 + len(contract.HEATMAP_SHAPE) if name == contract.HEATMAP_OUTPUT else 2
    if len(shape) != rank or shape[0] != count or not values.size or values.size != math.prod(shape):
        raise ContractBroken(f"output {name!r} has shape {shape} and {values.size} values for {count} pictures")
    return values.reshape(shape)
