"""What clients get wrong, each told by a word and a sentence of its own; and what is no fault though it looks like one."""

from io import BytesIO

import pytest
from PIL import Image

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
    "an empty boundary": (lambda p: form(part(p)), {"content_type": "multipart/form-data; boundary="}, "boundary_missing", "Content-Type"),
    "another boundary": (lambda p: form(part(p)), {"content_type": "multipart/form-data; boundary=x"}, "boundary_missing", "in the body"),
    "the bytes alone": (lambda p: p, {"content_type": "image/jpeg"}, "form_missing", "multipart/form-data in the field 'image'"),
    "the bytes without a type": (lambda p: p, {"content_type": None}, "form_missing", "multipart/form-data in the field 'image'"),
    "JSON": (lambda _: b'{"image": "/9j/"}', {"content_type": "application/json"}, "form_missing", "multipart/form-data"),
    "another form": (lambda _: b"image=a", {"content_type": "application/x-www-form-urlencoded"}, "form_missing", "multipart/form-data"),
    "nothing": (lambda _: b"", {"content_type": None}, "picture_missing", "field 'image'"),
    "a form of nothing": (lambda _: form(), {}, "picture_missing", "field 'image'"),
    "no file chosen": (lambda _: form(part(b"", 'name="image"; filename=""')), {}, "picture_missing", "field 'image'"),
    "a form cut short": (lambda p: form(part(p))[:-20], {}, "form_unreadable", "cut short"),
    "a form written by hand": (lambda p: form(part(p)).replace(b"\r\n", b"\n"), {}, "form_unreadable", "HTTP client"),
    "a field file": (lambda p: form(part(p, 'name="file"; filename="a.jpg"')), {}, "field_unknown", "the field 'file'"),
    "a field of text": (lambda p: form(part(b"a", 'name="title"')), {}, "field_unknown", "the field 'title'"),
    "a field Image": (lambda p: form(part(p, 'name="Image"; filename="a.jpg"')), {}, "field_unknown", "the field 'Image'"),
    "no file name": (lambda p: form(part(p, 'name="image"')), {}, "file_name_missing", "file name"),
    "an empty file name": (lambda p: form(part(p, 'name="image"; filename=""')), {}, "file_name_missing", "file name"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_word_and_its_sentence(client, jpeg, name):
    body, options, word, said = FAULTS[name]
    for route in ROUTES:
        answer = post(client, body(jpeg), route, **options)
        if route == "/predictions" and name == "an empty file name":
            # One of many: the others have their answers.
            [entry] = answer.json["data"]
            assert (entry["status"]["error"], entry["file"]) == (word, "")
            continue
        status, error, sentence = fault(answer)
        assert (status, error) == (400, word), route
        assert said in sentence


def test_what_a_client_wrote_is_shown_short_and_harmless(client, jpeg):
    evil = b'name="\x1b[31m' + "ä\u202e<b>".encode() + b"x" * 500 + b'"; filename="a.jpg"'
    _, error, sentence = fault(post(client, form(part(jpeg, evil))))
    assert error == "field_unknown"
    assert len(sentence) < 200
    assert "ä?<b>x" in sentence
    assert sentence.isprintable()


def test_a_compressed_body(client, jpeg):
    for encoding in ("gzip", "br", "identity, GZIP"):
        for route in ROUTES:
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
        assert "There are 2 pictures" in sentence
        assert "/predictions" in sentence
    assert len(post(client, two, "/predictions").json["data"]) == 2
    # As browsers send a second input in which nothing was chosen, and what else a form may have.
    for other in ('name="image"; filename=""', 'name="title"', 'name="csrf_token"'):
        for route in ROUTES:
            answer = post(client, form(part(jpeg), part(b"", other)), route)
            assert answer.status_code == 200, (other, route)
            assert route != "/predictions" or len(answer.json["data"]) == 1


# In Shift_JIS one byte of 表 is a backslash.
NAMES = {"latin-1": "café.jpg", "cp1251": "Картина.JPG", "shift_jis": "絵画表.png", "gbk": "画像.jpeg"}


@pytest.mark.parametrize("encoding", NAMES)
def test_a_name_that_is_not_utf_8_loses_no_picture(client, jpeg, encoding):
    name = NAMES[encoding].encode(encoding)
    body = form(part(jpeg, b'name="image"; filename="%s"' % name, b"Content-Type: image/jpeg\r\n"))
    assert post(client, body).status_code == 200
    assert post(client, body, "/explanation").status_code == 200
    [entry] = post(client, body, "/predictions").json["data"]
    assert entry["status"]["code"] == 200
    assert "\ufffd" in entry["file"]
    assert entry["file"].lower().endswith(NAMES[encoding].rpartition(".")[2].lower())


def test_a_name_by_rfc_5987(client, jpeg):
    for value in ("utf-8''caf%C3%A9.jpg", "iso-8859-1''caf%E9.jpg", "windows-1251''%EF.jpg"):
        assert post(client, form(part(jpeg, f'name="image"; filename*={value}'))).status_code == 200, value


def test_a_picture_under_a_name_that_is_not_taken(client, picture):
    for name in ("blob", "a.jfif", "a.jpe", "upload", "a.webp", "a.jpg.exe", "a."):
        for image_format, right in (("JPEG", ".jpg"), ("PNG", ".png")):
            body = form(part(picture(image_format=image_format), f'name="image"; filename="{name}"'))
            status, error, sentence = fault(post(client, body))
            assert (status, error) == (400, "extension_unsupported")
            assert sentence == (
                f"The file name must end in .png, .jpg or .jpeg. The file is a {image_format}: send it under a name that ends in {right}."
            )
    for data in (b"no picture", b""):
        status, error, sentence = fault(post(client, form(part(data, 'name="image"; filename="a.txt"'))))
        assert (error, sentence) == ("extension_unsupported", "The file name must end in .png, .jpg or .jpeg.")


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
    for data in FORMATS[name]:
        for file in ("photo.jpg", "photo.heic"):
            for route in ("/prediction", "/explanation"):
                status, error, sentence = fault(post(client, form(part(data, f'name="image"; filename="{file}"')), route))
                assert (status, error) == (400, "format_unsupported"), (data[:20], file)
                assert sentence.startswith(f"The file is {name}, not a JPEG or PNG. ")
                assert len(sentence.split(". ")) == 2
    assert name != "a HEIC picture" or "Most Compatible" in sentence


def test_of_many_pictures_each_has_its_own_fault(client, jpeg):
    body = form(part(jpeg), part(saved("WEBP")), part(jpeg, 'name="image"; filename="blob"'), part(jpeg, 'name="image"; filename=""'))
    answer = post(client, body, "/predictions")
    assert [entry["status"].get("error") for entry in answer.json["data"]] == [
        None,
        "format_unsupported",
        "extension_unsupported",
        "file_name_missing",
    ]


def test_what_is_no_known_format_is_unreadable(client):
    for data in (b"BM, a text", b"RIFF....WAVE", b"\xff\xd8\xff\xe0 and no more", b"\x89PNG\r\n\x1a\n", b"text", b"\0" * 300):
        _, error, _ = fault(post(client, form(part(data))))
        assert error == "picture_unreadable", data


def test_details_as_people_mean_it(client, jpeg):
    for value in ("true", "True", "TRUE", "1", "yes", "on", "", " true "):
        for route in ("/prediction", "/predictions"):
            data = client.post(route, data=form(part(jpeg)), query_string={"details": value}, **FORM).json["data"]
            assert "scores" in (data[0]["data"] if route == "/predictions" else data), value
    assert "scores" in post(client, form(part(jpeg)), "/prediction?details").json["data"]
    for value in ("false", "False", "0", "no", "off"):
        assert "scores" not in post(client, form(part(jpeg)), f"/prediction?details={value}").json["data"], value


def test_a_parameter_of_another_name(client, jpeg):
    for query in ("detail=true", "Details=true", "details=true&top=3"):
        for route, takes in (
            ("/prediction", "only 'details', 'similar'"),
            ("/predictions", "only 'details', 'similar'"),
            ("/explanation", "none"),
        ):
            name = "details" if route == "/explanation" and "&" in query else query.replace("details=true&", "").partition("=")[0]
            status, error, sentence = fault(post(client, form(part(jpeg)), f"{route}?{query}"))
            assert (status, error) == (400, "parameter_unknown")
            assert sentence == f"There is no parameter '{name}'. This address takes {takes}."
