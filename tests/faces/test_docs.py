"""The page to try the interface, in a real browser under its own strict policy."""

import re

from playwright.sync_api import expect
from service import ROOT

PAINTING = ROOT / "postman" / "pictures" / "painting.jpg"


def try_out(page, operation):
    """Where the page shows the answer to a picture."""
    block = page.locator(f"#operations-pictures-{operation}")
    block.locator("button.opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.locator("input[type=file]").set_input_files(PAINTING)
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table")


def test_every_route_is_shown_and_those_for_pictures_answer(visit):
    page = visit(path="/docs")
    expect(page.locator(".opblock")).to_have_count(12)
    expect(page.locator(".info .title")).to_contain_text("Ragam")
    expect(try_out(page, "predictMany").locator("pre").first).to_contain_text("painting.jpg")
    drawn = try_out(page, "explainAsPicture").locator("img")
    expect(drawn).to_have_attribute("src", re.compile("^blob:"))
    expect(drawn).to_have_js_property("naturalWidth", 640)
