"""What a person may ask of the house: a copy of all it knows of her, and to be forgotten (S14)."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from newsletter.domain.delivery import Kind
from newsletter.domain.subscription import Status
from newsletter.store import consents, duties, suppressions, tables
from newsletter.usecases import campaigns, housekeeping, inviting, people, rights
from newsletter.usecases.house import House
from newsletter.usecases.people import PersonError
from tests.usecases.household import Post, TwoClocks, ask, join, person, rows, subscription, tick

MARIA = "maria@example.org"


def a_whole_life(house: House, clock: TwoClocks, post: Post) -> None:
    """Maria joins, gets lessons, a campaign and a test; somebody else joins too."""
    join(house, name="Maria Silvestre")
    join(house, "jo@example.org")
    tick(house, post)
    clock.pass_by(days=1)
    campaign = campaigns.create(house, subject="News", body="Dear {{ name }}")
    campaigns.queue(house, campaign)
    campaigns.send_test(house, campaign, " Maria@Example.org ")
    campaigns.start_due(house)
    tick(house, post)


def everything(house: House) -> str:
    """Every value of every row, as one text."""
    with house.store.reading() as tx:
        return "\n".join(
            repr(tuple(row)) for table in tables.metadata.sorted_tables for row in tx.execute(select(table))
        )


def exported(house: House, email: str = MARIA) -> dict:
    with house.store.reading() as tx:
        return json.loads(rights.export(house, tx, people.find(house, tx, email)))


def test_a_copy_holds_her_words_her_lists_her_letters_and_nobody_else(
    house: House, clock: TwoClocks, post: Post
) -> None:
    a_whole_life(house, clock, post)
    copy = exported(house)

    assert copy["person"]["address"] == MARIA
    assert copy["person"]["name"] == "Maria Silvestre"
    assert copy["lists"][0]["state"] == "confirmed"
    assert [one["event"] for one in copy["consents"]] == ["requested", "confirmed"]
    assert all(one["words"] for one in copy["consents"])
    assert {"Lesson 0", "Lesson 1", "News"} <= {one["title"] for one in copy["letters"]}
    assert copy["courses"][0]["state"] == "active"
    assert "jo@example.org" not in json.dumps(copy)


def test_after_erasure_no_row_names_her(house: House, clock: TwoClocks, post: Post) -> None:
    a_whole_life(house, clock, post)
    rights.erase(house, person(house))
    left = everything(house).lower()

    assert "maria" not in left and "silvestre" not in left
    assert "jo@example.org" in left
    with house.store.reading() as tx:
        assert consents.first_break(tx) is None, "the chain holds without the words"


def test_after_erasure_a_letter_in_a_senders_hands_goes_nowhere(house: House, clock: TwoClocks) -> None:
    join(house)

    class Meanwhile(Post):
        def send(self, supply):
            rights.erase(house, person(house))
            return super().send(supply)

    post = Meanwhile()
    tick(house, post)

    assert post.accepted == []
    assert rows(house) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_erasure_no_byte_of_the_file_or_its_journal_names_her(
    house: House, clock: TwoClocks, tmp_path: Path
) -> None:
    """Rows of changing length make SQLite split and mend its pages, which leaves copies behind."""
    names = [f"reader{number:03}@example.org" for number in range(120)]
    for number, name in enumerate(names):
        ask(house, name, name="x" * (number % 70), peer=f"192.0.{number}.1")
    for name in names[::3]:
        rights.erase(house, person(house, name))
    raw = b"".join((tmp_path / f"newsletter.db{tail}").read_bytes() for tail in ("", "-wal"))

    assert [name for name in names[::3] if name.encode() in raw] == []
    assert all(name.encode() in raw for name in names[1::3])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_could_not_be_rewritten_at_once_is_at_the_next_tidying(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    join(house)
    with monkeypatch.context() as away, house.store.reading() as tx:
        tx.execute(select(tables.subscribers)).all()  # a reader whose view is from before
        away.setattr("newsletter.store.engine.SCRUB_WAIT_MS", 50)
        rights.erase(house, person(house))
    with house.store.reading() as tx:
        assert duties.fact(tx, "scrub") == "owed"
    rights.scrub_if_owed(house)

    with house.store.reading() as tx:
        assert duties.fact(tx, "scrub") == "done"
    assert MARIA.encode() not in (tmp_path / "newsletter.db").read_bytes()
    assert MARIA not in caplog.text


def test_nobody_can_add_her_again_by_hand(house: House) -> None:
    join(house)
    rights.erase(house, person(house))

    with pytest.raises(PersonError, match="erased on request"):
        inviting.invite(house, email=MARIA, name="", timezone="", list_slug="letters", note="on paper")
    assert rows(house) == []


def test_she_herself_can_come_back_and_only_confirming_ends_the_erasure(house: House, post: Post) -> None:
    join(house)
    rights.erase(house, person(house))
    key = house.address_keys(MARIA)
    ask(house)
    tick(house, post)

    assert [row["state"] for row in rows(house, kind=Kind.CONFIRMATION)] == ["sent"]
    with house.store.reading() as tx:
        assert suppressions.of(tx, key), "a stranger who types her address ends nothing"
    join(house)
    tick(house, post)
    with house.store.reading() as tx:
        assert suppressions.of(tx, key) is None
    assert subscription(house)["status"] == Status.CONFIRMED
    assert [row["state"] for row in rows(house, kind=Kind.LESSON)] == ["sent"]


def test_a_stranger_who_types_her_address_leaves_her_erased_when_it_is_not_confirmed(
    house: House, clock: TwoClocks
) -> None:
    join(house)
    rights.erase(house, person(house))
    ask(house)
    clock.pass_by(days=15)
    housekeeping.forget_unconfirmed(house)

    with house.store.reading() as tx:
        assert suppressions.of(tx, house.address_keys(MARIA)).reason == suppressions.ERASED
    assert "maria" not in everything(house)


def test_an_address_that_was_suppressed_before_stays_so_after_its_erasure(house: House) -> None:
    join(house)
    with house.store.transaction() as tx:
        suppressions.add(tx, person(house).address_key, "the mailbox does not exist", house.clock.now())
    rights.erase(house, person(house))
    ask(house)

    assert rows(house) == []


def test_an_older_tests_address_that_cannot_be_read_any_more_is_left_alone(house: House) -> None:
    join(house)
    with house.store.transaction() as tx:
        now = house.clock.now()
        times = {"planned_at": now, "created_at": now, "due_at": now}
        row = {"public_id": "x" * 22, "kind": "test", "priority": 0, "state": "sent", "test_address": "not one"}
        tx.execute(insert(tables.deliveries).values(**row, **times))
    rights.erase(house, person(house))

    assert [row["test_address"] for row in rows(house)] == ["not one"]
