"""The CSV, as another program reads it and as another run of the command finds it."""

import codecs
import csv
import errno
import fcntl
import os
import re
import stat
import tempfile
from contextlib import closing
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragam.errors import InvalidInput, NotWritable, RagamError
from ragam.files import identity
from ragam.results import Model, Prediction
from ragam.rows import FORMULA_STARTS, OF_A_PERSON, row_of
from ragam.table import Table, file_cell

NAMES = [
    "=1+1.jpg",
    "'=1.jpg",
    "./=2.jpg",
    'a"b.jpg',
    '"',
    "a\nb.jpg",
    "a\r\nb.jpg",
    "a;b,c.jpg",
    "\\xff.jpg",
    os.fsdecode(b"\xff.jpg"),
    "\xff.jpg",
    "\x1b[2J.jpg",
    "\\u001b[2J.jpg",
    "\x85.jpg",
    os.fsdecode(b"\x85.jpg"),
    "é日",
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


names = st.one_of(
    st.sampled_from(NAMES),
    st.binary(min_size=1, max_size=12).filter(lambda data: not set(data) & {0, 47} and data not in {b".", b".."}).map(os.fsdecode),
)
outcomes = st.lists(names, unique=True, min_size=1, max_size=8).flatmap(
    lambda files: st.tuples(
        *(
            st.one_of(
                st.just(failed(file)),
                st.builds(predicted, st.just(file), st.permutations(GENRES).map(lambda genres: tuple(genres[:3])), st.floats(0, 1)),
            )
            for file in files
        )
    )
)


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
    write(path, failed("a.jpg"), predicted("b.jpg"))
    assert path.read_bytes().startswith(codecs.BOM_UTF8)
    assert [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines() if "empty" not in line] == [
        [f'"{cell}"' for cell in [*HEAD, "Abstract", "Realism", *TAIL]],
        [f'"{cell}"' for cell in ["b.jpg", "Realism", "0.6143", "true", "0.4127", "0.85", "3", "0.3857", "0.6143", "", "", TIME]],
    ]
    assert {name: cell for name, cell in rows(path)[0].items() if cell} == {
        "file": "a.jpg",
        "error": "picture_empty",
        "reason": 'The file is empty. Send "a" picture.',
        "time": TIME,
    }


def test_the_page_and_the_command_name_their_columns_alike():
    root = Path(__file__).resolve().parents[3]
    arrays = re.findall(r"const (?:COLUMNS|MORE|LAST) = \[(.*?)\]", (root / "gateway" / "page" / "export" / "csv.js").read_text())
    page = re.findall(r'"(\w+)"', " ".join(arrays))
    assert set(page) - {*HEAD, *TAIL} == {*OF_A_PERSON}
    assert {*HEAD, *TAIL} <= set(page)
    documented = (root / "docs" / "client.md").read_text()
    assert [name for name in page if f"`{name}`" not in documented] == []


def test_columns_stay_where_they_are_when_genres_come(path):
    write(path, predicted("a.jpg"), predicted("b.jpg", ("Cubism", "Realism", "Baroque")))
    first, second = rows(path)
    assert list(first) == [*HEAD, "Abstract", "Realism", "Baroque", "Cubism", *TAIL]
    assert (first["Realism"], first["Baroque"], second["Abstract"], second["Cubism"]) == ("0.6143", "", "", "0.6143")


@pytest.mark.parametrize("name", ["=cmd|' C calc'!A0.jpg", "+1.jpg", "-1.jpg", "@SUM(A1).jpg", "\t=1.jpg", "\uff1d1.jpg"])
def test_a_name_is_no_formula_and_still_names_its_file(path, name):
    Path(name).write_bytes(b"here")
    cell = file_cell(name)
    assert not cell.startswith(FORMULA_STARTS)
    assert Path(cell).read_bytes() == b"here"
    assert identity(cell) == identity(name)


def test_what_others_say_is_no_formula_and_no_other_column(path):
    write(path, failed("a.jpg", "=1+1", "=2"), predicted("b.jpg", ("=1+1", "-x", " =y", "error")))
    first, second = rows(path)
    assert (first["error"], first["reason"]) == ("'=2", "'=1+1")
    assert (second["genre"], second["error"]) == ("'=1+1", "")
    assert {"'=1+1", "'-x", "' =y", "'error"} < second.keys()


def test_a_genre_called_as_a_column_is_a_column_of_its_own(path):
    genres = (*HEAD, *TAIL, *OF_A_PERSON, "'file", "''file")
    write(path, predicted("a.jpg", ("Realism", *genres)))
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file)
    assert sorted(head) == sorted([*HEAD, *TAIL, "Realism", *(f"'{genre}" for genre in genres)])
    assert (row[head.index("file")], row[head.index("Realism")], row[head.index("error")]) == ("a.jpg", "0.6143", "")


