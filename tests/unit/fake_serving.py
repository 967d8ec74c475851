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
        heatmaps = [("heatmap", types_pb2.DT_FLOAT, [0.25] * 49 * len(images))] if request.model_spec.signature_name == "explain" else []
        for name, dtype, values in (
            *heatmaps,
            ("scores", types_pb2.DT_FLOAT, [v for image in images for v in (0.5 + image[0, 0, 0] / 4, 0.5 - image[0, 0, 0] / 4)]),
            ("classes", types_pb2.DT_STRING, [b"First", b"Second"] * len(images)),
        ):
            output = answer.outputs[name]
            output.dtype = dtype
            for size in (len(images), 7, 7) if name == "heatmap" else (len(images), 2):
                output.tensor_shape.dim.add(size=size)
            (output.float_val if dtype == types_pb2.DT_FLOAT else output.string_val).extend(values)
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


def serve(servicer, port):
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server
