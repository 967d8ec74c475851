"""The CSV on disk: what it has already is not asked again, each new row is appended whole, and only one command writes to it."""

import fcntl
import os
import shutil
from collections.abc import Iterable
from io import FileIO
from pathlib import Path

from ragam.errors import Mistake, Unwritable
from ragam.files import identity
from ragam.results import Answer
from ragam.table import NotOurs, Row, Table, file_cell, read


class Record:
    """The file at `path`, made where there is none. Raises Mistake where it is another's, and Unwritable throughout."""

    def __init__(self, path: Path) -> None:
        # The file that a link leads to, for it is replaced when it is written anew.
        self._path = path.resolve()
        try:
            self._file = _locked(self._path, "ab")
        except BlockingIOError as error:
            raise Mistake(f"Another command is writing to {path}.") from error
        except OSError as error:
            raise Mistake(f"{path} cannot be written: {error.strerror}.") from error
        self._genres: list[str] = []

    def resume(self, files: Iterable[str]) -> dict[str, Row]:
        """The answered rows of `files`, by file. Repairs what a killed command left, and takes out the errors of `files`."""
        table = self._read()
        done = {}
        for file in files:
            key = identity(file_cell(file))
            if key in table.rows:
                if table.rows[key].is_answered:
                    done[file] = table.rows[key]
                else:
                    del table.rows[key]
        self._write(table)
        return done

    def append(self, answer: Answer) -> None:
        row = Row.of(answer)
        if row.scores.keys() <= set(self._genres):
            try:
                self._put(row.text(self._genres))
            except OSError as error:
                raise Unwritable(f"{self._path} cannot be written: {error.strerror}.") from error
        else:
            # The first answer, or one of a model with other genres: the header changes.
            table = self._read()
            table.add(row)
            self._write(table)

    def close(self) -> None:
        self._file.close()

    def _read(self) -> Table:
        try:
            return read(self._path.read_bytes())
        except NotOurs as error:
            raise Mistake(f"{self._path} is no CSV of this command, or was changed. Name another file with --csv.") from error
        except OSError as error:
            raise Mistake(f"{self._path} cannot be read: {error.strerror}.") from error

    def _write(self, table: Table) -> None:
        """The file anew, by one rename, if it differs: at every moment there is the old one or the new one."""
        self._genres = table.genres
        text = table.text()
        try:
            if text == self._path.read_bytes():
                return
            beside = self._path.with_name(f".{self._path.name}.part")
            # Locked before it has the name, so that no other command comes between.
            file, old = _locked(beside, "wb"), self._file
            self._file = file
            self._put(text)
            os.fsync(file.fileno())
            shutil.copymode(self._path, beside)
            beside.replace(self._path)
            old.close()
        except OSError as error:
            raise Unwritable(f"{self._path} cannot be written: {error.strerror}.") from error

    def _put(self, text: bytes) -> None:
        rest = memoryview(text)
        while rest:
            # One call, but for a full disk: a row is there whole, or the next command takes its beginning away.
            rest = rest[self._file.write(rest) :]


def _locked(path: Path, mode: str) -> FileIO:
    file = FileIO(path, mode.replace("b", ""))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            # Another command has put a new file in its place since it was opened.
            raise BlockingIOError
    except OSError:
        file.close()
        raise
    return file
