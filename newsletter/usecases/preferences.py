"""Her own hands: pause, day, hour and zone, leaving with one click, and changing her mind."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain import subscription
from newsletter.domain.cadence import first_slot, instant, known_zones, local_day, next_slot, slot_from
from newsletter.domain.consent import ConsentEvent
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import INDEFINITELY, PACES, PAUSE_WEEKS, Subscriber, Subscription, pause_end
from newsletter.domain.subscription import UNDO_WITHIN, Event, Status
from newsletter.domain.tokens import Purpose
from newsletter.store import consents, courses, deliveries, enrollments, subscribers, timetables
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses, enrolling, signup
from newsletter.usecases.house import House

LONGEST_PAUSE = timedelta(days=366)
"""From today to the first day with letters again; a longer one lasts until she returns."""


class PreferenceError(ValueError):
    """A wish that cannot be granted; the message is a sentence for the person who made it."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
        """What of the wish is wrong, such as "hour" or "until", by the name of its field; empty for the whole."""


@dataclass(frozen=True, slots=True)
class CourseStanding:
    """One course of hers as the preferences page tells it."""

    title: str
    next_letter_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that the preferences page shows."""

    subscriber: Subscriber
    zone: str
    paused: bool
    paused_until: datetime | None
    """None while paused means until she returns."""
    subscriptions: list[Subscription]
    courses: list[CourseStanding]
    is_weekly: bool
    """Whether her courses come weekly; an owner may give one another calendar."""

    @property
    def wall(self) -> ZoneInfo:
        """Her zone, for the days on her wall."""
        return ZoneInfo(self.zone)


def look(house: House, tx: Transaction, token: str) -> Preferences | None:
    """What a preferences link leads to; None when it is not ours. Changes nothing."""
    person = whose(house, tx, token)
    if person is None:
        return None
    paused = person.is_paused(house.clock.now())
    active = [one for one in enrollments.of_subscriber(tx, person.id) if one.state is Progress.ACTIVE]
    titles = {course.id: course.title for course in courses.everything(tx)}
    return Preferences(
        subscriber=person,
        zone=person.zone(house.letterhead.timezone),
        paused=paused,
        paused_until=person.paused_until if paused and person.paused_until != INDEFINITELY else None,
        subscriptions=subscribers.subscriptions_of(tx, person.id),
        courses=[CourseStanding(titles[one.course_id], enrolling.next_letter_at(one)) for one in active],
        is_weekly=is_weekly(tx, person.id),
    )


def is_weekly(tx: Transaction, subscriber: int) -> bool:
    """Whether every course that somebody reads comes weekly."""
    reads = {one.course_id for one in enrollments.of_subscriber(tx, subscriber) if one.state is Progress.ACTIVE}
    calendars = [timetables.cadence_of(tx, course) for course in reads]
    return not any(one.every or one.weekdays for one in calendars)


def set_rhythm(house: House, token: str, *, hour: str, weekday: str, timezone: str, pace: str = "") -> bool:
    """Change her hour (0 to 23), weekday ("" for any, Monday is 0), zone, and pace (a letter every 1, 2 or 3 weeks).

    An empty pace leaves hers. False when the link is not ours. Raises PreferenceError with a sentence when a value
    cannot be used.
    """
    wish = {"hour": _read_hour(hour), "weekday": _read_weekday(weekday), "timezone": _read_zone(timezone)}
    slower = {"pace_weeks": _read_pace(pace)} if pace else {}
    with house.store.transaction() as tx:
        person = whose(house, tx, token)
        if person is None:
            return False
        subscribers.change(tx, person.id, **wish, **slower)
        _reschedule(house, tx, person.id)
    return True


def pause(house: House, token: str, weeks: str) -> bool:
    """Fall silent for two, four or eight weeks, or ("return") until she returns. False: the link is not ours."""
    if weeks != "return" and weeks not in {str(choice) for choice in PAUSE_WEEKS}:
        sentence = "Please choose how long to pause: two, four or eight weeks, or until you return."
        raise PreferenceError(sentence, "weeks")
    with house.store.transaction() as tx:
        person = whose(house, tx, token)
        if person is None:
            return False
        until = pause_end(house.clock.now(), None if weeks == "return" else int(weeks))
        pause_person(house, tx, person.id, until)
    return True


def pause_until(house: House, token: str, day: str) -> bool:
    """Fall silent until a day begins in her zone, given as 2026-12-31. False: the link is not ours.

    Raises PreferenceError with a sentence when it is no day, or none within a year from now.
    """
    first_day = _read_day(day)
    with house.store.transaction() as tx:
        person = whose(house, tx, token)
        if person is None:
            return False
        rhythm = person.rhythm(house.letterhead.timezone)
        today = local_day(house.clock.now(), rhythm)
        if first_day <= today:
            raise PreferenceError("This day has begun already. Please choose a later one.", "until")
        if first_day > today + LONGEST_PAUSE:
            raise PreferenceError("Please choose a day within a year, or rest until you return.", "until")
        pause_person(house, tx, person.id, instant(first_day, 0, rhythm.zone))
    return True


def pause_person(house: House, tx: Transaction, subscriber: int, until: datetime) -> None:
    """Silence lessons and campaigns of one person until an instant; her place is kept.

    A letter that she asked to have again and that has not gone out ends here: it must not come beside the first one
    after the pause, and can be asked for once more.
    """
    deliveries.skip_asked_for(tx, subscriber, "paused", house.clock.machine())
    subscribers.change(tx, subscriber, paused_until=until)
    _reschedule(house, tx, subscriber)


def resume(house: House, token: str) -> bool:
    """End a pause now. The next letter comes at her first slot; nothing is caught up. False: not our link."""
    with house.store.transaction() as tx:
        person = whose(house, tx, token)
        if person is None:
            return False
        resume_person(house, tx, person.id)
    return True


def resume_person(house: House, tx: Transaction, subscriber: int) -> None:
    """End the pause of one person; her courses get their next slot anew."""
    subscribers.change(tx, subscriber, paused_until=None)
    _reschedule(house, tx, subscriber)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What an unsubscribe link leads to."""

    subscription: Subscription
    preferences_token: str
    is_gone: bool
    may_undo: bool
    others: list[Subscription]


