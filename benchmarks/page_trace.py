"""Whether the page stays smooth with many pictures: the long tasks of its main thread in a real browser.

    python -m benchmarks.page_trace [--pictures 200] [--files] [--stub | --address http://127.0.0.1:8080] [--long 100]

Drops a folder of as many pictures made by code on the page in headless Chromium, or with --files the pictures themselves, and records a
trace of what a person does then (page_walk.py). Starts the service, or with --stub a server that answers at once in the same envelope.
Prints each task longer than --long ms on the clock, with its processor time and what ran in it: on a machine that does other things too, a
task may be long on the clock and short on the processor.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, sync_playwright

from benchmarks.page_tasks import CATEGORIES, Trace
from benchmarks.page_walk import HOUR_MS, Walk
from benchmarks.pictures import Kind, picture
from benchmarks.service import LOGS, Command, Service, free_port, gateway, model_server

# Files beyond these are links to them: how they differ does not matter to the page.
DIFFERENT = 200
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def served(arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.address:
        yield arguments.address
        return
    port, serving = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    stub = Command((sys.executable, "-m", "benchmarks.page_stub", str(port)), f"{address}/genres")
    commands = (stub,) if arguments.stub else (model_server(serving), gateway(port, f"127.0.0.1:{serving}"))
    with Service(commands, LOGS / "page_trace.log"):
        yield address


def made(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"picture-{number:04}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        if number < DIFFERENT:
            path.write_bytes(picture(Kind(640, 480), number))
        else:
            os.link(paths[number % DIFFERENT], path)
    return paths


def read(devtools: CDPSession) -> list[dict[str, object]]:
    ended: list[dict[str, str]] = []
    devtools.on("Tracing.tracingComplete", lambda event: ended.append(event))  # noqa: PLW0108 - playwright marks what it is handed
    devtools.send("Tracing.end")
    parts: list[str] = []
    while not ended:
        devtools.send("Target.getTargets")
        time.sleep(0.05)
    while True:
        part = devtools.send("IO.read", {"handle": ended[0]["stream"], "size": 2**22})
        parts.append(part["data"])
        if part["eof"]:
            events: list[dict[str, object]] = json.loads("".join(parts))["traceEvents"]
            return events


def measure(browser: Browser, address: str, given: list[Path], count: int) -> tuple[dict[str, str], Trace]:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page.set_default_timeout(HOUR_MS)
    page.goto(address)
    page.locator("#genres-list dt").first.wait_for()
    devtools = browser.new_browser_cdp_session()
    config = {"recordMode": "recordAsMuchAsPossible", "traceBufferSizeInKb": 1_500_000, "includedCategories": list(CATEGORIES)}
    devtools.send("Tracing.start", {"transferMode": "ReturnAsStream", "traceConfig": config})
    walk = Walk(page, count)
    walk.drop(given)
    walk.rest()
    return walk.told, Trace(read(devtools))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--files", action="store_true", help="drop the pictures one by one, not their folder")
    parser.add_argument("--long", type=float, default=100, help="ms of a task that is told")
    parser.add_argument("--stub", action="store_true", help="a server that answers at once, in place of the service")
    parser.add_argument("--address", help="of a service that runs already")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("This needs Chromium. On Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, served(arguments) as address, sync_playwright() as playwright:
        paths = made(Path(folder), arguments.pictures)
        given = paths if arguments.files else [Path(folder)]
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        told, trace = measure(browser, address, given, len(paths))
        browser.close()
    for name, value in told.items():
        print(f"{name}: {value}")
    print("\nProcessor of the main thread by phase, ms: " + ", ".join(f"{name} {taken:.0f}" for name, taken in trace.phases().items()))
    tasks = trace.tasks()
    limit = arguments.long
    long = [task for task in tasks if task.wall > limit]
    busy = sum(task.processor > limit for task in tasks)
    print(f"{len(long)} tasks over {limit:.0f} ms on the clock, {busy} on the processor.")
    for task in sorted(long, key=lambda one: -one.processor):
        print(f"\n{task.phase}: {task.wall:.0f} ms, {task.processor:.0f} of processor")
        for kind in (task.parts, task.functions):
            print("    " + ", ".join(f"{name} {taken:.0f}" for name, taken in kind))


if __name__ == "__main__":
    main()
