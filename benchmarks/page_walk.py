"""What a person does with many pictures on the page, for page_trace.py."""

import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.page_tasks import PHASE

HOUR_MS = 3_600_000
VERDICTS = 200


class Walk:
    """What a person does with many pictures, phase by phase, each marked in the trace."""

    def __init__(self, page: Page, count: int) -> None:
        self.page, self.count = page, count
        self.told: dict[str, str] = {}

    def phase(self, name: str) -> None:
        self.page.evaluate("name => performance.mark(name)", f"{PHASE}{name}")

    def rest(self) -> None:
        for step in (self.scroll, self.filter, self.judge, self.look, self.export, self.reload):
            step()

    def drop(self, paths: list[Path]) -> None:
        box = self.page.locator("#drop").bounding_box()
        assert box
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        devtools = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        self.phase("drop and answers")
        began = time.monotonic()
        for kind in ("dragEnter", "dragOver", "drop"):
            devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
        self.page.locator(".tile[data-state=answered]").first.wait_for(timeout=HOUR_MS)
        self.told["first answer, s"] = f"{time.monotonic() - began:.1f}"
        self.page.locator("#progress").wait_for(state="hidden", timeout=HOUR_MS)
        self.told["all answered, s"] = f"{time.monotonic() - began:.1f}"
        self.told["count"] = self.page.locator("#count").inner_text()
        self.told["height of the wall, px"] = f"{self.page.evaluate('document.documentElement.scrollHeight')}"
        self.told["tiles in the document"] = f"{self.page.locator('.tile').count()}"

    def scroll(self) -> None:
        self.phase("scroll")
        self.page.mouse.move(600, 500)
        height = self.page.evaluate("document.documentElement.scrollHeight")
        for _ in range(60):
            self.page.mouse.wheel(0, max(300, height / 60))
            self.page.wait_for_timeout(50)
        self.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")

    def filter(self) -> None:
        page = self.page
        self.phase("filter and sort")
        page.locator("#summary-genres button").first.click()
        page.wait_for_timeout(200)
        page.locator("#show-all").click()
        page.locator("#search").press_sequentially("picture-01", delay=30)
        page.locator("#search").fill("")
        for by in ("name", "confidence", "added"):
            page.locator("#sort").select_option(by)
            page.wait_for_timeout(200)
        page.locator("#group").select_option("none")

    def judge(self) -> None:
        self.phase("verdicts by keys")
        self.page.locator(".tile").first.focus()
        began = time.monotonic()
        for number in range(min(VERDICTS, self.count)):
            self.page.keyboard.press("y" if number % 3 else "5")
            self.page.keyboard.press("ArrowRight")
        self.page.locator("#agreement").wait_for()
        self.told["verdicts by keys, s"] = f"{time.monotonic() - began:.1f}"
        self.told["agreement"] = self.page.locator("#agreement-share").inner_text()

    def look(self) -> None:
        self.phase("look and table")
        self.page.keyboard.press("Enter")
        for _ in range(10):
            self.page.keyboard.press("ArrowRight")
        self.page.keyboard.press("Escape")
        self.page.locator("#view-table").click()
        self.page.wait_for_timeout(300)
        self.page.locator("#view-grid").click()

    def export(self) -> None:
        for entry in ("csv", "json", "jsonld"):
            self.phase(f"save {entry}")
            self.page.locator("#exports > summary").click()
            with self.page.expect_download() as download:
                self.page.locator(f"#save-{entry}").click()
            rows = Path(download.value.path()).read_text(encoding="utf-8").count("\n")
            self.told[f"lines of the {entry}"] = str(rows)

    def reload(self) -> None:
        self.page.wait_for_timeout(1000)
        began = time.monotonic()
        self.page.reload()
        self.phase("reload")
        self.page.locator("#restored").wait_for(timeout=HOUR_MS)
        self.told["restored after, s"] = f"{time.monotonic() - began:.1f}"
        self.told["restored"] = self.page.locator("#restored-text").inner_text()
        self.page.wait_for_timeout(1000)
