"""The commands over model servers that hold no model: what is asked of them, in which order, and what is undone."""

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from gateway.serving.messages import get_model_metadata_pb2, prediction_service_pb2_grpc
from model_server.labels import Labels
from model_server.status import StatusError
from release import __main__, evidence, model_servers
from release.evidence import Evidence
from release.model_servers import get_model_status_pb2, model_management_pb2, model_service_pb2_grpc
from release.models_config import ConfigFile, Served, labelled

CONFIG = Path(__file__).resolve().parents[3] / "model_repository" / "models.config"


class FakeServer(model_service_pb2_grpc.ModelServiceServicer, prediction_service_pb2_grpc.PredictionServiceServicer):
    """Has a version as soon as it is told of it, but for those in `broken`; keeps what it was told in `told`."""

    def __init__(self, available):
        self.available = set(available)
        self.broken = {}
        self.labels = Labels("painting_genre")
        self.told = []

    def HandleReloadConfigRequest(self, request, context):  # noqa: N802 - gRPC's names
        [model] = request.config.model_config_list.config
        versions = set(model.model_version_policy.specific.versions) or {max(self.available)}
        self.told.append((versions, dict(model.version_labels)))
        self.available = versions - set(self.broken)
        try:
            self.labels.assign(model.version_labels, self.available)
        except StatusError as error:
            context.abort(error.code, error.message)
        return model_management_pb2.ReloadConfigResponse()

    def GetModelStatus(self, request, context):  # noqa: N802
        answer = get_model_status_pb2.GetModelStatusResponse()
        for version in self.available:
            answer.model_version_status.add(version=version, state=30)
        for version, error in self.broken.items():
            failed = answer.model_version_status.add(version=version, state=50).status
            failed.error_code, failed.error_message = 5, error
        return answer

    def GetModelMetadata(self, request, context):  # noqa: N802
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.model_spec.version.value = self.labels.version(request.model_spec.version_label)
        return answer


@pytest.fixture
def start():
    servers = []

    def make(*available):
        fake = FakeServer(available)
        server = grpc.server(ThreadPoolExecutor(2))
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(fake, server)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(fake, server)
        fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        servers.append(server)
        return fake

    yield make
    for server in servers:
        server.stop(0).wait()


@pytest.fixture
def config(tmp_path):
    """A repository with versions 1 to 3."""
    for version in (1, 2, 3):
        (tmp_path / "painting_genre" / str(version)).mkdir(parents=True)
    path = tmp_path / "models.config"
    path.write_text(CONFIG.read_text())
    return path


@pytest.fixture
def run(config):
    """Runs a command with models.config as it is; its exit status."""
    return lambda *arguments: __main__.main([*arguments, f"--config={config}"])


def served(config):
    return ConfigFile(config).served


def test_step_by_step(config, run, start):
    fake = start(1, 2)
    address = f"--address={fake.address}"
    assert run("promote", "--stable=2", address) == 0
    assert served(config) == labelled(stable=2)
    # What served before is kept until the label is there.
    assert fake.told == [({1, 2}, {}), ({1, 2}, {"stable": 2}), ({2}, {"stable": 2})]
    fake.told.clear()
    assert run("promote", "--canary=3", address) == 0
    assert fake.told == [({2, 3}, {"stable": 2}), ({2, 3}, {"stable": 2, "canary": 3})]
    fake.told.clear()
    assert run("promote", "--force", address) == 0
    assert fake.told == [({2, 3}, {"stable": 2, "canary": 3}), ({2, 3}, {"stable": 3, "previous": 2})]
    assert served(config) == labelled(stable=3, previous=2)
    fake.told.clear()
    assert run("rollback", address) == 0
    assert fake.told[-2:] == [({2, 3}, {"stable": 2}), ({2}, {"stable": 2})]
    assert served(config) == labelled(stable=2)


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ("away", "{address} says UNAVAILABLE"),
        ("broken", "{address} cannot load version 3: no SavedModel"),
        ("slow", "{address} does not have version 3 after 0.3 seconds"),
    ],
)
def test_all_servers_or_none(config, run, start, second, sentence, monkeypatch, capsys):
    monkeypatch.setattr(model_servers, "SETTLE_SECONDS", 0.0)
    ConfigFile(config).write(labelled(stable=2))
    before = config.read_text()
    first, other = start(2), start(2)
    for fake in (first, other):
        fake.labels.assign({"stable": 2}, {2})
    address, more = other.address, []
    if second == "away":
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{nobody.getsockname()[1]}"
    elif second == "broken":
        other.broken = {3: "no SavedModel"}
    else:
        other.broken, more = {3: ""}, ["--seconds=0.3"]
        other.GetModelStatus = lambda request, context: get_model_status_pb2.GetModelStatusResponse()
    assert run("promote", "--canary=3", f"--address={first.address}", f"--address={address}", *more) == 2
    assert sentence.format(address=address) in capsys.readouterr().err
    assert config.read_text() == before
    for fake in (first, other):
        assert fake.available == {2}
        assert fake.labels.version("stable") == 2
        with pytest.raises(StatusError, match="Unrecognized"):
            fake.labels.version("canary")


