"""`make train` from a folder to a canary, in a tree of its own: pictures made by code, the shallow trunk, and tiny models as versions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from release.compare import told
from release.models_config import ConfigFile
from training.pictures import read_pixels

ROOT = Path(__file__).resolve().parents[2]
ARTISTS, WORKS = 10, 2  # of each of two genres

# In the place of .venv/bin/python: the stages as they are, on the shallow trunk and with fewer drawn pictures.
PYTHON = """#!/bin/sh
exec {python} {root}/tests/training/make_train_stage.py "$@"
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path], picture: Callable[..., bytes]) -> Path:
    """What `make train` reads of the project, with version 1, which tells every picture in `my pictures` right."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("gateway", "release", "training", "Makefile", "requirements/training.txt", "model_repository/models.config"):
        (tree / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tree / name)
    shutil.copytree(models["first"], tree / "model_repository" / "painting_genre" / "1")
    python = tree / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON.format(python=sys.executable, root=ROOT))
    python.chmod(0o755)
    (tree / ".venv" / ".training").touch()
    random = np.random.default_rng(0)
    files = []
    for seed in range(200):
        colour = Image.new("RGB", (80, 70), tuple(random.integers(0, 256, 3)))
        Image.blend(Image.open(BytesIO(picture(80, 70, seed=seed))), colour, 0.6).save(file := BytesIO(), "JPEG")
        files.append(file.getvalue())
    pixels = np.stack([read_pixels(file) for file in files])
    right, wrong = (told(models[name], pixels) for name in ("first", "second"))
    genres, counts = np.unique(right[right != wrong], return_counts=True)
    for genre in genres[np.argsort(counts)[-2:]]:
        chosen = np.flatnonzero((right == genre) & (right != wrong))[: ARTISTS * WORKS]
        assert len(chosen) == ARTISTS * WORKS
        for number, place in enumerate(chosen):
            file = tree / "my pictures" / genre / f"{genre} Painter {number // WORKS}" / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files[place])
    (tree / "my pictures" / "notes.txt").write_text("bought in May")
    (tree / "my pictures" / genres[0] / "torn.jpg").write_bytes(files[0][:200])
    (tree / "recipe.toml").write_text('recipe = "paper"\nepochs = 1\nlearning_rate = 0.0\n')
    return tree


def files_of(tree: Path) -> dict[str, bytes]:
    """All that is no output, by name: what git would track."""
    left_out = {"build", ".venv", "model_repository", "__pycache__"}
    return {
        str(file.relative_to(tree)): file.read_bytes()
        for file in sorted(tree.rglob("*"))
        if file.is_file() and not left_out & set(file.relative_to(tree).parts)
    }


def labels(tree: Path) -> dict[str, int]:
    return dict(ConfigFile(tree / "model_repository" / "models.config").served.labels)


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "MLFLOW"))}
    return subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)


def test_from_a_folder_to_a_canary_and_never_a_worse_one_by_accident(tree: Path, models: dict[str, Path]) -> None:
    before, versions = files_of(tree), tree / "model_repository" / "painting_genre"
    done = run(tree, "make", "train", "PAINTINGS=my pictures", "WEIGHTS=none", "RECIPE=recipe.toml")
    assert done.returncode != 0
    assert "Over all parts it loses 0.500" in done.stderr, done.stderr[-3000:]
    assert "the same command with --force publishes it all the same" in done.stderr
    assert [path.name for path in versions.iterdir()] == ["1"]
    assert labels(tree) == {}
    assert (tree / "build" / "run" / "scorecard.md").is_file()

    compare = next(line for line in reversed(done.stdout.splitlines()) if "release compare" in line).split()
    forced = run(tree, *compare, "--force")
    assert forced.returncode == 0, forced.stderr
    assert labels(tree) == {"stable": 1, "canary": 2}

    shutil.rmtree(versions / "2")
    shutil.rmtree(versions / "1")
    shutil.copytree(models["second"], versions / "1")
    shutil.copy(ROOT / "model_repository" / "models.config", tree / "model_repository")
    better = run(tree, *compare)
    assert "It is not worse." in better.stdout, better.stderr
    assert labels(tree) == {"stable": 1, "canary": 2}
    assert files_of(tree) == before
