"""A campaign's page is honest: why nothing moves, why somebody did not get it, and that it began late."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from newsletter.domain.subscriber import Subscriber
from newsletter.store import relays, tables
from newsletter.usecases import campaigns, drafts, leaving, rights
from newsletter.usecases.drafts import Words
from newsletter.usecases.people import find as find_person
from newsletter.usecases.standstill import NO_WORKER
from tests.web.stage import Stage, Visitor, link, path_of
from tests.web.test_campaigns_room import ROOM, set_person, words_of


@pytest.fixture
def viewer(stage: Stage) -> Visitor:
    return stage.signed_in("viewer")


def under_way(stage: Stage, *people: str, **values: Any) -> str:
    """A campaign that has begun; each of its emails stands as said."""
    for person in people:
        stage.subscribed(person)
    made = stage.campaign("An open garden")
    campaigns.start_due(stage.house)
    with stage.house.store.transaction() as tx:
        mine = update(tables.deliveries).where(tables.deliveries.c.kind == "campaign")
        tx.execute(mine.values(settled_at=stage.clock.machine(), **values) if values else mine.values(tries=0))
    return made


def seen(viewer: Visitor, made: str, **asked: str) -> str:
    return words_of(viewer.get(f"{ROOM}{made}", query_string=asked))


def test_without_a_worker_the_page_says_so_and_with_one_it_does_not(stage: Stage, viewer: Visitor) -> None:
    made = under_way(stage, "maria@example.org")
    assert NO_WORKER in seen(viewer, made)

    stage.a_worker_runs()
    assert NO_WORKER not in seen(viewer, made)
    assert "Nothing went in the last five minutes." in seen(viewer, made)


def test_a_campaign_for_later_says_that_nobody_will_start_it(stage: Stage, viewer: Visitor) -> None:
    stage.subscribed()
    made = drafts.begin(stage.house, Words("News", "Some news."))
    campaigns.queue(stage.house, made, stage.clock.now() + timedelta(days=1))

    assert NO_WORKER in seen(viewer, made)
    stage.a_worker_runs()
    assert NO_WORKER not in seen(viewer, made)


def test_a_relay_in_trouble_is_quoted_with_the_next_try(stage: Stage, viewer: Visitor) -> None:
    made = under_way(stage, "maria@example.org")
    stage.a_worker_runs()
    with stage.house.store.transaction() as tx:
        machine = stage.clock.machine()
        relays.note_failure(tx, "535 5.7.8 <b>Wrong</b> password", machine, machine + timedelta(minutes=4))

    words = seen(viewer, made)
    assert "“535 5.7.8 <b>Wrong</b> password”. Nothing is lost" in words
    assert "The next try is at 24 Nov 2026, 09:04." in words


def test_when_all_that_is_left_was_put_off_the_page_names_the_next_try(stage: Stage, viewer: Visitor) -> None:
    again = stage.clock.machine() + timedelta(minutes=7)
    put_off = {"state": "deferred", "retry_at": again, "reply": "451 4.7.1 Greylisted", "tries": 1}
    made = under_way(stage, "maria@example.org", "lea@example.org", **put_off)
    stage.a_worker_runs()

    words = seen(viewer, made)
    assert "The 2 emails that are left were put off by the readers’ servers" in words
    assert words.count("24 Nov 2026, 09:07") == 3, "once for all, and once for each reader"


def test_what_waits_for_the_owner_leads_to_the_owners_page(stage: Stage, viewer: Visitor) -> None:
    made = under_way(stage, "maria@example.org")
    set_person(stage, "maria@example.org", held_reason="captured")
    stage.a_worker_runs()

    page = viewer.get(f"{ROOM}{made}")
    assert "1 email waits for your word" in words_of(page)
    assert 'href="/admin/held/"' in page.text


def test_a_campaign_that_paused_itself_says_why_and_where_to_see_who(stage: Stage, viewer: Visitor) -> None:
    made = under_way(stage, "maria@example.org", "lea@example.org", state="failed", reply="550 5.1.1 nobody here")
    why = "10 of the first 60 emails were refused for good: see who, then resume or cancel it."
    with stage.house.store.transaction() as tx:
        tx.execute(update(tables.campaigns).values(state="paused", reason=why))

    assert f": {why}" in seen(viewer, made)
    assert f'href="{ROOM}{made}?state=failed#who"' in viewer.get(f"{ROOM}{made}").text
    campaigns.resume(stage.house, made)
    assert why not in seen(viewer, made)


def test_whoever_was_skipped_is_told_with_the_reason_in_words(stage: Stage, viewer: Visitor) -> None:
    opening = stage.subscribed("maria@example.org")
    made = under_way(stage, "lea@example.org")
    campaigns.pause(stage.house, made)
    leaving.leave(stage.house, path_of(link(opening, "unsubscribe")).rpartition("/")[2], method="button")

    words = seen(viewer, made, state="skipped")
    assert "She left before it went." in words and "maria@example.org" in words and "lea@" not in words
    paused = seen(viewer, made)
    assert "0 of 2 got it. 1 person waits, and will get it once it goes on" in paused
    campaigns.cancel(stage.house, made)
    assert "2 people did not; the server’s words stand below." in seen(viewer, made)
    assert "The campaign was cancelled." in seen(viewer, made, state="skipped")


def test_the_last_sentence_counts_who_did_not_get_it(stage: Stage, viewer: Visitor) -> None:
    made = under_way(stage, "maria@example.org", "lea@example.org")
    with stage.house.store.transaction() as tx:
        table = tables.deliveries
        first = tx.scalar(select(table.c.id).where(table.c.kind == "campaign").order_by(table.c.id).limit(1))
        reason = {"state": "failed", "reason": "given up: 5 senders in a row ended with it in hand"}
        tx.execute(update(table).where(table.c.id == first).values(settled_at=stage.clock.machine(), **reason))
    stage.tick()

    words = seen(viewer, made)
    assert "1 of 2 got it, the last one 24 Nov 2026, 09:00. 1 person did not" in words
    assert "given up: 5 senders in a row" in seen(viewer, made, state="failed")


def test_a_campaign_that_began_late_says_by_how_much(stage: Stage, viewer: Visitor) -> None:
    stage.subscribed()
    made = drafts.begin(stage.house, Words("News", "Some news."))
    campaigns.queue(stage.house, made, stage.clock.now() + timedelta(hours=1))
    stage.clock.move(hours=3)  # and nothing ran
    stage.tick()

    assert "It was to go Tuesday, 24 November 2026, at 10 in the morning (UTC), and began about 2 hours later" in seen(
        viewer, made
    )


def test_the_page_counts_each_reader_once_and_says_who_was_erased(stage: Stage, viewer: Visitor) -> None:
    people = [f"p{number}@example.org" for number in range(4)]
    made = under_way(stage, *people)
    with stage.house.store.transaction() as tx:
        of_it = tables.deliveries.c.kind == "campaign"
        first, second, third, _ = tx.scalars(
            select(tables.deliveries.c.id).where(of_it).order_by(tables.deliveries.c.id)
        )
        for number, values in (
            (first, {"state": "sent", "reason": "several campaigns in one mail"}),
            (second, {"state": "skipped", "reason": "left"}),
            (third, {"state": "skipped", "reason": "cancelled"}),
        ):
            tx.execute(update(tables.deliveries).where(tables.deliveries.c.id == number).values(**values))
    rights.erase(stage.house, known(stage, people[3]))

    words = seen(viewer, made)
    assert "1 taken by the server 1 of them in one mail with other campaigns" in words
    assert "2 skipped 1 not sent when it was cancelled, 1 left the list" in words
    assert "1 was erased since" in words


def known(stage: Stage, email: str) -> Subscriber:
    with stage.house.store.reading() as tx:
        return find_person(stage.house, tx, email)
