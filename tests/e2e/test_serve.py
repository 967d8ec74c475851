"""`make serve` from outside: what it prints, that it answers, and that it leaves nothing behind."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest
import requests
from service import ROOT, wait_until


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
    process = serve(
        service, RAGAM_MODEL_CONFIG_FILE=str(config), RAGAM_SERVING_LABEL="stable", RAGAM_CANARY_SHARE="0.5", RAGAM_LOG_LEVEL="Warning"
    )
    wait_until(lambda: "ready at" in process.text() or process.popen.poll() is not None, what="the line that says ready")
    answers = [service.post(picture(seed=seed)) for seed in range(8)]
    assert {(answer.status_code, answer.json()["data"]["model"]["version"]) for answer in answers} == {(200, 1)}
    assert "painting_genre version 2 cannot be loaded" in process.text()
    assert '"level": "info"' not in process.text(), "the level is both servers'"


@pytest.mark.parametrize(("name", "variable"), [("gateway", "RAGAM_HOST or RAGAM_PORT"), ("model server", "RAGAM_SERVING")])
def test_a_port_that_is_taken(service, models, name, variable):
    service.publish(models["first"], 1)
    port = service.port if name == "gateway" else service.serving_port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = serve(service)
        assert process.wait() == 1
    assert process.text() == f"The {name} cannot listen on 127.0.0.1:{port} (Address already in use). Set {variable} to another.\n"


def test_a_missing_model(service):
    process = serve(service)
    assert process.wait() == 1
    [line] = process.text().splitlines()
    assert line.startswith("There is no model in ")


def test_bad_settings_are_told_together(service, models):
    service.publish(models["first"], 1)
    process = serve(service, RAGAM_WORKERS="many", RAGAM_MAX_PIXELS="-1", RAGAM_PREDICT_SECOND="3")
    assert process.wait() == 1
    lines = process.text().splitlines()
    assert [line.split()[0] for line in lines] == ["RAGAM_PREDICT_SECOND", "RAGAM_WORKERS", "RAGAM_MAX_PIXELS"]


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


def ready(service, models, **environ):
    """serve.py, once it serves."""
    service.publish(models["first"], 1)
    process = serve(service, **environ)
    wait_until(lambda: "ready at" in process.text() or process.popen.poll() is not None, what="the line that says ready")
    assert "ready at" in process.text()
    return process


def command_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def server_of(process, name):
    """The process of the model server or of gunicorn that serve.py has started."""
    [pid] = [pid for pid in children_of(process.popen.pid) if name in command_of(pid)]
    return pid


def test_a_closed_terminal_stops_it_in_order(service, models):
    process = ready(service, models)
    process.signal(signal.SIGHUP)
    assert process.wait() == 0
    wait_until(lambda: not processes_with(f"RAGAM_PORT={service.port}"), 20, "the end of every process")


def test_under_nohup_it_goes_on_when_the_terminal_closes(service, models):
    service.publish(models["first"], 1)
    before = ("env", "--ignore-signal=HUP")
    process = service.start("serve.py", before=before)
    wait_until(lambda: "ready at" in process.text(), what="the line that says ready")
    process.signal(signal.SIGHUP)
    process.signal(signal.SIGHUP)
    assert service.ready()
    assert process.popen.poll() is None


@pytest.mark.parametrize("name", ["-m model_server", "gunicorn.conf.py"])
def test_a_hangup_of_either_server_orphans_nobody(service, models, name):
    process = ready(service, models)
    os.kill(server_of(process, name), signal.SIGHUP)
    if name == "gunicorn.conf.py":
        # It starts its workers anew.
        wait_until(lambda: "Hang up" in process.text() and service.ready(), what="new workers")
        process.signal(signal.SIGTERM)
    process.wait()
    wait_until(lambda: not processes_with(f"RAGAM_PORT={service.port}"), 20, "the end of every process")


def half_a_request(service):
    """A connection on which the rest of a picture never comes: what waits for it does not end in order."""
    connection = socket.create_connection(("127.0.0.1", service.port))
    head = "POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n--b"
    connection.sendall(head.encode())
    return connection


def test_a_second_signal_ends_it_at_once(service, models):
    process = ready(service, models, RAGAM_GRACE_SECONDS="600")
    with half_a_request(service):
        process.signal(signal.SIGINT)
        wait_until(lambda: not accepts(service.port), what="a gateway that takes no connection any more")
        process.signal(signal.SIGINT)
        assert process.wait(20) == 1
    assert process.text().endswith("Ended at once: what was under way has no answer.\n")
    wait_until(lambda: not processes_with(f"RAGAM_PORT={service.port}"), 20, "the end of every process")


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_a_signal_that_make_has_passed_on_too_is_one(service, models):
    process = ready(service, models)
    process.signal(signal.SIGTERM)
    process.signal(signal.SIGTERM)
    assert process.wait() == 0


@pytest.mark.parametrize("name", ["serve.py", "gunicorn.conf.py"])
def test_a_kill_orphans_nobody(service, models, name):
    process = ready(service, models)
    os.kill(process.popen.pid if name == "serve.py" else server_of(process, name), signal.SIGKILL)
    process.wait()
    wait_until(lambda: not processes_with(f"RAGAM_PORT={service.port}"), 60, "the end of every process")


def test_a_changed_file_restarts_its_own_server_alone(service, models, picture):
    service.publish(models["first"], 1)
    process = service.start("serve.py", "--reload")
    wait_until(lambda: "ready at" in process.text(), what="the line that says ready")

    def running(name):
        """The server below the one that watches its files."""
        return [child for watcher in children_of(process.popen.pid) if name in command_of(watcher) for child in children_of(watcher)]

    before, model_server = running("gunicorn.conf.py"), running("-m model_server")
    (ROOT / "gateway" / "page" / "index.html").touch()
    wait_until(lambda: running("gunicorn.conf.py") not in ([], before), what="a new gateway")
    wait_until(service.ready, what="readiness")
    assert service.post(picture()).status_code == 200
    assert running("-m model_server") == model_server != []

    process.signal(signal.SIGINT)
    assert process.wait() == 0
    wait_until(lambda: not processes_with(f"RAGAM_PORT={service.port}"), what="the end of every process")


def test_a_proxy_in_the_environment_is_not_asked(service, models, picture):
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "grpc_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    process = ready(service, models, **proxies, no_proxy="", NO_PROXY="", no_grpc_proxy="")
    assert service.post(picture()).status_code == 200
    assert "Traceback" not in process.text()


@pytest.mark.parametrize(("host", "reached"), [("::", "[::1]"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1")])
def test_an_address_of_either_family(service, models, picture, host, reached):
    process = ready(service, models, RAGAM_HOST=host)
    assert f"Ragam is ready at http://{reached}:{service.port}\n" in process.text()
    service.address = f"http://{reached}:{service.port}"
    assert service.post(picture()).status_code == 200


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
