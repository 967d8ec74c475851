"""The model server's flags: TensorFlow Serving's names, and one sentence for each fault."""

import re
from pathlib import Path

import pytest

from gateway.contract import MODEL_NAME
from model_server.batching import Batching
from model_server.model_config import ModelConfig
from model_server.policy import Policy
from model_server.settings import SettingsError, parse_settings


def test_defaults(tmp_path: Path) -> None:
    settings = parse_settings([f"--model_base_path={tmp_path}"])
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 8500, ModelConfig(MODEL_NAME, tmp_path))
    assert (settings.model_config_file, settings.model_config_file_poll_wait_seconds) == (None, 0)
    assert not settings.allow_version_labels_for_unavailable_models
    assert settings.batching is None
    assert (settings.file_system_poll_wait_seconds, settings.log_level) == (1, "info")


@pytest.mark.parametrize(
    ("flags", "batches"),
    [
        (["--enable_batching=true"], True),
        (["--enable_batching"], True),
        (["--enable_batching=false"], False),
        ([], False),
    ],
)
def test_enable_batching(tmp_path: Path, flags: list[str], batches: bool) -> None:
    settings = parse_settings([*flags, "--model_base_path", str(tmp_path)])
    assert settings.batching == (Batching() if batches else None)


def test_tensorflow_serving_s_other_flags_are_ignored_and_named(tmp_path: Path) -> None:
    others = ("--rest_api_port=8501", "--enable_grpc_healthcheck_service")
    settings = parse_settings([others[0], f"--model_base_path={tmp_path}", others[1], "--grpc_max_threads=512"])
    assert (settings.ignored, settings.grpc_max_threads) == (others, 512)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "--model_base_path is missing"),
        (["--model_config_file=c", "--model_name=x"], "--model_config_file says what --model_name and --model_base_path say"),
        (["--model_config_file=c"], "--model_config_file c cannot be read: No such file or directory."),
        (["--model_config_file=/dev/zero"], "--model_config_file /dev/zero cannot be read: it is a pipe or a device."),
        (["--model_base_path=.", "--model_config_file_poll_wait_seconds=1"], "is given without --model_config_file."),
        (["--model_base=."], "unrecognized arguments: --model_base=."),
        (["--model_base_path=.", "--rest_api_port", "8501"], "unrecognized arguments: 8501"),
        (["--model_base_path=.", "--port=65536"], "'65536' is not an integer from 0 to 65535."),
        (["--model_base_path=.", "--log_level=loud"], "invalid choice: 'loud'"),
        (["--model_base_path=.", "--grpc_max_threads=0"], "'0' is not an integer of at least 1."),
        (["--model_base_path=.", "--file_system_poll_wait_seconds=-1"], "'-1' is not an integer of at least 0."),
        (["--model_base_path=.", "--enable_batching=yes"], "'yes' is neither true nor false."),
        (["--model_base_path=.", "--batching_parameters_file=b"], "--batching_parameters_file is given without --enable_batching=true."),
        (["--model_base_path=.", "--enable_batching", "--batching_parameters_file=b"], "--batching_parameters_file b cannot be read"),
    ],
)
def test_a_mistake_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: list[str], sentence: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=re.escape(sentence)) as error:
        parse_settings(flags)
    assert "\n" not in str(error.value)


def test_an_unusable_batching_file(tmp_path: Path) -> None:
    file = tmp_path / "batching.config"
    file.write_text("max_batch_sise { value: 16 }")
    with pytest.raises(SettingsError, match=r"cannot be used: .*max_batch_sise"):
        parse_settings([f"--model_base_path={tmp_path}", "--enable_batching", f"--batching_parameters_file={file}"])


def test_a_model_config_file(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    config = (
        'model_config_list {{ config {{ name: "x" base_path: "{}" model_platform: "tensorflow" model_version_policy {{ all {{}} }} }} }}'
    )
    file.write_text(config.format(tmp_path))
    settings = parse_settings([f"--model_config_file={file}", "--model_config_file_poll_wait_seconds=10"])
    assert settings.model == ModelConfig("x", tmp_path, Policy(count=None))
    assert (settings.model_config_file, settings.model_config_file_poll_wait_seconds) == (file, 10)
    file.write_text(config.format("nowhere"))
    with pytest.raises(SettingsError, match=r"base_path in .*models\.config: nowhere is not a directory"):
        parse_settings([f"--model_config_file={file}"])
