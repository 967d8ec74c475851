"""Labels that may be put on versions which are not available, and only those."""

import pytest

from model_server.labels import Labels
from model_server.status import StatusError


def test_unavailable_versions_where_they_are_allowed() -> None:
    labels = Labels("genre", allow_unavailable=True)
    labels.assign({"stable": 1}, set())
    labels.assign({"stable": 1, "canary": 2}, set())
    assert labels.version("canary") == 2
    with pytest.raises(StatusError, match="version 3"):
        labels.assign({"stable": 1, "canary": 3}, {1, 2})
    assert labels.version("canary") == 2
