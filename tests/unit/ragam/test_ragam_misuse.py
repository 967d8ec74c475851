"""The client used in a wrong way, and what others have put there: files in its way, addresses, names and passwords."""

import asyncio
import csv
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from PIL import Image
from stub_gateway import answer, hang_up

from ragam import AsyncClient, Client, doctor, errors
from ragam.errors import InvalidInput, PictureRefused
from ragam.picture import upload_of
from ragam.results import Model, Prediction
from ragam.rows import row_of, write_parquet
from ragam.table import Table

GOOD = Prediction("Realism", 1.0, None, None, None, {"Realism": 1.0}, (), Model("painting_genre", 3))


@pytest.mark.parametrize("given", [[], None, StringIO("text")])
def test_what_is_no_picture_is_a_fault_of_the_program(ragam, gateway, given):
    with pytest.raises(TypeError, match=rf"^A picture is a path, bytes, .* not {type(given).__name__}\.$"):
        ragam.classify(given)
    assert not gateway.requests


@pytest.mark.parametrize("given", ["a.jpg", Path("a.jpg"), b"a", BytesIO(b"a"), Image.new("L", (1, 1)), None])
def test_one_picture_is_not_many(ragam, given):
    for asked in (ragam, AsyncClient("http://ragam.test")):
        with pytest.raises(TypeError, match=rf"^classify_many takes several pictures, .* not {type(given).__name__}\.$"):
            asked.classify_many(given)


def test_after_close_there_is_one_sentence(gateway, file):
    ragam = Client(gateway.url)
    ragam.close()
    ragam.close()
    for call in (ragam.genres, lambda: ragam.classify(file), lambda: list(ragam.classify_many([file]))):
        with pytest.raises(errors.ClientClosed, match=r"^The client is closed\.") as caught:
            call()
        assert caught.value.error == "client_closed"

    async def use_after():
        async with AsyncClient(gateway.url) as closed:
            pass
        return [type(found) async for _, found in closed.classify_many([file] * 9)]

    assert asyncio.run(use_after()) == [errors.ClientClosed]
    assert not gateway.requests


def test_close_ends_what_is_under_way(gateway, file):
    begun, let_go = threading.Event(), threading.Event()

    def hold(handler):
        begun.set()
        let_go.wait()
        hang_up(handler)

    gateway.faults = [hold]
    ragam = Client(gateway.url, retries=0)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ragam.classify, file)
        begun.wait()
        ragam.close()
        assert type(asked.exception()) is errors.ClientClosed
    let_go.set()


@pytest.mark.parametrize(
    "url", ["", "localhost:5000", "http://", "ftp://u:hunter2@x/", "u:hunter2@x", "http://u:hunter2@[::1", "http://u:hun/ter2@x:y/"]
)
def test_addresses_that_cannot_be_used_and_no_password_is_told(url):
    with pytest.raises(InvalidInput, match=r"^The address of the gateway ") as caught:
        Client(url)
    assert not re.search("hun|ter2", str(caught.value))


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": float("nan")}, {"retries": -1}, {"concurrency": 0}, {"api_key": "a\nb"}])
def test_bounds_that_mean_nothing_and_keys_that_cannot_be_sent(wrong):
    with pytest.raises(InvalidInput, match=r"^(timeout must be more than 0, |The API key may hold only letters, )[^\n]*$"):
        Client("http://ragam.test", **wrong)


@pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to, lambda path, _: os.mkfifo(path)], ids=["link", "hard link", "pipe"])
def test_what_others_put_where_a_file_is_written_anew_is_not_opened(tmp_path, plant):
    precious = tmp_path / "precious"
    precious.write_text("years of work")
    plant(tmp_path / ".out.csv.part", precious)
    with closing(Table(tmp_path / "out.csv")) as table:
        table.resume([])
        table.append(row_of("a.jpg", GOOD))
    plant(tmp_path / ".out.parquet.part", precious)
    write_parquet(tmp_path / "out.csv", tmp_path / "out.parquet")
    assert precious.read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.parquet", "precious"]
    assert not any((tmp_path / name).is_symlink() for name in ("out.csv", "out.parquet"))
    assert b"a.jpg" in (tmp_path / "out.csv").read_bytes()


LATE = [
    "http://127.0.0.1:65536/x.jpg",
    "http://127.0.0.1:0/x.jpg",
    "http://[::1/x.jpg",
    "http://a..b/x.jpg",
    f"http://{'a' * 64}.test/x.jpg",
    "http://\u2100.test/x.jpg",
    "http://user:secret/x.jpg",
    "http://user:sec/ret@127.0.0.1/x.jpg",
    "http:///x.jpg",
]


def test_an_address_that_is_refused_late_fails_alone(museum, classify_urls, picture):
    museum.files = {"/good.jpg": picture(seed=1), "/moved": answer(302, Location=LATE[0])}
    long = f"http://a/{'a' * 200_000}"
    result, rows = classify_urls([*LATE, long, f"{museum.url}/moved", f"{museum.url}/good.jpg"], "--retries", "0")
    # A cell of which no program that reads the CSV complains.
    assert rows.pop(f"{long[:200]}...") == "The address has more than 65,536 characters."
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert rows["/good.jpg"] in {"Light", "Dark"}
    assert set(rows) == {*LATE, "/moved", "/good.jpg"}
    unusable = "The address cannot be used: it is not one such as https://museum.example/painting.jpg."
    assert rows[LATE[0]] == rows["/moved"] == unusable
    assert not any("sec" in text for text in rows.values())


@pytest.mark.parametrize("name", ["a\0b.jpg", "n" * 300_000])
def test_names_that_no_file_has(gateway, folder, name):
    for _ in range(2):
        # The second reads a cell that is longer than other programs' are.
        result = gateway.classify("-", "--csv", "out.csv", input=f"{name}\npictures\n")
        assert result.stdout.splitlines()[-1].startswith("6 of 7 pictures have an answer, ")
    assert csv.field_size_limit() == 131_072
    with pytest.raises(PictureRefused):
        upload_of(Path(name))


@pytest.mark.parametrize("proxy", ["u:hunter2@proxy.test:3128", "gopher://u:hunter2@proxy.test", "http://u:hunter2@a:b"])
def test_no_password_of_a_proxy_is_told_and_one_that_cannot_be_used_is_a_sentence(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    assert "hunter2" not in doctor._proxy("http://ragam.test")
    if "://" in proxy:
        with pytest.raises(InvalidInput, match=r"^The proxy that the environment names \(HTTP_PROXY and the like\) cannot be used\.$"):
            Client("http://ragam.test")
