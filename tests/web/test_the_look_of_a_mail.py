"""A mail shown as somebody in the light or in the dark gets it, whatever the system of the one who looks."""

import pytest
from playwright.sync_api import Browser

from newsletter.web.letters import mail_page
from tests.web.stage import Stage

PAPER = {"light": "rgb(251, 250, 247)", "dark": "rgb(22, 24, 28)"}


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_letter_is_light_or_dark_as_it_is_asked_to_be(live: Stage, browser: Browser, system: str, look: str) -> None:
    mail = live.subscribed()
    page = browser.new_context(color_scheme=system).new_page()  # type: ignore[arg-type]

    page.goto(f"{live.house.letterhead.base_url}/inbox/{mail.id}/html?look={look}")

    assert page.locator("body").evaluate("b => getComputedStyle(b).backgroundColor") == PAPER[look]
    page.context.close()


def test_without_a_look_every_byte_is_as_it_was_sent(stage: Stage) -> None:
    mail = stage.subscribed()

    with stage.web.test_request_context():
        assert mail_page(mail.html, framed=False).get_data(as_text=True) == mail.html


def test_a_letter_that_talks_about_dark_mode_keeps_its_words() -> None:
    sheet = "<style>@media (prefers-color-scheme:dark) { p { color: red } }</style>"
    html = f"<head>{sheet}</head><p>(prefers-color-scheme: dark)"

    shown = mail_page(html, framed=False, look="dark").get_data(as_text=True)

    assert shown.endswith("<p>(prefers-color-scheme: dark)")
    assert "@media (min-width: 0)" in shown


def test_on_a_phone_the_button_of_a_mail_is_as_wide_as_its_text_and_every_way_out_as_high_as_a_finger(
    live: Stage, browser: Browser
) -> None:
    live.sign_up()
    (asking,) = live.tick()
    opening = live.subscribed("jo@example.org")
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{live.house.letterhead.base_url}/inbox/{asking.id}/html")
    button, text = page.locator(".press a").bounding_box(), page.locator("blockquote").bounding_box()
    page.goto(f"{live.house.letterhead.base_url}/inbox/{opening.id}/html")
    heights = [one.bounding_box() for one in page.locator(".foot a").all()]

    assert button and text and button["width"] == text["width"] and button["height"] >= 44
    assert len(heights) == 3 and all(one and one["height"] >= 44 for one in heights)
    page.context.close()
