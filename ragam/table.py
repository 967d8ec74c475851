"""The rows of the CSV and their text, both ways; a text that was cut off anywhere can be read.

    file, genre, confidence, certain, model version, a column for each genre with its score, error, time

UTF-8 with a byte order mark, which spreadsheets need to show accents; every cell in quotes, so that a program that splits at
semicolons keeps a name together; no cell that a spreadsheet would take for a formula. A picture without an answer has only file,
error and time.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ragam.files import identity
from ragam.results import Answer

HEAD = ("file", "genre", "confidence", "certain", "model version")
TAIL = ("error", "time")
# The last are the wide forms, which East Asian spreadsheets read alike.
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


class NotOurs(Exception):
    """The text is not what this module writes."""


@dataclass(frozen=True)
class Row:
    """Cells as they stand in the file. `scores` by genre, empty where there is an error."""

    file: str
    genre: str
    confidence: str
    certain: str
    version: str
    scores: dict[str, str]
    error: str
    time: str

    @classmethod
    def of(cls, answer: Answer) -> "Row":
        found = answer.prediction
        if found is None:
            return cls(file_cell(answer.file), "", "", "", "", {}, harmless(answer.error), answer.moment())
        scores = {harmless(genre): repr(score) for genre, score in found.scores}
        certain = "true" if found.certain else "false"
        return cls(
            file_cell(answer.file), harmless(found.genre), repr(found.confidence), certain, str(found.version), scores, "", answer.moment()
        )

    @property
    def is_answered(self) -> bool:
        return not self.error

    @property
    def is_certain(self) -> bool:
        # Spreadsheets write it in capitals.
        return self.certain.lower() == "true"

    def text(self, genres: Iterable[str]) -> bytes:
        scores = (self.scores.get(genre, "") for genre in genres)
        return _line([self.file, self.genre, self.confidence, self.certain, self.version, *scores, self.error, self.time])


@dataclass
class Table:
    """Rows by the identity of their file, in the order in which they came; `genres` in the order of their columns."""

    genres: list[str] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Once a picture: an answer takes the place of an error, and the first answer stays."""
        known = self.rows.get(identity(row.file))
        if known is None or not known.is_answered:
            self.rows[identity(row.file)] = row
        # New columns come behind the old ones, sorted: a model's order is best first, another one for each picture.
        self.genres += sorted(row.scores.keys() - set(self.genres))

    def text(self) -> bytes:
        header = codecs.BOM_UTF8 + _line([*HEAD, *self.genres, *TAIL])
        return header + b"".join(row.text(self.genres) for row in self.rows.values())


def file_cell(name: str) -> str:
    """`name` as text for which identity(file_cell(a)) == identity(file_cell(b)) only where a and b are one file.

    A name that would be taken for a formula gets ./ before it and stays a name of the same file. Bytes that are no UTF-8, which a disk
    allows, are written \\xff; so that no other name looks like that, a backslash is written twice.
    """
    text = name.replace("\\", "\\\\").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return f"./{text}" if text.startswith(FORMULA_STARTS) else text


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def read(data: bytes) -> Table:
    """The table in `data`, without a row at its end that is not whole. Raises NotOurs."""
    end, is_quoted = 0, False
    for mark in re.finditer(rb'["\n]', data):
        if mark[0] == b'"':
            is_quoted = not is_quoted
        elif not is_quoted:
            end = mark.end()
    whole, rest = data[:end], data[end:]
    if not whole:
        start = codecs.BOM_UTF8 + _line(HEAD).rstrip(b"\n")
        if not rest.startswith(start) and not start.startswith(rest):
            raise NotOurs
        return Table()
    header, *lines = _cells(whole)
    genres = header[len(HEAD) : -len(TAIL)]
    if header != [*HEAD, *genres, *TAIL] or any(len(line) != len(header) for line in lines):
        raise NotOurs
    if rest and not is_quoted:
        # Cut between the last cell and the end of its line, or written by a program that ends no last line.
        lines += [line for line in _cells(rest) if len(line) == len(header) and line[-1]]
    table = Table(genres)
    for file, genre, confidence, certain, version, *more in lines:
        scores = {genre: score for genre, score in zip(genres, more, strict=False) if score}
        table.add(Row(file, genre, confidence, certain, version, scores, *more[len(genres) :]))
    return table


def _cells(data: bytes) -> list[list[str]]:
    try:
        return [line for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotOurs from error


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
