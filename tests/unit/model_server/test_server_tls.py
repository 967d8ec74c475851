"""The model server's SSLConfig: what it takes, and one sentence for each fault."""

from pathlib import Path

import pytest
from certificates import make_certificates

from model_server.settings import SettingsError, parse_settings
from model_server.tls import read_tls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def config(folder: Path) -> str:
    return (folder / "serving.ssl.config").read_text()


def test_reads_what_the_command_makes(config: str, folder: Path, tmp_path: Path) -> None:
    tls = read_tls(config)
    assert tls.custom_ca == (folder / "gateway" / "ca.crt").read_bytes()
    assert tls.client_verify
    assert "PRIVATE KEY" not in repr(tls)
    flags = [f"--model_base_path={tmp_path}", f"--ssl_config_file={folder / 'serving.ssl.config'}"]
    assert parse_settings(flags).tls == tls
    assert parse_settings([*flags[:1], "--ssl_config_file="]).tls is None


def test_without_verification_no_authority_is_needed(config: str) -> None:
    lines = [line for line in config.splitlines() if line.startswith("server_")]
    assert not read_tls("\n".join(lines)).client_verify


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("server_key", "server_kee"), "line 1 is not one of an SSLConfig."),
        (lambda text: "\n".join(line for line in text.splitlines() if "custom_ca" not in line), "client_verify needs a custom_ca."),
        (lambda text: "\n".join(text.splitlines()[1:]), "server_key must be the key, with no password, of server_cert"),
        (lambda text: text.replace("BEGIN CERTIFICATE", "BEGIN NOTHING"), "server_key must be the key, with no password, of server_cert"),
    ],
)
def test_a_mistake_is_one_sentence_without_the_key(config: str, tmp_path: Path, change, sentence: str) -> None:
    file = tmp_path / "ssl.config"
    file.write_text(change(config))
    with pytest.raises(SettingsError) as error:
        parse_settings([f"--model_base_path={tmp_path}", f"--ssl_config_file={file}"])
    assert str(error.value).startswith(f"--ssl_config_file {file} cannot be used: {sentence}")
    assert "\n" not in str(error.value)
    assert "PRIVATE" not in str(error.value)


def test_channel_arguments(tmp_path: Path) -> None:
    flags = [f"--model_base_path={tmp_path}", "--grpc_channel_arguments=grpc.max_connection_age_ms=30000,grpc.x=y"]
    assert parse_settings(flags).grpc_channel_arguments == (("grpc.max_connection_age_ms", 30000), ("grpc.x", "y"))
    assert parse_settings(flags[:1]).grpc_channel_arguments == ()
    with pytest.raises(SettingsError, match=r"'grpc\.x' is not name=value"):
        parse_settings([*flags[:1], "--grpc_channel_arguments=grpc.x"])
