"""The chain of consents: whole, or broken at just the row where somebody laid hands on it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.consent import (
    FIRST_LINK,
    ConsentEvent,
    Promise,
    canonical,
    chain_link,
    payload_digest,
    signup_wording,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIELDS: dict[str, Any] = {
    "number": 7,
    "event": "confirmed",
    "happened_at": NOON,
    "recorded_at": NOON + timedelta(seconds=1),
    "wording_version": "w1234abcd",
    "digest": "d" * 64,
}
PAYLOADS = st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.none(), max_size=5)


@dataclass(frozen=True)
class Row:
    number: int
    event: str
    happened_at: datetime
    wording_version: str
    salt: bytes
    payload: str | None
    digest: str
    link: str


def written(payloads: list[str]) -> list[Row]:
    rows, previous = [], FIRST_LINK
    for number, payload in enumerate(payloads, 1):
        salt = number.to_bytes(16)
        digest = payload_digest(salt, payload)
        fields = {**FIELDS, "number": number, "digest": digest}
        previous = chain_link(previous, **fields)
        rows.append(Row(number, "confirmed", NOON, "w1234abcd", salt, payload, digest, previous))
    return rows


def first_break(rows: list[Row]) -> int | None:
    """A second reader of the chain, written from the module's words and not from the store's code."""
    previous = FIRST_LINK
    for expected, row in enumerate(rows, 1):
        own = {"event": row.event, "happened_at": row.happened_at, "wording_version": row.wording_version}
        link = chain_link(previous, **{**FIELDS, **own, "number": expected, "digest": row.digest})
        payload_holds = row.payload is None or payload_digest(row.salt, row.payload) == row.digest
        if (row.number, row.link) != (expected, link) or not payload_holds:
            return expected
        previous = row.link
    return None


CHAINS = st.lists(PAYLOADS.map(canonical), min_size=2, max_size=6).map(written)


@given(CHAINS)
def test_a_chain_that_nobody_touched_verifies(rows: list[Row]) -> None:
    assert first_break(rows) is None


@given(CHAINS, st.data())
def test_an_erased_payload_leaves_the_chain_whole(rows: list[Row], data: st.DataObject) -> None:
    erased = data.draw(st.sets(st.sampled_from(range(len(rows)))))

    assert first_break([replace(row, payload=None) if i in erased else row for i, row in enumerate(rows)]) is None


@pytest.mark.parametrize(
    "forged",
    [
        {"event": "left"},
        {"happened_at": NOON - timedelta(days=1)},
        {"wording_version": "w00000000"},
        {"payload": "{}x"},
        {"salt": b"another salt 16b"},
        {"digest": "e" * 64},
        {"link": "f" * 64},
        {"number": 99},
    ],
    ids=lambda forged: next(iter(forged)),
)
@given(rows=CHAINS, data=st.data())
def test_a_changed_field_breaks_the_chain_at_its_own_number(
    rows: list[Row], data: st.DataObject, forged: dict[str, Any]
) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    rows[at] = replace(rows[at], **forged)

    assert first_break(rows) == at + 1


@given(rows=CHAINS, data=st.data())
def test_a_removed_row_breaks_the_chain_where_it_stood(rows: list[Row], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 2))  # of the last one only the count tells
    del rows[at]

    assert first_break(rows) == at + 1


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_part_of_the_link(name: str) -> None:
    other = {
        "number": 8,
        "event": "left",
        "happened_at": NOON + timedelta(microseconds=1),
        "recorded_at": NOON,
        "wording_version": "w1234abce",
        "digest": "d" * 63 + "e",
    }

    assert chain_link(FIRST_LINK, **FIELDS) != chain_link(FIRST_LINK, **{**FIELDS, name: other[name]})
    assert chain_link(FIRST_LINK, **FIELDS) != chain_link("1" * 64, **FIELDS)


def test_the_same_moment_in_another_zone_gives_the_same_link() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert chain_link(FIRST_LINK, **{**FIELDS, "happened_at": elsewhere}) == chain_link(FIRST_LINK, **FIELDS)


@given(PAYLOADS)
def test_a_payload_has_one_spelling(payload: dict[str, object]) -> None:
    assert canonical(dict(reversed(payload.items()))) == canonical(payload)


@given(PAYLOADS, st.binary(min_size=16, max_size=16))
def test_without_its_salt_a_digest_tells_nothing_of_the_payload(payload: dict[str, object], salt: bytes) -> None:
    plain = hashlib.sha256(canonical(payload).encode()).hexdigest()

    assert payload_digest(salt, canonical(payload)) != plain


def test_the_version_of_the_words_changes_with_the_words() -> None:
    assert signup_wording(Promise("Belonging")) == signup_wording(Promise("Belonging"))
    promised = [(), (Promise("Belonging"),), (Promise("Belonging "),), (Promise("Belonging", "one letter a day"),)]
    assert len({signup_wording(*some).version for some in promised}) == 4
    both = signup_wording(Promise("Belonging"), Promise("Rest", "one letter every 3 days")).words
    assert "the course “Belonging”, one letter a week, the course “Rest”, one letter every 3 days, and now" in both


def test_every_event_fits_its_column() -> None:
    assert max(len(event) for event in ConsentEvent) <= 20
