"""Where things stand today: who came and went, which letters went and will go, what failed, what wants the owner."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.cadence import instant
from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.delivery import State
from newsletter.domain.subscription import Status
from newsletter.store import campaigns, directory, ledger, tallies
from newsletter.store.engine import Transaction
from newsletter.store.ledger import Refusal
from newsletter.usecases.house import House

DAYS = 7
_CODE = re.compile(r"\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Week:
    """People in seven local days: who confirmed, who asked and has not confirmed, who left."""

    first: date
    last: date
    confirmed: int
    pending: int
    left: int


@dataclass(slots=True)
class Day:
    """Letters of one local day, by what they are; `campaigns` of a day to come are named in `sending`."""

    date: date
    lessons: int = 0
    campaigns: int = 0
    others: int = 0
    sending: list[Campaign] = field(default_factory=list)

    @property
    def letters(self) -> int:
        """All of them."""
        return self.lessons + self.campaigns + self.others


@dataclass(frozen=True, slots=True)
class Failure:
    """Deliveries that ended for the same reason; `begins` finds them in the ledger."""

    state: State
    words: str
    begins: str
    many: int


@dataclass(frozen=True, slots=True)
class Today:
    """All the numbers of the first page. `seen_at` is business time, `zone` the owner's."""

    seen_at: datetime
    zone: str
    known: int
    readers: int
    this_week: Week
    week_before: Week
    went: list[Day]
    coming: list[Day]
    overdue: int
    failures: list[Failure]


def look(house: House, tx: Transaction) -> Today:
    """Every number of the first page, as of now."""
    now, zone = house.clock.now(), house.letterhead.timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    midnights = [instant(today + timedelta(days=ahead), 0, zone) for ahead in range(1, DAYS + 1)]
    overdue, *queue = ledger.waiting(tx, [now + timedelta.resolution, *midnights])
    return Today(
        seen_at=now,
        zone=zone,
        known=tallies.people_known(tx),
        readers=tallies.people(tx, Status.CONFIRMED),
        this_week=_week(tx, today, zone),
        week_before=_week(tx, today - timedelta(days=DAYS), zone),
        went=[_day_gone(tx, today - timedelta(days=back), zone) for back in range(DAYS - 1, -1, -1)],
        coming=_coming(tx, now, today, zone, queue),
        overdue=overdue,
        failures=reasons(ledger.refusals(tx, house.clock.machine() - timedelta(days=DAYS))),
    )


def _week(tx: Transaction, last: date, zone: str) -> Week:
    first = last - timedelta(days=DAYS - 1)
    since, until = instant(first, 0, zone), instant(last + timedelta(days=1), 0, zone)
    return Week(
        first=first,
        last=last,
        confirmed=tallies.confirmed_between(tx, since, until),
        pending=tallies.asked_between(tx, since, until),
        left=tallies.left_between(tx, since, until),
    )


def _day_gone(tx: Transaction, day: date, zone: str) -> Day:
    sent = ledger.sent_between(tx, instant(day, 0, zone), instant(day + timedelta(days=1), 0, zone))
    return Day(day, lessons=sent.lessons, campaigns=sent.campaigns, others=sent.others)


def _coming(tx: Transaction, now: datetime, today: date, zone: str, queue: list[int]) -> list[Day]:
    """The next seven local days: lessons that fall due, campaigns on the calendar, and what waits for a later hour."""
    days = [Day(today + timedelta(days=ahead), others=many) for ahead, many in enumerate(queue)]
    scheduled = campaigns.page(tx, state=CampaignState.SCHEDULED, limit=100)
    for day in days:
        since = max(now, instant(day.date, 0, zone))
        until = instant(day.date + timedelta(days=1), 0, zone)
        day.lessons = tallies.lessons_between(tx, since, until)
        day.sending = [one for one in scheduled if one.scheduled_at and since <= one.scheduled_at < until]
        day.campaigns = sum(_readers_of(tx, one) for one in day.sending)
    return days


def _readers_of(tx: Transaction, one: Campaign) -> int:
    """Confirmed people of a campaign's list; whoever rests or is suppressed is left out when it starts."""
    return directory.count(tx, directory.Wanted(status=Status.CONFIRMED, list_id=one.list_id))


def reasons(found: list[Refusal]) -> list[Failure]:
    """Why deliveries ended, the most frequent first.

    Servers put an id or a name behind their words: what has the same state and reply code counts as one reason.
    """
    many: Counter[tuple[State, str]] = Counter()
    example: dict[tuple[State, str], str] = {}
    for one in found:
        code = _CODE.match(one.reply)
        reason = one.state, code[0] if code else one.reply
        many[reason] += one.many
        example.setdefault(reason, one.reply)
    return [Failure(state, example[state, code], code, count) for (state, code), count in many.most_common()]
