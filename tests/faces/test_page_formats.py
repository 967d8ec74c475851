"""What people have is converted by the browser, and what is sent is small and right."""

from base64 import b64decode
from io import BytesIO

import numpy as np
from page_actions import choose, expect_answered, look_at, picture_file, saved_rows, tile
from PIL import Image
from playwright.sync_api import Page, expect
from service import ROOT
from told_answers import tell

PAINTINGS = 25
AGREE = 24


def painting(size: tuple[int, int] = (450, 350)) -> Image.Image:
    return Image.open(ROOT / "gateway" / "page" / "examples" / "discs.jpg").resize(size)


def as_bytes(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


KEEP_SENT = """window.sent = [];
const { send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.send = function (body) { if (body) window.sent.push(body.get("image")); return send.call(this, body); };"""
READ_SENT = """() => Promise.all(window.sent.map((file) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve([file.name, reader.result.split(",")[1]]);
    reader.readAsDataURL(file);
})))"""


def keep_sent(page: Page) -> None:
    """From now on the page keeps what it sends."""
    page.add_init_script(KEEP_SENT)
    page.reload()


def uploads(page: Page) -> list[tuple[str, Image.Image, int]]:
    """The name, picture and bytes of every upload."""
    sent = [(name, b64decode(data)) for name, data in page.evaluate(READ_SENT)]
    return [(name, Image.open(BytesIO(data)), len(data)) for name, data in sent]


def test_each_format_that_a_browser_shows_goes_up_as_jpeg_under_its_own_name(visit):
    page = visit()
    keep_sent(page)
    picture = painting()
    deep = Image.fromarray((np.asarray(picture.convert("L"), np.uint16) * 257).astype(np.uint16))
    files = {
        "a.webp": as_bytes(picture, "WEBP"),
        "a.avif": as_bytes(picture, "AVIF"),
        "a.gif": as_bytes(picture, "GIF"),
        "a.bmp": as_bytes(picture, "BMP"),
        "lzw.tif": as_bytes(picture, "TIFF", compression="tiff_lzw"),
        "deflate.tiff": as_bytes(picture, "TIFF", compression="tiff_adobe_deflate"),
        "gray16.tif": as_bytes(deep, "TIFF"),
        "cmyk.tif": as_bytes(picture.convert("CMYK"), "TIFF"),
    }
    choose(page, *(picture_file(name, data, "application/octet-stream") for name, data in files.items()))
    expect_answered(page, len(files))
    sent = uploads(page)
    assert sorted(name for name, _, _ in sent) == sorted(f"{name.split('.')[0]}.jpg" for name in files)
    for _, got, _ in sent:
        assert (got.format, got.size) == ("JPEG", picture.size)
    for name, got, _ in sent:
        wanted = picture.convert("L" if name == "gray16.jpg" else "RGB").convert("RGB")
        apart = np.abs(np.asarray(got.convert("RGB"), np.int16) - np.asarray(wanted, np.int16)).mean()
        assert apart < 12, name
    expect(page.locator("#converted")).to_contain_text("converted to JPEG before it sent them: 8")
    look_at(page, "cmyk.tif")
    expect(page.locator("#look-converted")).to_contain_text("converted it: TIFF, 450")


def test_what_is_plain_goes_as_it_is_and_what_is_large_is_reduced(visit, paintings):
    page = visit()
    keep_sent(page)
    plain = paintings[0].read_bytes()
    # More pixels than go up, in few bytes.
    large = as_bytes(Image.new("L", (6000, 4100), 128), "JPEG")
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = as_bytes(painting((480, 320)), "JPEG", exif=exif)
    files = {"plain.jpg": plain, "old.jfif": plain, "turned.jpg": turned, "large.jpg": large}
    choose(page, *(picture_file(name, data) for name, data in files.items()))
    expect_answered(page, 4)
    sent = {name: (got, size) for name, got, size in uploads(page)}
    assert {name: size for name, (_, size) in sent.items() if name != "large.jpg"} == {
        "plain.jpg": len(plain),
        "old.jpg": len(plain),
        "turned.jpg": len(turned),
    }
    assert sent["large.jpg"][0].size == (1600, 1093)
    expect(tile(page, "turned.jpg").locator("img")).to_have_js_property("naturalWidth", 213)


def test_a_picture_that_the_service_finds_too_large_is_reduced_and_sent_again(visit, picture):
    page = visit()
    envelope = {"status": {"code": 413, "message": "", "error": "picture_too_costly", "detail": "Too much."}, "data": None}
    asked = []

    def answer(route) -> None:
        asked.append(route)
        route.fulfill(status=413, json=envelope) if len(asked) == 1 else route.continue_()

    page.route("**/prediction?*", answer)
    choose(page, picture_file("a.jpg", picture()))
    expect_answered(page, 1)
    assert len(asked) == 2


def test_a_converted_picture_has_the_genre_of_the_original(visit, service, shared, tmp_path):
    originals = sorted((shared / "data" / "paintings" / "images").rglob("*.jpg"))
    originals = originals[:: max(1, len(originals) // PAINTINGS)][:PAINTINGS]
    genres = {}
    for number, path in enumerate(originals):
        name = f"{number}.bmp"
        Image.open(path).convert("RGB").save(tmp_path / name)
        genres[name] = service.post(path.read_bytes()).json()["data"]["image_types_prediction"]
    page = visit()
    choose(page, *(tmp_path / name for name in genres))
    expect_answered(page, len(genres))
    same = sum(row["genre"] == genres[row["file"]] for row in saved_rows(page))
    assert same >= len(genres) * AGREE / 100


def test_a_picture_given_while_the_service_is_away_is_read_all_the_same(visit, picture):
    page = visit()
    # The last of what comes with the first picture: it is asked for by the others.
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/worker.js")):
        page.locator("#choose").hover()
    # Nothing more of the page can be had.
    page.context.route("**/page/**", lambda route: route.abort())
    tell(page)
    choose(page, picture_file("1.jpg", picture()))
    expect_answered(page, 1)
    expect(tile(page, "1.jpg").locator("img")).to_be_visible()
