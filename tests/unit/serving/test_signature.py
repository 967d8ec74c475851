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

FLOAT, STRING, DOUBLE, BOOL = types_pb2.DT_FLOAT, types_pb2.DT_STRING, types_pb2.DT_DOUBLE, types_pb2.DT_BOOL
GOOD = {"image": (FLOAT, (-1, 224, 224, 3)), "scores": (FLOAT, (-1, 7)), "classes": (STRING, (-1, 7))}


def signatures(tensors, name="serving_default"):
    result = get_model_metadata_pb2.SignatureDefMap()
    signature = result.signature_def[name]
    for key, (dtype, shape) in tensors.items():
        info = (signature.inputs if key.startswith("image") else signature.outputs)[key]
        info.dtype = dtype
        for size in shape:
            info.tensor_shape.dim.add(size=size)
    return result


def answer(scores=(0.1, 0.9), classes=(b"A", b"B"), shape=(1, 2), dtype=FLOAT):
    result = predict_pb2.PredictResponse()
    for name, kind, values in (("scores", dtype, scores), ("classes", STRING, classes)):
        if values is None:
            continue
        tensor = result.outputs[name]
        tensor.dtype = kind
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        (tensor.string_val if kind == STRING else tensor.float_val).extend(values)
    return result


MORE = {"typicality": (FLOAT, (-1,)), "certain": (BOOL, (-1,)), "expected_accuracy": (FLOAT, (-1,))}


@pytest.mark.parametrize("extra", [{}, {"heatmap": (FLOAT, (-1, 7, 7))}, {"scores": (FLOAT, (-1, -1))}, MORE])
def test_a_signature_that_keeps_the_contract(extra):
    compare(signatures({**GOOD, **extra}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": (FLOAT, (-1, 299, 299, 3))}, "299"),
        ({"image": (DOUBLE, (-1, 224, 224, 3))}, "DT_DOUBLE"),
        ({"image": (FLOAT, (224, 224, 3))}, "'image' is DT_FLOAT"),
        ({"image2": (FLOAT, (-1, 1))}, "image2"),
        ({"scores": (FLOAT, (7,))}, "'scores'"),
        ({"classes": (FLOAT, (-1, 7))}, "'classes'"),
        ({"classes": None}, "no output 'classes'"),
        ({"certain": (FLOAT, (-1,))}, "'certain' is DT_FLOAT"),
        ({"typicality": (FLOAT, (-1, 1))}, "'typicality' is DT_FLOAT [-1, 1]"),
        ({"image": None}, "its inputs are []"),
    ],
)
def test_what_breaks_the_contract_is_said(change, said):
    tensors = {name: value for name, value in {**GOOD, **change}.items() if value}
    with pytest.raises(ContractBroken) as caught:
        compare(signatures(tensors))
    assert said in str(caught.value)


def test_another_signature_is_not_enough():
    with pytest.raises(ContractBroken):
        compare(signatures(GOOD, "predict"))


def test_scores_come_best_first_with_their_genres():
    [prediction] = predictions(answer(), 1)
    assert [genre for genre, _ in prediction.scores] == ["B", "A"]
    assert prediction.confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    "broken",
    [
        answer(scores=None),
        answer(classes=None),
        answer(scores=(0.1, np.nan)),
        answer(scores=(0.1, np.inf)),
        answer(scores=(-0.1, 1.1)),
        answer(classes=(b"A", b"\xff")),
        answer(scores=(0.1,)),
        answer(shape=(2, 1)),
        answer(shape=(2,)),
        answer(scores=(), classes=(), shape=(1, 0)),
        answer(dtype=DOUBLE),
        predict_pb2.PredictResponse(),
    ],
)
def test_an_answer_that_breaks_the_contract(broken):
    with pytest.raises(ContractBroken):
        predictions(broken, 1)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("typicality", np.float32([1.1])),
        ("typicality", np.float32([np.nan])),
        ("typicality", np.float32([0.5, 0.5])),
        ("certain", np.float32([1])),
        ("expected_accuracy", np.float32([[0.5]])),
        ("expected_accuracy", np.float32([-0.1])),
    ],
)
def test_what_an_answer_need_not_hold_must_be_right_where_it_does(name, values):
    broken = answer()
    write(broken, name, values)
    with pytest.raises(ContractBroken):
        predictions(broken, 1)


