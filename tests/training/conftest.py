"""What the tests of training, evaluation and export share: a small dataset of generated pictures, and a run on it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import pytest
import shallow
from shared_inputs import made_once

from training import typicality
from training.__main__ import main
from training.genres import NAMES_7

PICTURES_A_GENRE = 8


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Keras 3.15 converts variables in a way of which numpy 2.4 warns.
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"))


@dataclass(frozen=True)
class Done:
    """How a command ended, as subprocess tells it; in this process, for it takes a second to start one."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def stage(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a stage with its arguments."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        status = main([*map(str, arguments)])
        return Done(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def dataset(run_folder: Path, picture: Callable[..., bytes]) -> Path:
    """A dataset of seven genres as `prepare` writes it: eight pictures a genre, each by its own artist, and an external one each."""

    def make(folder: Path) -> None:
        lines = ["path,genre,artist,split"]
        for number in range((PICTURES_A_GENRE + 1) * len(NAMES_7)):
            (folder / f"{number:02}.jpg").write_bytes(picture(60, 50, seed=number))
            split = "external" if number >= PICTURES_A_GENRE * len(NAMES_7) else "train"
            lines.append(f"{number:02}.jpg,{NAMES_7[number % 7]},Painter {number},{split}")
        (folder / "metadata.csv").write_text("\n".join(lines) + "\n")
        assert main(["prepare", "--data", str(folder), "--out", str(folder / "set")]) == 0

    return made_once(run_folder / "pictures", make) / "set"


@pytest.fixture(scope="session")
def training_on(dataset: Path) -> Callable[..., list[str]]:
    """The arguments of a short training into a folder, without weights from elsewhere."""

    def arguments(out: Path, *more: str) -> list[str]:
        return ["train", "--data", str(dataset), "--out", str(out), "--weights", "none", "--epochs", "2", *more]

    return arguments


@pytest.fixture
def shallow_trunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.applications, "MobileNetV2", shallow.trunk)


@pytest.fixture(scope="session")
def trained(run_folder: Path, training_on: Callable[..., list[str]]) -> Path:
    """A finished run of two epochs of the default recipe, on the shallow trunk."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.applications, "MobileNetV2", shallow.trunk)
            assert main(training_on(folder)) == 0

    return made_once(run_folder / "trained", make)


@pytest.fixture(scope="session")
def evaluated(run_folder: Path, dataset: Path, trained: Path) -> Path:
    """A copy of that run with what typicality finds and its scorecard."""

    def make(folder: Path) -> None:
        shutil.copytree(trained, folder, dirs_exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.applications, "MobileNetV2", shallow.trunk)
            patch.setattr("training.protocols.EPOCHS", 1)
            patch.setattr(typicality, "DRAWN", 42)
            assert main(["typicality", "--data", str(dataset), "--run", str(folder)]) == 0
            assert main(["evaluate", "--data", str(dataset), "--run", str(folder)]) == 0

    return made_once(run_folder / "evaluated", make)