@given(st.sets(names, max_size=20))
def test_two_files_never_share_a_cell(files):
    assert len({identity(file_cell(file)) for file in files}) == len({identity(file) for file in files})
    assert not any(file_cell(file).startswith(FORMULA_STARTS) for file in files)


def test_undecodable_names_and_ends_of_lines_are_written_in_text():
    assert file_cell(os.fsdecode(b"a\xff\\\n.jpg")) == "a\\xff\\\\\\n.jpg"


def test_no_name_steers_the_terminal_that_shows_the_file(path):
    controls = "".join(map(chr, (*range(1, 32), *range(127, 160))))
    write(path, predicted(f"a{controls}.jpg"), failed("b\x1b[2J.jpg"))
    text = path.read_text(encoding="utf-8-sig").replace("\t", "")
    assert all(line.isprintable() for line in text.splitlines())
    assert r"\u001b[2J.jpg" in text
    # Of a file that has them the rows are known again.
    path.write_text(path.read_text(encoding="utf-8-sig").replace(r"\u001b", "\x1b"), encoding="utf-8-sig")
    assert list(write(path, predicted(f"a{controls}.jpg"))) == [f"a{controls}.jpg"]
    assert len(rows(path)) == 2


def test_each_row_is_on_disk_at_once(path):
    with closing(Table(path)) as table:
        table.resume(["a.jpg", "b.jpg", "c.jpg"])
        for number, outcome in enumerate([failed("a.jpg"), predicted("b.jpg"), predicted("c.jpg")], 1):
            table.append(row_of(*outcome))
            assert len(rows(path)) == number
    assert [row["Realism"] for row in rows(path)] == ["", "0.6143", "0.6143"]
    assert not list(path.parent.glob(".*"))


def test_goes_on_where_it_ended(path):
    write(path, predicted("a.jpg"), failed("b.jpg"), failed("other.jpg"))
    done = write(path, predicted("./a.jpg", confidence=0.9), predicted("b.jpg", confidence=0.7), predicted("c.jpg"))
    assert {file: row["confidence"] for file, row in done.items()} == {"./a.jpg": "0.6143"}
    assert [(row["file"], row["confidence"], bool(row["error"])) for row in rows(path)] == [
        ("a.jpg", "0.6143", False),
        ("other.jpg", "", True),
        ("b.jpg", "0.7", False),
        ("c.jpg", "0.6143", False),
    ]


def test_nothing_to_change_changes_nothing(path):
    write(path, predicted("a.jpg"))
    before = path.stat()
    write(path, predicted("a.jpg"))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@settings(max_examples=60)
@given(outcomes, st.data())
def test_cut_at_any_byte_after_the_header_nothing_is_lost_and_nothing_twice(some, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.csv"
        write(path, *some)
        whole, before = path.read_bytes(), {row["file"]: row for row in rows(path)}
        # The header comes into its place as a whole.
        header = whole.index(b'"time"\n') + len(b'"time"\n')
        cut = data.draw(st.integers(header, len(whole)), label="cut")
        path.write_bytes(whole[:cut])
        begun = len(rows(path))
        done = write(path, *some)
        after = rows(path)
        assert len(after) == len(before) == len({identity(file_cell(file)) for file, _ in some})
        assert {row["file"]: row for row in after} == before
        assert all("error" not in row for row in done.values())
        # The row that was cut is sent again, and none before it.
        assert len(done) >= sum(not row["error"] for row in list(before.values())[: max(0, begun - 1)])


def test_a_killed_command_s_half_row_is_taken_away(path):
    write(path, *map(predicted, NAMES))
    whole = path.read_bytes()
    for cut in range(1, len(whole) - whole.rindex(b'"', 0, whole.index("é".encode())) + 1):
        path.write_bytes(whole[:-cut])
        assert len(write(path, *map(predicted, NAMES))) == len(NAMES) - 1, cut
        assert len(rows(path)) == len(NAMES)


def test_a_file_of_before_errors_had_words_is_gone_on_with(path):
    header = [*HEAD, "Abstract", "Realism", "error", "time"]
    done = ["b.jpg", "Realism", "0.6143", "true", "0.4127", "0.85", "3", "0.3857", "0.6143", "", TIME]
    other, again = (["x.jpg", *[""] * 8, "The file is empty.", TIME], ["a.jpg", *[""] * 8, "The file is empty.", TIME])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, done, other, again])
    assert list(write(path, predicted("b.jpg", confidence=0.9), predicted("a.jpg"))) == ["b.jpg"]
    assert [(row["file"], row["confidence"], row["error"], row["reason"]) for row in rows(path)] == [
        ("b.jpg", "0.6143", "", ""),
        ("x.jpg", "", "unknown", "The file is empty."),
        ("a.jpg", "0.6143", "", ""),
    ]
    assert list(rows(path)[0]) == [*HEAD, "Abstract", "Realism", *TAIL]


