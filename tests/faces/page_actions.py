"""What a person does on the page, and reads there."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, Route, expect
from service import wait_until

# Who opens a database that the page has not yet made makes an empty one.
KEPT = """async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === "ragam")) return { works: [], pictures: 0 };
    const wait = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const db = await wait(indexedDB.open("ragam"));
    const all = (name) => wait(db.transaction(name).objectStore(name).getAll());
    const kept = { works: await all("works"), pictures: (await all("pictures")).length };
    db.close();
    return kept;
}"""


def choose(page: Page, *files: Path | dict[str, object]) -> None:
    given = [picture_file(file.name, file.read_bytes()) if isinstance(file, Path) else file for file in files]
    page.set_input_files("#files", given)


def picture_file(name: str, data: bytes, kind: str = "image/jpeg") -> dict[str, object]:
    """A file that need not exist, for choose()."""
    return {"name": name, "mimeType": kind, "buffer": data}


def expect_answered(page: Page, answered: int, total: int | None = None) -> None:
    expect(page.locator("#count")).to_contain_text(re.compile(rf"^{answered} (of|dari) {total or answered} (answered|terjawab)"))
    expect(page.locator("#progress")).to_be_hidden()


def tile(page: Page, file: str) -> Locator:
    return page.locator(".tile").filter(has=page.locator(".name", has_text=file))


@contextmanager
def before_its_words(page: Page, held_back: str = "text/en.js") -> Iterator[None]:
    """The page is loaded anew, and what is done within comes before it can say anything, or with main.js before any module runs."""
    held: list[Route] = []
    address = f"**/page/{held_back}"
    page.route(address, lambda route: held.append(route))  # noqa: PLW0108 - playwright marks what it is handed
    page.reload(wait_until="commit")
    wait_until(lambda: page.wait_for_timeout(20) or held, what=f"the request for {held_back}")
    page.locator("#genres").wait_for(state="attached")
    yield
    held.pop().continue_()
    page.unroute(address)


def left_out(page: Page, file: str) -> Locator:
    """The line of a picture that has no answer, in the list that is opened for it."""
    page.locator("#left-out > summary").wait_for()
    page.locator("#left-out").evaluate("list => list.open = true")
    return page.locator("#left-out-list li").filter(has_text=file)


def look_at(page: Page, file: str) -> Locator:
    # Its reduced copy is there, or the large picture would be another in a moment.
    expect(tile(page, file).locator("img")).to_be_visible()
    tile(page, file).click()
    look = page.locator("#look")
    expect(look).to_be_visible()
    return look


def judge(page: Page, file: str, key: str) -> None:
    """In the grid, once it is answered. The keys 1 to 9 are those of the genres, for which the page asks the service."""
    expect(page.locator("#genres-list dt")).not_to_have_count(0)
    expect(tile(page, file).locator(".share")).not_to_be_empty()
    tile(page, file).focus()
    page.keyboard.press(key)
    expect(tile(page, file).locator(".mark")).not_to_be_empty()


def expect_drawn(page: Page) -> None:
    """The picture that is looked at, by whose size the rest lies."""
    page.wait_for_function("() => document.getElementById('look-picture').naturalWidth > 0")


def show_table(page: Page, rows: int) -> None:
    page.locator("#view-table").click()
    # Only rows near what is seen are drawn.
    page.locator("#table").evaluate("table => table.scrollIntoView()")
    expect(page.locator("#rows tr[data-id]")).to_have_count(rows)


def bars(page: Page) -> dict[str, str]:
    """The figures beside the bars by genre, in their order."""
    names, figures = (page.locator(f"#look-bars .{part}").all_text_contents() for part in ("name", "figure"))
    return dict(zip(names, figures, strict=True))


def saved(page: Page, entry: str) -> bytes:
    """What the menu's entry hands over to be saved."""
    page.locator("#exports > summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=entry).click()
    return Path(download.value.path()).read_bytes()


def saved_rows(page: Page) -> list[dict[str, str]]:
    data = saved(page, "Table as CSV")
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def wait_for_kept(page: Page, pictures: int, **fields: str) -> None:
    """Until the browser's database has so many pictures, and a record with these fields."""

    def is_kept() -> bool:
        page.wait_for_timeout(100)
        kept = page.evaluate(KEPT)
        return kept["pictures"] == pictures and any(all(one[key] == value for key, value in fields.items()) for one in kept["works"])

    wait_until(is_kept, what="the database")


def drop(page: Page, *paths: Path) -> None:
    """As the system's file manager does it, on the middle of the place for it."""
    box = page.locator("#drop").bounding_box()
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


def expect_within(page: Page, part: str = "html") -> None:
    """Nothing in it is wider than it is itself."""
    page.wait_for_function(
        "part => (({ scrollWidth, clientWidth }) => scrollWidth === clientWidth)(document.querySelector(part))", arg=part
    )
