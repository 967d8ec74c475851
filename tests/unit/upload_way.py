"""Which calls between files of the gateway one upload makes, as JSON: `python tests/unit/upload_way.py PORT OWN`.

PORT is a model server's, OWN one to listen on.
A process of its own, for it sets signals and the interpreter's profiler. The front is called as an ASGI server calls it.
"""

import asyncio
import json
import os
import sys
import threading
from io import BytesIO
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
GATEWAY = str(ROOT / "gateway") + os.sep
BOUNDARY = "a"
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'


class Connection:
    """What the front asks of the connection of a request that has come whole."""

    is_lost, can_stay, is_writable, left, answering, refusal, is_ended = False, True, True, 0, False, None, False

    def begin(self, length):
        """A request begins."""

    def complete(self):
        """... has come whole."""

    def end(self):
        """... and has ended."""

    def close(self):
        """The server stops."""

    def is_abandoned(self):
        return False


def note(calls):
    """A profiler that adds (caller, called) to `calls`, both files below gateway/."""

    def profile(frame, event, _argument):
        called = frame.f_code.co_filename
        if event != "call" or not called.startswith(GATEWAY):
            return
        above = frame.f_back
        while above is not None and not above.f_code.co_filename.startswith(GATEWAY):
            above = above.f_back
        caller = above.f_code.co_filename if above else called
        calls.add((caller.removeprefix(GATEWAY), called.removeprefix(GATEWAY)))

    return profile


async def upload(app, body, profile):
    """Status of the answer to one POST /prediction, noted by `profile`."""
    state, answers = {}, []
    ready, stop = asyncio.Event(), asyncio.Event()

    async def begin():
        await (stop.wait() if ready.is_set() else asyncio.sleep(0))

    async def complete(_message):
        ready.set()

    lifespan = asyncio.create_task(app({"type": "lifespan", "state": state}, begin, complete))
    await ready.wait()
    headers = {"host": "a", "content-length": str(len(body)), "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/prediction",
        "raw_path": b"/prediction",
        "query_string": b"",
        "http_version": "1.1",
        "server": None,
        "client": ("192.0.2.1", 1),
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {**state, "connection": Connection()},
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answers.append(message)

    sys.setprofile(profile)
    await app(scope, receive, send)
    sys.setprofile(None)
    lifespan.cancel()
    return answers[0]["status"]


def main(port, own):
    os.environ |= {"RAGAM_SERVING": f"127.0.0.1:{port}", "RAGAM_HOST": "127.0.0.1", "RAGAM_PORT": own}
    from gateway import asgi

    picture = BytesIO()
    Image.linear_gradient("L").resize((900, 700)).convert("RGB").save(picture, "JPEG")
    body = HEAD.encode() + picture.getvalue() + f"\r\n--{BOUNDARY}--\r\n".encode()
    calls = {("asgi.py", "front/front.py")}
    profile = note(calls)
    threading.setprofile(profile)
    status = asyncio.run(upload(asgi.app, body, profile))
    sys.stdout.write(json.dumps({"status": status, "calls": sorted(calls)}))
    sys.stdout.flush()
    # The pools' threads wait for requests.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
