"""The page on which a reader answers a letter for herself: her words stay in her browser and reach nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect

from tests.web.stage import Stage, link

WORDS = "Kitchen table, Thursday; nobody asked me to shine."
MARKS = ("Kitchen", "Thursday", "shine", "S2l0Y2hlbi", "4b69746368656e")
"""Parts of her words, plain, in base64 and in hex."""


class Wire:
    """Everything that a browser says to anybody."""

    def __init__(self, context: BrowserContext) -> None:
        self.asked: list[Request] = []
        self.sockets: list[WebSocket] = []
        context.on("request", lambda one: self.asked.append(one))
        context.on("page", lambda page: page.on("websocket", lambda one: self.sockets.append(one)))

    def all_that_was_said(self) -> str:
        bodies = [(one.post_data_buffer or b"").decode("latin-1") for one in self.asked]
        return "\n".join(f"{one.url} {one.headers} {body}" for one, body in zip(self.asked, bodies, strict=True))


@pytest.fixture
def weekly(live: Stage) -> str:
    """The link of the page for the welcome."""
    return link(live.subscribed(name="Maria", timezone="Europe/Berlin"), "reflect")


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    """A device of her own."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, accept_downloads=True)
    yield context
    context.close()


def write(page: Page, words: str = WORDS) -> None:
    page.fill("#words", words)
    expect(page.locator("#said")).to_have_text("Kept in this browser.")


def test_what_she_writes_is_kept_in_her_browser_and_no_request_carries_it(
    live: Stage, weekly: str, device: BrowserContext
) -> None:
    before, wire = live.content(), Wire(device)
    page = device.new_page()
    page.goto(weekly)
    write(page)
    with page.expect_download() as handed_over:
        page.click("#save")
    page.reload()
    assert page.input_value("#words") == WORDS
    page.keyboard.press("Tab")
    page.close()
    again = device.new_page()
    again.goto(weekly)
    assert again.input_value("#words") == WORDS
    again.click("#erase")
    again.click("#restore")
    again.goto(live.house.letterhead.base_url + "/")  # whatever waits to be sent on leaving goes now

    file = Path(handed_over.value.path()).read_text("utf-8")
    assert WORDS in file and handed_over.value.suggested_filename == "my-answer.txt"
    said = wire.all_that_was_said()
    assert len(wire.asked) > 5 and not [mark for mark in MARKS if mark in said]
    assert {one.method for one in wire.asked} == {"GET"} and wire.sockets == []
    assert live.content() == before, "nothing of it, and nothing about it, is in the database"


def test_the_page_could_send_nothing_if_it_wanted_to(weekly: str, device: BrowserContext) -> None:
    page, wire = device.new_page(), Wire(device)
    answer = page.goto(weekly)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'none'" in policy and "form-action 'none'" in policy and "script-src 'self'" in policy
    assert "unsafe" not in policy and "data:" not in policy and "blob:" not in policy
    asked = len(wire.asked)
    tried = page.evaluate(
        """async () => {
            const failed = [];
            await fetch("/?stolen").catch(() => failed.push("fetch"));
            if (!navigator.sendBeacon("/?stolen")) { failed.push("beacon"); }
            const form = document.createElement("form");
            form.method = "post"; form.action = "/?stolen";
            document.body.append(form); form.submit();
            await new Promise(done => setTimeout(done, 300));
            return failed;
        }"""
    )
    assert "fetch" in tried
    assert [one.url for one in wire.asked[asked:] if "stolen" in one.url and one.method == "POST"] == []
    assert page.url == weekly


