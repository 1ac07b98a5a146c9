"""The sender: every answer of the wire settled right, and nobody doubled, lost, or written to against her wish."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from newsletter.content.compose import Composer
from newsletter.domain.delivery import Blame, Deferred, Failed, Kind, Outcome, Sent, State, Uncertain
from newsletter.domain.enrollment import Progress
from newsletter.domain.message import Outgoing
from newsletter.domain.subscription import Status
from newsletter.store import leases, relays, suppressions, tables
from newsletter.store.engine import StoreBusyError, StoreError
from newsletter.usecases import campaigns, leaving, outbox, planning, preferences, sending, settling
from newsletter.usecases.house import House
from newsletter.usecases.outbox import Outbox, Tally
from newsletter.usecases.press import Press
from tests.usecases.household import (
    OK,
    Post,
    TwoClocks,
    ask,
    crowd,
    enrollment,
    force,
    join,
    leave_token,
    person,
    preferences_token,
    row,
    rows,
    send,
    subscription,
    tick,
)

MARIA = "maria@example.org"
LATER = Deferred("450 4.2.1 not now")
A_MINUTE = timedelta(minutes=1)


def answering(*outcomes: Outcome) -> Post:
    """A post that gives these answers in turn, and the last one for ever."""
    script = list(outcomes)
    return Post(answer=lambda _: script.pop(0) if len(script) > 1 else script[0])


def slowly(act: Callable[..., None]) -> Callable[..., None]:
    """The same, a hundredth of a second later."""

    def later(*given: Any) -> None:
        threading.Event().wait(0.01)
        act(*given)

    return later


def trouble(house: House) -> relays.RelayTrouble | None:
    with house.store.reading() as tx:
        return relays.trouble(tx)


@pytest.fixture
def maria(joined: House) -> House:
    """Maria has confirmed, and her opening letter is the only mail owed."""
    return joined


def opening(house: House) -> dict[str, Any]:
    """The first letter of the course, as it stands in the ledger."""
    return rows(house, kind=Kind.LESSON)[0]


def test_what_is_sent_is_settled_as_sent(maria: House, clock: TwoClocks, post: Post) -> None:
    send(maria, post)

    done = opening(maria)
    assert (done["state"], done["sent_at"], done["settled_at"]) == (State.SENT, clock.business, clock.machine_time)
    assert (done["tries"], done["reply"], done["leased_by"]) == (1, OK.reply, None)
    assert post.subjects() == ["Lesson 0"]
    send(maria, post)
    assert len(post.tried) == 1


def test_what_is_deferred_is_tried_again_after_its_wait_and_not_before(maria: House, clock: TwoClocks) -> None:
    post = answering(LATER, LATER, OK)
    send(maria, post)
    waits = opening(maria)
    assert (waits["state"], waits["tries"]) == (State.DEFERRED, 1)
    assert timedelta(seconds=48) <= waits["retry_at"] - clock.machine_time <= timedelta(seconds=72)

    send(maria, post)
    assert len(post.tried) == 1
    clock.pass_by(seconds=73)
    send(maria, post)
    assert timedelta(seconds=96) <= opening(maria)["retry_at"] - clock.machine_time <= timedelta(seconds=144)
    clock.pass_by(seconds=145)
    send(maria, post)
    assert opening(maria)["state"] == State.SENT
    assert len(set(post.ids())) == 1


def test_what_is_uncertain_is_tried_again_under_the_same_name(maria: House, clock: TwoClocks) -> None:
    """F9."""
    post = answering(Uncertain("no answer"), OK)
    send(maria, post)
    assert opening(maria)["state"] == State.UNCERTAIN

    clock.pass_by(seconds=73)
    send(maria, post)
    assert opening(maria)["state"] == State.SENT
    assert len(post.tried) == 2
    assert len(set(post.ids())) == 1


def test_a_refused_letter_is_failed_and_the_address_kept(maria: House) -> None:
    send(maria, answering(Failed("554 5.6.0 we do not like this text")))

    assert (opening(maria)["state"], opening(maria)["reply"]) == (State.FAILED, "554 5.6.0 we do not like this text")
    assert subscription(maria)["status"] == Status.CONFIRMED
    assert enrollment(maria)["state"] == Progress.ACTIVE


def test_a_bad_address_is_suppressed_and_everything_of_hers_ends(maria: House, clock: TwoClocks, post: Post) -> None:
    join(maria, "paul@example.org")
    refuse = Failed("550 5.1.1 no such mailbox", bad_address=True)
    send(maria, Post(answer=lambda message: refuse if message.envelope_to == MARIA else OK))

    with maria.store.reading() as tx:
        assert suppressions.covers(tx, [person(maria).address_key])
    assert subscription(maria)["status"] == Status.SUPPRESSED
    assert enrollment(maria)["state"] == Progress.LEFT
    clock.pass_by(days=1)
    tick(maria, post)
    assert post.subjects(MARIA) == []
    assert post.subjects("paul@example.org") == ["Lesson 1"]

    ask(maria)  # and signing up again brings no mail
    assert send(maria).tried == []


def test_trouble_with_the_relay_burns_no_attempt(maria: House, clock: TwoClocks) -> None:
    """F6, F11: whatever it says of us says nothing about the reader."""
    post = answering(Deferred("421 too many connections", Blame.RELAY), OK)
    send(maria, post)

    kept = opening(maria)
    assert (kept["state"], kept["tries"], kept["first_try_at"]) == (State.QUEUED, 0, None)
    clock.pass_by(A_MINUTE)
    send(maria, post)
    assert opening(maria)["state"] == State.SENT
    assert len(set(post.ids())) == 1


def test_a_closed_relay_opens_the_breaker_and_success_closes_it(maria: House, clock: TwoClocks) -> None:
    """F11: nothing is taken nor tried while it is open, whatever is owed."""
    post = Post(closed="The relay refuses connections.")
    tally = sending.send_due(maria, post, holder="h/1/a")
    assert tally.relay_down == "The relay refuses connections."
    first = trouble(maria)
    assert first is not None and first.failures == 1
    assert timedelta(seconds=48) <= first.open_until - clock.machine_time <= timedelta(seconds=72)

    post.closed = ""
    send(maria, post)
    assert post.tried == []
    assert (opening(maria)["state"], opening(maria)["attempt"]) == (State.QUEUED, 0)

    clock.pass_by(seconds=73)
    send(maria, post)
    assert trouble(maria) is None
    assert opening(maria)["state"] == State.SENT
    assert opening(maria)["tries"] == 1


def test_the_longer_the_relay_is_down_the_more_rarely_we_knock_but_once_an_hour(maria: House, clock: TwoClocks) -> None:
    waits = []
    for _ in range(9):
        send(maria, Post(closed="refused"))
        known = trouble(maria)
        assert known is not None
        waits.append(known.open_until - clock.machine_time)
        clock.machine_time = known.open_until

    assert waits[0] < waits[2] < waits[4] <= max(waits) <= timedelta(hours=1)
    assert opening(maria)["tries"] == 0
    send(maria, Post())
    assert opening(maria)["state"] == State.SENT


def test_a_letter_that_cannot_be_written_fails_alone_and_is_named(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """F21."""
    for name in ("Anna", "Mallory", "Zoe"):
        join(house, f"{name.lower()}@example.org", name=name)
    monkeypatch.setattr(type(house.composer), "lesson", _poisoned(house.composer.lesson))
    with caplog.at_level(logging.ERROR):
        send(house, post)

    failed = row(house, "mallory@example.org", kind=Kind.LESSON)
    assert (failed["state"], failed["reason"]) == (State.FAILED, "cannot be written: RecursionError")
    assert failed["public_id"] in caplog.text
    assert "mallory" not in caplog.text
    assert [message.envelope_to for message in post.accepted] == ["anna@example.org", "zoe@example.org"]


def _poisoned(write: Callable[..., Any]) -> Callable[..., Any]:
    def lesson(_: Composer, reader: Any, *given: Any, **more: Any) -> Any:
        if reader.name == "Mallory":
            raise RecursionError
        return write(reader, *given, **more)

    return lesson


def test_trouble_with_the_database_is_not_taken_for_poison(
    maria: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F13, F14: a letter that could not be read just now is sent later, not failed for ever."""

    def busy(*_: Any, **__: Any) -> None:
        raise StoreBusyError("busy")

    with monkeypatch.context() as patched:
        patched.setattr(Press, "gathered", busy)
        with pytest.raises(StoreBusyError):
            send(maria, post)
    assert opening(maria)["state"] == State.QUEUED

    send(maria, post)
    assert post.subjects() == ["Lesson 0"]


