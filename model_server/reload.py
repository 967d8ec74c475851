"""A changed configuration while the server runs: by HandleReloadConfigRequest, or by the file that is looked at now and then.

As in TensorFlow Serving the versions are loaded and unloaded afterwards, in the background, and the labels are assigned at once, to
versions that are available already: labels for a new version are for a second request.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from model_server.files import read_text
from model_server.labels import Labels
from model_server.model_config import ModelConfig, parse_model_config
from model_server.repository import Repository
from model_server.status import StatusError

log = logging.getLogger(__name__)

_BASE_PATH_SECONDS = 0.1


class Reload:
    """Changes what `repository` follows and what `labels` mean; `look` is set to have the repository looked at now.

    model: what the operator has configured.
    """

    def __init__(self, model: ModelConfig, repository: Repository[Any], labels: Labels, look: threading.Event) -> None:
        self._model = model
        self._repository = repository
        self._labels = labels
        self._look = look
        self._lock = threading.Lock()
        self._calling = threading.Lock()
        self._complaint = ""

    def call(self, config: ModelConfig, remaining_s: Callable[[], float]) -> None:
        """A caller's request, one at a time; waits for a base path that is missing for as long as `remaining_s` says.

        Raises StatusError: INVALID_ARGUMENT for another model or another folder of the machine, FAILED_PRECONDITION where a label
        cannot be assigned: the versions follow the new policy all the same.
        """
        self._check_name(config)
        if not config.base_path.resolve().is_relative_to(self._model.base_path.resolve()):
            raise StatusError(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"base_path {config.base_path} is neither the one that this server is configured with nor below it. "
                "Change the server's own configuration to serve another.",
            )
        # Those that wait for a folder which never comes would hold all threads.
        if not self._calling.acquire(blocking=False):
            raise StatusError(grpc.StatusCode.UNAVAILABLE, "Another HandleReloadConfigRequest waits for its base path. Try again later.")
        try:
            while not config.base_path.is_dir():
                if remaining_s() <= _BASE_PATH_SECONDS:
                    raise StatusError(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
                time.sleep(_BASE_PATH_SECONDS)
            self._apply(config)
        finally:
            self._calling.release()

    def read(self, file: Path) -> None:
        """The operator's file; what is wrong with it goes to the log, once, and what is served stays. For one thread."""
        try:
            config = parse_model_config(read_text(file))
            self._configure(config)
        except OSError as error:
            complaint = f"cannot be read: {error.strerror}"
        except ValueError as error:
            complaint = f"cannot be used: {error}"
        except StatusError as error:
            complaint = f"cannot be followed: {error.code.name}: {error.message}"
        else:
            complaint = ""
        if complaint and complaint != self._complaint:
            log.error("%s %s", file, complaint)
        self._complaint = complaint

    def _configure(self, config: ModelConfig) -> None:
        self._check_name(config)
        if not config.base_path.is_dir():
            raise ValueError(f"base_path {config.base_path} is not a directory.")
        self._model = config
        self._apply(config)

    def _apply(self, config: ModelConfig) -> None:
        with self._lock:
            self._repository.follow(config.base_path, config.policy)
            try:
                self._labels.assign(config.labels, self._repository.available())
            finally:
                # Only now: what a label meant until here is not unloaded before it means something else.
                self._look.set()

    def _check_name(self, config: ModelConfig) -> None:
        if config.name != self._model.name:
            raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, f"This server serves the model {self._model.name}, not {config.name}.")
