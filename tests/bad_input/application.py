"""The real application over a classifier that answers at once, for what is done to it with bad files."""

import time
from dataclasses import dataclass

import numpy as np
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.prediction import Explanation, Prediction, SimilarWork
from gateway.settings import Settings


class FixedClassifier:
    """Says one thing of every picture."""

    def classify(self, images: np.ndarray) -> list[Prediction]:
        assert images.shape[1:] == (224, 224, 3)
        assert images.dtype == np.float32
        assert np.abs(images).max() <= 1
        return [Prediction((("Abstract", 1.0),), "painting_genre", 1) for _ in images]

    def explain(self, images: np.ndarray) -> list[Explanation]:
        return [Explanation(prediction, ((0.5,) * 7,) * 7) for prediction in self.classify(images)]

    def similar(self, images: np.ndarray) -> list[tuple[SimilarWork, ...]]:
        return [()] * len(images)

    def genres(self) -> tuple[str, ...]:
        return ("Abstract",)

    def check(self) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """`seconds` are of this thread on its core, so that a busy machine makes no answer slower."""

    status: int
    seconds: float
    detail: str


def application(**settings: object) -> FlaskClient:
    """With the default settings, but for `settings`."""
    return create_app(Settings(**settings), FixedClassifier()).test_client()  # type: ignore[arg-type]


def multipart(data: bytes, name: str = "a.jpg") -> bytes:
    """The body of a form, in memory: werkzeug's own client would put it into a temporary file."""
    head = f'--boundary\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--boundary--\r\n"


def send(client: FlaskClient, data: bytes, path: str = "/prediction") -> Outcome:
    """What is answered to `data` as a picture. Everything but a PNG must be the envelope."""
    body = multipart(data)
    start = time.thread_time()
    answer = client.post(path, data=body, content_type="multipart/form-data; boundary=boundary")
    seconds = time.thread_time() - start
    detail = ""
    if answer.content_type == "application/json":
        assert answer.json["status"]["code"] == answer.status_code
        detail = answer.json["status"].get("detail", "")
    else:
        assert (answer.status_code, answer.content_type) == (200, "image/png")
    return Outcome(answer.status_code, seconds, detail)
