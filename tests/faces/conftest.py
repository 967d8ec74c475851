"""The real gateway and model server with the model of the repository, and Debian's Chromium in front of them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from chromium import launch_options
from page_actions import choose, expect_answered, picture_file
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect
from service import ROOT, Process, Service, wait_until
from told_answers import tell

# What is waited for comes at once on an idle machine: the ends are for one that is busy.
LONG_MS = 120_000
expect.set_options(timeout=LONG_MS)
LOADS = 5


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """For pytest-playwright: the system's Chromium, since what Playwright would download is not needed."""
    try:
        return launch_options()
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def model() -> Path:
    """The latest version in the repository."""
    return max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))


@pytest.fixture(scope="session")
def service(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests: none of them changes it."""
    service = Service(tmp_path_factory.mktemp("service"))
    try:
        service.publish(model, int(model.name))
        service.start_model_server()
        service.start_gateway()
        wait_until(service.ready, what="readiness")
        yield service
    finally:
        for process in reversed(service.processes):
            process.stop()


@pytest.fixture(scope="module")
def another_gateway(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Process]]:
    """Starts a gateway with other settings over the model server of all tests, and says its `port`."""
    started = []

    def start(**environ: str) -> Process:
        other = Service(tmp_path_factory.mktemp("gateway"))
        process = other.start_gateway(**{**service.environ, "RAGAM_PORT": str(other.port), "RAGAM_WORKERS": "1", **environ})
        process.port = other.port
        started.append(process)
        wait_until(other.ready, what="readiness")
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def paintings() -> list[Path]:
    """The page's examples by name, which the model takes for different genres."""
    return sorted((ROOT / "gateway" / "page" / "examples").glob("*.jpg"))


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Opens the page in a browser that has never been here. Afterwards nothing may have gone wrong in it, or to another address."""
    contexts, wrong = [], []

    def note(message: ConsoleMessage) -> None:
        # Chromium writes a line for each answer that is an error, as some tests want one.
        is_answer = message.text.startswith("Failed to load resource") and message.location["url"].split("?")[0].endswith(
            ("/prediction", "/explanation", "/genres")
        )
        # Swagger UI has no input of its own for a list of files and warns of it; the browser's works.
        is_known = message.text == "Could not find component: JsonSchema_string_binary"
        if message.type in {"error", "warning"} and not is_answer and not is_known:
            wrong.append(f"console: {message.text}")

    def check(request: Request) -> None:
        if not request.url.startswith((f"{address}/", f"blob:{address}/")):
            wrong.append(f"request: {request.url}")

    def open_page(at: str | None = None, path: str = "/", **options: object) -> Page:
        nonlocal address
        address = at or service.address
        # Less motion: what scrolls smoothly moves while it is measured.
        usual = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"}
        context = browser.new_context(**usual | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LONG_MS)
        page.on("console", note)
        # Chromium hands a file chooser over only once somebody listens, which takes a while to reach it.
        page.on("filechooser", lambda _: None)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        context.on("request", check)
        for _ in range(LOADS):
            page.goto(address + path)
            # Chromium drops what it is loading when an interface of the machine comes or goes, a container's say.
            if not any("ERR_NETWORK_CHANGED" in one for one in wrong):
                break
            wrong.clear()
        # Its words come after the page: without them these have no name.
        page.wait_for_function("() => !document.querySelector('#examples') || document.querySelector('#examples button[aria-label]')")
        return page

    address = service.address
    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def answered(visit: Callable[..., Page], picture: Callable[..., bytes]) -> Callable[..., Page]:
    """Opens the page with a picture of each name, and the service's answer to it."""

    def open_page(answers: Mapping[str, object], **options: object) -> Page:
        page = visit(**options)
        tell(page, answers)
        choose(page, *(picture_file(name, picture(seed=seed)) for seed, name in enumerate(answers)))
        expect_answered(page, len(answers))
        return page

    return open_page
