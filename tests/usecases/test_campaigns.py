"""One letter to everybody on a list: who gets it, in which words, and what stop means."""

import random
import select
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from newsletter.domain.address import AddressError
from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import CLOSED, Deferred, Kind, Outcome, State
from newsletter.domain.message import Outgoing
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.subscription import Status
from newsletter.store import lookout, suppressions, tables
from newsletter.usecases import campaigns, drafts, leaving, outbox, preferences
from newsletter.usecases.campaigns import CampaignError
from newsletter.usecases.drafts import Words
from newsletter.usecases.house import House
from tests.usecases.household import (
    OK,
    Post,
    TwoClocks,
    ask,
    crowd,
    force,
    leave_token,
    person,
    preferences_token,
    rows,
    send,
    subscription,
)


def draft(house: House, subject: str = "News", body: str = "Some news.") -> str:
    return campaigns.create(house, subject=subject, body=body)


def started(house: House, subject: str = "News") -> str:
    made = draft(house, subject)
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def states(house: House) -> list[str]:
    """Where each email of the campaign stands."""
    return [one["state"] for one in rows(house, kind=Kind.CAMPAIGN)]


def recipients(house: House) -> list[str]:
    return [one["address"] for one in rows(house, kind=Kind.CAMPAIGN)]


def test_a_campaign_goes_to_everybody_once_and_is_then_sent(bare_house: House, post: Post) -> None:
    crowd(bare_house, 5)
    made = started(bare_house)
    send(bare_house, post)
    assert campaigns.finish_done(bare_house) == 1

    told = campaigns.status(bare_house, made).campaign
    assert (told.state, told.recipients) == (CampaignState.SENT, 5)
    assert states(bare_house) == [State.SENT] * 5
    assert sorted(message.envelope_to for message in post.accepted) == [f"p{n}@example.org" for n in range(1, 6)]
    assert campaigns.start_due(bare_house) == campaigns.finish_done(bare_house) == 0


def test_the_audience_is_drawn_when_sending_starts(bare_house: House, clock: TwoClocks) -> None:
    crowd(bare_house, 4)
    made = draft(bare_house)
    campaigns.queue(bare_house, made, clock.business + timedelta(days=1))
    assert campaigns.start_due(bare_house) == 0
    assert recipients(bare_house) == []
    leaving.leave(bare_house, leave_token(bare_house, "p1@example.org"), method="one click")
    force(bare_house, tables.subscribers, person(bare_house, "p2@example.org").id, paused_until=INDEFINITELY)
    ask(bare_house, "pending@example.org")
    with bare_house.store.transaction() as tx:
        suppressions.add(tx, person(bare_house, "p3@example.org").address_key, "complained", clock.now())

    clock.pass_by(days=1)
    assert campaigns.start_due(bare_house) == 1
    assert recipients(bare_house) == ["p4@example.org"]


def test_who_joins_or_returns_after_the_start_gets_the_next_one(bare_house: House) -> None:
    crowd(bare_house, 1)
    started(bare_house)
    force(bare_house, tables.subscriptions, subscription(bare_house, "p1@example.org")["id"], status=Status.CONFIRMED)
    crowd(bare_house, 3)

    assert recipients(bare_house) == ["p1@example.org"]


def test_held_people_get_no_campaign(bare_house: House) -> None:
    crowd(bare_house, 2)
    force(bare_house, tables.subscribers, person(bare_house, "p1@example.org").id, held_reason="the owner asks")
    started(bare_house)

    assert recipients(bare_house) == ["p2@example.org"]


def test_a_campaign_to_nobody_is_done_at_once(bare_house: House) -> None:
    made = started(bare_house)
    campaigns.finish_done(bare_house)

    assert campaigns.status(bare_house, made).campaign.state == CampaignState.SENT


def test_the_text_is_frozen_once_it_is_queued(bare_house: House, post: Post) -> None:
    crowd(bare_house, 1)
    made = draft(bare_house)
    drafts.save(bare_house, made, Words("Better news", "Better."), seen=None)
    campaigns.queue(bare_house, made)

    with pytest.raises(CampaignError, match="frozen"):
        drafts.save(bare_house, made, Words("Other news", "Other."), seen=None)
    with pytest.raises(CampaignError):
        drafts.delete(bare_house, made)
    with pytest.raises(CampaignError, match="scheduled"):
        campaigns.queue(bare_house, made)
    campaigns.start_due(bare_house)
    assert send(bare_house, post).subjects() == ["Better news"]


