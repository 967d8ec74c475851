"""A rollout, reckoned as the Deployment controller does it: no cluster is needed to see that one never ends."""

import math
from typing import Any


class Strategy:
    """Of a Deployment's `spec`; `replicas` where an autoscaler says them."""

    def __init__(self, spec: dict[str, Any], replicas: int) -> None:
        step = spec["strategy"]["rollingUpdate"]
        self.replicas = replicas
        # Of percentages pods that are more are rounded up, pods that are fewer down.
        self.surge = math.ceil(_pods(step["maxSurge"], replicas))
        self.unavailable = math.floor(_pods(step["maxUnavailable"], replicas))

    def least_ready(self, devices: float = math.inf) -> int | None:
        """The fewest pods that answer during a rollout, None where it never ends. A pod needs one of `devices` to become ready."""
        old, new = int(min(self.replicas, devices)), 0
        least = old
        while new < self.replicas:
            if old + new < min(self.replicas + self.surge, devices):
                new += 1
            elif old and old + new > self.replicas - self.unavailable:
                old -= 1
            else:
                return None
            least = min(least, old + new)
        return least

    def steps(self) -> int:
        """How often somebody waits for pods to start."""
        return math.ceil(self.replicas / (self.surge + self.unavailable))


def may_be_evicted(budget: dict[str, Any], replicas: int, ready: int) -> int:
    """How many pods a drain takes away at once."""
    return max(0, ready - (replicas - int(budget["spec"]["maxUnavailable"])))


def _pods(value: int | str, replicas: int) -> float:
    return replicas * int(value.removesuffix("%")) / 100 if isinstance(value, str) else value
