import shutil
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
from certificates import make_certificates
from fake_serving import FakeServing

from gateway import contract
from gateway.errors import ServingUnavailable
from gateway.serving.client import TensorFlowServing
from gateway.serving.tls import read_identity
from gateway.settings import Settings, SettingsError
from model_server.tls import read_tls


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return [make_certificates(tmp_path_factory.mktemp("tls") / name) for name in ("ours", "foreign")]


def mixed(folder, authority, pair):
    """A gateway's folder with the authority of one and the certificate and key of another."""
    folder.mkdir()
    shutil.copy(authority / "gateway" / "ca.crt", folder)
    for name in ("tls.crt", "tls.key"):
        shutil.copy(pair / "gateway" / name, folder)
    return folder


def test_the_three_files_come_together(folders, tmp_path):
    ours, foreign = folders
    assert Settings.from_env({}).identity() is None
    identity = Settings.from_env({"RAGAM_SERVING_TLS": str(ours / "gateway")}).identity()
    names = ("ca.crt", "tls.crt", "tls.key")
    assert [identity.authority, identity.certificate, identity.key] == [(ours / "gateway" / name).read_bytes() for name in names]
    for name, content, complaint in (
        *((name, None, rf"must be a folder with ca\.crt, tls\.crt and tls\.key, and .*/{name} cannot be read\.") for name in names),
        ("ca.crt", identity.key, r"must have the certificate of an authority in ca\.crt"),
        ("tls.key", (foreign / "gateway" / "tls.key").read_bytes(), r"must have in tls\.key the key, without a password, of tls\.crt"),
    ):
        folder = tmp_path / complaint[-12:]
        shutil.copytree(ours / "gateway", folder)
        (folder / name).unlink()
        if content:
            (folder / name).write_bytes(content)
        with pytest.raises(SettingsError, match=rf"^RAGAM_SERVING_TLS {complaint}"):
            Settings.from_env({"RAGAM_SERVING_TLS": str(folder)})
        shutil.rmtree(folder)


@pytest.mark.parametrize(("caller", "answers"), [("ours", True), ("foreign", False), ("nobody", False), ("plain", False)])
def test_the_model_server_and_the_gateway_know_each_other(folders, tmp_path, caller, answers):
    ours, foreign = folders
    config = read_tls((ours / "serving.ssl.config").read_text())
    assert config.client_verify
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((FakeServing(),))
    credentials = grpc.ssl_server_credentials([(config.server_key, config.server_cert)], config.custom_ca, config.client_verify)
    address = f"localhost:{server.add_secure_port('127.0.0.1:0', credentials)}"
    server.start()
    identity = {
        "ours": read_identity(ours / "gateway"),
        # What it asks of the model server would do; what it shows does not.
        "foreign": read_identity(mixed(tmp_path / "foreign", ours, foreign)),
        # A model server of another authority's.
        "nobody": read_identity(mixed(tmp_path / "nobody", foreign, ours)),
        "plain": None,
    }[caller]
    serving = TensorFlowServing(address, 3, identity)
    try:
        if answers:
            serving.check()
            assert len(serving.classify(np.zeros((1, *contract.IMAGE_SHAPE), np.float32))) == 1
        else:
            with pytest.raises(ServingUnavailable):
                serving.check()
    finally:
        server.stop(None).wait()


def test_a_renewal_keeps_the_authority(folders, tmp_path):
    folder = make_certificates(tmp_path / "tls")
    before = {name: (folder / name).read_bytes() for name in ("gateway/ca.crt", "gateway/tls.crt", "serving.ssl.config")}
    make_certificates(folder)
    assert (folder / "gateway" / "ca.crt").read_bytes() == before["gateway/ca.crt"]
    assert all((folder / name).read_bytes() != before[name] for name in ("gateway/tls.crt", "serving.ssl.config"))
    assert (folder.stat().st_mode & 0o777, (folder / "ca.key").stat().st_mode & 0o777) == (0o700, 0o600)
