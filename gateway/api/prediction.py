"""The routes that tell the genre of pictures. Thin: read, preprocess, classify, envelope."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, current_app, g, request

from gateway.api import envelope
from gateway.api.decode_queue import Decoders
from gateway.api.upload import list_uploads, most_body_bytes, read_picture, read_upload, request_bytes, stop_if_abandoned
from gateway.auth.rate_limit import count_pictures
from gateway.errors import BadQuery, BadUpload, RagamError, TooLarge, UnknownParameter
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.limits import Budget
from gateway.picture.preprocess import to_pixels, to_tensor
from gateway.picture.statistics import picture_statistics
from gateway.prediction import Classifier, Prediction
from gateway.settings import Settings
from gateway.telemetry.metrics import UPLOAD_BYTES, UPLOAD_PIXELS, note_answer, note_statistics, stage

views = Blueprint("views", __name__)

TRUE, FALSE = {"true", "1", "yes", "on", ""}, {"false", "0", "no", "off"}

PREDICTED = "Success Predicting the Image"


@dataclass(frozen=True)
class Decoded:
    """A picture as the model takes it, float32 (224, 224, 3), and its statistics."""

    tensor: npt.NDArray[np.float32]
    statistics: dict[str, float]


@views.post("/prediction")
def prediction() -> Response:
    settings: Settings = current_app.extensions["settings"]
    details = _wants_details()
    data = read_picture(request, settings.max_upload_bytes)
    [answer] = _classify([_decode(data, settings, Budget(len(data)))])
    g.fields.update(genre=answer.genre, version=answer.version)
    return envelope.success(PREDICTED, _data(answer, details, settings))


@views.post("/predictions")
def predictions() -> Response:
    """Each picture is decoded and let go of before the next, and all that could be read go to the model in one call a version.

    What they may cost together grows with the request, and whatever is beyond it is told to come by itself.
    """
    settings: Settings = current_app.extensions["settings"]
    details = _wants_details()
    uploads = list_uploads(request, most_body_bytes(settings))
    count_pictures(len(uploads))
    budget = Budget(request_bytes(uploads))
    outcomes: list[Decoded | RagamError] = []
    for upload in uploads:
        stop_if_abandoned(request)
        try:
            outcomes.append(_decode(read_upload(upload, settings.max_upload_bytes), settings, budget))
        except (BadUpload, TooLarge) as error:
            # Its traceback, and its cause's, holds this frame with the whole request, and this frame would hold it: all would stay in
            # memory until a collection of garbage, which counts objects and no bytes.
            error.__traceback__ = error.__cause__ = error.__context__ = None
            outcomes.append(error)
    readable = [outcome for outcome in outcomes if not isinstance(outcome, RagamError)]
    g.fields.update(pictures=len(uploads), readable=len(readable))
    answers = iter(_classify(readable))
    entries = []
    for upload, outcome in zip(uploads, outcomes, strict=True):
        file = upload.filename or ""
        if isinstance(outcome, RagamError):
            entries.append(envelope.bad_entry(file, outcome))
        else:
            entries.append(envelope.good_entry(file, PREDICTED, _data(next(answers), details, settings)))
    return envelope.success("Success Predicting the Images", entries)


def _wants_details() -> bool:
    """The parameter `details`, as people and libraries write a truth value; alone, without a value, it is one.

    Raises BadQuery for another value, UnknownParameter for another name.
    """
    for name in request.args:
        if name != "details":
            raise UnknownParameter(name, ("details",))
    value = request.args.get("details", "false").strip().lower()
    if value not in TRUE | FALSE:
        raise BadQuery("details", "true or false")
    return value in TRUE


def _decode(data: bytes | memoryview, settings: Settings, budget: Budget) -> Decoded:
    """Raises what reading a picture raises."""
    UPLOAD_BYTES.observe(len(data))
    g.fields["bytes"] = g.fields.get("bytes", 0) + len(data)
    decoders: Decoders = current_app.extensions["decoders"]
    picture = open_picture(data, settings.max_pixels)
    width, height = picture.size
    UPLOAD_PIXELS.observe(width * height)
    cost = picture.cost(DRAFT_SIZE)
    budget.spend(cost)
    with decoders.lane(cost, g.fields, is_dear=budget.is_dear):
        stop_if_abandoned(request)
        with stage("decode", g.fields):
            pixels = to_pixels(picture)
            return Decoded(to_tensor(pixels), picture_statistics(pixels))


def _classify(pictures: list[Decoded]) -> list[Prediction]:
    """One for each of `pictures`, which may be none. The model is asked for all at once."""
    if not pictures:
        return []
    classifier: Classifier = current_app.extensions["classifier"]
    # A batch of one needs no copy.
    images = pictures[0].tensor[None] if len(pictures) == 1 else np.stack([picture.tensor for picture in pictures])
    stop_if_abandoned(request)
    with stage("predict", g.fields):
        answers = classifier.classify(images)
    for picture, answer in zip(pictures, answers, strict=True):
        note_statistics(answer.version, {**picture.statistics, "confidence": answer.confidence})
    return answers


def _data(answer: Prediction, details: bool, settings: Settings) -> dict[str, Any]:
    note_answer(answer.genre, answer.version, answer.confidence)
    if details:
        return envelope.detailed_prediction_data(answer, settings.certain_from)
    return envelope.prediction_data(answer)
