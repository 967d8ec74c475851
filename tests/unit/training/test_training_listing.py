from pathlib import Path

import pytest

from training.config import StageError
from training.listing import Listed, artist_key, read_listing


def test_a_list_is_read_sorted_with_what_it_tells(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "path,genre,artist,title,split,width,height\nb.jpg,Realism,Gustave Courbet,Waves,external,640,480\na.jpg,Abstract,,,train,,\n"
    )
    assert read_listing(tmp_path) == [
        Listed("a.jpg", "Abstract", split="train"),
        Listed("b.jpg", "Realism", "Gustave Courbet", split="external", width=640, height=480, title="Waves"),
    ]
    assert [picture.is_external for picture in read_listing(tmp_path)] == [False, True]


def test_a_manifest_goes_before_a_metadata_file(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("path,genre\na.jpg,Abstract\n")
    (tmp_path / "manifest.csv").write_text("path,genre\nb.jpg,Abstract\n")
    assert [picture.path for picture in read_listing(tmp_path)] == ["b.jpg"]


ROWS = "path,genre,artist\r\nimg/1.png,Realism,Ilya Répin\r\nimg/2.png,Abstract,\r\n"
SAVED = {
    "with a byte order mark": ROWS.encode("utf-8-sig"),
    "with semicolons": ROWS.replace(",", ";").encode("utf-8-sig"),
    "with semicolons, told so": b"sep=;\r\n" + ROWS.replace(",", ";").encode(),
    "as Unicode text": ROWS.replace(",", "\t").encode("utf-16"),
    "with empty rows": (ROWS + ",,\r\n,,\r\n").encode(),
    "on an old Mac": ROWS.replace("\r\n", "\r").encode(),
    "with commas in a name": ROWS.replace("Ilya Répin", '"Répin, Ilya"').encode(),
    "with blanks": ROWS.replace(",", " , ").replace("path ", "path").replace(" genre ", "genre").replace(" artist", "artist").encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_list_that_a_spreadsheet_has_saved(tmp_path: Path, how: str) -> None:
    (tmp_path / "metadata.csv").write_bytes(SAVED[how])
    artist = "Répin, Ilya" if "commas" in how else "Ilya Répin"
    assert read_listing(tmp_path) == [Listed("img/1.png", "Realism", artist), Listed("img/2.png", "Abstract")]


def test_a_list_in_another_encoding_is_told_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_bytes(ROWS.encode("cp1252"))
    with pytest.raises(StageError, match="CSV UTF-8"):
        read_listing(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("path,artist\na.jpg,x\n", "no column genre"),
        ("", "no column genre and no column path"),
        ("path,genre,width\na.jpg,Realism,wide\n", "cannot be read"),
        ("path,genre,phash\na.jpg,Realism,xyz\n", "cannot be read"),
        ("path,genre\na.jpg,Realism\na.jpg,Abstract\n", "a.jpg more than once"),
    ],
)
def test_a_bad_list_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "metadata.csv").write_text(text)
    with pytest.raises(StageError, match=sentence):
        read_listing(tmp_path)


def test_a_folder_without_a_list_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="collect"):
        read_listing(tmp_path)


@pytest.mark.parametrize("name", ["Paul Cézanne", "paul-cezanne", "PAUL  CEZANNE", "paul_cezanne "])
def test_spellings_of_an_artist_are_one(name: str) -> None:
    assert artist_key(name) == "paul cezanne"


@pytest.mark.parametrize("name", ["", " ", "Unknown", "Anonymous", "unknown-artist"])
def test_an_unknown_artist_has_no_name(name: str) -> None:
    assert artist_key(name) == ""
