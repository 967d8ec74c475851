import tempfile
from io import BytesIO

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gateway.api.upload import read_upload

PICTURE = "image"


def post(client, data, name="painting.jpg", field=PICTURE):
    # Encoded here, for the test client would put a large body into a temporary file and leave it open.
    boundary, body = encode_multipart({field: FileStorage(BytesIO(data), name)})
    return client.post("/prediction", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_name_decides_by_its_end_in_any_case(client, picture):
    data = picture()
    for name in ("a.jpg", "a.jpeg", "A.JPEG", "a.exe.jpg", "..png", "ä ö.Png", "../../etc/passwd.jpg", "\0.jpg", "x" * 5000 + ".jpeg"):
        assert post(client, data, name).status_code == 200, name


def test_an_empty_file(client):
    answer = post(client, b"")
    assert (answer.status_code, answer.json["status"]["detail"]) == (400, "The file is empty. Send a JPEG or PNG picture.")


def test_too_many_bytes(client, picture):
    padded = picture() + bytes(200_000)
    exact = padded[:200_000]
    assert post(client, exact).status_code == 200
    for data in (padded[:200_001], padded + bytes(10_000_000)):
        answer = post(client, data)
        assert (answer.status_code, answer.json["status"]["detail"]) == (413, "The file is too large. Send at most 200,000 bytes.")


def test_a_picture_is_read_without_a_copy(client, picture):
    boundary, body = encode_multipart({"image": FileStorage(BytesIO(picture()), "a.jpg")})
    options = {"input_stream": BytesIO(body), "content_length": len(body), "content_type": f"multipart/form-data; boundary={boundary}"}
    with client.application.test_request_context("/prediction", method="POST", **options):
        data = read_upload(request.files["image"], 100_000)
    assert data == picture()
    assert data.obj is body


def test_nothing_is_written_to_disk(client, picture, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a temporary file was opened")

    for opener in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, opener, refuse)
    client.application.config["MAX_CONTENT_LENGTH"] = 10_000_000
    # Werkzeug alone would open a temporary file from 500 kB on.
    assert post(client, picture() + bytes(5_000_000)).status_code == 413
