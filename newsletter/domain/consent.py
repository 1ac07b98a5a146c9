"""Consent as a chain of digests: what was agreed, in which words, and that nobody changed it since.

Each link covers the row's own fields and the link before it. The personal payload is covered by a salted
digest, so it can be erased (GDPR article 17) and the chain still verifies (GDPR article 7(1)).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

FIRST_LINK = "0" * 64


class ConsentEvent(StrEnum):
    """What a person, or the owner on her behalf, did."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    LEFT = "left"
    RETURNED = "returned"
    IMPORTED = "imported"


HERS = (ConsentEvent.CONFIRMED, ConsentEvent.LEFT, ConsentEvent.RETURNED)
"""What needs a link that only her inbox has, or the owner's hand: no stranger can do it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The exact words beside the button, and the version by which the record names them."""

    version: str
    words: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A course that begins for whoever confirms: its title, and how often its letters come, in words."""

    title: str
    pace: str = "one letter a week"


def signup_wording(*promised: Promise) -> Wording:
    """What a subscriber agrees to. The version changes with every change of the words."""
    if promised:
        courses = ", ".join(f"the course “{one.title}”, {one.pace}" for one in promised)
        words = (
            f"Yes, please send me {courses}, and now and then a letter when "
            "there is a new article. I can pause or leave with one click in every letter."
        )
    else:
        words = (
            "Yes, please send me a letter now and then, when there is a new article. "
            "I can pause or leave with one click in every letter."
        )
    return Wording("w" + hashlib.sha256(words.encode()).hexdigest()[:8], words)


def canonical(payload: Mapping[str, object]) -> str:
    """A payload as JSON in one only possible spelling."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def payload_digest(salt: bytes, payload: str) -> str:
    """The salted digest of a canonical payload."""
    return hashlib.sha256(salt + payload.encode()).hexdigest()


def chain_link(
    previous: str,
    *,
    number: int,
    event: str,
    happened_at: datetime,
    recorded_at: datetime,
    wording_version: str,
    digest: str,
) -> str:
    """The link of one consent row, over its fields and the link before it."""
    fields = [
        previous,
        str(number),
        event,
        happened_at.astimezone(UTC).isoformat(),
        recorded_at.astimezone(UTC).isoformat(),
        wording_version,
        digest,
    ]
    return hashlib.sha256("\n".join(fields).encode()).hexdigest()
