"""Many pictures: four at a time, cancelled, tried again, and after the wait that the service asks for."""

import hashlib
import time

import pytest
from hand import card, choose, expect_state, picture_file
from playwright.sync_api import Page, Route, expect
from service import Service, wait_until

ASKED = "**/prediction?*"


class Door:
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
        wait_until(lambda: self.page.wait_for_timeout(20) or len(self.held) >= count, 10, f"request {count}")
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


def test_at_most_four_are_under_way(visit, ten):
    page = visit()
    door = Door(page)
    choose(page, *ten)
    door.expect_held(4)
    expect(page.locator(".work[data-state=sending]")).to_have_count(4)
    expect(page.locator(".work[data-state=waiting]")).to_have_count(6)
    expect(page.locator("#count")).to_have_text("0 of 10 answered · 10 to go")
    expect(page.locator("#progress")).to_have_js_property("value", 0)
    door.held.pop(0).continue_()
    expect(page.locator(".work[data-state=answered]")).to_have_count(1)
    door.expect_held(4)
    expect(page.locator("#progress")).to_have_js_property("value", 1)
    door.open()
    expect(page.locator(".work[data-state=answered]")).to_have_count(10)
    expect(page.locator("#count")).to_have_text("10 of 10 answered")
    expect(page.locator("#progress")).to_be_hidden()


def test_one_is_cancelled_and_tried_again(visit, ten):
    page = visit()
    door = Door(page)
    choose(page, *ten[:5])
    door.expect_held(4)
    with page.expect_event("requestfailed"):
        card(page, "1.jpg").get_by_role("button", name="Cancel").click()
    expect_state(page, "1.jpg", "cancelled")
    expect_state(page, "5.jpg", "sending")
    door.held.pop(0)
    card(page, "1.jpg").get_by_role("button", name="Retry").click()
    expect_state(page, "1.jpg", "waiting")
    door.open()
    expect(page.locator(".work[data-state=answered]")).to_have_count(5)


def test_all_are_cancelled_and_tried_again(visit, ten):
    page = visit()
    door = Door(page)
    choose(page, *ten)
    door.expect_held(4)
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator(".work[data-state=cancelled]")).to_have_count(10)
    expect(page.locator("#count")).to_have_text("0 of 10 answered · 10 cancelled")
    assert len(door.held) == 4, "a cancel made room for another request"
    door.held.clear()
    page.get_by_role("button", name="Retry those that failed").click()
    door.expect_held(4)
    door.open()
    expect(page.locator(".work[data-state=answered]")).to_have_count(10)


@pytest.mark.parametrize("status", [503, 429])
def test_retry_after_is_kept_by_all(visit, ten, status):
    page = visit()
    sent = []

    def answer(route: Route) -> None:
        sent.append(time.monotonic())
        if len(sent) <= 4:
            envelope = {"status": {"code": status, "message": "", "detail": "Try again."}, "data": None}
            route.fulfill(status=status, headers={"Retry-After": "2"}, json=envelope)
        else:
            route.continue_()

    page.route(ASKED, answer)
    choose(page, *ten[:6])
    expect(card(page, "1.jpg").locator(".state")).to_contain_text("The service is busy.")
    expect(page.locator(".work[data-state=answered]")).to_have_count(6)
    assert len(sent) == 10
    # Nobody asks in the place of those who were turned away.
    assert sent[4] - sent[3] >= 1.9


def test_a_service_that_asks_for_too_long_a_wait_is_not_waited_for(visit, ten):
    page = visit()
    page.route(ASKED, lambda route: route.fulfill(status=429, headers={"Retry-After": "3600"}, json={}))
    choose(page, ten[0])
    expect_state(page, "1.jpg", "failed")
    expect(card(page, "1.jpg").locator(".failure")).to_have_text(
        "You have asked more often than the service allows. Wait a little and try again."
    )


def test_without_a_model_the_page_tries_four_times_and_goes_on_when_it_is_there(visit, ten, tmp_path, model):
    alone = Service(tmp_path)
    try:
        alone.publish(model, 1)
        gateway = alone.start_gateway()
        wait_until(lambda: "Listening at" in gateway.text(), what="the gateway")
        page = visit(at=alone.address)
        choose(page, ten[0])
        expect(card(page, "1.jpg").locator(".failure")).to_have_text("The model is busy or not there at the moment.")
        expect_state(page, "1.jpg", "failed")
        expect(card(page, "1.jpg").locator(".detail")).to_have_text("The model is not available at the moment. Try again in a second.")
        assert gateway.text().count('"path": "/prediction", "status": 503') == 4
        alone.start_model_server()
        wait_until(alone.ready, what="readiness")
        page.get_by_role("button", name="Retry those that failed").click()
        expect_state(page, "1.jpg", "answered")
    finally:
        for process in reversed(alone.processes):
            process.stop()


def test_a_service_that_is_gone_is_told_from_one_that_answers(visit, ten):
    page = visit()
    page.route(ASKED, lambda route: route.abort("connectionrefused"))
    choose(page, ten[0])
    expect(card(page, "1.jpg").locator(".failure")).to_have_text("The service could not be reached. Check the connection and try again.")
    expect(card(page, "1.jpg").locator(".detail")).to_be_hidden()


@pytest.fixture
def guarded(tmp_path, model):
    """A service of its own that wants the key "open sesame"."""
    service = Service(tmp_path)
    file = tmp_path / "keys"
    file.write_text(f"{hashlib.sha256(b'open sesame').hexdigest()} curator\n")
    try:
        service.publish(model, 1)
        service.start_model_server()
        service.start_gateway(RAGAM_API_KEYS_FILE=str(file))
        wait_until(service.ready, what="readiness")
        yield service
    finally:
        for process in reversed(service.processes):
            process.stop()


def test_a_key_is_asked_for_once_and_kept_for_the_tab(visit, guarded, ten):
    page = visit(at=guarded.address)
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
    expect(page.locator(".work[data-state=answered]")).to_have_count(5)
    assert set(keys) == {None, "Bearer wrong", "Bearer open sesame"}
    page.reload()
    choose(page, ten[6])
    expect_state(page, "7.jpg", "answered")
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_refusal_that_comes_after_the_key_was_given_asks_for_no_other(visit, guarded, ten):
    page = visit(at=guarded.address)
    door = Door(page)
    choose(page, *ten[:2])
    door.expect_held(2)
    late = door.held.pop()
    door.open()
    dialog = page.get_by_role("dialog", name="A key is needed")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Key").fill("open sesame")
    page.keyboard.press("Enter")
    expect(page.locator(".work[data-state=answered]")).to_have_count(1)
    late.continue_()
    expect(page.locator(".work[data-state=answered]")).to_have_count(2)
    expect(dialog).to_be_hidden()


def test_without_a_key_the_refusal_is_a_sentence(visit, ten):
    page = visit()
    page.route(ASKED, lambda route: route.fulfill(status=401, json={}))
    choose(page, *ten[:2])
    page.get_by_role("button", name="Without a key").click()
    expect(page.locator(".failure")).to_have_text(["This service answers only those who have a key."] * 2)
