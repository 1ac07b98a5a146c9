"""Mails to the owner about the house itself: one for one trouble, when mail flows."""

from datetime import timedelta

from newsletter.content.moments import moment_in_words
from newsletter.domain.campaign import Campaign
from newsletter.domain.delivery import Kind
from newsletter.domain.message import Notice
from newsletter.domain.tokens import new_public_id
from newsletter.store import admins, deliveries, ledger, notices, progress
from newsletter.store.engine import Transaction
from newsletter.store.relays import RelayTrouble
from newsletter.usecases.house import House

WORTH_A_MAIL = timedelta(minutes=10)
"""How long the relay has to have been in trouble; what passed sooner nobody needs to know of."""


def relay_is_back(house: House, tx: Transaction, trouble: RelayTrouble) -> None:
    """Tell that mail flows again, what was wrong from when to when, and what waited meanwhile."""
    machine, zone = house.clock.machine(), house.letterhead.timezone
    if machine - trouble.since < WORTH_A_MAIL:
        return
    since, until = moment_in_words(trouble.since, zone), moment_in_words(machine, zone)
    (waiting,) = ledger.waiting(tx, [house.clock.now() + timedelta.resolution])
    story = (
        f"The mail server takes our mail again. It had not since {since}, until {until}.",
        f"What was wrong: “{trouble.reason}”. We tried {trouble.failures:,} times.".replace("1 times", "once"),
        f"Nothing is lost. {_emails(waiting)} and {'goes' if waiting == 1 else 'go'} out now."
        if waiting
        else "Nothing is lost, and nothing waits any more.",
        "There is nothing that you have to do. If it comes again, ask whoever runs the mail server, "
        "with these words and hours.",
    )
    _tell(house, tx, Notice("Mail goes out again", story, "See what went and what waits", "/admin/deliveries/"))


def campaign_paused_itself(house: House, tx: Transaction, one: Campaign, reason: str) -> None:
    """Tell that too many of a campaign's emails were refused, and that it waits for a word."""
    began, now = (moment_in_words(at, house.letterhead.timezone) for at in (one.started_at, house.clock.now()) if at)
    story = (
        f"{reason[0].upper()}{reason[1:].partition(': see who')[0]}.",
        f"The campaign “{one.subject}” began on {began}, and paused itself on {now}.",
        f"{_emails(progress.waiting(tx, one.id))} for your word; nothing is lost.",
        "Look at who was refused. Addresses that exist no more are written to no more, so you can resume when you "
        "know where they came from. If the list is old or came from somewhere else, cancel: receivers take "
        "whoever writes to many dead addresses for a sender of spam.",
    )
    path = f"/admin/campaigns/{one.public_id}"
    _tell(house, tx, Notice("A campaign paused itself", story, "Look at the campaign", path))


def _emails(many: int) -> str:
    return "1 email waits" if many == 1 else f"{many:,} emails wait"


def _tell(house: House, tx: Transaction, notice: Notice) -> None:
    now = house.clock.now()
    for owner in admins.everybody(tx):
        if owner.role != "owner":
            continue
        public_id = new_public_id()
        deliveries.plan(
            tx,
            Kind.NOTICE,
            subscriber=None,
            due=now,
            planned=now,
            created=house.clock.machine(),
            public_id=public_id,
            test_address=owner.address,
        )
        notices.add(tx, public_id, notice)
