"""Pictures at addresses, from a server of static files made by IIIF's specifications, and from servers that misbehave."""

import json
from collections import Counter

import pytest
from PIL import Image
from stub_gateway import answer

from ragam import iiif, urls
from ragam.errors import InvalidInput, PictureRefused
from ragam.urls import addresses

V2 = {"@context": "http://iiif.io/api/image/2/context.json", "protocol": "http://iiif.io/api/image", "width": 6000, "height": 4000}
V3 = {**V2, "@context": "http://iiif.io/api/image/3/context.json", "type": "ImageService3"}
SIZES = [{"width": 375, "height": 250}, {"width": 1500, "height": 1000}, {"width": 3000, "height": 2000}]
GENRES = {"Light", "Dark"}


def test_each_address_has_its_row_and_a_second_run_asks_for_the_failed_alone(museum, classify_urls, picture, tmp_path):
    def busy_once(handler):
        museum.files["/busy.jpg"] = picture(seed=3)
        answer(503, Retry_After="0")(handler)

    Image.new("RGB", (40, 30), "white").save(tmp_path / "a.tif")
    museum.files = {
        "/a.jpg": picture(seed=1),
        "/a.tif": (tmp_path / "a.tif").read_bytes(),
        "/moved": answer(302, Location="/a.jpg"),
        "/busy.jpg": busy_once,
        "/loop": answer(301, Location="/loop"),
        "/file": answer(301, Location="file:///etc/passwd"),
        "/evil": answer(301, Location="http://[\x9b[2J"),
        "/large": bytes(300_000),
        "/zipped": answer(200, b"x", Content_Encoding="gzip"),
        "/not.json": b'{"@context": "http://iiif.io/api/presentation/3/context.json", "items": [{"items": 3}]}',
        "/page.html": b"<html>",
    }
    elsewhere = "ftp://museum.test/a.jpg"
    lines = [*(f"{museum.url}{path}" for path in [*museum.files, "/gone.jpg"]), elsewhere, f"{museum.url}/a.jpg"]
    result, rows = classify_urls(lines, "--max-bytes", "200000")
    assert list(rows) == [*museum.files, "/gone.jpg", elsewhere]
    assert {rows.pop(path) for path in ("/a.jpg", "/a.tif", "/moved", "/busy.jpg")} <= GENRES
    assert rows.pop("/evil").isprintable()
    assert rows == {
        "/loop": "The address redirects more than 5 times.",
        "/file": "The address cannot be used: only http and https are.",
        "/large": "The answer has more than 200,000 bytes. --max-bytes allows more.",
        "/zipped": "The answer is compressed, though that was not asked for.",
        "/not.json": "The document is no IIIF manifest, and no description of a picture (info.json).",
        "/page.html": "The file is a web page, not a JPEG or PNG. Send the picture that the page shows.",
        "/gone.jpg": "The server of this address answered 404 Not Found.",
        elsewhere: "The address cannot be used: only http and https are.",
    }
    assert all(line.isprintable() for line in result.output.splitlines())
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "4 of 13 pictures have an answer, 1 converted, 9 failed.")
    museum.asked.clear()
    museum.files["/gone.jpg"] = museum.files["/a.jpg"]
    result, rows = classify_urls(lines, "--max-bytes", "200000")
    assert (rows["/gone.jpg"], len(rows)) == (rows["/a.jpg"], 13)
    assert not {"/a.jpg", "/moved", "/busy.jpg"} & set(museum.asked)
    assert "5 of 13 pictures have an answer, 4 of them from an earlier run, 8 failed." in result.stdout


