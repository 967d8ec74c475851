"""The engine and the service on it, once for all tests of this folder, which change it one after the other."""

from collections.abc import Iterator

import pytest
from deployment import Deployment
from engine import Engine, NoEngine, running_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    try:
        with running_engine() as found:
            yield found
    except NoEngine as error:
        # Not a skip: whoever asked for these tests must not read "passed" where nothing ran.
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def deployment(engine: Engine) -> Iterator[Deployment]:
    deployment = Deployment(engine)
    try:
        deployment.up("--build")
        yield deployment
    finally:
        deployment.compose("down", "--volumes", "--timeout=5", COMPOSE_PROFILES="*")
