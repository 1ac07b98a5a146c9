"""Link tokens: ours are read, and whatever differs from ours by a single bit is not."""

import base64
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.tokens import TOKEN_LENGTH, Keyring, Purpose, new_public_id

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEYS = Keyring([b"k" * 32])
WHO = new_public_id()


def test_a_token_leads_back_to_its_public_id() -> None:
    for purpose in Purpose:
        token = KEYS.token(purpose, WHO)

        assert len(token) == TOKEN_LENGTH
        assert set(token) <= set(ALPHABET)
        assert KEYS.read_token(purpose, token) == WHO


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_with_any_character_replaced_by_any_other_is_refused(purpose: Purpose) -> None:
    token = KEYS.token(purpose, WHO)
    forged = {token[:at] + other + token[at + 1 :] for at, other in product(range(len(token)), ALPHABET + "+/=. \0é")}

    assert {KEYS.read_token(purpose, each) for each in forged - {token}} == {None}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_with_any_bit_flipped_is_refused(purpose: Purpose) -> None:
    raw = base64.urlsafe_b64decode(KEYS.token(purpose, WHO) + "=")
    for at in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[at // 8] ^= 1 << at % 8

        assert KEYS.read_token(purpose, base64.urlsafe_b64encode(flipped).decode().rstrip("=")) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_cut_short_or_extended_is_refused(purpose: Purpose) -> None:
    token = KEYS.token(purpose, WHO)
    changed = [token[:length] for length in range(len(token))] + [token[length:] for length in range(1, len(token))]
    changed += [token + more for more in ("A", "=", "==", "\n", " ", "/", "%00", token)] + [" " + token, "\0" + token]

    assert {KEYS.read_token(purpose, each) for each in changed} == {None}


def test_a_token_is_worthless_for_another_purpose() -> None:
    for mine, other in product(Purpose, Purpose):
        assert (KEYS.read_token(other, KEYS.token(mine, WHO)) == WHO) == (mine is other)


def test_the_mac_of_one_person_does_not_open_the_door_of_another() -> None:
    hers, his = KEYS.token(Purpose.PREFERENCES, WHO), KEYS.token(Purpose.PREFERENCES, new_public_id())
    raw_hers, raw_his = base64.urlsafe_b64decode(hers + "="), base64.urlsafe_b64decode(his + "=")
    mixed = base64.urlsafe_b64encode(raw_hers[:16] + raw_his[16:]).decode().rstrip("=")

    assert KEYS.read_token(Purpose.PREFERENCES, mixed) is None


def test_a_token_of_another_house_is_refused() -> None:
    assert KEYS.read_token(Purpose.VIEW, Keyring([b"K" * 32]).token(Purpose.VIEW, WHO)) is None


def test_old_keys_keep_verifying_and_the_newest_signs() -> None:
    renewed = Keyring([b"n" * 32, b"k" * 32])

    assert renewed.read_token(Purpose.UNSUBSCRIBE, KEYS.token(Purpose.UNSUBSCRIBE, WHO)) == WHO
    assert KEYS.read_token(Purpose.UNSUBSCRIBE, renewed.token(Purpose.UNSUBSCRIBE, WHO)) is None


@given(st.text(max_size=60) | st.text(ALPHABET, min_size=43, max_size=43))
def test_no_text_that_we_did_not_make_is_read(text: str) -> None:
    assert all(KEYS.read_token(purpose, text) is None for purpose in Purpose)


def test_public_ids_do_not_repeat_and_say_nothing() -> None:
    made = {new_public_id() for _ in range(1000)}

    assert len(made) == 1000
    assert {len(each) for each in made} == {22}


def test_digests_of_every_key_are_found_and_tell_their_key() -> None:
    renewed = Keyring([b"n" * 32, b"k" * 32])
    newest, older = renewed.digests("address", "maria@example.org")

    assert older == KEYS.digest("address", "maria@example.org")
    assert newest != older
    assert renewed.digest("network", "maria@example.org") != newest
    assert "maria" not in newest + older


def test_a_derived_public_id_looks_like_a_random_one_and_is_always_the_same() -> None:
    names = [Keyring([b"k" * 32]).public_id("delivery", f"campaign:{number}") for number in range(500)]

    assert names == [Keyring([b"k" * 32]).public_id("delivery", f"campaign:{number}") for number in range(500)]
    assert len(set(names)) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", name) for name in names)
    assert Keyring([b"l" * 32]).public_id("delivery", "campaign:0") != names[0]
    assert Keyring([b"k" * 32]).public_id("other", "campaign:0") != names[0]


@given(st.lists(st.tuples(st.integers(0, 2**48 - 1), st.integers(0, 2**63 - 1)), unique=True, max_size=200))
def test_a_sealed_name_is_as_any_other_and_leads_back_to_its_pair(pairs: list[tuple[int, int]]) -> None:
    names = KEYS.sealed("letters", pairs)

    assert [KEYS.opened("letters", name) for name in names] == [[pair] for pair in pairs]
    assert len(set(names)) == len(pairs)
    assert all(len(name) == 22 and set(name) <= set(ALPHABET) and name[0] != "-" for name in names)


def test_a_name_sealed_under_an_old_key_is_opened_with_it() -> None:
    (name,) = Keyring([b"o" * 32]).sealed("letters", [(7, 9)])
    assert (7, 9) in Keyring([b"n" * 32, b"o" * 32]).opened("letters", name)


def test_a_name_sealed_for_one_use_says_nothing_in_another() -> None:
    (name,) = KEYS.sealed("letters", [(7, 9)])
    assert KEYS.opened("lessons", name) != [(7, 9)]


@pytest.mark.parametrize("name", ["", "A", "A" * 21, "A" * 23, "é" * 22, "\0" * 22, "=" * 22])
def test_what_is_no_name_opens_to_nothing(name: str) -> None:
    assert KEYS.opened("letters", name) == []
