"""S1: whoever fetches the links of our mails, a scanner or a curious person, changes nothing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from newsletter.mail.inbox import CapturedMail
from tests.web.scenes import ask_in_the_welcome
from tests.web.stage import MARIA, Stage, links, path_of

KINDS = ["confirmation", "reminder", "preferences link", "opening", "first letter", "campaign", "discreet letter"]


def mails_of_every_kind(stage: Stage) -> Iterator[tuple[str, CapturedMail]]:
    """One mail of each kind, each handed out while its links are fresh."""
    ask_in_the_welcome(stage)
    stage.sign_up(name="Maria", timezone="Europe/Berlin")
    (asking,) = stage.tick()
    yield "confirmation", asking
    stage.clock.move(days=2)
    (reminder,) = stage.tick()
    yield "reminder", reminder
    confirm = next(link for link in links(reminder) if "/confirm/" in link)
    stage.visitor().post(path_of(confirm))
    yield "opening", stage.tick()[0]
    stage.clock.move(minutes=11)
    stage.sign_up()
    yield "preferences link", stage.tick()[0]
    stage.clock.move(days=2)
    yield "first letter", stage.tick()[0]
    stage.clock.move(days=1)  # a campaign waits a day for a lesson
    stage.campaign()
    (campaign,) = stage.tick()
    yield "campaign", campaign
    preferences = path_of(next(link for link in links(campaign) if "/preferences/" in link))
    stage.visitor().post(preferences, data={"action": "discreet", "wish": "on"})
    stage.clock.move(days=6)
    yield "discreet letter", stage.tick()[0]
    yield "confirmation", asking  # used up by now


def ours(stage: Stage, mail: CapturedMail) -> list[str]:
    return [link for link in links(mail) if link.startswith(stage.house.letterhead.base_url)]


def test_every_kind_of_mail_is_looked_at(stage: Stage) -> None:
    seen = dict(mails_of_every_kind(stage))

    assert sorted(seen) == sorted(KINDS)
    assert all(ours(stage, mail) for mail in seen.values())
    assert any("/answer/" in link for link in ours(stage, seen["opening"])), "its question is asked behind a link"
    assert all(mail.to == (MARIA,) for mail in seen.values())


def test_three_looks_at_every_link_of_every_mail_change_no_row(stage_on_both: Stage) -> None:
    stage = stage_on_both
    for kind, mail in mails_of_every_kind(stage):
        before = stage.content()
        answers = [
            visit(path_of(link)).status_code
            for link in ours(stage, mail)
            for _ in range(3)
            for visit in (stage.visitor().get, stage.visitor().head, stage.visitor().options)
        ]

        assert set(answers) == {200}, kind
        assert stage.content() == before, f"a look at a link of the {kind} changed the database"
    assert stage.tick() == []


def test_a_browser_that_runs_the_scripts_behind_every_link_changes_no_row(live: Stage, browser: Browser) -> None:
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.method))
    for kind, mail in mails_of_every_kind(live):
        before = live.content()
        for link in ours(live, mail):
            for _ in range(3):
                page.goto(link, wait_until="load")  # our scripts are deferred: they have run by then

        assert live.content() == before, f"a browser on a link of the {kind} changed the database"
    assert set(asked) == {"GET"}
    page.close()


@pytest.mark.parametrize(
    "headers", [{"Purpose": "prefetch"}, {"Range": "bytes=0-10"}, {"X-HTTP-Method-Override": "POST"}]
)
def test_headers_that_ask_for_more_than_a_look_get_no_more(stage: Stage, headers: dict[str, str]) -> None:
    for kind, mail in mails_of_every_kind(stage):
        before = stage.content()
        for link in ours(stage, mail):
            stage.visitor().get(
                path_of(link) + "?action=leave&List-Unsubscribe=One-Click&_method=POST", headers=headers
            )

        assert stage.content() == before, kind
