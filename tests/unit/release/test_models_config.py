"""models.config: what is read from it, and what is written in its place."""

import stat
from pathlib import Path

import pytest

from model_server.model_config import parse_model_config
from model_server.policy import Policy
from release.errors import ReleaseError
from release.models_config import ConfigFile, Served, labelled

REPOSITORY = Path(__file__).resolve().parents[3] / "model_repository"


@pytest.fixture
def path(tmp_path):
    """The project's own, which serves the highest version."""
    path = tmp_path / "models.config"
    path.write_text((REPOSITORY / "models.config").read_text())
    return path


def test_what_is_written_is_what_a_server_reads(path):
    assert ConfigFile(path).served == Served()
    assert ConfigFile(path).folder == path.parent / "painting_genre", "the container's path lies beside the file"
    served = Served({"stable": 2, "canary": 3}, frozenset({1, 2, 3}))
    ConfigFile(path).write(served)
    assert ConfigFile(path).served == served
    read = parse_model_config(path.read_text())
    assert (read.name, str(read.base_path)) == ("painting_genre", "/models/painting_genre")
    assert (read.policy, read.labels) == (Policy(frozenset({1, 2, 3}), None), {"stable": 2, "canary": 3})
    ConfigFile(path).write(Served())
    assert ConfigFile(path).served == Served()
    assert parse_model_config(path.read_text()).policy == Policy()


def test_the_comment_at_the_top_stays_and_the_mode_too(path):
    path.chmod(0o640)
    top = path.read_text().splitlines()[:2]
    assert all(line.startswith("#") for line in top)
    for _ in range(2):
        ConfigFile(path).write(labelled(stable=2))
    assert [line for line in path.read_text().splitlines() if "#" in line] == top
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model_config_list {", "is no ModelServerConfig"),
        ("", "must be about the model painting_genre alone"),
        ('model_config_list { config { name: "other" } }', "must be about the model painting_genre alone"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used(path, text, sentence):
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(ReleaseError, match=sentence):
        ConfigFile(path)
