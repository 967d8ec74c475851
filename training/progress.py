"""How far a training is: a bar an epoch with the time that is left, and a line at its end; or JSON."""

import time
from typing import Any

import keras
from tqdm import tqdm

from training.printed import say, say_line
from training.tell import span

Row = dict[str, float]
SHOWN = ("loss", "accuracy", "val_loss", "val_accuracy", "val_balanced_accuracy")


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """A bar an epoch with the time that is left of it, and then a line; the bar only on a terminal. as_json: an object a line instead."""

    def __init__(self, what: str, *, as_json: bool) -> None:
        super().__init__()
        self._what, self._json = what, as_json
        self._bar: tqdm[Any] | None = None
        self._began, self._from = 0.0, 0

    def on_epoch_begin(self, epoch: int, _: Row | None = None) -> None:
        if not self._began:
            self._began, self._from = time.monotonic(), epoch
        name = f"{self._what} {epoch + 1}/{self.params['epochs']}"
        # None: only where stderr is a terminal.
        self._bar = tqdm(total=self.params["steps"], desc=name, unit="batch", leave=False, disable=self._json or None)

    def on_train_batch_end(self, _: int, logs: Row | None = None) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {logs['loss']:.3f}" if logs else "", refresh=False)
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: Row) -> None:
        self._close()
        if self._json:
            figures = {name: float(value) for name, value in logs.items()}
            say_line({"stage": "train", "phase": self._what, "epoch": epoch + 1, **figures})
            return
        done, epochs = epoch + 1, self.params["epochs"]
        left = (time.monotonic() - self._began) / (done - self._from) * (epochs - done)
        shown = [f"{name.replace('val_', 'validation ').replace('_', ' ')} {logs[name]:.3f}" for name in SHOWN if name in logs]
        say(f"{self._what} {done}/{epochs}: {', '.join(shown)}; {span(left)} left")

    def on_train_end(self, _: Row | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
