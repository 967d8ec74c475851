"""Which pictures are meant by files and folders, and what of them is sent."""

import os

import pytest
from PIL import Image

from ragam.errors import InvalidInput
from ragam.files import identity, pictures
from ragam.picture import Upload, upload_of


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.PNG", "sub/deep/c.JpEg", "note.txt", ".hidden.jpg", ".git/d.jpg", "sub/.e/f.jpg", "jpg", "empty/readme"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_a_folder_is_its_pictures_sorted_and_nothing_hidden_and_what_else_lies_there_is_counted(here):
    # What a system leaves in folders is passed over.
    for name in ("sub/Thumbs.db", "__MACOSX/sub/b.jpg", "@eaDir/b.jpg/THUMB.jpg", "sub/._c.jpg", ".DS_Store"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(b"")
    assert pictures(["."]).files == ["a.PNG", "b.jpg", "sub/deep/c.JpEg"]
    assert pictures([str(here)]).files == [f"{here}/{name}" for name in ("a.PNG", "b.jpg", "sub/deep/c.JpEg")]
    assert pictures(["."]).others == {".txt": 1, "without an extension": 2}
    # A file that is named is taken, and each counts once.
    assert pictures([".", "note.txt", "empty", str(here)]).others == {"without an extension": 2}


def test_a_file_that_is_named_is_taken_whatever_its_name_and_once(here):
    assert pictures(["note.txt", ".hidden.jpg", "nowhere.jpg"]).files == ["note.txt", ".hidden.jpg", "nowhere.jpg"]
    assert pictures(["b.jpg", "./b.jpg", "sub/../b.jpg", f"{here}/b.jpg", "."]).files == ["b.jpg", "a.PNG", "sub/deep/c.JpEg"]
    # A link is a picture of its own.
    (here / "link.jpg").symlink_to("b.jpg")
    assert identity("link.jpg") != identity("b.jpg")
    assert pictures(["link.jpg", "b.jpg", "empty"]).files == ["link.jpg", "b.jpg"]


def test_a_folder_that_cannot_be_read_is_not_passed_over(here, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InvalidInput, match=r"The folder \. cannot be read: Permission denied\."):
        pictures(["."])


def test_jpeg_and_png_go_as_they_are(tmp_path, picture):
    under = {"a.jpg": "a.jpg", "a.PNG": "a.PNG", "a.jfif": "a.jfif.jpg", "blob.png": "blob.png", "blob": "blob.jpg", "a.webp": "a.webp.jpg"}
    for name, sent in under.items():
        data = picture(image_format="PNG" if sent.lower().endswith("png") else "JPEG")
        (tmp_path / name).write_bytes(data)
        assert upload_of(tmp_path / name) == Upload(sent, data)


def test_a_folder_of_what_people_have(gateway, tmp_path, picture):
    """Each has its answer or its reason; the summary tells what was left out, and why."""
    Image.new("RGB", (300, 200), "red").save(tmp_path / "scan.tif")
    Image.new("RGB", (300, 200), "red").save(tmp_path / "web.webp")
    (tmp_path / "old.jfif").write_bytes(picture())
    (tmp_path / "cut.webp").write_bytes((tmp_path / "web.webp").read_bytes()[:60])
    (tmp_path / "paper.gif").write_bytes(b"%PDF-1.7\n")
    for name in ("empty.bmp", "notes.txt", "more.TXT", "README"):
        (tmp_path / name).touch()
    (tmp_path / "gone.heic").symlink_to("nowhere.heic")
    os.mkfifo(tmp_path / "pipe.tif")
    result = gateway.classify(str(tmp_path), "--csv", str(tmp_path / "out.txt"), "--concurrency", "1")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[-1] == "3 of 8 pictures have an answer, 2 converted, 5 failed."
    assert lines[-2] == "3 files were left out, for they are not named as pictures: .txt 2, without an extension 1."
    assert sorted(line for line in lines if line.startswith("1 failed: ")) == [
        "1 failed: The file cannot be read: No such file or directory.",
        "1 failed: The file cannot be read: it is a folder, a device or a pipe.",
        "1 failed: The file is a PDF document, not a JPEG or PNG. Save the picture in it as JPEG or PNG and send that.",
        "1 failed: The file is empty. Send a JPEG or PNG picture.",
        "1 failed: The picture cannot be converted. It may be damaged, cut short or of a kind that Pillow does not read.",
    ]
