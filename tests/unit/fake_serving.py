"""A model server in the test's own process, and what a failing one does."""

import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np

from gateway import contract
from gateway.serving.messages import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc, types_pb2

IMAGES = np.linspace(-1, 1, 2 * contract.IMAGE_BYTES // 4, dtype=np.float32).reshape(2, *contract.IMAGE_SHAPE)


class FakeServing(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers each picture from its first value; before that, fails with each of `failures` in turn."""

    def __init__(self):
        self.failures = []
        self.details = "at the model server's /secret/path"
        self.requests = []
        self.signature = contract.PREDICT_SIGNATURE
        self.seconds = 0.0
        # Whether it is a version with the outputs and the signature that one may lack.
        self.is_whole = False

    def Predict(self, request, context):  # noqa: N802 - gRPC's name
        self.requests.append(request)
        time.sleep(self.seconds)
        if self.failures:
            context.abort(self.failures.pop(0), self.details)
        tensor = request.inputs["image"]
        images = np.frombuffer(tensor.tensor_content, np.float32).reshape([dimension.size for dimension in tensor.tensor_shape.dim])
        answer = predict_pb2.PredictResponse()
        answer.model_spec.name = request.model_spec.name
        answer.model_spec.version.value = 7
        signature = request.model_spec.signature_name
        if signature == contract.SIMILAR_SIGNATURE:
            if not self.is_whole:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, 'Serving signature key "similar" not found.')
            write(answer, "work", np.tile(np.int32([3, 1]), (len(images), 1)))
            write(answer, "similarity", np.tile(np.float32([0.9, 0.5]), (len(images), 1)))
            write(answer, "works", np.tile(np.array([b"An Artist\tA Title", b"\t"], object), (len(images), 1)))
            return answer
        if signature == contract.EXPLAIN_SIGNATURE:
            write(answer, "heatmap", np.full((len(images), 7, 7), 0.25, np.float32))
        first = 0.5 + images[:, 0, 0, 0] / 4
        write(answer, "scores", np.stack([first, 1 - first], axis=1))
        write(answer, "classes", np.tile(np.array([b"First", b"Second"], object), (len(images), 1)))
        if self.is_whole and signature == contract.PREDICT_SIGNATURE:
            write(answer, "typicality", first)
            write(answer, "certain", first > 0.5)
            write(answer, "expected_accuracy", np.full(len(images), 0.5, np.float32))
        return answer

    def GetModelMetadata(self, request, context):  # noqa: N802 - gRPC's names
        signatures = get_model_metadata_pb2.SignatureDefMap()
        signature = signatures.signature_def[self.signature]
        for tensors, name, dtype, shape in (
            (signature.inputs, "image", types_pb2.DT_FLOAT, (-1, 224, 224, 3)),
            (signature.outputs, "scores", types_pb2.DT_FLOAT, (-1, 2)),
            (signature.outputs, "classes", types_pb2.DT_STRING, (-1, 2)),
        ):
            tensors[name].dtype = dtype
            for size in shape:
                tensors[name].tensor_shape.dim.add(size=size)
        answer = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)
        answer.metadata["signature_def"].Pack(signatures)
        return answer


def write(answer, name, values):
    """`values` as the output `name`, as TensorFlow Serving writes it."""
    dtype, field = {
        "f": (types_pb2.DT_FLOAT, "float_val"),
        "i": (types_pb2.DT_INT32, "int_val"),
        "b": (types_pb2.DT_BOOL, "bool_val"),
        "O": (types_pb2.DT_STRING, "string_val"),
    }[values.dtype.kind]
    output = answer.outputs[name]
    output.dtype = dtype
    for size in values.shape:
        output.tensor_shape.dim.add(size=size)
    getattr(output, field).extend(values.ravel().tolist())


def serve(servicer, port):
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server
