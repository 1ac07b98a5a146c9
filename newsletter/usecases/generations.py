"""Whether this database is an older copy of itself: a number that grows with what is done, here and in a file beside
the keys.

A backup that was put back knows a smaller number than the file: it does not know either what was sent since, so
nothing is planned or sent until the owner has said so. The number grows when a sender starts, when it ends, and every
ten seconds between. A power cut may take the last moments from a database (`store.engine`: synchronous = NORMAL); so
after the machine has started anew only a number counts that stood for a minute.
"""

import json
import os
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from newsletter.store import duties
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

STEP = timedelta(seconds=60)
"""Machine time for which a number has to stand before it is believed to have reached the disk: SQLite writes when the
system does, up to half a minute later."""

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Another one each time that Linux starts; elsewhere there is none."""

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
    """Machine time of the last step that was a minute after the one before it, ISO."""
    over: int = 0
    """The number in the file, when that was found to be larger; 0 when nothing is to be acknowledged."""
    stood: int = 0
    """The number since `at`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file knows of a database: the number that stood for a minute, and the last one since a start."""

    stood: int = -1
    last: int = -1
    boot: str = ""

    def number(self, boot: str) -> int:
        """The number that the database has at least, on a machine that runs since this start."""
        return max(self.stood, self.last) if boot and boot == self.boot else self.stood


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
    kept = _in_file(house.generations)  # before the database, which may go on meanwhile
    with house.store.reading() as tx:
        known = _read(tx)
    if known is None:
        return True
    seen = kept.get(known.of, Kept()).number(machine_start())
    if not known.over and seen > known.number:
        with house.store.transaction() as tx:
            if (known := _take(tx)) is not None and not known.over and seen > known.number:
                _write(tx, replace(known, over=seen))
        return False
    return not known.over


def step(house: House) -> None:
    """Take the next number, unless this is an older copy; the file gets it when the database has it."""
    if house.generations is None or not may_go_on(house):
        return
    machine = house.clock.machine()
    with house.store.transaction() as tx:
        known = _take(tx) or Generation(secrets.token_hex(8), 0, (machine - STEP).isoformat())
        if known.over:
            return
        has_stood = abs(machine - datetime.fromisoformat(known.at)) >= STEP
        after = replace(known, number=known.number + 1)
        if has_stood:
            after = replace(after, at=machine.isoformat(), stood=after.number)
        _write(tx, after)
    _keep_in_file(house.generations, known.of, Kept(known.stood if has_stood else -1, after.number, machine_start()))


def acknowledge(house: House) -> bool:
    """Let an older copy go on from here. False when there is nothing to acknowledge."""
    with house.store.transaction() as tx:
        known = _take(tx)
        if known is None or not known.over:
            return False
        _write(tx, replace(known, number=known.over + 1, over=0))
    return True


def _read(tx: Transaction) -> Generation | None:
    said = duties.fact(tx, _FACT)
    return Generation(**json.loads(said)) if said else None


def _take(tx: Transaction) -> Generation | None:
    """The same, for who writes it: two that write at once must not take the same number, or one back."""
    said = duties.take_fact(tx, _FACT)
    return Generation(**json.loads(said)) if said else None


def _write(tx: Transaction, known: Generation) -> None:
    duties.remember(tx, _FACT, json.dumps(asdict(known)))


@cache
def machine_start() -> str:
    """What tells this start of the machine from all others; empty where nothing does."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def _in_file(path: Path) -> dict[str, Kept]:
    """What is known of all databases that were used with these keys; a file that cannot be read knows none."""
    try:
        return {of: Kept(**kept) for of, kept in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError):
        return {}


def _keep_in_file(path: Path, of: str, kept: Kept) -> None:
    known = _in_file(path)
    before = known.get(of, Kept())
    kept = replace(kept, stood=max(kept.stood, before.stood), last=max(kept.last, before.number(kept.boot)))
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    fresh.write_text(json.dumps({name: asdict(one) for name, one in {**known, of: kept}.items()}))
    fresh.replace(path)
