"""Pictures at addresses, from a server of static files made by IIIF's specifications, and from servers that misbehave."""

import csv
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from ragam import iiif, urls
from ragam.errors import InvalidInput, PictureRefused
from ragam.urls import addresses

V2 = {"@context": "http://iiif.io/api/image/2/context.json", "protocol": "http://iiif.io/api/image", "width": 6000, "height": 4000}
V3 = {**V2, "@context": "http://iiif.io/api/image/3/context.json", "type": "ImageService3"}
SIZES = [{"width": 375, "height": 250}, {"width": 1500, "height": 1000}, {"width": 3000, "height": 2000}]


class Museum(BaseHTTPRequestHandler):
    """Answers a path with bytes, or with what a function does; Image.jpg for all others that end in default.jpg as `sizes` allow."""

    def do_GET(self):
        museum = self.server.museum
        museum.asked.append(self.path)
        found = museum.files.get(self.path)
        if callable(found):
            found(self)
            return
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def museum(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Museum)
    server.museum = server
    server.files, server.asked, server.url = {}, [], f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def classify(gateway, lines, *options):
    Path("list.csv").write_text("title;picture\n" + "".join(f'"A, b";"{line}"\n' for line in lines), encoding="utf-8-sig")
    result = gateway.classify("--urls", "list.csv", "--csv", "out.csv", "--rate", "1000", "--retries", "1", *options)
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as file:
        return result, {row["file"]: row["reason"] or row["genre"] for row in csv.DictReader(file)}


def test_each_address_has_its_row_and_a_second_run_asks_for_the_failed_alone(gateway, museum, picture):
    def moved(handler):
        handler.reply(302, Location="/a.jpg")

    def busy_once(handler):
        museum.files["/busy.jpg"] = picture(seed=3)
        handler.reply(503, Retry_After="0")

    museum.files = {
        "/a.jpg": picture(seed=1),
        "/moved": moved,
        "/busy.jpg": busy_once,
        "/loop": lambda handler: handler.reply(301, Location="/loop"),
        "/file": lambda handler: handler.reply(301, Location="file:///etc/passwd"),
        "/large": bytes(300_000),
        "/zipped": lambda handler: handler.reply(200, b"x", Content_Encoding="gzip"),
        "/not.json": b'{"@context": "http://iiif.io/api/presentation/3/context.json", "items": [{"items": 3}]}',
        "/page.html": b"<html>",
    }
    lines = [f"{museum.url}{path}" for path in [*museum.files, "/gone.jpg"]] + ["ftp://museum.test/a.jpg", f"{museum.url}/a.jpg"]
    result, rows = classify(gateway, lines, "--max-bytes", "200000")
    told = {address.removeprefix(museum.url): text for address, text in rows.items()}
    assert list(told) == [*museum.files, "/gone.jpg", "ftp://museum.test/a.jpg"]
    assert {told.pop(path) for path in ("/a.jpg", "/moved", "/busy.jpg")} <= {"Light", "Dark"}
    assert told == {
        "/loop": "The address redirects more than 5 times.",
        "/file": "The address cannot be used: only http and https are.",
        "/large": "The answer has more than 200,000 bytes. --max-bytes allows more.",
        "/zipped": "The answer is compressed, though that was not asked for.",
        "/not.json": "The document is no IIIF manifest, and no description of a picture (info.json).",
        "/page.html": "The file is a web page, not a JPEG or PNG. Send the picture that the page shows.",
        "/gone.jpg": "The server of this address answered 404 Not Found.",
        "ftp://museum.test/a.jpg": "The address cannot be used: only http and https are.",
    }
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "3 of 11 pictures have an answer, 8 failed.")
    museum.asked.clear()
    museum.files["/gone.jpg"] = museum.files["/a.jpg"]
    result, rows = classify(gateway, lines, "--max-bytes", "200000")
    assert rows[f"{museum.url}/gone.jpg"] == rows[f"{museum.url}/a.jpg"]
    assert len(rows) == 11
    assert not {"/a.jpg", "/moved", "/busy.jpg"} & set(museum.asked)
    assert "4 of 11 pictures have an answer, 3 of them from an earlier run, 7 failed." in result.stdout


