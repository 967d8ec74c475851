"""A changed configuration, over a repository whose models are no more than their names."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import grpc
import pytest

from model_server.labels import Labels
from model_server.model_config import ModelConfig
from model_server.policy import Policy
from model_server.reload import Reload
from model_server.repository import Repository
from model_server.status import StatusError

BOTH = Policy(frozenset({1, 2}), None)


@pytest.fixture
def base_path(tmp_path: Path) -> Path:
    for version in (1, 2):
        (tmp_path / "genre" / str(version)).mkdir(parents=True)
    return tmp_path / "genre"


@pytest.fixture
def repository(base_path: Path) -> Repository[Mock]:
    repository: Repository[Mock] = Repository("genre", base_path, lambda *_: Mock())
    repository.poll()
    return repository


@pytest.fixture
def labels() -> Labels:
    return Labels("genre")


@pytest.fixture
def reload(base_path: Path, repository: Repository[Mock], labels: Labels) -> Reload:
    return Reload(ModelConfig("genre", base_path), repository, labels, threading.Event())


def test_policy_first_labels_second(reload: Reload, repository: Repository[Mock], labels: Labels, base_path: Path) -> None:
    config = ModelConfig("genre", base_path, BOTH, {"stable": 1, "canary": 2})
    with pytest.raises(StatusError, match="version 1 of model genre, which is not currently available"):
        reload.call(config, lambda: 1)
    repository.poll()
    assert repository.available() == {1, 2}, "the policy is followed all the same"
    reload.call(config, lambda: 1)
    assert (labels.version("stable"), labels.version("canary")) == (1, 2)


def test_where_it_is_allowed_a_label_that_does_not_move_may_be_on_what_is_not_available() -> None:
    labels = Labels("genre", allow_unavailable=True)
    labels.assign({"stable": 1, "canary": 2}, set())
    with pytest.raises(StatusError, match="version 3"):
        labels.assign({"stable": 1, "canary": 3}, {1, 2})
    assert labels.version("canary") == 2


def test_callers_name_the_operator_s_model_in_the_operator_s_folder_which_a_file_may_change(
    reload: Reload, tmp_path: Path, base_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    file = tmp_path / "models.config"
    file.write_text(f'model_config_list {{ config {{ name: "genre" base_path: "{other}" model_platform: "tensorflow" }} }}')
    reload.read(file)
    reload.call(ModelConfig("genre", other), lambda: 1)
    for name, folder, sentence in (("genre", base_path, "configured with"), ("x", other, "serves the model genre, not x")):
        with pytest.raises(StatusError, match=sentence) as error:
            reload.call(ModelConfig(name, folder), lambda: 1)
        assert error.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_missing_base_path_is_waited_for_by_one_caller_at_a_time(reload: Reload, labels: Labels, base_path: Path) -> None:
    away = base_path.rename(base_path.with_name("away"))
    config = ModelConfig("genre", base_path, Policy(), {"stable": 2})
    waiting = threading.Event()

    def remaining() -> float:
        waiting.set()
        return 60

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(reload.call, config, remaining)
        assert waiting.wait(10)
        with pytest.raises(StatusError, match="Another HandleReloadConfigRequest waits") as error:
            reload.call(config, lambda: 60)
        assert error.value.code is grpc.StatusCode.UNAVAILABLE
        away.rename(base_path)
        first.result(60)
    assert labels.version("stable") == 2
    with pytest.raises(StatusError, match=r"^Deadline Exceeded$"):
        reload.call(ModelConfig("genre", base_path / "missing"), lambda: 0)


def test_a_file_that_cannot_be_used_is_told_once_and_what_is_served_stays(
    reload: Reload, repository: Repository[Mock], tmp_path: Path, base_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "models.config"
    model = f'base_path: "{base_path}" model_platform: "tensorflow" model_version_policy {{ specific {{ versions: 1 }} }}'
    good, other = (f'model_config_list {{ config {{ name: "{name}" {model} }} }}' for name in ("genre", "x"))
    for text in (good, "model_config_list {", "model_config_list {", good, "model_config_list {", other):
        file.write_text(text)
        reload.read(file)
    file.unlink()
    reload.read(file)
    # The same is told once, and again after it was put right.
    told = [record.getMessage().removeprefix(f"{file} ")[:18] for record in caplog.records if record.levelname == "ERROR"]
    assert told == ["cannot be used: 1:", "cannot be used: 1:", "cannot be followed", "cannot be read: No"]
    repository.poll()
    assert repository.available() == {1}
