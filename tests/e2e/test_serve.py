"""`make serve` from outside: what it prints, that it answers, and that it leaves nothing behind."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest
import requests
from service import ROOT, accepts, wait_until


def ready(service, models, *arguments, before=(), **environ):
    """serve.py, once it serves."""
    service.publish(models["first"], 1)
    process = service.start("serve.py", *arguments, before=before, **environ)
    wait_until(lambda: "ready at" in process.text() or process.popen.poll() is not None, what="the line that says ready")
    assert "ready at" in process.text(), process.text()
    return process


def processes_of(service):
    """Their ids: children inherit the service's own port in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"RAGAM_PORT={service.port}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def wait_for_the_end(service):
    wait_until(lambda: not processes_of(service), what="the end of every process")


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def server_of(process, name):
    """The process of the model server or of gunicorn that serve.py has started."""
    [pid] = [pid for pid in children_of(process.popen.pid) if name in command_of(pid)]
    return pid


PROXIES = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "grpc_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("number", "host", "reached"),
    [(signal.SIGINT, "127.0.0.1", "127.0.0.1"), (signal.SIGTERM, "0.0.0.0", "127.0.0.1"), (signal.SIGHUP, "::", "[::1]")],
)
def test_serves_a_prediction_and_leaves_nothing_running(service, models, picture, number, host, reached):
    """At any address, past any proxy. SIGTERM comes twice, as where make has passed it on too; SIGHUP is a closed terminal's."""
    process = ready(service, models, RAGAM_HOST=host, **PROXIES, no_proxy="", NO_PROXY="", no_grpc_proxy="")
    service.address = f"http://{reached}:{service.port}"
    assert f"Ragam is ready at {service.address}\n" in process.text()
    assert f"curl -F image=@painting.jpg {service.address}/prediction" in process.text()

    answer = service.post(picture(), query="")
    assert answer.status_code == 200
    assert list(answer.json()) == ["status", "data"]
    assert list(answer.json()["data"]) == ["image_types_prediction", "confidence"]
    body = requests.get(service.address, timeout=30).content
    assert body == b'{"status": {"code": 200, "message": "Success fetching the API"}, "data": null}'

    assert len(processes_of(service)) >= 4
    process.signal(number)
    if number == signal.SIGTERM:
        process.signal(number)
    assert process.wait() == 0
    wait_for_the_end(service)
    assert "Traceback" not in process.text()


def test_a_canary_that_is_broken_does_not_keep_it_from_starting(service, models, picture):
    service.publish(models["first"], 1)
    (service.models / "2").mkdir()
    config = service.folder / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "painting_genre" base_path: "{service.models}" model_platform: "tensorflow" '
        "model_version_policy { specific { versions: 1 versions: 2 } } "
        'version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 } } }\n'
    )
    process = service.start(
        "serve.py", RAGAM_MODEL_CONFIG_FILE=str(config), RAGAM_SERVING_LABEL="stable", RAGAM_CANARY_SHARE="0.5", RAGAM_LOG_LEVEL="Warning"
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
        process = service.start("serve.py")
        assert process.wait() == 1
    assert process.text() == f"The {name} cannot listen on 127.0.0.1:{port} (Address already in use). Set {variable} to another.\n"


def test_what_keeps_it_from_starting_is_told_together_or_in_a_line(service, models):
    process = service.start("serve.py")
    assert process.wait() == 1
    [line] = process.text().splitlines()
    assert line.startswith("There is no model in ")
    service.publish(models["first"], 1)
    process = service.start("serve.py", RAGAM_WORKERS="many", RAGAM_MAX_UPLOAD_BYTES="-1", RAGAM_PREDICT_SECOND="3")
    assert process.wait() == 1
    lines = process.text().splitlines()
    assert [line.split()[0] for line in lines] == ["RAGAM_PREDICT_SECOND", "RAGAM_WORKERS", "RAGAM_MAX_UPLOAD_BYTES"]


def test_under_nohup_it_goes_on_when_the_terminal_closes(service, models):
    process = ready(service, models, before=("env", "--ignore-signal=HUP"))
    process.signal(signal.SIGHUP)
    wait_until(service.ready, what="readiness")
    assert process.popen.poll() is None
    process.signal(signal.SIGTERM)
    assert process.wait() == 0


def test_a_second_signal_ends_it_at_once(service, models):
    process = ready(service, models, RAGAM_GRACE_SECONDS="600")
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        # The rest of a picture that never comes: what waits for it does not end in order.
        connection.sendall(
            b"POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9\r\n\r\n--b"
        )
        process.signal(signal.SIGINT)
        wait_until(lambda: not accepts(service.port), what="a gateway that takes no connection any more")
        process.signal(signal.SIGINT)
        assert process.wait() == 1
    assert process.text().endswith("Ended at once: what was under way has no answer.\n")
    wait_for_the_end(service)


@pytest.mark.parametrize("name", ["serve.py", "gunicorn.conf.py", "-m model_server"])
def test_a_kill_orphans_nobody_and_when_one_server_ends_so_does_the_other(service, models, name):
    process = ready(service, models)
    os.kill(process.popen.pid if name == "serve.py" else server_of(process, name), signal.SIGKILL)
    assert process.wait() == (-signal.SIGKILL if name == "serve.py" else 1)
    if name == "-m model_server":
        assert "The model server ended with exit code -9" in process.text()
    wait_for_the_end(service)


def test_a_changed_file_restarts_its_own_server_alone(service, models, picture):
    process = ready(service, models, "--reload")

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
    wait_for_the_end(service)
