"""A model server in the test's own process, which fails as a test tells it.

    python -m tests.unit.fake_serving HOST PORT

is one in a process of its own, for a test that breaks what is around it.
"""

import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np

from gateway import contract
from gateway.serving.messages import get_model_metadata_pb2, predict_pb2, types_pb2

IMAGES = np.linspace(-1, 1, 2 * contract.IMAGE_BYTES // 4, dtype=np.float32).reshape(2, *contract.IMAGE_SHAPE)


class FakeServing(grpc.GenericRpcHandler):
    """Answers each picture from its first value; before that, fails with each of `failures` in turn."""

    def __init__(self):
        self.requests = deque(maxlen=100)
        self.calls = 0
        self.is_well()

    def is_well(self):
        """As at first, whatever a test has told it."""
        self.failures, self.details = [], "at the model server's /secret/path"
        self.seconds = 0.0
        # What is done to a good answer; what is sent in place of one.
        self.edit, self.raw = lambda answer: None, None
        self.signature = contract.PREDICT_SIGNATURE
        # Whether it is a version with the outputs and the signature that one may lack.
        self.is_whole = False

    def service(self, details):
        """As grpc.GenericRpcHandler has it; the answer is bytes, so that it may be no message at all."""
        found = {
            "Predict": (self.predict, predict_pb2.PredictRequest),
            "GetModelMetadata": (self.metadata, get_model_metadata_pb2.GetModelMetadataRequest),
        }.get(details.method.rpartition("/")[2])
        return found and grpc.unary_unary_rpc_method_handler(found[0], found[1].FromString)

    def predict(self, request, context):
        self.requests.append(request)
        self.calls += 1
        time.sleep(self.seconds)
        if self.failures:
            context.abort(self.failures.pop(0), self.details)
        answer = self.answer(request, context)
        self.edit(answer)
        return answer.SerializeToString() if self.raw is None else self.raw

    def answer(self, request, context):
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

    def metadata(self, request, context):
        signatures = get_model_metadata_pb2.SignatureDefMap()
        signature = signatures.signature_def[self.signature]
        for tensors, name, dtype, shape in (
            (signature.inputs, contract.IMAGE_INPUT, types_pb2.DT_FLOAT, (-1, 224, 224, 3)),
            (signature.outputs, "scores", types_pb2.DT_FLOAT, (-1, 2)),
            (signature.outputs, "classes", types_pb2.DT_STRING, (-1, 2)),
        ):
            tensors[name].dtype = dtype
            for size in shape:
                tensors[name].tensor_shape.dim.add(size=size)
        answer = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)
        answer.metadata["signature_def"].Pack(signatures)
        return answer.SerializeToString()


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


def serve(servicer, port, host="127.0.0.1"):
    server = grpc.server(ThreadPoolExecutor(32), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((servicer,))
    server.add_insecure_port(f"{host}:{port}")
    server.start()
    return server


if __name__ == "__main__":
    serve(FakeServing(), sys.argv[2], sys.argv[1]).wait_for_termination()
