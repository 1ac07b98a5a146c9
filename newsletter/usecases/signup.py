"""Signing up: a request, a confirmation by button, and nothing that tells who is on the list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf

from newsletter.domain import address, subscription
from newsletter.domain.cadence import known_zones
from newsletter.domain.consent import ConsentEvent, Promise, Wording, signup_wording
from newsletter.domain.delivery import Kind
from newsletter.domain.subscriber import Subscriber, Subscription
from newsletter.domain.subscription import Event, Status
from newsletter.domain.tokens import Purpose
from newsletter.store import consents, courses, deliveries, lists, subscribers, suppressions, timetables, ways
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, guard
from newsletter.usecases.enrolling import Choice
from newsletter.usecases.house import House

DEFAULT_LIST = "letters"
ASKING = (Kind.CONFIRMATION, Kind.REMINDER)
"""The mails that ask somebody to confirm."""

_LONGEST_NAME = 80
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Request:
    """What the sign-up form brings. `peer` is the visitor's network address, `source` the form's place.

    `from_here`: she sits at the very machine that this is (see `guard.admit`).
    """

    email: str
    name: str = ""
    timezone: str = ""
    list_slug: str = DEFAULT_LIST
    peer: str = ""
    source: str = "sign-up page"
    from_here: bool = False

    @property
    def knows_zone(self) -> bool:
        """Whether the zone is one that letters can go by, or none was named."""
        return not self.timezone or self.timezone in known_zones()


class ZoneError(ValueError):
    """A time zone that we do not know; the message is a sentence for the person who chose it."""

    field = "timezone"


class Answer(StrEnum):
    """What the visitor learns; the same for every address that could be one."""

    LOOK_IN_YOUR_INBOX = "look in your inbox"
    TOO_MANY = "too many"
    UNKNOWN_LIST = "unknown list"


def request(house: House, wish: Request) -> Answer:
    """Ask for a subscription. Raises AddressError with a sentence when the address cannot be one."""
    wanted = address.parse(wish.email)
    with house.store.transaction() as tx:
        if not guard.admit(house, tx, wish.peer, from_here=wish.from_here):
            return Answer.TOO_MANY
        found = lists.by_slug(tx, clean_name(wish.list_slug) or DEFAULT_LIST)
        if found is None:
            return Answer.UNKNOWN_LIST
        keys = house.address_keys(wanted.comparable)
        if not suppressions.covers(tx, keys):
            take_in(house, tx, wish, wanted, keys, found)
    return Answer.LOOK_IN_YOUR_INBOX


def wording(house: House, tx: Transaction, list_slug: str) -> Wording:
    """The words beside the button of a list's form, as they stand today."""
    named = courses.by_slug(tx, house.begins.get(list_slug, ""))
    numbers = dict.fromkeys([*([named.id] if named else []), *ways.to_begin(tx, list_slug)])
    begun = courses.by_ids(tx, numbers)
    return signup_wording(*(Promise(begun[one].title, timetables.cadence_of(tx, one).pace) for one in numbers))


