from pathlib import Path

import pytest

from training.artists import artist_key
from training.config import StageError
from training.listing import Listed, read, read_listing


def test_a_list_is_read_sorted_with_what_it_tells(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "path,genre,artist,title,split,width,height\nb.jpg,Realism,Gustave Courbet,Waves,external,640,480\na.jpg,Abstract,,,train,,\n"
    )
    assert read_listing(tmp_path) == [
        Listed("a.jpg", "Abstract", split="train"),
        Listed("b.jpg", "Realism", "Gustave Courbet", split="external", width=640, height=480, title="Waves"),
    ]
    (tmp_path / "manifest.csv").write_text("path,genre\nc.jpg,Abstract\n")
    assert [picture.path for picture in read_listing(tmp_path)] == ["c.jpg"], "a manifest goes before a metadata file"


ROWS = "path,genre,artist\r\nimg/1.png,Realism,Ilya Répin\r\nimg/2.png,Abstract,\r\n"
SAVED = {
    "with semicolons, told so": ("sep=;\r\n" + ROWS.replace(",", ";")).encode("utf-8-sig"),
    "as Unicode text": ROWS.replace(",", "\t").encode("utf-16"),
    "with empty rows": (ROWS + ",,\r\n,,\r\n").encode(),
    "with commas in a name": ROWS.replace("Ilya Répin", '"Répin, Ilya"').encode(),
    "with blanks": ROWS.replace(",", " , ").replace("path ", "path").replace(" genre ", "genre").replace(" artist", "artist").encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_list_that_a_spreadsheet_has_saved(tmp_path: Path, how: str) -> None:
    (tmp_path / "metadata.csv").write_bytes(SAVED[how])
    artist = "Répin, Ilya" if "commas" in how else "Ilya Répin"
    assert read_listing(tmp_path) == [Listed("img/1.png", "Realism", artist), Listed("img/2.png", "Abstract")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("path,artist\na.jpg,x\n", "no column genre"),
        ("", "no column genre and no column path"),
        ("path,genre,width\na.jpg,Realism,wide\n", "cannot be read"),
        ("path,genre,phash\na.jpg,Realism,xyz\n", "cannot be read"),
        ("path,genre\na.jpg,Realism\nb.jpg,\na.jpg,Abstract\nb.jpg,Realism\n", "lists a.jpg, b.jpg more than once"),
        ("path,genre\na.jpg,R\xe9alisme\n", "CSV UTF-8"),
    ],
)
def test_a_bad_list_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "metadata.csv").write_bytes(text.encode("cp1252"))
    with pytest.raises(StageError, match=sentence):
        read_listing(tmp_path)


