"""One application for all of these tests, as an operator's first start makes it, and what a request to it may cost."""

import corpus
import png
import pytest
from application import application, send
from flask.testing import FlaskClient

# The costliest file that is rightly read costs 2.4 times the largest plain picture; what gets past a guard costs a hundred times that.
FACTOR = 8


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    return application()


@pytest.fixture(scope="session")
def most_seconds(client: FlaskClient) -> dict[str, float]:
    """By path the seconds of a core that a file may take: a multiple of what the largest plain picture takes on this machine."""
    side = corpus.MOST
    largest = png.file(png.header(side, side), png.flat(side, side, line_filter=4))
    return {path: FACTOR * min(send(client, largest, path).seconds for _ in range(2)) for path in ("/prediction", "/explanation")}
