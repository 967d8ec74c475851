"""The client as a program uses it: what it sends, when it sends that again, what comes back and what it raises."""

import asyncio
import doctest
import itertools
import os
import re
import threading
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from PIL import Image
from stub_gateway import answer, hang_up

from gateway.api import upload as uploads
from gateway.prediction import SimilarWork
from ragam import AsyncClient, Client, Prediction, RagamError, aio, client, errors, picture
from ragam.errors import InvalidInput, KeyRefused, PictureRefused, PictureTooLarge, ServiceFailed, Unavailable
from ragam.order import in_order
from ragam.results import Model

ROOT = Path(__file__).resolve().parents[3]
BUSY = answer(503, {"status": {"code": 503, "error": "model_busy", "detail": "Try again."}, "data": None}, Retry_After="3")
NOTHING_THERE = answer(404, {"status": {"code": 404, "error": "address_unknown", "detail": "Nothing."}, "data": None})


def test_what_is_sent_and_what_comes_back(gateway, classifier, file):
    classifier.more = {"typicality": 0.4127, "certain": False, "expected_accuracy": 0.34}
    classifier.works = (SimilarWork("Paul Klee", "", 0.8312),)
    with Client(gateway.url + "/museum", api_key="secret") as ragam:
        found = ragam.classify(file, similar=True)
    assert found.confidence == max(found.scores.values()) == found.scores[found.genre]
    assert (found.certain, found.typicality, found.expected_accuracy) == (False, 0.4127, 0.34)
    assert (found.model, set(found.scores)) == (Model("painting_genre", 3), {"Light", "Dark"})
    assert [(work.artist, work.title, work.similarity) for work in found.similar] == [("Paul Klee", None, 0.8312)]
    with pytest.raises(AttributeError):
        found.genre = "Dark"
    [(method, path, headers, body)] = gateway.requests
    assert (method, path) == ("POST", "/museum/prediction?details=true&similar=true")
    assert (headers["Authorization"], headers["Accept"]) == ("Bearer secret", "application/json")
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\n\n" + body)
    [part] = message.iter_parts()
    assert (part.get_param("name", header="Content-Disposition"), part.get_filename()) == (uploads.FIELD, "a.jpg")
    assert part.get_content() == file.read_bytes()
    assert (picture.SENT, aio.FIELD) == (uploads.EXTENSIONS, uploads.FIELD)


def test_a_picture_may_be_a_path_bytes_a_file_or_pillow_s(ragam, file):
    whole = ragam.classify(file)
    with file.open("rb") as stream:
        assert ragam.classify(stream) == ragam.classify(file.read_bytes()) == ragam.classify(BytesIO(file.read_bytes())) == whole
    with Image.open(file) as opened:
        assert ragam.classify(opened) == whole
    assert ragam.explain(file).genre == whole.genre
    large = Image.new("RGB", (3000, 2000))
    assert ragam.classify(large).genre == "Dark"
    assert large.size == (3000, 2000)


def test_names_of_any_bytes(ragam, tmp_path, picture):
    for name in (b'a"b.jpg', "café 日本.jpg".encode(), b"\xff\xfe.jpg", b"a\nb.jpg", b"a;b=c.JPG"):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(picture(64, 48))
        assert ragam.classify(path).genre, name


def test_explanations_and_genres(ragam, file):
    explained = ragam.explain(file)
    assert (len(explained.heatmap), len(explained.heatmap[0]), explained.heatmap[6][0]) == (7, 7, 1)
    assert (explained.genre, explained.model.version) == (ragam.classify(file).genre, 3)
    assert Image.open(BytesIO(ragam.explain_png(file))).size == (64, 48)
    light, *_ = [genre for genre in ragam.genres() if genre.description]
    assert set(light.description) == {"en", "id"}


def test_the_kinds_of_errors_cover_the_words_of_the_description():
    failure = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())["components"]["schemas"]["Failure"]
    described = re.findall(r"^- `(\w+)`: ", failure["properties"]["error"]["description"], re.MULTILINE)
    assert sorted(word for words in errors.WORDS.values() for word in words.split()) == sorted(described)


def test_each_word_and_kind_of_the_client_is_documented():
    documented = (ROOT / "docs" / "client.md").read_text()
    kinds = [
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, RagamError) and kind is not RagamError
    ]
    assert [name for name in (*errors.FOUND_HERE, *kinds) if f"`{name}`" not in documented] == []
    assert {kind.word for kind in (RagamError, *RagamError.__subclasses__(), PictureTooLarge, errors.ClientClosed)} <= set(
        errors.FOUND_HERE
    )


