"""What an owner may say of the practice, in the environment as in the studio."""

import pytest

from newsletter.domain import practice
from newsletter.domain.practice import LONGEST, VARIABLES, nobody_reads, wrong, wrong_together

FINE = {
    "practice_name": "Elm Street Counselling & Co.",
    "sender_name": "Ana “Bo” Brook",
    "sender_address": "ana@letters.example.org",
    "reply_to": "Ana <ana@example.org>",
    "postal_address": "12 Elm Street\nBoulder, CO 80302",
    "accent": "#1f6f6b",
    "call_to_action": "Book a first conversation",
    "call_to_action_url": "https://example.org/talk?first=1",
    "care_line": "In danger call 911.",
    "telling_words": "divorc*, Lebenskrise, perte d’un proche",
}


def test_there_is_a_rule_a_length_and_a_variable_for_every_field() -> None:
    assert FINE.keys() == VARIABLES.keys() == LONGEST.keys()
    assert {field: words for field, value in FINE.items() if (words := wrong(field, value))} == {}
    assert not any(wrong(field, "") for field in VARIABLES)


@pytest.mark.parametrize("field", VARIABLES)
@pytest.mark.parametrize("control", ["\r\n", "\r", "\0", "\x85", "\u2028", "\u2029", "\t", "\x1b"])
def test_no_field_takes_what_could_end_a_header(field: str, control: str) -> None:
    assert wrong(field, f"{FINE[field]}{control}Bcc: eve@example.org") == practice._CONTROL


@pytest.mark.parametrize("field", sorted(VARIABLES.keys() - {"postal_address"}))
def test_only_the_postal_address_has_lines(field: str) -> None:
    assert wrong(field, f"{FINE[field]}\nmore") == practice._CONTROL


@pytest.mark.parametrize("field", VARIABLES)
def test_what_is_too_long_is_told_how_long_it_may_be(field: str) -> None:
    assert wrong(field, "a" * (LONGEST[field] + 1)) == f"is longer than {LONGEST[field]} characters. Please shorten it."


@pytest.mark.parametrize(
    "local", ["noreply", "no-reply", "no_reply", "NoReply", "donotreply", "do-not-reply", "dont.reply"]
)
def test_an_address_that_nobody_reads_is_refused(local: str) -> None:
    for field in ("sender_address", "reply_to"):
        assert "somebody reads" in wrong(field, f"{local}@example.org")
    assert nobody_reads(f"{local}@example.org") and not nobody_reads("norma@example.org")


@pytest.mark.parametrize(
    "link", ["http://example.org", "example.org", "javascript:alert(1)", "https://", "https://a b"]
)
def test_a_call_to_action_leads_to_https(link: str) -> None:
    assert wrong("call_to_action_url", link) == "must be an https:// address."


def test_a_call_to_action_needs_somewhere_to_lead() -> None:
    assert "call_to_action_url" in wrong_together({"call_to_action": "Book"})
    assert wrong_together({"call_to_action": "Book", "call_to_action_url": "https://example.org"}) == {}
    assert wrong_together({"call_to_action_url": "https://example.org"}) == {}


def test_an_accent_that_cannot_be_read_is_told_its_ratio_and_the_nearest_that_can() -> None:
    said = wrong("accent", "#ff8800")

    assert "2.2 : 1" in said and "4.5 : 1" in said and "#b05e00" in said
    assert wrong("accent", "#b05e00") == ""
    assert wrong("accent", "teal") == "must be a colour such as #1f6f6b."
