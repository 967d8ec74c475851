"""Pieces of a file in memory, read as one file without a copy of them."""

import io
from collections.abc import Iterable
from itertools import accumulate


class Pieces(io.RawIOBase):
    """The bytes `spans`, (start, end), of `data` one after the other."""

    def __init__(self, data: bytes | memoryview, spans: Iterable[tuple[int, int]]) -> None:
        super().__init__()
        view = memoryview(data)
        self._pieces = [view[start:end] for start, end in spans]
        self._ends = list(accumulate(len(piece) for piece in self._pieces))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ends[-1] if self._ends else 0}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Fewer bytes than `size` only at the end."""
        wanted = -1 if size is None or size < 0 else size
        found = []
        start = 0
        for piece, end in zip(self._pieces, self._ends, strict=True):
            if wanted and self._position < end:
                at = self._position - start
                part = piece[at:] if wanted < 0 else piece[at : at + wanted]
                found.append(part)
                self._position += len(part)
                if wanted > 0:
                    wanted -= len(part)
            start = end
        return b"".join(found)
