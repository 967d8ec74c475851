"""Which directories are versions."""

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


def test_a_directory_whose_files_are_still_being_copied_changes(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"half")
    times = (tmp_path / "1").stat()
    before = find_versions(tmp_path)[1]
    with (tmp_path / "1" / "saved_model.pb").open("ab") as file:
        file.write(b" and half")
    assert (tmp_path / "1").stat().st_mtime_ns == times.st_mtime_ns
    assert find_versions(tmp_path)[1] != before


def test_a_base_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find_versions(tmp_path / "nowhere")
