"""The routes that tell the genre of pictures. Thin: read, preprocess, classify, envelope."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, current_app, g, request

from gateway import envelope
from gateway.errors import BadQuery, BadUpload, RagamError, TooLarge
from gateway.metrics import UPLOAD_BYTES, UPLOAD_PIXELS, note_answer, stage
from gateway.prediction import Classifier, Prediction
from gateway.preprocess import open_picture, to_pixels, to_tensor
from gateway.settings import Settings
from gateway.uploads import list_uploads, read_picture, read_upload

views = Blueprint("views", __name__)

PREDICTED = "Success Predicting the Image"


@views.post("/prediction")
def prediction() -> Response:
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = current_app.extensions["classifier"]
    details = _wants_details()
    images = _tensor(read_picture(request, settings.max_upload_bytes), settings)[None]
    with stage("predict", g.fields):
        [answer] = classifier.classify(images)
    g.fields.update(genre=answer.genre, version=answer.version)
    return envelope.success(PREDICTED, _data(answer, details, settings))


@views.post("/predictions")
def predictions() -> Response:
    """Each picture is decoded and let go of before the next, and all that could be read go to the model in one call."""
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = current_app.extensions["classifier"]
    details = _wants_details()
    uploads = list_uploads(request, settings.max_batch_bytes)
    outcomes: list[npt.NDArray[np.float32] | RagamError] = []
    for upload in uploads:
        try:
            outcomes.append(_tensor(read_upload(upload, settings.max_upload_bytes), settings))
        except (BadUpload, TooLarge) as error:
            outcomes.append(error)
    images = [outcome for outcome in outcomes if not isinstance(outcome, RagamError)]
    g.fields.update(pictures=len(uploads), readable=len(images))
    answers: Iterator[Prediction] = iter(())
    if images:
        with stage("predict", g.fields):
            answers = iter(classifier.classify(np.stack(images)))
    entries = []
    for upload, outcome in zip(uploads, outcomes, strict=True):
        file = upload.filename or ""
        if isinstance(outcome, RagamError):
            entries.append(envelope.bad_entry(file, outcome))
        else:
            entries.append(envelope.good_entry(file, PREDICTED, _data(next(answers), details, settings)))
    return envelope.success("Success Predicting the Images", entries)


def _wants_details() -> bool:
    """The parameter `details`. Raises BadQuery where it is neither true nor false."""
    value = request.args.get("details", "false")
    if value not in ("true", "false"):
        raise BadQuery("details", "true or false")
    return value == "true"


def _tensor(data: bytes, settings: Settings) -> npt.NDArray[np.float32]:
    """The model's input for one picture, float32 (224, 224, 3)."""
    UPLOAD_BYTES.observe(len(data))
    g.fields["bytes"] = g.fields.get("bytes", 0) + len(data)
    with stage("decode", g.fields):
        picture = open_picture(data, settings.max_pixels)
        UPLOAD_PIXELS.observe(picture.width * picture.height)
        return to_tensor(to_pixels(picture))


def _data(answer: Prediction, details: bool, settings: Settings) -> dict[str, Any]:
    note_answer(answer.genre, answer.version, answer.confidence)
    if details:
        return envelope.detailed_prediction_data(answer, settings.certain_from)
    return envelope.prediction_data(answer)
