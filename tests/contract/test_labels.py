"""Version policies and labels, changed while the server runs.

With TFS_ADDRESS a real TensorFlow Serving is asked, which must have the repository's versions in TFS_BASE_PATH (default
/models/painting_genre) and serves the highest again in the end.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calls import TIMEOUT_S, Calls, predict_request, status_of, until
from processes import REAL_MODEL, Server

from gateway.contract import MODEL_NAME
from gateway.serving.messages import get_model_metadata_pb2, get_model_status_pb2, model_management_pb2

UNAVAILABLE = "Request to assign label to version {} of model painting_genre, which is not currently available for inference"


class Labelled:
    """A server with two versions on disk, of which `high` is the highest."""

    def __init__(self, calls: Calls, base_path: str, low: int = 1, high: int = 2) -> None:
        self.calls = calls
        self.base_path = base_path
        self.low, self.high = low, high

    def reload(self, *versions: int, **labels: int) -> None:
        self.calls.reload(self.base_path, versions, **labels)

    def labelled(self) -> None:
        """As TensorFlow Serving wants it: first the versions, then the labels."""
        self.reload(self.low, self.high)
        self.until_available(self.low, self.high)
        self.reload(self.low, self.high, stable=self.low, canary=self.high)

    def until_available(self, *versions: int) -> None:
        until(lambda: {version for version, state in self.calls.states().items() if state == "AVAILABLE"} == set(versions))

    def version(self, label: str) -> int:
        return int(self.calls.predict(predict_request(version_label=label)).model_spec.version.value)


@pytest.fixture(scope="module")
def two_versions(real_address: str | None, models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labelled]:
    if real_address:
        published = sorted(int(path.name) for path in REAL_MODEL.iterdir() if path.name.isdigit())
        yield Labelled(Calls(real_address), os.environ.get("TFS_BASE_PATH", f"/models/{MODEL_NAME}"), *published[-2:])
        return
    folder = tmp_path_factory.mktemp("labels")
    base_path = folder / MODEL_NAME
    base_path.mkdir()
    (base_path / "1").symlink_to(models["first"])
    (base_path / "2").symlink_to(models["second"])
    server = Server(base_path, folder / "server.log")
    yield Labelled(server, str(base_path))
    assert server.stop() == 0


@pytest.fixture
def server(two_versions: Labelled) -> Iterator[Labelled]:
    """Serves the highest version and has no labels, before the test and after it."""
    two_versions.reload()
    two_versions.until_available(two_versions.high)
    yield two_versions
    two_versions.reload()
    two_versions.until_available(two_versions.high)


def test_two_versions_by_their_labels(server: Labelled) -> None:
    server.labelled()
    assert (server.version("stable"), server.version("canary")) == (server.low, server.high)
    assert server.calls.predict().model_spec.version.value == server.high, "without a label the highest"
    server.reload(server.low, server.high, stable=server.high, canary=server.low)
    assert (server.version("stable"), server.version("canary")) == (server.high, server.low)

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name, request.model_spec.version_label = MODEL_NAME, "canary"
    assert server.calls.prediction.GetModelMetadata(request, timeout=TIMEOUT_S).model_spec.version.value == server.low
    request.model_spec.version_label = "nope"
    answer = status_of(lambda: server.calls.prediction.GetModelMetadata(request, timeout=TIMEOUT_S))
    assert answer == ("INVALID_ARGUMENT", "Unrecognized servable version label: nope")
    # The status of a model is told for all versions, whatever the label.
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name, request.model_spec.version_label = MODEL_NAME, "nope"
    statuses = server.calls.models.GetModelStatus(request, timeout=TIMEOUT_S).model_version_status
    assert [status.version for status in statuses][:2] == [server.high, server.low]


def test_labels_of_what_is_not_available_or_has_gone(server: Labelled) -> None:
    server.labelled()
    answer = status_of(lambda: server.reload(server.low, server.high, stable=server.high, canary=9))
    assert answer == ("FAILED_PRECONDITION", UNAVAILABLE.format(9))
    assert (server.version("stable"), server.version("canary")) == (server.low, server.high), "all labels stay where they were"
    server.reload(server.low, stable=server.low, canary=server.high)
    server.until_available(server.low)
    answer = status_of(lambda: server.version("canary"))
    assert answer == ("NOT_FOUND", f"Servable not found for request: Specific(painting_genre, {server.high})")
    server.reload(server.low, stable=server.low)
    answer = status_of(lambda: server.version("canary"))
    assert answer == ("INVALID_ARGUMENT", "Unrecognized servable version label: canary")
    assert server.version("stable") == server.low


def test_nothing_to_reload(server: Labelled) -> None:
    request = model_management_pb2.ReloadConfigRequest()
    code, message = status_of(lambda: server.calls.models.HandleReloadConfigRequest(request, timeout=TIMEOUT_S))
    assert code == "INVALID_ARGUMENT"
    assert "Only ModelConfigList is currently supported" in message


def test_a_folder_below_its_own_and_another_of_the_machine(
    server: Labelled, embedded: Calls, models: dict[str, Path], tmp_path: Path
) -> None:
    """A real one takes any folder."""
    link = Path(server.base_path) / "link"
    link.symlink_to(tmp_path)
    above = [str(Path(server.base_path).parent), f"{server.base_path}/..", f"{server.base_path}x"]
    for base_path in ["/", "/nowhere", str(tmp_path), str(link), *above]:
        code, message = status_of(lambda base_path=base_path: server.calls.reload(base_path, ()))
        assert code == "INVALID_ARGUMENT", base_path
        assert message.startswith(f"base_path {base_path.rstrip('.').rstrip('/') or '/'}"), message
    link.unlink()
    assert server.calls.predict().model_spec.version.value == 2
    below = Path(server.base_path) / "below"
    below.mkdir()
    (below / "7").symlink_to(models["first"])
    server.calls.reload(str(below), ())
    server.until_available(7)


def test_labels_at_the_start_of_a_version_that_is_not_there(
    start: Callable[..., Server], models: dict[str, Path], base_path: Path, tmp_path: Path
) -> None:
    (base_path / "1").symlink_to(models["first"])
    file = tmp_path / "models.config"
    labels = 'version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 3 }'
    file.write_text(
        f'model_config_list {{ config {{ name: "{MODEL_NAME}" base_path: "{base_path}" model_platform: "tensorflow" {labels} }} }}'
    )
    with pytest.raises(AssertionError, match=UNAVAILABLE.format(3)):
        start(None, f"--model_config_file={file}")
    allowed = Labelled(start(None, f"--model_config_file={file}", "--allow_version_labels_for_unavailable_models=true"), "")
    assert allowed.version("stable") == 1
