"""Loading, swapping and unloading, with models that are no more than their names."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from model_server.policy import Policy
from model_server.repository import Repository, State
from model_server.status import StatusError


class FakeModel:
    closed = False

    def close(self) -> None:
        self.closed = True


class Disk:
    """A base path, and a loader that fails on the versions in `broken`."""

    def __init__(self, base_path: Path) -> None:
        self.base_path = base_path
        self.broken: dict[int, Exception] = {}
        self.loaded: list[int] = []
        self.before_load: Callable[[], object] = lambda: None

    def load(self, version: int, _path: Path) -> FakeModel:
        self.before_load()
        self.loaded.append(version)
        if version in self.broken:
            raise self.broken[version]
        return FakeModel()

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


def follow(disk: Disk, repository: Repository[FakeModel], *versions: int) -> None:
    repository.follow(disk.base_path, Policy(frozenset(versions), None))
    repository.poll()


def test_only_the_highest_is_loaded_once_and_closed_in_the_end(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 10, 9)
    repository.poll()
    repository.poll()
    assert disk.loaded == [10]
    assert states(repository) == [(10, State.AVAILABLE)]
    with repository.model(None) as (version, model):
        assert (version, model.closed) == (10, False)
    repository.close()
    assert model.closed
    assert not repository.serving


@pytest.mark.parametrize(
    ("policy", "available"), [(Policy(count=2), {2, 4}), (Policy(count=None), {1, 2, 4}), (Policy(frozenset({1, 3, 77}), None), {1})]
)
def test_those_of_the_policy_that_load(disk: Disk, repository: Repository[FakeModel], policy: Policy, available: set[int]) -> None:
    disk.add(1, 2, 3, 4)
    disk.broken[3] = OSError("no")
    repository.follow(disk.base_path, policy)
    repository.poll()
    assert repository.available() == available


def test_the_one_before_serves_until_the_new_one_does_and_goes_after_its_last_call(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    disk.add(2)
    seen = []
    disk.before_load = lambda: seen.append((served(repository), states(repository)))
    with repository.model(None) as (_, first):
        polling = threading.Thread(target=repository.poll)
        polling.start()
        while states(repository) != [(2, State.AVAILABLE), (1, State.UNLOADING)]:
            assert polling.is_alive(), "it returned without waiting for the call"
            polling.join(0.01)
        assert seen == [(1, [(2, State.LOADING), (1, State.AVAILABLE)])]
        assert not first.closed
        assert served(repository) == 2
        with pytest.raises(StatusError, match=r"Specific\(genre, 1\)"), repository.model(1):
            pass
    polling.join()
    assert first.closed
    assert states(repository) == [(2, State.AVAILABLE), (1, State.END)]


def test_a_broken_version(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    disk.add(2)
    disk.broken[2] = KeyError("x")
    for _ in range(3):
        repository.poll()
    assert disk.loaded == [1, 2], "tried once"
    assert served(repository) == 1
    newest = repository.states()[0]
    assert newest.error is not None
    assert (newest.state, newest.error.code.name, newest.error.message) == (State.END, "INTERNAL", "KeyError: 'x'")

    disk.broken.clear()
    disk.remove(2)
    disk.add(2)
    repository.poll()
    assert served(repository) == 2
    assert repository.states()[0].error is None


def test_a_base_path_that_cannot_be_listed_changes_nothing(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1)
    repository.poll()
    away = disk.base_path.rename(disk.base_path.with_name("away"))
    repository.poll()
    assert served(repository) == 1
    away.rename(disk.base_path)
    disk.add(2)
    repository.poll()
    assert served(repository) == 2


def test_a_policy_that_changes_loads_and_unloads_what_it_must_alone(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 2, 3)
    repository.poll()
    follow(disk, repository, 1, 3)
    assert repository.available() == {1, 3}
    assert disk.loaded == [3, 1], "what is served already is not loaded again"
    with repository.model(3) as (_, third):
        pass
    follow(disk, repository, 1)
    assert third.closed
    assert states(repository) == [(3, State.END), (1, State.AVAILABLE)]


def test_nothing_goes_before_something_that_is_chosen_serves(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 2)
    disk.broken[2] = OSError("no")
    follow(disk, repository, 1)
    follow(disk, repository, 2)
    disk.remove(1)
    repository.poll()
    assert served(repository) == 1
    follow(disk, repository, 3)
    assert not repository.serving, "as in TensorFlow Serving: nothing on disk is chosen"


def test_one_try_a_look_while_its_files_are_being_copied(disk: Disk, repository: Repository[FakeModel]) -> None:
    disk.add(1, 2)
    disk.broken[2] = OSError("half of it")
    growing = disk.base_path / "2" / "saved_model.pb"

    def copy_on() -> None:
        if len(disk.loaded) < 10:
            growing.write_bytes(bytes(len(disk.loaded)))

    disk.before_load = copy_on
    repository.poll()
    assert disk.loaded == [2, 1]
    assert served(repository) == 1
    repository.poll()
    assert disk.loaded == [2, 1, 2], "it has changed"
    disk.broken.clear()
    repository.poll()
    assert served(repository) == 2
