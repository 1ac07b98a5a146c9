"""S4: one guard stands before every sign-up; it protects the victim of a flood, the house, and everybody else."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from newsletter.usecases import admins, guard, housekeeping, people
from tests.web.stage import MARIA, Stage, link, path_of, sign_in

ASKING = ("confirmation", "reminder")


def asked_at(stage: Stage, *kinds: str) -> list[Any]:
    """When mails of these kinds were owed, in machine time."""
    names = [column.name for column in _deliveries().columns]
    rows = [dict(zip(names, row, strict=True)) for row in stage.content()["deliveries"]]
    return sorted(row["created_at"] for row in rows if row["kind"] in (kinds or ASKING))


def _deliveries() -> Any:
    from newsletter.store.tables import deliveries

    return deliveries


def from_afar(stage: Stage, number: int, email: str = MARIA) -> TestResponse:
    """A sign-up from a network of its own."""
    return stage.sign_up(email, peer=f"10.{number // 250}.{number % 250}.1")


def test_a_victim_of_a_thousand_sign_ups_gets_two_mails_in_a_day_and_four_in_all(stage_on_both: Stage) -> None:
    stage = stage_on_both
    tries = 1000 if stage.house.store.engine.dialect.name == "sqlite" else 250
    minutes = 13 * 24 * 60 / tries  # over thirteen days: then an address that never confirmed is forgotten
    for number in range(tries):
        assert from_afar(stage, number).status_code == 200
        if number % 10 == 0:
            stage.tick()
        stage.clock.move(minutes=minutes)
    times = asked_at(stage)

    assert 2 <= len(times) <= 4
    assert all(later - earlier >= timedelta(minutes=10) for earlier, later in pairwise(times))
    assert all(third - first >= timedelta(hours=24) for first, third in zip(times, times[2:], strict=False))


def test_three_hundred_sign_ups_at_once_are_one_mail(stage: Stage) -> None:
    for number in range(300):
        from_afar(stage, number)

    assert len(asked_at(stage)) == 1
    assert len(stage.tick()) == 1


@pytest.mark.parametrize(("wait", "mails"), [({"minutes": 9, "seconds": 59}, 1), ({"minutes": 10}, 2)])
def test_the_second_mail_comes_no_sooner_than_ten_minutes_after_the_first(
    stage: Stage, wait: dict[str, float], mails: int
) -> None:
    stage.sign_up()
    stage.clock.move(**wait)
    stage.sign_up()

    assert len(asked_at(stage)) == mails


def test_the_reminder_counts_among_the_four(stage: Stage) -> None:
    for wait in ({"minutes": 10}, {"hours": 24}, {"minutes": 10}, {"days": 2}, {"days": 1}):
        stage.sign_up()
        stage.tick()
        stage.clock.move(**wait)
    stage.tick()

    assert len(asked_at(stage)) == 4
    assert stage.new_mails() == []


def test_the_limit_holds_for_all_spellings_and_all_lists_of_an_address(stage: Stage) -> None:
    people.make_list(stage.house, "evenings", "Evening letters")
    for email in (MARIA, "Maria@example.org", " maria@EXAMPLE.org "):
        stage.sign_up(email, list="letters")
        stage.sign_up(email, list="evenings")

    assert len(asked_at(stage)) == 1


def test_somebody_who_needed_many_mails_can_still_join_another_list_later(stage: Stage) -> None:
    people.make_list(stage.house, "evenings", "Evening letters")
    for wait in ({"minutes": 10}, {"hours": 24}, {"minutes": 10}, {"days": 2}):
        stage.sign_up()
        mails = stage.tick()
        if mails:
            asking = mails[-1]
        stage.clock.move(**wait)
    stage.visitor().post(path_of(link(asking, "confirm")))
    stage.tick()
    stage.clock.move(days=30)
    stage.sign_up(list="evenings")

    assert any("/confirm/" in mail.text for mail in stage.tick())


def test_refused_repeats_leave_no_row_behind(stage_on_both: Stage) -> None:
    stage = stage_on_both
    stage.subscribed("jo@example.org")
    for email in (MARIA, "jo@example.org", "lee@example.org"):
        stage.sign_up(email)
    before = stage.sizes()
    for _ in range(40):
        for email in (MARIA, "jo@example.org", "lee@example.org"):
            stage.sign_up(email)

    assert stage.sizes() == before


def test_a_confirmed_reader_is_told_at_most_twice_a_day(stage: Stage) -> None:
    stage.subscribed()
    for number in range(200):
        from_afar(stage, number)
        stage.clock.move(minutes=7)
    times = asked_at(stage, "preferences")

    assert len(times) == 2
    assert times[1] - times[0] >= timedelta(minutes=10)


def test_many_victims_from_one_network_are_limited(stage_on_both: Stage) -> None:
    answers = [stage_on_both.sign_up(f"v{n}@example.org", peer=f"198.51.100.{n % 250}").status_code for n in range(300)]

    assert answers == [200] * guard.SIGNUPS_PER_NETWORK + [429] * (300 - guard.SIGNUPS_PER_NETWORK)
    assert stage_on_both.sizes()["subscribers"] == guard.SIGNUPS_PER_NETWORK
    assert stage_on_both.sizes()["rate_counts"] == 2


def test_a_flood_from_one_network_does_not_close_the_door_for_the_others(new_stage: Any) -> None:
    stage = new_stage(signups_per_hour=100)
    for number in range(150):
        stage.sign_up(f"v{number}@example.org", peer="198.51.100.7")

    assert stage.sign_up(peer="203.0.113.7").status_code == 200


def test_the_whole_house_has_a_limit_and_says_when_to_come_back(new_stage: Any) -> None:
    stage = new_stage(signups_per_hour=5)
    answers = [from_afar(stage, number, f"v{number}@example.org") for number in range(8)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    assert answers[-1].headers["Retry-After"] == "3600"
    assert "wait an hour" in answers[-1].text
    stage.clock.move(hours=1)
    assert from_afar(stage, 9).status_code == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.1", "198.51.100.254", True),
        ("198.51.100.1", "198.51.101.1", False),
        ("2001:db8:1:2::3", "2001:db8:1:ffff::1", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::ffff:198.51.100.1", "198.51.100.7", True),
        ("::ffff:198.51.100.1", "::ffff:203.0.113.1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "no address", True),
        ("198.51.100.1", "", False),
    ],
)
def test_a_network_is_what_one_household_or_company_has(one: str, other: str, same: bool) -> None:
    assert (guard.network_of(one) == guard.network_of(other)) is same


def test_a_forwarded_address_is_believed_from_trusted_proxies_only(new_stage: Any) -> None:
    for proxies, admitted in ((0, guard.SIGNUPS_PER_NETWORK), (1, 40)):
        stage = new_stage(trusted_proxies=proxies)
        answers = [
            stage.visitor()
            .post(
                "/subscribe",
                data={"email": f"v{n}@example.org"},
                headers={"X-Forwarded-For": f"6.6.6.6, 10.0.{n}.1"},
                environ_base={"REMOTE_ADDR": "203.0.113.1"},
            )
            .status_code
            for n in range(40)
        ]
        assert answers.count(200) == admitted


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_owner_who_tries_things_out_on_this_machine_is_no_network(stage: Stage, peer: str) -> None:
    many = guard.SIGNUPS_PER_NETWORK + 5
    answers = [stage.sign_up(f"v{number}@example.org", peer=peer).status_code for number in range(many)]

    assert answers == [200] * many
    assert stage.sign_up(peer="198.51.100.7").status_code == 200


def test_the_whole_house_has_its_limit_for_the_owner_too(new_stage: Any) -> None:
    stage = new_stage(signups_per_hour=5)
    answers = [stage.sign_up(f"v{number}@example.org", peer="127.0.0.1").status_code for number in range(8)]

    assert answers == [200] * 5 + [429] * 3


def test_a_test_server_on_this_machine_leaves_the_owner_alone(new_stage: Any) -> None:
    stage = new_stage(smtp_url="smtp://127.0.0.1:2525?starttls=never")
    many = guard.SIGNUPS_PER_NETWORK + 5
    answers = [stage.sign_up(f"v{number}@example.org", peer="127.0.0.1").status_code for number in range(many)]

    assert answers == [200] * many


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        (
            {
                "smtp_url": "smtp://relay.example.org",
                "base_url": "https://letters.example.org",
                "sender": "Letters <letters@example.org>",
                "postal_address": "1 Main Street",
            },
            {},
        ),
        ({"base_url": "https://letters.example.org"}, {}),
        ({}, {"X-Forwarded-For": "203.0.113.9"}),
        ({}, {"Forwarded": "for=203.0.113.9"}),
    ],
    ids=["mail leaves", "links lead elsewhere", "a proxy says so", "a proxy says so by the standard"],
)
def test_strangers_behind_a_proxy_that_nobody_declared_are_a_network(
    new_stage: Any, settings: dict[str, str], headers: dict[str, str]
) -> None:
    stage = new_stage(**settings)
    many = guard.SIGNUPS_PER_NETWORK + 5
    form = ({"email": f"v{number}@example.org"} for number in range(many))
    answers = [stage.visitor().post("/subscribe", data=one, headers=headers).status_code for one in form]

    assert answers == [200] * guard.SIGNUPS_PER_NETWORK + [429] * 5


def test_who_comes_too_late_keeps_what_she_typed_and_reads_one_sentence(stage: Stage) -> None:
    for _ in range(31):
        page = stage.sign_up("jo@example.org", name="Jo", timezone="Asia/Kolkata")
    form = BeautifulSoup(page.text, "html.parser").find("form")
    assert form is not None
    typed = {str(field["name"]): str(field["value"]) for field in form.find_all("input", value=True)}

    assert page.status_code == 429 and page.headers["Retry-After"] == "3600"
    assert (typed["email"], typed["name"], typed["timezone"]) == ("jo@example.org", "Jo", "Asia/Kolkata")
    (told,) = form.find_all(role="alert")
    assert "You are not signed up yet: please wait an hour" in told.get_text()


def test_a_flood_of_sign_ins_leaves_few_rows_and_little_work(stage: Stage) -> None:
    for number in range(200):
        with pytest.raises(admins.SignInError):
            admins.sign_in(stage.house, f"v{number}@example.org", "wrong", "198.51.100.7")

    assert stage.sizes()["rate_counts"] <= admins.TRIES * 3 + 1
    assert sign_in(stage.visitor(), "owner@example.org").status_code == 401


def test_counters_are_forgotten(stage: Stage) -> None:
    stage.sign_up()
    stage.clock.move(days=3)
    housekeeping.clear_counters(stage.house)

    assert stage.sizes()["rate_counts"] == 0
