"""Versions come, go and break on disk while the server runs."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from calls import Calls, predict_request, status_of, until
from processes import Server

from gateway.contract import SCORES_OUTPUT


def publish(model: Path, base_path: Path, name: str) -> Path:
    """As a version is published: copied under a name that is no version, then renamed into place."""
    shutil.copytree(model, base_path / f".{name}")
    return (base_path / f".{name}").rename(base_path / name)


def served(server: Calls) -> int:
    return int(server.predict().model_spec.version.value)


def scores(server: Calls) -> list[float]:
    return list(server.predict().outputs[SCORES_OUTPUT].float_val)


@contextmanager
def callers(server: Server, count: int = 8) -> Iterator[list[int]]:
    """Calls without a pause from `count` threads; the versions that answered. A call that fails fails the test."""
    stop = threading.Event()
    versions: list[int] = []
    failures: list[tuple[str, str]] = []

    def call() -> None:
        mine = Calls(server.address)
        while not stop.is_set():
            code, message = status_of(lambda: versions.append(served(mine)))
            if code != "OK":
                failures.append((code, message))
        mine.channel.close()

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(versions) > count)
        yield versions
        seen = len(versions)
        until(lambda: len(versions) > seen + count)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures


def test_a_new_version_and_back_under_callers(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> None:
    publish(models["first"], base_path, "1")
    server = start(base_path, "--enable_batching=true")
    first = scores(server)
    with callers(server) as versions:
        publish(models["second"], base_path, "2")
        until(lambda: versions[-1] == 2)
        assert set(versions) == {1, 2}
        until(lambda: server.states() == {2: "AVAILABLE", 1: "END"})
        # The second version computes with its own weights.
        assert max(abs(a - b) for a, b in zip(first, scores(server), strict=True)) > 0.01
        assert status_of(lambda: server.predict(predict_request(version=1))) == (
            "NOT_FOUND",
            "Servable not found for request: Specific(painting_genre, 1)",
        )
        shutil.rmtree(base_path / "2")
        until(lambda: versions[-1] == 1)
        assert scores(server) == pytest.approx(first, abs=1e-6)
    until(lambda: server.states() == {2: "END", 1: "AVAILABLE"})


def test_broken_versions_end_with_their_errors(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> None:
    publish(models["first"], base_path, "1")
    server = start(base_path)
    with callers(server) as versions:
        (base_path / "2").mkdir()
        until(lambda: server.states().get(2) == "END")
        corrupt = shutil.copytree(models["first"], base_path / ".3")
        data = (corrupt / "saved_model.pb").read_bytes()
        (corrupt / "saved_model.pb").write_bytes(data[: len(data) // 2])
        corrupt.rename(base_path / "3")
        until(lambda: server.states().get(3) == "END")
        unwarmed = shutil.copytree(models["wrong"], base_path / ".4")
        shutil.copytree(models["first"] / "assets.extra", unwarmed / "assets.extra")
        unwarmed.rename(base_path / "4")
        until(lambda: server.states().get(4) == "END")
    assert set(versions) == {1}
    errors = {status.version: (status.status.error_code, status.status.error_message) for status in server.status()}
    assert [status.version for status in server.status()] == [4, 3, 2, 1]
    assert errors[2][0] == 5
    assert errors[2][1].startswith(
        "Specified file path does not appear to contain a SavedModel bundle (should have a file called `saved_model.pb`)"
    )
    assert errors[3] == (11, "Read less bytes than requested")
    assert errors[4][0] == 3
    assert "alias: picture(feed name: serving_default_picture:0) not found" in errors[4][1]
    assert errors[1] == (0, "")

    log = server.log.read_text()
    assert log.count("version 2 cannot be loaded") == 1, "a broken version is not tried again and again"
    shutil.rmtree(base_path / "4")
    shutil.rmtree(base_path / "3")
    shutil.rmtree(base_path / "2")
    publish(models["second"], base_path, "2")
    until(lambda: served(server) == 2)


def test_nothing_there_and_nothing_left(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> None:
    server = start(base_path, ready=False)
    nothing = ("NOT_FOUND", "Servable not found for request: Latest(painting_genre)")
    assert status_of(server.predict) == nothing
    assert status_of(server.status) == ("NOT_FOUND", "Could not find any versions of model painting_genre")
    assert server.health() == "NOT_SERVING"
    version = publish(models["first"], base_path, "1")
    until(lambda: server.health() == "SERVING")
    assert served(server) == 1
    shutil.rmtree(version)
    until(lambda: server.health() == "NOT_SERVING")
    assert status_of(server.predict) == nothing
    assert server.states() == {1: "END"}
