"""The first page's numbers are the ledger's, what wants the owner names its next step, and the ledger finds anything."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from newsletter.domain.delivery import Kind, State
from newsletter.mail.inbox import CapturedMail
from newsletter.store import duties, relays, tables
from newsletter.usecases import campaigns
from tests.web.scenes import an_older_copy
from tests.web.seeding import seed
from tests.web.stage import MARIA, Stage, csrf, link, path_of

LEDGER = "/admin/deliveries/"


def soup_of(stage: Stage, path: str, role: str = "owner") -> Any:
    main = BeautifulSoup(stage.signed_in(role).get(path).text, "html.parser").main
    assert main
    return main


def said(soup: Any) -> str:
    return " ".join(soup.get_text(" ").split())


def weeks(soup: Any) -> list[list[list[str]]]:
    """The rows of both weekly tables: day, lessons, campaigns, others, letters."""
    return [
        [
            [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
            for row in table.select("tbody tr")
        ]
        for table in soup.select("table.week")
    ]


def works(stage: Stage) -> None:
    """A worker runs."""
    with stage.house.store.transaction() as tx:
        duties.take(tx, "planning", "worker", stage.clock.machine(), timedelta(minutes=1))


def test_a_house_without_anybody_teaches_the_first_steps(stage: Stage) -> None:
    page = said(soup_of(stage, "/admin/"))

    assert "No one has joined yet. Put the form on your site" in page
    assert "The first one goes the moment somebody signs up" in page
    assert "Nothing is due in the next seven days" in page
    assert "Nothing failed in the last seven days" in page


def test_people_and_letters_are_counted_by_the_owners_days(stage: Stage) -> None:
    stage.subscribed()
    gone = stage.subscribed("gone@example.org")
    stage.visitor().post(path_of(link(gone, "unsubscribe")))
    stage.sign_up("jo@example.org")
    stage.tick()
    campaigns.queue(
        stage.house, campaigns.create(stage.house, subject="News", body="Hello"), stage.clock.now() + timedelta(days=3)
    )
    soup = soup_of(stage, "/admin/")
    went, coming = weeks(soup)

    assert [card.select_one(".figure").get_text() for card in soup.select(".card")] == ["1", "2", "1", "1"]
    assert went[-1] == ["Tue 24 Nov until now", "2", "0", "3", "5"]
    assert went[0][0] == "Wed 18 Nov"
    assert coming[0][0] == "Tue 24 Nov from now"
    assert coming[1] == ["Wed 25 Nov", "1", "0", "0", "1"]
    assert coming[3] == ["Fri 27 Nov", "0", "1", "0", "1"]
    assert "27 Nov 2026, 09:00: the campaign News" in said(soup)


def test_what_failed_is_counted_by_the_servers_code_and_leads_to_the_ledger(stage: Stage) -> None:
    seed(stage.house, people=600, deliveries=4000)
    rows = soup_of(stage, "/admin/").select("table.failures tbody tr")
    (gone,) = [row for row in rows if "550 5.1.1" in row.get_text()]
    many = int(gone.a.get_text())
    ledger = soup_of(stage, gone.a["href"])

    assert len(rows) == 3, "replies that differ in an id count as one"
    assert f"{many} deliveries" not in said(ledger), "the ledger holds more than this week's"
    assert {row.select_one(".mark").get_text() for row in ledger.select("tbody tr")} == {"failed"}
    assert all("550 5.1.1" in row.get_text() for row in ledger.select("tbody tr"))


def test_a_relay_that_is_down_is_told_with_its_words_its_time_and_the_next_try(stage: Stage) -> None:
    with stage.house.store.transaction() as tx:
        machine = stage.clock.machine()
        relays.note_failure(tx, "535 5.7.8 no", machine - timedelta(minutes=12), machine + timedelta(minutes=3))
    page = said(soup_of(stage, "/admin/"))

    assert "It says: “535 5.7.8 no”" in page
    assert "Since 24 Nov 2026, 08:48, next try 24 Nov 2026, 09:03" in page


def test_a_house_without_a_worker_says_so_until_one_runs(stage: Stage) -> None:
    assert "No worker runs" in said(soup_of(stage, "/admin/"))
    works(stage)
    assert "No worker runs" not in said(soup_of(stage, "/admin/", "editor"))


def test_every_want_leads_to_a_page_where_something_can_be_done(stage: Stage) -> None:
    stage.subscribed()
    stage.subscribed("jo@example.org")
    paused = stage.campaign()
    with stage.house.store.transaction() as tx:
        tx.execute(update(tables.campaigns).values(state="paused", reason="The relay refused five in a row."))
        tx.execute(
            update(tables.subscribers).where(tables.subscribers.c.address == MARIA).values(held_reason="a trial")
        )
        tx.execute(update(tables.course_revisions).values(published_at=None))
    client = stage.signed_in()
    wants = BeautifulSoup(client.get("/admin/").text, "html.parser").select(".wants li")
    sentences = " ".join(said(want) for want in wants)

    assert "The mail of 1 person waits for your word: a trial." in sentences
    assert "The relay refused five in a row." in sentences
    assert "is a draft that nobody can begin yet" in sentences
    assert f"/admin/campaigns/{paused}" in [want.a["href"] for want in wants]
    assert {client.get(want.a["href"]).status_code for want in wants} == {200}


def test_held_letters_go_on_or_end_with_the_owners_word_asked_once(stage: Stage) -> None:
    stage.subscribed()
    stage.clock.move(days=9)
    assert stage.tick() == [], "nine days late: held"
    client = stage.signed_in()
    assert MARIA in client.get("/admin/held/").text
    assert "End the course for 1 person?" in client.get("/admin/held/skip").text
    assert stage.signed_in("editor").get("/admin/held/release").status_code == 403
    form = {"csrf_token": csrf(client.get("/admin/held/release"))}
    done = client.post("/admin/held/release", data=form, follow_redirects=True).text

    assert "They go on" in done and "Nobody's letters wait" in BeautifulSoup(done, "html.parser").get_text()
    assert len(stage.tick()) == 1, "one letter, not the heap"


def test_the_owner_holds_all_lessons_and_releases_them_from_the_studio(stage: Stage) -> None:
    stage.subscribed()
    client = stage.signed_in()
    form = {"csrf_token": csrf(client.get("/admin/held/all"))}
    refused = client.post("/admin/held/all", data=form | {"reason": "  "})
    assert refused.status_code == 400 and "Please say why" in refused.text
    done = client.post("/admin/held/all", data=form | {"reason": "The flood & the valley"}, follow_redirects=True)
    assert "The flood &amp; the valley" in done.text and "owner@example.org" in done.text
    assert "All lessons are held: The flood &amp; the valley" in client.get("/admin/").text
    stage.clock.business += timedelta(days=3)
    assert stage.tick() == []
    assert MARIA in client.get("/admin/held/").text

    form = {"csrf_token": csrf(client.get("/admin/held/release"))}
    assert "They go on" in client.post("/admin/held/release", data=form, follow_redirects=True).text
    assert len(in_hours(stage, 24 * 6)) == 1, "one letter, not the heap"


def test_today_tells_in_one_sentence_of_an_older_copy_and_the_button_lets_it_go_on(stage: Stage) -> None:
    stage.subscribed()
    an_older_copy(stage)
    client = stage.signed_in()
    assert "a backup was put back" in client.get("/admin/").text
    stage.clock.business += timedelta(days=2)
    assert stage.tick() == []

    asked = client.get("/admin/held/acknowledge")
    assert "This database is as it was at" in asked.text and "may go out once more" in asked.text
    form = {"csrf_token": csrf(asked)}
    done = client.post("/admin/held/acknowledge", data=form, follow_redirects=True)
    assert "Planning and sending go on." in done.text and "a backup was put back" not in client.get("/admin/").text
    assert len(in_hours(stage, 36)) == 1


def in_hours(stage: Stage, many: int) -> list[CapturedMail]:
    """What goes in so many hours by the business clock alone, so that the session stays young."""
    mails = []
    for _ in range(many // 2):
        stage.clock.business += timedelta(hours=2)
        mails += stage.tick()
    return mails


def test_late_courses_that_are_ended_send_nothing_more(stage: Stage) -> None:
    stage.subscribed()
    stage.clock.move(days=9)
    stage.tick()
    client = stage.signed_in()
    client.post("/admin/held/skip", data={"csrf_token": csrf(client.get("/admin/held/skip"))})
    assert "Nothing waits any more" in client.get("/admin/held/skip").text
    stage.clock.move(days=30)

    assert stage.tick() == []


def test_an_empty_ledger_says_what_will_stand_there(stage: Stage) -> None:
    assert "Every email that the house sends stands here" in said(soup_of(stage, LEDGER))


def test_the_filters_of_the_ledger_find_what_stands_in_it(stage: Stage) -> None:
    seed(stage.house, people=100, deliveries=900)
    table = tables.deliveries
    client = stage.signed_in()
    for state, kind in product(State, (None, *Kind)):
        with stage.house.store.reading() as tx:
            kinds = [table.c.kind == kind] if kind else []
            expected = len(tx.execute(table.select().where(table.c.state == state, *kinds)).all())
        found, path = 0, f"{LEDGER}?state={state}" + (f"&kind={kind}" if kind else "")
        while path:
            soup = BeautifulSoup(client.get(path).text, "html.parser")
            found += len(soup.select("table.ledger tbody tr"))
            older = (str(a["href"]) for a in soup.select("nav[aria-label=Pages] a") if a.get_text() == "Older")
            path = next(older, "")

        assert found == expected, (state, kind)


@pytest.mark.parametrize("query", ["?state=x", "?kind=x", "?before=x", "?words=%25", "?before=99999999999999999999"])
def test_a_url_that_was_edited_by_hand_gets_a_page(stage: Stage, query: str) -> None:
    stage.subscribed()
    assert stage.signed_in().get(LEDGER + query).status_code == 200


@pytest.mark.parametrize("query", ["?person=nobody", "?campaign=none"])
def test_a_ledger_of_nobody_is_not_found(stage: Stage, query: str) -> None:
    assert stage.signed_in().get(LEDGER + query).status_code == 404
