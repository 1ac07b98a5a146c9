"""A reader's whole way by keyboard alone, in a browser that runs no scripts: in, her hour, a rest, out, and back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from newsletter.usecases import people
from newsletter.usecases.people import Portrait
from tests.web.stage import MARIA, Stage, link

FARTHEST = 40
"""Stops with the tabulator until something that is needed must have come."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone without scripts."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def tab_to(page: Page, selector: str) -> None:
    """Go on with the tabulator until the focus is there; it must be seen, and large enough for a finger."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            break
    focused = page.locator(f"{selector}:focus")
    assert focused.evaluate("element => (element.closest('label') || element).getBoundingClientRect().height") >= 44
    assert focused.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"


def press(page: Page, selector: str) -> None:
    """Go to a button and press it, and wait for what comes."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def told(stage: Stage) -> Portrait:
    return people.portrait(stage.house, MARIA)


def test_a_reader_needs_neither_scripts_nor_a_mouse(live: Stage, page: Page) -> None:
    page.goto(live.house.letterhead.base_url + "/")
    tab_to(page, "#email")
    page.keyboard.type("maria at example")
    press(page, "button.large")
    tab_to(page, "#email")
    page.keyboard.press("Control+a")
    page.keyboard.type(MARIA)
    page.keyboard.press("Tab")
    page.keyboard.type("Maria")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.inner_text("h1") == "Look in your inbox"

    page.goto(link(live.tick()[0], "confirm"))
    tab_to(page, "#timezone")
    page.keyboard.type("Denver")
    press(page, "button.large")
    assert page.inner_text("h1") == "You are in. Welcome."
    assert told(live).timezone == "America/Denver"

    tab_to(page, "#weekday")
    page.keyboard.type("Sunday")
    tab_to(page, "#hour")
    page.keyboard.type("18")
    press(page, "button:text('Save pace, day, hour and zone')")
    assert "Sunday, 29 November 2026, at 6 in the evening (Denver time)" in page.inner_text("main")

    tab_to(page, "input[value='2']")
    page.keyboard.press("ArrowDown")
    press(page, "button:text('Pause my letters')")
    assert "Your letters are resting" in page.inner_text("main")
    assert told(live).paused_until is not None
    press(page, "button:text('I am back')")
    assert told(live).paused_until is None

    page.goto(link(live.tick()[-1], "unsubscribe"))
    press(page, "button.large")
    assert told(live).lists[0]["state"] == "unsubscribed"
    press(page, "button:text('Undo')")
    assert page.inner_text("h1") == "All as it was"
    assert told(live).lists[0]["state"] == "confirmed"
