"""The application over a classifier that needs no model server, and the classifier that asks one, which a fake plays."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import png
import pytest
from flask.testing import FlaskClient
from service import free_port

from gateway.api import upload
from gateway.app import create_app
from gateway.prediction import Explanation, Prediction, SimilarWork
from gateway.settings import Settings


@dataclass
class FakeClassifier:
    """Answers from the brightness of the picture, so that an answer tells which picture it is for; or raises `error`.

    more: what the version tells of a prediction beside its scores. works: what it finds like each picture. asked: calls of any kind.
    """

    error: Exception | None = None
    version: int = 3
    seen: list[np.ndarray] = field(default_factory=list)
    names: tuple[str, ...] = ("Symbolism", "Light", "Abstract")
    asked: int = 0
    asked_for_genres: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    works: tuple[SimilarWork, ...] = ()

    def classify(self, images: np.ndarray) -> list[Prediction]:
        self.check()
        self.seen.append(images)
        light = [float((image.mean() + 1) / 2) for image in images]
        both = [tuple(sorted([("Light", x), ("Dark", 1 - x)], key=lambda pair: -pair[1])) for x in light]
        return [Prediction(scores, "painting_genre", self.version, **self.more) for scores in both]

    def similar(self, images: np.ndarray) -> list[tuple[SimilarWork, ...]]:
        self.check()
        self.seen.append(images)
        return [self.works] * len(images)

    def explain(self, images: np.ndarray) -> list[Explanation]:
        """All of the heat lies in one place, bottom left."""
        heatmap = (*[(0.0,) * 7] * 6, (1.0, *(0.0,) * 6))
        return [Explanation(prediction, heatmap) for prediction in self.classify(images)]

    def genres(self) -> tuple[str, ...]:
        self.check()
        self.asked_for_genres += 1
        return self.names

    def check(self) -> None:
        self.asked += 1
        if self.error:
            raise self.error


@pytest.fixture
def classifier() -> FakeClassifier:
    return FakeClassifier()


@pytest.fixture
def client(classifier: FakeClassifier, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(upload, "BATCH_BYTES", 2_000_000)
    return create_app(Settings(max_upload_bytes=200_000), classifier).test_client()


@pytest.fixture
def costly() -> bytes:
    """A small PNG whose header says that it has 40,000 x 40,000 pixels."""
    return png.file(png.header(40_000, 40_000), b"")


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def fake(port):
    from fake_serving import FakeServing, serve

    servicer = FakeServing()
    server = serve(servicer, port)
    yield servicer
    server.stop(0).wait()


@pytest.fixture
def serving(port):
    from gateway.serving.client import TensorFlowServing

    return TensorFlowServing(f"127.0.0.1:{port}", 60)
