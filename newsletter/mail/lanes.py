"""How fast we knock at one receiving domain: every message to it has a moment of its own, the others pass by.

A receiver such as gmail.com counts what one sender brings in a second. Who brings more is put off, and distrusted. So
each such domain has a lane, in which moments lie apart as its rate says. A message whose moment is near goes and is
held until then; one that would have to wait longer goes back to the ledger, and is due again when its turn comes near.
So of a domain's messages hardly more than its rate are in hand, however many wait, and nobody else waits for them.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from newsletter.mail.pacing import LATE

AHEAD = 0.5
"""Seconds before its moment at which a message is taken in hand; who leaves gets nothing a second later (F20)."""

LONGEST = 900.0
"""Seconds for which a message is put off at most: a new rate holds for all of a campaign a quarter of an hour later."""

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True)
class Turn:
    """When a message of a domain has its turn, in monotonic seconds; `wait` says for how long it goes back, or 0."""

    moment: float
    wait: float = 0.0


@dataclass(slots=True)
class _Lane:
    apart: float  # seconds between two messages
    free_at: float = 0.0  # the next moment that nobody has
    booked: float = 0.0  # until when messages were asked to come back
    begins_at: float = 0.0  # when the next one may begin


class Lanes:
    """The lanes of all domains that have a rate, of one process. One thread asks for turns, one begins."""

    def __init__(self, rates: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        """`rates` are messages a second by domain, in lower case."""
        self._lanes = {domain: _Lane(1 / rate) for domain, rate in rates.items()}
        self._clock = clock

    def turn(self, address: str, *, urgent: bool = False) -> Turn | None:
        """The turn of a message to an address; None when nothing limits its domain.

        What is urgent waits for the next free moment only, and never behind what was put off.
        """
        lane = self._lanes.get(_domain_of(address))
        if lane is None:
            return None
        now = self._clock()
        moment = max(now, lane.free_at)
        if moment - now <= AHEAD:
            lane.free_at = moment + lane.apart
            return Turn(moment)
        if not urgent:
            moment = max(moment, lane.booked)
            lane.booked = min(moment + lane.apart, now + LONGEST)
        return Turn(moment, min(moment - now, LONGEST) - AHEAD / 2)

    def begin(self, address: str) -> bool:
        """Whether a message whose moment has come may begin now: those that come late do not come in a heap."""
        lane = self._lanes[_domain_of(address)]
        now = self._clock()
        if now < lane.begins_at:
            return False
        lane.begins_at = max(lane.begins_at, now - LATE) + lane.apart
        return True

    @property
    def has_put_off(self) -> bool:
        """Whether messages were asked to come back whose time has not come yet."""
        now = self._clock()
        return any(lane.booked > now for lane in self._lanes.values())


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def read_rates(text: str) -> tuple[dict[str, float], list[str]]:
    """Read "gmail.com=20 gmx.net=5": the rates by domain, and a sentence for each mistake."""
    rates: dict[str, float] = {}
    mistakes = []
    for part in text.replace(",", " ").split():
        domain, _, number = part.partition("=")
        domain = domain.lower()
        if not _DOMAIN.fullmatch(domain):
            mistakes.append(f"“{part[:80]}” names no domain; write gmail.com=20.")
        elif domain in rates:
            mistakes.append(f"{domain} has two rates; keep one.")
        elif not 0 < (rate := _number(number)) < inf:
            mistakes.append(f"{domain} needs a number of messages a second above 0, such as {domain}=20.")
        else:
            rates[domain] = rate
    return rates, mistakes


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
