"""Sends one planned request and says what came of it."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import requests
from files_sent import File
from known_answers import Known
from schedule import Request

BATCH = 4
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """status: 0 where the connection was lost; wrong: what is wrong with the answer, in one sentence, or None."""

    kind: str
    file: str
    sent: float
    answered: float
    status: int
    expected: int
    wrong: str | None = None


class Traffic:
    def __init__(self, address: str, good: list[File], bad: list[File], huge: list[File], known: Known) -> None:
        self._address, self._known = address, known
        self._good, self._bad, self._huge = good, bad, huge
        self._kept = threading.local()

    def send(self, planned: Request) -> Outcome:
        file = self._file(planned)
        sent = time.monotonic()
        try:
            status, body = self._ask(planned, file)
        except requests.RequestException as error:
            return Outcome(planned.kind, file.name, sent, time.monotonic(), 0, file.status, f"the connection was lost: {error!r}")
        wrong = None
        if status != file.status:
            wrong = f"{status} in place of {file.status}: {body}"
        elif planned.kind == "many":
            wrong = self._known.compare_many(self._batch(planned), body)
        elif status == 200:
            wrong = self._known.compare(file, body["data"], heat=planned.kind == "explanation")
        return Outcome(planned.kind, file.name, sent, time.monotonic(), status, file.status, wrong)

    def _file(self, planned: Request) -> File:
        files = {"bad": self._bad, "huge": self._huge}.get(planned.kind, self._good)
        return files[planned.picture % len(files)]

    def _batch(self, planned: Request) -> list[File]:
        """Some pictures, and one file between them that is none."""
        files = [self._good[(planned.picture + number) % len(self._good)] for number in range(BATCH)]
        files.insert(planned.picture % BATCH, self._bad[planned.picture % len(self._bad)])
        return files

    def _ask(self, planned: Request, file: File) -> tuple[int, Any]:
        path, files, headers = "/prediction?details=true", [file], {"Connection": "close"}
        if planned.kind == "many":
            path, files = "/predictions?details=true", self._batch(planned)
        elif planned.kind == "explanation":
            path, headers = "/explanation", {**headers, "Accept": "application/json"}
        parts = [("image", (file.name, file.data)) for file in files]
        if planned.kind == "kept":
            answer = self._session().post(self._address + path, files=parts, timeout=TIMEOUT_SECONDS)
        else:
            answer = requests.post(self._address + path, files=parts, headers=headers, timeout=TIMEOUT_SECONDS)
        return answer.status_code, answer.json()

    def _session(self) -> requests.Session:
        """One for each thread, whose connection is kept alive between its requests."""
        if not hasattr(self._kept, "session"):
            self._kept.session = requests.Session()
        return self._kept.session
