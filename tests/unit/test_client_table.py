import codecs
import csv
import io
import os
from pathlib import Path

import pytest
from client_rows import AWKWARD, answers, failed, names, predicted
from hypothesis import given
from hypothesis import strategies as st

from ragam.files import identity
from ragam.table import FORMULA_STARTS, NotOurs, Row, Table, file_cell, harmless, read


def table_of(*given_answers):
    table = Table()
    for answer in given_answers:
        table.add(Row.of(answer))
    return table


def cells(data):
    """As another program reads it."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


FULL = table_of(*(failed(name) if number % 3 == 0 else predicted(name) for number, name in enumerate(AWKWARD)))


def test_columns():
    header, first, second = cells(table_of(failed("a.jpg"), predicted("b.jpg")).text())
    assert header == ["file", "genre", "confidence", "certain", "model version", "Abstract", "Realism", "error", "time"]
    assert first[:-1] == ["a.jpg", "", "", "", "", "", "", 'The file is empty. Send "a" picture.']
    assert second[:-1] == ["b.jpg", "Realism", "0.6143", "true", "3", "0.3857", "0.6143", ""]
    assert first[-1].endswith("+00:00")


def test_columns_stay_where_they_are_when_genres_come():
    table = table_of(predicted("a.jpg", ("Realism", "Abstract")), predicted("b.jpg", ("Cubism", "Realism", "Baroque")))
    header, first, second = cells(table.text())
    assert header[5:-2] == ["Abstract", "Realism", "Baroque", "Cubism"]
    assert first[5:-2] == ["0.3857", "0.6143", "", ""]
    assert second[5] == ""


def test_a_spreadsheet_sees_utf_8_and_quotes():
    text = table_of(predicted("é;=1+1.jpg")).text()
    assert text.startswith(codecs.BOM_UTF8)
    assert '"é;=1+1.jpg",'.encode() in text


@pytest.mark.parametrize(
    "name", ["=cmd|' C calc'!A0.jpg", "+1.jpg", "-1.jpg", "@SUM(A1).jpg", "\t=1.jpg", "\r=1.jpg", "\n=1.jpg", "\uff1d1.jpg"]
)
def test_a_name_is_no_formula_and_still_names_its_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"here")
    cell = file_cell(name)
    assert not cell.startswith(FORMULA_STARTS)
    assert Path(cell).read_bytes() == b"here"
    assert identity(cell) == identity(name)


def test_what_others_say_is_no_formula_either():
    row = Row.of(failed("a.jpg", "=1+1"))
    assert row.error == "'=1+1"
    row = Row.of(predicted("a.jpg", ("=1+1", "-x")))
    assert (row.genre, list(row.scores)) == ("'=1+1", ["'=1+1", "'-x"])
    assert harmless("plain") == "plain"


@given(st.sets(names, max_size=20))
def test_two_files_never_share_a_cell(files):
    assert len({identity(file_cell(file)) for file in files}) == len({identity(file) for file in files})
    assert not any(file_cell(file).startswith(FORMULA_STARTS) for file in files)


@given(answers)
def test_what_was_written_is_read(some):
    table = table_of(*some)
    assert read(table.text()) == table
    assert len(cells(table.text())) == 1 + len({identity(answer.file) for answer in some})


def test_cut_at_any_byte_every_whole_row_is_read():
    text = FULL.text()
    keys = list(FULL.rows)
    # Where each row ends, without the end of its line: from there on it is whole.
    ends = []
    for count in range(1, len(keys) + 1):
        part = Table(FULL.genres, {key: FULL.rows[key] for key in keys[:count]})
        ends.append(len(part.text()) - 1)
    assert ends[-1] == len(text) - 1
    for cut in range(len(text) + 1):
        table = read(text[:cut])
        expected = keys[: sum(end <= cut for end in ends)]
        assert list(table.rows) == expected, cut
        assert all(table.rows[key] == FULL.rows[key] for key in expected)
        # What is written from here on is as if nothing had been cut.
        for row in FULL.rows.values():
            table.add(row)
        assert cells(table.text()) == cells(text)


@given(answers, st.data())
def test_cut_anywhere_and_completed_it_is_the_same(some, data):
    whole = table_of(*some)
    text = whole.text()
    table = read(text[: data.draw(st.integers(0, len(text)))])
    for row in whole.rows.values():
        table.add(row)
    by_name = {tuple(line[:1]): dict(zip(cells(text)[0], line, strict=True)) for line in cells(text)[1:]}
    again = cells(table.text())
    assert {tuple(line[:1]): dict(zip(again[0], line, strict=True)) for line in again[1:]} == by_name
    assert len(again) == len(cells(text))


def test_an_answer_takes_an_error_s_place_and_the_first_answer_stays():
    table = table_of(failed("a.jpg"), predicted("./a.jpg", confidence=0.9), predicted("a.jpg", confidence=0.8), failed("a.jpg"))
    [row] = table.rows.values()
    assert row.confidence == "0.9"


def test_as_another_program_saves_it():
    lines = cells(table_of(failed("a, b.jpg"), predicted("b.jpg")).text())
    lines[2][3] = "TRUE"
    plain = io.StringIO()
    csv.writer(plain).writerows(lines)
    for text in (plain.getvalue(), plain.getvalue().rstrip("\r\n")):
        table = read(text.encode())
        assert [row.file for row in table.rows.values()] == ["a, b.jpg", "b.jpg"]
        assert table.rows[identity("b.jpg")].is_certain


@pytest.mark.parametrize(
    "text",
    [
        b"file",
        b"name,genre\n",
        b"file,genre,confidence,certain,model version,error,time\n1,2\n",
        b"file;genre;confidence;certain;model version;error;time\n",
        b"file,genre,confidence,certain,model version,error\n",
        b'"a"b\n',
        b"\x89PNG\r\n\x1a\n",
        b"file,genre,confidence,certain,model version,error,time\n\xff,,,,,,\n",
        b"My notes on all paintings",
    ],
)
def test_what_is_not_ours_is_refused(text):
    with pytest.raises(NotOurs):
        read(text)


def test_undecodable_names_are_written_in_text():
    assert file_cell(os.fsdecode(b"a\xff\\.jpg")) == "a\\xff\\\\.jpg"
