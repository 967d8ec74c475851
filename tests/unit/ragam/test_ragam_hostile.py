"""What others have put there: links and pipes where files are written, addresses that are refused late, names of any length."""

import asyncio
import csv
import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from test_ragam_urls import classify, museum  # noqa: F401 - a fixture

from ragam import Client, doctor
from ragam.errors import InvalidInput, PictureRefused
from ragam.picture import upload_of
from ragam.results import Model, Prediction
from ragam.rows import row_of, write_parquet
from ragam.table import Table
from ragam.transport import Transport

GOOD = Prediction("Realism", 1.0, None, None, None, {"Realism": 1.0}, (), Model("painting_genre", 3))


def planted(path, kind, precious):
    """At `path` what somebody else has put there before."""
    {"link": lambda: path.symlink_to(precious), "pipe": lambda: os.mkfifo(path), "hard link": lambda: path.hardlink_to(precious)}[kind]()


@pytest.mark.parametrize("kind", ["link", "pipe", "hard link"])
def test_what_lies_where_a_file_is_written_anew_is_not_opened(tmp_path, kind):
    precious = tmp_path / "precious"
    precious.write_text("years of work")
    planted(tmp_path / ".out.csv.part", kind, precious)
    with closing(Table(tmp_path / "out.csv")) as table:
        table.resume([])
        table.append(row_of("a.jpg", GOOD))
    planted(tmp_path / ".out.parquet.part", kind, precious)
    write_parquet(tmp_path / "out.csv", tmp_path / "out.parquet")
    assert precious.read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.parquet", "precious"]
    assert not any((tmp_path / name).is_symlink() for name in ("out.csv", "out.parquet"))
    assert b"a.jpg" in (tmp_path / "out.csv").read_bytes()


LATE = [
    "http://127.0.0.1:99999/x.jpg",
    "http://127.0.0.1:65536/x.jpg",
    "http://127.0.0.1:0/x.jpg",
    "http://[::1/x.jpg",
    "http://a..b/x.jpg",
    f"http://{'a' * 64}.test/x.jpg",
    "http://\u2100.test/x.jpg",
    "http://xn--a/x.jpg",
    "http://user:secret/x.jpg",
    "http://user:sec/ret@127.0.0.1/x.jpg",
    "http:///x.jpg",
]


def test_an_address_that_is_refused_late_fails_alone(gateway, museum, picture):  # noqa: F811
    wrong = f"{museum.url}/manifest.json"
    canvas = {"items": [{"items": [{"body": {"id": LATE[0]}}]}]}
    museum.files = {
        "/good.jpg": picture(seed=1),
        "/moved": lambda handler: handler.reply(302, Location=LATE[0]),
        "/manifest.json": json.dumps({"items": [canvas]}).encode(),
    }
    lines = [*LATE, f"{museum.url}/moved", wrong, f"{museum.url}/good.jpg"]
    result, rows = classify(gateway, lines, "--retries", "0")
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert rows[f"{museum.url}/good.jpg"] in {"Light", "Dark"}
    assert set(rows) == {*lines} - {wrong}
    assert (
        rows[LATE[0]]
        == rows[f"{museum.url}/moved"]
        == "The address cannot be used: it is not one such as https://museum.example/painting.jpg."
    )
    assert not any("sec" in text for text in rows.values())


def test_whatever_connecting_raises_for_an_address_is_a_sentence(monkeypatch):
    async def ask(error):
        transport = Transport("the server", 1, 0)

        async def fail(*_, **__):
            raise error

        monkeypatch.setattr(transport._http, "send", fail)
        with pytest.raises(InvalidInput, match=r"^The address cannot be used: "):
            await transport.send("GET", "http://museum.test/", most=1)
        await transport.aclose()

    for error in (OverflowError("port"), UnicodeError("label"), ValueError("null byte"), ExceptionGroup("tasks", [OverflowError("port")])):
        asyncio.run(ask(error))


def test_an_address_too_long_leaves_a_csv_that_every_program_reads(gateway, museum, picture):  # noqa: F811
    long = f"{museum.url}/{'a' * 200_000}"
    bodies = [{"id": f"{museum.url}/good.jpg"}, {"id": long}]
    museum.files = {
        "/good.jpg": picture(seed=1),
        "/manifest.json": json.dumps({"items": [{"items": [{"items": [{"body": body}]}]} for body in bodies]}).encode(),
    }
    for _ in range(2):
        result, rows = classify(gateway, [long, f"{museum.url}/manifest.json"])
        assert result.exit_code == 1
        assert rows.pop(f"{museum.url}/good.jpg") in {"Light", "Dark"}
        assert rows == dict.fromkeys([f"{long[:200]}...", f"{museum.url}/manifest.json#2"], "The address has more than 65,536 characters.")


def test_what_was_written_can_be_read_however_long(tmp_path):
    name = "a" * 300_000
    for _ in range(2):
        with closing(Table(tmp_path / "out.csv")) as table:
            table.resume([])
            table.append(row_of(name, GOOD))
    with closing(Table(tmp_path / "out.csv")) as table:
        table.resume([])
        assert table.answer(name)
    assert csv.field_size_limit() == 131_072


@pytest.mark.parametrize("name", ["a\0b.jpg", "n" * 5000])
def test_names_that_no_file_has(gateway, folder, name):
    result = gateway.classify("-", "--csv", "out.csv", input=f"{name}\npictures\n")
    assert result.stdout.splitlines()[-1] == "6 of 7 pictures have an answer, 1 failed."
    with pytest.raises(PictureRefused):
        upload_of(Path(name))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://u:hunter2@x/",
        "http://u:hunter2@x:99999/",
        "u:hunter2@x",
        "http://u:hunter2@[::1",
        "http://u:hun/ter2@x:y/",
        "http://u:hunter2@",
    ],
)
def test_no_password_of_an_address_is_told(url):
    with pytest.raises(InvalidInput) as caught:
        Client(url)
    assert "hun" not in str(caught.value)
    assert "ter2" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["http://u:hunter2@proxy.test:3128", "u:hunter2@proxy.test:3128", "gopher://u:hunter2@proxy.test", "http://u:hunter2@a:b"]
)
def test_no_password_of_a_proxy_is_told(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    assert "hunter2" not in doctor._proxy("http://ragam.test")


@pytest.mark.parametrize("proxy", ["gopher://u:hunter2@proxy.test", "http://u:hunter2@a:b"])
def test_a_proxy_that_cannot_be_used_is_a_sentence(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(InvalidInput, match=r"^The proxy that the environment names \(HTTP_PROXY and the like\) cannot be used\.$"):
        Client("http://ragam.test")