@pytest.mark.parametrize(
    ("similarity", "works"),
    [
        (np.float32([[0.9]]), np.array([[b"\xff\ta"]], object)),
        (np.float32([[0.9, 0.8]]), np.array([[b"a\tb"]], object)),
        (np.float32([[1.1]]), np.array([[b"a\tb"]], object)),
        (np.float32([[np.nan]]), np.array([[b"a\tb"]], object)),
        (np.float32([0.9]), np.array([b"a\tb"], object)),
        (np.zeros((1, 0), np.float32), np.empty((1, 0), object)),
    ],
)
def test_similar_works_that_break_the_contract(similarity, works):
    broken = predict_pb2.PredictResponse()
    write(broken, "similarity", similarity)
    write(broken, "works", works)
    with pytest.raises(ContractBroken):
        similar_works(broken, 1)


def with_heatmap(values, shape=(1, 7, 7), dtype=FLOAT):
    result = answer()
    tensor = result.outputs["heatmap"]
    tensor.dtype = dtype
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.float_val.extend(values)
    return result


def test_a_heat_map_lies_beside_its_prediction():
    [explanation] = explanations(with_heatmap(np.arange(49) / 48), 1)
    assert explanation.prediction == predictions(answer(), 1)[0]
    assert [len(row) for row in explanation.heatmap] == [7] * 7
    assert explanation.heatmap[0][0] == 0
    assert explanation.heatmap[1][0] == pytest.approx(7 / 48)
    assert explanation.heatmap[6][6] == 1


@pytest.mark.parametrize(
    "broken",
    [
        answer(),
        with_heatmap([0] * 48),
        with_heatmap([0] * 36, (1, 6, 6)),
        with_heatmap([0] * 49, (1, 49)),
        with_heatmap([0] * 98, (2, 7, 7)),
        with_heatmap([0] * 48 + [1.01]),
        with_heatmap([0] * 48 + [-0.01]),
        with_heatmap([0] * 48 + [np.nan]),
        with_heatmap([], dtype=DOUBLE),
    ],
)
def test_a_heat_map_that_breaks_the_contract(broken):
    with pytest.raises(ContractBroken):
        explanations(broken, 1)


def test_genres_keep_the_model_s_order():
    assert genres(answer(scores=(0.1, 0.9), classes=(b"B", b"A")), 1) == ("B", "A")
    with pytest.raises(ContractBroken):
        genres(answer(classes=None), 1)


@pytest.mark.parametrize("signature", [contract.PREDICT_SIGNATURE, contract.EXPLAIN_SIGNATURE])
@pytest.mark.parametrize("label", ["", "canary"])
@pytest.mark.parametrize("count", [1, 2, contract.MAX_BATCH])
def test_the_bytes_are_those_of_protobuf(count, label, signature):
    images = np.random.default_rng(count).uniform(-1, 1, (count, *contract.IMAGE_SHAPE)).astype(np.float32)
    message = predict_pb2.PredictRequest(model_spec=model_spec(label, signature))
    tensor = message.inputs[contract.IMAGE_INPUT]
    tensor.dtype = types_pb2.DT_FLOAT
    for size in images.shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = images.tobytes()
    sent = predict_request(images, label, signature)
    assert sent == message.SerializeToString()
    assert predict_pb2.PredictRequest.FromString(sent) == message


def test_pictures_that_do_not_lie_side_by_side_in_memory():
    images = np.random.default_rng(0).uniform(-1, 1, (4, *contract.IMAGE_SHAPE)).astype(np.float32)[::2]
    sent = predict_pb2.PredictRequest.FromString(predict_request(images, "", contract.PREDICT_SIGNATURE))
    assert sent.inputs[contract.IMAGE_INPUT].tensor_content == images.tobytes()


@pytest.mark.parametrize(
    "images",
    [np.zeros(contract.IMAGE_SHAPE, np.float32), np.zeros((1, *contract.IMAGE_SHAPE)), np.zeros((1, 100, 100, 3), np.float32)],
)
def test_what_the_model_does_not_take_is_not_sent(images):
    with pytest.raises(ValueError, match=r"^images must be float32 \(n, 224, 224, 3\), not "):
        predict_request(images, "", contract.PREDICT_SIGNATURE)
