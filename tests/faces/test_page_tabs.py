"""Two tabs on one session, and storage without room: nothing disappears."""

from page_actions import KEPT, choose, expect_answered, judge, picture_file, tile, wait_for_kept
from playwright.sync_api import expect
from service import wait_until
from told_answers import tell, told

ANSWER = {"status": {"code": 200, "message": "OK"}, "data": told("Realism")}
# The browser has no room for pictures of this name, until it is told otherwise.
NO_ROOM = """() => {
    const put = IDBObjectStore.prototype.put;
    globalThis.full = true;
    IDBObjectStore.prototype.put = function (value) {
        if (globalThis.full && value.name === "during.jpg") throw new DOMException("", "QuotaExceededError");
        return put.call(this, value);
    };
}"""


def kept(page):
    return page.evaluate(KEPT)["works"]


def wait_for_names(page, *names):
    """Until the database has these with their answers and reduced copies, and no other."""

    def are_kept():
        page.wait_for_timeout(100)
        found = page.evaluate(KEPT)
        answered = {one["name"] for one in found["works"] if one["state"] == "answered"}
        return (answered, len(found["works"]), found["pictures"]) == (set(names), len(names), len(names))

    wait_until(are_kept, what="the database")


def test_two_tabs_show_each_others_pictures_and_verdicts_and_keep_all(visit, picture):
    first = visit()
    tell(first.context)
    choose(first, picture_file("first.jpg", picture(64, 48)))
    expect_answered(first, 1)
    wait_for_names(first, "first.jpg")
    second = first.context.new_page()
    second.goto(first.url)
    expect_answered(second, 1)
    # Both at once, neither knowing of the other's.
    for seed, (page, name) in enumerate(((first, "fromA.jpg"), (second, "fromB.jpg")), 1):
        choose(page, picture_file(name, picture(64, 48, seed=seed)))
    names = ("first.jpg", "fromA.jpg", "fromB.jpg")
    for page in (first, second):
        expect_answered(page, 3)
    wait_for_names(first, *names)
    assert len({one["id"] for one in kept(first)}) == 3
    judge(first, "first.jpg", "y")
    expect(tile(second, "first.jpg").locator(".mark")).to_have_text("✓ agreed")
    # A note of the second tab does not take the verdict of the first away.
    tile(second, "first.jpg").click()
    second.get_by_label("Note", exact=True).fill("seen in both")
    second.keyboard.press("Escape")
    wait_for_kept(second, 3, note="seen in both", verdict="Realism")
    for page in (first, second):
        page.reload()
        expect_answered(page, 3)
    tile(second, "fromA.jpg").click()
    second.locator("#look-remove").click()
    second.keyboard.press("Escape")
    expect(tile(first, "fromA.jpg")).to_have_count(0)
    expect_answered(first, 2)
    # A session that one deletes is closed in the other, which goes on with a new one.
    first.locator("#session-remove").click()
    first.locator("#question-dialog").get_by_role("button", name="Delete").click()
    for page in (first, second):
        expect(page.locator("#works")).to_be_hidden()
    choose(second, picture_file("later.jpg", picture(64, 48)))
    expect_answered(second, 1)
    wait_for_names(second, "later.jpg")


def test_what_could_not_be_written_is_written_when_there_is_room(visit, picture):
    page = visit()
    tell(page)
    page.evaluate(NO_ROOM)
    choose(page, picture_file("before.jpg", picture(64, 48)))
    expect_answered(page, 1)
    wait_for_names(page, "before.jpg")
    choose(page, picture_file("during.jpg", picture(64, 48)))
    expect_answered(page, 2)
    expect(page.locator("#restored-text")).to_have_text(
        "Not all of it could be kept: this browser may have no room. The page tries again; save the session as a file before you leave."
    )
    page.evaluate("globalThis.full = false")
    choose(page, picture_file("after.jpg", picture(64, 48)))
    expect(page.locator("#restored-text")).to_have_text("All of it is kept in this browser again.")
    names = ("before.jpg", "during.jpg", "after.jpg")
    expect_answered(page, 3)
    wait_for_names(page, *names)
    page.reload()
    expect_answered(page, 3)
    for name in names:
        expect(tile(page, name).locator("img")).to_be_visible()


def test_what_one_tab_has_under_way_is_not_lost_in_another(visit, picture):
    first = visit()
    held = []

    def hold(route):
        if held is None:
            route.fulfill(json=ANSWER)
        else:
            held.append(route)

    first.route("**/prediction?*", hold)
    choose(first, *(picture_file(f"{number}.jpg", picture(64, 48, seed=number)) for number in range(6)))
    expect(first.locator(".tile[data-state=sending]")).to_have_count(4)
    wait_until(lambda: first.wait_for_timeout(100) or len(kept(first)) == 6, what="the database")
    second = first.context.new_page()
    # It does not get as far with them as the first.
    second.route("**/prediction?*", lambda route: None)
    second.goto(first.url)
    expect(second.locator("#session option")).to_have_count(1)
    expect(second.locator("#works")).to_be_hidden()
    under_way, held = held, None
    for route in under_way:
        route.fulfill(json=ANSWER)
    for page in (first, second):
        expect_answered(page, 6)
        expect(page.locator("#left-out")).to_be_hidden()
    wait_for_names(first, *(f"{number}.jpg" for number in range(6)))
