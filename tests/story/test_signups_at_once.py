"""Many at the door at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.story.house import House, Reader

SPELLINGS = (
    "maria.keller@example.org",
    "Maria.Keller@example.org",
    "MARIA.KELLER@EXAMPLE.ORG",
    "  maria.keller@Example.Org ",
    "maria.Keller@eXample.org",
)
MANY = 1500
AT_ONCE = 200


def knock_at_once(house: House, emails: list[str]) -> Counter[int]:
    """All of them send the form, 200 at a time, each from a network of its own. Returns the statuses."""
    house.open_doors()
    # Two hundred connections stand open at once; the threads of one interpreter take turns at reading them.
    with ThreadPoolExecutor(AT_ONCE) as guests:
        networks = [f"203.{number // 250}.{number % 250}.9" for number in range(len(emails))]
        pages = guests.map(lambda who: Reader(house, who[0]).send_the_form(who[1]), zip(emails, networks, strict=True))
        return Counter(page.status for page in pages)


def test_one_address_in_five_spellings_two_hundred_times_at_once_is_one_subscriber(open_house) -> None:
    """F18."""
    house: House = open_house(TRUSTED_PROXIES="1", SIGNUPS_PER_HOUR="100000")
    assert knock_at_once(house, [SPELLINGS[number % 5] for number in range(200)]) == {200: 200}
    house.tick()
    house.tick()
    (mail,) = house.post_office
    assert mail.to[0].casefold() == SPELLINGS[0]
    assert [row["kind"] for row in house.ledger()] == ["confirmation"]
    assert {house.ask("subscriber", "show", spelling)["email"] for spelling in SPELLINGS} == {mail.to[0]}
    house.audit()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_of_many_who_sign_up_at_once_none_is_lost_and_none_sees_an_error(open_house) -> None:
    """F19, with 1,500 instead of 10,000."""
    house: House = open_house(TRUSTED_PROXIES="1", SIGNUPS_PER_HOUR="100000")
    emails = [f"guest{number}@example.org" for number in range(MANY)]
    assert knock_at_once(house, emails) == {200: MANY}
    house.tick()
    assert Counter(mail.to[0] for mail in house.post_office) == Counter(emails)
    house.audit()


def test_one_network_is_held_back_and_others_are_not(open_house) -> None:
    house: House = open_house(TRUSTED_PROXIES="1")
    house.open_doors()
    same = [Reader(house, f"guest{number}@example.org").send_the_form("203.0.113.9").status for number in range(40)]
    assert Counter(same) == {200: 30, 429: 10}
    assert Reader(house, "somebody@example.org").send_the_form("198.51.100.7").status == 200


def test_an_unknown_header_from_anybody_names_no_network_when_no_proxy_is_trusted(house: House) -> None:
    house.open_doors()
    statuses = [Reader(house, f"guest{n}@example.org").send_the_form(f"203.0.{n}.9").status for n in range(31)]
    assert statuses == [200] * 30 + [429]


def test_a_known_a_pending_and_an_unknown_address_get_the_same_answer(house: House) -> None:
    """S3 by a glance; tests/web measures it."""
    house.welcome_all("known@example.org")
    house.sign_up("pending@example.org")
    pages = {Reader(house, f"{who}@example.org").send_the_form().text for who in ("known", "pending", "new")}
    assert len(pages) == 1
