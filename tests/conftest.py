"""What tests of several kinds share: the local data, pictures made by code, a service of real processes and models for it."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image
from service import Service
from shared_inputs import tiny_models

# How long an example takes is the machine's affair: on a busy one Hypothesis's 200 ms fail now and then.
settings.register_profile("ragam", deadline=None)
settings.load_profile("ragam")

# `nohup make test &` ignores SIGINT and SIGHUP, and what is started from here would ignore them too. A handler is not inherited:
# a program that is started takes both signals as it does in a terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

SHARED = Path(os.environ.get("RAGAM_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def pytest_collection_finish() -> None:
    """What the imports made stays, and need not be looked through after each test."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """A test that passed and left a file, a socket or a process open fails: found later it would fail another."""
    yield
    if item.session.testsfailed:
        return
    left: list[str] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda unraisable: left.append(str(unraisable.exc_value))
    try:
        if isinstance(item, pytest.Function):
            # pytest holds the values until the test's reports are made.
            item.funcargs.clear()
        gc.collect()
    finally:
        sys.unraisablehook = before
    if left:
        pytest.fail("left open: " + "; ".join(left), pytrace=False)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What a test that failed left open lives on in its traceback, and its threads run on: found later they fail no other."""
    if report.failed:
        sys.unraisablehook = threading.excepthook = lambda _: None


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
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of this run of pytest, for made_once."""
    base = tmp_path_factory.getbasetemp()
    # As pytest-xdist documents it: each of its processes has a folder of its own in the run's.
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def models() -> dict[str, Path]:
    """Versions that cost next to nothing, by the names in tiny_model.py, to be copied and not changed."""
    return tiny_models()
