"""A row of the results: columns of the same names in JSON Lines, CSV and Parquet, and in what the page saves.

file, genre, confidence, certain, typicality, expected_accuracy, model_version, a column for each genre with its score, error, reason, time
"""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ragam.errors import InvalidInput, NotWritable, RagamError
from ragam.files import new_beside
from ragam.results import Prediction

HEAD = ("file", "genre", "confidence", "certain", "typicality", "expected_accuracy", "model_version")
TAIL = ("error", "reason", "time")
# The page's alone.
OF_A_PERSON = ("verdict", "remark", "judged_at", "judged_by")
# The last are the wide forms, which East Asian spreadsheets read alike.
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

Row = dict[str, str | float | bool | None]


def row_of(file: str, found: Prediction | RagamError) -> Row:
    """None in a column is what there is not: all but error and reason without an answer, and what the version does not tell."""
    row: Row = {**dict.fromkeys(HEAD), "file": file}
    last: Row = {"error": None, "reason": None, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    if isinstance(found, RagamError):
        return {**row, **last, "error": found.error, "reason": str(found)}
    row |= {column: getattr(found, column) for column in HEAD[1:-1]}
    row["model_version"] = found.model.version
    return {**row, **{column_of(genre): found.scores[genre] for genre in sorted(found.scores)}, **last}


def column_of(genre: str) -> str:
    """No column of another name or genre is called so."""
    return f"'{genre}" if genre.startswith("'") or genre in {*HEAD, *TAIL, *OF_A_PERSON} else harmless(genre)


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Also with blanks before it."""
    return text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)


@contextmanager
def cells_of_any_length() -> Iterator[None]:
    """Reads what was written: csv refuses to read cells of more than 131,072 characters, which it writes."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def check_parquet(path: Path) -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InvalidInput("--parquet needs the package pyarrow. Install pyarrow.") from error
    if not path.parent.is_dir():
        raise InvalidInput(f"{path} cannot be written: its folder is not there.")


def write_parquet(table: Path, path: Path) -> None:
    """The CSV `table` as Parquet, by one rename, a piece at a time."""
    import pyarrow as pa
    from pyarrow import csv as tables
    from pyarrow import parquet

    types = {
        **dict.fromkeys(("file", "genre", "error", "reason"), pa.string()),
        "certain": pa.bool_(),
        "model_version": pa.int64(),
        "time": pa.timestamp("ms", "UTC"),
    }
    try:
        beside = new_beside(path)
        with table.open(encoding="utf-8-sig", newline="") as file, cells_of_any_length():
            columns = next(csv.reader(file))
        kinds = {column: types.get(column, pa.float64()) for column in columns}
        options = tables.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True)
        with tables.open_csv(table, convert_options=options) as rows, parquet.ParquetWriter(beside, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        beside.replace(path)
    except (OSError, pa.ArrowException) as error:
        raise NotWritable(f"{path} cannot be written: {error}.") from error
