"""The paper's prediction. Thin: read, preprocess, classify, envelope."""

from flask import Blueprint, Response, current_app, g, request

from gateway import envelope
from gateway.metrics import PREDICTIONS, UPLOAD_BYTES, stage
from gateway.prediction import Classifier
from gateway.preprocess import open_picture, to_pixels, to_tensor
from gateway.settings import Settings
from gateway.uploads import read_picture

views = Blueprint("views", __name__)


@views.post("/prediction")
def prediction() -> Response:
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = current_app.extensions["classifier"]
    data = read_picture(request, settings.max_upload_bytes)
    UPLOAD_BYTES.inc(len(data))
    g.fields["bytes"] = len(data)
    with stage("decode", g.fields):
        images = to_tensor(to_pixels(open_picture(data, settings.max_pixels)))[None]
    with stage("predict", g.fields):
        [answer] = classifier.classify(images)
    PREDICTIONS.labels(answer.genre, answer.version).inc()
    g.fields.update(genre=answer.genre, version=answer.version)
    if request.args.get("details") == "true":
        payload = envelope.detailed_prediction_data(answer, settings.certain_from)
    else:
        payload = envelope.prediction_data(answer)
    return envelope.success("Success Predicting the Image", payload)
