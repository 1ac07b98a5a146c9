"""Campaigns: write, test, queue, start, pause, resume, cancel, finish. Drafts are rewritten in `drafts`."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.content.lines import clean_text, one_line
from newsletter.domain import address, campaign
from newsletter.domain.campaign import PACE_WINDOW, Account, Campaign, CampaignEvent, CampaignState, Pace, Tally
from newsletter.domain.delivery import Kind, State
from newsletter.store import audiences, bulk, campaigns, deliveries, lists, lookout, progress
from newsletter.store.audiences import Part
from newsletter.store.bulk import When
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses
from newsletter.usecases.house import House
from newsletter.usecases.signup import DEFAULT_LIST

LONGEST_SUBJECT = 250
SEALED = "campaign delivery"

PARTS_AT_ONCE = 5
"""Parts of an audience that are owed in one go: at the start, and every few seconds after it."""


class CampaignError(Exception):
    """Something a campaign cannot do; the message says what to do instead."""


def create(house: House, *, subject: str, body: str, list_slug: str = DEFAULT_LIST) -> str:
    """Write a finished letter down as a draft. Returns its id. Raises CampaignError unless it could be sent."""
    subject, body = one_line(subject), clean_text(body)
    if not subject or not body.strip():
        raise CampaignError("A campaign needs a subject and a text.")
    if len(subject) > LONGEST_SUBJECT:
        raise CampaignError(f"The subject is longer than {LONGEST_SUBJECT} characters. Please shorten it.")
    _check(house, subject, body)
    with house.store.transaction() as tx:
        to = lists.by_slug(tx, list_slug)
        if to is None:
            raise CampaignError(f"There is no list “{list_slug}”. `newsletter list show` names those there are.")
        return campaigns.add(tx, list_id=to.id, subject=subject, body=body, now=house.clock.now())


def send_test(house: House, public_id: str, to: str) -> None:
    """Owe a test of a campaign to any address. Raises AddressError when it is none, CampaignError when it cannot be."""
    recipient = address.parse(to)
    with house.store.reading() as tx:
        found = find(tx, public_id)
    _check(house, found.subject, found.body)
    with house.store.transaction() as tx:
        found = take(tx, public_id)
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


def queue(house: House, public_id: str, at: datetime | None = None, *, seen: str | None = None) -> Campaign:
    """Freeze the text and put a campaign on the calendar, for now or for later (business time).

    `seen` is the digest of the text that was agreed to (`domain.campaign.digest`); another one is refused.
    """
    with house.store.reading() as tx:
        read = find(tx, public_id)
    if read.state is CampaignState.DRAFT:
        _check(house, read.subject, read.body)  # takes a moment, in which nobody should have to wait for us
    with house.store.transaction() as tx:
        found = take(tx, public_id)
        if found.state is CampaignState.DRAFT and campaign.digest(found) != (seen or campaign.digest(read)):
            raise CampaignError("This letter was changed since you looked at it. Please look once more.")
        return _move(tx, found, CampaignEvent.QUEUE, scheduled_at=at or house.clock.now())


def pause(house: House, public_id: str) -> Campaign:
    """Stop a campaign where it is; at most the messages in flight still go."""
    with house.store.transaction() as tx:
        moved = _move(tx, take(tx, public_id), CampaignEvent.PAUSE)
    lookout.wait_until_heard(house.store)
    return moved


def resume(house: House, public_id: str) -> Campaign:
    """Let a paused campaign go on; the time of the pause costs none of its emails their patience."""
    with house.store.transaction() as tx:
        found = take(tx, public_id)
        anew = {"refused": 0, "look_at": 0, "sent_before": progress.sent(tx, found.id)}  # see usecases.stopping
        moved = _move(tx, found, CampaignEvent.RESUME, reason=None, **anew)
        deliveries.go_on(tx, moved.id, house.clock.now(), house.clock.machine())
    return moved


def cancel(house: House, public_id: str) -> Campaign:
    """End a campaign for good; what waits is skipped."""
    with house.store.transaction() as tx:
        moved = _move(tx, take(tx, public_id), CampaignEvent.CANCEL, finished_at=house.clock.now())
        after_courses.part(house, tx, moved.id)
        deliveries.skip_waiting(tx, "cancelled", house.clock.machine(), campaign_id=moved.id)
    lookout.wait_until_heard(house.store)
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
    readers = audiences.draw(tx, one.id, one.list_id, now)
    for _ in range(PARTS_AT_ONCE):
        _owe_part(house, tx, CampaignState.SENDING, campaign_id=one.id)
    campaigns.move(tx, one.id, before=after, after=after, recipients=readers)
    return readers


def owe_more(house: House) -> bool:
    """Owe the next part of a campaign's audience, for a sender that has run dry. False when none is left."""
    with house.store.transaction() as tx:
        return _owe_part(house, tx, CampaignState.SENDING)


