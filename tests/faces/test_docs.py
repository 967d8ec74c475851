"""The page to try the interface, in a real browser under its own strict policy."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect
from service import ROOT


@pytest.fixture(scope="module")
def painting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("painting")
    subprocess.run([sys.executable, ROOT / "postman" / "pictures.py", folder], check=True)
    return folder / "painting.jpg"


@pytest.fixture
def docs(visit):
    """The page, loaded."""
    page = visit(path="/docs")
    page.locator(".opblock").first.wait_for()
    return page


def try_out(page, operation, picture):
    """What the page shows of the answer to `picture`."""
    block = page.locator(f"#operations-pictures-{operation}")
    block.locator("button.opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.locator("input[type=file]").set_input_files(picture)
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table")
    answer.wait_for()
    return answer


def test_every_route_is_shown(docs):
    expect(docs.locator(".opblock")).to_have_count(12)
    expect(docs.locator(".info .title")).to_contain_text("Ragam")


def test_a_picture_gets_its_genre(docs, painting):
    answer = try_out(docs, "predict", painting)
    expect(answer.locator("pre").first).to_contain_text("Success Predicting the Image")


def test_many_pictures_get_theirs(docs, painting):
    answer = try_out(docs, "predictMany", painting)
    expect(answer.locator("pre").first).to_contain_text("painting.jpg")


def test_the_heat_map_is_drawn(docs, painting):
    drawn = try_out(docs, "explainAsPicture", painting).locator("img")
    drawn.wait_for()
    assert drawn.get_attribute("src").startswith("blob:")
    docs.wait_for_function("image => image.naturalWidth === 640", arg=drawn.element_handle())
