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


def publish(model: Path, base_path: Path, number: int, change: Callable[[Path], object] = Path) -> Path:
    """As a version is published: copied under a name that is no version, then renamed into place; first `change` gets the copy."""
    copy = shutil.copytree(model, base_path / f".{number}")
    change(copy)
    return copy.rename(base_path / str(number))


def cut_short(name: str) -> Callable[[Path], object]:
    return lambda version: (version / name).write_bytes((version / name).read_bytes()[:-100])


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


def test_versions_come_and_go_under_callers(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> None:
    publish(models["first"], base_path, 1)
    server = start(base_path, "--enable_batching=true")
    first = scores(server)
    with callers(server) as versions:
        publish(models["second"], base_path, 2)
        until(lambda: server.states() == {2: "AVAILABLE", 1: "END"})
        until(lambda: versions[-1] == 2)
        assert set(versions) == {1, 2}
        # It computes with its own weights.
        assert max(abs(a - b) for a, b in zip(first, scores(server), strict=True)) > 0.01
        gone = ("NOT_FOUND", "Servable not found for request: Specific(painting_genre, 1)")
        assert status_of(lambda: server.predict(predict_request(version=1))) == gone
        shutil.rmtree(base_path / "2")
        until(lambda: versions[-1] == 1)
        assert scores(server) == pytest.approx(first, abs=1e-6)


# The model of a version, what is done to it, and the code and the beginning of the sentence that it ends with.
BROKEN: list[tuple[str, Callable[[Path], object], int, str]] = [
    ("first", lambda version: (version / "saved_model.pb").unlink(), 5, "Specified file path does not appear to contain a SavedModel"),
    ("first", cut_short("saved_model.pb"), 11, "Read less bytes than requested"),
    ("first", cut_short("model.tflite"), 9, "model.tflite cannot be served: LiteRT cannot run it: "),
    (
        "wrong",
        lambda version: shutil.copytree(version.parent / "1" / "assets.extra", version / "assets.extra"),
        3,
        "Signature input alias: picture(feed name: serving_default_picture:0) not found",
    ),
    (
        "first",
        lambda version: shutil.copy(version.parent / "5" / "model.tflite", version),
        9,
        "model.tflite cannot be served: signature explain has the inputs picture, in the SavedModel image",
    ),
]


def test_broken_versions_end_with_their_errors_until_they_are_put_right(
    start: Callable[..., Server], models: dict[str, Path], base_path: Path
) -> None:
    publish(models["first"], base_path, 1)
    server = start(base_path)
    with callers(server) as versions:
        for number, (model, change, code, message) in enumerate(BROKEN, 2):
            publish(models[model], base_path, number, change)
            until(lambda number=number: server.states().get(number) == "END")
            [status] = server.status(version=number)
            assert status.status.error_code == code
            assert status.status.error_message.startswith(message)
        assert server.log.read_text().count("version 2 cannot be loaded") == 1, "a broken version is not tried again and again"
        version = publish(models["second"], base_path, 9, lambda copy: (copy / "model.tflite").unlink())
        until(lambda: server.states().get(9) == "END")
        [status] = server.status(version=9)
        advice = f"{version} has no model.tflite. Make it with `python -m training lite {version}`."
        assert (status.status.error_code, status.status.error_message) == (5, advice)
        assert set(versions) == {1}
        # As advised, in place.
        shutil.copy(models["second"] / "model.tflite", version)
        until(lambda: versions[-1] == 9)
        # It is in memory: cut short now, it is served on.
        (version / "model.tflite").write_bytes(b"")
        assert status_of(server.predict) == ("OK", "")


def test_nothing_there_and_nothing_left(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> None:
    server = start(base_path, ready=False)
    nothing = ("NOT_FOUND", "Servable not found for request: Latest(painting_genre)")
    assert status_of(server.predict) == nothing
    assert status_of(server.status) == ("NOT_FOUND", "Could not find any versions of model painting_genre")
    assert server.health() == "NOT_SERVING"
    version = publish(models["first"], base_path, 1)
    until(lambda: server.health() == "SERVING")
    assert served(server) == 1
    shutil.rmtree(version)
    until(lambda: server.health() == "NOT_SERVING")
    assert status_of(server.predict) == nothing
    assert server.states() == {1: "END"}
