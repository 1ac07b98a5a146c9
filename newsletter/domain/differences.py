"""What differs between two states of a course, in words: for whoever decides whether readers shall get it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from newsletter.domain.course import Lesson, changes, only_counts

AROUND = 6
"""So many words of what stayed are shown before and after a passage that changed."""

_TOKEN = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that changed, and a few of those around them. Any of the four may be empty."""

    before: str
    removed: str
    added: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one lesson: `state` is "new", "removed", "changed", "moved" or "same"."""

    key: str
    state: str
    title: str
    was_called: str = ""
    """Its title until now, if that changed."""
    is_moved: bool = False
    passages: tuple[Passage, ...] = ()
    removed_words: int = 0
    added_words: int = 0


def between(before: Sequence[Lesson], after: Sequence[Lesson]) -> list[Difference]:
    """What became of each lesson, in the new order; those that are taken out come last."""
    told = changes([(one.key, _whole(one)) for one in before], [(one.key, _whole(one)) for one in after])
    was = {lesson.key: lesson for lesson in before}
    found = []
    for lesson in after:
        if lesson.key in told.new:
            found.append(Difference(lesson.key, "new", lesson.title, added_words=len(_whole(lesson).split())))
            continue
        old, is_moved = was[lesson.key], lesson.key in told.moved
        state = "changed" if lesson.key in told.changed else "moved" if is_moved else "same"
        renamed = old.title if old.title != lesson.title else ""
        parts = tuple(passages(_shown(old), _shown(lesson))) if state == "changed" else ()
        out, new = (sum(len(getattr(one, side).split()) for one in parts) for side in ("removed", "added"))
        found.append(Difference(lesson.key, state, lesson.title, renamed, is_moved, parts, out, new))
    gone = [(was[key], len(_whole(was[key]).split())) for key in told.removed]
    return [*found, *(Difference(one.key, "removed", one.title, removed_words=words) for one, words in gone)]


def passages(before: str, after: str) -> Iterator[Passage]:
    """The passages in which two texts differ, word by word, in their order."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    # Without autojunk=False a text of more than 200 words would have its frequent ones ignored.
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    edges = [("equal", 0, 0, 0, 0), *steps, ("equal", len(old), len(old), len(new), len(new))]
    for (_, _, left, _, _), (kind, a, b, c, d) in pairwise(edges):
        if kind != "equal":
            yield Passage(
                before="".join(old[max(left - AROUND, 0) : a]).strip(),
                removed="".join(old[a:b]).strip(),
                added="".join(new[c:d]).strip(),
                after="".join(old[b : b + AROUND]).strip(),
            )


def _shown(lesson: Lesson) -> str:
    """All of a lesson that a reader sees below its title, but for a subject that only counts the letters."""
    subject = "" if only_counts(lesson.subject) else lesson.subject
    return "\n\n".join(
        part
        for part in (subject, lesson.preheader, lesson.body, lesson.practice, lesson.reflection, lesson.ask)
        if part
    )


def _whole(lesson: Lesson) -> str:
    return f"{lesson.role}\n{lesson.title}\n{_shown(lesson)}"