def test_manifests_of_both_versions(museum, classify_urls, picture):
    """Services of all levels, a picture without a service, a choice, a canvas without a picture and one whose service is gone."""
    base = museum.url
    level2 = {"@id": f"{base}/iiif/2/b", "@context": V2["@context"], "profile": "http://iiif.io/api/image/2/level2.json"}
    body2 = {"@id": f"{base}/b.jpg", "@type": "dctypes:Image", "service": level2}
    choice = {"@type": "oa:Choice", "default": {"@id": f"{base}/c.jpg", "@type": "dctypes:Image"}, "item": []}
    second = {"sequences": [{"canvases": [{"images": [{"resource": body2}]}, {"images": []}, {"images": [{"resource": choice}]}]}]}
    static = {"id": f"{base}/iiif/3/s", "type": "ImageService3", "profile": "level0"}
    gone = {"@id": f"{base}/iiif/gone", "@type": "ImageService2", "profile": "level1"}
    bodies = [
        {"id": f"{base}/{'a' * 70_000}"},
        {"id": f"{base}/s.jpg", "type": "Image", "service": [{"id": f"{base}/auth", "type": "AuthCookieService1"}, static]},
        {"type": "Choice", "items": [{"id": f"{base}/g.jpg", "type": "Image", "service": [gone]}]},
    ]
    third = {"type": "Manifest", "items": [{"items": [{"items": [{"motivation": "painting", "body": body}]}]} for body in bodies]}
    museum.files = {
        "/2.json": json.dumps(second).encode(),
        "/3.json": json.dumps(third).encode(),
        "/iiif/2/b/info.json": json.dumps({**V2, "@id": level2["@id"], "profile": [level2["profile"], {"maxWidth": 800}]}).encode(),
        "/iiif/2/b/full/800,/0/default.jpg": picture(seed=1),
        "/c.jpg": picture(seed=2),
        "/iiif/3/s/info.json": json.dumps({**V3, "id": static["id"], "profile": "level0", "sizes": SIZES}).encode(),
        "/iiif/3/s/full/1500,1000/0/default.jpg": picture(seed=3),
    }
    result, rows = classify_urls([f"{base}/2.json", f"{base}/3.json"])
    assert {rows.pop(path) for path in ("/iiif/2/b/info.json", "/c.jpg", "/iiif/3/s/info.json")} <= GENRES
    assert rows == {
        "/2.json#2": "The canvas has no picture.",
        "/3.json#1": "The address has more than 65,536 characters.",
        "/iiif/gone/info.json": "The server of this address answered 404 Not Found.",
    }
    assert result.stdout.splitlines()[-1] == "3 of 6 pictures have an answer, 3 failed."
    museum.asked.clear()
    classify_urls([f"{base}/2.json", f"{base}/3.json"])
    assert Counter(museum.asked) == Counter(["/2.json", "/3.json", "/iiif/gone/info.json"])


LEVEL = "http://iiif.io/api/image/2/level"


@pytest.mark.parametrize(
    ("info", "sizes"),
    [
        ({**V2, "profile": [f"{LEVEL}2.json"]}, ["1024,", "full"]),
        ({**V2, "profile": f"{LEVEL}1.json", "width": 300, "height": 900}, ["300,", "full"]),
        ({**V2, "profile": [f"{LEVEL}2.json", {"maxArea": 240_000}]}, ["600,", "full"]),
        ({**V2, "profile": [f"{LEVEL}0.json"], "sizes": SIZES}, ["1500,1000", "1500,", "full"]),
        ({**V2, "profile": [f"{LEVEL}0.json", {"supports": ["sizeByWh"]}]}, ["1024,682", "full"]),
        ({**V3, "profile": "level1", "maxWidth": 2000, "maxHeight": 500}, ["750,", "max"]),
        ({**V3, "profile": "level0", "sizes": SIZES, "extraFeatures": ["sizeByConfinedWh"]}, ["!1024,682", "max"]),
    ],
)
def test_the_size_that_is_asked_for(info, sizes):
    service = "https://museum.test/iiif/a%2Fb"
    address = {"id": service} if "type" in info else {"@id": service}
    assert iiif.requests({**info, **address}) == [f"{service}/full/{size}/0/default.jpg" for size in sizes]


def test_documents_that_make_no_sense():
    for wrong in ({"width": 0}, {"height": "x"}, {"@id": 3}, {"@id": "file:///etc"}, {"profile": []}, {"width": 10**400}):
        with pytest.raises(PictureRefused):
            iiif.requests({**V2, "@id": "https://museum.test/a", "profile": "level2", **wrong})
    for wrong in ({}, {"items": 3}, {"items": [{"items": [{"items": [{"body": 3}]}]}]}, {"sequences": []}, {"items": [[]]}):
        with pytest.raises(PictureRefused):
            iiif.canvases(wrong)


def test_lists(tmp_path):
    (tmp_path / "list.txt").write_text("https://a.test/full/!9,9/0/default.jpg\r\n\n# notes\nhttps://a.test/b,c\nhttps://a.test/b,c\n")
    assert addresses(tmp_path / "list.txt") == ["https://a.test/full/!9,9/0/default.jpg", "https://a.test/b,c"]
    (tmp_path / "list.tsv").write_text("id\turl\n1\thttps://a.test/b,c\n2\t\n")
    assert addresses(tmp_path / "list.tsv") == ["https://a.test/b,c"]
    (tmp_path / "none.csv").write_bytes(b"\xff\xfe")
    (tmp_path / "empty.csv").touch()
    for name in ("none.csv", "empty.csv", "nowhere.csv"):
        with pytest.raises(InvalidInput):
            addresses(tmp_path / name)


def test_one_fetch_at_a_time_at_the_rate(museum, classify_urls, picture, monkeypatch):
    clock, sleep = [100.0], urls.asyncio.sleep

    async def pass_time(seconds):
        clock[0] += seconds
        await sleep(0)

    monkeypatch.setattr(urls, "monotonic", lambda: clock[0])
    monkeypatch.setattr(urls.asyncio, "sleep", pass_time)
    museum.files = {f"/{number}.jpg": picture(seed=number) for number in range(5)}
    classify_urls([f"{museum.url}{path}" for path in museum.files], "--rate", "0.5")
    assert clock[0] == 100 + 2 * 4
    assert museum.asked == list(museum.files)
