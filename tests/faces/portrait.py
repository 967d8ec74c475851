"""The pictures of the page in docs/: the real service, pictures made by code, Chromium.

    python tests/faces/portrait.py [FOLDER]

FOLDER is docs/ where none is named. The letters are those of the machine's fonts.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from chromium import launch_options
from compositions import COMPOSITIONS, encoded
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from service import Service, wait_until  # noqa: E402 - pytest's settings name the folder, a program has to do it itself

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 800}
PAPER = {"width": 794, "height": 1123}
# Mirrored and turned, six compositions are enough for a grid.
VARIANTS = (None, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180)
COLOURS = (128, 96, 80, 64, 56, 48)
LARGEST_BYTES = 150_000


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    with tempfile.TemporaryDirectory() as temporary:
        service = Service(Path(temporary))
        try:
            model = max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))
            service.publish(model, int(model.name))
            service.start_model_server()
            service.start_gateway()
            wait_until(service.ready, what="readiness")
            for name, picture in photographs(service.address).items():
                keep(picture, folder / f"{name}.png")
        finally:
            for process in reversed(service.processes):
                process.stop()


def keep(picture: bytes, to: Path) -> None:
    """With as many colours as fit."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    for colours in COLOURS:
        image.quantize(colours, dither=Image.Dither.NONE).save(to, optimize=True)
        if to.stat().st_size <= LARGEST_BYTES:
            return
    sys.exit(f"{to.name} has {to.stat().st_size:,} bytes, more than {LARGEST_BYTES:,} bytes.")


def photographs(address: str) -> dict[str, bytes]:
    taken = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport=DESK, locale="en-GB", reduced_motion="reduce")
        page.set_default_timeout(300_000)
        page.add_init_script("window.print = () => {}")
        page.goto(address)
        add(page)
        page.locator(".tile").nth(1).focus()
        page.keyboard.press("y")
        page.locator(".tile").nth(4).focus()
        page.keyboard.press("5")
        page.evaluate("document.activeElement.blur(); document.getElementById('works').scrollIntoView()")
        taken["page"] = page.screenshot()
        page.locator("#dark").click()
        page.evaluate("document.activeElement.blur()")
        taken["page-dark"] = page.screenshot()
        page.locator("#dark").click()
        look(page)
        taken["page-look"] = page.screenshot()
        page.set_viewport_size(PHONE)
        taken["page-phone"] = page.screenshot()
        page.keyboard.press("Escape")
        page.set_viewport_size(PAPER)
        page.locator("#exports > summary").click()
        page.locator("#print-report").click()
        page.locator("#paper article").first.wait_for(state="attached")
        page.emulate_media(media="print")
        # The margin of the paper, which a window has not.
        page.evaluate("document.body.style.padding = '50px'; scrollTo(0, 0)")
        taken["page-report"] = page.screenshot()
        browser.close()
    return taken


def add(page: Page) -> None:
    files = []
    for number, variant in enumerate(VARIANTS):
        for name in COMPOSITIONS:
            picture = Image.open(BytesIO(encoded(name)))
            buffer = BytesIO()
            (picture.transpose(variant) if variant is not None else picture).save(buffer, "JPEG", quality=90)
            files.append({"name": name.replace(".jpg", f" {number + 1}.jpg"), "mimeType": "image/jpeg", "buffer": buffer.getvalue()})
    page.set_input_files("#files", files)
    page.get_by_text(f"{len(files)} of {len(files)} answered").wait_for()
    page.locator(".tile:not(:has(img))").first.wait_for(state="detached")


def look(page: Page) -> None:
    page.locator(".tile").filter(has_text="discs 1").click()
    page.locator("#look-map").click()
    page.locator("#look-layer").wait_for()
    page.locator("#look-opacity").fill("50")


if __name__ == "__main__":
    main()
