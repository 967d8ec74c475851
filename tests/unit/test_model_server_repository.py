"""Loading, swapping and unloading, with models that are no more than their names."""

import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from model_server.repository import Repository, State
from model_server.status import StatusError


class FakeModel:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Disk:
    """A base path, and a loader that fails on the versions in `broken`."""

    def __init__(self, base_path: Path) -> None:
        self.base_path = base_path
        self.broken: dict[int, Exception] = {}
        self.loaded: list[int] = []
        self.before_load: Callable[[], object] = lambda: None

    def load(self, version: int, path: Path) -> FakeModel:
        self.before_load()
        self.loaded.append(version)
        if version in self.broken:
            raise self.broken[version]
        return FakeModel(path)

    def add(self, *versions: int) -> None:
        for version in versions:
            (self.base_path / str(version)).mkdir()

    def remove(self, version: int) -> None:
        # Renamed first, so that the file system cannot give the next directory the same identity.
        (self.base_path / str(version)).rename(self.base_path / f"{version}.{len(list(self.base_path.iterdir()))}")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def repository(disk: Disk) -> Repository[FakeModel]:
    return Repository("genre", disk.base_path, disk.load)


def served(repository: Repository[FakeModel]) -> int:
    with repository.model(None) as (version, model):
        assert not model.closed
        return version


def states(repository: Repository[FakeModel]) -> list[tuple[int, State]]:
    return [(state.version, state.state) for state in repository.states()]


def test_only_the_highest_is_loaded(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 10, 9)
    repository.poll()
    repository.poll()
    assert disk.loaded == [10]
    assert served(repository) == 10
    assert states(repository) == [(10, State.AVAILABLE)]


def test_nothing_there(repository: Repository[FakeModel]) -> None:
    repository.poll()
    assert not repository.serving
    assert repository.states() == []
    with pytest.raises(StatusError, match=r"Latest\(genre\)") as error, repository.model(None):
        pass
    assert error.value.code is grpc.StatusCode.NOT_FOUND


def test_the_one_before_serves_until_the_new_one_is_loaded(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    with repository.model(1) as (_, first):
        pass
    disk.add(2)
    seen = []
    disk.before_load = lambda: seen.append((served(repository), states(repository)))
    repository.poll()
    assert seen == [(1, [(2, State.LOADING), (1, State.AVAILABLE)])]
    assert served(repository) == 2
    assert first.closed
    assert states(repository) == [(2, State.AVAILABLE), (1, State.END)]
    with pytest.raises(StatusError, match=r"Specific\(genre, 1\)"), repository.model(1):
        pass


def test_a_version_in_use_is_not_unloaded(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    disk.add(2)
    with repository.model(None) as (_, first):
        polling = threading.Thread(target=repository.poll)
        polling.start()
        while states(repository) != [(2, State.AVAILABLE), (1, State.UNLOADING)]:
            assert polling.is_alive(), "it returned without waiting for the call"
            polling.join(0.01)
        assert not first.closed
        assert served(repository) == 2
    polling.join()
    assert first.closed
    assert states(repository) == [(2, State.AVAILABLE), (1, State.END)]


def test_back_to_the_one_before(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 2)
    repository.poll()
    disk.remove(2)
    repository.poll()
    assert served(repository) == 1
    assert states(repository) == [(2, State.END), (1, State.AVAILABLE)]


def test_nothing_left(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    disk.remove(1)
    repository.poll()
    assert not repository.serving
    assert states(repository) == [(1, State.END)]


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (StatusError(grpc.StatusCode.OUT_OF_RANGE, "Read less bytes than requested"), "OUT_OF_RANGE", "Read less bytes than requested"),
        (KeyError("x"), "INTERNAL", "KeyError: 'x'"),
    ],
)
def test_a_broken_version(disk: Disk, repository: Repository[FakeModel], failure: Exception, code: str, message: str) -> None:
    disk.add(1)
    repository.poll()
    disk.add(2)
    disk.broken[2] = failure
    for _ in range(3):
        repository.poll()
    assert disk.loaded == [1, 2], "tried once"
    assert served(repository) == 1
    newest = repository.states()[0]
    assert newest.state is State.END
    assert newest.error is not None
    assert (newest.error.code.name, newest.error.message) == (code, message)

    disk.broken.clear()
    disk.remove(2)
    disk.add(2)
    repository.poll()
    assert served(repository) == 2
    assert repository.states()[0].error is None


def test_a_broken_version_at_the_start(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 2, 3)
    disk.broken = {2: OSError("no"), 3: OSError("no")}
    repository.poll()
    assert served(repository) == 1


def test_only_broken_ones_left_does_not_unload(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    disk.remove(1)
    disk.add(2)
    disk.broken[2] = OSError("no")
    repository.poll()
    assert served(repository) == 1


def test_a_base_path_that_cannot_be_listed_changes_nothing(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    away = disk.base_path.rename(disk.base_path.with_name("away"))
    repository.poll()
    assert served(repository) == 1
    away.rename(disk.base_path)


def test_close(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    with repository.model(None) as (_, model):
        pass
    repository.close()
    assert model.closed
    assert not repository.serving
