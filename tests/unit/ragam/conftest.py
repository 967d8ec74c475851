import pytest
from stub_gateway import Gateway

from ragam import transport


@pytest.fixture
def gateway(client, monkeypatch):
    monkeypatch.delenv("RAGAM_API_KEY", raising=False)
    monkeypatch.delenv("RAGAM_URL", raising=False)
    monkeypatch.setattr(transport, "FIRST_WAIT", 0.001)
    gateway = Gateway(client.application)
    yield gateway
    gateway.stop()
