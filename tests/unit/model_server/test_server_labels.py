"""Labels: what they mean, and what they cannot be put on."""

import grpc
import pytest

from model_server.labels import Labels
from model_server.status import StatusError


def test_what_was_assigned_and_no_more() -> None:
    labels = Labels("genre")
    labels.assign({"stable": 1, "canary": 2}, {1, 2})
    assert (labels.version("stable"), labels.version("canary")) == (1, 2)
    labels.assign({"stable": 2}, {1, 2})
    assert labels.version("stable") == 2
    with pytest.raises(StatusError, match=r"^Unrecognized servable version label: canary$") as error:
        labels.version("canary")
    assert error.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_all_or_none() -> None:
    labels = Labels("genre")
    labels.assign({"stable": 1}, {1})
    sentence = r"^Request to assign label to version 9 of model genre, which is not currently available for inference$"
    with pytest.raises(StatusError, match=sentence) as error:
        labels.assign({"stable": 2, "canary": 9}, {1, 2})
    assert error.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert labels.version("stable") == 1


def test_unavailable_versions_where_they_are_allowed() -> None:
    labels = Labels("genre", allow_unavailable=True)
    labels.assign({"stable": 1}, set())
    labels.assign({"stable": 1, "canary": 2}, set())
    assert labels.version("canary") == 2
    with pytest.raises(StatusError, match="version 3"):
        labels.assign({"stable": 1, "canary": 3}, {1, 2})
    assert labels.version("canary") == 2
