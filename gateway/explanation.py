"""Where in a picture the model sees its genre: the picture with the heat map laid over, or the heat map as numbers."""

from io import BytesIO
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g, request
from PIL import Image

from gateway import envelope
from gateway.canary import Canary
from gateway.decoders import Decoders, turn
from gateway.metrics import UPLOAD_BYTES, UPLOAD_PIXELS, note_answer, stage
from gateway.overlay import LONG_SIDE, overlay
from gateway.prediction import Explanation
from gateway.preprocess import DRAFT_SIZE, open_picture, to_tensor, to_upright
from gateway.resize import to_model_size
from gateway.settings import Settings
from gateway.uploads import read_picture

explanation = Blueprint("explanation", __name__)

PNG, JSON = "image/png", "application/json"

# Pillow's name for it. Such a picture has one scale, and takes its time to decode: once is enough.
PNG_FORMAT = "PNG"

# Beside zlib's usual level 6 a painting takes a tenth more bytes, and a quarter of the time.
PNG_LEVEL = 1


@explanation.post("/explanation")
def explain() -> Response:
    settings: Settings = current_app.extensions["settings"]
    canary: Canary = current_app.extensions["canary"]
    data = read_picture(request, settings.max_upload_bytes)
    UPLOAD_BYTES.observe(len(data))
    g.fields["bytes"] = len(data)
    decoders: Decoders = current_app.extensions["decoders"]
    with turn(decoders, g.fields), stage("decode", g.fields):
        picture = open_picture(data, settings.max_pixels)
        UPLOAD_PIXELS.observe(picture.width * picture.height)
        upright = to_upright(picture, DRAFT_SIZE)
        images = to_tensor(to_model_size(upright))[None]
    with stage("explain", g.fields):
        [answer] = canary.explain(images, [canary.place(data)])
    best = answer.prediction
    note_answer(best.genre, best.version, best.confidence)
    g.fields.update(genre=best.genre, version=best.version)
    if request.accept_mimetypes.best_match((PNG, JSON), PNG) == JSON:
        response = envelope.success("Success Explaining the Image", envelope.explanation_data(answer))
    else:
        with turn(decoders, g.fields), stage("draw", g.fields):
            response = _drawn(upright if picture.format == PNG_FORMAT else _closer(data, settings), answer)
    response.vary.add("Accept")
    return response


def _closer(data: bytes, settings: Settings) -> Image.Image:
    """A JPEG decoded once more: the model's input comes from a smaller scale than what is drawn, and must be what /prediction sends."""
    return to_upright(open_picture(data, settings.max_pixels), (LONG_SIDE, LONG_SIDE))


def _drawn(picture: Image.Image, answer: Explanation) -> Response:
    png = BytesIO()
    overlay(picture, answer.heatmap).save(png, "PNG", compress_level=PNG_LEVEL)
    best = answer.prediction
    headers = {
        # A genre's name may be in any script, a header's value is ASCII.
        "X-Ragam-Genre": quote(best.genre, safe=" "),
        "X-Ragam-Confidence": str(round(best.confidence, envelope.DECIMALS)),
        "X-Ragam-Model-Version": str(best.version),
    }
    return Response(png.getvalue(), content_type=PNG, headers=headers)
