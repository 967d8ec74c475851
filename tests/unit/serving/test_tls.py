from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
from certificates import make_certificates
from fake_serving import FakeServing

from gateway import contract
from gateway.errors import ServingUnavailable
from gateway.serving.client import TensorFlowServing
from gateway.serving.messages import prediction_service_pb2_grpc
from gateway.serving.tls import read_identity
from gateway.settings import Settings, SettingsError
from model_server.tls import read_tls

VARIABLES = ("RAGAM_SERVING_CA", "RAGAM_SERVING_CERTIFICATE", "RAGAM_SERVING_KEY")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return [make_certificates(tmp_path_factory.mktemp("tls") / name) for name in ("ours", "foreign")]


def files(folder):
    return [str(folder / name) for name in ("ca.pem", "gateway.pem", "gateway.key")]


def test_the_three_settings_come_together(folders):
    ours, foreign = folders
    whole = dict(zip(VARIABLES, files(ours), strict=True))
    identity = Settings.from_env(whole).identity()
    assert (identity.authority, identity.key) == ((ours / "ca.pem").read_bytes(), (ours / "gateway.key").read_bytes())
    assert Settings.from_env({}).identity() is None
    for missing in VARIABLES:
        with pytest.raises(SettingsError, match="must be set together"):
            Settings.from_env({**whole, missing: ""})
    with pytest.raises(SettingsError, match=r"^RAGAM_SERVING_KEY must be the key"):
        Settings.from_env({**whole, "RAGAM_SERVING_KEY": str(foreign / "gateway.key")})
    with pytest.raises(SettingsError, match=r"^RAGAM_SERVING_CA must hold the certificate"):
        Settings.from_env({**whole, "RAGAM_SERVING_CA": str(ours / "gateway.key")})
    with pytest.raises(SettingsError, match=r"^RAGAM_SERVING_CA must name a file that can be read, not '/nowhere'\.$"):
        Settings.from_env({**whole, "RAGAM_SERVING_CA": "/nowhere"})


@pytest.mark.parametrize(("caller", "answers"), [("ours", True), ("foreign", False), ("nobody", False), ("plain", False)])
def test_the_model_server_and_the_gateway_know_each_other(folders, caller, answers):
    ours, foreign = folders
    config = read_tls((ours / "serving.ssl.config").read_text())
    assert config.client_verify
    server = grpc.server(ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(FakeServing(), server)
    credentials = grpc.ssl_server_credentials([(config.server_key, config.server_cert)], config.custom_ca, config.client_verify)
    address = f"localhost:{server.add_secure_port('127.0.0.1:0', credentials)}"
    server.start()
    identity = {
        "ours": read_identity(*files(ours)),
        # What it asks of the model server would do; what it shows does not.
        "foreign": read_identity(files(ours)[0], *files(foreign)[1:]),
        # A model server of another authority's.
        "nobody": read_identity(files(foreign)[0], *files(ours)[1:]),
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
    before = {name: (folder / name).read_bytes() for name in ("ca.pem", "gateway.pem", "serving.ssl.config")}
    make_certificates(folder)
    assert (folder / "ca.pem").read_bytes() == before["ca.pem"]
    assert all((folder / name).read_bytes() != before[name] for name in ("gateway.pem", "serving.ssl.config"))
    assert (folder.stat().st_mode & 0o777, (folder / "ca.key").stat().st_mode & 0o777) == (0o700, 0o600)
