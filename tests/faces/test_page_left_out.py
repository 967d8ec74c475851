"""Why a file has no answer: a sentence that is true, and told once."""

import csv
import io

from page_actions import choose, expect_answered, left_out, picture_file, saved
from playwright.sync_api import expect


def test_the_way_out_that_is_named_is_one(visit):
    page = visit()
    files = {
        "empty.png": b"",
        "broken.jpg": b"\xff\xd8\xff no",
        "a.zip": b"PK\x03\x04",
        "a.pdf": b"%PDF-1.7",
        "a.jxl": b"\xff\x0a" + bytes(20),
        "a.heic": b"\x00\x00\x00\x18ftypheic" + bytes(40),
        "a.webp": b"RIFF\x00\x00\x00\x00WEBP" + bytes(20),
        "a.txt": b"no picture",
    }
    choose(page, *(picture_file(name, data, "application/octet-stream") for name, data in files.items()))
    expect_answered(page, 0, len(files))
    expect(left_out(page, "a.zip")).to_contain_text("Unpack it, and drop the folder that comes out of it.")
    expect(left_out(page, "empty.png")).to_contain_text("The file is empty.")
    expect(left_out(page, "broken.jpg")).to_contain_text("It may be damaged or cut short.")
    # The command reads HEIC, and neither of these two.
    expect(left_out(page, "a.heic")).to_contain_text("This browser cannot show HEIC. Save it as JPEG or PNG")
    expect(left_out(page, "a.heic")).to_contain_text("ragam classify")
    for name, kind in {"a.pdf": "PDF", "a.jxl": "JPEG XL"}.items():
        expect(left_out(page, name)).to_contain_text(f"This browser cannot show {kind}, and the service does not take it.")
        expect(left_out(page, name)).not_to_contain_text("ragam classify")
    # This browser shows WebP: it is the file that is damaged.
    expect(left_out(page, "a.webp")).to_contain_text("This browser cannot read this WebP file: it may be damaged")
    expect(left_out(page, "a.txt")).to_contain_text("This browser cannot read the file as a picture.")
    expect(page.locator("#retry")).to_be_hidden()


def test_the_service_s_own_sentence_stands_where_the_page_has_none(visit, picture):
    page = visit()
    envelopes = {
        "known.jpg": {"code": 400, "message": "", "error": "picture_unreadable", "detail": "A sentence of the service."},
        "new.jpg": {"code": 400, "message": "", "error": "picture_upside_down", "detail": "It hangs upside down."},
    }

    def answer(route) -> None:
        name = next(name for name in envelopes if name.encode() in route.request.post_data_buffer)
        route.fulfill(status=400, json={"status": envelopes[name], "data": None})

    page.route("**/prediction?*", answer)
    choose(page, *(picture_file(name, picture()) for name in envelopes))
    expect_answered(page, 0, 2)
    expect(left_out(page, "new.jpg")).to_contain_text("It hangs upside down.")
    expect(left_out(page, "known.jpg")).to_have_text("known.jpg The file cannot be read as a picture. It may be damaged or cut short.")
    # What is saved says the same, and in the page's language.
    page.get_by_label("Language").select_option("id")
    translated = left_out(page, "known.jpg").locator(".reason")
    expect(translated).to_contain_text("Berkas ini")
    reason = translated.inner_text()
    table = csv.DictReader(io.StringIO(saved(page, "Tabel sebagai CSV").decode("utf-8-sig"), newline=""))
    assert {row["file"]: row["reason"] for row in table} == {"known.jpg": reason, "new.jpg": "It hangs upside down."}
