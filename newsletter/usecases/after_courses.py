"""A campaign of a list that gives way to courses: it waits until a reader's course is over; never a burst.

Who is in a course is asked when a campaign's readers are drawn; her letter then stands in the ledger with the reason,
due when it is asked again: the day after each letter of the course, at her hour. Once she is in none it goes, the
oldest one first and one a day; or all of a list in one mail. Decision 0028.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain import etiquette
from newsletter.domain.campaign import Campaign
from newsletter.domain.delivery import Claim
from newsletter.domain.etiquette import AWAITING, AWAITS, ONE_MAIL, TOO_OLD, Etiquette
from newsletter.domain.subscriber import Subscriber
from newsletter.store import after_courses, bulk, campaigns, dispatch, subscribers
from newsletter.store.after_courses import Awaiting, Whereabouts
from newsletter.store.audiences import Reader
from newsletter.store.bulk import When
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

LONGEST_MAIL = 40_000
"""Characters of the campaigns that come in one mail, or mail programs would cut it; more come on the next day."""

A_MOMENT = timedelta(minutes=1)
"""When a mail is tried again of which another sender holds a part."""

Drawn = tuple[Reader, str]
"""A reader of a campaign's audience, and the public id of her letter."""


def put_aside(house: House, tx: Transaction, one: Campaign, drawn: Sequence[Drawn], when: When) -> list[Drawn]:
    """Of readers who were drawn for a campaign those for whom it does not wait; the others are owed it for later."""
    now, last = house.clock.now(), until(one)
    if one.etiquette == Etiquette.ANYWAY or last is None or last <= now:
        return list(drawn)
    numbers = [her.person.id for her, _ in drawn if her.gets]
    inside = after_courses.whereabouts(tx, numbers, now, inside=True)
    rows = []
    for her, name in drawn:
        if stands := inside.get(her.person.id):
            zone = her.person.zone(house.letterhead.timezone)
            due = etiquette.ask_again(now, stands.next_due, stands.hour, zone, last)
            rows.append((her.membership.id, her.person.id, name, due))
    if rows:
        bulk.plan_later(tx, one.id, rows, when, reason=AWAITS[Etiquette(one.etiquette)])
    return [(her, name) for her, name in drawn if her.person.id not in inside]


def until(one: Campaign) -> datetime | None:
    """Until when a campaign waits for its readers' courses; None before it began."""
    return etiquette.ends(one.started_at, one.wait_days) if one.started_at else None


def sort(house: House, tx: Transaction, going: Sequence[Claim]) -> list[Claim]:
    """Of letters that may go now those that need not wait any longer for the end of a course."""
    waited = [one for one in going if one.reason in AWAITING]
    if not waited:
        return list(going)
    now, machine = house.clock.now(), house.clock.machine()
    readers = {one.subscriber_id or 0 for one in waited}
    stands, known = after_courses.whereabouts(tx, readers, now), campaigns.by_ids(tx, _campaigns(waited))
    first: dict[int, int] = {}
    for awaiting in after_courses.of_readers(tx, readers):
        first.setdefault(awaiting.reader, awaiting.delivery)
    later: dict[int, datetime] = {}
    for one in waited:
        last = until(known[one.campaign_id or 0]) or now
        if last <= now:
            dispatch.give_up(tx, one, TOO_OLD, machine)
            later[one.id] = last
        elif moment := _not_yet(house, one, stands[one.subscriber_id or 0], last, first):
            later[one.id] = moment
    dispatch.wait_aside(tx, [(one, later[one.id]) for one in waited if later.get(one.id, now) > now])
    return [one for one in going if one.id not in later]


def _not_yet(
    house: House, one: Claim, stands: Whereabouts, last: datetime, first: Mapping[int, int]
) -> datetime | None:
    """When to ask again about a letter that cannot go yet; None when its turn has come."""
    assert one.person is not None  # campaigns go to subscribers
    now, zone = house.clock.now(), one.person.zone(house.letterhead.timezone)
    if stands.is_inside or one.standing.paused:
        until = stands.next_due if stands.is_inside else stands.paused_until
        return etiquette.ask_again(now, until, stands.hour, zone, last)
    turn = etiquette.her_turn(stands.over_since, stands.hour, zone) if stands.over_since else now
    if first.get(one.person.id, one.id) != one.id:
        turn = max(turn, etiquette.her_turn(now, stands.hour, zone))
    turn = max(turn, etiquette.her_hour(now, stands.hour, zone))
    return min(turn, last) if turn > now else None


