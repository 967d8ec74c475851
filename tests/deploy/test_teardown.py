"""Last, for its name: the service ends in order, and nothing of it is left."""

from deployment import SERVING

# Of a process that was killed after its grace period.
KILLED = 137


def test_down_leaves_nothing(deployment):
    assert deployment.left()
    containers = [deployment.container(service) for service in ("gateway", SERVING)]
    deployment.compose("stop")
    codes = [deployment.inspect(container)["State"]["ExitCode"] for container in containers]
    assert KILLED not in codes, "both servers end by themselves when told"
    deployment.compose("down", "--volumes")
    assert deployment.left() == []
