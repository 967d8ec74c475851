"""The CSV: what it has an answer for is not asked again, each row is appended whole, and only one command at a time writes to it.

UTF-8 with a byte order mark, which spreadsheets need to show accents; every cell in quotes, so that a program that splits at semicolons
keeps a name together; no cell that a spreadsheet would take for a formula. What a row has not is empty.
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
from ragam.files import identity, new_beside
from ragam.rows import HEAD, TAIL, Row, cells_of_any_length, harmless, is_formula

# New genres write the file anew. A service that names others for every picture must not do so for ever.
MAX_GENRES = 1000

# As it was before errors had words, when this column held the sentence; and the word of such an error.
EARLIER_TAIL, UNKNOWN = ["error", "time"], RagamError.word

# What steers a terminal that shows the file, but for the ends of lines, which file_cell() writes, and the tabulator: as in JSON. The last
# two end lines or turn the direction of what follows. The same in gateway/page/export/controls.js.
STEERING = (*range(32), *range(127, 160), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
CONTROLS = {code: f"\\u{code:04x}" for code in STEERING if chr(code) not in "\t\n\r"}

# Text by column. An empty cell is left out.
Cells = dict[str, str]


class Table:
    """The file at `path`, made where there is none. Raises InvalidInput where it is another's, and NotWritable throughout."""

    def __init__(self, path: Path) -> None:
        # The file that a link leads to, for it is replaced when it is written anew.
        self.path = path.resolve()
        try:
            self._file = _locked(self.path, "a")
        except BlockingIOError as error:
            raise InvalidInput(f"Another command is writing to {path}.") from error
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error
        self._genres: list[str] = []
        self._answered: dict[str, Cells] = {}

    def resume(self, files: Iterable[str]) -> None:
        """Takes out the errors of `files`, repairs what a killed command left, and leaves one row a picture."""
        genres, rows = self._read()
        for file in files:
            if "error" in rows.get(identity(file_cell(file)), {}):
                del rows[identity(file_cell(file))]
        self._answered = {key: cells for key, cells in rows.items() if "error" not in cells}
        self._write(genres, rows)

    def answer(self, file: str) -> Cells | None:
        """The row of `file` as resume() has found it, None where it had no answer."""
        return self._answered.get(identity(file_cell(file)))

    def append(self, row: Row) -> None:
        cells = cells_of(row)
        new = cells.keys() - {*HEAD, *TAIL, *self._genres}
        if new:
            # The first answer, or one of a model with other genres: the header changes. Sorted, for a model's order is best first.
            genres, rows = self._read()
            _add(rows, cells)
            self._write([*genres, *sorted(new)], rows)
        else:
            self._put(_text(self._genres, [cells]))

    def close(self) -> None:
        self._file.close()

    def _read(self) -> tuple[list[str], dict[str, Cells]]:
        try:
            return read(self.path.read_bytes())
        except ValueError as error:
            raise InvalidInput(f"{self.path} is not a CSV of this command, or was changed. Name another file with --csv.") from error
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be read: {error.strerror}.") from error

    def _write(self, genres: list[str], rows: dict[str, Cells]) -> None:
        """The file anew, by one rename, if it differs: at every moment there is the old one or the new one."""
        if len(genres) > MAX_GENRES:
            raise NotWritable(f"The service names more than {MAX_GENRES} genres, more columns than {self.path} may have.")
        self._genres = genres
        columns = [*HEAD, *genres, *TAIL]
        text = codecs.BOM_UTF8 + _text(genres, [dict(zip(columns, columns, strict=True)), *rows.values()])
        try:
            if text == self.path.read_bytes():
                return
            beside = new_beside(self.path)
            # Locked before it has the name, so that no other command comes between.
            old, self._file = self._file, _locked(beside, "a")
            self._put(text)
            os.fsync(self._file.fileno())
            shutil.copymode(self.path, beside)
            beside.replace(self.path)
            old.close()
        except OSError as error:
            raise NotWritable(f"{self.path} cannot be written: {error.strerror}.") from error

    def _put(self, text: bytes) -> None:
        # One call: a row is there whole, or, on a full disk, the next command takes its beginning away.
        try:
            while text:
                text = text[self._file.write(text) :]
        except OSError as error:
            raise NotWritable(f"{self.path} cannot be written: {error.strerror}.") from error


def cells_of(row: Row) -> Cells:
    texts = {column: harmless(value) if isinstance(value, str) else repr(value) for column, value in row.items() if value is not None}
    if row.get("certain") is not None:
        texts["certain"] = texts["certain"].lower()
    return {**texts, "file": file_cell(str(row["file"]))}


def file_cell(name: str) -> str:
    """`name` as text for which identity(file_cell(a)) == identity(file_cell(b)) only where a and b are one file.

    A name that would be taken for a formula gets ./ before it and stays a name of the same file. Bytes that are no UTF-8, which a disk
    allows, are written \\xff, the ends of lines \\n and \\r, so that a row is a line, and what else steers a terminal \\u001b; a
    backslash is written twice, so that the name can be told from the cell.
    """
    text = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").translate(CONTROLS)
    return f"./{text}" if is_formula(text) else text


def read(data: bytes) -> tuple[list[str], dict[str, Cells]]:
    """The genres, and the rows by the identity of their file, without half a row at the end. Raises ValueError for other data."""
    if not data:
        return [], {}
    # Earlier versions wrote control characters as they are.
    text = data[: data.rfind(b"\n") + 1].decode("utf-8-sig", "surrogateescape").translate(CONTROLS)
    try:
        with cells_of_any_length():
            header, *lines = [cells for cells in csv.reader(io.StringIO(text, newline=""), strict=True) if cells] or [[]]
    except csv.Error as error:
        raise ValueError from error
    if header[-2:] == EARLIER_TAIL:
        header = [*header[:-2], *TAIL]
        lines = [[*cells[:-2], UNKNOWN if any(cells[-2:-1]) else "", *cells[-2:]] for cells in lines]
    genres = header[len(HEAD) : -len(TAIL)]
    if header != [*HEAD, *genres, *TAIL] or any(len(cells) != len(header) for cells in lines):
        raise ValueError
    rows: dict[str, Cells] = {}
    for cells in lines:
        # As file_cell() writes it: earlier versions passed over blanks before a formula.
        cells[0] = f"./{cells[0]}" if is_formula(cells[0]) else cells[0]
        _add(rows, {column: cell for column, cell in zip(header, cells, strict=True) if cell})
    return genres, rows


def _add(rows: dict[str, Cells], cells: Cells) -> None:
    """One row a picture: an answer takes the place of an error, and the first answer stays."""
    key = identity(cells.get("file", ""))
    if key not in rows or "error" in rows[key]:
        rows[key] = cells


def _text(genres: list[str], rows: Iterable[Cells]) -> bytes:
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
