"""The CSV, as another program reads it and as another run of the command finds it."""

import codecs
import csv
import os
import re
import stat
from contextlib import closing
from io import FileIO
from pathlib import Path

import pytest

from ragam.errors import InvalidInput, NotWritable, RagamError
from ragam.files import identity
from ragam.results import Model, Prediction
from ragam.rows import OF_A_PERSON, is_formula, row_of
from ragam.table import Table, file_cell

NAMES = [
    *("=1+1.jpg", "'=1.jpg", "./=2.jpg", 'a"b.jpg', '"', "a;b,c.jpg", "é日"),
    *("a\nb.jpg", "a\\nb.jpg", "a\r.jpg", "\\xff.jpg", "\xff.jpg", os.fsdecode(b"\xff.jpg")),
    *("\x1b[2J.jpg", "\\u001b[2J.jpg", "\x85.jpg", os.fsdecode(b"\x85.jpg"), " =1.jpg", "a\u202egnp.jpg", "\u2066\u2028.jpg"),
]
GENRES = ["Realism", "Abstract", "=Formula", "Genre", 'Süß, "quoted"', "genre", "time"]
HEAD = ["file", "genre", "confidence", "certain", "typicality", "expected_accuracy", "model_version"]
TAIL = ["error", "reason", "time"]
TIME = "2026-11-24T08:30:00+00:00"


def predicted(file, genres=("Realism", "Abstract"), confidence=0.6143):
    rest = round((1 - confidence) / max(1, len(genres) - 1), 4)
    scores = {genre: confidence if number == 0 else rest for number, genre in enumerate(genres)}
    return file, Prediction(genres[0], confidence, confidence >= 0.5, 0.4127, 0.85, scores, (), Model("painting_genre", 3))


def failed(file, reason='The file is empty. Send "a" picture.', error="picture_empty"):
    return file, RagamError(reason, error)


def rows(path):
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(csv.DictReader(file))


def write(path, *some):
    """As the command does: what has no answer yet is appended. Returns what had one."""
    with closing(Table(path)) as table:
        table.resume([file for file, _ in some])
        done = {file: cells for file, _ in some if (cells := table.answer(file))}
        for file, found in some:
            if file not in done:
                table.append(row_of(file, found) | {"time": TIME})
    return done


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "out.csv"


def test_columns(path):
    path.touch()
    write(path, failed("a.jpg"), predicted("b.jpg"))
    header = [*HEAD, "Abstract", "Realism", *TAIL]
    first = ["a.jpg", *[""] * 8, "picture_empty", 'The file is empty. Send ""a"" picture.', TIME]
    second = ["b.jpg", "Realism", "0.6143", "true", "0.4127", "0.85", "3", "0.3857", "0.6143", "", "", TIME]
    lines = "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in (header, first, second))
    assert path.read_bytes() == codecs.BOM_UTF8 + lines.encode()


def test_the_page_and_the_command_name_their_columns_alike():
    root = Path(__file__).resolve().parents[3]
    arrays = re.findall(r"const (?:COLUMNS|MORE|LAST) = \[(.*?)\]", (root / "gateway" / "page" / "export" / "csv.js").read_text())
    page = re.findall(r'"(\w+)"', " ".join(arrays))
    assert set(page) - {*HEAD, *TAIL} == {*OF_A_PERSON}
    assert {*HEAD, *TAIL} <= set(page)
    documented = (root / "docs" / "client.md").read_text()
    assert [name for name in page if f"`{name}`" not in documented] == []


def test_a_name_is_no_formula_and_one_line_and_still_names_its_file_and_no_other(path):
    names = [*NAMES, "=cmd|' C calc'!A0.jpg", "@SUM(A1).jpg", "\t=1.jpg", "\uff1d1.jpg"]
    for name in names[-4:]:
        Path(name).write_text(name)
        assert Path(file_cell(name)).read_text() == name
    cells = [file_cell(name) for name in names]
    assert len({identity(cell) for cell in cells}) == len({identity(name) for name in names}) == len(names)
    assert not any(is_formula(cell) or "\n" in cell or "\r" in cell for cell in cells)
    # A row of before blanks were passed over is written as it is now.
    write(path, predicted(" =1.jpg"))
    path.write_bytes(path.read_bytes().replace(b'"./ =', b'" ='))
    assert list(write(path, predicted(" =1.jpg"))) == [" =1.jpg"]
    assert [row["file"] for row in rows(path)] == ["./ =1.jpg"]


def test_what_others_say_is_no_formula_and_no_other_column(path):
    genres = (*HEAD, *TAIL, *OF_A_PERSON, "'file", "''file", "=1+1", " =y", "-x")
    write(path, failed("a.jpg", "=1+1", "=2"), predicted("b.jpg", ("=2", *genres)))
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, first, second = csv.reader(file)
    assert sorted(head) == sorted([*HEAD, *TAIL, "'=2", *(f"'{genre}" for genre in genres)])
    assert (first[head.index("error")], first[head.index("reason")]) == ("'=2", "'=1+1")
    assert (second[head.index("genre")], second[head.index("'=2")], second[head.index("error")]) == ("'=2", "0.6143", "")


