"""The application behind a port on loopback, with answers of another kind where a test wants them."""

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
        self.answer(self.server.gateway.index_faults)

    def do_POST(self):
        self.answer(self.server.gateway.faults)

    def answer(self, faults):
        gateway = self.server.gateway
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        gateway.requests.append((self.command, self.path, self.headers, body))
        fault = faults.pop(0) if faults else None
        if fault is None:
            path = self.path.removeprefix("/museum")
            got = gateway.application.test_client().open(path, method=self.command, data=body, headers=list(self.headers.items()))
            headers = {name: value for name, value in got.headers.items() if name != "Content-Length"}
            fault = answer(got.status_code, got.data, **headers)
        try:
            fault(self)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Gateway:
    """`faults` answer the next pictures, and `index_faults` the next questions whether this is Ragam; None: the application does."""

    def __init__(self, application):
        self.application, self.faults, self.index_faults, self.requests = application, [], [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.gateway = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def pictures(self):
        return sum(method == "POST" for method, *_ in self.requests)

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def classify(self, *arguments, **options):
        return CliRunner().invoke(ragam, ["classify", "--url", self.url, *arguments], **options)
