"""Each light says what is true and what to do next, and only what is essential can fail the whole."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter.domain import golive, sendingdomain
from newsletter.domain.delivery import State
from newsletter.domain.golive import Glow, are_aligned, is_public_https
from newsletter.domain.message import Mailbox
from newsletter.domain.practice import DEFAULT_SENDER
from newsletter.domain.sendingdomain import Seen, SendingDomain

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANA = Mailbox("ana@letters.example.org", "Ana")
WHO = SendingDomain(
    "letters.example.org", ANA.address, "smtp.postmarkapp.com", "letters.example.org", "s1", "v=DKIM1; k=rsa; p=AbC"
)
SPF, DKIM, DMARC = "letters.example.org", "s1._domainkey.letters.example.org", "_dmarc.letters.example.org"
GOOD = {
    SPF: ("x=1", "v=spf1 include:spf.mtasv.net ~all"),
    DKIM: ("v=DKIM1; k=rsa; p=A bC",),
    DMARC: ("v=DMARC1; p=none",),
}


def dns(texts: dict[str, tuple[str, ...]] | None, who: SendingDomain = WHO) -> golive.Light:
    return sendingdomain.light(who, Seen(AT, texts), mail_leaves=True)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://letters.example.org", True),
        ("http://letters.example.org", False),
        ("https://127.0.0.1", False),
        ("https://10.0.0.1", False),
        ("https://localhost", False),
        ("https://mail.internal", False),
        ("https://1.1.1.1", True),
    ],
)
def test_only_a_public_https_address_can_be_opened_by_readers(url: str, public: bool) -> None:
    assert is_public_https(url) is public
    light = golive.https(url, mail_leaves=True)
    assert (light.glow is Glow.READY) is public and light.is_dark is not public


def test_a_page_that_did_not_come_over_https_points_at_the_proxies() -> None:
    light = golive.https("https://letters.example.org", mail_leaves=True, came_securely=False)

    assert light.glow is Glow.NEXT and "NEWSLETTER_TRUSTED_PROXIES" in light.sentence


def test_the_mail_server_is_green_once_it_let_us_in() -> None:
    assert golive.smtp("", at=None, trouble="").glow is Glow.NEXT
    assert golive.smtp("relay:587", at=None, trouble="").glow is Glow.UNCHECKED
    assert golive.smtp("relay:587", at=AT, trouble="").glow is Glow.READY
    refused = golive.smtp("relay:587", at=AT, trouble="It refused our user and password (535).")
    assert refused.glow is Glow.WRONG and refused.is_dark and "535" in refused.sentence


@pytest.mark.parametrize(
    ("mailbox", "dkim", "glow"),
    [
        (DEFAULT_SENDER, "", Glow.NEXT),
        (ANA, "", Glow.READY),
        (ANA, "letters.example.org", Glow.READY),
        (ANA, "example.org", Glow.READY),
        (ANA, "example.net", Glow.WRONG),
        (Mailbox("ana@gmail.com"), "", Glow.WRONG),
    ],
)
def test_the_sender_must_be_of_the_domain_that_is_signed(mailbox: Mailbox, dkim: str, glow: Glow) -> None:
    assert golive.sender(mailbox, dkim, mail_leaves=True).glow is glow


def test_a_name_that_merely_ends_alike_is_not_aligned() -> None:
    assert not are_aligned("letters.example.org", "rs.example.org")
    assert are_aligned("Letters.Example.org", "example.org")


def test_three_good_records_are_green() -> None:
    light = dns(GOOD)

    assert light.glow is Glow.READY and not light.is_dark
    assert {record.glow for record in light.records} == {Glow.READY}


@pytest.mark.parametrize("host", [SPF, DKIM, DMARC])
def test_a_missing_record_is_named_and_its_value_stands_ready(host: str) -> None:
    light = dns({**GOOD, host: ()})

    missing = next(record for record in light.records if record.host == host)
    assert missing.glow is Glow.NEXT and missing.value and missing.purpose in light.sentence
    assert light.glow is Glow.NEXT and light.is_dark


def test_a_key_that_is_not_ours_is_wrong() -> None:
    light = dns({**GOOD, DKIM: ("v=DKIM1; p=Other",)})

    assert light.glow is Glow.WRONG and "another key" in light.sentence


def test_who_signs_with_two_keys_has_two_records_to_publish() -> None:
    who = replace(WHO, second_selector="e2026", second_value="v=DKIM1; k=ed25519; p=Xy")
    second = f"e2026._domainkey.{who.dkim_domain}"
    light = dns(GOOD, who)

    assert [(one.host, one.value) for one in light.records if one.glow is Glow.NEXT] == [(second, who.second_value)]
    assert dns({**GOOD, second: (who.second_value,)}, who).glow is Glow.READY


def test_two_spf_records_are_as_good_as_none() -> None:
    assert dns({**GOOD, SPF: ("v=spf1 -all", "v=spf1 a ~all")}).glow is Glow.WRONG


def test_a_dmarc_policy_may_stand_at_the_domain_above() -> None:
    assert dns({**GOOD, DMARC: (), "_dmarc.example.org": ("v=DMARC1; p=reject",)}).glow is Glow.READY


def test_without_a_key_of_ours_a_missing_one_fails_nobody() -> None:
    light = dns({**GOOD, DKIM: ()}, replace(WHO, dkim_value=""))

    assert light.glow is Glow.NEXT and not light.is_dark


def test_dns_out_of_reach_is_grey_and_the_values_are_there_all_the_same() -> None:
    light = dns(None)

    assert light.glow is Glow.UNKNOWN and not light.is_dark
    assert [record.value for record in light.records] == [
        "v=spf1 include:spf.mtasv.net ~all",
        "v=DKIM1; k=rsa; p=AbC",
        "v=DMARC1; p=none; rua=mailto:ana@letters.example.org",
    ]


def test_nobody_named_as_sender_has_no_records() -> None:
    assert sendingdomain.light(None, None, mail_leaves=False).glow is Glow.NEXT


@pytest.mark.parametrize(
    ("state", "relay", "glow"),
    [
        (None, "relay:587", Glow.NEXT),
        (State.QUEUED, "relay:587", Glow.WAITING),
        (State.SENT, "relay:587", Glow.READY),
        (State.SENT, "", Glow.NEXT),
        (State.FAILED, "relay:587", Glow.WRONG),
        (State.EXPIRED, "relay:587", Glow.WRONG),
    ],
)
def test_the_test_letter_is_green_when_a_mail_server_took_it(state: State | None, relay: str, glow: Glow) -> None:
    assert golive.test_letter(state, "550 no", at=AT, relay=relay, trouble="").glow is glow
