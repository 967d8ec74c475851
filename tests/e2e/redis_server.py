"""A Redis for a test: on loopback, in memory alone, gone with the test."""

import shutil
import subprocess

import pytest
from service import accepts, free_port, wait_until


class RedisServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            # `make test` asks for nothing but Python. .ci/run installs it, and skips nothing.
            pytest.skip("redis-server is not here: on Debian, apt-get install redis-server to run this test")
        command = [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), what="redis-server")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
