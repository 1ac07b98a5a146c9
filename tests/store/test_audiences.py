"""Who a campaign goes to: the numbers on the page and the people who are drawn are the same ones."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert

from newsletter.domain.campaign import Audience, CampaignState
from newsletter.domain.tokens import new_public_id
from newsletter.store import audiences, lists, suppressions, tables
from newsletter.store.engine import Store, Transaction
from tests.store.ledger import a_campaign, a_list, a_subscriber

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)

# What is known of a person, and what she counts as; the first reason that holds is the one that is said.
PEOPLE: list[tuple[str, dict[str, object], bool, str]] = [
    ("confirmed", {}, False, "gets"),
    ("confirmed", {"paused_until": BEFORE}, False, "gets"),
    ("confirmed", {"paused_until": NOW}, False, "gets"),
    ("confirmed", {"paused_until": LATER}, False, "paused"),
    ("confirmed", {"held_reason": "captured"}, False, "held"),
    ("confirmed", {"held_reason": "captured", "paused_until": LATER}, False, "held"),
    ("confirmed", {"paused_until": LATER}, True, "suppressed"),
    ("suppressed", {}, False, "suppressed"),
    ("pending", {}, False, "pending"),
    ("pending", {}, True, "suppressed"),
    ("unsubscribed", {"paused_until": LATER}, False, "left"),
]


def add(tx: Transaction, number: int, status: str, values: dict[str, object], *, suppressed: bool, list_id: int) -> int:
    key = f"k{number}"
    row = {"public_id": new_public_id(), "address": f"p{number}@example.org", "address_key": key, "created_at": NOW}
    person = tx.execute(insert(tables.subscribers).values(**row, **values)).inserted_primary_key[0]
    standing = {"public_id": new_public_id(), "status": status, "requested_at": NOW}
    tx.execute(insert(tables.subscriptions).values(subscriber_id=person, list_id=list_id, **standing))
    if suppressed:
        suppressions.add(tx, key, "complained", NOW)
    return person


@pytest.fixture
def furnished(store: Store) -> tuple[Store, int, list[int]]:
    """A store, the list, and the people of the table above; everybody is on another list too."""
    with store.transaction() as tx:
        lists.add(tx, slug="letters", title="Letters", now=NOW)
        lists.add(tx, slug="other", title="Other", now=NOW)
        here, there = (lists.by_slug(tx, slug).id for slug in ("letters", "other"))
        people = [
            add(tx, number, status, values, suppressed=suppressed, list_id=here)
            for number, (status, values, suppressed, _) in enumerate(PEOPLE)
        ]
        add(tx, 99, "confirmed", {}, suppressed=False, list_id=there)
    return store, here, people


def test_everybody_on_the_list_counts_once_under_the_first_reason(furnished: tuple[Store, int, list[int]]) -> None:
    store, here, _ = furnished
    with store.reading() as tx:
        counted = audiences.count(tx, here, NOW)

    words = [word for *_, word in PEOPLE]
    assert counted == Audience(**{word: words.count(word) for word in set(words)})
    assert counted.gets + counted.left_out == len(PEOPLE)


def test_those_who_are_drawn_are_those_who_were_counted(furnished: tuple[Store, int, list[int]]) -> None:
    store, here, people = furnished
    with store.transaction() as tx:
        campaign = a_campaign(tx, here)
        drawn = audiences.draw(tx, campaign, here, NOW)
        part = audiences.take_part(tx, [CampaignState.SENDING], NOW)
        counted = audiences.count(tx, here, NOW)

    assert part is not None
    assert [her.person.id for her in part.readers] == [
        person for person, (*_, word) in zip(people, PEOPLE, strict=True) if word == "gets"
    ]
    assert len(part.readers) == drawn == counted.gets


def test_an_audience_is_drawn_whole_and_owed_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiences, "PART", 4)
    with store.transaction() as tx:
        here = a_list(tx)
        people = [a_subscriber(tx, here)[0] for _ in range(10)]
        campaign = a_campaign(tx, here)
        assert audiences.draw(tx, campaign, here, NOW) == 10
        assert (audiences.rest(tx, [campaign]), audiences.has_part(tx)) == ({campaign: 10}, True)
        tx.execute(delete(tables.subscribers).where(tables.subscribers.c.id == people[5]))
        parts = [audiences.take_part(tx, [CampaignState.SENDING], NOW) for _ in range(4)]
        assert (audiences.rest(tx, [campaign]), audiences.has_part(tx)) == ({}, False)

    assert [[her.person.id for her in part.readers] if part else None for part in parts] == [
        people[:4],
        [people[4], *people[6:8]],
        people[8:],
        None,
    ], "in order, each once, and the one who was erased meanwhile is in none"


def test_a_campaign_that_rests_gives_no_part(store: Store) -> None:
    with store.transaction() as tx:
        here = a_list(tx)
        a_subscriber(tx, here)
        audiences.draw(tx, a_campaign(tx, here, state="paused"), here, NOW)
        assert not audiences.has_part(tx)
        assert audiences.take_part(tx, [CampaignState.SENDING], NOW) is None
        assert audiences.take_part(tx, [CampaignState.PAUSED], NOW) is not None


def test_an_empty_list_has_nobody(store: Store) -> None:
    with store.transaction() as tx:
        lists.add(tx, slug="letters", title="Letters", now=NOW)
        here = lists.by_slug(tx, "letters").id
        assert audiences.count(tx, here, NOW) == Audience()
        assert audiences.draw(tx, a_campaign(tx, here), here, NOW) == 0


@pytest.mark.parametrize(("words", "found"), [("P1@", ["p1@example.org"]), ("_", []), ("%", []), ("\\", [])])
def test_a_search_takes_every_sign_for_itself(
    furnished: tuple[Store, int, list[int]], words: str, found: list[str]
) -> None:
    store, here, _ = furnished
    with store.reading() as tx:
        assert [row.address for row in audiences.search(tx, here, words, 5)] == found
