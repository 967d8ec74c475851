"""Sends one planned request and says what came of it."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from files_sent import File
from known_answers import Known
from schedule import Request

BATCH = 4
SLOW_PIECES = 8
SLOW_SECONDS = 2.0
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
        except (requests.RequestException, http.client.HTTPException, OSError) as error:
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
        if planned.kind == "aborted":
            return self._abort(file)
        if planned.kind == "slow":
            return self._send_slowly(file)
        if planned.kind == "many":
            files = [("image", (file.name, file.data)) for file in self._batch(planned)]
            answer = self._fresh("/predictions?details=true", files)
        elif planned.kind == "explanation":
            answer = self._fresh("/explanation", [("image", (file.name, file.data))], Accept="application/json")
        elif planned.kind == "kept":
            answer = self._session().post(
                self._url("/prediction?details=true"), files={"image": (file.name, file.data)}, timeout=TIMEOUT_SECONDS
            )
        else:
            answer = self._fresh("/prediction?details=true", [("image", (file.name, file.data))])
        return answer.status_code, answer.json()

    def _url(self, path: str) -> str:
        return self._address + path

    def _fresh(self, path: str, files: list[Any], **headers: str) -> requests.Response:
        return requests.post(self._url(path), files=files, headers={"Connection": "close", **headers}, timeout=TIMEOUT_SECONDS)

    def _session(self) -> requests.Session:
        """One for each thread, whose connection is kept alive between its requests."""
        if not hasattr(self._kept, "session"):
            self._kept.session = requests.Session()
        return self._kept.session

    def _begin(self, file: File) -> tuple[http.client.HTTPConnection, bytes]:
        prepared = requests.Request("POST", self._url("/prediction?details=true"), files={"image": (file.name, file.data)}).prepare()
        parts = urlsplit(self._address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        connection.putrequest("POST", "/prediction?details=true")
        for name, value in prepared.headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection, prepared.body

    def _abort(self, file: File) -> tuple[int, Any]:
        """Half of a picture, and then the end of the connection. There is no answer to be judged: that nothing else suffers is."""
        connection, body = self._begin(file)
        connection.send(body[: len(body) // 2])
        connection.close()
        return file.status, {"data": None}

    def _send_slowly(self, file: File) -> tuple[int, Any]:
        connection, body = self._begin(file)
        size = len(body) // SLOW_PIECES + 1
        try:
            for start in range(0, len(body), size):
                connection.send(body[start : start + size])
                time.sleep(SLOW_SECONDS / SLOW_PIECES)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()
