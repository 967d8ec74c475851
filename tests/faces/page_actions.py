"""What a person does on the page, and reads there."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def choose(page: Page, *files: Path | dict[str, object]) -> None:
    page.set_input_files("#files", list(files))


def card(page: Page, file: str) -> Locator:
    return page.locator(".work").filter(has=page.locator(".file", has_text=file))


def expect_state(page: Page, file: str, state: str) -> None:
    expect(card(page, file)).to_have_attribute("data-state", state)


def bars(label: Locator) -> dict[str, str]:
    """The figures beside the bars by genre, in their order."""
    names, figures = label.locator(".bars .name").all_text_contents(), label.locator(".bars .figure").all_text_contents()
    return dict(zip(names, figures, strict=True))


def drop(page: Page, *paths: Path) -> None:
    """As the system's file manager does it, on the middle of the frame."""
    box = page.locator("#frame").bounding_box()
    assert box
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1},
            },
        )
    devtools.detach()


def picture_file(name: str, data: bytes) -> dict[str, object]:
    """A file that need not exist, for choose()."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def wide(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
