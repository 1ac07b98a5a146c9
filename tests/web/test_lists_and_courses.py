"""The page of a list, and what a campaign's pages say of readers whose courses it waits for."""

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from newsletter.domain.delivery import Kind, State
from newsletter.store import lists
from newsletter.store.tables import deliveries
from newsletter.usecases import giving_way
from tests.web.stage import Stage, Visitor, csrf

LIST = "/admin/lists/letters"


@pytest.fixture
def owner(stage: Stage) -> Visitor:
    return stage.signed_in("owner")


def words_of(page: TestResponse) -> str:
    return " ".join(BeautifulSoup(page.text, "html.parser").get_text(" ").split())


def keep(client: Visitor, **form: str) -> TestResponse:
    return client.post(LIST, data={"csrf_token": csrf(client.get(LIST)), **form})


def kept(stage: Stage) -> tuple[str, int]:
    with stage.house.store.reading() as tx:
        found = lists.by_slug(tx, "letters")
    assert found is not None
    return found.etiquette, found.wait_days


def test_the_page_of_a_list_keeps_what_its_campaigns_do_beside_a_course(stage: Stage, owner: Visitor) -> None:
    stage.subscribed()
    assert "1 person on this list is in a course" in words_of(owner.get(LIST))
    assert keep(owner, etiquette="hold", days="90").status_code == 303
    assert kept(stage) == ("hold", 90)
    assert "waits until the course is over, 90 days at most" in words_of(owner.get("/admin/lists/"))


def test_a_mistake_is_told_beside_its_field_and_nothing_typed_is_lost(stage: Stage, owner: Visitor) -> None:
    refused = keep(owner, etiquette="digest", days="many")
    page = BeautifulSoup(refused.text, "html.parser")
    assert refused.status_code == 400
    assert page.select_one("#days")["value"] == "many"  # type: ignore[index]
    assert page.select_one("#days")["aria-describedby"] == "days-wrong"  # type: ignore[index]
    assert page.select_one("[name=etiquette][checked]")["value"] == "digest"  # type: ignore[index]
    assert kept(stage) == ("anyway", 120)


def test_a_list_that_is_none_has_no_page(owner: Visitor) -> None:
    assert owner.get("/admin/lists/none").status_code == 404


def test_a_campaign_says_for_whom_it_waits_and_asks_what_to_do(stage: Stage, owner: Visitor) -> None:
    stage.subscribed()
    giving_way.set_etiquette(stage.house, "letters", "hold")
    made = stage.campaign()
    stage.tick()
    room = f"/admin/campaigns/{made}"
    assert "1 person waits for it until a course is over, at most until 24 Mar 2027" in words_of(owner.get(room))
    asking = owner.get(f"{room}/waiting")
    assert "1 person is in a course" in words_of(asking)
    assert owner.post(f"{room}/waiting", data={"csrf_token": csrf(asking)}).status_code == 400
    assert owner.post(f"{room}/waiting", data={"csrf_token": csrf(asking), "word": "let go"}).status_code == 303
    assert "You let it go for those who were in a course." in words_of(owner.get(room))
    assert "Nobody waits" in words_of(owner.get(f"{room}/waiting"))
    rows = [row for row in stage.content()["deliveries"] if Kind.CAMPAIGN in row]
    assert [row[list(deliveries.c).index(deliveries.c.state)] for row in rows] == [State.SKIPPED]


def test_who_waits_is_sent_it_at_once_when_the_owner_says_so(stage: Stage, owner: Visitor) -> None:
    stage.subscribed()
    giving_way.set_etiquette(stage.house, "letters", "digest")
    made = stage.campaign()
    stage.tick()
    asking = owner.get(f"/admin/campaigns/{made}/waiting")
    owner.post(f"/admin/campaigns/{made}/waiting", data={"csrf_token": csrf(asking), "word": "send"})
    assert [mail.subject for mail in stage.tick()] == ["A new article"]


def test_before_it_is_queued_the_page_says_who_will_wait(stage: Stage, owner: Visitor) -> None:
    from newsletter.usecases import drafts
    from newsletter.usecases.drafts import Words

    stage.subscribed()
    giving_way.set_etiquette(stage.house, "letters", "digest", days="30")
    made = drafts.begin(stage.house, Words("An open garden", "Come."))
    said = words_of(owner.get(f"/admin/campaigns/{made}/queue"))
    assert "1 person of these is in a course just now" in said
    assert "30 days at most; what waited then comes in one mail" in said


def test_the_etiquette_is_set_without_scripts(live: Stage, browser: Browser) -> None:
    base, session = live.house.letterhead.base_url, live.signed_in("owner").session
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    context.add_cookies([{"name": "studio", "value": session, "url": base}])
    page = context.new_page()
    page.goto(f"{base}{LIST}")
    page.check("[name=etiquette][value=hold]")
    page.click("text=Keep this")
    assert "Kept." in page.inner_text("[role=status]")
    assert kept(live) == ("hold", 120)
    context.close()
