"""The pages as people meet them: with scripts off, and from other sites' forms."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.stage import MARIA, Stage, link, path_of, token


@pytest.fixture
def plain(live: Stage, browser: Browser) -> Iterator[Page]:
    """A page in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def subscriber(stage: Stage) -> dict[str, Any]:
    from newsletter.store.tables import subscribers

    (row,) = stage.content()["subscribers"]
    return dict(zip([column.name for column in subscribers.columns], row, strict=True))


def status(stage: Stage) -> str:
    (row,) = stage.content()["subscriptions"]
    return str(row[4])


def test_every_public_page_works_with_scripts_off(live: Stage, plain: Page) -> None:
    plain.goto(live.house.letterhead.base_url + "/")
    plain.fill("#email", MARIA)
    plain.fill("#name", "Maria")
    plain.click("main button")
    assert "inbox" in plain.inner_text("h1")

    plain.goto(link(live.tick()[0], "confirm"))
    plain.select_option("#timezone", "Asia/Kolkata")
    plain.click("button.large")
    assert "You are in" in plain.inner_text("h1")
    assert (status(live), subscriber(live)["timezone"]) == ("confirmed", "Asia/Kolkata")

    opening = live.tick()[0]
    plain.goto(link(opening, "preferences"))
    plain.select_option("#hour", "18")
    plain.select_option("#weekday", "6")
    plain.click("text=Save pace, day, hour and zone")
    assert "Saved" in plain.inner_text("[role=status]")
    assert (subscriber(live)["hour"], subscriber(live)["weekday"]) == (18, 6)

    plain.click("text=Pause my letters")
    assert "resting" in plain.inner_text("main")
    plain.click("text=I am back")
    assert subscriber(live)["paused_until"] is None

    plain.goto(link(opening, "unsubscribe"))
    plain.click("button.large")
    assert status(live) == "unsubscribed"
    plain.click("text=Undo")
    assert status(live) == "confirmed"


def test_discretion_is_asked_for_on_the_page_of_the_confirmation_with_scripts_off(live: Stage, plain: Page) -> None:
    live.sign_up(timezone="UTC")
    plain.goto(link(live.tick()[0], "confirm"))
    box = plain.get_by_label("Show nothing of my letters in my inbox")
    assert not box.is_checked()
    plain.get_by_text("Show nothing of my letters in my inbox").click()
    assert box.is_checked()
    plain.click("button.large")

    assert "every letter is called “A letter for you”" in plain.inner_text("main")
    (welcome,) = live.tick()
    assert welcome.subject == "A letter for you" and dict(welcome.headers)["From"].startswith("Letters <")


def test_with_scripts_on_the_page_fills_in_the_zone(live: Stage, browser: Browser) -> None:
    context = browser.new_context(timezone_id="Australia/Lord_Howe")
    page = context.new_page()
    page.goto(live.house.letterhead.base_url + "/")
    page.fill("#email", MARIA)
    page.click("main button")

    assert subscriber(live)["timezone"] == "Australia/Lord_Howe"
    context.close()


@pytest.mark.parametrize("missing", ["nothing", "Temporal"])
def test_the_confirmation_asks_for_the_zone_with_the_right_one_chosen(
    live: Stage, browser: Browser, missing: str
) -> None:
    live.sign_up()
    context = browser.new_context(timezone_id="America/Denver")
    context.add_init_script(f"delete window.{missing}")
    page = context.new_page()
    page.goto(link(live.tick()[0], "confirm"))

    assert page.input_value("#timezone") == "America/Denver"
    context.close()


def test_a_form_on_another_site_may_sign_people_up(
    live: Stage, browser: Browser, serving: Callable[[], Any], new_stage: Callable[..., Stage]
) -> None:
    other = serving()
    page_there = (
        f'<!doctype html><title>x</title><form method="post" action="{live.house.letterhead.base_url}/subscribe">'
        '<input name="email"><input name="name"><input name="list" value="letters"><button>Go</button></form>'
    )

    def application(_environ: object, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [page_there.encode()]

    other.application = application
    page = browser.new_page()
    page.goto(other.url)
    page.fill("[name=email]", MARIA)
    page.click("button")

    assert page.url == live.house.letterhead.base_url + "/subscribe"
    assert "inbox" in page.inner_text("h1")
    assert [mail.to for mail in live.tick()] == [(MARIA,)]
    assert "a form elsewhere" in str(live.content()["consent_payloads"])
    page.close()


@pytest.mark.parametrize(
    "request_",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"data": b"List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        {
            "data": b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "content_type": "multipart/form-data; boundary=x",
        },
        {"data": b""},
        {"data": b"\xff\xfe", "content_type": "text/plain"},
        {
            "data": {"List-Unsubscribe": "One-Click"},
            "headers": {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
        },
    ],
    ids=["form", "as the RFC writes it", "multipart", "empty", "rubbish", "cross-site"],
)
def test_one_click_needs_no_cookie_and_no_token_and_works_at_once(stage: Stage, request_: dict[str, Any]) -> None:
    opening = stage.subscribed()
    stage.campaign()
    answer = stage.web.test_client(use_cookies=False).post(path_of(link(opening, "unsubscribe")), **request_)

    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert status(stage) == "unsubscribed"
    assert stage.tick() == []


def test_the_header_and_the_visible_link_of_a_mail_lead_to_the_same_door(stage: Stage) -> None:
    opening = stage.subscribed()
    header = dict(opening.headers)["List-Unsubscribe"]

    assert header == f"<{stage.house.letterhead.base_url}/unsubscribe/{token(opening, 'unsubscribe')}>"
    assert dict(opening.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link(opening, "unsubscribe") in opening.text
