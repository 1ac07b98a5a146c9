"""Why a campaign does not move just now, in a sentence: the relay, the worker, the servers, or the owner's own word."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.campaign import Campaign, CampaignState, Tally
from newsletter.store import progress, relays, tallies
from newsletter.store.engine import Transaction
from newsletter.usecases import allowance
from newsletter.usecases.house import House

NO_WORKER = (
    "No worker runs, so nothing is planned or sent; nothing is lost meanwhile. On the server, the command "
    "“newsletter worker” starts one."
)


@dataclass(frozen=True, slots=True)
class Standstill:
    """What a campaign waits for. `again` is the machine time at which the house tries again by itself."""

    sentence: str
    again: datetime | None = None
    is_held: bool = False


def why(house: House, tx: Transaction, one: Campaign, tally: Tally) -> Standstill | None:
    """What keeps a campaign that is scheduled or being sent; None when nothing does."""
    if one.state not in (CampaignState.SCHEDULED, CampaignState.SENDING):
        return None
    machine = house.clock.machine()
    seen = tallies.worker_seen_until(tx)
    if seen is None or seen < machine:
        return Standstill(NO_WORKER)
    if one.state is CampaignState.SCHEDULED:
        return None
    if trouble := relays.trouble(tx):
        says = f"The mail server does not take our mail: “{trouble.reason}”. Nothing is lost; what is due waits."
        return Standstill(says, max(trouble.open_until, machine))
    if spent := _spent(house, tx, tally):
        return spent
    return _only_some_wait(tx, one, tally, machine)


def _spent(house: House, tx: Transaction, tally: Tally) -> Standstill | None:
    day = allowance.today(house, tx)
    if day is None or day.room.campaigns or not tally.waiting:
        return None
    kept = ", or kept for lessons" if day.room.letters else ""
    return Standstill(
        f"Today’s {day.allowance:,} emails of the warm-up are sent{kept}. It goes on tomorrow, with half as many again."
    )


def _only_some_wait(tx: Transaction, one: Campaign, tally: Tally, machine: datetime) -> Standstill | None:
    held = progress.held(tx, one.id)
    if held and held >= tally.waiting:
        waits = "1 email waits" if held == 1 else f"{held:,} emails wait"
        return Standstill(f"{waits} for your word, as all mail of these readers does.", is_held=True)
    if tally.queued or not tally.waiting:
        return None
    again = progress.next_try(tx, one.id)
    left = (
        "The one email that is left was" if tally.waiting == 1 else f"The {tally.waiting:,} emails that are left were"
    )
    return Standstill(
        f"{left} put off by the readers’ servers, and will be tried again.", again and max(again, machine)
    )
