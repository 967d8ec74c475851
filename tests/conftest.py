"""What tests of several kinds share: the local data, pictures made by code, a service of real processes and models for it."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator
from io import BytesIO
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image
from service import ROOT, Service

# How long an example takes is the machine's affair: on a busy one Hypothesis's 200 ms fail now and then.
settings.register_profile("ragam", deadline=None)
settings.load_profile("ragam")

# `nohup make test &` ignores SIGINT and SIGHUP, and what is started from here would ignore them too. A handler is not inherited:
# a program that is started takes both signals as it does in a terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

SHARED = Path(os.environ.get("RAGAM_SHARED") or Path(__file__).resolve().parents[2] / "shared")

FAILURES = pytest.StashKey[list[TracebackType]]()


def drop_locals(failure: TracebackType) -> None:
    for frame, _ in traceback.walk_tb(failure):
        with contextlib.suppress(RuntimeError):  # it has not ended
            frame.clear()
        # pytest has read it, so there may be a dictionary of it, which a further reading brings up to date.
        _ = frame.f_locals


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails leaves what it held open in its traceback, which lives on: closed here, it fails no other test by its warning."""
    report = yield
    failures = item.stash.setdefault(FAILURES, [])
    if call.excinfo is not None:
        failures.append(call.excinfo.tb)
    if call.when == "teardown" and failures:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while failures:
                drop_locals(failures.pop())
            gc.collect()
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of local data, which not everyone has."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the local data are not here: set RAGAM_SHARED to their folder to run this test")
    return SHARED


@pytest.fixture(scope="session")
def picture() -> Callable[..., bytes]:
    """Makes an encoded picture: smooth colour fields with some noise, the same for the same arguments."""

    def make(width: int = 320, height: int = 240, mode: str = "RGB", image_format: str = "JPEG", seed: int = 0, **save: object) -> bytes:
        random = np.random.default_rng(seed)
        coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((width, height))
        pixels = np.asarray(coarse, np.int16) + random.integers(-12, 13, (height, width, 3), dtype=np.int16)
        buffer = BytesIO()
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode).save(buffer, image_format, **save)
        return buffer.getvalue()

    return make


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """With no process yet; those that a test starts end with it."""
    service = Service(tmp_path)
    yield service
    for process in reversed(service.processes):
        process.stop()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a version directory of the tiny model, once for the same options, to be copied and not changed."""
    folder = tmp_path_factory.mktemp("tiny")

    def make(*options: str) -> Path:
        path = folder / ("tiny" + "".join(options))
        if not path.exists():
            subprocess.run([sys.executable, "tests/tiny_model.py", str(path), *options], cwd=ROOT, check=True)
        return path

    return make


@pytest.fixture(scope="session")
def models(tiny_model: Callable[..., Path]) -> dict[str, Path]:
    """Versions that cost next to nothing: two that answer differently, and one that breaks the contract."""
    return {
        "first": tiny_model("--seed=1"),
        "second": tiny_model("--seed=2"),
        "wrong": tiny_model("--input-name=picture", "--no-warmup"),
    }
