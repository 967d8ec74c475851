"""What the containers may do, as seen from inside them, and who reaches whom."""

import json
import socket
from http import HTTPStatus

import pytest
import requests
from deployment import SERVING

STATUS = """
import json
lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({name: lines[name].split() for name in ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp")}))
"""

WRITE = """
import errno, pathlib, sys
for folder in sys.argv[1:]:
    try:
        (pathlib.Path(folder) / "test").write_text("x")
        print("written")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""

LIMITS = """
import pathlib
def first(*paths):
    return next(pathlib.Path(path).read_text().strip() for path in paths if pathlib.Path(path).exists())
memory = first("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
print(memory, first("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"))
"""

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("connected")
except OSError as error:
    print("not connected")
"""


@pytest.mark.parametrize("service", ["gateway", SERVING])
def test_no_privilege(deployment, service):
    status = json.loads(deployment.python(deployment.container(service), STATUS))
    assert set(status["Uid"]) == set(status["Gid"]) == {"10001"}
    assert [int(*status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")] == [0, 0, 0]
    assert status["NoNewPrivs"] == ["1"]
    assert status["Seccomp"] == ["2"]


@pytest.mark.parametrize("service", ["gateway", SERVING])
def test_nothing_can_be_written_but_temporary_files(deployment, service):
    seen = deployment.python(deployment.container(service), WRITE, "/", "/app", "/opt/ragam", "/etc", "/tmp").split()
    assert seen == ["EROFS"] * 4 + ["written"]


def test_the_model_server_cannot_change_its_models(deployment):
    assert deployment.python(deployment.container(SERVING), WRITE, "/models", "/models/painting_genre") == "EROFS\nEROFS"


@pytest.mark.parametrize(("service", "memory", "processes"), [("gateway", 2 << 30, 512), (SERVING, 8 << 30, 2048)])
def test_limits(deployment, service, memory, processes):
    assert deployment.python(deployment.container(service), LIMITS) == f"{memory} {processes}"


def test_only_the_gateway_is_published(deployment):
    assert not any(deployment.inspect(deployment.container(SERVING))["NetworkSettings"]["Ports"].values())
    [published] = deployment.inspect(deployment.container("gateway"))["NetworkSettings"]["Ports"].values()
    assert published == [{"HostIp": "127.0.0.1", "HostPort": str(deployment.port)}]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 8500), 3)


def test_the_model_port_is_for_the_gateway_alone(deployment):
    address = deployment.ip(deployment.container(SERVING), "model")
    assert deployment.python(deployment.container("gateway"), CONNECT, "serving", "8500") == "connected"
    command = ["run", "--rm", f"--network={deployment.project}_public", deployment.engine.base_image, "python3", "-c", CONNECT]
    assert deployment.engine.docker(*command, address, "8500").stdout.strip() == "not connected"


def test_the_model_server_has_no_way_out(deployment):
    gateway = deployment.container("gateway")
    for network, seen in (("model", "connected"), ("public", "not connected")):
        assert deployment.python(deployment.container(SERVING), CONNECT, deployment.ip(gateway, network), "5000") == seen


def test_its_metrics_are_open_to_prometheus(deployment):
    answer = requests.get(f"{deployment.address}/metrics", timeout=5)
    assert (answer.status_code, "ragam_requests_total" in answer.text) == (HTTPStatus.OK, True)
