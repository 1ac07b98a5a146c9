"""Leaving: with one click and no question asked, from one list or from all, and taking it back."""

from dataclasses import dataclass

from newsletter.domain import subscription
from newsletter.domain.campaign import CampaignState
from newsletter.domain.consent import ConsentEvent
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.etiquette import AWAITS, ONE_MAIL, Etiquette
from newsletter.domain.subscriber import Subscription
from newsletter.domain.subscription import UNDO_WITHIN, Event, Status
from newsletter.domain.tokens import Purpose
from newsletter.store import campaigns, consents, deliveries, enrollments, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses, enrolling, preferences, signup
from newsletter.usecases.house import House

LEFT = "left"
"""What stands in the ledger beside mail that waited for somebody who left."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What an unsubscribe link leads to."""

    subscription: Subscription
    preferences_token: str
    is_gone: bool
    may_undo: bool
    others: list[Subscription]


def look(house: House, tx: Transaction, token: str) -> Leaving | None:
    """What an unsubscribe link leads to; None when it is not ours or its subscription is long erased.

    Changes nothing.
    """
    public_id = house.keyring.read_token(Purpose.UNSUBSCRIBE, token)
    found = subscribers.subscription_by_public_id(tx, public_id) if public_id else None
    person = subscribers.by_id(tx, found.subscriber_id) if found else None
    if found is None or person is None:
        return None
    gone = found.status is Status.UNSUBSCRIBED
    fresh = found.left_at is not None and house.clock.now() < found.left_at + UNDO_WITHIN
    others = [one for one in subscribers.subscriptions_of(tx, person.id) if one.id != found.id]
    return Leaving(
        subscription=found,
        preferences_token=house.keyring.token(Purpose.PREFERENCES, person.public_id),
        is_gone=gone,
        may_undo=gone and fresh and found.confirmed_at is not None,
        others=[one for one in others if one.status is Status.CONFIRMED],
    )


def leave(house: House, token: str, *, method: str) -> bool:
    """End one subscription and what hangs on it, at once (RFC 8058 asks no question). False: not our link."""
    with house.store.transaction() as tx:
        found = look(house, tx, token)
        if found is None:
            return False
        leave_one(house, tx, found.subscription, method)
    return True


def leave_all(house: House, token: str) -> bool:
    """End every subscription of the person behind a preferences link. False when the link is not ours."""
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        for one in subscribers.subscriptions_of(tx, person.id):
            leave_one(house, tx, one, "preferences page")
    return True


def leave_list(house: House, token: str, list_slug: str) -> bool:
    """End one list of the person behind a preferences link. False when the link is not ours."""
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        for one in subscribers.subscriptions_of(tx, person.id):
            if one.list_slug == list_slug:
                leave_one(house, tx, one, "preferences page")
    return True


def leave_one(house: House, tx: Transaction, one: Subscription, method: str) -> None:
    """End one subscription, its enrollments and all of its mail that waits."""
    if one.status not in (Status.PENDING, Status.CONFIRMED):
        return
    now, machine = house.clock.now(), house.clock.machine()
    gone = subscription.after(one.status, Event.LEAVE)
    values = {"status": gone, "left_at": now, "expires_at": None, "remind_at": None}
    if not subscribers.change_subscription(tx, one.id, one.status, **values):
        return
    enrollments.end_with_subscription(tx, one.subscriber_id, one.id, now)
    deliveries.skip_waiting(tx, LEFT, machine, subscriber_id=one.subscriber_id, subscription_id=one.id)
    after_courses.course_ended(house, tx, one.subscriber_id)
    _note_consent(house, tx, one, ConsentEvent.LEFT, method)


def undo(house: House, token: str) -> bool:
    """Take leaving back, from the goodbye page: the subscription and its course go on. False: not possible.

    A second click is answered like the first.
    """
    with house.store.transaction() as tx:
        found = look(house, tx, token)
        if found is None or not found.may_undo:
            return found is not None and found.subscription.status is Status.CONFIRMED
        back = subscription.after(found.subscription.status, Event.RETURN)
        values = {"status": back, "left_at": None}
        if not subscribers.change_subscription(tx, found.subscription.id, found.subscription.status, **values):
            return True
        _note_consent(house, tx, found.subscription, ConsentEvent.RETURNED, "undo on the goodbye page")
        for course in enrollments.lock(tx, found.subscription.subscriber_id):
            if course.subscription_id == found.subscription.id and course.state is Progress.LEFT:
                _take_up(house, tx, course)
        _let_campaigns_come(house, tx, found.subscription)
    return True


def _let_campaigns_come(house: House, tx: Transaction, one: Subscription) -> None:
    """What of campaigns waited for her when she left waits again, with all that it was to bring along."""
    assert one.left_at is not None
    waited = deliveries.skipped_of_campaigns(tx, one.subscriber_id, one.id, LEFT)
    known = campaigns.by_ids(tx, {letter.campaign for letter in waited})
    for letter in waited:
        of = known[letter.campaign]
        if of.state is CampaignState.SENT and of.finished_at is not None and of.finished_at >= one.left_at:
            values = {"before": CampaignState.SENT, "after": CampaignState.SENDING}
            campaigns.move(tx, of.id, **values, finished_at=None)
        elif of.state not in (CampaignState.SENDING, CampaignState.PAUSED):
            continue
        waits = None if of.etiquette == Etiquette.ANYWAY else AWAITS[Etiquette(of.etiquette)]
        deliveries.wait_after_all(tx, letter.delivery, ONE_MAIL if letter.brings else waits)


def _take_up(house: House, tx: Transaction, course: Enrollment) -> None:
    person = subscribers.by_id(tx, course.subscriber_id)
    newest = enrollments.latest(tx, course.subscriber_id, course.course_id)
    if person is None or newest is None or newest.id != course.id:
        return
    due = enrolling.next_due(house, tx, course, person)
    enrollments.change(tx, course.id, state=Progress.ACTIVE, ended_at=None, next_due_at=due)


def _note_consent(house: House, tx: Transaction, one: Subscription, event: ConsentEvent, method: str) -> None:
    person = subscribers.by_id(tx, one.subscriber_id)
    words = signup.wording(house, tx, one.list_slug)
    consents.record(
        tx,
        event,
        subscriber=one.subscriber_id,
        list_id=one.list_id,
        wording_version=words.version,
        payload={"list": one.list_slug, "address": person.address if person else "", "method": method},
        happened_at=house.clock.now(),
        recorded_at=house.clock.machine(),
    )
