"""An article imported again, at the command line: its course's draft, and the differences in lines."""

from typing import Any

from newsletter.cli.speaking import open_house, plain, settings
from newsletter.domain.course import CourseText
from newsletter.domain.differences import Difference
from newsletter.store.engine import is_there
from newsletter.usecases import importing
from newsletter.usecases.importing import Proposal

_SIGNS = {"new": "+", "removed": "-", "changed": "~", "moved": "↕", "same": " "}
_MOST_WORDS = 40
"""Words of a passage that are printed; the studio shows them all."""


def propose(made: CourseText) -> Proposal | None:
    """Make it the draft of the course that it was before; None when there is no such course, or no database yet."""
    if not is_there(settings().database):
        return None
    with open_house(upgraded=False) as house:
        if not house.store.is_current():
            return None
        house.clock.now()  # a clock that begins here writes that down: not later, in a transaction of ours
        return importing.propose(house.current(), made) if importing.look(house, made) else None


def document(proposal: Proposal) -> dict[str, Any]:
    """What differs, for a program."""
    return {"draft": not proposal.is_empty, "differences": plain(proposal.differences)}


def lines(proposal: Proposal) -> list[str]:
    """What differs, for somebody at a terminal."""
    slug = proposal.course.slug
    if proposal.is_empty:
        return [f"“{slug}” says all of this already; nothing changed."]
    told = [line for one in proposal.differences for line in _lines(one)]
    return [*told, f"This is the draft of “{slug}” now; nobody gets it yet. Next: course publish {slug} --dry-run"]


def _lines(one: Difference) -> list[str]:
    said = one.state if one.state != "changed" else f"{one.removed_words} words out, {one.added_words} in"
    if one.was_called:
        said += f", was called “{one.was_called}”"
    if one.is_moved and one.state != "moved":
        said += ", moved"
    found = [f"{_SIGNS[one.state]} {one.key}: {one.title} ({said})"]
    for passage in one.passages:
        found.append(f"    … {passage.before}")
        found += [
            f"    {sign} {_cut(words)}" for sign, words in (("-", passage.removed), ("+", passage.added)) if words
        ]
    return found


def _cut(text: str) -> str:
    words = text.split()
    return " ".join(words[:_MOST_WORDS]) + (" …" if len(words) > _MOST_WORDS else "")