def test_a_paused_campaign_stands_and_goes_on_where_it_stood(bare_house: House, post: Post) -> None:
    crowd(bare_house, 6)
    made = started(bare_house)
    seen: list[str] = []

    def answer(message: Outgoing) -> Outcome:
        seen.append(message.envelope_to)
        if len(seen) == 2:
            campaigns.pause(bare_house, made)
        return OK

    send(bare_house, Post(answer=answer))
    assert len(seen) == 2
    assert send(bare_house, post).tried == []
    assert states(bare_house).count(State.QUEUED) == 4

    campaigns.resume(bare_house, made)
    send(bare_house, post)
    assert len(post.accepted) == 4
    assert {message.envelope_to for message in post.accepted}.isdisjoint(seen)


def test_what_was_taken_ahead_of_a_pause_does_not_go_after_it(bare_house: House) -> None:
    """F22: while the wire is quick the next batch is in hand before the last one has gone."""
    crowd(bare_house, 200)
    made = started(bare_house)
    seen: list[str] = []

    def answer(message: Outgoing) -> Outcome:
        seen.append(message.envelope_to)
        if len(seen) == 50:
            campaigns.pause(bare_house, made)
        return OK

    send(bare_house, Post(answer=answer))
    assert len(seen) == 50
    assert states(bare_house).count(State.QUEUED) == 150


def test_the_time_of_a_pause_costs_no_letter_its_seventy_two_hours(bare_house: House, clock: TwoClocks) -> None:
    """Seventy hours of trying, a week of pause, and what is left of the patience is two hours."""
    crowd(bare_house, 2)
    made = started(bare_house)
    later = Post(answer=lambda _: Deferred("450 4.2.1 later"))
    send(bare_house, later)
    for _ in range(70):
        clock.pass_by(hours=1)
        send(bare_house, later)
    tries = {one["tries"] for one in rows(bare_house)}
    campaigns.pause(bare_house, made)
    clock.pass_by(weeks=1)
    campaigns.resume(bare_house, made)

    send(bare_house, later)
    assert states(bare_house) == [State.DEFERRED] * 2
    assert {one["tries"] for one in rows(bare_house)} == {tries.pop() + 1}, "and each try still counts"
    clock.pass_by(hours=1)
    send(bare_house, later)
    assert states(bare_house) == [State.DEFERRED] * 2
    clock.pass_by(hours=1, minutes=1)
    send(bare_house, later)
    assert states(bare_house) == [State.EXPIRED] * 2


def test_a_short_pause_keeps_the_wait_between_two_tries(bare_house: House, clock: TwoClocks) -> None:
    crowd(bare_house, 1)
    made = started(bare_house)
    send(bare_house, Post(answer=lambda _: Deferred("450 4.2.1 later")))
    campaigns.pause(bare_house, made)
    clock.pass_by(seconds=5)
    campaigns.resume(bare_house, made)

    assert send(bare_house).tried == []
    clock.pass_by(seconds=68)
    assert len(send(bare_house).accepted) == 1


def test_whoever_leaves_or_is_suppressed_while_a_campaign_rests_gets_nothing_when_it_goes_on(
    bare_house: House, clock: TwoClocks, post: Post
) -> None:
    """Also where a first try was deferred, and whose mail is held for the owner waits for the owner's word."""
    crowd(bare_house, 5)
    made = started(bare_house)
    send(bare_house, Post(answer=lambda _: Deferred("450 4.2.1 later")))
    campaigns.pause(bare_house, made)
    leaving.leave(bare_house, leave_token(bare_house, "p1@example.org"), method="one click")
    preferences.pause(bare_house, preferences_token(bare_house, "p2@example.org"), "return")
    with bare_house.store.transaction() as tx:
        suppressions.add(tx, person(bare_house, "p3@example.org").address_key, "complained", clock.now())
    force(bare_house, tables.subscribers, person(bare_house, "p4@example.org").id, held_reason="the owner asks")
    clock.pass_by(days=1)
    campaigns.resume(bare_house, made)
    send(bare_house, post)

    assert [message.envelope_to for message in post.accepted] == ["p5@example.org"]
    ended = {one["address"][:2]: (one["state"], one["reason"]) for one in rows(bare_house)}
    assert ended["p1"] == (State.SKIPPED, "left")
    assert ended["p2"] == (State.SKIPPED, "paused")
    assert ended["p3"] == (State.SKIPPED, "suppressed")
    assert ended["p4"][0] == State.DEFERRED
    assert campaigns.finish_done(bare_house) == 0, "one still waits"
    leaving.leave(bare_house, leave_token(bare_house, "p4@example.org"), method="one click")
    assert send(bare_house).tried == []
    assert campaigns.finish_done(bare_house) == 1


