"""Whether a letter is ready to go: each thing worth a look before many people get it, in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from newsletter.content import checking
from newsletter.content.compose import LARGEST_HTML
from newsletter.content.placeholders import TextError, say
from newsletter.domain.message import Links, Reader
from newsletter.usecases.campaigns import LONGEST_SUBJECT
from newsletter.usecases.house import House

PHONE_SUBJECT = 60
"""Characters of a subject that most phones show before they cut it."""


class Weight(StrEnum):
    """How much a finding weighs."""

    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `field` is where to mend it: subject, body or settings."""

    weight: Weight
    field: str
    words: str


def check(house: House, subject: str, body: str) -> list[Finding]:
    """Everything worth knowing of a letter, in the order of its parts; an ERROR keeps it from being queued."""
    found = [*_subject(subject), *_body(body)]
    if not any(one.weight is Weight.ERROR for one in found):
        found += _size(house, subject, body)
    return found + list(_letterhead(house))


def mistakes(subject: str, body: str) -> dict[str, str]:
    """What keeps a draft from being sent, by field; parts that are still empty are no mistake yet."""
    found = [*_subject(subject)] if subject else []
    found += _body(body) if body.strip() else []
    return {one.field: one.words for one in found if one.weight is Weight.ERROR}


def remarks(subject: str, body: str) -> dict[str, list[str]]:
    """What the writer of a draft may want to think over, by field."""
    found: dict[str, list[str]] = {}
    for one in [*(_subject(subject) if subject else ()), *(_body(body) if body.strip() else ())]:
        if one.weight is Weight.WARNING:
            found.setdefault(one.field, []).append(one.words)
    return found


def _subject(subject: str) -> Iterator[Finding]:
    try:
        checking.check_subject(subject)
    except TextError as error:
        yield Finding(Weight.ERROR, "subject", _sentence(str(error).removeprefix("subject, ")))
        return
    length = len(say(subject, ""))
    if len(subject) > LONGEST_SUBJECT:
        yield Finding(Weight.ERROR, "subject", f"The subject is longer than {LONGEST_SUBJECT} characters.")
    elif length > PHONE_SUBJECT:
        yield Finding(
            Weight.WARNING,
            "subject",
            f"The subject has {length} characters; most phones show the first {PHONE_SUBJECT} or fewer.",
        )
    else:
        yield Finding(Weight.GOOD, "subject", f"The subject has {length} characters, short enough for a phone.")
    yield from _strange_values("subject", subject)


def _body(body: str) -> Iterator[Finding]:
    try:
        checking.check_body(body)
    except TextError as error:
        yield Finding(Weight.ERROR, "body", _sentence(str(error)))
        return
    for line, target in checking.open_links(body):
        words = f"Line {line}: the link {target} is not encrypted. Use https:// where the site has it."
        yield Finding(Weight.WARNING, "body", words)
    yield from _strange_values("body", body)


def _strange_values(field: str, text: str) -> Iterator[Finding]:
    for value in checking.look_alikes(text):
        words = f"“{value}” would be printed as it stands. If it should be the reader's name, write {{{{ name }}}}."
        yield Finding(Weight.WARNING, field, words)


def _size(house: House, subject: str, body: str) -> Iterator[Finding]:
    try:
        house.composer.check_size(subject, body)
    except TextError as error:
        yield Finding(Weight.ERROR, "body", str(error))
        return
    letter = house.composer.campaign(Reader("", "UTC", Links()), subject=subject, body=body, list_title="")
    size = len(letter.html.encode()) / 1000
    yield Finding(
        Weight.GOOD, "body", f"The letter has {size:.0f} kB; Gmail cuts letters at {LARGEST_HTML // 1000} kB and more."
    )
    words = len(letter.text.split())
    yield Finding(Weight.GOOD, "body", f"The plain-text part says the same; with its footer it has {words:,} words.")


def _letterhead(house: House) -> Iterator[Finding]:
    if house.letterhead.postal_address.strip():
        yield Finding(Weight.GOOD, "settings", "Your postal address stands at the end of the letter.")
        return
    weight = Weight.ERROR if house.mail_leaves else Weight.WARNING
    words = "The law of many countries wants a postal address in every newsletter, and yours has none yet."
    yield Finding(weight, "settings", words)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
