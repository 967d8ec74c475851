"""`make serve` from outside: what it prints, that it answers, and that it leaves nothing behind."""

import os
import signal
import socket
from pathlib import Path

import pytest
import requests
from service import ROOT, cache_home, wait_until


def serve(service, **environ):
    return service.start("serve.py", **environ)


def processes_with(text):
    """The processes that have `text` in their command line or environment: children inherit the test's own ports."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (folder / "environ").read_bytes() and folder.name != str(os.getpid()):
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_a_prediction_and_leaves_nothing_running(service, models, picture, number):
    service.publish(models["first"], 1)
    process = serve(service)
    wait_until(lambda: "ready at" in process.text(), what="the line that says ready")
    assert f"Ragam is ready at {service.address}" in process.text()
    assert f"curl -F image=@painting.jpg {service.address}/prediction" in process.text()

    answer = service.post(picture(), query="")
    assert answer.status_code == 200
    assert list(answer.json()) == ["status", "data"]
    assert list(answer.json()["data"]) == ["image_types_prediction", "confidence"]
    body = requests.get(service.address, timeout=30).content
    assert body == b'{"status": {"code": 200, "message": "Success fetching the API"}, "data": null}'

    mark = f"RAGAM_PORT={service.port}"
    assert len(processes_with(mark)) >= 4
    process.signal(number)
    assert process.wait() == 0
    wait_until(lambda: not processes_with(mark), what="the end of every process")


def test_a_canary_that_is_broken_does_not_keep_it_from_starting(service, models, picture):
    service.publish(models["first"], 1)
    (service.models / "2").mkdir()
    config = service.folder / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "painting_genre" base_path: "{service.models}" model_platform: "tensorflow" '
        "model_version_policy { specific { versions: 1 versions: 2 } } "
        'version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 } } }\n'
    )
    process = serve(service, RAGAM_MODEL_CONFIG_FILE=str(config), RAGAM_SERVING_LABEL="stable", RAGAM_CANARY_SHARE="0.5")
    wait_until(lambda: "ready at" in process.text() or process.popen.poll() is not None, what="the line that says ready")
    answers = [service.post(picture(seed=seed)) for seed in range(8)]
    assert {(answer.status_code, answer.json()["data"]["model"]["version"]) for answer in answers} == {(200, 1)}
    assert "painting_genre version 2 cannot be loaded" in process.text()


def test_the_user_s_own_converted_models_are_left_alone(service, models):
    service.publish(models["first"], 1)
    process = serve(service, HOME=str(service.folder / "home"))
    wait_until(lambda: "ready at" in process.text(), what="the line that says ready")
    assert list((cache_home() / "ragam").glob("*.tflite"))
    assert not (service.folder / "home").exists()
    assert "is served by TensorFlow" not in process.text()


def test_a_port_that_is_taken(service, models):
    service.publish(models["first"], 1)
    for variable, port in (("RAGAM_PORT", service.port), ("RAGAM_SERVING", service.serving_port)):
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))
            other.listen()
            process = serve(service)
            assert process.wait() == 1
        assert process.text() == f"127.0.0.1:{port} cannot be used (Address already in use). Set {variable} to another.\n"


def test_a_missing_model(service):
    process = serve(service)
    assert process.wait() == 1
    [line] = process.text().splitlines()
    assert line.startswith("There is no model in ")


def test_bad_settings_are_told_together(service, models):
    service.publish(models["first"], 1)
    process = serve(service, RAGAM_THREADS="many", RAGAM_MAX_PIXELS="-1")
    assert process.wait() == 1
    lines = process.text().splitlines()
    assert [line.split()[0] for line in lines] == ["RAGAM_THREADS", "RAGAM_MAX_PIXELS"]


def test_a_model_that_breaks_the_contract_is_never_ready_and_the_log_says_why(service, models, picture):
    service.publish(models["wrong"], 1)
    service.start_model_server()
    gateway = service.start_gateway()
    wait_until(lambda: gateway.text().count("its inputs are ['picture']") >= 2, what="the reason in the log of both workers")
    assert not service.ready()
    answer = service.post(picture())
    assert (answer.status_code, answer.json()["status"]["message"]) == (502, "Bad Gateway")
    assert "inputs" not in answer.text


def test_when_one_server_ends_so_does_the_other(service, models):
    service.publish(models["first"], 1)
    process = serve(service)
    wait_until(service.ready, what="readiness")
    [model_server] = [
        pid for pid in processes_with(f"RAGAM_PORT={service.port}") if b"model_server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.kill(int(model_server), signal.SIGKILL)
    assert process.wait() == 1
    assert "The model server ended with exit code -9" in process.text()
    wait_until(lambda: not processes_with(f"RAGAM_PORT={service.port}"), what="the end of every process")


def test_the_real_model(service, picture):
    versions = sorted((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"))
    assert versions, "the repository holds no trained model"
    process = serve(service, RAGAM_MODEL_BASE_PATH="")
    wait_until(lambda: "ready at" in process.text(), what="the line that says ready")
    data = service.post(picture()).json()["data"]
    assert data["model"] == {"name": "painting_genre", "version": int(versions[-1].name)}
    genres = {entry["genre"] for entry in data["scores"]}
    assert genres == {"Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism"}
    assert sum(entry["confidence"] for entry in data["scores"]) == pytest.approx(1, abs=0.001)
