"""What the owner says about campaigns and courses: the etiquette of a list, and what becomes of letters that wait."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.etiquette import LONGEST_WAIT_DAYS, WAIT_DAYS, Etiquette
from newsletter.store import after_courses, lists
from newsletter.store.engine import Transaction
from newsletter.store.lists import MailingList
from newsletter.usecases import campaigns
from newsletter.usecases.after_courses import until
from newsletter.usecases.campaigns import CampaignError
from newsletter.usecases.house import House


class EtiquetteError(ValueError):
    """An etiquette that cannot be meant; the message is a sentence that says what to do."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field
        """What of it is wrong: "etiquette", "days" or "list"."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many readers of a campaign it waits for until their course is over, and until when at most."""

    people: int = 0
    until: datetime | None = None


def set_etiquette(house: House, slug: str, word: str, *, days: str = "") -> MailingList:
    """Say what campaigns of a list do beside a course, from the next one on; `days` empty leaves them as they are.

    Raises EtiquetteError.
    """
    if word not in list(Etiquette):
        raise EtiquetteError(f"Please choose one of {', '.join(Etiquette)}.", "etiquette")
    said = days.strip()
    if said and not (said.isascii() and said.isdigit() and len(said) < 5 and 1 <= int(said) <= LONGEST_WAIT_DAYS):
        raise EtiquetteError(
            f"Please give a number of days from 1 to {LONGEST_WAIT_DAYS}; {WAIT_DAYS} is usual.", "days"
        )
    with house.store.transaction() as tx:
        lists.set_etiquette(tx, slug, word, int(said) if said else None)
        found = lists.by_slug(tx, slug)
        if found is None:
            raise EtiquetteError(f"There is no list “{slug}”. Please choose one that there is.", "list")
    return found


def waiting(house: House, public_id: str) -> Waiting:
    """For how many readers a campaign waits. Raises CampaignError when there is none."""
    with house.store.reading() as tx:
        return waiting_in(tx, public_id)


def waiting_in(tx: Transaction, public_id: str) -> Waiting:
    """The same in a transaction that is open already."""
    one = campaigns.find(tx, public_id)
    if one.started_at is None or one.state not in (CampaignState.SENDING, CampaignState.PAUSED):
        return Waiting()
    people = after_courses.count(tx, one.id)
    return Waiting(people, until(one)) if people else Waiting()


@dataclass(frozen=True, slots=True)
class SentNow:
    """To how many a campaign goes now that waited for them, and how many are on pause: for these it waits on."""

    people: int
    on_pause: int


def send_now(house: House, public_id: str) -> SentNow:
    """Send a campaign now to those for whose courses it waits. Raises CampaignError."""
    with house.store.transaction() as tx:
        one = _under_way(tx, public_id)
        people = after_courses.send_now(tx, one.id, house.clock.now())
        return SentNow(people, after_courses.count(tx, one.id))


def let_go(house: House, public_id: str) -> int:
    """Never send a campaign to those for whose courses it waits. Returns how many. Raises CampaignError."""
    with house.store.transaction() as tx:
        return after_courses.let_go(tx, _under_way(tx, public_id).id, house.clock.machine())


def _under_way(tx: Transaction, public_id: str) -> Campaign:
    one = campaigns.take(tx, public_id)
    if one.state not in (CampaignState.SENDING, CampaignState.PAUSED):
        raise CampaignError(f"This campaign waits for nobody’s course: it is {one.state}.")
    return one
