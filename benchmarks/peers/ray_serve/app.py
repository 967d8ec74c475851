"""Ray Serve with `@serve.batch`, a replica a core.

PORT=5000 MODEL=model_repository/painting_genre/2 python app.py
"""

import asyncio
import os
import signal
import threading

import numpy as np
import ray
import tensorflow as tf
from PIL import Image
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=2, ray_actor_options={"num_cpus": 1}, max_ongoing_requests=32)
class Genre:
    def __init__(self, path: str):
        self.loaded = tf.saved_model.load(path)
        self.classify = self.loaded.signatures["serving_default"]
        self.classify(tf.zeros((1, 224, 224, 3)))

    @serve.batch(max_batch_size=8, batch_wait_timeout_s=0.01)
    async def predict(self, pictures: list[np.ndarray]) -> list[dict]:
        answer = await asyncio.to_thread(self.classify, tf.constant(np.stack(pictures)))
        found = []
        for scores, genres in zip(answer["scores"].numpy(), answer["classes"].numpy(), strict=True):
            best = int(scores.argmax())
            found.append({"image_types_prediction": genres[best].decode(), "confidence": float(scores[best])})
        return found

    async def __call__(self, request: Request) -> dict:
        form = await request.form()
        pixels = await asyncio.to_thread(decode, form["image"].file)
        return {"status": {"code": 200, "message": "Success Predicting the Image"}, "data": await self.predict(pixels)}


def decode(file) -> np.ndarray:
    picture = Image.open(file).convert("RGB").resize((224, 224))
    return np.asarray(picture, np.float32) / 127.5 - 1


if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # num_cpus=4: the proxy and the controller want room beside the replicas.
    ray.init(num_cpus=4, include_dashboard=False, object_store_memory=256 * 2**20, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["PORT"])})
    serve.run(Genre.bind(os.environ["MODEL"]), route_prefix="/prediction")
    stop.wait()
    ray.shutdown()
