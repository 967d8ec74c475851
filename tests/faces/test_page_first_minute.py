"""The examples of the first minute: the served version answers the first one well, and the others stay at hand."""

import re

import requests
from page_actions import choose, expect_answered, picture_file
from playwright.sync_api import expect
from service import ROOT

PAGE = ROOT / "gateway" / "page"


def names() -> list[str]:
    return re.findall(r'"([a-z-]+)"', re.search(r"EXAMPLES = \[(.*?)\]", (PAGE / "view" / "examples.js").read_text())[1])


def test_the_first_example_is_one_that_the_model_answers_well(service):
    told = {}
    for name in names():
        picture = (PAGE / "examples" / f"{name}.jpg").read_bytes()
        answer = requests.post(f"{service.address}/prediction?details=true", files={"image": (f"{name}.jpg", picture)}, timeout=120)
        told[name] = answer.json()["data"]
    first = told[names()[0]]
    assert first["certain"]
    assert first["typicality"] >= 0.05
    # Those that the model doubts to be paintings come last.
    assert [one["typicality"] < 0.05 for one in told.values()] == sorted(one["typicality"] < 0.05 for one in told.values())


def test_all_six_stay_within_reach_until_there_is_a_picture_of_ones_own(visit, picture):
    page = visit()
    buttons = page.locator("#examples button")
    buttons.first.click()
    expect_answered(page, 1)
    expect(page.locator("#summary-only")).not_to_contain_text("Not a painting?")
    expect(page.locator(".tile .image img")).to_be_in_viewport()
    expect(buttons).to_have_count(6)
    expect(buttons.nth(1)).to_be_in_viewport()
    buttons.nth(1).click()
    expect_answered(page, 2)
    choose(page, picture_file("mine.jpg", picture()))
    expect_answered(page, 3)
    expect(buttons.first).to_be_hidden()
    page.get_by_text("Nothing at hand? Try one of these").click()
    expect(buttons).to_have_count(6)
    expect(buttons.first).to_be_visible()


def test_on_a_phone_the_answer_to_an_example_is_in_the_window(visit):
    page = visit(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    page.locator("#examples button").first.click()
    expect_answered(page, 1)
    expect(page.locator("#works-title")).to_be_in_viewport()
    expect(page.locator("#examples button").nth(1)).to_be_visible()
