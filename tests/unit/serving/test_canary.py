import threading
from io import BytesIO

import numpy as np
import pytest
from prometheus_client import REGISTRY

from gateway.api import health
from gateway.app import create_app
from gateway.contract import CANARY_LABEL as CANARY
from gateway.errors import ServingUnavailable, WrongModel
from gateway.prediction import Explanation, Prediction
from gateway.serving import shadow
from gateway.serving.breaker import FAILURES
from gateway.serving.canary import PATIENCE, Canary
from gateway.settings import Settings, SettingsError

STABLE_VERSION, CANARY_VERSION = 2, 3


def images(*values):
    return np.array([np.full((224, 224, 3), value, np.float32) for value in values])


def metric(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


def comparisons():
    """What the version said that is asked; one that failed, or was not asked, said nothing."""
    versions = {"agree": STABLE_VERSION, "disagree": CANARY_VERSION, "failed": "none", "dropped": "none"}
    return {result: metric("ragam_canary_comparisons_total", result=result, version=str(version)) for result, version in versions.items()}


def by_label(label, version):
    """Pictures answered, calls for one picture and pictures that failed."""
    series = {"label": label, "version": str(version)}
    return (
        metric("ragam_label_answers_total", **series),
        metric("ragam_label_seconds_count", **series),
        metric("ragam_label_failures_total", label=label),
    )


class Versions:
    """A classifier whose canary says Dark where the stable version says Light; `errors` by label."""

    def __init__(self):
        self.errors = {}
        self.calls = []
        self.dark = True
        self.gate = None

    def classify(self, images, label="", patience=1.0):
        self.calls.append((label, len(images), patience))
        if self.gate and label == CANARY:
            self.gate.wait(60)
        if label in self.errors:
            raise self.errors[label]
        genre, version = ("Dark", CANARY_VERSION) if label == CANARY and self.dark else ("Light", STABLE_VERSION)
        return [Prediction(((genre, float(image.mean())),), "painting_genre", version) for image in images]

    def explain(self, images, label="", patience=1.0):
        return [Explanation(prediction, ((0.5,) * 7,) * 7) for prediction in self.classify(images, label, patience)]

    def genres(self, label=""):
        self.calls.append((label, 0, 1.0))
        return ("Light", "Dark")

    def check(self, label=""):
        if label in self.errors:
            raise self.errors[label]


@pytest.fixture
def versions():
    return Versions()


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_share_is_exact_within_statistics(versions, share):
    canary = Canary(versions, "stable", share, 0)
    count = 20_000
    chosen = sum(canary.place(str(number).encode()) < share for number in range(count))
    # Four standard deviations.
    assert abs(chosen - count * share) < 4 * (count * share * (1 - share)) ** 0.5


def test_places_are_sticky_and_a_larger_share_keeps_its_pictures(versions):
    pictures = [str(number).encode() for number in range(2000)]
    small, large = Canary(versions, "stable", 0.1, 0), Canary(versions, "stable", 0.2, 0.5)
    places = [small.place(picture) for picture in pictures]
    assert places == [large.place(picture) for picture in pictures]
    assert all(0 <= place < 1 for place in places)
    assert len(set(places)) == len(pictures)


def test_without_shares_nothing_is_hashed_and_one_call_is_made(versions, monkeypatch):
    monkeypatch.setattr("gateway.serving.canary.hashlib", None)
    canary = Canary(versions, "", 0, 0)
    assert canary.place(b"picture") == 0
    answers = canary.classify(images(0.25, 0.5), [0.0, 0.0])
    assert [answer.confidence for answer in answers] == [0.25, 0.5]
    assert versions.calls == [("", 2, 1.0)]


def test_each_picture_of_many_goes_to_its_version(versions):
    canary = Canary(versions, "stable", 0.3, 0)
    answers = canary.classify(images(0.1, 0.2, 0.4), [0.9, 0.299, 0.3])
    assert [(answer.version, answer.genre) for answer in answers] == [(2, "Light"), (3, "Dark"), (2, "Light")]
    assert [answer.confidence for answer in answers] == pytest.approx([0.1, 0.2, 0.4])
    assert versions.calls == [(CANARY, 1, PATIENCE), ("stable", 2, 1.0)]
    [explained] = canary.explain(images(0.2), [0.1])
    assert explained.prediction.version == CANARY_VERSION


@pytest.mark.parametrize("error", [WrongModel(), ServingUnavailable(), RuntimeError("INTERNAL")], ids=lambda error: type(error).__name__)
def test_a_canary_that_fails_is_counted_and_answered_for(versions, error):
    canarys, stables = by_label(CANARY, CANARY_VERSION), by_label("stable", STABLE_VERSION)
    versions.errors[CANARY] = error
    canary = Canary(versions, "stable", 0.5, 0)
    assert [answer.version for answer in canary.classify(images(0.1, 0.2), [0.1, 0.9])] == [2, 2]
    assert versions.calls == [(CANARY, 1, PATIENCE), ("stable", 2, 1.0)], "both in one call"
    assert by_label(CANARY, CANARY_VERSION) == (canarys[0], canarys[1], canarys[2] + 1)
    assert by_label("stable", STABLE_VERSION) == (stables[0] + 2, stables[1], stables[2])


def test_a_canary_that_keeps_failing_is_left_alone(versions, caplog):
    versions.errors[CANARY] = ServingUnavailable()
    canary = Canary(versions, "stable", 1, 0)
    for _ in range(20):
        assert canary.classify(images(0.1), [0.1])[0].version == STABLE_VERSION
    assert sum(label == CANARY for label, _, _ in versions.calls) == FAILURES
    assert [record.message for record in caplog.records] == [
        "the canary does not answer, the stable version does: ServingUnavailable: None"
    ]


def test_a_stable_version_that_fails_is_the_request_s_error(versions):
    versions.errors["stable"] = ServingUnavailable()
    canary = Canary(versions, "stable", 0.5, 0)
    assert canary.classify(images(0.1), [0.1])[0].version == CANARY_VERSION
    before = metric("ragam_label_failures_total", label="stable")
    with pytest.raises(ServingUnavailable):
        canary.classify(images(0.1), [0.9])
    assert metric("ragam_label_failures_total", label="stable") == before + 1


def test_answers_are_counted_by_picture_and_timed_alone(versions):
    """Of sixteen pictures a canary gets one or two: the times of its calls and of the stable version's are not those of the same work."""
    canarys, stables = by_label(CANARY, CANARY_VERSION), by_label("stable", STABLE_VERSION)
    canary = Canary(versions, "stable", 0.3, 0)
    canary.classify(images(0.1, 0.2, 0.4), [0.1, 0.9, 0.8])
    assert by_label(CANARY, CANARY_VERSION) == (canarys[0] + 1, canarys[1] + 1, canarys[2])
    assert by_label("stable", STABLE_VERSION) == (stables[0] + 2, stables[1], stables[2])
    canary.explain(images(0.1), [0.9])
    assert by_label("stable", STABLE_VERSION) == (stables[0] + 3, stables[1] + 1, stables[2])
    versions.errors["stable"] = ServingUnavailable()
    with pytest.raises(ServingUnavailable):
        canary.classify(images(0.1, 0.2), [0.8, 0.9])
    assert by_label("stable", STABLE_VERSION) == (stables[0] + 3, stables[1] + 1, stables[2] + 2)


def settled(before, count):
    """What came to `before` once there are `count` comparisons more."""
    for _ in range(12_000):
        new = {result: value - before[result] for result, value in comparisons().items()}
        if sum(new.values()) >= count:
            return new
        threading.Event().wait(0.01)
    pytest.fail(f"{new} are fewer than {count}")


def test_copies_are_compared_and_nobody_sees_them(versions):
    canary = Canary(versions, "stable", 0.1, 0.2)
    before = comparisons()
    answers = canary.classify(images(0.1, 0.2, 0.3, 0.4), [0.85, 0.05, 0.5, 0.8])
    assert [answer.version for answer in answers] == [2, 3, 2, 2]
    assert settled(before, 2) == {"agree": 0, "disagree": 2, "failed": 0, "dropped": 0}
    versions.dark = False
    before = comparisons()
    canary.explain(images(0.1), [0.99])
    assert settled(before, 1)["agree"] == 1
    versions.errors[CANARY] = WrongModel()
    before = comparisons()
    canary.classify(images(0.1), [0.99])
    assert settled(before, 1)["failed"] == 1


@pytest.mark.parametrize("error", [None, WrongModel()], ids=["answered", "failed"])
def test_copies_decide_nothing(versions, error):
    """promote reads the metrics by label, and RagamCanaryWorse too."""
    if error:
        versions.errors[CANARY] = error
    canary = Canary(versions, "stable", 0, 1)
    before, counted = comparisons(), by_label(CANARY, CANARY_VERSION)
    canary.classify(images(0.1), [0.5])
    settled(before, 1)
    assert by_label(CANARY, CANARY_VERSION) == counted


def test_a_picture_that_the_canary_answered_is_no_copy(versions):
    canary = Canary(versions, "stable", 0.6, 1)
    before = comparisons()
    canary.classify(images(0.1, 0.2), [0.59, 0.6])
    assert sum(settled(before, 1).values()) == 1


def test_a_full_queue_drops_and_nobody_waits(versions, monkeypatch):
    versions.gate = threading.Event()
    canary = Canary(versions, "stable", 0, 1)
    before = comparisons()
    for _ in range(shadow.PLACES + 5):
        canary.classify(images(0.1), [0.5])
    try:
        # One may be under way in the thread already.
        assert comparisons()["dropped"] - before["dropped"] in (4, 5)
    finally:
        versions.gate.set()
    assert sum(settled(before, shadow.PLACES + 5).values()) == shadow.PLACES + 5


@pytest.fixture
def client(versions):
    return create_app(Settings(serving_label="stable", canary_share=0.5), versions).test_client()


def send(client, route, *pictures):
    return client.post(route, data={"image": [(BytesIO(picture), "a.png") for picture in pictures]})


def test_the_same_picture_always_gets_the_same_version_whatever_the_route(client, picture):
    pictures = [picture(width=32, height=32, image_format="PNG", seed=seed) for seed in range(16)]
    alone = [send(client, "/prediction?details=true", data).get_json()["data"]["model"]["version"] for data in pictures]
    assert set(alone) == {STABLE_VERSION, CANARY_VERSION}
    together = send(client, "/predictions?details=true", *pictures).get_json()["data"]
    assert [entry["data"]["model"]["version"] for entry in together] == alone
    explained = [send(client, "/explanation", data).headers["X-Ragam-Model-Version"] for data in pictures]
    assert [int(version) for version in explained] == alone


def test_readiness_and_genres_are_the_stable_version_s(client, versions, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", 0)
    versions.errors[CANARY] = ServingUnavailable()
    assert client.get("/readyz").status_code == 200
    assert client.get("/genres").status_code == 200
    assert versions.calls == [("stable", 0, 1.0)]
    versions.errors = {"stable": WrongModel()}
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("label", ["", "canary"])
def test_shares_need_a_stable_version(label):
    for name in ("RAGAM_CANARY_SHARE", "RAGAM_SHADOW_SHARE"):
        with pytest.raises(SettingsError, match="need RAGAM_SERVING_LABEL, such as stable"):
            Settings.from_env({name: "0.1", "RAGAM_SERVING_LABEL": label})
    assert Settings.from_env({"RAGAM_CANARY_SHARE": "0.1", "RAGAM_SERVING_LABEL": "stable"}).canary_share == 0.1


@pytest.mark.parametrize("label", ["a b", "x" * 65, "stäble"])
def test_a_label_that_is_none(label):
    with pytest.raises(SettingsError, match="RAGAM_SERVING_LABEL must be up to 64 letters"):
        Settings.from_env({"RAGAM_SERVING_LABEL": label})
