"""Which version of the model is served: looks at the versions on disk, loads, swaps, drains and unloads.

The highest version that loads is served. It is loaded and warmed up before it takes over in one step, and the one before is
unloaded once its last call has ended, so no call fails. A version that fails to load ends with its error and is not tried
again until its directory is replaced.

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

    def __init__(self, name: str, base_path: Path, load: Callable[[int, Path], Model]) -> None:
        self._name = name
        self._base_path = base_path
        self._load = load
        self._changed = threading.Condition()
        self._served: _Served[Model] | None = None
        self._states: dict[int, VersionState] = {}
        self._broken: dict[int, VersionDirectory] = {}
        self._unreadable = False

    @property
    def serving(self) -> bool:
        return self._served is not None

    def states(self) -> list[VersionState]:
        """Every version seen since the start, the highest first."""
        with self._changed:
            return sorted(self._states.values(), key=lambda state: state.version, reverse=True)

    @contextmanager
    def model(self, version: int | None) -> Iterator[tuple[int, Model]]:
        """The version asked for, or with None the served one, kept loaded while in use.

        Raises StatusError NOT_FOUND where that version is not served.
        """
        with self._changed:
            served = self._served
            if served is None or version not in (None, served.version):
                wanted = f"Latest({self._name})" if version is None else f"Specific({self._name}, {version})"
                raise StatusError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
            served.calls += 1
        try:
            yield served.version, served.model
        finally:
            with self._changed:
                served.calls -= 1
                self._changed.notify_all()

    def poll(self) -> None:
        """Look at the disk once and follow it. Returns when the version before, if there was a change, is unloaded."""
        try:
            on_disk = find_versions(self._base_path)
        except OSError as error:
            # What is loaded needs the disk no longer: a share that comes and goes must not stop the service.
            if not self._unreadable:
                log.warning("cannot list %s, what is loaded stays: %s", self._base_path, error.strerror)
            self._unreadable = True
            return
        self._unreadable = False
        self._broken = {version: place for version, place in self._broken.items() if on_disk.get(version) == place}
        for version in sorted(on_disk.keys() - self._broken.keys(), reverse=True):
            if self._served is not None and self._served.version == version:
                return
            model = self._try(version, on_disk[version])
            if model is not None:
                self._swap(_Served(version, model))
                return
        if not on_disk and self._served is not None:
            log.warning("no version of %s is left in %s", self._name, self._base_path)
            self._swap(None)

    def close(self) -> None:
        """Unload what is served, after its last call."""
        self._swap(None)

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

    def _swap(self, new: _Served[Model] | None) -> None:
        with self._changed:
            old, self._served = self._served, new
            if new is not None:
                self._states[new.version] = VersionState(new.version, State.AVAILABLE)
        if new is not None:
            log.info("serving %s version %d", self._name, new.version)
        if old is None:
            return
        self._report(old.version, State.UNLOADING)
        with self._changed:
            self._changed.wait_for(lambda: old.calls == 0)
        old.model.close()
        self._report(old.version, State.END)
        log.info("unloaded %s version %d", self._name, old.version)

    def _report(self, version: int, state: State, error: StatusError | None = None) -> None:
        with self._changed:
            self._states[version] = VersionState(version, state, error)
