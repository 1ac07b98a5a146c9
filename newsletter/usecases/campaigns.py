"""Campaigns: write, test, queue, start, pause, resume, cancel, finish."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain import address, campaign
from newsletter.domain.campaign import Campaign, CampaignEvent, CampaignState
from newsletter.domain.delivery import Kind, State
from newsletter.store import campaigns, deliveries, lists
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House
from newsletter.usecases.signup import DEFAULT_LIST

_LONGEST_SUBJECT = 250


class CampaignError(Exception):
    """Something a campaign cannot do; the message says what to do instead."""


def create(house: House, *, subject: str, body: str, list_slug: str = DEFAULT_LIST) -> str:
    """Write a campaign down as a draft. Returns its id."""
    subject = " ".join(subject.split())
    if not subject or not body.strip():
        raise CampaignError("A campaign needs a subject and a text.")
    if len(subject) > _LONGEST_SUBJECT:
        raise CampaignError(f"The subject is longer than {_LONGEST_SUBJECT} characters. Please shorten it.")
    try:
        house.composer.check_text(subject, body)
    except ValueError as error:
        raise CampaignError(str(error)) from error
    with house.store.transaction() as tx:
        to = lists.by_slug(tx, list_slug)
        if to is None:
            raise CampaignError(f"There is no list “{list_slug}”. `newsletter list show` names those there are.")
        return campaigns.add(tx, list_id=to.id, subject=subject, body=body, now=house.clock.now())


def send_test(house: House, public_id: str, to: str) -> None:
    """Owe a test of a campaign to any address. Raises AddressError when it is none."""
    recipient = address.parse(to)
    with house.store.transaction() as tx:
        found = _find(tx, public_id)
        deliveries.plan(
            tx,
            Kind.TEST,
            subscriber=None,
            due=house.clock.now(),
            planned=house.clock.now(),
            created=house.clock.machine(),
            campaign_id=found.id,
            test_address=recipient.typed,
        )


def queue(house: House, public_id: str, at: datetime | None = None) -> Campaign:
    """Freeze the text and put a campaign on the calendar, for now or for later (business time)."""
    return _move(house, public_id, CampaignEvent.QUEUE, scheduled_at=at or house.clock.now())


def pause(house: House, public_id: str) -> Campaign:
    """Stop a campaign where it is; at most the messages in flight still go."""
    return _move(house, public_id, CampaignEvent.PAUSE)


def resume(house: House, public_id: str) -> Campaign:
    """Let a paused campaign go on."""
    return _move(house, public_id, CampaignEvent.RESUME, reason=None)


def cancel(house: House, public_id: str) -> Campaign:
    """End a campaign for good; what waits is skipped."""
    moved = _move(house, public_id, CampaignEvent.CANCEL, finished_at=house.clock.now())
    with house.store.transaction() as tx:
        deliveries.skip_waiting(tx, "cancelled", house.clock.machine(), campaign_id=moved.id)
    return moved


def start_due(house: House) -> int:
    """Start every campaign whose hour has come: its audience is drawn now. Returns how many emails are owed."""
    owed = 0
    with house.store.reading() as tx:
        ready = campaigns.to_start(tx, house.clock.now())
    for one in ready:
        with house.store.transaction() as tx:
            owed += _start(house, tx, one)
    return owed


def _start(house: House, tx: Transaction, one: Campaign) -> int:
    now = house.clock.now()
    before, after = CampaignState.SCHEDULED, CampaignState.SENDING
    if not campaigns.move(tx, one.id, before=before, after=after, started_at=now):
        return 0
    audience = campaigns.audience(tx, one.list_id, now)
    due = one.scheduled_at or now
    deliveries.plan_campaign(tx, one.id, audience, due=due, planned=now, created=house.clock.machine())
    campaigns.move(tx, one.id, before=after, after=after, recipients=len(audience))
    return len(audience)


def finish_done(house: House) -> int:
    """Mark campaigns as sent of which nothing waits any more. Returns how many."""
    with house.store.reading() as tx:
        ready = campaigns.done(tx)
    for one in ready:
        with house.store.transaction() as tx:
            values = {"before": CampaignState.SENDING, "after": CampaignState.SENT}
            campaigns.move(tx, one.id, **values, finished_at=house.clock.now())
    return len(ready)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands, in numbers of emails."""

    campaign: Campaign
    queued: int
    sent: int
    deferred: int
    failed: int
    uncertain: int
    skipped: int


def status(house: House, public_id: str) -> Progress:
    """Where a campaign stands."""
    with house.store.reading() as tx:
        found = _find(tx, public_id)
        count = deliveries.count_by_state(tx, found.id)
    waiting = (State.QUEUED, State.CLAIMED, State.SENDING)
    return Progress(
        campaign=found,
        queued=sum(count.get(state, 0) for state in waiting),
        sent=count.get(State.SENT, 0),
        deferred=count.get(State.DEFERRED, 0),
        failed=count.get(State.FAILED, 0) + count.get(State.EXPIRED, 0),
        uncertain=count.get(State.UNCERTAIN, 0),
        skipped=count.get(State.SKIPPED, 0),
    )


def _move(house: House, public_id: str, event: CampaignEvent, **values: object) -> Campaign:
    with house.store.transaction() as tx:
        found = _find(tx, public_id)
        after = campaign.after(found.state, event, started=found.started_at is not None)
        if after is None or not campaigns.move(tx, found.id, before=found.state, after=after, **values):
            raise CampaignError(f"This campaign is {found.state}; it cannot be asked to {event}.")
        return _find(tx, public_id)


def _find(tx: Transaction, public_id: str) -> Campaign:
    found = campaigns.by_public_id(tx, public_id)
    if found is None:
        raise CampaignError("There is no campaign with this id. `newsletter campaign list` shows those there are.")
    return found
