from io import BytesIO

import numpy as np
from PIL import Image

from gateway.errors import ServingUnavailable
from gateway.prediction import Explanation, Prediction


def post(client, data, path="/explanation", **options):
    return client.post(path, data={"image": (BytesIO(data), "a.jpg")}, **options)


def test_a_picture_with_the_heat_where_the_model_sees_it(client, picture):
    # Dark, so that heat, which is light, changes it most.
    dark = Image.open(BytesIO(picture(700, 350))).point(lambda value: value // 4)
    buffer = BytesIO()
    dark.save(buffer, "PNG")
    drawn = Image.open(BytesIO(post(client, buffer.getvalue()).data))
    changed = np.abs(np.asarray(drawn, int) - np.asarray(dark, int)).sum(axis=2)
    cells = changed.reshape(7, 50, 7, 100).mean(axis=(1, 3))
    assert np.unravel_index(cells.argmax(), cells.shape) == (6, 0)
    assert max(cells[:4].max(), cells[:, 3:].max()) < cells[6, 0] / 2


def test_headers_tell_what_it_explains_and_a_genre_in_any_script_fits_into_one(client, classifier, picture, monkeypatch):
    answer = post(client, picture())
    alone = post(client, picture(), "/prediction").json["data"]
    assert answer.headers["X-Ragam-Genre"] == alone["image_types_prediction"]
    assert float(answer.headers["X-Ragam-Confidence"]) == alone["confidence"]
    assert answer.headers["X-Ragam-Model-Version"] == "3"
    for genre, header in (("Art Nouveau", "Art Nouveau"), ("é\r\nSet-Cookie: b", "%C3%A9%0D%0ASet-Cookie%3A b")):
        answer = Explanation(Prediction(((genre, 1.0),), "painting_genre", 3), ((0.0,) * 7,) * 7)
        monkeypatch.setattr(classifier, "explain", lambda *_, answer=answer: [answer])
        assert post(client, picture()).headers["X-Ragam-Genre"] == header


def test_what_is_accepted_decides_and_each_form_has_an_address_of_its_own(client, picture):
    png, json = "image/png", "application/json"
    for path, accept, content_type in (
        ("", "application/json, text/plain, */*", json),
        ("", "application/json;q=0.5, image/png", png),
        ("", "image/png;q=0.5, application/*", json),
        ("/picture", "application/json", png),
        ("/heatmap", "image/png", json),
    ):
        answer = post(client, picture(64, 48), f"/explanation{path}", headers={"Accept": accept})
        assert (answer.status_code, answer.content_type) == (200, content_type), (path, accept)
        assert ("Vary" in answer.headers) == (not path)
        if content_type == json:
            data = answer.json["data"]
            assert list(data) == ["image_types_prediction", "confidence", "heatmap", "model"]
            assert data["heatmap"] == [[0.0] * 7] * 6 + [[1.0] + [0.0] * 6]


def test_upright_and_at_most_1024(client, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    answer = post(client, picture(1200, 800, exif=exif))
    drawn = Image.open(BytesIO(answer.data))
    assert (drawn.size, drawn.mode, drawn.format) == ((683, 1024), "RGB", "PNG")


def test_the_model_is_sent_what_prediction_sends(client, classifier, picture):
    for path in ("/explanation", "/prediction"):
        post(client, picture(1000, 900), path)
    explained, predicted = classifier.seen
    assert (explained == predicted).all()


def test_errors_are_the_envelope_whatever_is_accepted(client, classifier, picture, costly):
    answer = post(client, b"text", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json["status"]["code"], answer.json["data"]) == (400, 400, None)
    assert post(client, costly).status_code == 413
    classifier.error = ServingUnavailable()
    answer = post(client, picture())
    assert (answer.status_code, answer.json["status"]["code"]) == (503, 503)