def test_two_letters_and_two_readers_have_answers_of_their_own(live: Stage, device: BrowserContext) -> None:
    opening = live.subscribed(name="Maria", timezone="Europe/Berlin")
    other = link(live.subscribed("jo@example.org"), "reflect")
    live.clock.move(days=1, hours=23)
    first = link(next(mail for mail in live.tick() if mail.to == ("maria@example.org",)), "reflect")
    page = device.new_page()
    page.goto(link(opening, "reflect"))
    write(page, "One.")
    assert page.is_hidden("#save-all")
    page.goto(first)
    assert page.input_value("#words") == ""
    write(page, "Two.")
    page.goto(other)
    assert page.input_value("#words") == ""
    write(page, "Three.")
    assert page.is_hidden("#save-all"), "who else reads on this device is nobody's business"

    page.goto(first)
    with page.expect_download() as handed_over:
        page.click("#save-all")
    file = Path(handed_over.value.path()).read_text("utf-8")
    assert file.index("One.") < file.index("Two.") and "Three." not in file


def test_without_scripts_the_page_says_what_it_needs_and_shows_no_field(weekly: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(weekly)
    assert "needs one small script" in page.inner_text("main")
    assert page.is_hidden("#words") and page.locator("main button:visible").count() == 0
    assert "never sent" in page.inner_text("main") and "findahelpline.com" in page.inner_text("main")
    context.close()


def test_where_the_browser_keeps_nothing_the_page_says_so_and_the_file_still_works(
    weekly: str, device: BrowserContext
) -> None:
    device.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    page = device.new_page()
    page.goto(weekly)
    page.fill("#words", WORDS)
    expect(page.locator("#said")).to_contain_text("does not let the page keep")
    with page.expect_download() as handed_over:
        page.click("#save")
    assert WORDS in Path(handed_over.value.path()).read_text("utf-8")


@pytest.mark.parametrize("junk", ["not json", "null", "[]", '{"words": 7}', '{"title": "x"}'])
def test_what_something_else_left_in_the_place_does_not_break_the_page(
    weekly: str, device: BrowserContext, junk: str
) -> None:
    page = device.new_page()
    page.goto(weekly)
    page.evaluate(
        "junk => { const here = document.getElementById('reflection').dataset;"
        " localStorage.setItem(`reflection:${here.hers}:${here.lesson}`, junk);"
        " localStorage.setItem(`reflection:${here.hers}:other`, junk); }",
        junk,
    )
    page.reload()
    assert page.input_value("#words") == ""
    write(page)
    if page.is_visible("#save-all"):
        with page.expect_download() as handed_over:
            page.click("#save-all")
        assert WORDS in Path(handed_over.value.path()).read_text("utf-8")


def test_what_is_typed_in_another_tab_is_shown_and_not_overwritten(weekly: str, device: BrowserContext) -> None:
    one, other = device.new_page(), device.new_page()
    one.goto(weekly)
    other.goto(weekly)
    write(one, "From the first tab.")
    expect(other.locator("#words")).to_have_value("From the first tab.")
    write(other, "From the first tab, and the second.")
    expect(one.locator("#words")).to_have_value("From the first tab, and the second.")
    one.close()
    assert other.evaluate("Object.values(localStorage).join()").count("second") == 1


def test_the_words_typed_last_are_kept_when_she_leaves_at_once(weekly: str, device: BrowserContext) -> None:
    page = device.new_page()
    page.goto(weekly)
    page.locator("#words").press_sequentially("Not yet kept")
    page.reload()
    assert page.input_value("#words") == "Not yet kept"


def test_a_question_is_printed_and_never_run(live: Stage, device: BrowserContext) -> None:
    hostile = '<img src=x onerror="window.hit=1">"><script>window.hit=1</script>{{7*7}}'
    mail = live.subscribed("eve@example.org", name=hostile)
    page = device.new_page()
    page.goto(link(mail, "reflect"))
    write(page)
    assert page.evaluate("window.hit") is None
    assert "49" not in page.inner_text("main")


def test_an_unknown_link_and_a_campaigns_have_no_such_page(live: Stage) -> None:
    live.subscribed()
    live.campaign()
    (campaign,) = live.tick()
    here = live.visitor()
    assert "/reflect/" not in campaign.html
    token = link(campaign, "letters").rpartition("/")[2]
    assert here.get(f"/letters/{token}").status_code == 200
    assert here.get(f"/reflect/{token}").status_code == 404
    assert here.get("/reflect/" + "x" * 43).status_code == 404
