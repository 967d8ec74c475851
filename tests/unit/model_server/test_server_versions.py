"""Which directories are versions, and when one counts as another."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_server.versions import find_versions


def test_integers_by_name_and_links_to_directories(tmp_path: Path) -> None:
    for name in ("1", "0007", "12", "0", "-1", "+2", "1.5", "4.old", ".5", "latest", "٣", str(2**63)):
        (tmp_path / name).mkdir()
    (tmp_path / "9").write_text("a file")
    (tmp_path / "3").symlink_to(tmp_path / "latest")
    (tmp_path / "4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "5").symlink_to("5")
    # A circle cannot be looked at, which is told when it is loaded.
    assert sorted(find_versions(tmp_path)) == [0, 1, 3, 5, 7, 12]
    assert find_versions(tmp_path)[7].path == tmp_path / "0007"


@pytest.fixture
def version(tmp_path: Path) -> Path:
    (tmp_path / "1" / "assets.extra").mkdir(parents=True)
    (tmp_path / "1" / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"half")
    (tmp_path / "1" / "assets.extra" / "notes").symlink_to(tmp_path / "nowhere")
    return tmp_path / "1"


@pytest.mark.parametrize(
    "change",
    [
        lambda version: (version.rename(version.with_name("old")), version.mkdir()),
        lambda version: (version / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"half and half"),
        lambda version: (version / "assets.extra" / "notes").unlink(),
    ],
    ids=["another directory", "a file that grows", "a link to nothing"],
)
def test_a_change_anywhere_below_makes_it_another(version: Path, change: Callable[[Path], object]) -> None:
    before = find_versions(version.parent)[1]
    assert find_versions(version.parent)[1] == before
    change(version)
    assert find_versions(version.parent)[1] != before


@pytest.mark.parametrize("below", ["", "assets.extra"])
def test_a_version_that_cannot_be_read_is_its_own_affair(version: Path, below: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (version.parent / "2").mkdir()
    readable = find_versions(version.parent)
    scandir = os.scandir

    def refuse(path: "os.PathLike[str] | str") -> "Iterator[os.DirEntry[str]]":
        if Path(path) == version / below:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    with monkeypatch.context() as patch:
        # Root may read everything.
        patch.setattr(os, "scandir", refuse)
        unreadable = find_versions(version.parent)
    assert unreadable[2] == readable[2]
    assert unreadable[1] != readable[1], "tried again once it can be read"
