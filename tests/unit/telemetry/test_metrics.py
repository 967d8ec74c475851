import dataclasses
from io import BytesIO

import pytest
from prometheus_client import REGISTRY

from gateway.picture.statistics import EDGES
from gateway.settings import Settings
from gateway.telemetry.metrics import LatestVersion, note_build_and_settings


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


def send(client, data, name="a.jpg", route="/prediction"):
    return client.post(route, data={"image": (BytesIO(data), name)})


@pytest.mark.parametrize("route", ["/prediction", "/predictions", "/explanation"])
def test_counts_answers_and_what_is_sent(client, classifier, picture, route):
    def counts():
        predictions = sum(value("ragam_predictions_total", genre=genre, version="3") for genre in ("Light", "Dark"))
        above_half = value("ragam_confidence_bucket", version="3", le="1.0") - value("ragam_confidence_bucket", version="3", le="0.4")
        typicality = value("ragam_typicality_bucket", version="3", le="0.1") - value("ragam_typicality_bucket", version="3", le="0.05")
        return predictions, value("ragam_confidence_count", version="3"), above_half, typicality

    def sums():
        return value("ragam_upload_bytes_sum"), value("ragam_upload_pixels_sum")

    classifier.more = {"typicality": 0.07}
    before, sent, data = counts(), sums(), picture(320, 240)
    assert send(client, data, route=route).status_code == 200
    send(client, b"no picture", route=route)
    assert counts() == (before[0] + 1, before[1] + 1, before[2] + 1, before[3] + (route != "/explanation"))
    assert sums() == (sent[0] + len(data) + len(b"no picture"), sent[1] + 320 * 240)


def test_the_version_before_is_taken_back():
    versions = LatestVersion()
    for version, expected in ((41, (1, 0)), (42, (0, 1)), (42, (0, 1)), (41, (1, 0))):
        versions.note(version)
        assert (value("ragam_model_version", version="41"), value("ragam_model_version", version="42")) == expected


def test_only_numbers_of_the_settings_are_shown():
    settings = Settings(workers=5, serving="model-server:8500", predict_seconds=2.5)
    note_build_and_settings(settings.masked())
    [family] = [family for family in REGISTRY.collect() if family.name == "ragam_settings"]
    shown = {sample.labels["setting"]: sample.value for sample in family.samples}
    assert shown == {name: number for name, number in dataclasses.asdict(settings).items() if not isinstance(number, str)}


def test_no_word_of_a_caller_s_becomes_a_series(client, picture):
    """Each request differs from the one before in everything that a caller can choose."""

    def series():
        names = {(family.name, *sorted(sample.labels.items())) for family in REGISTRY.collect() for sample in family.samples}
        return {name for name in names if name[0].startswith("ragam_")}

    def ask(number):
        words = {"X-Request-ID": "id", "User-Agent": "agent", "Accept": "text/", "X-Forwarded-For": "10.0.0."}
        headers = {name: f"{word}{number}" for name, word in words.items()}
        client.open(f"/{number}", method=f"WORD{number}", headers=headers)
        client.open("/prediction", method=f"WORD{number}", headers=headers)
        client.post(f"/prediction?details={number}&a{number}=1", headers=headers)
        client.post("/prediction", data={"image": (BytesIO(picture(seed=number)), f"{number}.jpg", f"image/{number}")}, headers=headers)
        client.post("/prediction", data={f"image{number}": (BytesIO(b"x"), f"{number}.jpg")}, headers=headers)

    ask(0)
    before = series()
    for number in range(1, 8):
        ask(number)
    more = series() - before
    # A picture falls into one of ten bins of each statistic and of the confidence, and has one of two genres.
    assert {name for name, *_ in more} <= {"ragam_answer_bins", "ragam_predictions"}
    assert {label for _, *labels in more for label in labels} <= {
        *(("bin", str(number)) for number in range(10)),
        *(("statistic", name) for name in EDGES),
        *(("genre", name) for name in ("Light", "Dark")),
        ("version", "3"),
    }
