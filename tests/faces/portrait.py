"""The README's picture of the page: the real service, pictures made by code, Chromium.

    python tests/faces/portrait.py [FILE]

FILE is docs/page.png where none is named. The letters are those of the machine's fonts.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from chromium import launch_options
from compositions import encoded
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from service import Service, wait_until  # noqa: E402 - pytest's settings name the folder, a program has to do it itself

SIZE = {"width": 1360, "height": 960}
WORKS = ("evening hills.jpg", "restless field.jpg")
EXPLAINED = "restless field.jpg"
COLOURS = 200
LARGEST_BYTES = 200_000


def main() -> None:
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "page.png"
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder))
        try:
            model = max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))
            service.publish(model, int(model.name))
            service.start_model_server()
            service.start_gateway()
            wait_until(service.ready, what="readiness")
            picture = photograph(service.address)
        finally:
            for process in reversed(service.processes):
                process.stop()
    picture = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(to, optimize=True)
    size = to.stat().st_size
    if size > LARGEST_BYTES:
        sys.exit(f"The picture has {size:,} bytes, more than {LARGEST_BYTES:,} bytes.")


def photograph(address: str) -> Image.Image:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
        page.goto(address)
        hang(page)
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    return picture


def hang(page: Page) -> None:
    page.set_input_files("#files", [{"name": name, "mimeType": "image/jpeg", "buffer": encoded(name)} for name in WORKS])
    for name in WORKS:
        page.locator(".work[data-state=answered]").filter(has_text=name).wait_for()
    explained = page.locator(".work").filter(has_text=EXPLAINED)
    explained.locator(".explain").click()
    explained.locator("canvas").wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


if __name__ == "__main__":
    main()
