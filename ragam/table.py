"""The CSV: what it has an answer for is not asked again, each row is appended whole, and only one command at a time writes to it.

    file, genre, confidence, certain, typicality, expected accuracy, model version, a column for each genre with its score, error, time

UTF-8 with a byte order mark, which spreadsheets need to show accents; every cell in quotes, so that a program that splits at semicolons
keeps a name together; no cell that a spreadsheet would take for a formula. A picture without an answer has only file, error and time;
what the version of the model does not tell is empty.
"""

import codecs
import csv
import fcntl
import io
import os
import shutil
from collections.abc import Iterable
from io import FileIO
from pathlib import Path

from ragam.errors import InvalidInput, NotWritable, RagamError
from ragam.files import identity
from ragam.results import Prediction

HEAD = ("file", "genre", "confidence", "certain", "typicality", "expected accuracy", "model version")
TAIL = ("error", "time")
# The last are the wide forms, which East Asian spreadsheets read alike.
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# New genres write the file anew. A service that names others for every picture must not do so for ever.
MAX_GENRES = 1000

# Cells by their column. An empty cell is left out.
Row = dict[str, str]


class Table:
    """The file at `path`, made where there is none. Raises InvalidInput where it is another's, and NotWritable throughout."""

    def __init__(self, path: Path) -> None:
        # The file that a link leads to, for it is replaced when it is written anew.
        self._path = path.resolve()
        try:
            self._file = _locked(self._path, "a")
        except BlockingIOError as error:
            raise InvalidInput(f"Another command is writing to {path}.") from error
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error
        self._genres: list[str] = []

    def resume(self, files: Iterable[str]) -> dict[str, Row]:
        """The answered rows of `files`, by file. Repairs what a killed command left, and takes out the errors of `files`."""
        genres, rows = self._read()
        done = {}
        for file in files:
            row = rows.get(identity(file_cell(file)), {})
            if "error" in row:
                del rows[identity(file_cell(file))]
            elif row:
                done[file] = row
        self._write(genres, rows)
        return done

    def append(self, row: Row) -> None:
        new = row.keys() - {*HEAD, *TAIL, *self._genres}
        if new:
            # The first answer, or one of a model with other genres: the header changes. Sorted, for a model's order is best first.
            genres, rows = self._read()
            _add(rows, row)
            self._write([*genres, *sorted(new)], rows)
        else:
            self._put(_text(self._genres, [row]))

    def close(self) -> None:
        self._file.close()

    def _read(self) -> tuple[list[str], dict[str, Row]]:
        try:
            return read(self._path.read_bytes())
        except ValueError as error:
            raise InvalidInput(f"{self._path} is not a CSV of this command, or was changed. Name another file with --csv.") from error
        except OSError as error:
            raise InvalidInput(f"{self._path} cannot be read: {error.strerror}.") from error

    def _write(self, genres: list[str], rows: dict[str, Row]) -> None:
        """The file anew, by one rename, if it differs: at every moment there is the old one or the new one."""
        if len(genres) > MAX_GENRES:
            raise NotWritable(f"The service names more than {MAX_GENRES} genres, more columns than {self._path} may have.")
        self._genres = genres
        columns = [*HEAD, *genres, *TAIL]
        text = codecs.BOM_UTF8 + _text(genres, [dict(zip(columns, columns, strict=True)), *rows.values()])
        try:
            if text == self._path.read_bytes():
                return
            beside = self._path.with_name(f".{self._path.name}.part")
            # Locked before it has the name, so that no other command comes between.
            old, self._file = self._file, _locked(beside, "w")
            self._put(text)
            os.fsync(self._file.fileno())
            shutil.copymode(self._path, beside)
            beside.replace(self._path)
            old.close()
        except OSError as error:
            raise NotWritable(f"{self._path} cannot be written: {error.strerror}.") from error

    def _put(self, text: bytes) -> None:
        # One call: a row is there whole, or, on a full disk, the next command takes its beginning away.
        try:
            while text:
                text = text[self._file.write(text) :]
        except OSError as error:
            raise NotWritable(f"{self._path} cannot be written: {error.strerror}.") from error


def row_of(file: str, found: Prediction | RagamError, time: str) -> Row:
    row = {"file": file_cell(file), "time": time}
    if isinstance(found, RagamError):
        return {**row, "error": harmless(str(found))}
    row.update(genre=harmless(found.genre), confidence=repr(found.confidence))
    if found.certain is not None:
        row["certain"] = "true" if found.certain else "false"
    for column, value in (("typicality", found.typicality), ("expected accuracy", found.expected_accuracy)):
        if value is not None:
            row[column] = repr(value)
    return {**row, "model version": str(found.model_version), **{harmless(genre): repr(score) for genre, score in found.scores.items()}}


def file_cell(name: str) -> str:
    """`name` as text for which identity(file_cell(a)) == identity(file_cell(b)) only where a and b are one file.

    A name that would be taken for a formula gets ./ before it and stays a name of the same file. Bytes that are no UTF-8, which a disk
    allows, are written \\xff; so that no other name looks like that, a backslash is written twice.
    """
    text = name.replace("\\", "\\\\").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return f"./{text}" if text.startswith(FORMULA_STARTS) else text


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would take it for a formula, or this module for another column."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text in {*HEAD, *TAIL} else text


def read(data: bytes) -> tuple[list[str], dict[str, Row]]:
    """The genres, and the rows by the identity of their file, without half a row at the end. Raises ValueError for other data."""
    stream, lines = io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""), []
    try:
        for cells in csv.reader(stream, strict=True):
            lines += [cells] if cells else []
    except csv.Error as error:
        # At the end it is half a row, with its last cell's quotes open.
        if stream.read(1):
            raise ValueError from error
    if not data:
        return [], {}
    header = lines.pop(0) if lines else []
    genres = header[len(HEAD) : -len(TAIL)]
    if lines and not data.endswith(b"\n") and (len(lines[-1]) != len(header) or not lines[-1][-1]):
        # Half a row that ends between two cells.
        lines.pop()
    if header != [*HEAD, *genres, *TAIL] or any(len(cells) != len(header) for cells in lines):
        raise ValueError
    rows: dict[str, Row] = {}
    for cells in lines:
        _add(rows, {column: cell for column, cell in zip(header, cells, strict=True) if cell})
    return genres, rows


def _add(rows: dict[str, Row], row: Row) -> None:
    """One row a picture: an answer takes the place of an error, and the first answer stays."""
    key = identity(row.get("file", ""))
    if key not in rows or "error" in rows[key]:
        rows[key] = row


def _text(genres: list[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    csv.DictWriter(text, [*HEAD, *genres, *TAIL], quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _locked(path: Path, mode: str) -> FileIO:
    file = FileIO(path, mode)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            # Another command has put a new file in its place since it was opened.
            raise BlockingIOError
    except OSError:
        file.close()
        raise
    return file
