"""The verdicts that curators export: of which picture each is, and what becomes of its label."""

from pathlib import Path

import pytest

from ragam.table import file_cell
from training.config import StageError
from training.corrections import corrected
from training.listing import Listed
from training.sources import pictures_of

EXPORT = "file;genre;confidence;certain;typicality;verdict;note;model_version\n"
NEWER = "file,genre,confidence,certain,typicality,verdict,note,model_version,expected_accuracy,error,time,Cubism,Dada,judged_at,judged_by\n"


def exported(folder: Path, *rows: tuple[str, str]) -> Path:
    file = folder / "export.csv"
    file.write_text(EXPORT + "".join(f"{name};x;0.5;yes;0.9;{verdict};;3\n" for name, verdict in rows), "utf-8-sig")
    return file


def labels(pictures: list[Listed], file: Path, folder: str = "") -> tuple[list[str], str]:
    after, _, said = corrected(pictures, [file], ["Cubism", "Dada"], folder)
    return [one.genre for one in after], " ".join(said)


def test_a_verdict_is_the_label_or_leaves_a_picture_out(tmp_path: Path) -> None:
    pictures = [Listed(path, "Cubism") for path in ("a/1.jpg", "a/2.jpg", "a/3.jpg", "b/3.jpg", "b/4.jpg")]
    rows = [("1.jpg", "dada"), ("2.jpg", "None"), ("3.jpg", "Dada"), ("b/3.jpg", "unsure"), ("b\\4.jpg", "Cubism"), ("9.jpg", "Dada")]
    after, left_out, said = corrected(pictures, [exported(tmp_path, *rows, ("a/1.jpg", ""))], ["Cubism", "Dada"])
    assert [(one.path, one.genre) for one in after] == [("a/1.jpg", "Dada"), ("a/3.jpg", "Cubism"), ("b/4.jpg", "Cubism")]
    assert [(item.path, item.kind) for item in left_out] == [
        ("a/2.jpg", "judged to be of none of the genres"),
        ("b/3.jpg", "judged unsure"),
    ]
    assert said == [
        "Corrections: of 6 verdicts 1 changed a label, 1 confirmed one, 2 left a picture out, 2 fitted no picture.",
        "Corrections that fit no picture: 3.jpg (2 pictures end so), 9.jpg (no such picture).",
    ]


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


@pytest.mark.parametrize("name", ["a\x1b[2J.jpg", "a\nb.jpg", "a\r.jpg", "a\\nb.jpg", "a\u202egnp.jpg", "\x85\udcff.jpg", "=\x07.jpg"])
def test_a_name_with_what_steers_a_terminal_is_found_again(tmp_path: Path, name: str) -> None:
    pictures = [Listed(f"Cubism/{name}", "Cubism"), Listed("Cubism/b.jpg", "Cubism"), Listed("nb.jpg", "Cubism")]
    cell = file_cell(name)
    escaped = cell.removeprefix("./")
    formula = cell if cell == escaped else f"'{escaped}"
    # Of the command, of the page, and of the page from a dropped folder.
    for written in (cell, formula, f"four/Cubism/{escaped}"):
        assert labels(pictures, exported(tmp_path, (written, "Dada")), "four")[0] == ["Dada", "Cubism", "Cubism"]


@pytest.mark.parametrize(
    ("name", "other"),
    [(" a.jpg", "a.jpg"), ("\n.jpg", "\\n.jpg"), ("\\n.jpg", "n.jpg"), ("e\u0301.jpg", "\xe9.jpg"), ("=\x1b.jpg", "u001b.jpg")],
)
def test_no_name_is_taken_for_one_that_is_nearly_the_same(tmp_path: Path, name: str, other: str) -> None:
    for folder in ("", "Cubism/"):
        pictures = [Listed(f"{folder}{name}", "Cubism"), Listed(f"{folder}{other}", "Cubism")]
        for one, found in ((name, ["Dada", "Cubism"]), (other, ["Cubism", "Dada"])):
            cell = file_cell(f"{folder}{one}")
            for written in (cell, f"'{cell.removeprefix('./')}" if cell.startswith("./") else cell):
                assert labels(pictures, exported(tmp_path, (written, "Dada")))[0] == found
            assert labels(pictures, exported(tmp_path, (f"four/{cell.removeprefix('./')}", "Dada")), "four")[0] == found
            # From elsewhere: of two that may be meant none is judged.
            after, _, _ = corrected(
                [*pictures, Listed("b.jpg", "Cubism")], [exported(tmp_path, (f"x/{cell}", "Dada"), ("b.jpg", "Dada"))], ["Dada"]
            )
            assert [picture.genre for picture in after[:2]] in (found, ["Cubism", "Cubism"])


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


def test_the_later_of_two_verdicts_counts_and_a_file_of_a_folder_that_is_here_is_no_other_folders(tmp_path: Path) -> None:
    pictures = [Listed("Cubism/2.jpg", "Cubism"), Listed("Dada/1.jpg", "Dada")]
    rows = [("four/Cubism/1.jpg", "Cubism"), ("Cubism/2.jpg", "Cubism"), ("2.jpg", "Dada")]
    found, said = labels(pictures, exported(tmp_path, *rows), "four")
    assert found == ["Dada", "Dada"]
    assert "four/Cubism/1.jpg (no such picture)" in said
    assert "judged more than once, of which the later verdict counts: Cubism/2.jpg" in said


def test_an_export_of_today_is_read_as_those_before(tmp_path: Path) -> None:
    row = "1.jpg,Cubism,0.6,true,0.9,Dada,,3,0.79,,2026-11-29T01:00:00.000Z,0.6,0.4,2026-11-29T01:05:00.000Z,Ida Ayu\n"
    (tmp_path / "export.csv").write_text(NEWER + row, "utf-8-sig")
    assert labels([Listed("1.jpg", "Cubism")], tmp_path / "export.csv")[0] == ["Dada"]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [(("9.jpg", "Dada"), "None of 1 verdict in"), (("1.jpg", ""), "has a verdict"), (("1.jpg", "Cubsm"), "Did you mean 'Cubism'")],
)
def test_an_export_of_which_nothing_fits_is_refused(tmp_path: Path, row: tuple[str, str], sentence: str) -> None:
    with pytest.raises(StageError, match=sentence):
        labels([Listed("1.jpg", "Cubism")], exported(tmp_path, row))


def test_a_line_without_a_genre_is_left_out_but_where_a_verdict_has_one(tmp_path: Path) -> None:
    lines = ["a.jpg,Cubism", "b.jpg,Dada", "c.jpg,", "d.jpg,"]
    (tmp_path / "mine.csv").write_text("\n".join(["file,genre", *lines]) + "\n")
    (tmp_path / "judged").mkdir()
    pictures, genres, left_out, said = pictures_of([tmp_path], [], None, [exported(tmp_path / "judged", ("d.jpg", "Dada"))])
    assert genres == ("Cubism", "Dada")
    assert [(one.path, one.genre) for one in pictures] == [("a.jpg", "Cubism"), ("b.jpg", "Dada"), ("d.jpg", "Dada")]
    assert [(one.path, one.kind) for one in left_out] == [("c.jpg", "no genre")]
    assert "other genres" not in " ".join(said)
