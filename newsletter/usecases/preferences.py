"""Her own hands: what the preferences page shows, pause, day, hour and zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.cadence import first_slot, instant, known_zones, local_day, next_slot, slot_from
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import INDEFINITELY, PACES, PAUSE_WEEKS, Subscriber, Subscription, pause_end
from newsletter.domain.tokens import Purpose
from newsletter.store import courses, deliveries, enrollments, subscribers, timetables
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses, enrolling, side_by_side
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
    after_courses.slots_moved(house, tx, {subscriber})


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
    slot = side_by_side.apart(house, tx, person, slot, cadence, but=course.id)
    deliveries.move_due(tx, waiting, slot)
    if course.state is Progress.ACTIVE:
        after = next_slot(slot, person.rhythm(zone, slot), cadence, timing).at
        after = side_by_side.apart(house, tx, person, after, cadence, but=course.id)
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
