"""What clients get wrong, each told by a word and a sentence of its own; and what is no fault though it looks like one."""

import re
import tempfile
from io import BytesIO
from itertools import product

import pytest
from flask import request
from PIL import Image

from gateway.api.upload import read_upload

FORM = {"content_type": "multipart/form-data; boundary=bnd"}


def part(content, disposition='name="image"; filename="a.jpg"', headers=b""):
    name = disposition if isinstance(disposition, bytes) else disposition.encode()
    return b"--bnd\r\nContent-Disposition: form-data; %s\r\n%s\r\n%s\r\n" % (name, headers, content)


def form(*parts):
    return b"".join(parts) + b"--bnd--\r\n"


def post(client, body, route="/prediction", **options):
    return client.post(route, data=body, **{**FORM, **options})


def fault(answer):
    """The status, the word and the sentence."""
    assert answer.json["data"] is None
    return answer.status_code, answer.json["status"]["error"], answer.json["status"]["detail"]


@pytest.fixture
def jpeg(picture):
    return picture()


def saved(image_format, **options):
    data = BytesIO()
    Image.new("RGB", (16, 16), "red").save(data, image_format, **options)
    return data.getvalue()


ROUTES = ("/prediction", "/predictions", "/explanation")
# A way to send the picture, and what is told of it.
FAULTS = {
    "no boundary": (lambda p: form(part(p)), {"content_type": "multipart/form-data"}, "boundary_missing", "Content-Type"),
    "another boundary": (lambda p: form(part(p)), {"content_type": "multipart/form-data; boundary=x"}, "boundary_missing", "in the body"),
    "the bytes alone": (lambda p: p, {"content_type": "image/jpeg"}, "form_missing", "multipart/form-data in the field 'image'"),
    "another form": (lambda _: b"image=a", {"content_type": "application/x-www-form-urlencoded"}, "form_missing", "multipart/form-data"),
    "nothing": (lambda _: b"", {"content_type": None}, "picture_missing", "field 'image'"),
    "a form of nothing": (lambda _: form(), {}, "picture_missing", "field 'image'"),
    "no file chosen": (lambda _: form(part(b"", 'name="image"; filename=""')), {}, "picture_missing", "field 'image'"),
    "a form cut short": (lambda p: form(part(p))[:-20], {}, "form_unreadable", "cut short"),
    "a form written by hand": (lambda p: form(part(p)).replace(b"\r\n", b"\n"), {}, "form_unreadable", "HTTP client"),
    "a field file": (lambda p: form(part(p, 'name="file"; filename="a.jpg"')), {}, "field_unknown", "the field 'file'"),
    "no file name": (lambda p: form(part(p, 'name="image"')), {}, "file_name_missing", "file name"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_word_and_its_sentence(client, jpeg, name):
    body, options, word, said = FAULTS[name]
    for route in ROUTES:
        status, error, sentence = fault(post(client, body(jpeg), route, **options))
        assert (status, error) == (400, word), route
        assert said in sentence


def test_what_a_client_wrote_is_shown_short_and_harmless(client, jpeg):
    evil = b'name="\x1b[31m' + "ä\u202e<b>".encode() + b"x" * 500 + b'"; filename="a.jpg"'
    _, error, sentence = fault(post(client, form(part(jpeg, evil))))
    assert (error, len(sentence) < 200, sentence.isprintable()) == ("field_unknown", True, True)
    assert "ä?<b>x" in sentence


def test_a_compressed_body(client, jpeg):
    for encoding, route in product(("gzip", "identity, GZIP"), ROUTES):
        answer = post(client, form(part(jpeg)), route, headers={"Content-Encoding": encoding})
        status, error, sentence = fault(answer)
        assert (status, error) == (415, "encoding_unsupported")
        assert f"Content-Encoding: {encoding}" in sentence
        assert answer.headers["Accept-Encoding"] == "identity"
    assert post(client, form(part(jpeg)), headers={"Content-Encoding": "Identity"}).status_code == 200


def test_two_pictures_for_one_answer(client, jpeg):
    two = form(part(jpeg), part(jpeg))
    for route in ("/prediction", "/explanation"):
        status, error, sentence = fault(post(client, two, route))
        assert (status, error) == (400, "pictures_too_many")
        assert re.search(r"There are 2 pictures.*/predictions", sentence)
    # As browsers send a second input in which nothing was chosen, and what else a form may have.
    for other, route in product(('name="image"; filename=""', 'name="csrf_token"'), ROUTES):
        answer = post(client, form(part(jpeg), part(b"", other)), route)
        assert answer.status_code == 200, (other, route)
        assert route != "/predictions" or len(answer.json["data"]) == 1


def test_a_file_keeps_its_name_and_none_is_lost_for_it(client, jpeg):
    # As browsers write it, in UTF-8; others in what their system has. In Shift_JIS one byte of 表 is a backslash.
    names = {name.encode(): name for name in ("Gemälde 1.png", "../a.png", "a;b.png", "a\x01.png")}
    others = ["café.jpg".encode("latin-1"), "絵画表.png".encode("shift_jis"), "画像.jpeg".encode("gbk")]
    for name in (*names, *others):
        [entry] = post(client, form(part(jpeg, b'name="image"; filename="%s"' % name)), "/predictions").json["data"]
        assert entry["status"]["code"] == 200
        assert entry["file"] == names[name] if name in names else "\ufffd" in entry["file"]


def test_a_name_decides_by_its_end_in_any_case_and_encoding(client, jpeg):
    for name in ("A.JPEG", "a.exe.jpg", "..png", "../../etc/passwd.jpg", "\0.jpg", "x" * 5000 + ".jpeg"):
        assert post(client, form(part(jpeg, f'name="image"; filename="{name}"'))).status_code == 200, name
    for value in ("utf-8''caf%C3%A9.jpg", "iso-8859-1''caf%E9.jpg", "windows-1251''%EF.jpg", "UTF-8''%ed%a0%80.png"):
        assert post(client, form(part(jpeg, f'name="image"; filename*={value}'))).status_code == 200, value


def test_a_picture_under_a_name_that_is_not_taken(client, picture):
    ends = "The file name must end in .png, .jpg or .jpeg."
    cases = [(picture(), "JPEG", ".jpg"), (picture(image_format="PNG"), "PNG", ".png")]
    for name, (data, kind, right) in product(("blob", "a.jfif", "a.webp", "a.jpg.exe", "a."), cases):
        status, error, sentence = fault(post(client, form(part(data, f'name="image"; filename="{name}"'))))
        assert (status, error) == (400, "extension_unsupported")
        assert sentence == f"{ends} The file is a {kind}: send it under a name that ends in {right}."
    for data in (b"no picture", b""):
        assert fault(post(client, form(part(data, 'name="image"; filename="a.txt"'))))[1:] == ("extension_unsupported", ends)


def box(brand, *compatible):
    return (16 + 4 * len(compatible)).to_bytes(4) + b"ftyp" + brand + bytes(4) + b"".join(compatible) + bytes(4) + b"meta"


FORMATS = {
    "a HEIC picture": [box(b"heic", b"mif1"), box(b"mif1", b"mif1", b"heic"), box(b"heix"), box(b"msf1", b"hevc")],
    "a HEIF picture": [box(b"mif1", b"jpeg")],
    "an AVIF picture": [saved("AVIF"), box(b"mif1", b"avif", b"miaf"), box(b"avis", b"avif")],
    "a WebP picture": [saved("WEBP")],
    "a TIFF picture": [saved("TIFF"), b"MM\0*\0\0\0\x08", saved("TIFF", big_tiff=True)],
    "a GIF picture": [saved("GIF")],
    "a BMP picture": [saved("BMP")],
    "a JPEG XL picture": [b"\xff\x0a\x10\x10", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl "],
    "a JPEG 2000 picture": [saved("JPEG2000"), saved("JPEG2000", no_jp2=True)],
    "a PDF document": [b"%PDF-1.7\n"],
    "a camera's raw picture": [b"II*\0\x10\0\0\0CR\2\0", box(b"crx ", b"isom"), b"FUJIFILMCCD-RAW 0201"],
    "a video": [box(b"qt  "), box(b"isom", b"mp41")],
    "a web page": [b"\n<!DOCTYPE html><html>", b"<HTML>"],
    "an SVG drawing": [b'<svg xmlns="http://www.w3.org/2000/svg">', b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg/>'],
    "a picture written as base64 text": [b"data:image/jpeg;base64,/9j/4AAQ", b"/9j/4AAQSkZJRg", b"iVBORw0KGgoAAAANSUhEUg"],
    "a ZIP archive": [b"PK\3\4\x14\0"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_another_format_is_told_by_its_name(client, name):
    for data, file in product(FORMATS[name], ("photo.jpg", "photo.heic")):
        status, error, sentence = fault(post(client, form(part(data, f'name="image"; filename="{file}"'))))
        assert (status, error) == (400, "format_unsupported"), (data[:20], file)
        assert sentence.startswith(f"The file is {name}, not a JPEG or PNG. ")
        assert len(sentence.split(". ")) == 2
    assert name != "a HEIC picture" or "Most Compatible" in sentence


def test_details_as_people_mean_it(client, jpeg):
    for value in ("true", "TRUE", "1", "yes", "on", "", " true "):
        for route in ("/prediction", "/predictions"):
            data = client.post(route, data=form(part(jpeg)), query_string={"details": value}, **FORM).json["data"]
            assert "scores" in (data[0]["data"] if route == "/predictions" else data), value
    assert "scores" in post(client, form(part(jpeg)), "/prediction?details").json["data"]
    for value in ("false", "False", "0", "no", "off"):
        assert "scores" not in post(client, form(part(jpeg)), f"/prediction?details={value}").json["data"], value


def test_a_parameter_of_another_name_or_that_means_nothing(client, jpeg):
    takes = {"/prediction": "only 'details', 'similar'", "/predictions": "only 'details', 'similar'", "/explanation": "none"}
    for query, route in product(("detail=true", "Details=true", "top=3&similar=true"), ROUTES):
        name = query.partition("=")[0]
        expected = (400, "parameter_unknown", f"There is no parameter '{name}'. This address takes {takes[route]}.")
        assert fault(post(client, form(part(jpeg)), f"{route}?{query}")) == expected
    for name, value in product(("details", "similar"), ("true false", "2")):
        answer = client.post("/prediction", query_string={name: value}, data=form(part(jpeg)), **FORM)
        assert fault(answer) == (400, "parameter_invalid", f"The parameter '{name}' must be true or false.")


def test_too_many_bytes_or_none(client, picture):
    padded = picture() + bytes(10_000_000)
    assert post(client, form(part(padded[:200_000]))).status_code == 200
    for data in (padded[:200_001], padded):
        assert fault(post(client, form(part(data)))) == (413, "picture_too_large", "The file is too large. Send at most 200,000 bytes.")
    assert fault(post(client, form(part(b"")))) == (400, "picture_empty", "The file is empty. Send a JPEG or PNG picture.")


def test_a_picture_is_read_without_a_copy(client, picture):
    body = form(part(picture()))
    options = {"input_stream": BytesIO(body), "content_length": len(body), **FORM}
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
    assert post(client, form(part(picture() + bytes(5_000_000)))).status_code == 413
