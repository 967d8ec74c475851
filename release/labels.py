"""Moves version labels: on every server, or on none.

    1. both the old versions and the new are loaded, the labels stay      TensorFlow Serving puts a label only on
    2. once all are AVAILABLE everywhere, the labels move                 a version that is available
    3. what nobody needs any more is unloaded                             after its last call

Before each step models.config says the same, so that a server which polls it, or starts again, does no other thing.
"""

import contextlib
from collections.abc import Sequence

from release.errors import ReleaseError
from release.model_servers import AVAILABLE, ModelServer, wait_until_available
from release.models_config import ConfigFile, Served
from training.printed import say


def move(file: ConfigFile, servers: Sequence[ModelServer], new: Served, seconds: float) -> None:
    """From what `file` says to `new`. Raises ReleaseError; until the labels have moved everywhere all is then as it was before.

    seconds: until the versions must be loaded. Without servers the file alone is written, for those that poll it or start later.
    """
    old = file.served
    if not servers:
        # They take the policy and the labels in one go, so what a label means until then must not leave in the same go.
        file.write(Served(new.labels, new.versions | frozenset(old.labels.values())))
        return
    loaded = old.versions or frozenset().union(*(_available(server) for server in servers))
    both = loaded | new.versions
    try:
        _tell(file, servers, Served(old.labels, both))
        wait_until_available(servers, new.versions, seconds)
        _tell(file, servers, Served(new.labels, both))
        for server in servers:
            _require(server, new)
    except BaseException:
        _undo(file, servers, old, both)
        raise
    if both != new.versions:
        try:
            _tell(file, servers, new)
        except ReleaseError as error:
            raise ReleaseError(f"The labels have moved, but {error} It keeps versions that nobody needs until it starts again.") from error


def _available(server: ModelServer) -> frozenset[int]:
    return frozenset(version for version, (state, _) in server.states().items() if state == AVAILABLE)


def _tell(file: ConfigFile, servers: Sequence[ModelServer], served: Served) -> None:
    file.write(served)
    for server in servers:
        server.reload(file.message(served))


def _require(server: ModelServer, served: Served) -> None:
    for label, version in served.labels.items():
        if server.version(label) != version:
            raise ReleaseError(f"On {server.address} {label} is not version {version}: does it follow another file?")


def _undo(file: ConfigFile, servers: Sequence[ModelServer], old: Served, both: frozenset[int]) -> None:
    """As far as each server can be reached; the others start again with the file as it was."""
    file.replace(file.text)
    for served in (Served(old.labels, both), old):
        for server in servers:
            with contextlib.suppress(ReleaseError):
                server.reload(file.message(served))
    say("Nothing was changed: what was done before that is undone.", wrong=True)