def test_an_error_has_the_service_s_sentence_word_and_kind(ragam, gateway, file, waits):
    with pytest.raises(PictureRefused, match=r"^The file cannot be read as a JPEG or PNG picture\.") as caught:
        ragam.classify(b"text")
    assert (caught.value.error, caught.value.status, len(gateway.requests)) == ("picture_unreadable", 400, 1)
    for status, kind in ((401, KeyRefused), (413, PictureTooLarge), (400, errors.RequestRefused), (502, ServiceFailed)):
        gateway.faults, gateway.requests = [answer(status, b"<html>")] * 2, []
        with pytest.raises(kind, match=f"^The answer was {status} ") as caught:
            ragam.classify(file)
        assert (caught.value.error, caught.value.status) == (f"http_{status}", status)
        # What is too large is reduced and sent again.
        assert len(gateway.requests) == 1 + (status == 413)
    assert not waits


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        (hang_up, Unavailable, "The connection to ADDRESS was lost."),
        (BUSY, Unavailable, "Try again."),
        (answer(404, b"no"), InvalidInput, "ADDRESS answers, but it is not Ragam. Use the address of its gateway."),
        (answer(301, Location="https://a.test/"), InvalidInput, "ADDRESS redirects to https://a.test/. Use that address."),
        (NOTHING_THERE, InvalidInput, "Ragam answers, but has nothing at ADDRESS. Give its address without /museum."),
    ],
)
def test_check_says_what_is_wrong(gateway, waits, fault, error, sentence):
    async def check(told):
        async with AsyncClient(gateway.url + "/museum", timeout=5) as ragam:
            await ragam.check(told.append)

    told = []
    gateway.index_faults = [hang_up, hang_up]
    asyncio.run(check(told))
    assert told == [f"{gateway.url}/museum does not answer yet, trying again."]
    gateway.index_faults = [fault] * 6
    with pytest.raises(error) as caught:
        asyncio.run(check([]))
    assert str(caught.value) == sentence.replace("ADDRESS", f"{gateway.url}/museum")


def test_many_come_in_order_and_few_are_held(ragam, gateway, picture):
    taken = itertools.count()
    pictures = (b"no picture" if number % 5 == 3 else picture(64, 48, seed=next(taken) % 7) for number in itertools.count())
    first = list(itertools.islice(ragam.classify_many(pictures), 40))
    assert [isinstance(found, Prediction) for _, found in first] == [number % 5 != 3 for number in range(40)]
    assert next(taken) < 50
    assert [name for name, _ in ragam.classify_many(["b.jpg", "a.jpg"])] == ["b.jpg", "a.jpg"]
    # What asks is one thread, whatever is asked.
    assert sum(thread.name == "ragam" for thread in threading.enumerate()) == 1


def test_after_unavailable_no_picture_is_begun(ragam, gateway, file):
    gateway.faults = [None, answer(401)]
    found = [answer for _, answer in ragam.classify_many([file] * 50)]
    assert sum(isinstance(one, KeyRefused) for one in found) == 1
    assert gateway.pictures == len(found) < 20
    # Of those that were under way one says it for all.
    gateway.faults = [answer(401)] * 50
    assert [type(answer) for _, answer in ragam.classify_many([file] * 50)] == [KeyRefused]


def test_closed_early_nothing_keeps_running():
    async def run():
        outcomes = in_order(range(9), lambda number: asyncio.sleep(3600 if number else 0), 4)
        await anext(outcomes)
        await outcomes.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_in_a_notebook_which_has_a_loop_of_its_own(gateway, file):
    async def cell():
        with Client(gateway.url) as ragam:
            return ragam.classify(file)

    assert asyncio.run(cell()).genre


@pytest.mark.parametrize("module", [client, aio])
def test_what_the_docstrings_say(gateway, file, module):
    failed, tried = doctest.testmod(module, extraglobs={"url": gateway.url, "painting": file})
    assert (failed, tried > 0) == (0, True)


def test_the_example_of_the_documentation_runs(gateway, file, monkeypatch, capsys):
    [program] = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "client.md").read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(file.parent)
    Path("painting.jpg").write_bytes(file.read_bytes())
    Path("paintings").mkdir()
    Path("paintings/a.jpg").write_bytes(file.read_bytes())
    exec(compile(program.replace("http://127.0.0.1:5000", gateway.url), "client.md", "exec"), {})
    assert "paintings/a.jpg" in capsys.readouterr().out