def test_after_seventy_two_hours_of_deferral_a_lesson_is_given_up_and_planned_again(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    send(maria, post)
    clock.business = enrollment(maria)["next_due_at"]
    planning.plan_due(maria)
    late = answering(LATER)
    first = clock.machine_time
    send(maria, late)
    clock.pass_by(hours=71, minutes=59)
    send(maria, late)
    assert rows(maria, kind=Kind.LESSON)[1]["state"] == State.DEFERRED

    clock.machine_time = first + timedelta(hours=73)
    send(maria, late)
    assert rows(maria, kind=Kind.LESSON)[1]["state"] == State.EXPIRED

    clock.business = enrollment(maria)["next_due_at"]
    tick(maria, post)
    assert post.subjects() == ["Lesson 0", "Lesson 1"]
    again = rows(maria, kind=Kind.LESSON)[1]
    assert (again["state"], again["tries"], again["attempt"]) == (State.SENT, 1, 4)
    assert len({*late.ids(), post.ids()[-1]}) == 1


def test_the_closing_lesson_too_is_planned_again_when_it_was_given_up(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    send(maria, post)
    for _ in range(3):
        clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
        tick(maria, post)
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    planning.plan_due(maria)
    assert enrollment(maria)["state"] == Progress.FINISHED
    for _ in range(2):
        send(maria, answering(LATER))
        clock.pass_by(hours=73)
    assert rows(maria, kind=Kind.LESSON)[-1]["state"] == State.EXPIRED
    assert enrollment(maria)["state"] == Progress.ACTIVE

    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    tick(maria, post)
    assert post.subjects() == [f"Lesson {number}" for number in range(5)]
    assert enrollment(maria)["state"] == Progress.FINISHED


def test_a_confirmation_that_is_given_up_stays_given_up(house: House, clock: TwoClocks) -> None:
    ask(house)
    for _ in range(2):
        send(house, answering(LATER))
        clock.pass_by(hours=73)

    assert row(house)["state"] == State.EXPIRED


def test_the_patience_with_a_letter_does_not_run_out_while_she_pauses(maria: House, clock: TwoClocks) -> None:
    """A letter deferred once before a pause must not be given up at the first deferral after it."""
    send(maria, answering(LATER))
    preferences.pause(maria, preferences_token(maria), "2")
    clock.pass_by(days=15)
    send(maria, answering(LATER))

    waits = opening(maria)
    assert (waits["state"], waits["tries"]) == (State.DEFERRED, 1)


def test_a_paused_subscriber_keeps_her_place(maria: House, clock: TwoClocks, post: Post) -> None:
    send(maria, post)
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    planning.plan_due(maria)
    force(maria, tables.subscribers, person(maria).id, paused_until=clock.business + timedelta(weeks=2))
    send(maria, post)

    kept = rows(maria, kind=Kind.LESSON)[1]
    assert kept["state"] == State.QUEUED
    assert kept["due_at"] >= clock.business + timedelta(weeks=2)
    assert enrollment(maria)["next_due_at"] >= kept["due_at"] + timedelta(days=6)
    clock.pass_by(kept["due_at"] - clock.business)
    tick(maria, post)
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    tick(maria, post)
    assert post.subjects() == ["Lesson 0", "Lesson 1", "Lesson 2"]


def test_a_welcome_put_back_for_a_pause_without_end_goes_when_she_returns(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    preferences.pause(maria, preferences_token(maria), "return")
    send(maria, post)
    clock.pass_by(days=30)
    tick(maria, post)
    assert post.subjects() == []

    preferences.resume(maria, preferences_token(maria))
    tick(maria, post)
    assert post.subjects() == ["Lesson 0"]
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    tick(maria, post)
    assert post.subjects() == ["Lesson 0", "Lesson 1"]


def leave(house: House) -> None:
    leaving.leave(house, leave_token(house), method="one click")


def pause(house: House) -> None:
    preferences.pause(house, preferences_token(house), "return")


@pytest.mark.parametrize("change", [leave, pause])
def test_nothing_is_sent_after_she_left_or_paused_even_when_it_was_due_before(
    house: House, change: Callable[[House], None]
) -> None:
    """F20. Zoe leaves while Anna's letter is on the wire, and her own is due behind it."""
    join(house, "anna@example.org")
    join(house)

    def answer(_: Outgoing) -> Outcome:
        change(house)
        return OK

    post = send(house, Post(answer=answer))
    assert [message.envelope_to for message in post.accepted] == ["anna@example.org"]
    assert row(house, MARIA, kind=Kind.LESSON)["state"] in (State.SKIPPED, State.QUEUED)
    assert send(house).accepted == []


def test_who_leaves_while_her_letter_is_on_the_wire_gets_no_other(house: House, clock: TwoClocks) -> None:
    join(house)

    def answer(_: Outgoing) -> Outcome:
        leave(house)
        return LATER

    send(house, Post(answer=answer))
    clock.pass_by(hours=2)
    assert send(house).tried == []
    assert row(house, MARIA, kind=Kind.LESSON)["state"] == State.SKIPPED


def test_who_leaves_while_the_wire_stands_still_gets_nothing_a_second_later(
    bare_house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F20: neither what lies ready to begin, nor the batch that was taken ahead behind it."""
    monkeypatch.setattr(outbox, "STALE_AFTER", 0.05)
    crowd(bare_house, 40)
    campaigns.queue(bare_house, campaigns.create(bare_house, subject="News", body="Some news."))
    campaigns.start_due(bare_house)

    with Outbox(bare_house, "here/1/slow", lambda: False, Tally()) as her:
        for _ in range(4):  # quick, so that she takes more and more ahead
            her.note([(message, OK) for message in _accept(post, her, 1)])
        for number in range(5, 41):
            leaving.leave(bare_house, leave_token(bare_house, f"p{number}@example.org"), method="one click")
        threading.Event().wait(0.3)
        her.note([])  # the wire gives a sign of life, and goes on
        late = her.supply(10)
        her.note([(message, OK) for message in late])

    assert [message.envelope_to for message in late] == []
    assert {one["state"] for one in rows(bare_house, kind=Kind.CAMPAIGN)} == {State.SENT, State.SKIPPED}


def test_a_stop_gives_back_what_was_not_yet_begun(house: House) -> None:
    """F4."""
    for number in range(5):
        join(house, f"p{number}@example.org")
    stopped = threading.Event()

    def answer(_: Outgoing) -> Outcome:
        stopped.set()
        return OK

    post = send(house, Post(answer=answer), stop=stopped.is_set)
    assert len(post.accepted) == 1
    states = [one["state"] for one in rows(house, kind=Kind.LESSON)]
    assert sorted(states) == [State.QUEUED] * 4 + [State.SENT]
    assert len(send(house).accepted) == 4


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is told of nothing until the end of a round."""
    monkeypatch.setattr(outbox, "SETTLE_AFTER", 3600.0)


def dying(house: House, post: Post, *, noted: int, taken: int) -> None:
    """A sender is killed when so many acceptances were noted, and so many messages more were taken by the server."""
    her = Outbox(house, "here/1/dead", lambda: False, Tally())
    with pytest.raises(Killed), her:
        her.note([(message, OK) for message in _accept(post, her, noted)])
        _accept(post, her, taken)
        raise Killed


def _accept(post: Post, her: Outbox, many: int) -> list[Outgoing]:
    messages = [message for _ in range(many) for message in her.supply(1)]
    post.accepted += messages
    return messages


@pytest.mark.usefixtures("unsettled")
def test_what_a_dead_sender_left_on_the_wire_is_repeated_under_the_same_name(house: House, post: Post) -> None:
    """F1: L = 0, and D is what was in flight; what was noted in the journal is no part of it."""
    for number in range(4):
        join(house, f"p{number}@example.org")
    dying(house, post, noted=2, taken=1)
    assert [one["state"] for one in rows(house, kind=Kind.LESSON)][:3] == [State.SENDING] * 3

    assert sending.recover(house, lambda holder: holder == "here/1/dead") >= 1
    assert [one["state"] for one in rows(house, kind=Kind.LESSON)][:3] == [State.SENT, State.SENT, State.UNCERTAIN]
    send(house, post, holder="here/2/alive")
    assert {one["state"] for one in rows(house, kind=Kind.LESSON)} == {State.SENT}
    assert list(post.doubles().values()) == [2]


@pytest.mark.usefixtures("unsettled")
def test_a_journal_is_read_once_and_only_when_its_sender_is_dead(house: House, post: Post) -> None:
    join(house)
    dying(house, post, noted=1, taken=0)

    assert sending.recover(house, lambda _: False) == 0
    assert opening(house)["state"] == State.SENDING
    for _ in range(2):
        assert sending.recover(house, lambda _: True) == 0
        assert (opening(house)["state"], opening(house)["tries"]) == (State.SENT, 1)
    assert list(house.journals.iterdir()) == []
    assert send(house).accepted == []


def test_without_a_journal_nothing_is_sent(maria: House, post: Post) -> None:
    """F15: no intent, no send."""
    maria.journals.rmdir()
    maria.journals.write_text("in the way")

    with pytest.raises(StoreError, match="journal cannot be kept"):
        send(maria, post)
    assert post.tried == []
    assert opening(maria)["state"] == State.QUEUED


def test_when_the_ledger_is_lost_in_mid_send_what_was_accepted_is_not_sent_again(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F13: the journal tells the ledger when it is back."""
    for number in range(3):
        join(house, f"p{number}@example.org")
    with monkeypatch.context() as away:
        away.setattr(settling, "settle", _lost)
        with pytest.raises(StoreBusyError):
            send(house, post)
    assert post.accepted

    send(house, post)
    assert {one["state"] for one in rows(house, kind=Kind.LESSON)} == {State.SENT}
    assert post.doubles() == {}


def _lost(*_: object) -> None:
    raise StoreBusyError("The database cannot be reached just now.")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ledger_slower_than_the_wire_is_waited_for_also_while_leases_are_renewed(
    bare_house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page of the journal waits for the ledger, and what it does next frees none."""
    at_once = {"RENEW_EVERY": 0.0, "SETTLE_AFTER": 0.0}
    for name, value in at_once.items():
        monkeypatch.setattr(outbox, name, value)
    monkeypatch.setattr(outbox.settling, "settle", slowly(settling.settle))
    monkeypatch.setattr(outbox.leases, "renew", slowly(leases.renew))
    crowd(bare_house, 60)
    campaigns.queue(bare_house, campaigns.create(bare_house, subject="News", body="Some news."))
    campaigns.start_due(bare_house)

    send(bare_house, post)
    assert len(rows(bare_house, state=State.SENT)) == 60


def test_only_what_lapsed_is_recovered(maria: House, clock: TwoClocks) -> None:
    dead = Outbox(maria, "elsewhere/1/a", lambda: False, Tally())
    with pytest.raises(Killed), dead:
        dead.supply(1)
        raise Killed

    assert sending.recover(maria, lambda _: False) == 0
    clock.pass_by(seconds=61)
    assert sending.recover(maria, lambda _: False) == 1
    assert send(maria).subjects() == ["Lesson 0"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_two_senders_share_the_work_and_double_nothing(bare_house: House) -> None:
    readers = 60
    crowd(bare_house, readers)
    sent = campaigns.create(bare_house, subject="News", body="Some news.")
    campaigns.queue(bare_house, sent)
    campaigns.start_due(bare_house)
    posts = [Post(), Post()]
    senders = [
        threading.Thread(target=send, args=(bare_house, post), kwargs={"holder": f"h/{number}/x"})
        for number, post in enumerate(posts)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    everybody = [message.envelope_to for post in posts for message in post.accepted]
    assert len(everybody) == len(set(everybody)) == readers


def test_a_lesson_that_went_out_late_pushes_the_next_one_away(maria: House, clock: TwoClocks, post: Post) -> None:
    """Even when she changes her day afterwards: what counts is when it went, not when it was due."""
    send(maria, post)
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    planning.plan_due(maria)
    send(maria, answering(LATER))
    clock.pass_by(hours=66)
    send(maria, post)
    assert post.subjects()[-1] == "Lesson 1"
    went = clock.business
    assert enrollment(maria)["next_due_at"] - went >= timedelta(days=5, hours=12)

    for weekday in "0123456":
        preferences.set_rhythm(maria, preferences_token(maria), hour="23", weekday=weekday, timezone="Europe/Berlin")
        assert (enrollment(maria)["next_due_at"].date() - went.date()).days >= 6


def test_who_chose_no_weekday_waits_a_week_for_the_letter_after_a_late_one(
    maria: House, clock: TwoClocks, post: Post
) -> None:
    """Her day is that of her last letter: not the week after next, on the weekday of the slot that was missed."""
    send(maria, post)
    clock.pass_by(enrollment(maria)["next_due_at"] - clock.business)
    planning.plan_due(maria)
    send(maria, answering(LATER))
    clock.pass_by(hours=50)
    send(maria, post)
    went = clock.business
    assert post.subjects()[-1] == "Lesson 1"

    assert (enrollment(maria)["next_due_at"].date() - went.date()).days == 7


def test_an_answer_for_a_claim_that_was_lost_settles_nothing(maria: House, clock: TwoClocks) -> None:
    """F10."""

    def too_late(_: Outgoing) -> Outcome:
        clock.pass_by(minutes=10)
        sending.recover(maria, lambda _: False)
        return Failed("550 5.1.1 no such mailbox", bad_address=True)

    send(maria, Post(answer=too_late), stop=_once())
    assert opening(maria)["state"] == State.UNCERTAIN
    assert subscription(maria)["status"] == Status.CONFIRMED


def _once() -> Callable[[], bool]:
    asked = iter([False, False])
    return lambda: next(asked, True)


def test_the_words_of_the_server_are_kept_short(maria: House) -> None:
    send(maria, answering(Sent("250 " + "x" * 900)))

    assert len(opening(maria)["reply"]) == 300