def test_an_empty_file_is_begun(path):
    path.touch()
    write(path, predicted("a.jpg"))
    assert len(rows(path)) == 1


def test_as_another_program_saves_it(path):
    write(path, failed("a, b.jpg"), predicted("b.jpg"))
    lines = [list(row.values()) for row in rows(path)]
    header = list(rows(path)[0])
    lines[1][3] = "TRUE"
    for end in ("\r\n", ""):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])
        path.write_bytes(path.read_bytes().removesuffix(b"\r\n") + end.encode())
        # A last line without its end may be half a row: its picture is sent again.
        assert list(write(path, predicted("a, b.jpg", confidence=0.9), predicted("b.jpg"))) == (["b.jpg"] if end else [])
        assert {row["file"] for row in rows(path)} == {"b.jpg", "a, b.jpg"}


@pytest.mark.parametrize(
    "text",
    [
        b"file",
        b"name,genre\n",
        b"file,genre,confidence,certain,typicality,expected_accuracy,model_version,error,time\n1,2\n",
        b"file;genre;confidence;certain;typicality;expected_accuracy;model_version;error;time\n",
        b"file,genre,confidence,certain,typicality,expected_accuracy,model_version,error\n",
        b"file,genre,confidence,certain,typicality,expected_accuracy,model_version,error,time\nx\n",
        b"file,genre,confidence,certain,model version,error,time\n",
        b'"a"b\n',
        b"\x89PNG\r\n\x1a\n",
        b"My notes on all paintings",
        b"my,notes\n1,2\n",
        b"\n",
    ],
)
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


def test_a_file_that_was_replaced_in_between_is_noticed(path, monkeypatch):
    path.touch()
    lock = fcntl.flock

    def replace_then_lock(file, operation):
        (path.parent / "new").touch()
        (path.parent / "new").replace(path)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", replace_then_lock)
    with pytest.raises(InvalidInput, match=r"^Another command is writing to "):
        Table(path)


def test_a_link_stays_a_link_and_the_mode_stays(path):
    real = path.parent / "real.csv"
    write(real, failed("a.jpg"))
    real.chmod(0o640)
    path.symlink_to(real)
    write(path, predicted("a.jpg"))
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert rows(real)[0]["genre"] == "Realism"


class Disk(FileIO):
    """`room` bytes are left, and a call writes at most 5."""

    room = 1000

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(bytes(data)[: min(5, self.room)])
        self.room -= written
        return written


def test_a_full_disk_is_one_sentence_and_the_next_command_goes_on(path, monkeypatch):
    write(path, predicted("a.jpg"))
    monkeypatch.setattr("ragam.table.FileIO", Disk)
    with closing(Table(path)) as table:
        table.resume([])
        table.append(row_of(*predicted("b.jpg")))
        table._file.room = 12
        with pytest.raises(NotWritable, match=r"cannot be written: No space left on device\.$"):
            table.append(row_of(*predicted("c.jpg")))
    monkeypatch.undo()
    assert list(write(path, *map(predicted, ["a.jpg", "b.jpg", "c.jpg"]))) == ["a.jpg", "b.jpg"]
    assert [row["file"] for row in rows(path)] == ["a.jpg", "b.jpg", "c.jpg"]
