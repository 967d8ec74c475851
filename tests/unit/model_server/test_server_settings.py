"""The model server's flags and the files that they name: TensorFlow Serving's names and defaults, and one sentence for each fault."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import make_certificates

from gateway.contract import MAX_BATCH, MODEL_NAME
from model_server.batching import Batching, read_batching
from model_server.model_config import ModelConfig, parse_model_config
from model_server.policy import Policy
from model_server.settings import SettingsError, parse_settings
from model_server.tls import read_tls

REPOSITORY = Path(__file__).resolve().parents[3] / "model_repository"


def models_config(inner: str = "", start: str = 'name: "genre" base_path: "/models/genre" model_platform: "tensorflow"') -> str:
    return f"model_config_list {{ config {{ {start} {inner} }} }}"


def test_defaults_are_tensorflow_serving_s_but_for_the_address(tmp_path: Path) -> None:
    settings = parse_settings([f"--model_base_path={tmp_path}"])
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 8500, ModelConfig(MODEL_NAME, tmp_path))
    assert (settings.batching, settings.tls, settings.grpc_channel_arguments) == (None, None, ())
    assert not settings.allow_version_labels_for_unavailable_models
    batching = read_batching("")
    assert (batching.max_batch_size, batching.batch_timeout_micros, batching.max_enqueued_batches) == (1000, 0, 10)


@pytest.mark.parametrize(
    ("flags", "name", "value"),
    [
        (["--enable_batching"], "batching", Batching()),
        (["--enable_batching=false"], "batching", None),
        (["--rest_api_port=8501", "--grpc_max_threads=5"], "ignored", ("--rest_api_port=8501",)),
        (
            ["--grpc_channel_arguments=grpc.max_connection_age_ms=30000,grpc.x=y"],
            "grpc_channel_arguments",
            (("grpc.max_connection_age_ms", 30000), ("grpc.x", "y")),
        ),
        (["--ssl_config_file="], "tls", None),
    ],
)
def test_flags(tmp_path: Path, flags: list[str], name: str, value: object) -> None:
    assert getattr(parse_settings([*flags, "--model_base_path", str(tmp_path)]), name) == value


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "--model_base_path is missing"),
        (["--model_config_file=c", "--model_name=x"], "--model_config_file says what --model_name and --model_base_path say"),
        (["--model_config_file=/dev/zero"], "--model_config_file /dev/zero cannot be read: it is a pipe or a device."),
        (["--model_base_path=.", "--model_config_file_poll_wait_seconds=1"], "is given without --model_config_file."),
        (["--model_base_path=.", "--rest_api_port", "8501"], "unrecognized arguments: 8501"),
        (["--model_base_path=.", "--port=65536"], "'65536' is not an integer from 0 to 65535."),
        (["--model_base_path=.", "--grpc_channel_arguments=grpc.x"], "'grpc.x' is not name=value."),
        (["--model_base_path=.", "--enable_batching=yes"], "'yes' is neither true nor false."),
        (["--model_base_path=.", "--batching_parameters_file=b"], "--batching_parameters_file is given without --enable_batching=true."),
        (["--model_base_path=.", "--enable_batching", "--batching_parameters_file=b"], "--batching_parameters_file b cannot be read"),
        (["--model_config_file=nowhere.config"], "base_path in nowhere.config: /models/genre is not a directory."),
    ],
)
def test_a_wrong_flag_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: list[str], sentence: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nowhere.config").write_text(models_config())
    with pytest.raises(SettingsError, match=re.escape(sentence)) as error:
        parse_settings(flags)
    assert "\n" not in str(error.value)


def test_every_batching_parameter() -> None:
    values = "max_batch_size { value: 8 } batch_timeout_micros: { value: 0 }; max_enqueued_batches { value: 3 }"
    more = 'num_batch_threads { value: 4 }  # a comment\n thread_pool_name { value: "batches" }'
    assert read_batching(f"{values} {more} allowed_batch_sizes: 1 allowed_batch_sizes: [4, 8]") == Batching(8, 0, 3, 4, (1, 4, 8))


@pytest.mark.parametrize(
    ("inner", "policy", "labels"),
    [
        ("", Policy(), {}),
        ("model_version_policy { latest { num_versions: 3 } }", Policy(count=3), {}),
        ("model_version_policy { all { } }", Policy(count=None), {}),
        ("model_version_policy { specific { versions: 4 versions: 2 } }", Policy(frozenset({2, 4}), None), {}),
        ('version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 }', Policy(), {"stable": 1, "canary": 2}),
    ],
)
def test_the_policy_and_the_labels_of_a_model(inner: str, policy: Policy, labels: dict[str, int]) -> None:
    assert parse_model_config(models_config(inner)) == ModelConfig("genre", Path("/models/genre"), policy, labels)


def test_the_repository_s_own_files() -> None:
    assert read_batching((REPOSITORY / "batching.config").read_text()).max_batch_size == MAX_BATCH
    config = parse_model_config((REPOSITORY / "models.config").read_text())
    assert (config.name, config.base_path) == (MODEL_NAME, Path("/models") / MODEL_NAME)


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (read_batching, "max_batch_size: 16", "max_batch_size"),
        (read_batching, "batch_timeout_micros { value: -1 }", "batch_timeout_micros is -1, it must be at least 0."),
        (read_batching, "pad_variable_length_inputs: true", 'no field named "pad_variable_length_inputs"'),
        (read_batching, "allowed_batch_sizes: 8", "end with max_batch_size 1000"),
        (read_batching, "max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]", "must be positive, rise"),
        (parse_model_config, "", "Only ModelConfigList is currently supported"),
        (parse_model_config, "model_config_list { config { } config { } }", "2 models are listed, and this server serves one."),
        (parse_model_config, models_config(start='name: "genre" model_platform: "tensorflow"'), "A model needs a name and a base_path."),
        (parse_model_config, models_config(start='name: "a" base_path: "/a"'), 'model_platform must be "tensorflow", not "".'),
        (parse_model_config, models_config("logging_config { }"), "logging_config cannot be set on this server."),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence(read: Callable[[str], object], text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as error:
        read(text)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model server's file, as the project's own command makes it."""
    return (make_certificates(tmp_path_factory.mktemp("tls") / "ours") / "serving.ssl.config").read_text()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("server_key", "server_kee", "line 1 is not one of an SSLConfig."),
        ("custom_ca", "#", "client_verify needs a custom_ca."),
        ("server_key", "#", "server_key must be the key, with no password, of server_cert"),
        ("BEGIN CERTIFICATE", "BEGIN NOTHING", "server_key must be the key, with no password, of server_cert"),
    ],
)
def test_a_mistake_with_a_key_is_one_sentence_without_it(tls: str, tmp_path: Path, old: str, new: str, sentence: str) -> None:
    file = tmp_path / "ssl.config"
    file.write_text(tls.replace(old, new))
    with pytest.raises(SettingsError) as error:
        parse_settings([f"--model_base_path={tmp_path}", f"--ssl_config_file={file}"])
    assert str(error.value).startswith(f"--ssl_config_file {file} cannot be used: {sentence}")
    assert "\n" not in str(error.value)
    assert "PRIVATE" not in str(error.value)
    assert "PRIVATE KEY" not in repr(read_tls(tls))
    assert not read_tls("\n".join(line for line in tls.splitlines() if line.startswith("server_"))).client_verify
