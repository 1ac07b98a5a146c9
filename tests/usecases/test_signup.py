"""Signing up, from the form to the first letter: the whole table of standings, the limits, the record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.address import AddressError
from newsletter.domain.consent import Promise, signup_wording
from newsletter.domain.delivery import Kind, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import Purpose
from newsletter.store import consents, lists, suppressions
from newsletter.usecases import housekeeping, leaving, preferences, signup
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.house import House
from newsletter.usecases.signup import Answer
from tests.usecases.household import (
    Post,
    TwoClocks,
    a_course,
    ask,
    confirm_token,
    enrollment,
    join,
    leave_token,
    person,
    row,
    rows,
    send,
    subscription,
    tick,
)

MARIA = "maria@example.org"


def asked(house: House) -> int:
    """How many confirmation mails are owed, or were."""
    return len(rows(house, kind=Kind.CONFIRMATION))


def consents_of(house: House, email: str = MARIA) -> list[dict]:
    with house.store.reading() as tx:
        assert consents.first_break(tx) is None
        return consents.of_subscriber(tx, person(house, email).id)


def test_a_request_owes_one_confirmation_mail_and_nothing_else(house: House, clock: TwoClocks) -> None:
    assert ask(house, name="  Maria \r\n Berg ") is Answer.LOOK_IN_YOUR_INBOX

    owed = row(house)
    assert (owed["kind"], owed["due_at"], owed["created_at"]) == (
        Kind.CONFIRMATION,
        clock.business,
        clock.machine_time,
    )
    assert (person(house).name, person(house).timezone) == ("Maria Berg", "Europe/Berlin")
    standing = subscription(house)
    assert (standing["status"], standing["expires_at"]) == (Status.PENDING, clock.business + timedelta(days=14))


def test_confirming_begins_the_course_and_says_when_the_first_letter_comes(
    house: House, clock: TwoClocks, post: Post
) -> None:
    ask(house)
    send(house, post)
    welcome = signup.confirm(house, confirm_token(house))

    assert welcome is not None
    assert (welcome.list_title, welcome.zone, welcome.opening_sent) == ("Letters", "Europe/Berlin", True)
    assert welcome.next_letter_at == clock.business + timedelta(days=1)
    assert house.keyring.read_token(Purpose.PREFERENCES, welcome.preferences_token) == person(house).public_id
    send(house, post)
    assert post.subjects()[1:] == ["Lesson 0"]


def test_a_second_click_is_kind_and_changes_nothing(house: House, clock: TwoClocks) -> None:
    first = join(house)
    clock.pass_by(days=30)
    again = signup.confirm(house, confirm_token(house))

    assert again is not None and again.subscriber == first.subscriber
    assert len(rows(house, kind=Kind.LESSON)) == 1
    assert [one["event"] for one in consents_of(house)] == ["requested", "confirmed"]


def test_looking_at_an_invitation_changes_nothing(house: House) -> None:
    ask(house)
    token = confirm_token(house)
    before = subscription(house), rows(house)
    with house.store.reading() as tx:
        invited = signup.invitation(house, tx, token)

    assert invited is not None and not invited.is_confirmed
    assert (subscription(house), rows(house)) == before


def pending(house: House) -> None:
    ask(house)


def confirmed(house: House) -> None:
    join(house)


def unsubscribed(house: House) -> None:
    join(house)
    leaving.leave(house, leave_token(house), method="one click")


def suppressed(house: House) -> None:
    join(house)
    with house.store.transaction() as tx:
        suppressions.add(tx, person(house).address_key, "complained", house.clock.now())


@pytest.mark.parametrize(
    ("standing", "owed", "status"),
    [
        (pending, Kind.CONFIRMATION, Status.PENDING),
        (confirmed, Kind.PREFERENCES, Status.CONFIRMED),
        (unsubscribed, Kind.CONFIRMATION, Status.PENDING),
        (suppressed, None, Status.CONFIRMED),
    ],
)
def test_who_asks_again_gets_what_her_standing_asks_for_and_always_the_same_answer(
    house: House, clock: TwoClocks, standing: Callable[[House], None], owed: Kind | None, status: Status
) -> None:
    standing(house)
    clock.pass_by(days=1, seconds=1)
    before = len(rows(house))

    assert ask(house) is Answer.LOOK_IN_YOUR_INBOX
    assert [one["kind"] for one in rows(house)[before:]] == ([owed] if owed else [])
    assert subscription(house)["status"] == status


def test_an_address_is_one_person_in_every_spelling(house: House, clock: TwoClocks) -> None:
    for spelling in (MARIA, " Maria@Example.org", "MARIA@EXAMPLE.ORG ", "maria@example.ORG"):
        ask(house, spelling)

    assert asked(house) == 1
    assert person(house).address == MARIA


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_many_parallel_requests_are_one_subscriber_and_one_mail(house: House) -> None:
    """F18."""
    spellings = [MARIA, "Maria@example.org", "MARIA@example.org", "maria@EXAMPLE.org", "mAria@example.org"] * 6
    with ThreadPoolExecutor(8) as crowd:
        answers = set(crowd.map(lambda email: ask(house, email), spellings))

    assert answers == {Answer.LOOK_IN_YOUR_INBOX}
    assert len(rows(house)) == 1
    assert [one["event"] for one in consents_of(house)] == ["requested"]


def test_what_is_no_address_is_said(house: House) -> None:
    with pytest.raises(AddressError):
        ask(house, "maria at example")
    assert rows(house) == []


def test_an_unknown_list_is_said(house: House) -> None:
    assert ask(house, list_slug="nowhere") is Answer.UNKNOWN_LIST


# Limits (S4): two mails a day, ten minutes apart, four ever until she answers. They count machine time.


def test_a_second_mail_comes_no_sooner_than_after_ten_minutes(house: House, clock: TwoClocks) -> None:
    ask(house)
    clock.pass_by(minutes=9, seconds=59)
    ask(house)
    assert asked(house) == 1
    clock.pass_by(seconds=1)
    ask(house)
    assert asked(house) == 2


def test_no_more_than_two_mails_go_to_an_address_in_a_day(house: House, clock: TwoClocks) -> None:
    for _ in range(23):
        ask(house)
        clock.pass_by(hours=1)
    assert asked(house) == 2
    clock.pass_by(hours=1)
    ask(house)
    assert asked(house) == 3, "the first one is a day old"


def test_no_more_than_four_mails_ever_go_to_somebody_who_never_answers(
    house: House, clock: TwoClocks, post: Post
) -> None:
    for _ in range(13 * 4):
        ask(house)
        tick(house, post)
        housekeeping.remind_due(house)
        clock.pass_by(hours=6)

    assert len(post.accepted) == 4


@pytest.mark.parametrize("fast", [timedelta(days=30), timedelta(0)])
def test_the_limits_count_machine_time_however_business_time_runs(
    house: House, clock: TwoClocks, fast: timedelta
) -> None:
    for _ in range(5):
        ask(house)
        clock.business += fast
        clock.machine_time += timedelta(minutes=11)
    assert asked(house) == 2


def test_an_answer_sets_the_count_back(house: House, clock: TwoClocks) -> None:
    for _ in range(4):
        ask(house)
        clock.pass_by(hours=13)
    signup.confirm(house, confirm_token(house))
    clock.pass_by(days=1)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    ask(house)

    assert asked(house) == 5
    assert subscription(house)["status"] == Status.PENDING


def test_who_leaves_and_comes_back_at_once_is_asked_at_once(house: House, clock: TwoClocks) -> None:
    """Business time may stand still, as after a walk: what she answered is told by machine time."""
    for number in (1, 2, 3, 4):
        clock.machine_time += timedelta(seconds=30)
        ask(house)
        send(house)
        assert asked(house) == number
        clock.machine_time += timedelta(seconds=30)
        assert signup.confirm(house, confirm_token(house)) is not None
        clock.machine_time += timedelta(seconds=30)
        leaving.leave(house, leave_token(house), method="one click")


def test_who_left_is_no_more_open_to_strangers_than_anybody(house: House, clock: TwoClocks) -> None:
    ask(house)
    send(house)
    assert signup.confirm(house, confirm_token(house)) is not None
    clock.pass_by(minutes=1)
    leaving.leave(house, leave_token(house), method="one click")
    for hours, asked_by_then in ((1, 1), (22, 2), (80, 4)):
        for _ in range(hours):
            ask(house)
            clock.pass_by(minutes=9)
            ask(house)
            send(house)
            clock.pass_by(minutes=51)
        assert asked(house) == 1 + asked_by_then


def test_a_preferences_link_asked_for_before_she_came_back_is_no_reason_to_withhold_another(
    house: House, clock: TwoClocks
) -> None:
    join(house)
    clock.machine_time += timedelta(minutes=1)
    ask(house)
    ask(house)
    clock.machine_time += timedelta(minutes=1)
    leaving.leave(house, leave_token(house), method="one click")
    clock.machine_time += timedelta(minutes=1)
    ask(house)
    signup.confirm(house, confirm_token(house))
    clock.machine_time += timedelta(minutes=1)
    ask(house)
    ask(house)
    assert len(rows(house, kind=Kind.PREFERENCES)) == 2


def test_a_reader_of_four_lists_may_join_a_fifth(house: House, clock: TwoClocks) -> None:
    for slug in ("one", "two", "three", "four", "five"):
        with house.store.transaction() as tx:
            lists.add(tx, slug=slug, title=slug, now=clock.now())
        ask(house, list_slug=slug)
        assert signup.confirm(house, confirm_token(house)) is not None
        clock.pass_by(days=2)

    assert asked(house) == 5


def test_a_request_that_the_limits_refuse_is_forgotten_like_any_other(house: House, clock: TwoClocks) -> None:
    """Nobody is remembered for longer because a stranger typed her address into two forms."""
    with house.store.transaction() as tx:
        lists.add(tx, slug="other", title="Other", now=clock.now())
    ask(house)
    ask(house, list_slug="other")
    assert asked(house) == 1
    clock.pass_by(days=14, seconds=1)
    housekeeping.forget_unconfirmed(house)

    assert rows(house) == []
    with house.store.reading() as tx:
        assert not [one for one in lists.everything(tx) if one.confirmed]
    with pytest.raises(Exception, match="Nobody with this address"):
        person(house)


def test_one_network_and_the_whole_house_have_limits_too(house: House) -> None:
    from_one_network = [ask(house, f"p{number}@example.org", peer=f"192.0.2.{number}") for number in range(31)]
    assert from_one_network == [Answer.LOOK_IN_YOUR_INBOX] * 30 + [Answer.TOO_MANY]
    assert ask(house, "elsewhere@example.org", peer="198.51.100.1") is Answer.LOOK_IN_YOUR_INBOX

    small = replace(house, signups_per_hour=20)
    assert ask(small, "other@example.org", peer="203.0.113.1") is Answer.TOO_MANY


def test_a_new_hour_is_a_new_count(house: House, clock: TwoClocks) -> None:
    for number in range(31):
        ask(house, f"p{number}@example.org")
    clock.machine_time += timedelta(hours=1)

    assert ask(house, "late@example.org") is Answer.LOOK_IN_YOUR_INBOX


# Names and zones.


def test_until_she_confirms_the_newest_name_and_zone_count(house: House, clock: TwoClocks) -> None:
    ask(house, name="Mari", timezone="Europe/Paris")
    clock.pass_by(minutes=10)
    ask(house, name="Maria", timezone="Europe/Berlin")

    assert (person(house).name, person(house).timezone) == ("Maria", "Europe/Berlin")


def test_once_confirmed_no_stranger_renames_or_moves_her(house: House, clock: TwoClocks) -> None:
    join(house, name="Maria")
    clock.pass_by(days=1)
    with house.store.transaction() as tx:
        lists.add(tx, slug="other", title="Other", now=clock.now())
    for slug in ("letters", "other"):
        ask(house, name="A fool", timezone="Asia/Tokyo", list_slug=slug)

    assert (person(house).name, person(house).timezone) == ("Maria", "Europe/Berlin")


def test_a_zone_that_nobody_knows_is_none(house: House) -> None:
    ask(house, timezone="Mars/Olympus_Mons")
    assert person(house).timezone is None
    signup.confirm(house, confirm_token(house), timezone="Europe/Berlin")
    assert person(house).timezone == "Europe/Berlin"


def test_the_zone_of_the_button_does_not_overrule_the_zone_of_the_form(house: House) -> None:
    ask(house, timezone="Europe/Berlin")
    signup.confirm(house, confirm_token(house), timezone="Asia/Tokyo")

    assert person(house).timezone == "Europe/Berlin"


# The record.


def test_the_record_holds_the_exact_words_and_what_was_done(house: House, clock: TwoClocks) -> None:
    ask(house, source="footer form")
    clock.pass_by(hours=5)
    signup.confirm(house, confirm_token(house))

    words = signup_wording(Promise(a_course().title))
    first, second = consents_of(house)
    assert (first["event"], first["words"], first["version"]) == ("requested", words.words, words.version)
    assert (first["address"], first["source"], first["network"]) == (MARIA, "footer form", "192.0.2.0/24")
    assert (second["event"], second["words"], second["at"]) == ("confirmed", words.words, clock.business)
    assert second["method"] == "button on the confirmation page"


def test_without_a_course_the_words_promise_none(bare_house: House) -> None:
    ask(bare_house)

    assert consents_of(bare_house)[0]["words"] == signup_wording().words


# Links.


def test_a_link_is_good_for_fourteen_days(house: House, clock: TwoClocks) -> None:
    ask(house)
    token = confirm_token(house)
    clock.pass_by(days=14)
    assert signup.confirm(house, token) is None

    clock.pass_by(seconds=-1)
    assert signup.confirm(house, token) is not None


def test_an_old_link_does_not_undo_leaving(house: House, clock: TwoClocks) -> None:
    join(house)
    old = confirm_token(house)
    clock.pass_by(hours=1)
    leaving.leave(house, leave_token(house), method="one click")
    assert signup.confirm(house, old) is None

    clock.pass_by(days=1)
    ask(house)
    assert signup.confirm(house, old) is None, "what she is asked now is asked in the new mail"
    assert signup.confirm(house, confirm_token(house)) is not None


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.CONFIRM])
def test_a_token_for_something_else_confirms_nothing(house: House, purpose: Purpose) -> None:
    ask(house)
    token = house.keyring.token(purpose, row(house)["public_id"])

    assert signup.confirm(house, token) is None
    assert subscription(house)["status"] == Status.PENDING


def test_a_link_of_another_mail_confirms_nothing(house: House) -> None:
    join(house)
    letter = row(house, kind=Kind.LESSON)["public_id"]

    assert signup.confirm(house, house.keyring.token(Purpose.CONFIRM, letter)) is None


# Coming back.


def comes_back(house: House, clock: TwoClocks, post: Post, choice: Choice) -> None:
    """She had the welcome and two letters, left, and confirms again two days later."""
    join(house)
    send(house, post)
    for _ in range(2):
        clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
        tick(house, post)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=2)
    join(house, choice=choice)


def test_who_comes_back_goes_on_where_she_stopped(house: House, clock: TwoClocks, post: Post) -> None:
    comes_back(house, clock, post, Choice.GO_ON)
    tick(house, post)
    for _ in range(2):
        clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
        tick(house, post)

    lessons = [subject for subject in post.subjects() if subject.startswith("Lesson")]
    assert lessons == [f"Lesson {number}" for number in range(5)]
    assert enrollment(house)["run"] == 1


def test_who_goes_on_gets_no_letter_closer_to_her_last_than_the_minimum_gap(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    send(house, post)
    clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
    tick(house, post)
    last = clock.business
    token = house.keyring.token(Purpose.PREFERENCES, person(house).public_id)
    preferences.set_rhythm(house, token, hour="9", weekday="4", timezone="Europe/Berlin")  # Fridays from now on
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    join(house, choice=Choice.GO_ON)

    assert enrollment(house)["next_due_at"] - last >= timedelta(days=6)


def test_who_comes_back_may_begin_again(house: House, clock: TwoClocks, post: Post) -> None:
    comes_back(house, clock, post, Choice.BEGIN_AGAIN)
    tick(house, post)

    assert enrollment(house)["run"] == 2
    assert enrollment(house, run=1)["state"] == Progress.LEFT
    assert [subject for subject in post.subjects() if subject.startswith("Lesson")][3:] == ["Lesson 0"]


def test_a_returning_reader_is_told_how_far_she_came(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    send(house, post)
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    ask(house)
    with house.store.reading() as tx:
        invited = signup.invitation(house, tx, confirm_token(house))

    assert invited is not None and invited.resumes is not None
    assert (invited.resumes.had, invited.resumes.of, invited.resumes.finished) == (1, 5, False)


def test_who_comes_back_while_silent_until_she_returns_is_told_no_date(house: House, clock: TwoClocks) -> None:
    join(house)
    preferences.pause(house, house.keyring.token(Purpose.PREFERENCES, person(house).public_id), "return")
    leaving.leave(house, leave_token(house), method="one click")
    clock.pass_by(days=1)
    welcome = join(house, choice=Choice.GO_ON)

    assert enrollment(house)["state"] == Progress.ACTIVE
    assert welcome.next_letter_at is None or welcome.next_letter_at.year == 9999


def test_a_confirmation_that_was_answered_meanwhile_is_not_sent(house: House, clock: TwoClocks, post: Post) -> None:
    ask(house)
    clock.pass_by(minutes=10)
    ask(house)
    signup.confirm(house, confirm_token(house))
    send(house, post)

    assert {one["state"] for one in rows(house, kind=Kind.CONFIRMATION)} == {State.SKIPPED}
    assert post.subjects() == ["Lesson 0"]
