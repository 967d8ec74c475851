"""Version policies and labels, changed while the server runs.

With TFS_ADDRESS a real TensorFlow Serving is asked, which must have the repository's versions in TFS_BASE_PATH (default
/models/painting_genre) and serves the highest again in the end.
"""

import os
import threading
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

    def reload(self, *versions: int, timeout: float = TIMEOUT_S, **labels: int) -> None:
        self.calls.reload(self.base_path, versions, timeout, **labels)

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


def test_a_label_tells_its_version_by_the_metadata(server: Labelled) -> None:
    server.labelled()
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name, request.model_spec.version_label = MODEL_NAME, "stable"
    assert server.calls.prediction.GetModelMetadata(request, timeout=TIMEOUT_S).model_spec.version.value == server.low
    request.model_spec.version_label = "nope"
    answer = status_of(lambda: server.calls.prediction.GetModelMetadata(request, timeout=TIMEOUT_S))
    assert answer == ("INVALID_ARGUMENT", "Unrecognized servable version label: nope")


def test_a_label_on_what_is_not_available(server: Labelled) -> None:
    assert status_of(lambda: server.reload(server.high, stable=9)) == ("FAILED_PRECONDITION", UNAVAILABLE.format(9))
    server.labelled()
    answer = status_of(lambda: server.reload(server.low, server.high, stable=server.high, canary=9))
    assert answer == ("FAILED_PRECONDITION", UNAVAILABLE.format(9))
    assert (server.version("stable"), server.version("canary")) == (server.low, server.high), "all labels stay where they were"


def test_a_label_that_is_left_out_is_gone(server: Labelled) -> None:
    server.labelled()
    server.reload(server.low, server.high, stable=server.low)
    answer = status_of(lambda: server.version("canary"))
    assert answer == ("INVALID_ARGUMENT", "Unrecognized servable version label: canary")


def test_a_label_whose_version_has_gone(server: Labelled) -> None:
    server.labelled()
    server.reload(server.low, stable=server.low, canary=server.high)
    server.until_available(server.low)
    answer = status_of(lambda: server.version("canary"))
    assert answer == ("NOT_FOUND", f"Servable not found for request: Specific(painting_genre, {server.high})")
    assert server.version("stable") == server.low


def test_model_status_ignores_labels(server: Labelled) -> None:
    server.labelled()
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name, request.model_spec.version_label = MODEL_NAME, "stable"
    statuses = server.calls.models.GetModelStatus(request, timeout=TIMEOUT_S).model_version_status
    assert [status.version for status in statuses][:2] == [server.high, server.low]


def test_a_base_path_that_is_not_there(server: Labelled, embedded: Calls) -> None:
    """Which a real one goes on waiting for, and takes no other change meanwhile."""
    answer = status_of(lambda: server.calls.reload(f"{server.base_path}/nowhere", (1,), timeout=1.0))
    assert answer[0] == "DEADLINE_EXCEEDED"
    assert server.calls.predict().model_spec.version.value == 2


def test_another_folder_of_the_machine(server: Labelled, embedded: Calls, tmp_path: Path) -> None:
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


def test_a_folder_below_its_own(server: Labelled, embedded: Calls, models: dict[str, Path]) -> None:
    below = Path(server.base_path) / "below"
    below.mkdir()
    (below / "7").symlink_to(models["first"])
    server.calls.reload(str(below), ())
    server.until_available(7)


def test_nothing_to_reload(server: Labelled) -> None:
    code, message = status_of(
        lambda: server.calls.models.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(), timeout=TIMEOUT_S)
    )
    assert code == "INVALID_ARGUMENT"
    assert "Only ModelConfigList is currently supported" in message


def test_moved_and_unloaded_under_callers(server: Labelled) -> None:
    server.labelled()
    stop = threading.Event()
    versions: list[int] = []
    failures: list[tuple[str, str]] = []

    def call() -> None:
        while not stop.is_set():
            answer = status_of(lambda: versions.append(server.version("stable")))
            if answer[0] != "OK":
                failures.append(answer)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(versions) > 8)
        server.reload(server.low, server.high, stable=server.high)
        until(lambda: versions[-1] == server.high)
        server.reload(server.high, stable=server.high)
        server.until_available(server.high)
        seen = len(versions)
        until(lambda: len(versions) > seen + 8)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert set(versions) == {server.low, server.high}


@pytest.fixture
def config(tmp_path: Path, base_path: Path, models: dict[str, Path]) -> Callable[..., Path]:
    """Writes a models.config for a folder with versions 1 and 2, as a file is replaced that others read."""
    (base_path / "1").symlink_to(models["first"])
    (base_path / "2").symlink_to(models["second"])

    def write(inner: str) -> Path:
        new = tmp_path / "models.config.new"
        new.write_text(
            f'model_config_list {{ config {{ name: "{MODEL_NAME}" base_path: "{base_path}" model_platform: "tensorflow" {inner} }} }}'
        )
        return new.rename(tmp_path / "models.config")

    return write


BOTH = "model_version_policy { specific { versions: 1 versions: 2 } } "
LABELS = 'version_labels {{ key: "stable" value: {} }} version_labels {{ key: "canary" value: {} }}'


def test_a_file_at_the_start_and_changed_later(start: Callable[..., Server], config: Callable[..., Path]) -> None:
    file = config(BOTH + LABELS.format(1, 2))
    server = start(None, f"--model_config_file={file}", "--model_config_file_poll_wait_seconds=1")
    labelled = Labelled(server, "")
    assert (labelled.version("stable"), labelled.version("canary")) == (1, 2)
    config(BOTH + LABELS.format(2, 1))
    until(lambda: labelled.version("stable") == 2)
    assert labelled.version("canary") == 1
    config("model_version_policy { specific { versions: 2 } } version_labels { key: 'stable' value: 2 }")
    labelled.until_available(2)
    # Both at once: the labels cannot be assigned before the version is there, and are when the file is read again.
    config(BOTH + LABELS.format(2, 1))
    until(lambda: status_of(lambda: labelled.version("canary")) == ("OK", ""))
    assert UNAVAILABLE.format(1) in server.log.read_text()
    config("model_version_policy {")
    until(lambda: "cannot be used" in server.log.read_text())
    assert labelled.version("stable") == 2


def test_labels_at_the_start_of_a_version_that_is_not_there(start: Callable[..., Server], config: Callable[..., Path]) -> None:
    file = config("model_version_policy { specific { versions: 1 versions: 3 } } " + LABELS.format(1, 3))
    with pytest.raises(AssertionError, match=UNAVAILABLE.format(3)):
        start(None, f"--model_config_file={file}")
    server = start(None, f"--model_config_file={file}", "--allow_version_labels_for_unavailable_models=true")
    labelled = Labelled(server, "")
    assert labelled.version("stable") == 1
    answer = status_of(lambda: labelled.version("canary"))
    assert answer == ("NOT_FOUND", "Servable not found for request: Specific(painting_genre, 3)")