def test_without_an_address_the_file_is_written(config, run):
    assert run("promote", "--stable=2") == 0
    assert run("promote", "--canary=3") == 0
    assert run("promote", "--force") == 0
    assert served(config) == labelled(stable=3, previous=2)
    assert run("rollback") == 0
    # Servers take labels and versions in one go: what was stable until now must not leave in the same go.
    assert served(config) == Served({"stable": 2}, frozenset({2, 3}))


@pytest.mark.parametrize(
    ("before", "command", "after"),
    [
        (labelled(stable=2, canary=3, previous=1), ["rollback"], {"stable": 2, "previous": 1}),
        (labelled(stable=2, previous=1), ["rollback"], {"stable": 1}),
        (labelled(stable=2, canary=3, previous=1), ["promote", "--stable=1", "--force"], {"stable": 1, "previous": 2}),
        # Also the way to drop a canary.
        (labelled(stable=2, canary=3, previous=1), ["promote", "--stable=2"], {"stable": 2, "previous": 1}),
    ],
)
def test_a_canary_goes_first_and_what_was_stable_is_remembered(config, run, before, command, after):
    ConfigFile(config).write(before)
    assert run(*command) == 0
    assert served(config).labels == after


@pytest.mark.parametrize(
    ("before", "arguments", "sentence"),
    [
        (Served(), ["--canary=3"], "Name the version that is served now with --stable N"),
        (Served(), [], "Name the version that is served now with --stable N"),
        (labelled(stable=2), [], "There is no canary. Put one up with --canary N."),
        (labelled(stable=2), ["--canary=2"], "Version 2 is stable already."),
        (labelled(stable=2), ["--canary=4"], "There is no version 4 in "),
        (labelled(stable=2), ["--stable=3"], "Version 2 is stable, and version 3 was not held to it as a canary. Say --force."),
        (labelled(stable=2, canary=3), [], "Name the gateways' metrics with --metrics URL"),
        (labelled(stable=2, canary=3), ["--metrics=gateway:5000"], "--metrics takes addresses that begin with http:// or https://."),
        (labelled(stable=2), None, "nothing to go back to"),
    ],
)
def test_what_makes_no_sense(config, run, capsys, before, arguments, sentence):
    ConfigFile(config).write(before)
    text = config.read_text()
    assert run(*(["rollback"] if arguments is None else ["promote", *arguments])) == 2
    assert sentence in capsys.readouterr().err
    assert config.read_text() == text


METRICS = "--metrics=http://gateway:5000/metrics"


def test_gateways_that_ask_by_no_label_are_noticed(config, run, monkeypatch, capsys):
    ConfigFile(config).write(labelled(stable=2))
    found = Evidence(answers=Counter(none=1))
    monkeypatch.setattr(evidence, "gather", lambda urls, window: found)
    assert run("promote", "--canary=3", METRICS) == 2
    assert "Start them with RAGAM_SERVING_LABEL=stable" in capsys.readouterr().err
    assert served(config) == labelled(stable=2)
    found.answers.clear()
    assert run("promote", "--canary=3", METRICS) == 0


def test_the_verdict_decides_and_force_goes_past_it(config, run, monkeypatch, capsys):
    calls, genres = Counter(stable=900, canary=100), {2: Counter(a=900), 3: Counter(a=100)}
    found = Evidence(answers=calls, calls=calls, seconds={"stable": 9.0, "canary": 4.0}, genres=genres)
    monkeypatch.setattr(evidence, "gather", lambda urls, window: found)
    for more, status in (([], 2), (["--max-slower=5"], 0), (["--force"], 0)):
        ConfigFile(config).write(labelled(stable=2, canary=3))
        assert run("promote", METRICS, *more) == status
        assert served(config) == (labelled(stable=2, canary=3) if status else labelled(stable=3, previous=2))
        told = capsys.readouterr()
        assert told.out.startswith("stable (version 2): 900 pictures answered")
        assert ("Version 3 is refused:\n- It is slow: " in told.err) is bool(status)
