"""Many pictures: four at a time, paused, stopped, tried again, and after the wait that the service asks for."""

import hashlib
import re
import time

import pytest
from page_actions import choose, expect_answered, left_out, picture_file, wait_for_kept
from playwright.sync_api import Page, Route, expect
from service import wait_until

ASKED = "**/prediction?*"


class HeldRequests:
    """Holds the requests for an answer until they are let through to the real gateway."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.held: list[Route] = []
        self.is_open = False
        page.route(ASKED, self.hold)

    def hold(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.held.append(route)

    def expect_held(self, count: int) -> None:
        wait_until(lambda: self.page.wait_for_timeout(20) or len(self.held) >= count, what=f"request {count}")
        # Time in which one too many would have come.
        self.page.wait_for_timeout(300)
        assert len(self.held) == count

    def open(self) -> None:
        self.is_open = True
        for route in self.held:
            route.continue_()
        self.held.clear()


@pytest.fixture
def ten(picture):
    return [picture_file(f"{number}.jpg", picture(seed=number)) for number in range(1, 11)]


def test_at_most_four_are_under_way_a_pause_sends_none_and_those_stopped_are_tried_again(visit, ten):
    page = visit()
    requests = HeldRequests(page)
    choose(page, *ten)
    requests.expect_held(4)
    expect(page.locator(".tile[data-state=sending]")).to_have_count(4)
    expect(page.locator(".tile[data-state=waiting]")).to_have_count(6)
    expect(page.locator("#count")).to_have_text("0 of 10 answered · 10 to go")
    page.get_by_role("button", name="Pause").click()
    requests.held.pop(0).continue_()
    expect(page.locator("#count")).to_have_text("1 of 10 answered · 9 to go · paused")
    requests.expect_held(3)
    page.get_by_role("button", name="Resume").click()
    requests.expect_held(4)
    expect(page.locator("#progress")).to_have_js_property("value", 1)
    # After some answers it tells how long the rest takes.
    for _ in range(5):
        requests.held.pop(0).continue_()
        requests.expect_held(min(4, len(requests.held) + 1))
    expect(page.locator("#count")).to_have_text(re.compile(r"^6 of 10 answered · about \d+ \w+ to go$"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#count")).to_have_text("6 of 10 answered · 4 stopped")
    requests.held.clear()
    requests.is_open = True
    page.get_by_role("button", name="Retry 4 that may pass").click()
    expect_answered(page, 10)


def test_retry_after_is_kept_by_all(visit, ten):
    page = visit()
    sent = []

    def answer(route: Route) -> None:
        sent.append(time.monotonic())
        if len(sent) <= 4:
            status = (503, 429)[len(sent) % 2]
            envelope = {"status": {"code": status, "message": "", "detail": "Try again."}, "data": None}
            route.fulfill(status=status, headers={"Retry-After": "2"}, json=envelope)
        else:
            route.continue_()

    page.route(ASKED, answer)
    choose(page, *ten[:6])
    expect_answered(page, 6)
    assert len(sent) == 10
    # Nobody asks in the place of those who were turned away. From the first of them, after which each answer was sent.
    assert sent[4] - sent[0] >= 1.9


def test_only_what_may_pass_is_tried_again(visit, ten):
    page = visit()
    failures = {
        "1": (503, "model_unavailable", {}),
        "2": (400, "picture_unreadable", {}),
        "3": (429, "rate_limited", {"Retry-After": "3600"}),
        # Of a proxy, though the service answers other questions: it is the picture's own.
        "4": (502, None, {}),
    }

    def answer(route: Route) -> None:
        number = route.request.post_data_buffer.split(b'filename="')[1].split(b".")[0].decode()
        if number not in failures:
            route.continue_()
            return
        status, error, headers = failures[number]
        envelope = {"status": {"code": status, "message": "", "error": error, "detail": error and "The service's sentence."}, "data": None}
        route.fulfill(status=status, headers={"Retry-After": "0", **headers}, json=envelope)

    page.route(ASKED, answer)
    choose(page, *ten[:5])
    expect_answered(page, 1, 5)
    for name in ("1.jpg", "4.jpg"):
        expect(left_out(page, name)).to_contain_text("The model is not there at the moment. Try again.")
    # A reason is told once.
    expect(page.locator("#left-out-list")).not_to_contain_text("The service's sentence.")
    expect(left_out(page, "2.jpg")).to_contain_text("It may be damaged or cut short.")
    expect(left_out(page, "3.jpg")).to_contain_text("You have asked more often than the service allows.")
    failures.clear()
    page.get_by_role("button", name="Retry 3 that may pass").click()
    expect_answered(page, 4, 5)
    expect(page.locator("#left-out-list li")).to_have_count(1)
    expect(page.locator("#retry")).to_be_hidden()


@pytest.mark.parametrize("wait", ["Thu, 01 Jan 1970 00:00:00 GMT", "9" * 30])
def test_a_proxy_that_asks_for_no_wait_or_an_endless_one_is_not_asked_on_and_on(visit, ten, wait):
    page = visit()
    sent = []

    def answer(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": wait}, body="<html>")

    page.route(ASKED, answer)
    page.route("**/genres", answer)
    choose(page, ten[0])
    expect(page.locator("#count")).to_contain_text("the service cannot be reached; it is tried again")
    # Time in which dozens would come.
    page.wait_for_timeout(500)
    # Six tries at most without a wait, and the list of genres.
    assert len([url for url in sent if "prediction" in url]) <= 6
    page.unroute(ASKED)
    page.unroute("**/genres")


@pytest.fixture(scope="module")
def guarded(another_gateway, tmp_path_factory):
    """The address of a service that wants the key "open sesame"."""
    file = tmp_path_factory.mktemp("guarded") / "keys"
    file.write_text(f"{hashlib.sha256(b'open sesame').hexdigest()} curator\n")
    return f"http://127.0.0.1:{another_gateway(RAGAM_API_KEYS_FILE=str(file)).port}"


def test_a_key_is_asked_for_once_and_kept_for_the_tab(visit, guarded, ten):
    page = visit(at=guarded)
    keys = []
    page.on("request", lambda request: keys.append(request.headers.get("authorization")) if "/prediction" in request.url else None)
    choose(page, *ten[:5])
    dialog = page.get_by_role("dialog", name="A key is needed")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Key").fill("wrong")
    dialog.get_by_role("button", name="Use this key").click()
    expect(dialog).to_contain_text("The service does not take this key.")
    dialog.get_by_label("Key").fill("open sesame")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect_answered(page, 5)
    assert set(keys) == {None, "Bearer wrong", "Bearer open sesame"}
    wait_for_kept(page, 5, state="answered")
    page.reload()
    choose(page, ten[6])
    expect_answered(page, 6)
    assert page.evaluate("Object.keys(localStorage)") == ["ragam.session"]


def test_a_service_that_is_away_is_waited_for_and_none_is_left_out(visit, ten):
    page = visit()
    for what in (ASKED, "**/genres"):
        page.route(what, lambda route: route.abort("connectionrefused"))
    choose(page, *ten[:6])
    expect(page.locator("#count")).to_contain_text("the service cannot be reached; it is tried again")
    # Those that were under way were turned away, and nobody asks in their place.
    expect(page.locator(".tile[data-state=waiting]")).to_have_count(6)
    expect(page.locator("#left-out")).to_be_hidden()
    page.unroute_all()
    expect_answered(page, 6)
