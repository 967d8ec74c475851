import json
from datetime import UTC, datetime

from ragam.results import Answer, Prediction

KEYS = ["file", "genre", "confidence", "certain", "model_version", "scores", "error", "time"]
MOMENT = datetime(2026, 11, 24, 8, 30, 0, 123456, UTC)


def test_a_prediction_as_one_line():
    line = Answer("é\n.jpg", Prediction("Dark", 0.75, True, 3, (("Dark", 0.75), ("Light", 0.25))), time=MOMENT).as_json()
    assert "\n" not in line
    entry = json.loads(line)
    assert list(entry) == KEYS
    assert list(entry.values()) == ["é\n.jpg", "Dark", 0.75, True, 3, {"Dark": 0.75, "Light": 0.25}, None, "2026-11-24T08:30:00+00:00"]


def test_an_error_as_one_line():
    entry = json.loads(Answer("a.jpg", error="The file is empty.", time=MOMENT).as_json())
    assert list(entry) == KEYS
    assert entry["error"] == "The file is empty."
    assert all(entry[key] is None for key in ("genre", "confidence", "certain", "model_version", "scores"))


def test_the_time_is_now_in_utc():
    assert abs((datetime.now(UTC) - Answer("a.jpg").time).total_seconds()) < 60
    assert Answer("a.jpg").moment().endswith("+00:00")
