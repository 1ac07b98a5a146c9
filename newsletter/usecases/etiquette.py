"""At most one letter a local day to a person: a lesson keeps its slot, and a campaign waits a day.

Confirmations, openings, reminders, receipts, tests and what she asked for herself do not count. Asked at claim, for a
whole batch of a campaign's letters: who has no lesson near costs one look into an index.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.cadence import instant
from newsletter.domain.delivery import PATIENCE, Claim, Kind
from newsletter.domain.etiquette import AWAITING
from newsletter.domain.subscriber import Correspondent
from newsletter.store import dispatch, etiquette
from newsletter.store.engine import Transaction
from newsletter.store.etiquette import Lessons
from newsletter.usecases import after_courses
from newsletter.usecases.house import House

A_DAY = timedelta(hours=26)
"""So long may a local day last, with what a change of the clocks adds."""

LONGEST_WAIT = timedelta(days=7)
"""A campaign that has waited so long goes: a course with a letter every day would keep it for good."""

Letter = tuple[int, Correspondent]
"""A letter of a campaign, by the campaign's number, and whom it goes to."""


def aside(house: House, tx: Transaction, going: Sequence[Claim]) -> list[Claim]:
    """Of letters that may go now those that go; the others are due again at this hour of her next day.

    What waited for the end of a course is asked about that first, and never goes beside another letter.
    """
    going = after_courses.sort(house, tx, going)
    letters: dict[int, Letter] = {}
    for one in going:
        counts = one.kind is Kind.CAMPAIGN and (house.one_a_day or one.reason in AWAITING)
        if counts and one.person is not None and one.campaign_id is not None:
            letters[one.id] = (one.campaign_id, one.person)
    until = waits(house, tx, letters)
    if until:
        waited = {one.id for one in going if one.reason in AWAITING}
        patient = etiquette.planned_before(tx, until.keys() - waited, house.clock.now() - LONGEST_WAIT)
        until = {number: moment for number, moment in until.items() if number not in patient}
    if until:
        dispatch.wait_aside(tx, [(one, until[one.id]) for one in going if one.id in until])
    return after_courses.begin(house, tx, [one for one in going if one.id not in until])


def waits(house: House, tx: Transaction, letters: Mapping[int, Letter]) -> dict[int, datetime]:
    """Of these letters, by any number, those that have to wait, and until when."""
    if not letters:
        return {}
    now, zone = house.clock.now(), house.letterhead.timezone
    readers = [person.id for _, person in letters.values()]
    near = etiquette.lessons_near(tx, readers, soon=now + A_DAY, lately=now - PATIENCE - A_DAY)
    recent = etiquette.under_way(tx, now - A_DAY)
    if is_alone := len(recent) == 1 and {campaign for campaign, _ in letters.values()} == set(recent):
        may_wait = {one.subscriber for one in near}  # to reckon everybody's day cost as much as her row in the ledger
        letters = {number: letter for number, letter in letters.items() if letter[1].id in may_wait}
    today = {person.id: _day(now, person, zone) for _, person in letters.values()}
    zones = {person.id: person.zone(zone) for _, person in letters.values()}
    taken = _with_a_lesson(tx, now, near, today, zones)
    others = {} if is_alone else _campaigns_today(tx, now, recent, today, zones)
    until = {}
    for number, (campaign, person) in letters.items():
        if person.id in taken or others.setdefault(person.id, set()) - {campaign}:
            local = now.astimezone(ZoneInfo(zones[person.id]))
            following = today[person.id] + timedelta(days=1)
            until[number] = instant(following, local.hour, zones[person.id], local.minute)
        else:
            others[person.id].add(campaign)
    return until


def _with_a_lesson(
    tx: Transaction, now: datetime, near: Sequence[Lessons], today: Mapping[int, date], zones: Mapping[int, str]
) -> set[int]:
    """Who has a lesson today: due, sent, or on its way."""
    taken, runs = set(), []
    for one in near:
        if one.next_due is not None and _on(one.next_due, zones[one.subscriber]) <= today[one.subscriber]:
            taken.add(one.subscriber)
        if one.last_slot is not None:
            if not one.is_skipped and _on(one.last_slot, zones[one.subscriber]) == today[one.subscriber]:
                taken.add(one.subscriber)
            runs.append(one.enrollment)
    for reader, sent_at in etiquette.lessons_out(tx, runs, now - A_DAY) if runs else ():
        if sent_at is None or _on(sent_at, zones[reader]) == today[reader]:
            taken.add(reader)
    return taken


def _campaigns_today(
    tx: Transaction, now: datetime, recent: Sequence[int], today: Mapping[int, date], zones: Mapping[int, str]
) -> dict[int, set[int]]:
    """By reader, the campaigns whose letters she got today, of those that may have gone out lately."""
    etiquette.take_turns(tx, recent)
    found: dict[int, set[int]] = {}
    for campaign, reader, sent_at in etiquette.campaigns_out(tx, recent, today, now - A_DAY):
        if sent_at is None or _on(sent_at, zones[reader]) == today[reader]:
            found.setdefault(reader, set()).add(campaign)
    return found


def _day(now: datetime, person: Correspondent, owner_zone: str) -> date:
    return _on(now, person.zone(owner_zone))


def _on(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
