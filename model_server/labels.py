"""Version labels: names such as stable and canary by which a call can ask for a version."""

import threading
from collections.abc import Collection, Mapping

import grpc

from model_server.status import StatusError


class Labels:
    """The labels of the model `name`, for any thread.

    allow_unavailable: a label that is new, or stays where it is, may be on a version that is not available; one that moves may not.
    """

    def __init__(self, name: str, *, allow_unavailable: bool = False) -> None:
        self._name = name
        self._allow_unavailable = allow_unavailable
        self._lock = threading.Lock()
        self._versions: dict[str, int] = {}

    def version(self, label: str) -> int:
        """Raises StatusError INVALID_ARGUMENT for a label that nobody assigned."""
        with self._lock:
            if label not in self._versions:
                raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, f"Unrecognized servable version label: {label}")
            return self._versions[label]

    def assign(self, versions: Mapping[str, int], available: Collection[int]) -> None:
        """From now on these labels and no others.

        Raises StatusError FAILED_PRECONDITION, and changes none, where one cannot be assigned.
        """
        with self._lock:
            for label, version in sorted(versions.items()):
                moves = self._versions.get(label, version) != version
                if version not in available and (moves or not self._allow_unavailable):
                    raise StatusError(
                        grpc.StatusCode.FAILED_PRECONDITION,
                        f"Request to assign label to version {version} of model {self._name}, "
                        "which is not currently available for inference",
                    )
            self._versions = dict(versions)