def test_no_name_steers_the_terminal_that_shows_the_file(path):
    controls = "".join(map(chr, (*range(1, 32), *range(127, 160), *range(0x2028, 0x202F), *range(0x2066, 0x206A))))
    write(path, predicted(f"a{controls}.jpg"), failed("b\x1b[2J.jpg"))
    text = path.read_text(encoding="utf-8-sig").replace("\t", "")
    assert all(line.isprintable() for line in text.splitlines())
    assert r"\u001b[2J.jpg" in text
    # Of a file that has them the rows are known again.
    path.write_text(path.read_text(encoding="utf-8-sig").replace(r"\u001b", "\x1b"), encoding="utf-8-sig")
    assert list(write(path, predicted(f"a{controls}.jpg"))) == [f"a{controls}.jpg"]
    assert len(rows(path)) == 2


def test_goes_on_where_it_ended(path):
    write(path, predicted("a.jpg"), failed("b.jpg"), failed("other.jpg"))
    again = [predicted("./a.jpg", confidence=0.9), predicted("b.jpg", confidence=0.7), predicted("c.jpg")]
    done = write(path, *again)
    assert {file: row["confidence"] for file, row in done.items()} == {"./a.jpg": "0.6143"}
    assert [(row["file"], row["confidence"], bool(row["error"])) for row in rows(path)] == [
        ("a.jpg", "0.6143", False),
        ("other.jpg", "", True),
        ("b.jpg", "0.7", False),
        ("c.jpg", "0.6143", False),
    ]
    # Where nothing changes the file stays.
    before = path.stat()
    write(path, *again)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_cut_at_any_byte_after_the_header_nothing_is_lost_and_nothing_twice(path):
    some = [failed(name) if number % 3 == 1 else predicted(name, GENRES[number % 5 : number % 5 + 3]) for number, name in enumerate(NAMES)]
    write(path, *some)
    whole, before = path.read_bytes(), rows(path)
    # The header comes into its place as a whole.
    header = whole.index(b'"time"\n') + len(b'"time"\n')
    # Each byte of the last row, and some of those before.
    for cut in [*range(header, len(whole) - 90, 29), *range(len(whole) - 90, len(whole))]:
        path.write_bytes(whole[:cut])
        begun = len(rows(path))
        done = write(path, *some)
        assert sorted(rows(path), key=str) == sorted(before, key=str), cut
        # The row that was cut is sent again, and none before it.
        assert len(done) >= sum(not row["error"] for row in before[: max(0, begun - 1)]), cut


def test_a_file_of_before_errors_had_words_is_gone_on_with(path):
    header = [*HEAD, "Abstract", "Realism", "error", "time"]
    done = ["b.jpg", "Realism", "0.6143", "true", "0.4127", "0.85", "3", "0.3857", "0.6143", "", TIME]
    errors = [[name, *[""] * 8, "The file is empty.", TIME] for name in ("x.jpg", "a.jpg")]
    # Of two answers for one file the first stays.
    second = [*done[:2], "0.9", *done[3:]]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, done, *errors, second])
    assert list(write(path, predicted("b.jpg", confidence=0.9), predicted("a.jpg"))) == ["b.jpg"]
    assert [(row["file"], row["confidence"], row["error"], row["reason"]) for row in rows(path)] == [
        ("b.jpg", "0.6143", "", ""),
        ("x.jpg", "", "unknown", "The file is empty."),
        ("a.jpg", "0.6143", "", ""),
    ]


def test_as_another_program_saves_it(path):
    write(path, failed("a, b.jpg"), predicted("b.jpg"))
    lines = [list(rows(path)[0]), *(list(row.values()) for row in rows(path))]
    lines[2][3] = "TRUE"
    for end in ("\r\n", ""):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(lines)
        path.write_bytes(path.read_bytes().removesuffix(b"\r\n") + end.encode())
        # A last line without its end may be half a row: its picture is sent again.
        assert list(write(path, predicted("a, b.jpg", confidence=0.9), predicted("b.jpg"))) == (["b.jpg"] if end else [])
        assert {row["file"] for row in rows(path)} == {"b.jpg", "a, b.jpg"}


HEADER = b"file,genre,confidence,certain,typicality,expected_accuracy,model_version,error,time\n"


@pytest.mark.parametrize("text", [b"file", HEADER + b"1,2\n", HEADER.replace(b",", b";"), b'"a"b\n', b"\x89PNG\r\n\x1a\n", b"\n"])
def test_another_s_file_is_refused_and_left_alone(path, text):
    path.write_bytes(text)
    with pytest.raises(InvalidInput, match=r"is not a CSV of this command"):
        write(path, predicted("a.jpg"))
    assert path.read_bytes() == text


def test_only_one_command_writes(path):
    with closing(Table(path)) as first:
        first.resume([])
        # After the file was replaced too.
        first.append(row_of(*predicted("a.jpg")))
        with pytest.raises(InvalidInput, match=r"^Another command is writing to "):
            Table(path)
    Table(path).close()


def test_a_link_stays_a_link_and_the_mode_stays(path):
    real = path.parent / "real.csv"
    write(real, failed("a.jpg"))
    real.chmod(0o640)
    path.symlink_to(real)
    write(path, predicted("a.jpg"))
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert rows(real)[0]["genre"] == "Realism"


def test_a_full_disk_is_one_sentence(path):
    with closing(Table(path)) as table:
        table.resume([])
        table.append(row_of(*predicted("a.jpg")))
        table._file.close()
        table._file = FileIO("/dev/full", "a")
        with pytest.raises(NotWritable, match=r"cannot be written: No space left on device\.$"):
            table.append(row_of(*predicted("b.jpg")))
