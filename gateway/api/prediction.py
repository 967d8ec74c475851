"""The routes that tell the genre of pictures. Thin: read, preprocess, classify, envelope."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, current_app, g, request

from gateway.api import envelope
from gateway.api.decode_queue import DecodeQueues
from gateway.api.upload import list_uploads, most_body_bytes, read_picture, read_upload, request_bytes, stop_if_abandoned
from gateway.auth.rate_limit import count_pictures
from gateway.errors import BadQuery, BadUpload, RagamError, TooLarge, UnknownParameter
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.limits import Budget
from gateway.picture.preprocess import to_pixels, to_tensor
from gateway.picture.statistics import picture_statistics
from gateway.prediction import Classifier, Prediction, SimilarWork
from gateway.settings import Settings
from gateway.telemetry.metrics import UPLOAD_BYTES, UPLOAD_PIXELS, note_answer, note_statistics, note_typicality, stage

views = Blueprint("views", __name__)

PARAMETERS = ("details", "similar")
TRUE, FALSE = {"true", "1", "yes", "on", ""}, {"false", "0", "no", "off"}

PREDICTED = "Success Predicting the Image"


@dataclass(frozen=True)
class Wanted:
    """What a request asks for beside the genre."""

    details: bool
    similar: bool


@dataclass(frozen=True)
class Decoded:
    """A picture as the model takes it, float32 (224, 224, 3), and its statistics."""

    tensor: npt.NDArray[np.float32]
    statistics: dict[str, float]


@views.post("/prediction")
def prediction() -> Response:
    settings: Settings = current_app.extensions["settings"]
    wanted = _wanted()
    data = read_picture(request, settings.max_upload_bytes)
    pictures = [_decode(data, Budget(len(data)))]
    [answer], [works] = _classify(pictures), _similar(pictures, wanted)
    g.fields.update(genre=answer.genre, version=answer.version)
    answered = envelope.success if request.args else envelope.papers
    return answered(PREDICTED, _data(answer, works, wanted))


@views.post("/predictions")
def predictions() -> Response:
    """Each picture is decoded and let go of before the next, and all that could be read go to the model in one call a version.

    What they may cost together grows with the request, and whatever is beyond it is told to come by itself.
    """
    settings: Settings = current_app.extensions["settings"]
    wanted = _wanted()
    uploads = list_uploads(request, most_body_bytes(settings))
    count_pictures(len(uploads))
    budget = Budget(request_bytes(uploads))
    outcomes: list[Decoded | RagamError] = []
    for upload in uploads:
        stop_if_abandoned(request)
        try:
            outcomes.append(_decode(read_upload(upload, settings.max_upload_bytes), budget))
        except (BadUpload, TooLarge) as error:
            # Its traceback, and its cause's, holds this frame with the whole request, and this frame would hold it: all would stay in
            # memory until a collection of garbage, which counts objects and no bytes.
            error.__traceback__ = error.__cause__ = error.__context__ = None
            outcomes.append(error)
    readable = [outcome for outcome in outcomes if not isinstance(outcome, RagamError)]
    g.fields.update(pictures=len(uploads), readable=len(readable))
    answers = zip(_classify(readable), _similar(readable, wanted), strict=True)
    entries = []
    for upload, outcome in zip(uploads, outcomes, strict=True):
        file = upload.filename or ""
        if isinstance(outcome, RagamError):
            entries.append(envelope.bad_entry(file, outcome))
        else:
            entries.append(envelope.good_entry(file, PREDICTED, _data(*next(answers), wanted)))
    return envelope.success("Success Predicting the Images", entries)


def _wanted() -> Wanted:
    """The parameters of the request. Raises BadQuery where one is neither true nor false, UnknownParameter for another name."""
    for name in request.args:
        if name not in PARAMETERS:
            raise UnknownParameter(name, PARAMETERS)
    return Wanted(**{name: _is_true(name) for name in PARAMETERS})


def _is_true(parameter: str) -> bool:
    """As people and libraries write a truth value; alone, without a value, it is one."""
    value = request.args.get(parameter, "false").strip().lower()
    if value not in TRUE | FALSE:
        raise BadQuery(parameter, "true or false")
    return value in TRUE


def _decode(data: bytes | memoryview, budget: Budget) -> Decoded:
    """Raises what reading a picture raises."""
    UPLOAD_BYTES.observe(len(data))
    g.fields["bytes"] = g.fields.get("bytes", 0) + len(data)
    decode_queues: DecodeQueues = current_app.extensions["decode_queues"]
    picture = open_picture(data)
    width, height = picture.size
    UPLOAD_PIXELS.observe(width * height)
    cost = picture.cost(DRAFT_SIZE)
    budget.spend(cost)
    with decode_queues.slot(cost, g.fields, is_costly=budget.is_costly):
        stop_if_abandoned(request)
        with stage("decode", g.fields):
            pixels = to_pixels(picture)
            return Decoded(to_tensor(pixels), picture_statistics(pixels))


def _classify(pictures: list[Decoded]) -> list[Prediction]:
    """One for each of `pictures`, which may be none. The model is asked for all at once."""
    if not pictures:
        return []
    classifier: Classifier = current_app.extensions["classifier"]
    stop_if_abandoned(request)
    with stage("predict", g.fields):
        answers = classifier.classify(_images(pictures))
    for picture, answer in zip(pictures, answers, strict=True):
        note_statistics(answer.version, {**picture.statistics, "confidence": answer.confidence})
        if answer.typicality is not None:
            note_typicality(answer.version, answer.typicality)
    return answers


def _similar(pictures: list[Decoded], wanted: Wanted) -> list[tuple[SimilarWork, ...]]:
    """For each of `pictures`, which may be none, the works that are like it; none where they are not wanted or the version knows none."""
    if not (pictures and wanted.similar):
        return [()] * len(pictures)
    classifier: Classifier = current_app.extensions["classifier"]
    stop_if_abandoned(request)
    with stage("similar", g.fields):
        return classifier.similar(_images(pictures))


def _images(pictures: list[Decoded]) -> npt.NDArray[np.float32]:
    # One alone needs no copy.
    return pictures[0].tensor[None] if len(pictures) == 1 else np.stack([picture.tensor for picture in pictures])


def _data(answer: Prediction, works: tuple[SimilarWork, ...], wanted: Wanted) -> dict[str, Any]:
    note_answer(answer.genre, answer.version, answer.confidence)
    data = envelope.detailed_prediction_data(answer) if wanted.details else envelope.prediction_data(answer)
    return {**data, **envelope.similar_data(works)}