def touch(folder: Path, *names: str) -> None:
    """Files that begin as pictures do, by their names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes({".jpg": b"\xff\xd8\xff\xe0", ".png": b"\x89PNG\r\n\x1a\n"}.get(Path(name).suffix, b"text"))


def test_where_there_is_nothing_it_is_said_what_is_there(tmp_path: Path) -> None:
    touch(tmp_path, "pictures/1.jpg", "pictures/2.png", "pictures/notes.txt", "empty/Cubism/readme.txt", "table/list.csv")
    (tmp_path / "table" / "list.csv").write_text("path,genre\n")
    cases = {
        "pictrues": f"There is no {tmp_path}/pictrues. Did you mean '{tmp_path}/pictures'?",
        "pictures": "has 2 pictures right in it, and none in folders. Put those of each genre into a folder of its name",
        "pictures/1.jpg": "is a picture. Name a folder",
        "empty": "has no pictures: no table",
        "table": "list.csv lists no pictures",
    }
    for name, sentence in cases.items():
        with pytest.raises(StageError) as caught:
            read(tmp_path / name)
        assert sentence in str(caught.value)
        assert "collect" not in str(caught.value)


def test_folders_are_genres_and_folders_in_them_artists(tmp_path: Path) -> None:
    touch(tmp_path, "Op_Art/Bridget_Riley/1.jpg", "Op_Art/2.jpg", "realism/images/3.png", "4.jpg", ".hidden/5.jpg")
    found = read(tmp_path)
    assert [(one.path, one.genre, one.artist) for one in found.pictures] == [
        ("Op_Art/2.jpg", "Op Art", ""),
        ("Op_Art/Bridget_Riley/1.jpg", "Op Art", "Bridget Riley"),
        ("realism/images/3.png", "Realism", ""),
    ]
    assert [item.path for item in found.left_out] == ["4.jpg"]
    assert found.said == [f"{tmp_path}: of its folders 2 were taken for genres, and 1 folder in them for artists."]
    split = tmp_path / "split"
    touch(split, "train/Cubism/1.jpg", "val/Cubism/2.jpg", "test/Dada/3.jpg")
    assert [one.genre for one in read(split).pictures] == ["Dada", "Cubism", "Cubism"], "folders of a split are no genres"


def test_a_folder_without_pictures_is_no_genre(tmp_path: Path) -> None:
    touch(tmp_path, "Cubism/1.jpg", "Cubism/notes.txt", "Dada/2.png", "notes/readme.txt", "notes/a.txt/set/dataset.json", "torn/3.gif")
    found = read(tmp_path)
    assert {one.genre for one in found.pictures} == {"Cubism", "Dada"}
    assert found.said[-1] == f"{tmp_path}: no JPEG or PNG picture in notes, torn, so no genre."
    assert {item.reason for item in found.left_out} == {"unreadable: no JPEG or PNG picture"}


@pytest.mark.parametrize(
    "header", ["filename,style,painter", "Image Path;Label;Artist Name", "file-name,Art Style,Painter_Name", "img\tart_movement\tCreator"]
)
def test_a_table_of_any_name_with_columns_of_common_names(tmp_path: Path, header: str) -> None:
    touch(tmp_path, "pictures/a.jpg", "pictures/b.jpg")
    split = next(one for one in ",;\t" if one in header)
    lines = [header, split.join(["a.jpg", "Cubism", "Braque"]), split.join(["pictures\\b.jpg", "Dada", ""])]
    (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n")
    for data in (tmp_path, tmp_path / "mine.csv"):
        found = read(data)
        assert [(one.path, one.genre, one.artist) for one in found.pictures] == [
            ("pictures/a.jpg", "Cubism", "Braque"),
            ("pictures/b.jpg", "Dada", ""),
        ]
        assert "for the genre" in found.said[0]


def test_a_line_that_fits_and_one_that_does_not_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path, "pictures/a.jpg", "pictures/b.jpg", "old/pictures/a.jpg")
    (tmp_path / "mine.csv").write_text("file,genre\npictures/a.jpg,Cubism\npictures\\b.jpg,Dada\npictures/c.jpg,Dada\n")
    assert [one.path for one in read(tmp_path).pictures] == ["pictures/a.jpg", "pictures/b.jpg", "pictures/c.jpg"]


def test_columns_that_were_not_taken_are_listed_and_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("file,style,Painter (full),year,width\na.jpg,Cubism,Braque,1910,9\n")
    found = read(tmp_path)
    assert "no column for the artist" in found.said[0]
    assert found.said[1].endswith("not taken Painter (full), year. Another choice: --columns artist='Painter (full)'.")
    assert [one.artist for one in read(tmp_path, {"artist": "Painter (full)"}).pictures] == ["Braque"]
    with pytest.raises(StageError, match="Did you mean 'style'"):
        read(tmp_path, {"genre": "styl"})
    touch(tmp_path, "other.csv")
    with pytest.raises(StageError, match="several tables"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("paul cezanne", ["Paul Cézanne", "paul-cezanne", "PAUL  CEZANNE", "paul_cezanne "]),
        ("", ["", " ", "Unknown", "Anonymous", "unknown-artist"]),
    ],
)
def test_spellings_of_an_artist_are_one_and_an_unknown_one_has_no_name(key: str, names: list[str]) -> None:
    assert {name: artist_key(name) for name in names} == dict.fromkeys(names, key)
