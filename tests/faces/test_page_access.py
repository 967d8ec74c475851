"""The page without a mouse, and without eyes."""

from pathlib import Path

import pytest
from page_actions import choose, expect_answered, judge, left_out, look_at, picture_file, show_table, tile
from playwright.sync_api import Page, expect

AXE = Path(__file__).resolve().parent / "node_modules" / "axe-core" / "axe.min.js"


def findings(page: Page) -> list[str]:
    # What it could not decide is not counted; of what it did, everything is, down to a minor finding.
    answer = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(answer["passes"]) > 15
    return [
        f"{one['impact']} {one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in answer["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(visit, paintings, theme, width):
    page = visit(color_scheme=theme, viewport={"width": width, "height": 800})
    page.evaluate(AXE.read_text())
    assert findings(page) == []
    choose(page, *paintings, picture_file("notes.txt", b"no picture"))
    expect_answered(page, len(paintings), len(paintings) + 1)
    left_out(page, "notes.txt").wait_for()
    judge(page, paintings[0].name, "5")
    assert findings(page) == []
    look_at(page, paintings[0].name)
    page.locator("#look-map").click()
    expect(page.locator("#look-layer")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    show_table(page, len(paintings))
    page.locator("#exports > summary").click()
    assert findings(page) == []
    page.evaluate("document.getElementById('key').showModal()")
    assert findings(page) == []


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def tab_to(page: Page, what: str, key: str = "Tab") -> None:
    """Presses `key` until `what`, an id or a text, has the focus, which can be seen at every stop but the browser's own."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement === document.body"):
            continue
        width = page.evaluate(
            "(({ outlineStyle, outlineWidth }) => outlineStyle === 'none' ? '0' : outlineWidth)(getComputedStyle(document.activeElement))"
        )
        assert float(width.removesuffix("px")) >= 2, f"the focus on {focused(page)} cannot be seen"
        if focused(page) == what:
            return
    raise AssertionError(f"{key} never came to {what}")


def test_everything_is_done_with_the_keyboard_alone(visit, paintings):
    page = visit()
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the pictures"
    page.keyboard.press("Enter")
    assert focused(page) == "main"
    tab_to(page, "choose")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(paintings[:2])
    expect_answered(page, 2)
    tab_to(page, "group")
    page.keyboard.press("End")
    tab_to(page, tile(page, paintings[0].name).text_content() or "")
    page.keyboard.press("ArrowRight")
    expect(tile(page, paintings[1].name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#look-title")).to_be_focused()
    tab_to(page, "look-map")
    page.keyboard.press("Space")
    expect(page.locator("#look-layer")).to_be_visible()
    tab_to(page, "look-opacity")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#look-place")).to_have_text("2 of 2")
    tab_to(page, "look-remove")
    page.keyboard.press("Enter")
    expect(page.locator("#look-place")).to_have_text("1 of 1")
    page.keyboard.press("Escape")
    expect(tile(page, paintings[0].name)).to_be_focused()
    tab_to(page, "view-table", "Shift+Tab")
    page.keyboard.press("Space")
    tab_to(page, "Confidence")
    page.keyboard.press("Enter")
    header = page.get_by_role("columnheader", name="Confidence")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(header.get_by_role("button")).to_be_focused()


def test_a_screen_reader_is_told_of_answers_and_finds_its_way(visit, service, paintings):
    page = visit()
    choose(page, paintings[0])
    told = service.post(paintings[0].read_bytes()).json()["data"]
    live = page.locator("#live")
    expect(live).to_have_text(f"{paintings[0].name}: {told['image_types_prediction']}, {round(told['confidence'] * 100)}%.")
    expect(live).to_have_attribute("aria-live", "polite")
    choose(page, *paintings[1:4])
    expect_answered(page, 4)
    expect(live).to_contain_text("0 to go")
    for role in ("banner", "main", "contentinfo", "navigation"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("button", name=f"{paintings[0].name}: {told['image_types_prediction']}.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    look_at(page, paintings[0].name)
    expect(page.get_by_role("img", name=f"Your picture {paintings[0].name}")).to_be_visible()
