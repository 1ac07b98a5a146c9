"""Every email we send: a name, a folder of templates, a context, over one frame."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from newsletter.content.care import care_line
from newsletter.content.checking import check_text
from newsletter.content.lines import one_line
from newsletter.content.markdown import SCHEMES
from newsletter.content.moments import EACH_WEEK, day_in_words, moment_in_words, number_in_words
from newsletter.content.one_mail import Part
from newsletter.content.placeholders import TextError
from newsletter.content.sheet import Composed, Pattern, Sheet, blank, lay_out
from newsletter.content.voice import Voice
from newsletter.domain.colour import DARK, LIGHT
from newsletter.domain.course import Lesson
from newsletter.domain.discretion import READABLE_FOR
from newsletter.domain.message import Letterhead, Links, Notice, Reader
from newsletter.domain.practice import nobody_reads

TEST_MARK = "[Test] "
LARGEST_HTML = 100_000
"""Bytes of HTML; Gmail hides what comes after 102 kB, the unsubscribe link with it."""

ROOM_FOR_LINKS = 2_000
SHEETS_KEPT = 512
"""Layouts remembered: a course of 14 letters is laid out once for each way in which its readers differ."""

_ADVERT = re.compile(r"[/@\\]|\w\.\w\w|.{61}")


@dataclass(frozen=True, slots=True)
class _Hers:
    """A value that differs from reader to reader, and so is a blank of the layout; empty = not there."""

    words: str


def as_test(letter: Composed) -> Composed:
    """The same letter, marked as a trial in its subject."""
    return replace(letter, sheet=_marked(letter.sheet))


@lru_cache(maxsize=8)
def _marked(sheet: Sheet) -> Sheet:
    first, *more = sheet.subject.pieces
    return replace(sheet, subject=Pattern((TEST_MARK + first, *more)))


class Composer:
    """Writes every email of one letterhead.

    A letter is laid out once (Markdown, templates, CSS into the tags) for each way in which its readers
    differ: a name or none, in the US or not, which links. A reader's own values go into the blanks.
    """

    def __init__(self, templates_folder: Path, letterhead: Letterhead) -> None:
        self._letterhead = letterhead
        self._templates = Environment(
            loader=FileSystemLoader(templates_folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._inliner = CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
        self._sheet = lru_cache(maxsize=SHEETS_KEPT)(self._lay_out)

    def check_text(self, subject: str, body: str) -> None:
        """Refuse an owner's text that cannot be sent. Raises TextError: a line, what is wrong, what to do."""
        check_text(subject, body)
        self.check_size(subject, body)

    def check_size(self, subject: str, body: str) -> None:
        """Refuse a letter of which mail programs would show only the beginning. Raises TextError."""
        for name in ("", "Maria"):
            letter = self.campaign(Reader(name, "UTC", Links()), subject=subject, body=body, list_title="")
            size = len(letter.html.encode("utf-8")) + ROOM_FOR_LINKS
            if size > LARGEST_HTML:
                raise TextError(
                    f"This letter is {size // 1000} kB long, and Gmail cuts letters at {LARGEST_HTML // 1000} kB."
                    " Please make two of it, or put the rest on a page and link to it."
                )

    def confirmation(self, reader: Reader, *, wording: str, expires_on: date) -> Composed:
        """Asks to confirm. `wording` is what she agreed to, shown again in the very words."""
        return self._ask("confirmation", reader, wording, expires_on)

    def reminder(self, reader: Reader, *, wording: str, expires_on: date) -> Composed:
        """Asks once more, two days later, and never again."""
        return self._ask("reminder", reader, wording, expires_on)

    def preferences(self, reader: Reader) -> Composed:
        """Tells someone who signed up again that she is on the list, and where her preferences are."""
        return self._write("preferences", _without_advert(reader))

    def notice(self, reader: Reader, notice: Notice) -> Composed:
        """Tells the owner of a trouble that is over or waits for a word; names no reader's address."""
        return self._write("notice", reader, notice=notice, link=self._letterhead.base_url.rstrip("/") + notice.path)

    def lesson(
        self,
        reader: Reader,
        lesson: Lesson,
        *,
        list_title: str,
        course_title: str,
        number: int,
        of: int,
        first_letter_at: datetime | None,
        rhythm: str = EACH_WEEK,
        weekly_at: str = "",
    ) -> Composed:
        """A letter of a course, number `number` of `of` weekly ones.

        `first_letter_at` (aware) is said in the opening letter, on the reader's wall clock. `rhythm` says in words how
        often letters come after it, and `weekly_at` on which day and hour: "every Thursday at 9 in the morning".
        """
        return self._write(
            "lesson",
            reader,
            lesson=lesson,
            list_title=one_line(list_title),
            course_title=one_line(course_title),
            number=number,
            of=of,
            care=self.care(reader.timezone),
            first_letter=_Hers(moment_in_words(first_letter_at, reader.timezone) if first_letter_at else ""),
            rhythm=rhythm if first_letter_at else "",
            weekly_at=_Hers(weekly_at),
        )

    def care(self, zone: str) -> str:
        """Where help is, for a reader in this zone: the owner's own line, or ours."""
        return one_line(self._letterhead.care_line or care_line(zone, replies=bool(self._reply_address())))

    def campaign(
        self, reader: Reader, *, subject: str, body: str, list_title: str, parts: tuple[Part, ...] = ()
    ) -> Composed:
        """One letter in the owner's own Markdown, or several of them behind each other after `body`.

        Raises TextError where its values cannot be read.
        """
        said = {"subject": subject, "body": body, "list_title": one_line(list_title), "parts": parts}
        return self._write("campaign", reader, **said)

    def discreet(self, reader: Reader, *, can_come_again: bool) -> Composed:
        """Stands in the inbox for a letter and tells nothing of it; `reader.links.view` leads there.

        `can_come_again`: she may have it sent once more when that link has expired.
        """
        days = number_in_words(READABLE_FOR.days)
        return self._write("discreet", reader, days=days, can_come_again=can_come_again)

    def discreet_note(self, reader: Reader, *, until: date | None) -> Composed:
        """Stands in the inbox for what is no letter; `confirm` or `preferences` of her links leads to what it says.

        `until`: the last day on which the link opens something, None where it always does.
        """
        return self._write("discreet_note", _without_advert(reader), until=_Hers(day_in_words(until) if until else ""))

    def _ask(self, email: str, reader: Reader, wording: str, expires_on: date) -> Composed:
        last_day = _Hers(day_in_words(expires_on))
        return self._write(email, _without_advert(reader), wording=one_line(wording), expires_on=last_day)

    def _write(self, email: str, reader: Reader, **context: Hashable) -> Composed:
        name = one_line(reader.name)
        links = reader.links
        hers = {
            "confirm": links.confirm,
            "unsubscribe": links.unsubscribe,
            "preferences": links.preferences,
            "view": links.view,
            "reflect": links.reflect,
            "answer": links.answer,
            "came": reader.came,
        }
        hers |= {key: value.words for key, value in context.items() if isinstance(value, _Hers)}
        there = tuple((key, bool(value)) for key, value in hers.items())
        shared = tuple((key, value) for key, value in context.items() if not isinstance(value, _Hers))
        values = {key: words for key, words in hers.items() if words}
        return Composed(self._sheet(email, bool(name), there, shared), name, values)

    def _lay_out(
        self,
        email: str,
        named: bool,
        there: tuple[tuple[str, bool], ...],
        shared: tuple[tuple[str, Hashable], ...],
    ) -> Sheet:
        voice = Voice(named)
        context = self._of_the_house() | dict(shared) | {"voice": voice}
        context |= {key: blank(key) if present else "" for key, present in there}
        envelope = self._templates.get_template(f"{email}/subject.txt").render(context)
        subject, _, preheader = envelope.partition("\n")
        context |= {"title": subject, "preheader": preheader.strip()}
        text = self._templates.get_template(f"{email}/body.txt").render(context)
        page = self._inliner.inline(self._templates.get_template(f"{email}/body.html").render(context))
        return lay_out(subject, preheader.strip(), text, page, voice.names)

    def _of_the_house(self) -> dict[str, Any]:
        head = self._letterhead
        return {
            "home": head.base_url.partition("://")[2].rstrip("/"),
            "light": replace(LIGHT, accent=head.accent.light, on_accent=head.accent.on_light),
            "dark": replace(DARK, accent=head.accent.dark, on_accent=head.accent.on_dark),
            "practice": one_line(head.known_as),
            "sender": one_line(head.sender.name),
            "replies": bool(self._reply_address()),
            "address": [one_line(line) for line in head.postal_address.splitlines() if line.strip()],
            "call": one_line(head.call_to_action),
            "call_url": head.call_to_action_url if head.call_to_action_url.startswith(SCHEMES) else "",
        }

    def _reply_address(self) -> str:
        """Where a reply is read, empty where nobody does."""
        mailbox = self._letterhead.reply_to or self._letterhead.sender
        return "" if nobody_reads(mailbox.address) else mailbox.address


def _without_advert(reader: Reader) -> Reader:
    """A form can be filled in with anyone's address and an advert for a name; such a name is not said.

    It holds for mail that goes to an address before its owner has agreed to anything.
    """
    return replace(reader, name="") if _ADVERT.search(reader.name) else reader
