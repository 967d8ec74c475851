"""What is sent to the model's signatures, and what comes back, held to contract.py: their description, and each answer."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gateway import contract
from gateway.prediction import Explanation, Prediction, SimilarWork
from gateway.serving.messages import get_model_metadata_pb2, model_pb2, predict_pb2, types_pb2

# The shape for one picture. None: as many as there are genres, or works.
_SHAPES: dict[str, tuple[int | None, ...]] = {
    contract.IMAGE_INPUT: contract.IMAGE_SHAPE,
    contract.SCORES_OUTPUT: (None,),
    contract.CLASSES_OUTPUT: (None,),
    contract.TYPICALITY_OUTPUT: (),
    contract.CERTAIN_OUTPUT: (),
    contract.EXPECTED_ACCURACY_OUTPUT: (),
    contract.HEATMAP_OUTPUT: contract.HEATMAP_SHAPE,
    contract.SIMILARITY_OUTPUT: (None,),
    contract.WORKS_OUTPUT: (None,),
}
_NEEDED = (contract.IMAGE_INPUT, contract.SCORES_OUTPUT, contract.CLASSES_OUTPUT)
_MAY_LACK = (contract.TYPICALITY_OUTPUT, contract.CERTAIN_OUTPUT, contract.EXPECTED_ACCURACY_OUTPUT)

# Those that are not float32.
_DTYPES = {
    contract.CLASSES_OUTPUT: types_pb2.DT_STRING,
    contract.CERTAIN_OUTPUT: types_pb2.DT_BOOL,
    contract.WORKS_OUTPUT: types_pb2.DT_STRING,
}
_FIELDS = {types_pb2.DT_FLOAT: "float_val", types_pb2.DT_STRING: "string_val", types_pb2.DT_BOOL: "bool_val"}

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
    for name in _NEEDED:
        if name not in tensors:
            raise ContractBroken(f"it has no output {name!r}, only {sorted(signature.outputs)}")
    for name in (*_NEEDED, *(name for name in _MAY_LACK if name in tensors)):
        shape = tuple(dimension.size for dimension in tensors[name].tensor_shape.dim)
        if tensors[name].dtype != _dtype(name) or not _fits(shape, (-1, *_SHAPES[name])):
            raise ContractBroken(f"{name!r} is {types_pb2.DataType.Name(tensors[name].dtype)} {list(shape)}")


def predictions(response: predict_pb2.PredictResponse, count: int) -> list[Prediction]:
    """The answer to a Predict call with `count` pictures. Raises ContractBroken where it is not what the contract says."""
    scores = _floats(response, contract.SCORES_OUTPUT, count)
    classes = _values(response, contract.CLASSES_OUTPUT, count)
    if scores.shape != classes.shape:
        raise ContractBroken(f"scores have shape {scores.shape} and classes {classes.shape}")
    best_first = np.argsort(-scores, axis=1, kind="stable")
    spec = response.model_spec
    typicality = _floats_or_none(response, contract.TYPICALITY_OUTPUT, count)
    certain = _values(response, contract.CERTAIN_OUTPUT, count).tolist() if contract.CERTAIN_OUTPUT in response.outputs else [None] * count
    accuracy = _floats_or_none(response, contract.EXPECTED_ACCURACY_OUTPUT, count)
    return [
        Prediction(
            tuple((_text(classes[row, column]), float(scores[row, column])) for column in order),
            spec.name,
            spec.version.value,
            typicality[row],
            certain[row],
            accuracy[row],
        )
        for row, order in enumerate(best_first)
    ]


def explanations(response: predict_pb2.PredictResponse, count: int) -> list[Explanation]:
    """The answer of the signature explain, else as `predictions`."""
    heatmaps = _floats(response, contract.HEATMAP_OUTPUT, count)
    rows = [tuple(tuple(row) for row in heatmap) for heatmap in heatmaps.tolist()]
    return [Explanation(prediction, heatmap) for prediction, heatmap in zip(predictions(response, count), rows, strict=True)]


def similar_works(response: predict_pb2.PredictResponse, count: int) -> list[tuple[SimilarWork, ...]]:
    """The answer of the signature similar, else as `predictions`."""
    similarity = _floats(response, contract.SIMILARITY_OUTPUT, count, least=-1)
    works = _values(response, contract.WORKS_OUTPUT, count)
    if similarity.shape != works.shape:
        raise ContractBroken(f"similarity has shape {similarity.shape} and works {works.shape}")
    return [tuple(_work(work, float(value)) for work, value in zip(works[row], similarity[row], strict=True)) for row in range(count)]


def genres(response: predict_pb2.PredictResponse, count: int) -> tuple[str, ...]:
    """The names of the scores, in the model's order, which is the same for each of the `count` pictures. Else as `predictions`."""
    return tuple(_text(name) for name in _values(response, contract.CLASSES_OUTPUT, count)[0])


def _work(value: bytes, similarity: float) -> SimilarWork:
    artist, _, title = _text(value).partition("\t")
    return SimilarWork(artist, title, similarity)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ContractBroken(f"a name is no UTF-8: {value!r}") from error


def _floats_or_none(response: predict_pb2.PredictResponse, name: str, count: int) -> list[float] | list[None]:
    """The output `name`, one float for each picture; None for each where the version has no such output."""
    return _floats(response, name, count).tolist() if name in response.outputs else [None] * count


def _floats(response: predict_pb2.PredictResponse, name: str, count: int, least: float = 0) -> npt.NDArray[np.float32]:
    """The output `name`, each of its values in [least, 1]."""
    values: npt.NDArray[np.float32] = np.array(_values(response, name, count), np.float32)
    # False for NaN too. What the rounding of a sum may add is no fault.
    if not ((values >= least - ROUNDING) & (values <= 1 + ROUNDING)).all():
        raise ContractBroken(f"{name} is not all in [{least}, 1]")
    return values.clip(least, 1)


def _values(response: predict_pb2.PredictResponse, name: str, count: int) -> npt.NDArray[np.object_]:
    """The output `name` as Python floats, booleans or bytes (count, ...), at least one for each picture."""
    if name not in response.outputs:
        raise ContractBroken(f"the answer has no output {name!r}")
    tensor = response.outputs[name]
    if tensor.dtype != _dtype(name):
        raise ContractBroken(f"output {name!r} is {types_pb2.DataType.Name(tensor.dtype)}")
    shape = tuple(dimension.size for dimension in tensor.tensor_shape.dim)
    # TensorFlow Serving answers in the typed fields, never in tensor_content.
    values = np.array(getattr(tensor, _FIELDS[tensor.dtype]), object)
    if not _fits(shape, (count, *_SHAPES[name])) or not values.size or values.size != math.prod(shape):
        raise ContractBroken(f"output {name!r} has shape {shape} and {values.size} values for {count} pictures")
    return values.reshape(shape)


def _dtype(name: str) -> int:
    return int(_DTYPES.get(name, types_pb2.DT_FLOAT))


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(want in (None, size) for want, size in zip(wanted, shape, strict=True))
