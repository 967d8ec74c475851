"""What the server serves: the one model of a ModelServerConfig, as a file in text format or a reload request brings it.

TensorFlow Serving takes any number of models; this server has one. A field that it cannot honour is an error.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from gateway.serving.messages import model_server_config_pb2
from model_server.policy import Policy

_PLATFORM = "tensorflow"
_KNOWN = {"name", "base_path", "model_platform", "model_version_policy", "version_labels"}


@dataclass(frozen=True)
class ModelConfig:
    """A model's name, the folder of its version directories, which of them to serve, and versions by label."""

    name: str
    base_path: Path
    policy: Policy = field(default_factory=Policy)
    labels: dict[str, int] = field(default_factory=dict)


def parse_model_config(text: str) -> ModelConfig:
    """The model in `text`, a ModelServerConfig in protobuf's text format. Raises ValueError with one sentence."""
    message = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise ValueError(f"{str(error).removesuffix('.')}.") from error
    return read_model_config(message)


def read_model_config(message: Any) -> ModelConfig:
    """The model in a ModelServerConfig. Raises ValueError with one sentence."""
    if message.WhichOneof("config") != "model_config_list":
        raise ValueError("ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported")
    if len(message.model_config_list.config) != 1:
        raise ValueError(f"{len(message.model_config_list.config)} models are listed, and this server serves one.")
    [model] = message.model_config_list.config
    unknown = {descriptor.name for descriptor, _ in model.ListFields()} - _KNOWN
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} cannot be set on this server.")
    if not model.name or not model.base_path:
        raise ValueError("A model needs a name and a base_path.")
    if model.model_platform != _PLATFORM:
        raise ValueError(f'model_platform must be "{_PLATFORM}", not "{model.model_platform}".')
    return ModelConfig(model.name, Path(model.base_path), _policy(model.model_version_policy), dict(model.version_labels))


def _policy(message: Any) -> Policy:
    """TensorFlow Serving's default, the highest version, where none is chosen; so is a num_versions of 0."""
    match message.WhichOneof("policy_choice"):
        case "all":
            return Policy(count=None)
        case "specific":
            return Policy(frozenset(message.specific.versions), None)
        case _:
            return Policy(count=message.latest.num_versions or 1)
