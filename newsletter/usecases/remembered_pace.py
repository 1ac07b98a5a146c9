"""The pace that a relay's complaints led to, kept in the database, so that a restart does not begin with complaints."""

import json
from datetime import datetime, timedelta

from newsletter.store import duties
from newsletter.usecases.house import House

_FACT = "relay_pace"

WORTH = timedelta(days=1)
"""How long a pace that was found is believed; a relay's limit stands for weeks, but a grumpy evening passes."""

_AS_GOOD_AS = 0.05
"""A pace is written down anew when it has changed by more than this share."""


def recall(house: House) -> None:
    """Go on with what was found before this process began, once."""
    pace = house.pace
    if pace is None or pace.is_recalled:
        return
    pace.is_recalled = True
    with house.store.reading() as tx:
        kept = json.loads(duties.fact(tx, _FACT) or "{}")
    if kept.get("of") != house.way_out.relay or not kept.get("found"):
        return
    if house.clock.machine() - datetime.fromisoformat(kept["at"]) < WORTH:
        pace.go_on_with(kept["found"])


def keep(house: House) -> None:
    """Write down what is found now, unless that is what stands there; nothing at all costs one comparison."""
    pace = house.pace
    if pace is None or _is_as_good(found := pace.pacer.found, pace.kept):
        return
    pace.kept = found
    said = {"of": house.way_out.relay, "found": found, "at": house.clock.machine().isoformat()}
    with house.store.transaction() as tx:
        duties.remember(tx, _FACT, json.dumps(said))


def _is_as_good(found: float | None, kept: float | None) -> bool:
    if found is None or kept is None:
        return found is kept
    return abs(found - kept) <= _AS_GOOD_AS * kept
