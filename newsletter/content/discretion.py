"""What a subject tells whoever sees the phone it arrives on: hints for its writer, never a refusal."""

import re
from collections.abc import Iterable

from newsletter.domain import telling

SHOWN_ON_A_PHONE = 45
"""Characters of a subject that a lock screen shows at most."""

_SHOUTS = re.compile(r"!{2,}|\b[A-Z]{4,}(?:\s+[A-Z]{4,})+\b")


def hints(words: str, own: Iterable[str] = ()) -> list[str]:
    """Sentences about a subject or preheader that a reader may mind on a lock screen; empty when there are none.

    `own` are the owner's words beside ours, see `telling`.
    """
    found = []
    if told := telling.found_in(words, own):
        found.append(
            f"“{told}” can be read by whoever sees the phone it arrives on. A neutral line keeps it hers: "
            "“This week’s letter: one honest sentence”."
        )
    if _SHOUTS.search(words):
        found.append("Capitals and rows of exclamation marks read as advertising, to people and to spam filters.")
    return found


def subject_hints(words: str, own: Iterable[str] = ()) -> list[str]:
    """The hints for a subject, which also has a length at which phones cut it."""
    found = hints(words, own)
    if len(words) > SHOWN_ON_A_PHONE:
        found.append(f"{len(words)} characters: a phone shows about the first {SHOWN_ON_A_PHONE}.")
    return found
