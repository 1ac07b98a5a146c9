"""One of each kind of mail, written for the same reader on the same day, as tests and golden files know it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from newsletter.content.compose import Composer, as_test
from newsletter.content.mime import build
from newsletter.content.sheet import Composed
from newsletter.domain.course import Lesson, Role
from newsletter.domain.discretion import NEUTRAL_SENDER
from newsletter.domain.message import Headers, Letterhead, Links, Mailbox, Notice, Reader

TEMPLATES = Path(__file__).parents[2] / "templates" / "emails"
BASE = "https://letters.example.org"
TOKEN = "q7Hk2m9XcV4bN1sLw8ZtR5yEa0UjDf3GpOiQx6ThKbM"

LETTERHEAD = Letterhead(
    base_url=BASE,
    sender=Mailbox("ana@letters.example.org", "Ana Brook"),
    postal_address="12 Elm Street\nBoulder, CO 80302",
    timezone="America/Denver",
)
CONFIRM = Links(confirm=f"{BASE}/confirm/{TOKEN}")
LETTER = Links(
    unsubscribe=f"{BASE}/unsubscribe/{TOKEN}", preferences=f"{BASE}/preferences/{TOKEN}", view=f"{BASE}/view/{TOKEN}"
)
LESSON = replace(LETTER, reflect=f"{BASE}/reflect/{TOKEN}")
MARIA = Reader("María", "America/Denver", LETTER)
WORDING = (
    "Send me the twelve weekly letters on belonging, and an occasional letter when a new article appears."
    " I can stop at any time."
)
WELCOME = Lesson(
    key="welcome",
    role=Role.OPENING,
    title="Welcome",
    subject="Welcome, and what happens next",
    preheader="What will arrive, how often, and where to change that.",
    body="It is good to have you here.\n\nTwelve letters will come, one a week. Take what is useful.",
    practice="Choose the day and the hour when a letter would be most welcome.",
    reflection="What made you say yes to these letters?",
)
WEEKLY = Lesson(
    key="one-honest-sentence",
    role=Role.WEEKLY,
    title="One honest sentence",
    subject="This week’s letter: one honest sentence",
    preheader="Three questions for a door that is neither open nor shut.",
    body="Think of wading into a lake. You put in a *foot* first.\n\n"
    "- What? Something you could say and still sleep tonight.\n- Who? Someone careful with small things.\n\n"
    "Then decide about the knee, {{ name }}.",
    practice="Say one honest sentence to one person.\n\nA smaller step: find the sentence.",
    reflection="How can you tell that a person is careful?",
)
FAREWELL = Lesson(
    key="farewell",
    role=Role.CLOSING,
    title="A small place of your own",
    subject="The last letter",
    preheader="A look back, and where to go from here.",
    body="This is the last of these letters. Keep what served you.",
    practice="Keep one ritual.",
    reflection="Where did you feel at home this season?",
)
CAMPAIGN = """\
Hello {{ name }},

there is a new article about *shared tables*. You can [read it here](https://letters.example.org/articles/tables).

## What it says

1. An open invitation needs a time and a place.
2. Soup forgives.

> Nobody minds the chairs.

Warmly,\\
Ana
"""
NOTICE = Notice(
    title="A campaign paused itself",
    story=(
        "12 of the first 110 emails were refused for good, most often with “550 5.1.1 no such user”.",
        "The campaign “Soup & shared tables” began on Thursday, 26 November 2026, at 9 in the morning (Denver time).",
        "890 emails wait for your word; nothing is lost.",
    ),
    step="Look at the campaign",
    path="/admin/campaigns/7Hk2m9XcV4bN1sLw8ZtR5y",
)
EVERY_MAIL = (
    "confirmation",
    "reminder",
    "preferences",
    "lesson-opening",
    "lesson-weekly",
    "lesson-closing",
    "campaign",
    "discreet-lesson",
    "discreet-campaign",
    "discreet_note-confirmation",
    "discreet_note-preferences",
    "test",
    "notice",
)


@lru_cache
def composer_of(head: Letterhead) -> Composer:
    """A composer of its own for every letterhead."""
    return Composer(TEMPLATES, head)


def write_one(
    mail: str, *, name: str = "María", zone: str = "America/Denver", head: Letterhead = LETTERHEAD
) -> Composed:
    """One mail of a kind; every link that this kind may hold is there."""
    composer = composer_of(head)
    reader = Reader(name, zone, LETTER)
    last_day = date(2026, 12, 6)
    asked = {"wording": WORDING, "expires_on": last_day}
    match mail.partition("-")[::2]:
        case "confirmation", _:
            return composer.confirmation(replace(reader, links=CONFIRM), **asked)
        case "reminder", _:
            return composer.reminder(replace(reader, links=CONFIRM), **asked)
        case "preferences", _:
            return composer.preferences(replace(reader, links=Links(preferences=LETTER.preferences)))
        case "notice", _:
            return composer.notice(replace(reader, name="", links=Links()), NOTICE)
        case "discreet_note", of:
            is_asking = of == "confirmation"
            links = CONFIRM if is_asking else Links(preferences=LETTER.preferences)
            return composer.discreet_note(replace(reader, links=links), until=last_day if is_asking else None)
        case "discreet", of:
            return composer.discreet(reader, can_come_again=of == "lesson")
        case "lesson", "opening":
            first = datetime(2026, 11, 26, 16, tzinfo=UTC)
            return _lesson(composer, reader, WELCOME, 0, first, weekly_at="every Thursday at 9 in the morning")
        case "lesson", "closing":
            return _lesson(composer, reader, FAREWELL, 12, None)
        case "lesson", _:
            return _lesson(composer, reader, WEEKLY, 9, None)
    written = composer.campaign(reader, subject="A new article, {{ name }}", body=CAMPAIGN, list_title="Letters")
    return as_test(written) if mail == "test" else written


def _lesson(
    composer: Composer, reader: Reader, lesson: Lesson, number: int, first: datetime | None, **words: str
) -> Composed:
    return composer.lesson(
        replace(reader, links=LESSON),
        lesson,
        list_title="Letters",
        course_title="The Belonging Letters",
        number=number,
        of=12,
        first_letter_at=first,
        **words,
    )


def headers_of(mail: str) -> Headers:
    """What goes above a mail of this kind."""
    is_discreet = mail.startswith("discreet")
    to_a_list = mail.startswith(("discreet-", "lesson")) or mail in ("campaign", "test")
    return Headers(
        sender=replace(LETTERHEAD.sender, name=NEUTRAL_SENDER) if is_discreet else LETTERHEAD.sender,
        to=Mailbox("maria@example.net", "María"),
        date=datetime(2026, 11, 26, 16, tzinfo=UTC),
        message_id=f"<{mail}.7Hk2m9XcV4bN1sLw8ZtR5y@letters.example.org>",
        reply_to=Mailbox("ana@practice.example", "" if is_discreet else "Ana Brook"),
        list_id="letters.letters.example.org" if to_a_list else "",
        list_unsubscribe=(LETTER.unsubscribe,) if to_a_list else (),
        one_click=to_a_list,
        auto_submitted=not to_a_list,
        feedback_id=f"{mail}:letters:newsletter",
    )


def message_of(mail: str, name: str = "María") -> bytes:
    """The bytes of one mail of a kind, to somebody of this name; "" is somebody whose name we do not know."""
    headers = headers_of(mail)
    return build(write_one(mail, name=name), replace(headers, to=replace(headers.to, name=name)))
