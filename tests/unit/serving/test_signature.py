"""What a model's signature and answers must be, and what is said or refused where they are not."""

from itertools import product

import numpy as np
import pytest
from fake_serving import write

from gateway import contract
from gateway.serving.messages import get_model_metadata_pb2, predict_pb2, types_pb2
from gateway.serving.signature import (
    ContractBroken,
    compare,
    explanations,
    genres,
    model_spec,
    predict_request,
    predictions,
    similar_works,
)

FLOAT, STRING, BOOL = types_pb2.DT_FLOAT, types_pb2.DT_STRING, types_pb2.DT_BOOL
GOOD = {"image": (FLOAT, (-1, 224, 224, 3)), "scores": (FLOAT, (-1, 7)), "classes": (STRING, (-1, 7))}
MORE = {"typicality": (FLOAT, (-1,)), "certain": (BOOL, (-1,)), "expected_accuracy": (FLOAT, (-1,))}


def signatures(tensors, name="serving_default"):
    result = get_model_metadata_pb2.SignatureDefMap()
    signature = result.signature_def[name]
    for key, (dtype, shape) in tensors.items():
        info = (signature.inputs if key.startswith("image") else signature.outputs)[key]
        info.dtype = dtype
        for size in shape:
            info.tensor_shape.dim.add(size=size)
    return result


@pytest.mark.parametrize("extra", [{}, {"heatmap": (FLOAT, (-1, 7, 7))}, {"scores": (FLOAT, (-1, -1))}, MORE])
def test_a_signature_that_keeps_the_contract(extra):
    compare(signatures({**GOOD, **extra}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": (FLOAT, (-1, 299, 299, 3))}, "299"),
        ({"image": (FLOAT, (224, 224, 3))}, "'image' is DT_FLOAT"),
        ({"image2": (FLOAT, (-1, 1))}, "image2"),
        ({"classes": (FLOAT, (-1, 7))}, "'classes'"),
        ({"classes": None}, "no output 'classes'"),
        ({"typicality": (FLOAT, (-1, 1))}, "'typicality' is DT_FLOAT [-1, 1]"),
        ({"image": None}, "its inputs are []"),
    ],
)
def test_what_breaks_the_contract_is_said(change, said):
    with pytest.raises(ContractBroken) as caught:
        compare(signatures({name: value for name, value in {**GOOD, **change}.items() if value}))
    assert said in str(caught.value)


def strings(*rows):
    return np.array([[text.encode() if isinstance(text, str) else text for text in row] for row in rows], object)


ONE = {"scores": np.float32([[0.1, 0.9]]), "classes": strings("AB")}
MAP = {**ONE, "heatmap": np.float32(np.arange(49) / 48).reshape(1, 7, 7)}
WORK = {"similarity": np.float32([[0.9]]), "works": strings(["a\tb"])}


def answer(outputs):
    result = predict_pb2.PredictResponse()
    for name, values in outputs.items():
        if values is not None:
            write(result, name, values)
    return result


def test_scores_come_best_first_with_their_genres_and_genres_in_the_model_s_order():
    [prediction] = predictions(answer(ONE), 1)
    assert prediction.scores == (("B", pytest.approx(0.9)), ("A", pytest.approx(0.1)))
    assert genres(answer({**ONE, "classes": strings("BA")}), 1) == ("B", "A")


def test_a_heat_map_lies_beside_its_prediction_row_by_row():
    [explanation] = explanations(answer(MAP), 1)
    assert explanation.prediction == predictions(answer(ONE), 1)[0]
    assert np.array(explanation.heatmap) == pytest.approx(MAP["heatmap"][0])


@pytest.mark.parametrize(
    ("read", "good", "change"),
    [
        (predictions, ONE, {"scores": None}),
        (predictions, ONE, {"classes": None}),
        (predictions, ONE, {"scores": np.float32([[0.1, np.nan]])}),
        (predictions, ONE, {"scores": np.float32([[-0.1, 1.1]])}),
        (predictions, ONE, {"classes": strings([b"A", b"\xff"])}),
        (predictions, ONE, {"scores": np.float32([[0.1]])}),
        (predictions, ONE, {"scores": np.float32([[0.1], [0.9]]), "classes": strings("A", "B")}),
        (predictions, ONE, {"scores": np.float32([0.1, 0.9]), "classes": strings("AB")[0]}),
        (predictions, ONE, {"scores": np.zeros((1, 0), np.float32), "classes": np.empty((1, 0), object)}),
        (predictions, ONE, {"scores": np.int32([[0, 1]])}),
        # What an answer need not hold must be right where it does.
        (predictions, ONE, {"typicality": np.float32([1.1])}),
        (predictions, ONE, {"certain": np.float32([1])}),
        (predictions, ONE, {"expected_accuracy": np.float32([[0.5]])}),
        (explanations, MAP, {"heatmap": None}),
        (explanations, MAP, {"heatmap": np.zeros((1, 6, 6), np.float32)}),
        (explanations, MAP, {"heatmap": np.zeros((2, 7, 7), np.float32)}),
        (explanations, MAP, {"heatmap": MAP["heatmap"] * np.float32(1.01)}),
        (explanations, MAP, {"heatmap": MAP["heatmap"] * np.float32(np.nan)}),
        (similar_works, WORK, {"works": strings([b"\xff\ta"])}),
        (similar_works, WORK, {"similarity": np.float32([[0.9, 0.8]])}),
        (similar_works, WORK, {"similarity": np.float32([[1.1]])}),
        (similar_works, WORK, {"similarity": np.zeros((1, 0), np.float32), "works": np.empty((1, 0), object)}),
    ],
)
def test_an_answer_that_breaks_the_contract(read, good, change):
    assert read(answer(good), 1)
    with pytest.raises(ContractBroken):
        read(answer({**good, **change}), 1)


def test_fewer_values_than_the_shape_says_break_the_contract():
    for name, field in (("scores", "float_val"), ("classes", "string_val"), ("heatmap", "float_val")):
        broken = answer(MAP)
        getattr(broken.outputs[name], field).pop()
        with pytest.raises(ContractBroken):
            explanations(broken, 1)


@pytest.mark.parametrize("count", [1, contract.MAX_BATCH])
def test_the_bytes_are_those_of_protobuf(count):
    # Every second one, so that they do not lie side by side in memory.
    images = np.random.default_rng(count).uniform(-1, 1, (2 * count, *contract.IMAGE_SHAPE)).astype(np.float32)[::2]
    for label, signature in product(("", "canary"), (contract.PREDICT_SIGNATURE, contract.EXPLAIN_SIGNATURE)):
        message = predict_pb2.PredictRequest(model_spec=model_spec(label, signature))
        tensor = message.inputs[contract.IMAGE_INPUT]
        tensor.dtype = types_pb2.DT_FLOAT
        for size in images.shape:
            tensor.tensor_shape.dim.add(size=size)
        tensor.tensor_content = images.tobytes()
        assert predict_request(images, label, signature) == message.SerializeToString()
