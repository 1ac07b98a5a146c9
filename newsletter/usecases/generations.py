"""Whether this database is an older copy of itself: a number that grows with time, here and in a file beside the keys.

The file follows the database by one step, so that what a power cut takes from a database is not taken for an old copy.
A backup that was put back knows a smaller number than the file: it does not know either what was sent since, so
nothing is planned or sent until the owner has said so. How old a copy has to be to be known as one: two steps; one of
less than a step never is, for a power cut leaves just such a database behind (`store.engine`: synchronous = NORMAL).
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.store import duties
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

STEP = timedelta(seconds=60)
"""Machine time from one number to the next, while a worker runs or `tick` is called."""

SENTENCE = (
    "This database is an older copy: a backup was put back. What was sent since that backup, it does not know, so"
    " nothing is planned or sent until you say so; letters that went out meanwhile may then go out once more."
)
COMMAND = "newsletter hold acknowledge"
WARNING = (
    "What went out since then may go out once more, and whoever joined, left, paused or moved since did so in vain:"
    " that is missing here. If there is a newer copy, stop, and put that one back instead."
)
"""What the owner ought to know before an older copy goes on."""

_FACT = "generation"


@dataclass(frozen=True, slots=True)
class Generation:
    """The number of a database, as it stands in it. `of` tells this database and its copies from all others."""

    of: str
    number: int
    at: str
    """Machine time of the last step, ISO."""
    over: int = 0
    """The number in the file, when that was found to be larger; 0 when nothing is to be acknowledged."""


def is_older_copy(tx: Transaction) -> bool:
    """Whether this database was found to be an older copy and nobody has acknowledged it."""
    known = _read(tx)
    return known is not None and known.over > 0


def copied_at(tx: Transaction) -> datetime | None:
    """When (machine time, to a minute) this older copy was made, which nobody has acknowledged; None: it is none."""
    known = _read(tx)
    return datetime.fromisoformat(known.at) if known is not None and known.over else None


def may_go_on(house: House) -> bool:
    """Whether anything may be planned and sent; an older copy is found out here. Costs a question and a small file."""
    if house.generations is None:
        return True
    with house.store.reading() as tx:
        known = _read(tx)
    if known is None:
        return True
    seen = _in_file(house.generations).get(known.of, 0)
    if not known.over and seen > known.number:
        with house.store.transaction() as tx:
            _write(tx, replace(known, over=seen))
        return False
    return not known.over


def step(house: House) -> None:
    """Take the next number, when the last step is long enough ago; the file gets the one that stood until now."""
    if house.generations is None:
        return
    machine = house.clock.machine()
    with house.store.transaction() as tx:
        known = _read(tx) or Generation(secrets.token_hex(8), 0, (machine - STEP).isoformat())
        if known.over or abs(machine - datetime.fromisoformat(known.at)) < STEP:
            return
        _keep_in_file(house.generations, known)
        _write(tx, replace(known, number=known.number + 1, at=machine.isoformat()))


def acknowledge(house: House) -> bool:
    """Let an older copy go on from here. False when there is nothing to acknowledge."""
    with house.store.transaction() as tx:
        known = _read(tx)
        if known is None or not known.over:
            return False
        _write(tx, replace(known, number=known.over + 1, over=0))
    return True


def _read(tx: Transaction) -> Generation | None:
    said = duties.fact(tx, _FACT)
    return Generation(**json.loads(said)) if said else None


def _write(tx: Transaction, known: Generation) -> None:
    duties.remember(tx, _FACT, json.dumps(asdict(known)))


def _in_file(path: Path) -> dict[str, int]:
    """The numbers of all databases that were used with these keys; a file that cannot be read knows none."""
    try:
        found: dict[str, int] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found


def _keep_in_file(path: Path, known: Generation) -> None:
    numbers = _in_file(path)
    if numbers.get(known.of, -1) >= known.number:
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(numbers | {known.of: known.number}))
    fresh.replace(path)
