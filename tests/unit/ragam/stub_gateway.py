"""Servers on loopback: the application, with answers of another kind where a test wants them, and a museum of files."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from click.testing import CliRunner

from ragam.command import ragam


def answer(status=200, body=b"", **headers):
    """A fault: this answer in place of the application's."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def hang_up(handler):
    handler.close_connection = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.server.answer_to(self, body)(self)
        except ConnectionError:
            self.close_connection = True

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


class Server:
    """Answers each request with what `answer_to(handler, body)` returns."""

    def __init__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.answer_to = self.answer_to
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Gateway(Server):
    """`faults` answer the next pictures, and `index_faults` the next questions whether this is Ragam; None: the application does."""

    def __init__(self, application):
        self.application, self.faults, self.index_faults, self.requests = application, [], [], []
        super().__init__()

    def answer_to(self, handler, body):
        self.requests.append((handler.command, handler.path, handler.headers, body))
        faults = self.faults if handler.command == "POST" else self.index_faults
        fault = faults.pop(0) if faults else None
        if fault is None:
            path = handler.path.removeprefix("/museum")
            got = self.application.test_client().open(path, method=handler.command, data=body, headers=list(handler.headers.items()))
            fault = answer(got.status_code, got.data, **{name: value for name, value in got.headers.items() if name != "Content-Length"})
        return fault

    @property
    def pictures(self):
        return sum(method == "POST" for method, *_ in self.requests)

    def classify(self, *arguments, **options):
        return CliRunner().invoke(ragam, ["classify", "--url", self.url, *arguments], **options)


class Museum(Server):
    """Answers the paths in `files`, with bytes or with a fault, and notes in `asked` what it was asked for."""

    def __init__(self):
        self.files, self.asked = {}, []
        super().__init__()

    def answer_to(self, handler, body):
        self.asked.append(handler.path)
        found = self.files.get(handler.path, answer(404))
        return found if callable(found) else answer(200, found)
