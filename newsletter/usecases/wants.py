"""What wants the owner today: each thing in one sentence, with the one step that comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.domain.campaign import CampaignState
from newsletter.domain.golive import Glow
from newsletter.store import campaigns, courses, holds, relays, tallies
from newsletter.store.engine import Transaction
from newsletter.store.suppressions import ERASED
from newsletter.usecases import generations, golive
from newsletter.usecases.house import House
from newsletter.usecases.standstill import NO_WORKER

_RECENTLY = timedelta(days=7)


class Place(StrEnum):
    """Where the next step of a want is taken."""

    QUEUE = "what waits in the ledger"
    HELD = "people whose letters wait"
    SUPPRESSED = "people who get no mail any more"
    CAMPAIGN = "a campaign"
    COURSE = "a course"
    PRACTICE = "the settings of the practice"
    GOING_LIVE = "the lights on the way to going live"


@dataclass(frozen=True, slots=True)
class Want:
    """One thing. `mark` is "error", "warning" or ""; `about` names the campaign or the course it is about.

    `since` and `again` are machine time: since when, and when the house tries again by itself.
    """

    mark: str
    sentence: str
    step: str
    place: Place
    about: str = ""
    since: datetime | None = None
    again: datetime | None = None


def everything(house: House, tx: Transaction) -> list[Want]:
    """All that wants the owner now, the most urgent first."""
    return [
        *_older_copy(tx),
        *_sending(house, tx),
        *_held(tx),
        *_campaigns(tx),
        *_suppressed(house, tx),
        *_set_up(house, tx),
        *_courses(tx),
    ]


def _sending(house: House, tx: Transaction) -> Iterator[Want]:
    machine = house.clock.machine()
    if trouble := relays.trouble(tx):
        yield Want(
            "error",
            f"The relay does not take our mail. It says: “{trouble.reason}”. Nothing is lost; what is due waits.",
            "See what waits",
            Place.QUEUE,
            since=trouble.since,
            again=max(trouble.open_until, machine),
        )
    seen = tallies.worker_seen_until(tx)
    if seen is None or seen < machine:
        yield Want(
            "error",
            NO_WORKER,
            "See what waits",
            Place.QUEUE,
            since=seen,
        )


def _older_copy(tx: Transaction) -> Iterator[Want]:
    if generations.is_older_copy(tx):
        yield Want("error", generations.SENTENCE, "Say that it may go on", Place.HELD)


def _held(tx: Transaction) -> Iterator[Want]:
    if said := holds.switch(tx):
        yield Want("warning", f"All lessons are held: {said.value}", "Look through them and release them", Place.HELD)
    for reasons, whose in ((tallies.held_people(tx), "mail"), (tallies.held_enrollments(tx), "next lesson")):
        for reason, many in reasons.items():
            waits = f"The {whose} of {_people(many)} waits for your word: {reason}."
            yield Want("warning", waits, "Let it go, or not", Place.HELD)


def _campaigns(tx: Transaction) -> Iterator[Want]:
    for one in campaigns.page(tx, state=CampaignState.PAUSED, limit=10):
        why = f" {one.reason}" if one.reason else ""
        yield Want(
            "warning",
            f"The campaign “{one.subject}” is paused.{why}",
            "Resume or cancel it",
            Place.CAMPAIGN,
            one.public_id,
        )


def _suppressed(house: House, tx: Transaction) -> Iterator[Want]:
    for reason, many in tallies.suppressed_since(tx, house.clock.now() - _RECENTLY).items():
        if reason != ERASED:
            sentence = f"{_people(many)} get no mail any more, since the last seven days: {reason}."
            yield Want("", sentence.replace("1 person get ", "1 person gets "), "See who", Place.SUPPRESSED)


def _set_up(house: House, tx: Transaction) -> Iterator[Want]:
    if not house.letterhead.name:
        sentence = "Your practice has no name yet; letters and pages go by the sender's."
        yield Want("", sentence, "Give it one", Place.PRACTICE)
    lights = golive.lights(house, tx)
    if house.mail_leaves:
        for light in lights:
            if light.is_dark:
                yield Want("warning", f"{light.title}: {light.sentence}", "See the lights", Place.GOING_LIVE)
        return
    shining = sum(light.glow is Glow.READY for light in lights)
    road = f"Mail goes to {house.neighbour}, on this machine." if house.neighbour else "Mail stays on this machine."
    sentence = f"{road} {shining} of {len(lights)} lights on the way to going live are on."
    yield Want("", sentence, "See what is missing", Place.GOING_LIVE)


def _courses(tx: Transaction) -> Iterator[Want]:
    for course in courses.everything(tx):
        public = courses.newest_revision(tx, course.id, published=True)
        if courses.newest_revision(tx, course.id, published=False) == public:
            continue
        what = "has changes that no reader gets yet" if public else "is a draft that nobody can begin yet"
        yield Want("", f"The course “{course.title}” {what}.", "Read and publish it", Place.COURSE, course.slug)


def _people(many: int) -> str:
    return "1 person" if many == 1 else f"{many:,} people"