def clean_name(name: str) -> str:
    """A name as one printable line of at most 80 characters; anything else a person types is hers to type."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:_LONGEST_NAME].strip()


def take_in(
    house: House, tx: Transaction, wish: Request, wanted: address.Address, keys: list[str], to: lists.MailingList
) -> None:
    """Do what a request asks of an address that may be written to: a confirmation, a preferences link, or nothing."""
    now = house.clock.now()
    zone = wish.timezone if wish.timezone in known_zones() else None
    if subscribers.find(tx, keys) is None:  # somebody known under an older key is not added again
        subscribers.add(tx, address=wanted.typed, key=keys[0], name=clean_name(wish.name), timezone=zone, now=now)
    person = subscribers.lock(tx, keys)
    assert person is not None
    expires = now + subscription.CONFIRM_WITHIN  # even if the limits refuse a mail: nobody is remembered for it
    subscribers.add_subscription(tx, person.id, to.id, Status.PENDING, now, expires_at=expires)
    standing = subscribers.subscription(tx, person.id, to.id)
    assert standing is not None
    match subscription.after(standing.status, Event.REQUEST):
        case Status.PENDING:
            _ask_to_confirm(house, tx, wish, person, standing)
        case Status.CONFIRMED:
            _send_preferences(house, tx, person)


def _ask_to_confirm(house: House, tx: Transaction, wish: Request, person: Subscriber, standing: Subscription) -> None:
    now, machine = house.clock.now(), house.clock.machine()
    if not may_mail(in_vain(tx, person.id, ASKING), machine, ever=subscription.CONFIRMATIONS_EVER):
        return
    values = {"status": Status.PENDING, "requested_at": now, "expires_at": now + subscription.CONFIRM_WITHIN}
    subscribers.change_subscription(tx, standing.id, **values, remind_at=None)
    if not any(one.status is Status.CONFIRMED for one in subscribers.subscriptions_of(tx, person.id)):
        _note_details(tx, wish, person)
    words = wording(house, tx, standing.list_slug)
    consents.record(
        tx,
        ConsentEvent.REQUESTED,
        subscriber=person.id,
        list_id=standing.list_id,
        wording_version=words.version,
        payload={
            "list": standing.list_slug,
            "words": words.words,
            "address": person.address,
            "source": wish.source,
            "network": guard.network_of(wish.peer),
        },
        happened_at=now,
        recorded_at=machine,
    )
    deliveries.plan(
        tx,
        Kind.CONFIRMATION,
        subscriber=person.id,
        due=now,
        planned=now,
        created=machine,
        subscription_id=standing.id,
    )


def in_vain(tx: Transaction, subscriber: int, kinds: Iterable[Kind]) -> list[datetime]:
    """When, by machine time, she was owed mails of these kinds since she last confirmed or left; the oldest first.

    Only she can do either: what was asked before counts against nobody, and a stranger gains nothing by it.
    """
    return deliveries.urgent_mails(tx, subscriber, kinds, since=consents.answered_at(tx, subscriber))


def _note_details(tx: Transaction, wish: Request, person: Subscriber) -> None:
    # Only while nothing is confirmed: later a stranger who knows the address must not rename or move her.
    if name := clean_name(wish.name):
        subscribers.change(tx, person.id, name=name)
    if wish.timezone in known_zones():
        subscribers.change(tx, person.id, timezone=wish.timezone)


def _send_preferences(house: House, tx: Transaction, person: Subscriber) -> None:
    now, machine = house.clock.now(), house.clock.machine()
    if may_mail(in_vain(tx, person.id, (Kind.PREFERENCES,)), machine):
        deliveries.plan(tx, Kind.PREFERENCES, subscriber=person.id, due=now, planned=now, created=machine)


def may_mail(mails: list[datetime], machine: datetime, *, ever: float = inf) -> bool:
    """Whether one more urgent mail to an address keeps the limits; `mails` are those in vain, of `ever` at most."""
    today = [created for created in mails if created > machine - _DAY]
    rested = not mails or machine - mails[-1] >= subscription.CONFIRMATION_GAP
    return rested and len(today) < subscription.CONFIRMATIONS_PER_DAY and len(mails) < ever


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a confirmation link leads to: who, which list, and whether a course waits where she left it."""

    subscriber: Subscriber
    subscription: Subscription
    is_confirmed: bool
    wording: Wording
    resumes: enrolling.Resumption | None


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the confirmed page tells: when the first letter comes, and her preferences link's token."""

    subscriber: Subscriber
    list_title: str
    next_letter_at: datetime | None
    zone: str
    preferences_token: str
    opening_sent: bool


