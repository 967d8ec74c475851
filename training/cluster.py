"""The workers of a training: each is a process of its own, on a machine of its own or not, and TF_CONFIG names all of them.

TF_CONFIG is TensorFlow's: {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}. Kubeflow's TFJob sets it,
and so does k8s/components/training.
"""

import json
import os
from dataclasses import dataclass
from typing import Any

from training.reading import reading

VARIABLE = "TF_CONFIG"
KINDS = ("chief", "worker")  # what takes part in a synchronous training


@dataclass(frozen=True)
class Cluster:
    """The addresses of all workers, the chief's first, and which of them this process is; no addresses where it trains alone."""

    workers: tuple[str, ...] = ()
    index: int = 0

    @property
    def is_chief(self) -> bool:
        """Whether this one writes the run's folder."""
        return self.index == 0


ALONE = Cluster()


def from_environment() -> Cluster:
    """What TF_CONFIG says. Raises StageError for a wrong one."""
    text = os.environ.get(VARIABLE)
    if not text:
        return ALONE
    with reading(f"{VARIABLE} is wrong: {{cause}}."):
        told = json.loads(text)
        named, task = mapping(told, "cluster"), mapping(told, "task")
        others = sorted(named.keys() - set(KINDS))
        if others:
            raise ValueError(f"its cluster has a '{others[0]}', and a training has workers and at most a chief")
        workers = [(kind, number, address) for kind in KINDS for number, address in enumerate(named.get(kind, []))]
        addresses = tuple(str(address) for _, _, address in workers)
        see_addresses(addresses)
        own = (task.get("type"), task.get("index", 0))
        places = [(kind, number) for kind, number, _ in workers]
        if own not in places:
            raise ValueError(f"its task is {own[0]!r} {own[1]!r}, which its cluster does not have")
        # Alone, as without it.
        return Cluster(addresses, places.index(own)) if len(addresses) > 1 else ALONE


def see_addresses(addresses: tuple[str, ...]) -> None:
    """Raises ValueError where one is none, or there twice."""
    for address in addresses:
        host, _, port = address.rpartition(":")
        if not (host and port.isdecimal() and 0 < int(port) < 2**16):
            raise ValueError(f"'{address}' is no address such as host:2222")
        if addresses.count(address) > 1:
            raise ValueError(f"two of its workers have the address {address}")


def mapping(told: Any, key: str) -> dict[str, Any]:
    """The object at `key`. Raises ValueError where there is none."""
    value = told.get(key) if isinstance(told, dict) else None
    if isinstance(value, dict):
        return value
    raise ValueError(f"it has no '{key}'")
