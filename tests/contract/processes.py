"""A model server as a process of its own, on a free port of loopback."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from calls import TIMEOUT_S, Calls, until
from service import ENDS_WITH_PARENT, ROOT

REAL_MODEL = ROOT / "model_repository" / "painting_genre"


class Server(Calls):
    """A `python -m model_server` of this test's, ready to serve unless told otherwise."""

    def __init__(self, base_path: Path | None, log: Path, *flags: str, ready: bool = True) -> None:
        """Without a base path the flags say where the model is."""
        self.log = log
        where = [f"--model_base_path={base_path}"] if base_path else []
        command = [*ENDS_WITH_PARENT, sys.executable, "-m", "model_server", "--port=0", *where, *flags]
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        try:
            listening = until(lambda: self.dead() or re.search(r'listening on ([^\s"]+)', log.read_text()))
            assert listening is not True, log.read_text()
            super().__init__(listening[1])
            if ready:
                until(lambda: self.dead() or '"serving ' in log.read_text())
                assert not self.dead(), log.read_text()
        except BaseException:
            self.stop(signal.SIGKILL)
            raise

    def dead(self) -> bool:
        return self.process.poll() is not None

    def stop(self, number: int = signal.SIGTERM) -> int:
        if not self.dead():
            self.process.send_signal(number)
        if hasattr(self, "channel"):
            self.channel.close()
        try:
            return self.process.wait(TIMEOUT_S)
        finally:
            self.process.kill()