def invitation(house: House, tx: Transaction, token: str) -> Invitation | None:
    """What a confirmation link leads to. None when it is damaged, expired or used up; changes nothing."""
    public_id = house.keyring.read_token(Purpose.CONFIRM, token)
    mail = deliveries.by_public_id(tx, public_id) if public_id else None
    if mail is None or mail.subscription_id is None or mail.kind not in (Kind.CONFIRMATION, Kind.REMINDER):
        return None
    standing = subscribers.subscription_by_id(tx, mail.subscription_id)
    person = subscribers.by_id(tx, mail.subscriber_id)
    if standing is None or person is None:
        return None
    confirmed = standing.status is Status.CONFIRMED
    fresh = house.clock.now() < mail.planned_at + subscription.CONFIRM_WITHIN
    asked_since = not standing.left_at or mail.planned_at >= standing.left_at
    if not confirmed and not (standing.status is Status.PENDING and fresh and asked_since):
        return None
    resumes = enrolling.resumption(house, tx, person.id, standing.list_slug)
    return Invitation(person, standing, confirmed, wording(house, tx, standing.list_slug), resumes)


def confirm(
    house: House, token: str, *, timezone: str = "", choice: Choice = Choice.GO_ON, discreetly: bool = False
) -> Welcome | None:
    """Confirm by button. Kind to a second click; None when the link is damaged or expired.

    `discreetly`: her letters come so from the first one on; without it they come as she has chosen before. Raises
    ZoneError, and changes nothing, when her zone is needed and `timezone` is none that we know; "" is the owner's.
    """
    with house.store.transaction() as tx:
        asked = invitation(house, tx, token)
        if asked is None:
            return None
        person = subscribers.lock(tx, [asked.subscriber.address_key])
        standing = subscribers.subscription_by_id(tx, asked.subscription.id)
        assert person is not None and standing is not None
        if discreetly:  # before the welcome is owed: an inbox shows it for good
            subscribers.change(tx, person.id, discreet=1)
        if standing.status is Status.PENDING:
            _confirm_pending(house, tx, asked, person, timezone, choice)
        return _welcome(house, tx, person.id, standing)


def _confirm_pending(
    house: House, tx: Transaction, asked: Invitation, person: Subscriber, timezone: str, choice: Choice
) -> None:
    now, standing = house.clock.now(), asked.subscription
    if person.timezone is None and timezone:
        if timezone not in known_zones():
            raise ZoneError("We do not know this time zone. Please choose one from the list.")
        subscribers.change(tx, person.id, timezone=timezone)
    suppressions.lift_erasure(tx, [person.address_key])
    if person.held_reason is not None:  # she has just asked for it: nothing is left to wait for
        subscribers.change(tx, person.id, held_reason=None)
    fresh = {"status": Status.CONFIRMED, "confirmed_at": now, "left_at": None}
    subscribers.change_subscription(tx, standing.id, **fresh, expires_at=None, remind_at=None)
    consents.record(
        tx,
        ConsentEvent.CONFIRMED,
        subscriber=person.id,
        list_id=standing.list_id,
        wording_version=asked.wording.version,
        payload={
            "list": standing.list_slug,
            "words": asked.wording.words,
            "address": person.address,
            "requested_at": standing.requested_at.isoformat(),
            "confirmed_at": now.isoformat(),
            "method": "button on the confirmation page",
        },
        happened_at=now,
        recorded_at=house.clock.machine(),
    )
    enrolling.begin(house, tx, person.id, standing, choice)


def _welcome(house: House, tx: Transaction, subscriber: int, standing: Subscription) -> Welcome:
    person = subscribers.by_id(tx, subscriber)
    assert person is not None
    coming = enrolling.coming(house, tx, person, standing.list_slug)
    return Welcome(
        subscriber=person,
        list_title=standing.list_title,
        next_letter_at=enrolling.next_letter_at(coming) if coming else None,
        zone=person.zone(house.letterhead.timezone),
        preferences_token=house.keyring.token(Purpose.PREFERENCES, person.public_id),
        opening_sent=coming is not None and coming.last_slot_at is None,
    )
