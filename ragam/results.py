"""From the gateway's JSON to a prediction, or the reason why there is none. The only place of the client that knows the gateway's keys."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from types import NoneType
from typing import Any

from ragam.errors import RagamError

# A model has some tens of genres, and a reason is a sentence. What is longer is not Ragam's.
MAX_GENRES = 200
MAX_TEXT = 500


@dataclass(frozen=True)
class Prediction:
    """As the service gives it: figures in [0, 1] with its decimals, `scores` for all genres, best first.

    None is what the version of the model does not tell. typicality: below 0.05 the picture may be no painting. expected_accuracy: the
    share of answers of this kind that was right.
    """

    genre: str
    confidence: float
    certain: bool | None
    typicality: float | None
    expected_accuracy: float | None
    model_version: int
    scores: dict[str, float]


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, an empty one where there is none."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def is_envelope(answer: dict[str, Any]) -> bool:
    status = answer.get("status")
    return isinstance(status, dict) and isinstance(status.get("code"), int) and "data" in answer


def prediction(answer: dict[str, Any]) -> Prediction:
    """The prediction in an answer to `/prediction?details=true`. Raises RagamError where there is none."""
    try:
        data = answer["data"]
        certain = data.get("certain")
        _check(0 < len(data["scores"]) <= MAX_GENRES and type(certain) in {bool, NoneType} and type(data["model"]["version"]) is int)
        return Prediction(
            genre=_text(data["image_types_prediction"]),
            confidence=_probability(data["confidence"]),
            certain=certain,
            typicality=_probability_or_none(data.get("typicality")),
            expected_accuracy=_probability_or_none(data.get("expected_accuracy")),
            model_version=data["model"]["version"],
            scores={_text(score["genre"]): _probability(score["confidence"]) for score in data["scores"]},
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise RagamError("The answer was not understood. It may come from another version of Ragam.") from error


def reason(status: int, answer: dict[str, Any]) -> str:
    """The sentence of an error: the service's own, or one that tells the status where something between here and there answered."""
    told = answer.get("status")
    detail = told.get("detail") if isinstance(told, dict) else None
    if isinstance(detail, str) and detail.strip():
        return printable(" ".join(detail[:MAX_TEXT].split()))
    phrase = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    return f"The answer was {status}{phrase}, without a reason."


def printable(text: str) -> str:
    r"""`text` with what steers a terminal, or cannot be encoded, written as in \x1b."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _text(value: Any) -> str:
    _check(isinstance(value, str) and len(value) <= MAX_TEXT)
    return printable(value)


def _probability(value: Any) -> float:
    # Not a number compares as false.
    _check(type(value) in {int, float} and 0 <= value <= 1)
    return float(value)


def _probability_or_none(value: Any) -> float | None:
    return None if value is None else _probability(value)


def _check(is_right: bool) -> None:
    if not is_right:
        raise TypeError
