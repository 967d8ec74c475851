"""How many clients want something of each worker, told to all workers, so that a newcomer goes to one with few.

The kernel gives a newcomer to whichever worker asks first, and that one has it for as long as the connection lasts: of eight clients
one worker may get six, whose pictures wait for each other while the other worker has nothing to do.
"""

import mmap

# A worker that starts in another's place has the next cell. Two that have the same one, after so many starts, only balance less well.
_CELLS = 256
_BYTES = 4

# In the cell of a worker that takes nobody: it has not begun, or it ends.
_AWAY = 2**31 - 1

# A worker with many clients may have this share of them more than another before it leaves newcomers to that one: to leave them costs
# a moment each, and one more among many waits for hardly longer.
_SLACK = 8


class Share:
    """One worker's cell: written by its loop, read by all."""

    def __init__(self, cells: memoryview, index: int) -> None:
        self._cells = cells
        self._index = index

    def tell(self, clients: int) -> None:
        self._cells[self._index] = clients

    def leave(self) -> None:
        """This worker takes nobody any more."""
        self._cells[self._index] = _AWAY

    def is_small(self) -> bool:
        """Whether no other worker has clearly fewer clients."""
        own = self._cells[self._index]
        return own <= min(self._cells) + own // _SLACK


class Shares:
    """The cells of all workers, made before they are forked, which has all of them see the same."""

    def __init__(self) -> None:
        self._cells = memoryview(mmap.mmap(-1, _CELLS * _BYTES)).cast("i")
        for index in range(_CELLS):
            self._cells[index] = _AWAY

    def of(self, age: int) -> Share:
        """Of the worker that gunicorn has started as its `age`-th."""
        return Share(self._cells, age % _CELLS)
