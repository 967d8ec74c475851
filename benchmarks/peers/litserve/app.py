"""LitServe with batching, two workers of the model.

PORT=5000 MODEL=model_repository/painting_genre/2 python app.py
"""

import os

import litserve
import numpy as np
import tensorflow as tf
from PIL import Image


class Genre(litserve.LitAPI):
    def setup(self, _device):
        self.loaded = tf.saved_model.load(os.environ["MODEL"])
        self.classify = self.loaded.signatures["serving_default"]
        self.classify(tf.zeros((1, 224, 224, 3)))

    def decode_request(self, request):
        picture = Image.open(request["image"].file).convert("RGB").resize((224, 224))
        return np.asarray(picture, np.float32) / 127.5 - 1

    def batch(self, inputs):
        return np.stack(inputs)

    def predict(self, pictures):
        answer = self.classify(tf.constant(pictures))
        return list(zip(answer["scores"].numpy(), answer["classes"].numpy(), strict=True))

    def unbatch(self, output):
        return output

    def encode_response(self, output):
        scores, genres = output
        best = int(scores.argmax())
        data = {"image_types_prediction": genres[best].decode(), "confidence": float(scores[best])}
        return {"status": {"code": 200, "message": "Success Predicting the Image"}, "data": data}


if __name__ == "__main__":
    api = Genre(max_batch_size=8, batch_timeout=0.01, api_path="/prediction")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=2)
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), num_api_servers=1, generate_client_file=False)
