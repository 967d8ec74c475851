"""BentoML with adaptive batching: a service that decodes, and behind it the model, whose batches BentoML forms.

MODEL=model_repository/painting_genre/2 bentoml serve app:Gateway --host 127.0.0.1 --port 5000
"""

import os

import bentoml
import numpy as np
import tensorflow as tf
from PIL.Image import Image


@bentoml.service(workers=1, traffic={"timeout": 60})
class Model:
    def __init__(self):
        self.loaded = tf.saved_model.load(os.environ["MODEL"])
        self.signature = self.loaded.signatures["serving_default"]
        self.signature(tf.zeros((1, 224, 224, 3)))

    @bentoml.api(batchable=True, max_batch_size=16)
    def classify(self, pictures: np.ndarray) -> list[dict]:
        answer = self.signature(tf.constant(pictures, tf.float32))
        found = []
        for scores, genres in zip(answer["scores"].numpy(), answer["classes"].numpy(), strict=True):
            best = int(scores.argmax())
            found.append({"image_types_prediction": genres[best].decode(), "confidence": float(scores[best])})
        return found


@bentoml.service(workers="cpu_count", traffic={"timeout": 60})
class Gateway:
    model = bentoml.depends(Model)

    @bentoml.api(route="/prediction")
    async def prediction(self, image: Image) -> dict:
        pixels = np.asarray(image.convert("RGB").resize((224, 224)), np.float32) / 127.5 - 1
        [data] = await self.model.to_async.classify(pixels[None])
        return {"status": {"code": 200, "message": "Success Predicting the Image"}, "data": data}
