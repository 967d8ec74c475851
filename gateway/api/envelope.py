"""The paper's JSON envelope. The only place that knows its keys."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response

from gateway.api.note import note
from gateway.errors import RagamError
from gateway.prediction import Explanation, Prediction, SimilarWork

# Softmax outputs carry float32 noise behind the fourth decimal, and nobody reads further.
DECIMALS = 4


# As the paper's Python has them: later ones changed what HTTPStatus says.
_PHRASES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large", HTTPStatus.REQUEST_URI_TOO_LONG: "Request-URI Too Long"}


def papers(message: str, data: Any = None) -> Response:
    """A success as the paper's service answers it, to the byte: without a line's end."""
    return _answer(HTTPStatus.OK, {"code": 200, "message": message}, data, "")


def success(message: str, data: Any = None) -> Response:
    return _answer(HTTPStatus.OK, {"code": 200, "message": message}, data)


def failure(status: HTTPStatus, error: str, detail: str) -> Response:
    """The standard phrase of `status` as message, a stable word in `error`, and in `detail` a sentence that says what to do."""
    return _answer(status, _failure(status, error, detail), None)


def good_entry(file: str, message: str, data: dict[str, Any]) -> dict[str, Any]:
    """One picture of many, which has its answer: an envelope within the envelope."""
    return {"file": file, "status": {"code": 200, "message": message}, "data": data}


def bad_entry(file: str, error: RagamError) -> dict[str, Any]:
    """One picture of many, which has none."""
    return {"file": file, "status": _failure(error.status, error.error, error.detail), "data": None}


def prediction_data(prediction: Prediction) -> dict[str, Any]:
    """The paper's two keys."""
    return {"image_types_prediction": prediction.genre, "confidence": round(prediction.confidence, DECIMALS)}


def detailed_prediction_data(prediction: Prediction) -> dict[str, Any]:
    """The paper's two keys, and what `?details=true` adds: of what a version may leave out, what it tells."""
    worth = {
        "typicality": _rounded(prediction.typicality),
        "certain": prediction.certain,
        "expected_accuracy": _rounded(prediction.expected_accuracy),
        "note": note(prediction),
    }
    return {
        **prediction_data(prediction),
        "scores": [{"genre": genre, "confidence": round(score, DECIMALS)} for genre, score in prediction.scores],
        "model": _model(prediction),
        **{key: value for key, value in worth.items() if value is not None},
    }


def similar_data(works: tuple[SimilarWork, ...]) -> dict[str, Any]:
    """What `?similar=true` adds: nothing where the version knows no works."""
    entries = [
        {"artist": work.artist or None, "title": work.title or None, "similarity": round(work.similarity, DECIMALS)} for work in works
    ]
    return {"similar": entries} if entries else {}


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """The paper's two keys, the heat map as rows from the top left, and the model."""
    return {
        **prediction_data(explanation.prediction),
        "heatmap": [[round(value, DECIMALS) for value in row] for row in explanation.heatmap],
        "model": _model(explanation.prediction),
    }


def genre_data(name: str, description: dict[str, str] | None) -> dict[str, Any]:
    """A genre, and its text by language; None where nobody wrote one."""
    return {"name": name, "description": description}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _model(prediction: Prediction) -> dict[str, Any]:
    return {"name": prediction.model, "version": prediction.version}


def _failure(status: HTTPStatus, error: str, detail: str) -> dict[str, Any]:
    return {"code": status.value, "message": _PHRASES.get(status, status.phrase), "error": error, "detail": detail}


def _answer(http_status: HTTPStatus, status: dict[str, Any], data: Any, end: str = "\n") -> Response:
    body = json.dumps({"status": status, "data": data}, ensure_ascii=False)
    return Response(body + end, http_status.value, content_type="application/json")
