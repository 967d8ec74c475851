from pathlib import Path

import pytest

from training.artists import artist_key
from training.config import StageError
from training.corrections import corrected
from training.listing import Listed, read, read_listing


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


def test_a_folder_without_pictures_is_no_genre(tmp_path: Path) -> None:
    touch(tmp_path, "Cubism/1.jpg", "Cubism/notes.txt", "Dada/2.png", "notes/readme.txt", "notes/a.txt/set/dataset.json", "torn/3.gif")
    found = read(tmp_path)
    assert {one.genre for one in found.pictures} == {"Cubism", "Dada"}
    assert found.said[-1] == f"{tmp_path}: no JPEG or PNG picture in notes, torn, so no genre."
    assert {item.reason for item in found.left_out} == {"unreadable: no JPEG or PNG picture"}


def test_folders_of_a_split_are_no_genres(tmp_path: Path) -> None:
    touch(tmp_path, "train/Cubism/1.jpg", "val/Cubism/2.jpg", "test/Dada/3.jpg")
    assert [(one.path, one.genre) for one in read(tmp_path).pictures] == [
        ("test/Dada/3.jpg", "Dada"),
        ("train/Cubism/1.jpg", "Cubism"),
        ("val/Cubism/2.jpg", "Cubism"),
    ]


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


def test_columns_that_were_not_taken_are_listed_with_the_argument_that_takes_one(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("file,style,Painter (full),year,width\na.jpg,Cubism,Braque,1910,9\n")
    found = read(tmp_path)
    assert "no column for the artist" in found.said[0]
    assert found.said[1].endswith("not taken Painter (full), year. Another choice: --columns artist='Painter (full)'.")
    assert [one.artist for one in read(tmp_path, {"artist": "Painter (full)"}).pictures] == ["Braque"]


def test_a_column_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "wikiart.csv").write_text("file,genre,style\na.jpg,portrait,Cubism\n")
    assert read(tmp_path, {"genre": "style"}).pictures[0].genre == "Cubism"
    with pytest.raises(StageError, match="Did you mean 'style'"):
        read(tmp_path, {"genre": "styl"})
    touch(tmp_path, "other.csv")
    with pytest.raises(StageError, match="several tables"):
        read(tmp_path)


EXPORT = "file;genre;confidence;certain;typicality;verdict;note;model_version\n"


def test_a_verdict_is_the_label_or_leaves_a_picture_out(tmp_path: Path) -> None:
    pictures = [Listed(path, "Cubism") for path in ("a/1.jpg", "a/2.jpg", "a/3.jpg", "b/3.jpg", "b/4.jpg")]
    rows = [("1.jpg", "dada"), ("2.jpg", "None"), ("3.jpg", "Dada"), ("b/3.jpg", "unsure"), ("b\\4.jpg", "Cubism"), ("9.jpg", "Dada")]
    export = tmp_path / "export.csv"
    export.write_text(EXPORT + "".join(f"{file};x;0.5;yes;0.9;{verdict};;3\n" for file, verdict in [*rows, ("a/1.jpg", "")]), "utf-8-sig")
    after, left_out, said = corrected(pictures, [export], ["Cubism", "Dada"])
    assert [(one.path, one.genre) for one in after] == [("a/1.jpg", "Dada"), ("a/3.jpg", "Cubism"), ("b/4.jpg", "Cubism")]
    assert [(item.path, item.kind) for item in left_out] == [
        ("a/2.jpg", "judged to be of none of the genres"),
        ("b/3.jpg", "judged unsure"),
    ]
    assert said == [
        "Corrections: of 6 verdicts 1 changed a label, 1 confirmed one, 2 left a picture out, 2 fitted no picture.",
        "Corrections that fit no picture: 3.jpg (2 pictures end so), 9.jpg (no such picture).",
    ]


def test_exports_with_when_and_by_whom_are_read_as_those_before(tmp_path: Path) -> None:
    head = "file,genre,confidence,certain,typicality,verdict,note,model_version,expected_accuracy,error,time,Cubism,Dada"
    row = "1.jpg,Cubism,0.6,true,0.9,Dada,,3,0.79,,2026-11-29T01:00:00.000Z,0.6,0.4"
    exports = {"before": f"{head}\n{row}\n", "now": f"{head},judged_at,judged_by\n{row},2026-11-29T01:05:00.000Z,Ida Ayu\n"}
    for name, text in exports.items():
        (tmp_path / name).write_text(text, "utf-8-sig")
        assert corrected([Listed("1.jpg", "Cubism")], [tmp_path / name], ["Cubism", "Dada"])[0] == [Listed("1.jpg", "Dada")]


