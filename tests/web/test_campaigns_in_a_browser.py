"""The room of the campaigns in Chromium: by keyboard alone, with hostile words, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from newsletter.store import campaigns as rows
from newsletter.usecases import drafts
from newsletter.usecases.drafts import Words
from tests.web.stage import Stage

EVIL = "<script>document.title='evil'</script><img src=x onerror=\"document.title='evil'\">{{7*7}}"


@pytest.fixture
def signed_in(live: Stage, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    session = live.signed_in("editor").session
    assert session
    context.add_cookies([{"name": "studio", "value": session, "url": live.house.letterhead.base_url}])
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext) -> Page:
    return signed_in.new_page()


def room(stage: Stage, rest: str = "") -> str:
    return f"{stage.house.letterhead.base_url}/admin/campaigns/{rest}"


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focus = "e => (e.labels && e.labels[0] ? e.labels[0] : e).innerText.trim()"
        if page.locator(":focus").count() and page.locator(":focus").evaluate(focus).startswith(words):
            return
    raise AssertionError(f"Tab does not lead to {words!r}")


def press(page: Page, words: str) -> None:
    tab_to(page, words)
    page.keyboard.press("Enter")


def only_campaign(stage: Stage) -> rows.Campaign:
    with stage.house.store.reading() as tx:
        (found,) = rows.everything(tx)
    return found


def test_from_the_first_word_to_the_last_letter_by_keyboard(live: Stage, page: Page) -> None:
    for number in range(3):
        live.subscribed(f"p{number}@example.org", name="Maria")
    page.goto(room(live))
    press(page, "Write a campaign")
    tab_to(page, "Subject")
    page.keyboard.type("An open garden")
    tab_to(page, "Letter")
    page.keyboard.type("Dear {{ name }},\n\nthe garden is open on **Sunday**.")
    expect(page.frame_locator("[data-frame] iframe").last.locator("strong")).to_have_text("Sunday")
    press(page, "Save, then preview and test")
    expect(page.frame_locator("iframe.mail").locator("p").first).to_contain_text("Dear reader")
    press(page, "Send a test")
    expect(page.get_by_role("status")).to_contain_text("on its way")
    assert [mail.subject for mail in live.tick()] == ["[Test] An open garden"]
    press(page, "Check who gets it")
    expect(page.locator(".figure")).to_have_text("3 people")
    press(page, "Queue for 3 people")
    expect(page.locator(".state")).to_contain_text("scheduled")

    assert [mail.subject for mail in live.tick()] == ["An open garden"] * 3
    expect(page.locator(".state")).to_have_text("sent", timeout=10_000)  # by itself
    expect(page.locator("progress")).to_have_attribute("value", "3")
    press(page, "Sent 3")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_words_that_are_not_saved_are_not_left_without_a_question(live: Stage, page: Page) -> None:
    made = drafts.begin(live.house, Words("News", "Some news."))
    page.goto(room(live, f"{made}/write"))
    page.fill("#body", "Other news.")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Campaigns").first.click(no_wait_after=True)
    expect(page.locator("#body")).to_have_value("Other news.")
    assert asked == ["beforeunload"]

    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    assert only_campaign(live).body == "Other news."
    page.get_by_role("link", name="Campaigns").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Campaigns")


def test_whoever_gives_a_day_means_later(live: Stage, page: Page) -> None:
    live.subscribed()
    made = drafts.begin(live.house, Words("News", "Some news."))
    page.goto(room(live, f"{made}/queue"))
    page.fill("#date", "2026-11-26")
    expect(page.locator("#later")).to_be_checked()
    page.get_by_role("button", name="Queue for 1 person").click()

    expect(page.locator(".state")).to_contain_text("Thursday, 26 November 2026, at 9 in the morning")
    assert live.tick() == []


def test_hostile_words_run_nowhere_and_leave_no_page(live: Stage, page: Page) -> None:
    live.subscribed(name=EVIL[:60])
    outside: list[str] = []
    page.on("request", lambda sent: outside.append(sent.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    made = drafts.begin(live.house, Words(EVIL.replace("{{7*7}}", ""), EVIL.replace("{{7*7}}", "")))

    for rest in (
        "",
        f"{made}/write",
        f"{made}/preview",
        f"{made}/preview?view=source",
        f"{made}/queue",
        f"{made}/delete",
    ):
        page.goto(room(live, rest))
        page.wait_for_load_state("networkidle")
        assert page.title() != "evil", rest
        assert page.locator("main img, main script").count() == 0, rest
    page.goto(room(live, f"{made}/write"))
    page.fill("#subject", EVIL)
    page.fill("#body", EVIL)
    expect(page.locator("#body-error")).to_contain_text("{{ name }}")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#body")).to_have_value(EVIL)
    drafts.save(live.house, made, Words(f"Hello {EVIL[:40]}", "One.\n\n" + EVIL[:40]), seen=None)
    page.goto(room(live, f"{made}/queue"))
    page.get_by_role("button", name="Queue for 1 person").click()
    live.tick()
    expect(page.locator(".state")).to_have_text("sent", timeout=10_000)

    assert errors == []
    assert [url for url in outside if not url.startswith(live.house.letterhead.base_url)] == []


def test_a_campaign_is_written_and_queued_without_scripts(live: Stage, browser: Browser) -> None:
    live.subscribed()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    session = live.signed_in("editor").session
    assert session
    context.add_cookies([{"name": "studio", "value": session, "url": live.house.letterhead.base_url}])
    page = context.new_page()
    page.goto(room(live, "new"))
    page.fill("#subject", "News")
    page.fill("#body", "Dear {{ name }},\n\nsome *news*.")
    page.get_by_role("button", name="Show it so").click()
    expect(page.frame_locator("[data-frame] iframe").locator("em")).to_have_text("news")
    expect(page.locator("#subject")).to_have_value("News")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="Check and queue").click()
    page.get_by_role("button", name="Queue for 1 person").click()
    live.tick()
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator(".state")).to_have_text("sent")
    context.close()
