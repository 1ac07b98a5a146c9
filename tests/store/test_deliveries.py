"""The spine of the house: who may hold an email, who may send it, and what becomes of what a dead sender held."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import Claim, Kind, State, Verdict, judge
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.subscription import Status
from newsletter.store import deliveries, dispatch, leases, ledger, subscribers, suppressions, tables
from newsletter.store.engine import Store
from tests.store.ledger import (
    LEASE,
    MACHINE,
    NOW,
    a_campaign,
    a_lesson,
    a_list,
    a_person,
    a_subscriber,
    begin,
    force,
    intend,
    make,
    owe,
    read,
    take,
)

A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def lesson(store: Store) -> dict[str, Any]:
    """One reader, in one course, with one lesson owed: all the numbers by name."""
    with store.transaction() as tx:
        mailing_list = a_list(tx)
        person, subscription = a_subscriber(tx, mailing_list)
        course, number, revision = a_lesson(tx)
        enrollment = make(
            tx,
            tables.enrollments,
            subscriber_id=person,
            course_id=course,
            subscription_id=subscription,
            state=Progress.ACTIVE,
        )
        causes = {"subscription_id": subscription, "enrollment_id": enrollment, "lesson_id": number}
        owed = owe(tx, Kind.LESSON, person, **causes, lesson_revision_id=revision, occasion=0)
    return {**causes, "subscriber_id": person, "lesson_revision_id": revision, "delivery": owed, "list": mailing_list}


@pytest.fixture
def letter(store: Store) -> dict[str, Any]:
    """One reader to whom one campaign is owed."""
    with store.transaction() as tx:
        mailing_list = a_list(tx)
        person, subscription = a_subscriber(tx, mailing_list)
        campaign = a_campaign(tx, mailing_list)
        owed = owe(tx, Kind.CAMPAIGN, person, subscription_id=subscription, campaign_id=campaign)
    return {"delivery": owed, "subscriber_id": person, "subscription_id": subscription, "campaign_id": campaign}


def test_what_a_person_waits_for_goes_first_then_what_is_due_longest_then_what_was_owed_first(store: Store) -> None:
    with store.transaction() as tx:
        mailing_list = a_list(tx)
        person, subscription = a_subscriber(tx, mailing_list)
        campaign = a_campaign(tx, mailing_list)
        causes = {"subscription_id": subscription, "campaign_id": campaign}
        to_all = owe(tx, Kind.CAMPAIGN, person, **causes, due_at=NOW - 9 * A_MOMENT)
        lesson_late = owe(tx, Kind.LESSON, person, due_at=NOW - 2 * A_MOMENT)
        lesson = owe(tx, Kind.LESSON, person, due_at=NOW - 5 * A_MOMENT)
        link = owe(tx, Kind.PREFERENCES, person)
        test = owe(tx, Kind.TEST, None, test_address="anna@example.org")
        early = owe(tx, Kind.CONFIRMATION, person, due_at=NOW - A_MOMENT)

    in_order = [early, link, test, lesson, lesson_late, to_all]
    assert [one.id for one in take(store, limit=4)] == in_order[:4]
    assert [one.id for one in take(store)] == in_order


def test_only_what_is_due_and_rested_is_taken(store: Store) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
        due = owe(tx, Kind.PREFERENCES, person)
        rested = owe(tx, Kind.PREFERENCES, person, state=State.DEFERRED, retry_at=MACHINE)
        unsure = owe(tx, Kind.PREFERENCES, person, state=State.UNCERTAIN, retry_at=MACHINE - A_MOMENT)
        owe(tx, Kind.PREFERENCES, person, due_at=NOW + A_MOMENT)
        owe(tx, Kind.PREFERENCES, person, state=State.DEFERRED, retry_at=MACHINE + A_MOMENT)
        for state in (State.SENDING, State.SENT, State.FAILED, State.SKIPPED, State.EXPIRED):
            owe(tx, Kind.PREFERENCES, person, state=state)

    assert [one.id for one in begin(store)] == [due, rested, unsure]
    assert take(store) == []


def test_an_intent_has_a_number_of_its_own_a_lease_and_a_holder(store: Store, lesson: dict[str, Any]) -> None:
    (first,) = begin(store, holder="here/1/a")
    held = read(store, first.id)

    assert (held.state, held.leased_by, held.lease_until) == (State.SENDING, "here/1/a", MACHINE + LEASE)
    assert first.attempt == held.attempt == 1
    with store.transaction() as tx:
        dispatch.hand_back(tx, first)
    assert [one.attempt for one in begin(store)] == [2]


def test_two_senders_never_get_the_same_row(store: Store) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
        owed = {owe(tx, Kind.PREFERENCES, person) for _ in range(120)}

    def work(holder: str) -> list[int]:
        mine: list[int] = []
        for _ in range(200):
            with store.transaction() as tx:
                taken = dispatch.take(tx, now=NOW, machine=MACHINE, limit=7)
                when = {"now": NOW, "machine": MACHINE, "lease": LEASE}
                mine += dispatch.record_intents(tx, taken, holder=holder, domain="example.org", **when)
        return mine

    with ThreadPoolExecutor(4) as workers:
        shares = list(workers.map(work, ["h/1/a", "h/2/b", "h/3/c", "h/4/d"]))

    together = [one for share in shares for one in share]
    assert len(together) == len(set(together)), "a row was taken twice"
    assert set(together) == owed, "a row was lost"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_sender_passes_by_what_another_one_is_taking(store: Store) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
        owed = [owe(tx, Kind.PREFERENCES, person) for _ in range(3)]

    with store.transaction() as tx:
        first = dispatch.take(tx, now=NOW, machine=MACHINE, limit=2)  # not committed yet

        assert [one.id for one in take(store)] == owed[2:]
    assert [one.id for one in first] == owed[:2]


Undo = Callable[[Store, dict[str, Any]], None]


def leave(store: Store, known: dict[str, Any]) -> None:
    force(store, tables.subscriptions, known["subscription_id"], status=Status.UNSUBSCRIBED)


def pause(store: Store, known: dict[str, Any]) -> None:
    force(store, tables.subscribers, known["subscriber_id"], paused_until=INDEFINITELY)


def hold(store: Store, known: dict[str, Any]) -> None:
    force(store, tables.subscribers, known["subscriber_id"], held_reason="the owner has a question")


def suppress(store: Store, known: dict[str, Any]) -> None:
    with store.transaction() as tx:
        key = select(tables.subscribers.c.address_key).where(tables.subscribers.c.id == known["subscriber_id"])
        suppressions.add(tx, str(tx.scalar(key)), "complained", NOW)


def end_course(store: Store, known: dict[str, Any]) -> None:
    force(store, tables.enrollments, known["enrollment_id"], state=Progress.LEFT)


def cancel(store: Store, known: dict[str, Any]) -> None:
    force(store, tables.campaigns, known["campaign_id"], state=CampaignState.CANCELLED)


def pause_campaign(store: Store, known: dict[str, Any]) -> None:
    force(store, tables.campaigns, known["campaign_id"], state=CampaignState.PAUSED)


@pytest.mark.parametrize("change", [leave, pause, hold, suppress, end_course])
def test_a_lesson_does_not_go_when_she_changed_her_mind_after_it_was_taken(
    store: Store, lesson: dict[str, Any], change: Undo
) -> None:
    (taken,) = take(store)
    change(store, lesson)

    assert not intend(store, taken)
    assert read(store, taken.id).state == State.QUEUED


@pytest.mark.parametrize("change", [leave, pause, hold, suppress, cancel, pause_campaign])
def test_a_campaign_does_not_go_when_somebody_changed_it_after_it_was_taken(
    store: Store, letter: dict[str, Any], change: Undo
) -> None:
    (taken,) = take(store)
    change(store, letter)

    assert not intend(store, taken)
    assert read(store, taken.id).state == State.QUEUED


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_leaves_while_her_mail_is_being_taken_has_left_after_the_intent(
    store: Store, lesson: dict[str, Any]
) -> None:
    """F20: nothing goes whose intent is recorded after the unsubscribe is committed, not even by a hair."""
    with ThreadPoolExecutor(1) as reader:
        with store.transaction() as tx:
            (taken,) = dispatch.take(tx, now=NOW, machine=MACHINE, limit=1)
            gone = reader.submit(_leave, store, lesson["subscription_id"])
            with pytest.raises(TimeoutError):
                gone.result(timeout=0.3)
            who = {"holder": "h/1/a", "lease": LEASE, "domain": "example.org"}
            assert dispatch.record_intents(tx, [taken], now=NOW, machine=MACHINE, **who) == {taken.id}
        gone.result(timeout=10)
    assert read(store, taken.id).state == State.SENDING


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_mail_of_whoever_is_leaving_is_passed_by(store: Store, lesson: dict[str, Any]) -> None:
    """F20, the other way round: she was first, and has not committed yet."""
    with store.transaction() as tx:
        _end(tx, lesson["subscription_id"])
        assert take(store) == []
    assert take(store) == []


def _leave(store: Store, subscription: int) -> None:
    with store.transaction() as tx:
        _end(tx, subscription)


def _end(tx: Connection, subscription: int) -> None:
    """As `usecases.leaving.leave_one` does."""
    subscribers.change_subscription(tx, subscription, Status.CONFIRMED, status=Status.UNSUBSCRIBED)
    hers = select(tables.subscriptions.c.subscriber_id).where(tables.subscriptions.c.id == subscription)
    deliveries.skip_waiting(tx, "left", MACHINE, subscriber_id=tx.scalar(hers) or 0, subscription_id=subscription)


def test_an_intent_is_recorded_once(store: Store, lesson: dict[str, Any]) -> None:
    (taken,) = take(store)

    assert intend(store, taken) == {taken.id}
    assert intend(store, taken) == set()


def test_an_intent_notes_the_first_try_and_the_name_of_the_message(store: Store, lesson: dict[str, Any]) -> None:
    (begun,) = begin(store)

    sending = read(store, begun.id)
    named = f"<{sending.public_id}@example.org>"
    assert (sending.state, sending.first_try_at, sending.message_id) == (State.SENDING, MACHINE, named)


def test_a_settle_is_conditional_on_the_attempt_that_holds_the_lease(store: Store, lesson: dict[str, Any]) -> None:
    """F10: an answer that comes after all others have moved on settles nothing."""
    (old,) = begin(store)
    with store.transaction() as tx:
        assert leases.recover(tx, MACHINE + 2 * LEASE) == (1, [])
    (new,) = begin(store, machine=MACHINE + 2 * LEASE)

    with store.transaction() as tx:
        assert not dispatch.settle(tx, old, State.FAILED, machine=MACHINE, reply="550 too late")
        assert accept(tx, old) == 0
        assert dispatch.settle(tx, new, State.SENT, machine=MACHINE, reply="250 taken")
        assert not dispatch.settle(tx, new, State.FAILED, machine=MACHINE, reply="twice")
    settled = read(store, new.id)
    assert (settled.state, settled.reply, settled.leased_by, settled.lease_until) == (
        State.SENT,
        "250 taken",
        None,
        None,
    )


def accept(tx: Connection, *begun: Claim) -> int:
    answers = [(one.id, one.attempt, f"250 taken as “{one.id}”") for one in begun]
    return dispatch.settle_sent(tx, answers, now=NOW, machine=MACHINE)


def test_many_acceptances_are_settled_at_once_each_with_the_servers_own_words(store: Store) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
        for _ in range(3):
            owe(tx, Kind.PREFERENCES, person)
    first, second, third = begin(store)
    with store.transaction() as tx:
        dispatch.hand_back(tx, third)
        assert accept(tx, first, second, third) == 2
        assert accept(tx, first) == 0, "once is enough"

    sent = read(store, second.id)
    assert (sent.state, sent.reply, sent.tries) == (State.SENT, f"250 taken as “{second.id}”", 1)
    assert (sent.sent_at, sent.settled_at, sent.leased_by) == (NOW, MACHINE, None)
    assert read(store, third.id).state == State.QUEUED


def test_nothing_is_settled_that_was_not_begun(store: Store, lesson: dict[str, Any]) -> None:
    (taken,) = take(store)
    with store.transaction() as tx:
        assert not dispatch.settle(tx, taken, State.SENT, machine=MACHINE, reply="250")
        assert accept(tx, taken) == 0


def test_what_never_began_goes_back_with_no_try_counted(store: Store, lesson: dict[str, Any]) -> None:
    (begun,) = begin(store)
    with store.transaction() as tx:
        dispatch.hand_back(tx, begun)

    back = read(store, begun.id)
    assert (back.state, back.tries, back.first_try_at, back.leased_by) == (State.QUEUED, 0, None, None)


def test_a_lapsed_intent_becomes_uncertain_and_keeps_its_message_id(store: Store, lesson: dict[str, Any]) -> None:
    """F1, F9: perhaps it went, so the repeat must have the same name."""
    (begun,) = begin(store)
    name = read(store, begun.id).message_id
    later = MACHINE + LEASE + A_MOMENT
    with store.transaction() as tx:
        assert leases.recover(tx, MACHINE + LEASE) == (0, []), "a lease holds to its end"
        assert leases.recover(tx, later) == (1, [])

    assert read(store, begun.id).state == State.UNCERTAIN
    (again,) = begin(store, machine=later)
    assert (again.message_id, again.first_try_at, again.attempt) == (name, MACHINE, 2)


def test_the_dead_are_recovered_at_once_and_the_living_left_alone(store: Store) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
        for _ in range(2):
            owe(tx, Kind.PREFERENCES, person)
    (hers,) = begin(store, holder="here/1/dead", limit=1)
    (his,) = begin(store, holder="here/2/alive", limit=1)
    with store.transaction() as tx:
        assert sorted(leases.holders(tx)) == ["here/1/dead", "here/2/alive"]
        assert leases.recover(tx, MACHINE, ["here/1/dead"]) == (1, [])

    assert read(store, hers.id).state == State.UNCERTAIN
    assert read(store, his.id).state == State.SENDING


def test_a_living_sender_prolongs_its_leases_and_no_others(store: Store) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
        for _ in range(2):
            owe(tx, Kind.PREFERENCES, person)
    (mine,) = begin(store, holder="h/1/a", limit=1)
    (other,) = begin(store, holder="h/2/b", limit=1)
    with store.transaction() as tx:
        leases.renew(tx, "h/1/a", MACHINE + 5 * LEASE)

    assert read(store, mine.id).lease_until == MACHINE + 5 * LEASE
    assert read(store, other.id).lease_until == MACHINE + LEASE


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.SCHEDULED, CampaignState.SENT])
def test_the_rows_of_a_resting_campaign_do_not_block_others_behind_them(store: Store, state: CampaignState) -> None:
    with store.transaction() as tx:
        mailing_list = a_list(tx)
        resting, going = a_campaign(tx, mailing_list, state), a_campaign(tx, mailing_list)
        for _ in range(30):
            person, subscription = a_subscriber(tx, mailing_list)
            early = {"due_at": NOW - timedelta(days=1)}
            owe(tx, Kind.CAMPAIGN, person, subscription_id=subscription, campaign_id=resting, **early)
        behind = owe(tx, Kind.CAMPAIGN, person, subscription_id=subscription, campaign_id=going)

    assert [one.id for one in take(store, limit=10)] == [behind]


def test_the_rows_of_a_cancelled_campaign_are_taken_to_be_ended(store: Store, letter: dict[str, Any]) -> None:
    cancel(store, letter)

    assert [judge(one.standing) for one in take(store)] == [Verdict.CANCELLED]


def test_the_letters_of_held_people_wait_and_what_they_asked_for_goes(store: Store, lesson: dict[str, Any]) -> None:
    with store.transaction() as tx:
        link = owe(tx, Kind.PREFERENCES, lesson["subscriber_id"])
    hold(store, lesson)

    assert [one.id for one in begin(store)] == [link]
    force(store, tables.subscribers, lesson["subscriber_id"], held_reason=None)
    assert [one.id for one in take(store)] == [lesson["delivery"]]


def test_a_lesson_is_owed_once_for_each_occasion(store: Store, lesson: dict[str, Any]) -> None:
    causes = {key: lesson[key] for key in ("subscription_id", "enrollment_id", "lesson_id", "lesson_revision_id")}
    when = {"subscriber": lesson["subscriber_id"], "due": NOW, "planned": NOW, "created": MACHINE}
    with store.transaction() as tx:
        assert not deliveries.plan(tx, Kind.LESSON, **when, **causes, occasion=0)
        assert deliveries.plan(tx, Kind.LESSON, **when, **causes, occasion=1)
        assert not deliveries.plan(tx, Kind.LESSON, **when, **causes, occasion=1)

    with pytest.raises(IntegrityError), store.transaction() as tx:
        owe(tx, Kind.LESSON, lesson["subscriber_id"], **causes, occasion=0)


def test_a_campaign_is_owed_once_to_each_reader(store: Store, letter: dict[str, Any]) -> None:
    again = {"campaign_id": letter["campaign_id"], "subscription_id": letter["subscription_id"]}
    with store.transaction() as tx:
        when = {"due": NOW, "planned": NOW, "created": MACHINE}
        assert not deliveries.plan(tx, Kind.CAMPAIGN, subscriber=letter["subscriber_id"], **when, **again)

    with pytest.raises(IntegrityError), store.transaction() as tx:
        owe(tx, Kind.CAMPAIGN, letter["subscriber_id"], **again)


@pytest.mark.parametrize("state", [State.EXPIRED, State.SKIPPED])
def test_a_lesson_that_never_reached_her_is_owed_anew_in_the_same_row(
    store: Store, lesson: dict[str, Any], state: State
) -> None:
    force(store, tables.deliveries, lesson["delivery"], state=state, tries=40, first_try_at=MACHINE, reason="left")
    numbers = lesson["enrollment_id"], lesson["lesson_id"]
    with store.transaction() as tx:
        assert deliveries.lessons_had(tx, [lesson["enrollment_id"]]) == {}
        how = {"revision": lesson["lesson_revision_id"], "due": NOW, "planned": NOW}
        assert deliveries.plan_lesson_again(tx, *numbers, **how)
        assert not deliveries.plan_lesson_again(tx, *numbers, **how), "once is enough"

    anew = read(store, lesson["delivery"])
    assert (anew.state, anew.tries, anew.first_try_at, anew.reason) == (State.QUEUED, 0, None, None)


@pytest.mark.parametrize("state", [state for state in State if state not in (State.EXPIRED, State.SKIPPED)])
def test_a_lesson_that_she_had_or_that_is_on_its_way_is_never_owed_anew(
    store: Store, lesson: dict[str, Any], state: State
) -> None:
    force(store, tables.deliveries, lesson["delivery"], state=state)
    with store.transaction() as tx:
        how = {"revision": lesson["lesson_revision_id"], "due": NOW, "planned": NOW}
        assert not deliveries.plan_lesson_again(tx, lesson["enrollment_id"], lesson["lesson_id"], **how)
        assert deliveries.lessons_had(tx, [lesson["enrollment_id"]]) == {
            lesson["enrollment_id"]: {lesson["lesson_id"]: NOW}
        }


def test_the_intent_judges_every_standing_as_the_domain_does(store: Store) -> None:
    """Two tellings of one rule, Python when it is taken and SQL at intent: they must never part."""
    with store.transaction() as tx:
        expected = {_stand(tx, *case): case for case in _cases()}
    taken = take(store, limit=500)
    begun = intend(store, *taken)
    for one in taken:
        assert (one.id in begun) == (judge(one.standing) is Verdict.GO), expected[one.id]
    resting = [case for case in expected.values() if case[-1] in set(CampaignState) - {"sending", "cancelled"}]
    assert len(taken) == len(expected) - len(resting) == 128


def _cases() -> list[tuple[Any, ...]]:
    asked = product((Kind.CONFIRMATION, Kind.REMINDER, Kind.PREFERENCES), Status, (False, True), (False, True), [None])
    lessons = product([Kind.LESSON], Status, (False, True), (False, True), Progress)
    letters = product([Kind.CAMPAIGN], Status, (False, True), (False, True), CampaignState)
    return [*asked, *lessons, *letters]


def _stand(tx: Any, kind: Kind, status: Status, suppressed: bool, paused: bool, state: Any) -> int:
    mailing_list = a_list(tx)
    silence = {"paused_until": NOW + A_MOMENT} if paused else {}
    person, subscription = a_subscriber(tx, mailing_list, status, **silence)
    causes: dict[str, Any] = {"subscription_id": subscription}
    if suppressed:
        key = tx.scalar(select(tables.subscribers.c.address_key).where(tables.subscribers.c.id == person))
        suppressions.add(tx, key, "complained", NOW)
    if kind is Kind.CAMPAIGN:
        causes["campaign_id"] = a_campaign(tx, mailing_list, state)
    if kind is Kind.LESSON:
        course, lesson, revision = a_lesson(tx)
        hers = {"subscriber_id": person, "subscription_id": subscription, "course_id": course, "state": state}
        causes |= {"enrollment_id": make(tx, tables.enrollments, **hers), "lesson_id": lesson}
        causes |= {"lesson_revision_id": revision, "occasion": 0}
    return owe(tx, kind, person, **causes)


def test_an_erased_person_takes_her_mail_with_her(store: Store, lesson: dict[str, Any]) -> None:
    (begun,) = begin(store)
    with store.transaction() as tx:
        tx.execute(delete(tables.subscribers).where(tables.subscribers.c.id == lesson["subscriber_id"]))
        assert not dispatch.settle(tx, begun, State.SENT, machine=MACHINE, reply="250")
        assert accept(tx, begun) == 0
        assert ledger.count_by_state(tx) == {}


@pytest.mark.parametrize("values", [{"kind": "sermon"}, {"state": "lost"}, {"kind": "lesson", "subscriber_id": None}])
def test_the_table_itself_refuses_what_cannot_be(store: Store, values: dict[str, Any]) -> None:
    with store.transaction() as tx:
        person = a_person(tx)
    row = {"public_id": "p", "priority": 0, "due_at": NOW, "planned_at": NOW, "created_at": NOW, "state": "queued"}
    with pytest.raises(IntegrityError), store.transaction() as tx:
        fits = {**row, "kind": "preferences", "subscriber_id": person, **values}
        tx.execute(insert(tables.deliveries).values(**fits))


def test_a_request_that_nobody_confirmed_takes_its_mails_with_it(store: Store) -> None:
    with store.transaction() as tx:
        letters, other = a_list(tx), a_list(tx)
        person, unconfirmed = a_subscriber(tx, letters, status=Status.PENDING)
        kept = make(
            tx, tables.subscriptions, subscriber_id=person, list_id=other, status=Status.CONFIRMED, requested_at=NOW
        )
        for subscription in (unconfirmed, kept):
            owe(tx, Kind.CONFIRMATION, person, subscription_id=subscription)
        request = subscribers.subscription(tx, person, letters)
        assert request is not None

        subscribers.forget_request(tx, request)

        assert tx.scalars(select(tables.deliveries.c.subscription_id)).all() == [kept]


def test_the_number_of_somebody_who_was_erased_is_nobody_elses(store: Store, lesson: dict[str, Any]) -> None:
    """Numbers are in the names of letters: an old link would open a stranger's letter."""
    with store.transaction() as tx:
        subscribers.forget(tx, lesson["subscriber_id"])
        newcomer, subscription = a_subscriber(tx, lesson["list"])
        course = tx.scalar(select(tables.lessons.c.course_id).where(tables.lessons.c.id == lesson["lesson_id"]))
        begun = {"subscriber_id": newcomer, "course_id": course, "subscription_id": subscription}
        enrollment = make(tx, tables.enrollments, **begun, state=Progress.ACTIVE)

    assert newcomer > lesson["subscriber_id"]
    assert enrollment > lesson["enrollment_id"]
