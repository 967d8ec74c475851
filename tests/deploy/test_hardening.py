"""What the containers may do, as seen from inside them, and who reaches whom."""

import json

import pytest
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


@pytest.mark.parametrize(("service", "memory", "processes"), [("gateway", 2 << 30, 512), (SERVING, 8 << 30, 2048)])
def test_no_privilege_limits_and_nothing_that_can_be_written_but_temporary_files(deployment, service, memory, processes):
    container = deployment.container(service)
    status = json.loads(deployment.python(container, STATUS))
    assert set(status["Uid"]) == set(status["Gid"]) == {"10001"}
    assert [int(*status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")] == [0, 0, 0]
    assert status["NoNewPrivs"] == ["1"]
    assert status["Seccomp"] == ["2"]
    assert deployment.python(container, LIMITS) == f"{memory} {processes}"
    models = ["/models", "/models/painting_genre"] if service == SERVING else []
    seen = deployment.python(container, WRITE, "/", "/app", "/opt/ragam", "/etc", *models, "/tmp").split()
    assert seen == ["EROFS"] * (len(seen) - 1) + ["written"]


def test_only_the_gateway_is_published(deployment):
    assert not any(deployment.inspect(deployment.container(SERVING))["NetworkSettings"]["Ports"].values())
    [published] = deployment.inspect(deployment.container("gateway"))["NetworkSettings"]["Ports"].values()
    assert published == [{"HostIp": "127.0.0.1", "HostPort": str(deployment.port)}]


def test_gateway_and_model_server_reach_each_other_and_nobody_else_reaches_the_model_server(deployment):
    gateway, serving = deployment.container("gateway"), deployment.container(SERVING)
    assert deployment.python(gateway, CONNECT, "serving", "8500") == "connected"
    command = ["run", "--rm", f"--network={deployment.project}_public", deployment.engine.base_image, "python3", "-c", CONNECT]
    assert deployment.engine.docker(*command, deployment.ip(serving, "model"), "8500").stdout.strip() == "not connected"
    # Nor has it a way out.
    for network, seen in (("model", "connected"), ("public", "not connected")):
        assert deployment.python(serving, CONNECT, deployment.ip(gateway, network), "5000") == seen
