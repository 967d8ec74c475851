import pytest
from stub_gateway import Gateway

from ragam import client as ragam_client


@pytest.fixture
def gateway(client, monkeypatch):
    monkeypatch.delenv("RAGAM_API_KEY", raising=False)
    monkeypatch.setattr(ragam_client, "FIRST_WAIT", 0.001)
    gateway = Gateway(client.application)
    yield gateway
    gateway.stop()
