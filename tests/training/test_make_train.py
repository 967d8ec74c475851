"""`make train` from a folder to a canary, in a tree of its own: pictures made by code, the shallow trunk, and tiny models as versions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from release.models_config import ConfigFile

ROOT = Path(__file__).resolve().parents[2]
ARTISTS, WORKS = 10, 2  # of each of two genres

# In the place of .venv/bin/python: the stages as they are, on the shallow trunk and with fewer drawn pictures.
PYTHON = """#!/bin/sh
exec {python} {root}/tests/training/make_train_stage.py "$@"
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path], picture: Callable[..., bytes]) -> Path:
    """What `make train` reads of the project, with version 1, which knows none of the genres in `my pictures`."""
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
    for number in range(2 * ARTISTS * WORKS):
        genre = ("Op Art", "Cubism")[number % 2]
        file = tree / "my pictures" / genre / f"{genre} Painter {number // 2 // WORKS}" / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(80, 70, seed=number))
    (tree / "my pictures" / "notes.txt").write_text("bought in May")
    (tree / "my pictures" / "Cubism" / "torn.jpg").write_bytes(picture()[:200])
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


def test_from_a_folder_to_a_canary(tree: Path) -> None:
    before = files_of(tree)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "MLFLOW"))}
    command = ["make", "train", "PAINTINGS=my pictures", "WEIGHTS=none", "RECIPE=recipe.toml"]
    done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "It is not worse." in done.stdout
    assert ConfigFile(tree / "model_repository" / "models.config").served.labels == {"stable": 1, "canary": 2}
    assert sorted(path.name for path in (tree / "model_repository" / "painting_genre").iterdir()) == ["1", "2"]
    assert (tree / "build" / "run" / "scorecard.md").is_file()
    assert files_of(tree) == before
