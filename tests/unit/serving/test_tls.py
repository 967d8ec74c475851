import shutil
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from certificates import make_certificates
from fake_serving import FakeServing

from gateway.errors import ServingUnavailable
from gateway.serving.client import TensorFlowServing
from gateway.serving.tls import read_identity
from gateway.settings import Settings, SettingsError
from model_server.tls import read_tls

NAMES = ("ca.crt", "tls.crt", "tls.key")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return [make_certificates(tmp_path_factory.mktemp("tls") / name) for name in ("ours", "foreign")]


@pytest.fixture
def mixed(tmp_path):
    """A gateway's folder with the authority of one and the certificate and key of another."""

    def mix(authority, certificate, key):
        for source, name in zip((authority, certificate, key), NAMES, strict=True):
            shutil.copy(source / "gateway" / name, tmp_path)
        return tmp_path

    return mix


def test_the_three_files_come_together(folders, mixed):
    ours, foreign = folders
    folder = mixed(ours, ours, ours)
    identity = Settings.from_env({"RAGAM_SERVING_TLS": str(folder)}).identity()
    assert [identity.authority, identity.certificate, identity.key] == [(ours / "gateway" / name).read_bytes() for name in NAMES]
    for name, content, complaint in (
        *((name, None, rf"must be a folder with ca\.crt, tls\.crt and tls\.key, and .*/{name} cannot be read\.") for name in NAMES),
        ("ca.crt", identity.key, r"must have the certificate of an authority in ca\.crt"),
        ("tls.key", (foreign / "gateway" / "tls.key").read_bytes(), r"must have in tls\.key the key, without a password, of tls\.crt"),
    ):
        (folder / name).unlink()
        if content:
            (folder / name).write_bytes(content)
        with pytest.raises(SettingsError, match=rf"^RAGAM_SERVING_TLS {complaint}"):
            Settings.from_env({"RAGAM_SERVING_TLS": str(folder)})
        mixed(ours, ours, ours)


# Whose authority, and whose certificate and key: a stranger shows what the model server does not know, or does not know the model server.
@pytest.mark.parametrize(("authority", "pair", "answers"), [("ours", "ours", True), ("ours", "foreign", False), ("foreign", "ours", False)])
def test_the_model_server_and_the_gateway_know_each_other(folders, mixed, authority, pair, answers):
    named = dict(zip(("ours", "foreign"), folders, strict=True))
    config = read_tls((named["ours"] / "serving.ssl.config").read_text())
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((FakeServing(),))
    credentials = grpc.ssl_server_credentials([(config.server_key, config.server_cert)], config.custom_ca, config.client_verify)
    address = f"localhost:{server.add_secure_port('127.0.0.1:0', credentials)}"
    server.start()
    serving = TensorFlowServing(address, 3, read_identity(mixed(named[authority], named[pair], named[pair])))
    try:
        if answers:
            serving.check()
        else:
            with pytest.raises(ServingUnavailable):
                serving.check()
    finally:
        server.stop(None).wait()


def test_a_renewal_keeps_the_authority(tmp_path):
    folder = make_certificates(tmp_path / "tls")
    before = {name: (folder / name).read_bytes() for name in ("gateway/ca.crt", "gateway/tls.crt", "serving.ssl.config")}
    make_certificates(folder)
    assert (folder / "gateway" / "ca.crt").read_bytes() == before["gateway/ca.crt"]
    assert all((folder / name).read_bytes() != before[name] for name in ("gateway/tls.crt", "serving.ssl.config"))
    assert (folder.stat().st_mode & 0o777, (folder / "ca.key").stat().st_mode & 0o777) == (0o700, 0o600)
