"""The page and answers in the service's envelope that cost nothing, so that thousands of pictures measure the page alone.

python -m benchmarks.page_stub PORT
"""

import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from flask import Response

from gateway.api.genres import TEXTS
from gateway.api.pages import ASSETS
from gateway.auth.browser_headers import protect

TYPES: Final = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
TYPES_OF_PICTURES: Final = {"jpg": "image/jpeg", "svg": "image/svg+xml"}
GENRES: Final = sorted(TEXTS)
WORKS: Final = [{"artist": f"Artist {number}", "title": f"Work {number}", "similarity": 0.9 - number / 20} for number in range(5)]
POLICY: Final = Response()
protect(POLICY, images="blob:")
_numbers = itertools.count()


class Stub(BaseHTTPRequestHandler):
    """Answers a picture by its turn: each genre as often, every second certain, every tenth perhaps no painting."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.split("?")[0].removeprefix("/").removeprefix("page/") or "index.html"
        if name == "genres":
            self._send(_envelope([{"name": genre, "description": TEXTS[genre]} for genre in GENRES]), "application/json")
        elif name in ASSETS:
            ending = name.rsplit(".", 1)[-1]
            self._send(ASSETS[name], {**TYPES, **TYPES_OF_PICTURES}[ending])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(_envelope(_answer(next(_numbers))), "application/json")

    def log_message(self, *_: object) -> None:
        """Nothing: a line for each picture tells nobody anything."""

    def _send(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY.headers["Content-Security-Policy"])
        self.end_headers()
        self.wfile.write(body)


def _answer(number: int) -> dict[str, object]:
    shares = [0.4, 0.2, 0.15, 0.1, 0.08, 0.05, 0.02]
    scores = [{"genre": GENRES[(number + place) % len(GENRES)], "confidence": share} for place, share in enumerate(shares[: len(GENRES)])]
    return {
        "image_types_prediction": scores[0]["genre"],
        "confidence": shares[0],
        "scores": scores,
        "model": {"name": "painting_genre", "version": 3},
        "certain": number % 2 == 0,
        "typicality": 0.01 if number % 10 == 9 else 0.5,
        "expected_accuracy": 0.6,
        "similar": WORKS,
    }


def _envelope(data: object) -> bytes:
    return json.dumps({"status": {"code": 200, "message": "OK"}, "data": data}).encode()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Stub).serve_forever()
