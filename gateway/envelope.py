"""The paper's JSON envelope. The only place that knows its keys."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response

from gateway.prediction import Prediction

# Softmax outputs carry float32 noise behind the fourth decimal, and nobody reads further.
DECIMALS = 4


def success(message: str, data: Any = None) -> Response:
    return _answer(HTTPStatus.OK, {"code": 200, "message": message}, data)


def failure(status: HTTPStatus, detail: str) -> Response:
    """The standard phrase of `status` as message, and in `detail` a sentence that says what to do."""
    return _answer(status, {"code": status.value, "message": status.phrase, "detail": detail}, None)


def prediction_data(prediction: Prediction) -> dict[str, Any]:
    """The paper's two keys."""
    return {"image_types_prediction": prediction.genre, "confidence": round(prediction.confidence, DECIMALS)}


def detailed_prediction_data(prediction: Prediction, certain_from: float) -> dict[str, Any]:
    """The paper's two keys, and what `?details=true` adds."""
    return {
        **prediction_data(prediction),
        "scores": [{"genre": genre, "confidence": round(score, DECIMALS)} for genre, score in prediction.scores],
        "model": {"name": prediction.model, "version": prediction.version},
        "certain": prediction.confidence >= certain_from,
    }


def _answer(http_status: HTTPStatus, status: dict[str, Any], data: Any) -> Response:
    body = json.dumps({"status": status, "data": data}, ensure_ascii=False)
    return Response(body, http_status.value, content_type="application/json")