def test_a_pause_before_the_start_holds_it_off_the_calendar(bare_house: House, clock: TwoClocks) -> None:
    crowd(bare_house, 1)
    made = draft(bare_house)
    campaigns.queue(bare_house, made, clock.business + timedelta(hours=1))
    campaigns.pause(bare_house, made)
    clock.pass_by(hours=2)
    assert campaigns.start_due(bare_house) == 0

    assert campaigns.resume(bare_house, made).state == CampaignState.SCHEDULED
    assert campaigns.start_due(bare_house) == 1


def test_a_cancelled_campaign_skips_what_waits(bare_house: House, post: Post) -> None:
    crowd(bare_house, 3)
    made = started(bare_house)
    send(bare_house, Post(answer=lambda _: Deferred("450 later")))
    assert campaigns.cancel(bare_house, made).state == CampaignState.CANCELLED

    assert {(one["state"], one["reason"]) for one in rows(bare_house)} == {(State.SKIPPED, "cancelled")}
    assert send(bare_house, post).tried == []
    with pytest.raises(CampaignError, match="cancelled"):
        campaigns.resume(bare_house, made)


def test_a_reader_who_pauses_in_mid_campaign_does_not_get_it_later(
    bare_house: House, clock: TwoClocks, post: Post
) -> None:
    crowd(bare_house, 1)
    started(bare_house)
    force(bare_house, tables.subscribers, 1, paused_until=clock.business + timedelta(weeks=2))
    send(bare_house, post)
    clock.pass_by(weeks=3)
    send(bare_house, post)

    assert post.tried == []
    assert [(one["state"], one["reason"]) for one in rows(bare_house)] == [(State.SKIPPED, "paused")]


class LateWord:
    """In place of `select` for those who look out: word is there to be seen only a while after it came."""

    POLLIN = select.POLLIN

    class poll:  # noqa: N801
        def __init__(self) -> None:
            self._real, self._came = select.poll(), 0.0

        def register(self, *what: int) -> None:
            self._real.register(*what)

        def poll(self, wait: int) -> list[tuple[int, int]]:
            if not (found := self._real.poll(wait)):
                return []
            self._came = self._came or time.monotonic()
            return found if time.monotonic() > self._came + 0.1 else []