def begin(house: House, tx: Transaction, going: Sequence[Claim]) -> list[Claim]:
    """Let letters that waited go: what stands beside them is over, and one that others come with brings them."""
    waited = {one.id: one for one in going if one.reason in AWAITING}
    if not waited:
        return list(going)
    alone = [one.id for one in waited.values() if one.reason != AWAITS[Etiquette.DIGEST]]
    begun = dict.fromkeys(alone)
    together = [one for one in waited.values() if one.id not in begun]
    hers = after_courses.of_readers(tx, [one.subscriber_id or 0 for one in together]) if together else []
    texts = campaigns.by_ids(tx, {each.campaign for each in hers})
    carriers: dict[int, str | None] = {}
    for one in together:
        mine = [each for each in hers if each.reader == one.subscriber_id]
        others = _others(next(each for each in mine if each.delivery == one.id), mine, texts)
        if after_courses.lock(tx, others) != set(others):
            dispatch.wait_aside(tx, [(one, house.clock.now() + A_MOMENT)])
            continue
        if others:
            after_courses.came_with(tx, others, etiquette.brought_by(one.public_id), house.clock.machine())
        carriers[one.id] = ONE_MAIL if others else None
    after_courses.wait_no_more(tx, [*alone, *(number for number, reason in carriers.items() if reason is None)])
    after_courses.wait_no_more(tx, [number for number, reason in carriers.items() if reason], ONE_MAIL)
    reasons = {**begun, **carriers}
    gone = [one for one in going if one.id in reasons or one.id not in waited]
    return [one._replace(reason=reasons[one.id]) if one.id in reasons else one for one in gone]


def _others(one: Awaiting, hers: Sequence[Awaiting], texts: Mapping[int, Campaign]) -> list[int]:
    """What of all that waits for a reader comes in the same mail as one: of its list, as far as a mail has room."""
    room, found = LONGEST_MAIL - len(texts[one.campaign].body), []
    for each in hers:
        if each.delivery != one.delivery and each.list_id == one.list_id and each.etiquette is Etiquette.DIGEST:
            room -= len(texts[each.campaign].body)
            if room < 0:
                break
            found.append(each.delivery)
    return found


def part(house: House, tx: Transaction, cancelled: int) -> None:
    """Take a campaign that is being cancelled out of mails that still wait; what it would have brought waits again."""
    apart = after_courses.bundled(tx, cancelled)
    after_courses.come_no_more(tx, [one.delivery for one in apart if one.campaign == cancelled], "cancelled")
    freed = [one for one in apart if one.carrier == cancelled]
    after_courses.wait_again(tx, [one.delivery for one in freed], house.clock.now())


@dataclass(frozen=True, slots=True)
class Later:
    """A mail that waits for the end of her courses: its subjects, and when it comes; None: never, for it is too old."""

    subjects: tuple[str, ...]
    at: datetime | None


def ahead(house: House, tx: Transaction, person: Subscriber, over: datetime) -> list[Later]:
    """What waits for a reader and when each comes, if her courses are over at an instant and nothing else changes."""
    hers = after_courses.of_readers(tx, [person.id])
    texts, zone = campaigns.by_ids(tx, {each.campaign for each in hers}), person.zone(house.letterhead.timezone)
    turn, found = etiquette.her_turn(over, person.hour, zone), []
    while hers:
        one, text = hers[0], texts[hers[0].campaign]
        if (until(text) or turn) <= turn:
            found.append(Later((text.subject,), None))
            hers = hers[1:]
            continue
        gone = [one.delivery, *(_others(one, hers, texts) if one.etiquette is Etiquette.DIGEST else [])]
        subjects = tuple(texts[each.campaign].subject for each in hers if each.delivery in gone)
        found.append(Later(subjects, turn))
        hers = [each for each in hers if each.delivery not in gone]
        turn = etiquette.her_turn(turn, person.hour, zone)
    return found


def course_ended(house: House, tx: Transaction, subscriber: int) -> None:
    """A course of hers ended before its end: what waited for that is asked about at her hour tomorrow."""
    person = subscribers.by_id(tx, subscriber)
    if person is not None:
        turn = etiquette.her_turn(house.clock.now(), person.hour, person.zone(house.letterhead.timezone))
        after_courses.bring_forward(tx, subscriber, turn)


def slots_moved(house: House, tx: Transaction, readers: Collection[int]) -> None:
    """The next letters of these readers' courses are due at other times: what waits is asked about after these."""
    waiting = {one.reader for one in after_courses.of_readers(tx, readers)} if readers else set()
    if not waiting:
        return
    now, zone = house.clock.now(), house.letterhead.timezone
    people = subscribers.by_ids(tx, waiting)
    for reader, stands in after_courses.whereabouts(tx, waiting, now, inside=True).items():
        her_zone = people[reader].zone(zone)
        soon = etiquette.ask_again(now, stands.next_due, stands.hour, her_zone, now + 2 * etiquette.WEEK)
        after_courses.bring_forward(tx, reader, soon)


def _campaigns(claims: Sequence[Claim]) -> set[int]:
    return {one.campaign_id for one in claims if one.campaign_id is not None}
