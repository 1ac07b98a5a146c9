"""The letters that articles become, while they travel in a form: nothing of them is kept until they are a draft."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from newsletter.content.syllabus import Report
from newsletter.content.wording import count_words, heading_markdown
from newsletter.domain.course import MOST_LESSONS, CourseText, Lesson, Role
from newsletter.usecases.lessons import free_key

_NUMBERED = re.compile(r"Letter \d+ of \d+")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One letter to be: its fields as typed, where in the articles it comes from, and whether it is left out."""

    title: str
    subject: str
    preheader: str
    role: Role
    body: str
    sources: tuple[str, ...] = ()
    is_left_out: bool = False

    @property
    def words(self) -> int:
        """How many words it has."""
        return count_words(self.body)


@dataclass(frozen=True, slots=True)
class Sheaf:
    """A course to be, its letters in order, and the report of what became of each section."""

    title: str = ""
    slug: str = ""
    leaves: tuple[Leaf, ...] = ()
    report: tuple[str, ...] = ()

    @classmethod
    def of(cls, course: CourseText, report: Report) -> "Sheaf":
        """What the articles became."""
        leaves = tuple(
            Leaf(one.title, one.subject, one.preheader, one.role, one.body, one.sources) for one in course.lessons
        )
        return cls(course.title, course.slug, leaves, report.lines)

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> "Sheaf":
        """What the form brings back; a field that is missing is empty."""
        asked = form.get("count", "")
        count = min(int(asked), MOST_LESSONS) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
        return cls(
            title=" ".join(form.get("title", "").split()),
            slug=form.get("slug", "").strip(),
            leaves=tuple(_leaf(form, number) for number in range(count)),
            report=_lines(form.get("report", "")),
        )

    @property
    def chosen(self) -> list[int]:
        """The numbers of the letters that are not left out."""
        return [number for number, leaf in enumerate(self.leaves) if not leaf.is_left_out]

    def joined(self, number: int) -> "Sheaf":
        """The same with one letter put behind the one before it, under its title as a heading."""
        if not 0 < number < len(self.leaves):
            return self
        first, second = self.leaves[number - 1], self.leaves[number]
        heading = heading_markdown(second.title, level=2) if second.title else ""
        body = "\n\n".join(part for part in (first.body.rstrip(), heading, second.body.strip("\n")) if part)
        one = replace(first, body=body, sources=(*first.sources, *second.sources), is_left_out=False)
        if second.role is Role.CLOSING and first.role is Role.WEEKLY:
            one = replace(one, role=Role.CLOSING)
        return replace(self, leaves=(*self.leaves[: number - 1], one, *self.leaves[number + 1 :]))

    def course(self) -> CourseText:
        """The course of the letters that are not left out; subjects that only count are counted anew."""
        taken: set[str] = set()
        letters: list[Lesson] = []
        chosen = self.chosen
        for place, number in enumerate(chosen, 1):
            leaf = self.leaves[number]
            key = free_key(leaf.title, taken)
            taken.add(key)
            counts = _NUMBERED.fullmatch(leaf.subject.strip())
            subject = f"Letter {place} of {len(chosen)}" if counts else leaf.subject
            lesson = Lesson(key, leaf.role, leaf.title, subject, leaf.preheader, leaf.body, sources=leaf.sources)
            letters.append(lesson)
        return CourseText(self.slug, self.title, tuple(letters))


def _leaf(form: Mapping[str, str], number: int) -> Leaf:
    asked = form.get(f"role-{number}", "")
    return Leaf(
        title=form.get(f"title-{number}", ""),
        subject=form.get(f"subject-{number}", ""),
        preheader=form.get(f"preheader-{number}", ""),
        role=Role(asked) if asked in list(Role) else Role.WEEKLY,
        body=form.get(f"body-{number}", "").replace("\r\n", "\n"),
        sources=_lines(form.get(f"sources-{number}", "")),
        is_left_out=bool(form.get(f"leave-{number}")),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.strip())
