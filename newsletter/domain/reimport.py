"""An article imported again: which section is which lesson of the course that it became, and what differs.

A lesson keeps its key, and with it everybody's place, when its section is the same: by its words, by its heading, or
by most of its words. What the owner wrote herself stays: her subject lines, her lessons that come from no section,
and her words in a section that has not changed since it was imported.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.domain.course import Lesson, Role, in_its_place, only_counts

ALIKE = 0.35
"""From this share of three-word runs in common on, two texts are versions of one section. Two sections of one article
have next to none in common; a section of which every second sentence was written anew still has two fifths."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Known:
    """What a lesson ever said: all texts and titles of its revisions."""

    bodies: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()


def squeezed(text: str) -> str:
    """A text by its words alone: how it is wrapped and spaced makes no difference."""
    return " ".join(text.split())


def merged(
    before: Sequence[Lesson], imported: Sequence[Lesson], known: Mapping[str, Known], taken: Collection[str]
) -> tuple[Lesson, ...]:
    """The course that an article proposes when it is imported again into a course of these lessons.

    `known` is what each lesson ever said, by key; `taken` are all keys that the course ever had, which no new lesson
    may get.
    """
    partner = matches(before, imported)
    keys = set(taken) | {lesson.key for lesson in before}
    found: list[Lesson] = []
    for number, section in enumerate(imported):
        if number in partner:
            lesson = before[partner[number]]
            found.append(_brought_up(lesson, section, known.get(lesson.key, Known())))
        else:
            found.append(replace(section, key=_free(section.key, keys)))
            keys.add(found[-1].key)
    here = {lesson.key for lesson in found}
    for place, lesson in enumerate(before):
        if not lesson.sources and lesson.key not in here:
            found.insert(_place_after(found, [one.key for one in before[:place]]), lesson)
    return _counted(_in_order(found))


def matches(before: Sequence[Lesson], imported: Sequence[Lesson]) -> dict[int, int]:
    """By the place of an imported section, the place of the lesson that it was before."""
    pairs: dict[int, int] = {}
    for same in (_by_words, _by_title):
        theirs: dict[str, list[int]] = {}
        for place, lesson in _left(before, pairs.values()):
            theirs.setdefault(same(lesson), []).append(place)
        for number, section in _left(imported, pairs):
            if same(section) and theirs.get(same(section)):
                pairs[number] = theirs[same(section)].pop(0)
    scores = sorted(
        (
            (-score, number, place)
            for number, section in _left(imported, pairs)
            for place, lesson in _left(before, pairs.values())
            if (score := likeness(section.body, lesson.body)) >= ALIKE
        ),
    )
    for _, number, place in scores:
        if number not in pairs and place not in pairs.values():
            pairs[number] = place
    return pairs


def likeness(one: str, other: str) -> float:
    """The share of three-word runs that two texts have in common, 0 to 1 (Dice's coefficient)."""
    mine, theirs = _runs(one), _runs(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine and theirs else 0.0


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    return set(zip(words, words[1:], words[2:], strict=False))


def _left(lessons: Sequence[Lesson], used: Iterable[int]) -> list[tuple[int, Lesson]]:
    gone = set(used)
    return [(place, lesson) for place, lesson in enumerate(lessons) if place not in gone]


def _by_words(lesson: Lesson) -> str:
    return squeezed(lesson.body)


def _by_title(lesson: Lesson) -> str:
    return squeezed(lesson.title).casefold()


def _brought_up(lesson: Lesson, section: Lesson, known: Known) -> Lesson:
    """A lesson with what its section says now; words that the section said before leave the owner's as they are."""
    is_old = squeezed(section.body) in {squeezed(body) for body in known.bodies}
    return replace(
        lesson,
        title=lesson.title if section.title in known.titles else section.title,
        body=lesson.body if is_old else section.body,
        sources=section.sources,
    )


def _free(key: str, taken: Collection[str]) -> str:
    names = [key, *(f"{key}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _place_after(found: Sequence[Lesson], before: Sequence[str]) -> int:
    """Where the owner's own lesson goes: behind the nearest of those that stood before it."""
    places = {lesson.key: place for place, lesson in enumerate(found)}
    return next((places[key] + 1 for key in reversed(before) if key in places), 0)


def _in_order(lessons: Sequence[Lesson]) -> list[Lesson]:
    """One opening at most, which comes first, and one closing, which comes last."""
    seen: set[Role] = set()
    single: list[Lesson] = []
    for lesson in lessons:
        role = Role.WEEKLY if lesson.role in seen and lesson.role is not Role.WEEKLY else lesson.role
        seen.add(role)
        single.append(replace(lesson, role=role))
    return [single[place] for place in in_its_place([lesson.role for lesson in single])]


def _counted(lessons: Sequence[Lesson]) -> tuple[Lesson, ...]:
    """Subjects that only count are counted anew."""
    return tuple(
        replace(lesson, subject=f"Letter {place} of {len(lessons)}") if only_counts(lesson.subject) else lesson
        for place, lesson in enumerate(lessons, 1)
    )
