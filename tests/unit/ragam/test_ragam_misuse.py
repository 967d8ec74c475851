"""The client used in a wrong way: what is no picture, what cannot be read or sent, and what comes after its end."""

import asyncio
import os
import threading
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from PIL import Image
from stub_gateway import hang_up

from ragam import AsyncClient, Client, RagamError, errors
from ragam.errors import InvalidInput, PictureRefused


@pytest.mark.parametrize("given", [[], None, 5, {"a": 1}, StringIO("text")])
def test_what_is_no_picture_is_a_fault_of_the_program(ragam, gateway, given):
    kind = type(given).__name__ if not hasattr(given, "read") else "StringIO"
    with pytest.raises(TypeError, match=rf"^A picture is a path, bytes, a file opened as bytes, or Pillow's picture, not {kind}\.$"):
        ragam.classify(given)
    with pytest.raises(TypeError):
        list(ragam.classify_many([given]))
    assert not gateway.requests


@pytest.mark.parametrize("given", ["a.jpg", Path("a.jpg"), b"a", bytearray(b"a"), BytesIO(b"a"), Image.new("L", (1, 1)), None, 5])
def test_one_picture_is_not_many(ragam, given):
    for asked in (ragam, AsyncClient("http://ragam.test")):
        with pytest.raises(TypeError, match=rf"^classify_many takes several pictures, .* not {type(given).__name__}\.$"):
            asked.classify_many(given)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "picture_empty"),
        (b"no picture", "picture_unreadable"),
        (b"<!doctype html><html>", "format_unsupported"),
        (b"%PDF-1.7", "format_unsupported"),
        (b"\xff\xd8\xff cut short", "picture_unreadable"),
    ],
)
def test_of_bytes_without_a_name_the_service_says_what_they_are(ragam, tmp_path, data, word):
    (tmp_path / "notes.txt").write_bytes(data)
    for picture_of_it in (data, BytesIO(data), tmp_path / "notes.txt"):
        with pytest.raises(PictureRefused) as caught:
            ragam.classify(picture_of_it)
        assert (caught.value.error, caught.value.status) == (word, 400)


def test_after_close_there_is_one_sentence(gateway, file):
    ragam = Client(gateway.url)
    ragam.close()
    ragam.close()
    calls = (ragam.genres, lambda: ragam.classify(file), lambda: list(ragam.classify_many([file])), lambda: ragam.explain(file))
    for call in calls:
        with pytest.raises(errors.ClientClosed, match=r"^The client is closed\.") as caught:
            call()
        assert caught.value.error == "client_closed"

    async def use_after():
        async with AsyncClient(gateway.url) as closed:
            pass
        with pytest.raises(errors.ClientClosed):
            await closed.classify(file)
        return [found async for _, found in closed.classify_many([file] * 9)]

    assert [type(found) for found in asyncio.run(use_after())] == [errors.ClientClosed]
    assert not gateway.requests


def test_close_ends_what_is_under_way(gateway, file):
    begun, let_go = threading.Event(), threading.Event()

    def hold(handler):
        begun.set()
        let_go.wait()
        hang_up(handler)

    gateway.faults = [hold]
    ragam = Client(gateway.url, retries=0)
    caught = []

    def ask():
        try:
            ragam.classify(file)
        except RagamError as error:
            caught.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    begun.wait()
    ragam.close()
    thread.join()
    let_go.set()
    assert caught == [errors.ClientClosed]


def test_files_that_cannot_be_read(ragam, gateway, tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path, sentence in [
        (tmp_path / "none.jpg", "The file cannot be read: No such file or directory."),
        (tmp_path, "The file cannot be read: it is a folder, a device or a pipe."),
        (tmp_path / "pipe.jpg", "The file cannot be read: it is a folder, a device or a pipe."),
    ]:
        with pytest.raises(PictureRefused) as caught:
            ragam.classify(path)
        assert str(caught.value) == sentence
    assert not gateway.requests


@pytest.mark.parametrize("url", ["", "ragam.test", "localhost:5000", "ftp://ragam.test", "http://", "http://a:b:c", "http://a:99999"])
def test_addresses_that_cannot_be_used(url):
    with pytest.raises(InvalidInput, match=r"^The address of the gateway "):
        Client(url)


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": float("nan")}, {"retries": -1}, {"concurrency": 0}])
def test_bounds_that_mean_nothing(wrong):
    with pytest.raises(InvalidInput, match=r"^timeout must be more than 0, "):
        Client("http://ragam.test", **wrong)


@pytest.mark.parametrize("key", ["a b", "é", "a\nb"])
def test_keys_that_cannot_be_sent(key):
    with pytest.raises(InvalidInput) as caught:
        Client("http://ragam.test", key)
    assert key not in str(caught.value)
