import csv
import fcntl
import stat
import tempfile
from io import FileIO
from pathlib import Path

import pytest
from client_rows import AWKWARD, answers, failed, predicted
from hypothesis import given, settings
from hypothesis import strategies as st

from ragam.errors import Mistake, Unwritable
from ragam.files import identity
from ragam.record import Record
from ragam.table import file_cell


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path, *some):
    record = Record(path)
    done = record.resume([answer.file for answer in some])
    for answer in some:
        if answer.file not in done:
            record.append(answer)
    record.close()
    return done


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "out.csv"


def test_each_row_is_on_disk_at_once(path):
    record = Record(path)
    record.resume(["a.jpg", "b.jpg", "c.jpg"])
    for number, answer in enumerate([failed("a.jpg"), predicted("b.jpg"), predicted("c.jpg")], 1):
        record.append(answer)
        assert len(rows(path)) == number
    record.close()
    assert [row["Realism"] for row in rows(path)] == ["", "0.6143", "0.6143"]
    assert not list(path.parent.glob(".*"))


def test_goes_on_where_it_ended(path):
    write(path, predicted("a.jpg"), failed("b.jpg"))
    done = write(path, predicted("./a.jpg", confidence=0.9), predicted("b.jpg", confidence=0.7), predicted("c.jpg"))
    assert [(file, row.confidence) for file, row in done.items()] == [("./a.jpg", "0.6143")]
    assert [(row["file"], row["confidence"], row["error"]) for row in rows(path)] == [
        ("a.jpg", "0.6143", ""),
        ("b.jpg", "0.7", ""),
        ("c.jpg", "0.6143", ""),
    ]


def test_errors_of_other_pictures_stay(path):
    write(path, failed("a.jpg"))
    write(path, predicted("b.jpg"))
    assert [row["file"] for row in rows(path)] == ["a.jpg", "b.jpg"]


def test_nothing_to_change_changes_nothing(path):
    write(path, predicted("a.jpg"))
    before = path.stat()
    write(path, predicted("a.jpg"))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@settings(max_examples=60, deadline=None)
@given(answers, st.data())
def test_cut_at_any_byte_nothing_is_lost_and_nothing_twice(some, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.csv"
        write(path, *some)
        whole = path.read_bytes()
        before = {row["file"]: row for row in rows(path)}
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole)), label="cut")])
        done = write(path, *some)
        after = rows(path)
        assert len(after) == len(before) == len({identity(file_cell(answer.file)) for answer in some})
        assert {row["file"]: row for row in after} == before
        assert all(before[row.file]["error"] == "" for row in done.values())


def test_a_killed_command_s_half_row_is_taken_away(path):
    write(path, *map(predicted, AWKWARD))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    done = write(path, *map(predicted, AWKWARD))
    assert len(done) == len(AWKWARD) - 1
    assert len(rows(path)) == len(AWKWARD)


def test_only_one_command_writes(path):
    first = Record(path)
    first.resume([])
    # After the file was replaced too.
    first.append(predicted("a.jpg"))
    with pytest.raises(Mistake, match=r"^Another command is writing to "):
        Record(path)
    first.close()
    Record(path).close()


def test_a_file_that_was_replaced_in_between_is_noticed(path, monkeypatch):
    path.touch()
    lock = fcntl.flock

    def replace_then_lock(file, operation):
        (path.parent / "new").touch()
        (path.parent / "new").replace(path)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", replace_then_lock)
    with pytest.raises(Mistake, match=r"^Another command is writing to "):
        Record(path)


def test_another_s_file_is_left_alone(path):
    path.write_bytes(b"my,notes\n1,2\n")
    record = Record(path)
    with pytest.raises(Mistake, match=r"is no CSV of this command"):
        record.resume(["a.jpg"])
    record.close()
    assert path.read_bytes() == b"my,notes\n1,2\n"


def test_a_link_stays_a_link_and_the_mode_stays(path):
    real = path.parent / "real.csv"
    write(real, failed("a.jpg"))
    real.chmod(0o640)
    path.symlink_to(real)
    write(path, predicted("a.jpg"))
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert rows(real)[0]["genre"] == "Realism"


def test_a_folder_that_is_not_there(path):
    with pytest.raises(Mistake, match=r"cannot be written: No such file or directory\.$"):
        Record(path / "out.csv")


def test_a_full_disk_is_one_sentence(path):
    record = Record(path)
    record.resume(["a.jpg"])
    record._file.close()
    record._file = FileIO("/dev/full", "a")
    record._genres = ["Abstract", "Realism"]
    with pytest.raises(Unwritable, match=r"cannot be written: No space left on device\.$"):
        record.append(predicted("a.jpg"))
    record.close()


def test_a_short_write_is_completed(path):
    record = Record(path)
    record.resume(["a.jpg"])
    record.append(predicted("a.jpg"))

    class Short:
        def __init__(self, file):
            self.file = file

        def write(self, data):
            return self.file.write(bytes(data[:5]))

    file = record._file
    record._file = Short(file)
    record.append(predicted("b.jpg"))
    file.close()
    assert [row["file"] for row in rows(path)] == ["a.jpg", "b.jpg"]