def test_manifests_of_both_versions(gateway, museum, picture):
    """Services of all levels, a picture without a service, a choice, a canvas without a picture and one whose service is gone."""
    base = museum.url
    level2 = {"@id": f"{base}/iiif/2/b", "@context": V2["@context"], "profile": "http://iiif.io/api/image/2/level2.json"}
    body2 = {"@id": f"{base}/b.jpg", "@type": "dctypes:Image", "service": level2}
    choice = {"@type": "oa:Choice", "default": {"@id": f"{base}/c.jpg", "@type": "dctypes:Image"}, "item": []}
    second = {
        "@context": "http://iiif.io/api/presentation/2/context.json",
        "@type": "sc:Manifest",
        "sequences": [{"canvases": [{"images": [{"resource": body2}]}, {"images": []}, {"images": [{"resource": choice}]}]}],
    }
    static = {"id": f"{base}/iiif/3/s", "type": "ImageService3", "profile": "level0"}
    gone = {"@id": f"{base}/iiif/gone", "@type": "ImageService2", "profile": "level1"}
    bodies = [
        {"id": f"{base}/s.jpg", "type": "Image", "service": [{"id": f"{base}/auth", "type": "AuthCookieService1"}, static]},
        {"type": "Choice", "items": [{"id": f"{base}/g.jpg", "type": "Image", "service": [gone]}]},
    ]
    third = {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "type": "Manifest",
        "items": [{"type": "Canvas", "items": [{"items": [{"motivation": "painting", "body": body}]}]} for body in bodies],
    }
    museum.files = {
        "/2.json": json.dumps(second).encode(),
        "/3.json": json.dumps(third).encode(),
        "/iiif/2/b/info.json": json.dumps({**V2, "@id": level2["@id"], "profile": [level2["profile"], {"maxWidth": 800}]}).encode(),
        "/iiif/2/b/full/800,/0/default.jpg": picture(seed=1),
        "/c.jpg": picture(seed=2),
        "/iiif/3/s/info.json": json.dumps({**V3, "id": static["id"], "profile": "level0", "sizes": SIZES}).encode(),
        "/iiif/3/s/full/1500,1000/0/default.jpg": picture(seed=3),
    }
    result, rows = classify(gateway, [f"{base}/2.json", f"{base}/3.json"])
    told = {address.removeprefix(base): text for address, text in rows.items()}
    assert {path: told.pop(path) in {"Light", "Dark"} for path in ("/iiif/2/b/info.json", "/c.jpg", "/iiif/3/s/info.json")}
    assert told == {"/2.json#2": "The canvas has no picture.", "/iiif/gone/info.json": "The server of this address answered 404 Not Found."}
    assert result.stdout.splitlines()[-1] == "3 of 5 pictures have an answer, 2 failed."
    museum.asked.clear()
    classify(gateway, [f"{base}/2.json", f"{base}/3.json"])
    assert Counter(museum.asked) == Counter(["/2.json", "/3.json", "/iiif/gone/info.json"])


@pytest.mark.parametrize(
    ("info", "sizes"),
    [
        ({**V2, "profile": ["http://iiif.io/api/image/2/level2.json"]}, ["1024,", "full"]),
        ({**V2, "profile": "http://iiif.io/api/image/2/level1.json", "width": 300, "height": 900}, ["300,", "full"]),
        ({**V2, "profile": ["http://iiif.io/api/image/2/level1.json", {"maxWidth": 600}]}, ["600,", "full"]),
        ({**V2, "profile": ["http://iiif.io/api/image/2/level2.json", {"maxArea": 240_000}]}, ["600,", "full"]),
        ({**V2, "profile": ["http://iiif.io/api/image/2/level0.json"], "sizes": SIZES}, ["1500,1000", "1500,", "full"]),
        ({**V2, "profile": ["http://iiif.io/api/image/2/level0.json"], "sizes": SIZES[:1]}, ["375,250", "375,", "full"]),
        ({**V2, "profile": ["http://iiif.io/api/image/2/level0.json", {"supports": ["sizeByWh"]}]}, ["1024,682", "full"]),
        ({**V3, "profile": "level2"}, ["1024,", "max"]),
        ({**V3, "profile": "level1", "maxWidth": 2000, "maxHeight": 500}, ["750,", "max"]),
        ({**V3, "profile": "level0", "sizes": SIZES, "extraFeatures": ["sizeByConfinedWh"]}, ["!1024,682", "max"]),
        ({**V3, "profile": "level0"}, ["max"]),
    ],
)
def test_the_size_that_is_asked_for(info, sizes):
    service = "https://museum.test/iiif/a%2Fb"
    address = {"id": service} if "type" in info else {"@id": service}
    assert iiif.requests({**info, **address}) == [f"{service}/full/{size}/0/default.jpg" for size in sizes]


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"height": "x"},
        {"@id": 3},
        {"@id": "file:///etc"},
        {"profile": []},
        {"profile": [{}, {}], "sizes": 3},
        {"width": 10**400},
    ],
)
def test_an_info_json_that_makes_no_sense(wrong):
    with pytest.raises(PictureRefused):
        iiif.requests({**V2, "@id": "https://museum.test/a", "profile": "level2", **wrong})


@pytest.mark.parametrize(
    "wrong", [{}, {"items": 3}, {"items": [{"items": [{"items": [{"body": 3}]}]}]}, {"sequences": []}, {"items": [[]]}]
)
def test_a_manifest_that_makes_no_sense(wrong):
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


def test_one_fetch_at_a_time_at_the_rate(gateway, museum, picture, monkeypatch):
    clock, sleep = [100.0], urls.asyncio.sleep

    async def pass_time(seconds):
        clock[0] += seconds
        await sleep(0)

    monkeypatch.setattr(urls, "monotonic", lambda: clock[0])
    monkeypatch.setattr(urls.asyncio, "sleep", pass_time)
    museum.files = {f"/{number}.jpg": picture(seed=number) for number in range(5)}
    classify(gateway, [f"{museum.url}{path}" for path in museum.files], "--rate", "0.5")
    assert clock[0] == 100 + 2 * 4
    assert museum.asked == list(museum.files)


def test_what_a_fetch_tells_does_not_steer_the_terminal(gateway, museum):
    museum.files = {"/a": lambda handler: handler.reply(301, Location="http://[\x1b[2J")}
    result, _ = classify(gateway, [f"{museum.url}/a"])
    assert result.exit_code == 1
    assert all(line.isprintable() for line in result.output.splitlines())


def test_a_picture_of_another_format_is_converted(gateway, museum, tmp_path):
    Image.new("RGB", (40, 30), "white").save(tmp_path / "a.tif")
    museum.files = {"/a.tif": (tmp_path / "a.tif").read_bytes()}
    _, rows = classify(gateway, [f"{museum.url}/a.tif"])
    assert rows == {f"{museum.url}/a.tif": "Light"}