def exported(folder: Path, *rows: tuple[str, str]) -> Path:
    file = folder / "export.csv"
    file.write_text(EXPORT + "".join(f"{name};x;0.5;yes;0.9;{verdict};;3\n" for name, verdict in rows), "utf-8-sig")
    return file


def labels(pictures: list[Listed], file: Path, folder: str = "") -> tuple[list[str], str]:
    after, _, said = corrected(pictures, [file], ["Cubism", "Dada"], folder)
    return [one.genre for one in after], " ".join(said)


@pytest.mark.parametrize(
    "name",
    [
        "four/Cubism/Braque/1.jpg",  # the page's path begins with the folder that was dropped
        "pictures/four/Cubism/Braque/1.jpg",
        "Cubism\\Braque\\1.jpg",
        "Braque/1.jpg",
        "elsewhere/1.jpg",
        "'1.jpg",
    ],
)
def test_a_verdict_is_of_the_picture_with_the_longest_end_of_its_path(tmp_path: Path, name: str) -> None:
    pictures = [Listed("Cubism/Braque/1.jpg", "Cubism"), Listed("Cubism/2.jpg", "Cubism")]
    found, said = labels(pictures, exported(tmp_path, (name, "Dada")), "four")
    assert found == ["Dada", "Cubism"]
    assert ("folders are others" in said) == (name == "elsewhere/1.jpg")


def test_a_name_in_two_folders_is_told_apart_by_them(tmp_path: Path) -> None:
    pictures = [
        Listed("Cubism/1.jpg", "Cubism"),
        Listed("Dada/1.jpg", "Dada"),
        Listed("more/Cubism/1.jpg", "Cubism", folder="more"),
        Listed("Cubism/e\u0301.jpg", "Cubism"),
    ]
    rows = [("first/Cubism/1.jpg", "Dada"), ("more/Cubism/1.jpg", "Cubism"), ("1.jpg", "Dada"), ("first/Cubism/\xe9.jpg", "Dada")]
    found, said = labels(pictures, exported(tmp_path, *rows), "first")
    assert found == ["Dada", "Dada", "Cubism", "Dada"]
    assert "1.jpg (3 pictures end so)" in said


def test_a_file_of_a_folder_that_is_here_is_no_other_folders(tmp_path: Path) -> None:
    pictures = [Listed("Cubism/2.jpg", "Cubism"), Listed("Dada/1.jpg", "Dada")]
    found, said = labels(pictures, exported(tmp_path, ("four/Cubism/1.jpg", "Cubism"), ("Cubism/2.jpg", "Cubism")), "four")
    assert found == ["Cubism", "Dada"]
    assert "four/Cubism/1.jpg (no such picture)" in said


def test_two_verdicts_on_a_picture_are_said(tmp_path: Path) -> None:
    found, said = labels([Listed("1.jpg", "Cubism")], exported(tmp_path, ("1.jpg", "Cubism"), ("1.jpg", "Dada")))
    assert found == ["Dada"]
    assert "judged more than once, of which the later verdict counts: 1.jpg" in said


@pytest.mark.parametrize(("row", "sentence"), [(("9.jpg", "Dada"), "None of 1 verdict in"), (("1.jpg", ""), "has a verdict")])
def test_an_export_of_which_nothing_fits_is_refused(tmp_path: Path, row: tuple[str, str], sentence: str) -> None:
    with pytest.raises(StageError, match=sentence):
        labels([Listed("1.jpg", "Cubism")], exported(tmp_path, row))


def test_a_verdict_that_is_no_genre_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EXPORT + "1.jpg;x;0.5;yes;0.9;Cubsm;;3\n")
    with pytest.raises(StageError, match="Did you mean 'Cubism'"):
        corrected([Listed("1.jpg", "Cubism")], [tmp_path / "export.csv"], ["Cubism", "Dada"])


@pytest.mark.parametrize("name", ["Paul Cézanne", "paul-cezanne", "PAUL  CEZANNE", "paul_cezanne "])
def test_spellings_of_an_artist_are_one(name: str) -> None:
    assert artist_key(name) == "paul cezanne"


@pytest.mark.parametrize("name", ["", " ", "Unknown", "Anonymous", "unknown-artist"])
def test_an_unknown_artist_has_no_name(name: str) -> None:
    assert artist_key(name) == ""
