"""An address: taken as people type it, found again however it is spelled, refused in a sentence."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.address import AddressError, mask, parse

GOOD = [
    "maria@example.org",
    "Maria.Lopez+letters@Example.ORG",
    "o'brien@example.org",
    "a@b.co",
    "x_y-z%1@sub.sub.example.museum",
    "!#$%&'*+/=?^_`{|}~-@example.org",
    "1234567890@example.org",
    "maria@münchen.de",
    "maria@例え.jp",
    "m" * 64 + "@example.org",
]
NO_ADDRESS = [
    *("", " ", "\t\n", "maria", "maria@", "@example.org", "@", "maria@@example.org", "maria@localhost"),
    *("maria example.org", "maria@example", "maria@.org", "maria@example..org", "maria@-example.org"),
    *(".maria@example.org", "maria.@example.org", "ma..ria@example.org", "maria@example.org.", "maria@exa mple.org"),
    *("ma ria@example.org", "maria@exam_ple.org", "maria@[127.0.0.1]", "maria@[IPv6:::1]", "maria@127.0.0.1"),
    *('"maria lopez"@example.org', '"maria"@example.org', "Maria <maria@example.org>", "<maria@example.org>"),
    *("maria@example.org, jo@example.org", "maria@example.org;jo@example.org", "maria@example.org jo@example.org"),
    *("mailto:maria@example.org", "maria(home)@example.org", "maria@example.org(home)", "maria\\@example.org"),
    *("m" * 65 + "@example.org", "maria@" + "e" * 64 + ".org", "maria@" + "e." * 130 + "org"),
    *("maria@xn--.org", "maria@xn--a.org", "maria@exam\u200bple.org"),
    "maria@example.invalid",
]
HOSTILE = [
    f"{before}{evil}{after}"
    for evil in (
        "\r\nBcc: eve@example.org",
        "\n",
        "\r",
        "\0",
        "\x85",
        "\u2028",
        "\u2029",
        "\x0b",
        "\x0c",
        "\x1b",
        "\x7f",
    )
    for before, after in (("ma", "ria@example.org"), ("maria@exa", "mple.org"), ("maria@example.org", "x"))
]


@pytest.mark.parametrize("typed", GOOD)
def test_an_address_is_kept_as_it_was_typed(typed: str) -> None:
    assert parse(typed).typed.partition("@")[0] == typed.partition("@")[0]
    assert parse(f"  {typed}\t\n") == parse(typed)


@pytest.mark.parametrize("text", [*NO_ADDRESS, *HOSTILE], ids=ascii)
def test_what_is_no_address_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse(text)

    assert str(refused.value).startswith(("Please", "This"))
    assert str(refused.value).endswith(".")


def test_special_letters_before_the_at_are_refused_in_words_of_their_own() -> None:
    with pytest.raises(AddressError, match="special letters before the @"):
        parse("mária@example.org")


@pytest.mark.parametrize(
    "spelling",
    ["maria@example.org", "Maria@example.org", "MARIA@EXAMPLE.ORG", " maria@example.org ", "maria@Example.Org"],
)
def test_spellings_of_one_address_are_one(spelling: str) -> None:
    assert parse(spelling).comparable == "maria@example.org"


def test_dots_and_plus_tags_are_the_business_of_the_other_side() -> None:
    three = {parse(each).comparable for each in ("a.b@example.org", "ab@example.org", "ab+letters@example.org")}

    assert len(three) == 3


def test_a_domain_is_compared_as_it_stands_in_the_dns() -> None:
    spellings = ["maria@münchen.de", "maria@xn--mnchen-3ya.de", unicodedata.normalize("NFD", "maria@münchen.de")]

    assert {parse(each).comparable for each in spellings} == {"maria@xn--mnchen-3ya.de"}


@given(st.text())
def test_whatever_is_typed_gives_an_address_or_a_sentence(text: str) -> None:
    for typed in (text, f"{text}@example.org", f"maria@{text}"):
        try:
            found = parse(typed)
        except AddressError:
            continue

        assert found.comparable.isascii()
        assert found.comparable.isprintable()
        assert found.typed.isprintable()
        assert parse(found.typed).comparable == found.comparable


def test_a_masked_address_does_not_tell_whose_it_is() -> None:
    assert mask("maria@example.org") == "m…@e….org"