def test_when_a_pause_is_answered_every_sender_has_heard_of_it(
    bare_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F22, on a machine so crowded that PostgreSQL's word comes late, and to a sender that asks nobody else."""
    monkeypatch.setattr(lookout, "select", LateWord)
    monkeypatch.setattr(outbox, "GLANCES", 1_000_000)
    monkeypatch.setattr(outbox, "GLANCE_EVERY", 60.0)

    def answer(_: Outgoing) -> Outcome:
        threading.Event().wait(0.001)
        return OK

    post = Post(answer=answer)
    crowd(bare_house, 600)
    made = started(bare_house)
    sender = threading.Thread(target=send, args=(bare_house, post))
    sender.start()
    try:
        _wait_for(lambda: len(post.accepted) > 100)
        campaigns.pause(bare_house, made)
        before = len(post.accepted)
    finally:
        sender.join()

    assert len(post.accepted) - before <= 1, "after a pause more went out than was in flight"
    assert states(bare_house).count(State.QUEUED) > 0, "the pause came before the end"


RACES = 100


@pytest.mark.parametrize("ending", ["resume", "cancel"])
def test_stop_and_go_raced_a_hundred_times_lose_and_double_nothing(bare_house: House, ending: str) -> None:
    """F22: L = 0 and D = 0; after a pause at most what was in flight still goes."""
    readers = 40
    crowd(bare_house, readers)
    made = started(bare_house)
    over = threading.Event()
    posts = [Post(), Post()]

    def work(post: Post, holder: str) -> None:
        while not over.is_set():
            send(bare_house, post, holder=holder)

    senders = [threading.Thread(target=work, args=(post, f"h/{n}/x")) for n, post in enumerate(posts)]
    for sender in senders:
        sender.start()
    try:
        most = _stop_and_go(bare_house, made, posts)
        (campaigns.cancel if ending == "cancel" else campaigns.resume)(bare_house, made)
        _wait_for(lambda: set(states(bare_house)) <= set(CLOSED))
    finally:
        over.set()
        for sender in senders:
            sender.join()

    accepted = [message.envelope_to for post in posts for message in post.accepted]
    ended = states(bare_house)
    assert most <= len(senders), "after a pause more went out than was in flight"
    assert len(accepted) == len(set(accepted)) == ended.count(State.SENT)
    assert ended.count(State.SENT) + ended.count(State.SKIPPED) == readers
    assert ending == "cancel" or len(accepted) == readers


def _stop_and_go(house: House, made: str, posts: list[Post]) -> int:
    """Pause and resume many times. Returns the most that was accepted after any pause had been committed."""
    dice, most = random.Random(22), 0
    for _ in range(RACES):
        campaigns.pause(house, made)
        before = sum(len(post.accepted) for post in posts)
        threading.Event().wait(dice.random() * 0.004)
        most = max(most, sum(len(post.accepted) for post in posts) - before)
        campaigns.resume(house, made)
        threading.Event().wait(dice.random() * 0.002)
    campaigns.pause(house, made)
    return most


def _wait_for(what: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if what():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it never came")


def test_of_many_who_pause_and_cancel_at_once_each_hears_the_truth(bare_house: House) -> None:
    crowd(bare_house, 3)
    for _ in range(10):
        made = started(bare_house)
        heard: list[str] = []

        def ask_for(verb: str, made: str = made, heard: list[str] = heard) -> None:
            try:
                getattr(campaigns, verb)(bare_house, made)
            except CampaignError as refusal:
                heard.append(str(refusal))
            else:
                heard.append("done")

        crew = [threading.Thread(target=ask_for, args=(verb,)) for verb in ("pause", "cancel", "cancel", "pause")]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
        assert 1 <= heard.count("done") <= 2
        campaign = campaigns.status(bare_house, made).campaign
        if campaign.state is CampaignState.PAUSED:
            campaigns.cancel(bare_house, made)


def test_two_leaders_at_once_start_a_campaign_once(bare_house: House) -> None:
    crowd(bare_house, 20)
    campaigns.queue(bare_house, draft(bare_house))
    start = threading.Barrier(3)
    owed: list[int] = []

    def lead() -> None:
        start.wait()
        owed.append(campaigns.start_due(bare_house))

    crew = [threading.Thread(target=lead) for _ in range(3)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()

    assert sorted(owed) == [0, 0, 20]
    assert len(recipients(bare_house)) == 20


def test_a_test_goes_to_any_address_in_any_state_and_counts_for_nothing(bare_house: House, post: Post) -> None:
    crowd(bare_house, 1)
    made = draft(bare_house)
    campaigns.send_test(bare_house, made, "anna@example.org")
    send(bare_house, post)

    assert [message.envelope_to for message in post.accepted] == ["anna@example.org"]
    assert post.subjects() == ["[Test] News"]
    assert states(bare_house) == []
    with pytest.raises(AddressError):
        campaigns.send_test(bare_house, made, "anna")


@pytest.mark.parametrize(
    ("subject", "body"),
    [("", "Text."), ("  \n ", "Text."), ("News", " \n"), ("n" * 251, "Text."), ("News", "Dear {{ whoever }},")],
)
def test_a_campaign_that_cannot_be_sent_is_refused_when_it_is_written(
    bare_house: House, subject: str, body: str
) -> None:
    with pytest.raises(CampaignError):
        draft(bare_house, subject, body)


def test_a_campaign_to_a_list_that_is_not_there_is_refused(bare_house: House) -> None:
    with pytest.raises(CampaignError, match="nowhere"):
        campaigns.create(bare_house, subject="News", body="Text.", list_slug="nowhere")
    with pytest.raises(CampaignError, match="no campaign"):
        campaigns.status(bare_house, "nothing")
