"""The one model of a ModelServerConfig in text format."""

import re
from pathlib import Path

import pytest

from gateway.contract import MODEL_NAME
from model_server.model_config import ModelConfig, parse_model_config
from model_server.policy import Policy

ROOT = Path(__file__).resolve().parents[3]


def text(inner: str = "", start: str = 'name: "genre" base_path: "/models/genre" model_platform: "tensorflow"') -> str:
    return f"model_config_list {{ config {{ {start} {inner} }} }}"


@pytest.mark.parametrize(
    ("inner", "policy"),
    [
        ("", Policy()),
        ("model_version_policy { latest { num_versions: 3 } }", Policy(count=3)),
        ("model_version_policy { latest { } }", Policy()),
        ("model_version_policy { all { } }", Policy(count=None)),
        ("model_version_policy { specific { versions: 4 versions: 2 } }", Policy(frozenset({2, 4}), None)),
    ],
)
def test_policies(inner: str, policy: Policy) -> None:
    assert parse_model_config(text(inner)) == ModelConfig("genre", Path("/models/genre"), policy)


def test_labels() -> None:
    labels = 'version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 }'
    assert parse_model_config(text(labels)).labels == {"stable": 1, "canary": 2}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("", "Only ModelConfigList is currently supported"),
        ('model_config_list { config { name: "a" } config { name: "b" } }', "2 models are listed, and this server serves one."),
        (text(start='name: "genre" model_platform: "tensorflow"'), "A model needs a name and a base_path."),
        (text(start='name: "genre" base_path: "/models/genre"'), 'model_platform must be "tensorflow", not "".'),
        (text("logging_config { }"), "logging_config cannot be set on this server."),
        ("model_config_list {", "Expected"),
    ],
)
def test_a_mistake_is_one_sentence(config: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as error:
        parse_model_config(config)
    assert "\n" not in str(error.value)


def test_the_repository_s_own_file() -> None:
    config = parse_model_config((ROOT / "model_repository" / "models.config").read_text())
    assert (config.name, config.base_path) == (MODEL_NAME, Path("/models") / MODEL_NAME)
