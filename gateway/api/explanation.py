"""Where in a picture the model sees its genre: the picture with the heat map laid over, or the heat map as numbers.

Each has an address of its own, for clients that are made from the description ask for JSON wherever an error is JSON.
"""

from io import BytesIO
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, current_app, g, request
from PIL import Image

from gateway.api import envelope
from gateway.api.decode_queue import DecodeQueues
from gateway.api.upload import read_picture, stop_if_abandoned
from gateway.errors import UnknownParameter
from gateway.picture.decode import DRAFT_SIZE, Picture, open_picture, to_upright
from gateway.picture.limits import Budget, Cost
from gateway.picture.overlay import LONG_SIDE, overlay, view_of
from gateway.picture.preprocess import to_model_size, to_tensor
from gateway.prediction import Classifier, Explanation
from gateway.settings import Settings
from gateway.telemetry.metrics import UPLOAD_BYTES, UPLOAD_PIXELS, note_answer, stage

explanation = Blueprint("explanation", __name__)

PNG, JSON = "image/png", "application/json"
VIEW_SIZE = (LONG_SIDE, LONG_SIDE)

# Reducing the picture to what is drawn, a pixel; laying the heat map over that, and compressing it.
REDUCE_SECONDS, DRAW = 8e-9, Cost(0.25, 30_000_000)

# Beside zlib's usual level 6 a painting takes a tenth more bytes, and a quarter of the time.
PNG_LEVEL = 1


@explanation.post("/explanation/picture")
def picture() -> Response:
    return _explain(is_drawn=True)


@explanation.post("/explanation/heatmap")
def heatmap() -> Response:
    return _explain(is_drawn=False)


@explanation.post("/explanation")
def either() -> Response:
    response = _explain(is_drawn=request.accept_mimetypes.best_match((PNG, JSON), PNG) == PNG)
    response.vary.add("Accept")
    return response


def _explain(*, is_drawn: bool) -> Response:
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = current_app.extensions["classifier"]
    decode_queues: DecodeQueues = current_app.extensions["decode_queues"]
    for name in request.args:
        raise UnknownParameter(name, ())
    data = read_picture(request, settings.max_upload_bytes)
    UPLOAD_BYTES.observe(len(data))
    g.fields["bytes"] = len(data)
    picture = open_picture(data)
    width, height = picture.size
    UPLOAD_PIXELS.observe(width * height)
    cost = _cost(picture, is_drawn)
    Budget(len(data)).spend(cost)
    with decode_queues.slot(cost, g.fields):
        stop_if_abandoned(request)
        with stage("decode", g.fields):
            images, view = _read(picture, data, is_drawn)
    stop_if_abandoned(request)
    with stage("explain", g.fields):
        [answer] = classifier.explain(images)
    best = answer.prediction
    note_answer(best.genre, best.version, best.confidence)
    g.fields.update(genre=best.genre, version=best.version)
    if view is None:
        response = envelope.success("Success Explaining the Image", envelope.explanation_data(answer))
    else:
        with decode_queues.slot(DRAW, g.fields):
            stop_if_abandoned(request)
            with stage("draw", g.fields):
                response = _drawn(view, answer)
    return response


def _cost(picture: Picture, is_drawn: bool) -> Cost:
    cost = picture.cost(DRAFT_SIZE)
    if not is_drawn:
        return cost
    width, height = picture.size
    seconds = cost.seconds + DRAW.seconds
    if _is_read_twice(picture):
        closer = picture.cost(VIEW_SIZE)
        return Cost(seconds + closer.seconds, max(cost.bytes, closer.bytes) + DRAW.bytes)
    return Cost(seconds + REDUCE_SECONDS * width * height, cost.bytes + DRAW.bytes)


def _is_read_twice(picture: Picture) -> bool:
    """The model's input may come from a smaller scale of a JPEG than what is drawn, and must be what /prediction sends."""
    return picture.scale(DRAFT_SIZE) != picture.scale(VIEW_SIZE)


def _read(picture: Picture, data: bytes | memoryview, is_drawn: bool) -> tuple[npt.NDArray[np.float32], Image.Image | None]:
    """The model's input, and what is drawn: all that is kept of the picture while the model is asked."""
    is_read_twice = _is_read_twice(picture)
    upright = to_upright(picture, DRAFT_SIZE)
    images = to_tensor(to_model_size(upright))[None]
    if not is_drawn:
        return images, None
    if is_read_twice:
        upright = to_upright(open_picture(data), VIEW_SIZE)
    return images, view_of(upright)


def _drawn(view: Image.Image, answer: Explanation) -> Response:
    png = BytesIO()
    overlay(view, answer.heatmap).save(png, "PNG", compress_level=PNG_LEVEL)
    best = answer.prediction
    headers = {
        # A genre's name may be in any script, a header's value is ASCII.
        "X-Ragam-Genre": quote(best.genre, safe=" "),
        "X-Ragam-Confidence": str(round(best.confidence, envelope.DECIMALS)),
        "X-Ragam-Model-Version": str(best.version),
    }
    return Response(png.getvalue(), content_type=PNG, headers=headers)
