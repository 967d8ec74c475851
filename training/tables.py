"""Tables as spreadsheets save them: CSV in UTF-8 with its mark or without, Unicode text, split by commas, semicolons or tabs."""

import codecs
import csv
import io
from pathlib import Path

from training.config import StageError
from training.files import regular
from training.reading import reading


def read_table(file: Path, as_is: str = "") -> tuple[list[str], list[dict[str, str]]]:
    """The columns of a table and its lines, without the empty ones that a spreadsheet may save behind the last. Raises StageError.

    as_is: the column whose blanks around a cell stay.
    """
    with reading(f"{file} cannot be read: {{cause}}."):
        try:
            reader = _reader(regular(file).read_bytes())
        except UnicodeDecodeError as error:
            raise StageError(f"{file} cannot be read: it is not UTF-8. Save it as 'CSV UTF-8'.") from error
        names = [name.strip() for name in reader.fieldnames or () if name]
        lines = [{str(name).strip(): value or "" for name, value in line.items() if isinstance(value, str | None)} for line in reader]
    lines = [{name: value if name == as_is else value.strip() for name, value in line.items()} for line in lines]
    return names, [line for line in lines if any(value.strip() for value in line.values())]


def _reader(data: bytes) -> "csv.DictReader[str]":
    """Raises UnicodeDecodeError for what is neither UTF-8 nor, with its mark, UTF-16."""
    text = data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    head, _, rest = text.partition("\n")
    if head.startswith("sep="):
        # Excel's own way to tell how the columns are split.
        text, head = rest, rest.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
