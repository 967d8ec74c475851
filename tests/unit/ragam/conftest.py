import asyncio
import csv
import random
from pathlib import Path

import pytest
from stub_gateway import Gateway, Museum

from ragam import Client, transport


@pytest.fixture
def gateway(client, monkeypatch):
    monkeypatch.delenv("RAGAM_API_KEY", raising=False)
    monkeypatch.delenv("RAGAM_URL", raising=False)
    monkeypatch.setattr(transport, "FIRST_WAIT", 0.001)
    gateway = Gateway(client.application)
    yield gateway
    gateway.stop()


@pytest.fixture
def file(tmp_path, picture):
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(64, 48))
    return path


@pytest.fixture
def waits(monkeypatch):
    """How long the client would have waited."""
    waits, sleep = [], asyncio.sleep

    async def note(seconds):
        waits.extend([seconds] if seconds else [])
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr(random, "random", lambda: 0.0)
    monkeypatch.setattr(transport, "FIRST_WAIT", 1.0)
    return waits


@pytest.fixture
def ragam(gateway):
    with Client(gateway.url + "/museum", timeout=5, retries=3) as found:
        yield found


@pytest.fixture
def folder(tmp_path, monkeypatch, picture):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for number in range(6):
        (tmp_path / "pictures" / f"{number}.jpg").write_bytes(picture(64, 48, seed=number))
    return tmp_path


@pytest.fixture
def museum(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    museum = Museum()
    yield museum
    museum.stop()


@pytest.fixture
def classify_urls(gateway, museum):
    """Runs the command over addresses; gives what it printed, and by address the genre or the reason for none."""

    def classify_urls(lines, *options):
        Path("list.csv").write_text("title;picture\n" + "".join(f'"A, b";"{line}"\n' for line in lines), encoding="utf-8-sig")
        result = gateway.classify("--urls", "list.csv", "--csv", "out.csv", "--rate", "1000", "--retries", "1", *options)
        with Path("out.csv").open(encoding="utf-8-sig", newline="") as file:
            return result, {row["file"].removeprefix(museum.url): row["reason"] or row["genre"] for row in csv.DictReader(file)}

    return classify_urls