def owe_drawn(house: House) -> int:
    """Owe some parts more, so that the ledger soon names every reader; of a cancelled campaign as skipped.

    Returns 0: they were counted when their campaign started.
    """
    for _ in range(PARTS_AT_ONCE):
        with house.store.transaction() as tx:
            if not _owe_part(house, tx, CampaignState.SENDING, CampaignState.CANCELLED):
                break
    return 0


def _owe_part(house: House, tx: Transaction, *states: CampaignState, campaign_id: int | None = None) -> bool:
    part = audiences.take_part(tx, states, house.clock.now(), campaign_id)
    if part is None:
        return False
    one, names = of_part(house, tx, part)
    is_over = one.state is CampaignState.CANCELLED
    drawn, when = list(zip(part.readers, names, strict=True)), when_owed(house, one)
    going = drawn if is_over else after_courses.put_aside(house, tx, one, drawn, when)
    bulk.plan(
        tx,
        one.id,
        [(her.membership.id, her.person.id, name) for her, name in going],
        when,
        state=State.SKIPPED if is_over else State.QUEUED,
        reason="cancelled" if is_over else None,
    )
    return True


def of_part(house: House, tx: Transaction, part: Part) -> tuple[Campaign, list[str]]:
    """The campaign of a part, and the public ids of its readers' deliveries."""
    one = campaigns.by_id(tx, part.campaign_id)
    assert one is not None  # its parts would have gone with it
    return one, house.keyring.sealed(SEALED, [(one.id, her.person.id) for her in part.readers])


def when_owed(house: House, one: Campaign) -> When:
    """When a campaign's deliveries are due, were planned and are created."""
    now = house.clock.now()
    return When(one.scheduled_at or one.started_at or now, now, house.clock.machine())


def finish_done(house: House) -> int:
    """Mark campaigns as sent of which nothing waits any more. Returns how many."""
    with house.store.reading() as tx:
        ready = campaigns.done(tx)
    for one in ready:
        with house.store.transaction() as tx:
            values = {"before": CampaignState.SENDING, "after": CampaignState.SENT}
            campaigns.move(tx, one.id, **values, finished_at=house.clock.now())
    return len(ready)


def delivery_id(house: House, one: Campaign, subscriber: int) -> str:
    """The public id of a campaign's delivery to somebody, known before it is owed.

    By it a preview says the very link that her letter will hold.
    """
    return house.keyring.sealed(SEALED, [(one.id, subscriber)])[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands, in numbers of emails, and how quickly it goes."""

    campaign: Campaign
    tally: Tally
    pace: Pace
    account: Account


def status(house: House, public_id: str) -> Progress:
    """Where a campaign stands."""
    with house.store.reading() as tx:
        found = find(tx, public_id)
        tally, speed = progress_of(house, tx, found)
        return Progress(found, tally, speed, progress.account(tx, found, tally))


def progress_of(house: House, tx: Transaction, one: Campaign) -> tuple[Tally, Pace]:
    """The numbers of a campaign; its speed only while it is being sent."""
    tally = progress.tallies(tx, [one.id])[one.id]
    if one.state is not CampaignState.SENDING:
        return tally, Pace()
    machine = house.clock.machine()
    sent, since = progress.sent_since(tx, one.id, machine - PACE_WINDOW)
    return tally, campaign.pace(sent, since, machine, tally.waiting)


def find(tx: Transaction, public_id: str) -> Campaign:
    """The campaign with an id. Raises CampaignError when there is none."""
    return _known(campaigns.by_public_id(tx, public_id))


def take(tx: Transaction, public_id: str) -> Campaign:
    """The same, kept from everybody else until the transaction ends."""
    return _known(campaigns.take(tx, public_id))


def _known(found: Campaign | None) -> Campaign:
    if found is None:
        raise CampaignError("There is no campaign with this id. `newsletter campaign list` shows those there are.")
    return found


def _check(house: House, subject: str, body: str) -> None:
    try:
        house.composer.check_text(subject, body)
    except ValueError as error:
        raise CampaignError(str(error)) from error


def _move(tx: Transaction, found: Campaign, event: CampaignEvent, **values: object) -> Campaign:
    after = campaign.after(found.state, event, started=found.started_at is not None)
    if after is None or not campaigns.move(tx, found.id, before=found.state, after=after, **values):
        raise CampaignError(f"This campaign is {found.state}; it cannot be asked to {event}.")
    return find(tx, found.public_id)
