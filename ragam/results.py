"""From the gateway's JSON to typed results, or to the error in its place. The only place of the client that knows the gateway's keys."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from ragam.errors import RagamError, ServiceFailed, kind_of

Kind = TypeVar("Kind")

# A model has some tens of genres, and a reason is a sentence. What is longer is not Ragam's.
MAX_ENTRIES = 200
MAX_TEXT = 500


@dataclass(frozen=True)
class Model:
    name: str
    version: int


@dataclass(frozen=True)
class SimilarWork:
    """A painting that the model learned from; None where artist or title is unknown. similarity: the features' cosine."""

    artist: str | None
    title: str | None
    similarity: float


@dataclass(frozen=True)
class Prediction:
    """As the service gives it: figures in [0, 1] with its decimals, `scores` for all genres, best first.

    None is what the version of the model does not tell. typicality: below 0.05 the picture may be no painting. expected_accuracy: the
    share of answers of this kind that was right. note: what the two mean, as a sentence. similar is empty where it was not asked for.
    """

    genre: str
    confidence: float
    certain: bool | None
    typicality: float | None
    expected_accuracy: float | None
    scores: Mapping[str, float]
    similar: tuple[SimilarWork, ...]
    model: Model
    note: str | None = None


@dataclass(frozen=True)
class Explanation:
    """heatmap: rows from the top, each from the left, of how much of the genre the model sees there, from 0 to 1."""

    genre: str
    confidence: float
    heatmap: tuple[tuple[float, ...], ...]
    model: Model


@dataclass(frozen=True)
class Genre:
    """description: a paragraph by language ("en", "id"), empty where nobody wrote one."""

    name: str
    description: Mapping[str, str]


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


def error_of(status: int, answer: dict[str, Any]) -> RagamError:
    """With the service's own word and sentence, or such as tell the status where something between here and there answered."""
    told = answer.get("status")
    told = told if isinstance(told, dict) else {}
    word, detail = told.get("error"), told.get("detail")
    word = word if isinstance(word, str) and len(word) <= MAX_TEXT else ""
    if isinstance(detail, str) and detail.strip():
        sentence = printable(" ".join(detail[:MAX_TEXT].split()))
    else:
        sentence = f"The answer was {phrase_of(status)}, without a reason."
    return kind_of(word, status)(sentence, printable(word), status)


def phrase_of(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


def read(answer: dict[str, Any], build: Callable[[Any], Kind]) -> Kind:
    """What `build`, one of the three below, makes of an answer's data. Raises ServiceFailed where it is something else."""
    try:
        return build(answer["data"])
    except (AttributeError, KeyError, TypeError) as error:
        raise not_understood() from error


def prediction(data: Any) -> Prediction:
    return Prediction(
        genre=_text(data["image_types_prediction"]),
        confidence=_share(data["confidence"]),
        certain=None if data.get("certain") is None else _typed(data["certain"], bool),
        typicality=None if data.get("typicality") is None else _share(data["typicality"]),
        expected_accuracy=None if data.get("expected_accuracy") is None else _share(data["expected_accuracy"]),
        scores={_text(score["genre"]): _share(score["confidence"]) for score in _list(data["scores"])},
        similar=tuple(
            SimilarWork(_text_or_none(work["artist"]), _text_or_none(work["title"]), _number(work["similarity"], -1))
            for work in _list(data.get("similar") or [], least=0)
        ),
        model=_model(data),
        note=_text_or_none(data.get("note")),
    )


def explanation(data: Any) -> Explanation:
    rows = tuple(tuple(_share(value) for value in _list(row)) for row in _list(data["heatmap"]))
    return Explanation(_text(data["image_types_prediction"]), _share(data["confidence"]), rows, _model(data))


def genres(data: Any) -> tuple[Genre, ...]:
    return tuple(
        Genre(_text(genre["name"]), {_text(key): _text(text, 5000) for key, text in (genre["description"] or {}).items()})
        for genre in _list(data)
    )


def not_understood() -> RagamError:
    return ServiceFailed("The answer was not understood. It may come from another version of Ragam.")


def printable(text: str) -> str:
    r"""`text` with what steers a terminal, or cannot be encoded, written as in \x1b."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _model(data: Any) -> Model:
    version = _typed(data["model"]["version"], int)
    if not 0 <= version < 2**63:
        raise TypeError
    return Model(_text(data["model"]["name"]), version)


def _text(value: Any, most: int = MAX_TEXT) -> str:
    return printable(_typed(value if len(value) <= most else None, str))


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _share(value: Any) -> float:
    return _number(value, 0)


def _number(value: Any, least: int) -> float:
    # Not a number compares as false.
    if type(value) not in {int, float} or not least <= value <= 1:
        raise TypeError
    return float(value)


def _list(value: Any, least: int = 1) -> list[Any]:
    if not least <= len(_typed(value, list)) <= MAX_ENTRIES:
        raise TypeError
    return list(value)


def _typed(value: Any, kind: type[Kind]) -> Kind:
    # Not isinstance: true is no number.
    if type(value) is not kind:
        raise TypeError
    return value
