"""Which versions of the model are served: looks at the versions on disk, loads, swaps, drains and unloads.

Of the versions that load, those that the policy chooses are served, by default the highest. Each is loaded and warmed up before
it takes over in one step, and what the policy no longer chooses is unloaded once something that it does choose serves and the last
call has ended, so no call fails. A version that fails to load ends with its error and is not tried again until its directory is
replaced or something in it has changed, and no sooner than at the next look.

TensorFlow Serving (with --max_num_load_retries=0) does the same, except that it never tries a lower version in place of a
broken one: after a restart it would serve nothing, where this server serves the last good version.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import grpc

from model_server.policy import Policy
from model_server.status import StatusError
from model_server.versions import VersionDirectory, find_versions

log = logging.getLogger(__name__)


class State(IntEnum):
    """The numbers of tensorflow.serving.ModelVersionStatus.State."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionState:
    version: int
    state: State
    error: StatusError | None = None


class Closeable(Protocol):
    def close(self) -> None: ...


Model = TypeVar("Model", bound=Closeable)


@dataclass
class _Served(Generic[Model]):
    version: int
    model: Model
    calls: int = 0


class Repository(Generic[Model]):
    """One model's versions under `base_path`. `poll` is for one thread, everything else for any.

    load: makes a version directory's model ready to serve, warmed up; raises StatusError, or anything else, where it cannot.
    """

    def __init__(self, name: str, base_path: Path, load: Callable[[int, Path], Model], policy: Policy | None = None) -> None:
        self._name = name
        self._load = load
        self._changed = threading.Condition()
        self._wanted = base_path, policy or Policy()
        self._served: dict[int, _Served[Model]] = {}
        self._states: dict[int, VersionState] = {}
        self._broken: dict[int, VersionDirectory] = {}
        self._unreadable = False

    @property
    def serving(self) -> bool:
        return bool(self._served)

    def states(self) -> list[VersionState]:
        """Every version seen since the start, the highest first."""
        with self._changed:
            return sorted(self._states.values(), key=lambda state: state.version, reverse=True)

    def available(self) -> set[int]:
        """The versions that are served."""
        with self._changed:
            return set(self._served)

    @contextmanager
    def model(self, version: int | None) -> Iterator[tuple[int, Model]]:
        """The version asked for, or with None the highest that is served, kept loaded while in use.

        Raises StatusError NOT_FOUND where that version is not served.
        """
        with self._changed:
            found = max(self._served, default=None) if version is None else version
            if found not in self._served:
                wanted = f"Latest({self._name})" if version is None else f"Specific({self._name}, {version})"
                raise StatusError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
            served = self._served[found]
            served.calls += 1
        try:
            yield served.version, served.model
        finally:
            with self._changed:
                served.calls -= 1
                self._changed.notify_all()

    def follow(self, base_path: Path, policy: Policy) -> None:
        """What `poll` goes by from its next step on."""
        with self._changed:
            self._wanted = base_path, policy

    def poll(self) -> None:
        """Look at the disk once and follow it. Returns when the versions that had to go, if there were any, are unloaded."""
        failed: set[int] = set()
        while True:
            with self._changed:
                base_path, policy = self._wanted
            on_disk = self._look(base_path)
            if on_disk is None:
                return
            self._broken = {version: place for version, place in self._broken.items() if on_disk.get(version) == place}
            chosen = policy.choose(on_disk.keys() - self._broken.keys() - failed)
            missing = [version for version in chosen if version not in self._served]
            if not missing:
                break
            # One at a time, the highest first: meanwhile another policy may have come, or this version be the next to be broken.
            if not self._start(missing[0], on_disk[missing[0]]):
                # Not even where it has changed since: files that are being copied would have it tried without a pause.
                failed.add(missing[0])
        if not policy.choose(on_disk) and self._served:
            log.warning("%s has none of the versions of %s that should be served", base_path, self._name)
        if chosen or not policy.choose(on_disk):
            for version in self.available().difference(chosen):
                self._stop(version)

    def close(self) -> None:
        """Unload all that is served, after its last call."""
        for version in self.available():
            self._stop(version)

    def _look(self, base_path: Path) -> dict[int, VersionDirectory] | None:
        try:
            on_disk = find_versions(base_path)
        except OSError as error:
            # What is loaded needs the disk no longer: a share that comes and goes must not stop the service.
            if not self._unreadable:
                log.warning("cannot list %s, what is loaded stays: %s", base_path, error.strerror)
            self._unreadable = True
            return None
        self._unreadable = False
        return on_disk

    def _start(self, version: int, directory: VersionDirectory) -> bool:
        """True where it serves now."""
        model = self._try(version, directory)
        if model is None:
            return False
        with self._changed:
            self._served[version] = _Served(version, model)
            self._states[version] = VersionState(version, State.AVAILABLE)
        log.info("serving %s version %d", self._name, version)
        return True

    def _try(self, version: int, directory: VersionDirectory) -> Model | None:
        self._report(version, State.START)
        self._report(version, State.LOADING)
        log.info("loading %s version %d from %s", self._name, version, directory.path)
        try:
            return self._load(version, directory.path)
        except StatusError as error:
            failure = error
        except Exception as error:
            log.debug("unexpected error", exc_info=True)
            failure = StatusError(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")
        self._broken[version] = directory
        self._report(version, State.END, failure)
        log.error("%s version %d cannot be loaded: %s: %s", self._name, version, failure.code.name, failure.message)
        return None

    def _stop(self, version: int) -> None:
        with self._changed:
            served = self._served.pop(version)
            self._states[version] = VersionState(version, State.UNLOADING)
            self._changed.wait_for(lambda: served.calls == 0)
        served.model.close()
        self._report(version, State.END)
        log.info("unloaded %s version %d", self._name, version)

    def _report(self, version: int, state: State, error: StatusError | None = None) -> None:
        with self._changed:
            self._states[version] = VersionState(version, state, error)
