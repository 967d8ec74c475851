import os

import pytest

from ragam.errors import InvalidInput
from ragam.files import identity, pictures


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.PNG", "sub/deep/c.JpEg", "note.txt", ".hidden.jpg", ".git/d.jpg", "sub/.e/f.jpg", "jpg", "empty/readme"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_a_folder_is_its_pictures_sorted_and_nothing_hidden(folder):
    assert pictures(["."]).files == ["a.PNG", "b.jpg", "sub/deep/c.JpEg"]
    assert pictures([str(folder)]).files == [f"{folder}/{name}" for name in ("a.PNG", "b.jpg", "sub/deep/c.JpEg")]


def test_what_else_lies_in_a_folder_is_counted(folder):
    assert pictures(["."]).others == {".txt": 1, "without an extension": 2}
    # A file that is named is taken, and each counts once.
    assert pictures([".", "note.txt", "empty", str(folder)]).others == {"without an extension": 2}


def test_what_a_system_leaves_in_folders_is_passed_over(folder):
    for name in ("sub/Thumbs.db", "sub/desktop.ini", "__MACOSX/sub/b.jpg", "@eaDir/b.jpg/THUMB.jpg", "sub/._c.jpg", ".DS_Store"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    assert pictures(["."]).files == ["a.PNG", "b.jpg", "sub/deep/c.JpEg"]
    assert pictures(["."]).others == {".txt": 1, "without an extension": 2}


def test_a_file_that_is_named_is_taken_whatever_its_name(folder):
    assert pictures(["note.txt", ".hidden.jpg", "nowhere.jpg"]).files == ["note.txt", ".hidden.jpg", "nowhere.jpg"]


def test_each_picture_once(folder):
    assert pictures(["b.jpg", "./b.jpg", "sub/../b.jpg", f"{folder}/b.jpg", "."]).files == ["b.jpg", "a.PNG", "sub/deep/c.JpEg"]


def test_a_link_is_a_picture_of_its_own(folder):
    (folder / "link.jpg").symlink_to("b.jpg")
    assert identity("link.jpg") != identity("b.jpg")
    assert pictures(["link.jpg", "b.jpg"]).files == ["link.jpg", "b.jpg"]


def test_an_empty_folder_is_one_sentence(folder):
    with pytest.raises(InvalidInput, match=r"^There is no picture in empty, none named \.png, \.jpg, \.jpeg, .*\.$"):
        pictures(["empty"])
    assert pictures(["empty", "b.jpg"]).files == ["b.jpg"]
    with pytest.raises(InvalidInput, match="No file is named"):
        pictures([])


def test_a_folder_that_cannot_be_read_is_not_passed_over(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InvalidInput, match=r"The folder \. cannot be read: Permission denied\."):
        pictures(["."])
