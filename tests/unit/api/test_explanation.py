from io import BytesIO

import numpy as np
from PIL import Image

from gateway.errors import ServingUnavailable, WrongModel
from gateway.prediction import Explanation, Prediction


def post(client, data, name="a.jpg", **options):
    return client.post("/explanation", data={"image": (BytesIO(data), name)}, **options)


def test_a_picture_with_the_heat_where_the_model_sees_it(client, picture):
    # Dark, so that heat, which is light, changes it most.
    dark = Image.open(BytesIO(picture(700, 350))).point(lambda value: value // 4)
    buffer = BytesIO()
    dark.save(buffer, "PNG")
    answer = post(client, buffer.getvalue())
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    drawn = Image.open(BytesIO(answer.data))
    assert (drawn.size, drawn.mode, drawn.format) == ((700, 350), "RGB", "PNG")
    changed = np.abs(np.asarray(drawn, int) - np.asarray(dark, int)).sum(axis=2)
    cells = changed.reshape(7, 50, 7, 100).mean(axis=(1, 3))
    assert np.unravel_index(cells.argmax(), cells.shape) == (6, 0)
    assert max(cells[:4].max(), cells[:, 3:].max()) < cells[6, 0] / 2


def test_headers_tell_what_it_explains(client, picture):
    answer = post(client, picture())
    alone = client.post("/prediction?details=true", data={"image": (BytesIO(picture()), "a.jpg")}).json["data"]
    assert answer.headers["X-Ragam-Genre"] == alone["image_types_prediction"]
    assert float(answer.headers["X-Ragam-Confidence"]) == alone["confidence"]
    assert answer.headers["X-Ragam-Model-Version"] == "3"
    assert answer.headers["Vary"] == "Accept"


def test_a_genre_in_any_script_fits_into_a_header(client, classifier, picture, monkeypatch):
    for genre, header in (
        ("Académisme", "Acad%C3%A9misme"),
        ("Art Nouveau", "Art Nouveau"),
        ("a\r\nSet-Cookie: b", "a%0D%0ASet-Cookie%3A b"),
    ):
        answer = Explanation(Prediction(((genre, 1.0),), "painting_genre", 3), ((0.0,) * 7,) * 7)
        monkeypatch.setattr(classifier, "explain", lambda *_, answer=answer: [answer])
        assert post(client, picture()).headers["X-Ragam-Genre"] == header


def test_numbers_for_whoever_asks_for_json(client, picture):
    answer = post(client, picture(), headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    data = answer.json["data"]
    assert list(data) == ["image_types_prediction", "confidence", "heatmap", "model"]
    assert data["heatmap"] == [[0.0] * 7] * 6 + [[1.0] + [0.0] * 6]
    assert data["model"] == {"name": "painting_genre", "version": 3}
    assert answer.json["status"] == {"code": 200, "message": "Success Explaining the Image"}


def test_what_is_accepted_decides(client, picture):
    data = picture(64, 48)
    for accept, content_type in (
        ("*/*", "image/png"),
        ("image/*", "image/png"),
        ("text/html", "image/png"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/json;q=0.5, image/png", "image/png"),
        ("image/png;q=0.5, application/*", "application/json"),
    ):
        assert post(client, data, headers={"Accept": accept}).content_type == content_type, accept


def test_upright_and_at_most_1024(client, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    answer = post(client, picture(1200, 800, exif=exif))
    assert Image.open(BytesIO(answer.data)).size == (683, 1024)


def test_the_model_is_sent_what_prediction_sends(client, classifier, picture):
    data = picture(1000, 900)
    post(client, data)
    client.post("/prediction", data={"image": (BytesIO(data), "a.jpg")})
    explained, predicted = classifier.seen
    assert (explained == predicted).all()


def test_errors_are_the_envelope_whatever_is_accepted(client, classifier, picture, costly):
    for accept in ("image/png", "application/json"):
        answer = post(client, b"text", headers={"Accept": accept})
        assert (answer.status_code, answer.json["status"]["code"], answer.json["data"]) == (400, 400, None)
    assert post(client, costly).status_code == 413
    for error, status in ((ServingUnavailable(), 503), (WrongModel(), 502)):
        classifier.error = error
        assert (post(client, picture()).status_code, post(client, picture()).json["status"]["code"]) == (status, status)


def test_each_form_has_an_address_of_its_own_whatever_is_accepted(client, picture):
    for accept in ("application/json", "image/png", "*/*"):
        for path, content_type in (("picture", "image/png"), ("heatmap", "application/json")):
            data = {"image": (BytesIO(picture(64, 48)), "a.jpg")}
            answer = client.post(f"/explanation/{path}", data=data, headers={"Accept": accept})
            assert (answer.status_code, answer.content_type) == (200, content_type)
            assert "Vary" not in answer.headers
