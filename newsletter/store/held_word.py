"""The owner's word on what is held, while it is carried out in small batches: it outlives whoever began."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from newsletter.store import duties
from newsletter.store.tables import installation

_FACT = "word on what is held"


@dataclass(frozen=True, slots=True)
class Word:
    """What was said ("release" or "skip"), when (business time, ISO), of how many runs, and for how many it is done."""

    word: str
    at: str
    total: int
    done: int = 0

    @property
    def said_at(self) -> datetime:
        """When it was said: whoever is held from then on waits for the next word."""
        return datetime.fromisoformat(self.at)


def known(tx: Connection) -> Word | None:
    """The word that is being carried out; None when there is none."""
    return _read(duties.fact(tx, _FACT))


def take(tx: Connection) -> Word | None:
    """The same, kept from everybody else until the transaction ends: one batch at a time."""
    mine = select(installation.c.value).where(installation.c.name == _FACT)
    return _read(tx.scalar(mine.with_for_update()))


def keep(tx: Connection, word: Word | None) -> None:
    """Write down a word, or how far it is; None: it is carried out, or taken back."""
    duties.remember(tx, _FACT, json.dumps(asdict(word)) if word else "")


def _read(said: str | None) -> Word | None:
    return Word(**json.loads(said)) if said else None
