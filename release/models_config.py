"""What model servers should serve, as models.config says it: TensorFlow Serving's ModelServerConfig in text format.

The file is the only place that remembers which label means which version: servers read it when they start, those that poll it
follow it, and a server that is told of a change by a call is told what the file says.
"""

from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import text_format

from gateway.contract import CANARY_LABEL, MODEL_NAME
from gateway.serving.messages import model_server_config_pb2
from release.errors import ReleaseError
from training.files import regular
from training.whole import whole

STABLE, CANARY, PREVIOUS = "stable", CANARY_LABEL, "previous"


@dataclass(frozen=True)
class Served:
    """Versions by label, and the versions to have loaded; none of them for the highest on disk, which is what a new file says."""

    labels: dict[str, int] = field(default_factory=dict)
    versions: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return ", ".join(f"version {version} is {label}" for label, version in sorted(self.labels.items(), key=lambda item: item[::-1]))


def labelled(**labels: int | None) -> Served:
    """These labels and their versions, without those that are None."""
    known = {label: version for label, version in labels.items() if version is not None}
    return Served(known, frozenset(known.values()))


class ConfigFile:
    """models.config at `path`. Raises ReleaseError where it cannot be read, or is not about this project's one model."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.text = regular(path).read_text(encoding="utf-8")
            self._message = text_format.Parse(self.text, model_server_config_pb2.ModelServerConfig())
        except OSError as error:
            raise ReleaseError(f"{path} cannot be read: {error.strerror}. Name the servers' file with --config.") from error
        except (UnicodeDecodeError, text_format.ParseError) as error:
            raise ReleaseError(f"{path} is no ModelServerConfig: {error}") from error
        models = list(self._message.model_config_list.config)
        if [model.name for model in models] != [MODEL_NAME]:
            raise ReleaseError(f"{path} must be about the model {MODEL_NAME} alone.")
        self._model: model_server_config_pb2.ModelConfig = models[0]

    @property
    def served(self) -> Served:
        return Served(dict(self._model.version_labels), frozenset(self._model.model_version_policy.specific.versions))

    @property
    def folder(self) -> Path:
        """Where the versions lie: the file's base_path, or where that is another machine's or a container's, beside the file."""
        base_path = Path(self._model.base_path)
        return base_path if base_path.is_dir() else self._path.parent / base_path.name

    def message(self, served: Served) -> model_server_config_pb2.ModelServerConfig:
        """The whole file's message, with `served` in place of what it says now."""
        message = model_server_config_pb2.ModelServerConfig()
        message.CopyFrom(self._message)
        [model] = message.model_config_list.config
        model.ClearField("model_version_policy")
        model.ClearField("version_labels")
        if served.versions:
            model.model_version_policy.specific.versions.extend(sorted(served.versions))
        else:
            model.model_version_policy.latest.num_versions = 1
        model.version_labels.update(served.labels)
        return message

    def write(self, served: Served) -> None:
        """In place of the file, in one step: who reads it sees the one or the other. Its comments go, those at the top stay."""
        top = self.text[: len(self.text) - len(self.text.lstrip())]
        for line in self.text.splitlines(keepends=True):
            if not line.startswith("#"):
                break
            top += line
        self.replace(top + text_format.MessageToString(self.message(served)))

    def replace(self, text: str) -> None:
        try:
            with whole(self._path) as new:
                new.write_text(text, encoding="utf-8")
                new.chmod(self._path.stat().st_mode & 0o777)
        except OSError as error:
            raise ReleaseError(f"{self._path} cannot be written: {error.strerror}.") from error
