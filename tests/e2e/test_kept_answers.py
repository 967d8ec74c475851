"""Answers that are kept, while the model changes behind them."""

import re

import requests
from service import wait_until


def lookups(service):
    text = requests.get(f"{service.address}/metrics", timeout=30).text
    return {result: int(float(count)) for result, count in re.findall(r'ragam_cache_lookups_total\{result="(\w+)"\} (\S+)', text)}


def test_a_new_version_under_a_warm_cache(service, models, picture):
    service.publish(models["first"], 1)
    service.start_model_server()
    service.start_gateway(RAGAM_WORKERS="1", RAGAM_CACHE_ANSWERS="10")
    wait_until(service.ready, what="readiness")
    known = picture()

    def ask(data):
        return service.post(data).json()["data"]

    first = ask(known)
    assert first["model"]["version"] == 1
    assert ask(known) == first
    assert lookups(service) == {"miss": 1, "hit": 1}

    service.publish(models["second"], 2)
    new = iter(range(1, 10_000))
    # Each is asked for once, so its answer is the model's own.
    wait_until(lambda: ask(picture(seed=next(new)))["model"]["version"] == 2, what="an answer of version 2")
    second = ask(known)
    assert second["model"]["version"] == 2
    assert second["scores"] != first["scores"]
    assert ask(known) == second


def test_the_model_s_absence_is_noticed_by_new_pictures_alone(service, models, picture):
    service.publish(models["first"], 1)
    model_server = service.start_model_server()
    service.start_gateway(RAGAM_WORKERS="1", RAGAM_CACHE_ANSWERS="10")
    wait_until(service.ready, what="readiness")
    answer = service.post(picture())
    model_server.stop()
    assert service.post(picture()).content == answer.content
    assert service.post(picture(seed=1)).status_code == 503
    wait_until(lambda: requests.get(f"{service.address}/readyz", timeout=30).status_code == 503, what="the end of readiness")
