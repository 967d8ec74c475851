"""The reading side of the JSON envelope, which gateway/api/envelope.py writes. The only place of the command that knows its keys."""

from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from gateway.client.answer import Prediction

T = TypeVar("T")

# A sentence has its place in a cell; what is longer is none of Ragam's.
LONGEST_DETAIL = 500


class NotUnderstood(Exception):
    """The answer is not one of Ragam's."""


def is_envelope(response: httpx.Response) -> bool:
    body = _json(response)
    return (
        isinstance(body, dict) and isinstance(body.get("status"), dict) and isinstance(body["status"].get("code"), int) and "data" in body
    )


def prediction(response: httpx.Response) -> Prediction:
    """The prediction in an answer to `/prediction?details=true`. Raises NotUnderstood where there is none."""
    try:
        data = _json(response)["data"]
        return Prediction(
            genre=_a(str, data["image_types_prediction"]),
            confidence=float(data["confidence"]),
            certain=_a(bool, data["certain"]),
            version=_a(int, data["model"]["version"]),
            scores=tuple((_a(str, entry["genre"]), float(entry["confidence"])) for entry in data["scores"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotUnderstood from error


def complaint(response: httpx.Response) -> str:
    """The sentence of an error: the service's own, or one that tells the status where something between here and there answered."""
    body = _json(response)
    detail = body["status"].get("detail") if isinstance(body, dict) and isinstance(body.get("status"), dict) else None
    if isinstance(detail, str) and detail.strip():
        return " ".join(detail.split())[:LONGEST_DETAIL]
    try:
        phrase = f" {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        phrase = ""
    return f"The answer was {response.status_code}{phrase}, without a reason."


def _json(response: httpx.Response) -> Any:
    """What the body says, None where it is no JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def _a(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
