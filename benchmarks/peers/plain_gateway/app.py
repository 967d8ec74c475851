"""What one would write first: the same gateway in thirty lines, in the environment of the gateway itself.

    RAGAM_SERVING=127.0.0.1:8500 gunicorn --worker-class=gthread --threads=8 app:app

The generated stubs are imported as they are, the picture is decoded whole, every request opens a channel of its own, and gunicorn and
glibc are left at their defaults.
"""

import os

import grpc
import numpy as np
from flask import Flask, Response, jsonify, request
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

app = Flask(__name__)


@app.get("/readyz")
def ready() -> Response:
    return jsonify(status="ok")


@app.post("/prediction")
def prediction() -> Response:
    pixels = np.asarray(Image.open(request.files["image"].stream).convert("RGB").resize((224, 224)), np.float32)
    message = predict_pb2.PredictRequest()
    message.model_spec.name = "painting_genre"
    tensor = message.inputs["image"]
    tensor.dtype = 1
    for size in (1, 224, 224, 3):
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = (pixels / 127.5 - 1).tobytes()
    with grpc.insecure_channel(os.environ["RAGAM_SERVING"], options=[("grpc.enable_http_proxy", 0)]) as channel:
        answer = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(message, timeout=30)
    scores = list(answer.outputs["scores"].float_val)
    best = int(np.argmax(scores))
    data = {"image_types_prediction": answer.outputs["classes"].string_val[best].decode(), "confidence": scores[best]}
    return jsonify({"status": {"code": 200, "message": "Success Predicting the Image"}, "data": data})
