"""The routes that tell the genre of pictures. Thin: read, preprocess, classify, envelope."""

from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Any

import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, current_app, g, request

from gateway import envelope
from gateway.cache import AnswerCache
from gateway.errors import BadQuery, BadUpload, RagamError, TooLarge
from gateway.metrics import PREDICTIONS, UPLOAD_BYTES, stage
from gateway.prediction import Classifier, Prediction
from gateway.preprocess import open_picture, to_pixels, to_tensor
from gateway.rate_limits import count_pictures
from gateway.settings import Settings
from gateway.uploads import list_uploads, read_picture, read_upload

views = Blueprint("views", __name__)

PREDICTED = "Success Predicting the Image"


@views.post("/prediction")
def prediction() -> Response:
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = current_app.extensions["classifier"]
    answers: AnswerCache = current_app.extensions["answers"]
    details = _wants_details()
    data = _noted(read_picture(request, settings.max_upload_bytes))
    key = answers.key(data)
    answer = answers.find(key)
    if answer is None:
        images = _tensor(data, settings)[None]
        with stage("predict", g.fields):
            [answer] = classifier.classify(images)
        answers.keep(key, answer)
    g.fields.update(genre=answer.genre, version=answer.version)
    return envelope.success(PREDICTED, _data(answer, details, settings))


@views.post("/predictions")
def predictions() -> Response:
    """Each picture is decoded and let go of before the next, and all that could be read go to the model in one call."""
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = current_app.extensions["classifier"]
    answers: AnswerCache = current_app.extensions["answers"]
    details = _wants_details()
    uploads = list_uploads(request, settings.max_batch_bytes)
    count_pictures(len(uploads))
    keys: list[bytes | None] = []
    outcomes: list[Prediction | npt.NDArray[np.float32] | RagamError] = []
    for upload in uploads:
        key = None
        try:
            data = _noted(read_upload(upload, settings.max_upload_bytes))
            key = answers.key(data)
            outcomes.append(answers.find(key) or _tensor(data, settings))
        except (BadUpload, TooLarge) as error:
            outcomes.append(error)
        keys.append(key)
    images = [outcome for outcome in outcomes if isinstance(outcome, np.ndarray)]
    g.fields.update(pictures=len(uploads), readable=sum(not isinstance(outcome, RagamError) for outcome in outcomes))
    classified: Iterator[Prediction] = iter(())
    if images:
        with stage("predict", g.fields):
            classified = iter(classifier.classify(np.stack(images)))
    entries = []
    for upload, key, outcome in zip(uploads, keys, outcomes, strict=True):
        file = upload.filename or ""
        if isinstance(outcome, RagamError):
            entries.append(envelope.bad_entry(file, outcome))
            continue
        if isinstance(outcome, Prediction):
            answer = outcome
        else:
            answer = next(classified)
            answers.keep(key, answer)
        entries.append(envelope.good_entry(file, PREDICTED, _data(answer, details, settings)))
    return envelope.success("Success Predicting the Images", entries)


def _wants_details() -> bool:
    """The parameter `details`. Raises BadQuery where it is neither true nor false."""
    value = request.args.get("details", "false")
    if value not in ("true", "false"):
        raise BadQuery("details", "true or false")
    return value == "true"


def _noted(data: bytes) -> bytes:
    UPLOAD_BYTES.inc(len(data))
    g.fields["bytes"] = g.fields.get("bytes", 0) + len(data)
    return data


def _tensor(data: bytes, settings: Settings) -> npt.NDArray[np.float32]:
    """The model's input for one picture, float32 (224, 224, 3)."""
    decoders: BoundedSemaphore = current_app.extensions["decoders"]
    with decoders, stage("decode", g.fields):
        return to_tensor(to_pixels(open_picture(data, settings.max_pixels)))


def _data(answer: Prediction, details: bool, settings: Settings) -> dict[str, Any]:
    PREDICTIONS.labels(answer.genre, answer.version).inc()
    if details:
        return envelope.detailed_prediction_data(answer, settings.certain_from)
    return envelope.prediction_data(answer)
