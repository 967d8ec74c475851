"""One application for all of these tests, as an operator's first start makes it."""

import pytest
from application import application
from flask.testing import FlaskClient


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    return application()