def leaving(house: House, tx: Transaction, token: str) -> Leaving | None:
    """What an unsubscribe link leads to; None when it is not ours or its subscription is long erased."""
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
        found = leaving(house, tx, token)
        if found is None:
            return False
        leave_one(house, tx, found.subscription, method)
    return True


def leave_all(house: House, token: str) -> bool:
    """End every subscription of the person behind a preferences link. False when the link is not ours."""
    with house.store.transaction() as tx:
        person = whose(house, tx, token)
        if person is None:
            return False
        for one in subscribers.subscriptions_of(tx, person.id):
            leave_one(house, tx, one, "preferences page")
    return True


def leave_list(house: House, token: str, list_slug: str) -> bool:
    """End one list of the person behind a preferences link. False when the link is not ours."""
    with house.store.transaction() as tx:
        person = whose(house, tx, token)
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
    deliveries.skip_waiting(tx, "left", machine, subscriber_id=one.subscriber_id, subscription_id=one.id)
    after_courses.course_ended(house, tx, one.subscriber_id)
    _note_consent(house, tx, one, ConsentEvent.LEFT, method)


def undo(house: House, token: str) -> bool:
    """Take leaving back, from the goodbye page: the subscription and its course go on. False: not possible.

    A second click is answered like the first.
    """
    with house.store.transaction() as tx:
        found = leaving(house, tx, token)
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
    return True


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


def _reschedule(house: House, tx: Transaction, subscriber: int) -> None:
    """After any change of hers: every active course gets its next slot anew, and a waiting lesson too."""
    person = subscribers.by_id(tx, subscriber)
    assert person is not None
    for course in enrollments.lock(tx, subscriber):
        if course.held_reason is not None:
            continue  # it gets its slot when the owner lets it go
        waiting = deliveries.waiting_lesson(tx, course.id)
        if waiting is not None:
            move_waiting(house, tx, person, course, waiting)
        elif course.state is Progress.ACTIVE:
            enrollments.change(tx, course.id, next_due_at=enrolling.next_due(house, tx, course, person))


def move_waiting(house: House, tx: Transaction, person: Subscriber, course: Enrollment, waiting: int) -> None:
    """A lesson that is planned but not out waits for the end of her pause, the next one for the slot after."""
    now, zone = house.clock.now(), house.letterhead.timezone
    if person.paused_until == INDEFINITELY:
        deliveries.move_due(tx, waiting, INDEFINITELY)
        if course.state is Progress.ACTIVE:
            enrollments.change(tx, course.id, next_due_at=INDEFINITELY)
        return
    earliest = max(now, person.paused_until or now)
    cadence, timing = enrolling.calendar_of_next(tx, course)
    if course.last_slot_at is None:  # the welcome keeps no hour, and the weekly letters begin a day after it
        deliveries.move_due(tx, waiting, earliest)
        enrollments.change(tx, course.id, next_due_at=first_slot(earliest, person.rhythm(zone), cadence, timing).at)
        return
    slot = slot_from(earliest, person.rhythm(zone, course.last_slot_at), cadence).at
    deliveries.move_due(tx, waiting, slot)
    if course.state is Progress.ACTIVE:
        after = next_slot(slot, person.rhythm(zone, slot), cadence, timing).at
        enrollments.change(tx, course.id, last_slot_at=slot, next_due_at=after)


def whose(house: House, tx: Transaction, token: str) -> Subscriber | None:
    """The person behind a preferences link; None when it is not ours."""
    public_id = house.keyring.read_token(Purpose.PREFERENCES, token)
    return subscribers.by_public_id(tx, public_id) if public_id else None


def _read_hour(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= 23:
        return int(text)
    raise PreferenceError("Please choose an hour between 0 and 23.", "hour")


def _read_weekday(text: str) -> int | None:
    if not text:
        return None
    if text in set("0123456"):
        return int(text)
    raise PreferenceError("Please choose a weekday from the list.", "weekday")


def _read_pace(text: str) -> int:
    if text in {str(weeks) for weeks in PACES}:
        return int(text)
    raise PreferenceError("Please choose a letter every week, every two or every three weeks.", "pace")


def _read_day(text: str) -> date:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise PreferenceError("Please name the day as year, month and day, such as 2027-01-31.", "until") from None


def _read_zone(text: str) -> str:
    if text in known_zones():
        return text
    raise PreferenceError("We do not know this time zone. Please choose one from the list.", "timezone")
