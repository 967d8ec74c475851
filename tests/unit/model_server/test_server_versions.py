"""Which directories are versions."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_server.versions import find_versions


def test_integers_by_name(tmp_path: Path) -> None:
    for name in ("1", "0007", "12", "0", "-1", "+2", "1.5", "4.old", ".5", "latest", "٣", str(2**63)):
        (tmp_path / name).mkdir()
    (tmp_path / "9").write_text("a file")
    assert sorted(find_versions(tmp_path)) == [0, 1, 7, 12]
    assert find_versions(tmp_path)[7].path == tmp_path / "0007"


def test_a_link_to_a_directory_is_one(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "3").symlink_to(tmp_path / "model")
    (tmp_path / "4").symlink_to(tmp_path / "nowhere")
    assert list(find_versions(tmp_path)) == [3]


def test_a_directory_that_takes_the_name_of_another_is_another(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    before = find_versions(tmp_path)[1]
    assert find_versions(tmp_path)[1] == before
    (tmp_path / "1").rename(tmp_path / "old")
    (tmp_path / "1").mkdir()
    assert find_versions(tmp_path)[1] != before


def test_a_base_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find_versions(tmp_path / "nowhere")


@pytest.fixture
def version(tmp_path: Path) -> Path:
    path = tmp_path / "1"
    for folder in ("assets.extra", "variables"):
        (path / folder).mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"whole")
    (path / "variables" / "variables.data-00000-of-00001").write_bytes(b"half")
    (path / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"half")
    return path


def test_what_is_copied_last_into_a_folder_below_changes_it(version: Path) -> None:
    before = find_versions(version.parent)[1]
    assert find_versions(version.parent)[1] == before
    with (version / "assets.extra" / "tf_serving_warmup_requests").open("ab") as growing:
        growing.write(b" and half")
    assert find_versions(version.parent)[1] != before


def test_a_link_to_nothing_in_a_version_leaves_it_one(version: Path) -> None:
    (version / "variables" / "notes").symlink_to(version / "nowhere")
    before = find_versions(version.parent)[1]
    (version / "variables" / "notes").unlink()
    assert find_versions(version.parent)[1] != before


@pytest.mark.parametrize("below", ["", "variables"])
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
    assert sorted(unreadable) == [1, 2]
    assert unreadable[2] == readable[2]
    assert unreadable[1] != readable[1], "tried again once it can be read"


def test_a_link_that_leads_in_a_circle_is_its_own_affair_too(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").symlink_to("2")
    assert sorted(find_versions(tmp_path)) == [1, 2]
