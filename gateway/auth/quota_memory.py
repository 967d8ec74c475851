"""The memory in which quota.py counts, for one process: the one of the library `limits`, which looks for what has run out at leisure."""

import time
from threading import Timer

from limits.storage import MemoryStorage

# How long a count may be kept that has run out. It is not believed meanwhile: whoever asks for it finds none.
EXPIRY_SECONDS = 5.0


class QuotaMemory(MemoryStorage):
    """The library's own looks through all its keys a hundredth of a second after nearly every request, which many addresses make dear."""

    def __init__(self) -> None:
        super().__init__(wrap_exceptions=True)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """As MemoryStorage has it, which begins a timer of its own where none runs."""
        if not self.timer.is_alive():
            self.timer = Timer(EXPIRY_SECONDS, self._forget)
            # A worker that ends does not wait for it.
            self.timer.daemon = True
            self.timer.start()
        count: int = super().incr(key, expiry, amount)
        return count

    def _forget(self) -> None:
        now = time.time()
        for key, end in list(self.expirations.items()):
            if end <= now:
                # It drops what has run out.
                self.get(key)
